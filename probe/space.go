package probe

import (
	"slices"
	"time"
)

// TopSpace is how many prefixes of a Space are named.
const TopSpace = 3

// Space is what fills a cluster's database, by what somebody has read of it beside the sweeps.
type Space struct {
	// At is when that was, and Member whose database it is.
	At     time.Time
	Member MemberID
	// Exact says that all of the database was read: Bytes are those of all revisions. Otherwise Bytes are an estimate
	// of what live values take.
	Exact bool
	Bytes int64
	// Prefixes are the [TopSpace] that take most.
	Prefixes []SpacePrefix
}

// A SpacePrefix is what the keys with a prefix take of a Space.
type SpacePrefix struct {
	// Name is the prefix, empty for keys without one; Rest says that it stands for all that were not told apart.
	Name string
	Rest bool
	// Bytes may be off by ErrorBytes.
	Bytes, ErrorBytes int64
}

// NoteSpace lets the sweeps from the next one on say what fills the database.
func (p *Prober) NoteSpace(s Space) {
	s.Prefixes = slices.Clone(s.Prefixes[:min(len(s.Prefixes), TopSpace)])
	p.space.Store(&s)
}

// printable returns a copy that is fit for a terminal; nil for nil.
func (s *Space) printable() *Space {
	if s == nil {
		return nil
	}
	own := *s
	own.Prefixes = slices.Clone(s.Prefixes)
	for i := range own.Prefixes {
		own.Prefixes[i].Name = Printable(own.Prefixes[i].Name)
	}
	return &own
}
