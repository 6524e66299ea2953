package thresholds

import (
	"fmt"
	"time"

	"github.com/clipperhouse/displaywidth"

	"github.com/etcdoc/etcdoc/probe"
)

// minSpaceShare is the least share of what was read with which a prefix is named beside the largest: etcdoc's own.
const minSpaceShare = 0.1

// whatFills says which prefixes take most of the database, and where that is from, and which one takes the most; empty
// if nobody has read it.
func (r *diagnoser) whatFills() (words, first string) {
	s := r.sweep.Space
	if s == nil || s.Bytes <= 0 || len(s.Prefixes) == 0 {
		return "", ""
	}
	whole := "the live values"
	if s.Exact {
		whole = "all revisions"
	}
	var named []string
	for i := range s.Prefixes {
		p := &s.Prefixes[i]
		share := float64(p.Bytes) / float64(s.Bytes)
		if i > 0 && share < minSpaceShare {
			break
		}
		amount := Bytes.Format(float64(p.Bytes))
		if p.ErrorBytes > 0 {
			amount += " ± " + Bytes.Format(float64(p.ErrorBytes))
		}
		takes, of := "", ""
		if i == 0 {
			takes, of = "takes ", " of "+whole
			if p.Rest || p.Name == "" {
				takes = "take "
			}
		}
		named = append(named, fmt.Sprintf("%s %s%s%s (%s)", SpaceName(p), takes, Ratio.Format(share), of, amount))
	}
	if p := &s.Prefixes[0]; !p.Rest && p.Name != "" {
		first = SpaceName(p)
	}
	return r.spaceFrom() + ", " + join(named), first
}

// spaceFrom says where it comes from what fills the database.
func (r *diagnoser) spaceFrom() string {
	s, from := r.sweep.Space, "By an estimate"
	if s.Exact {
		from = "By the whole database"
	}
	for i := range r.members {
		if s.Member != 0 && r.members[i].ID == s.Member {
			from += " of " + r.members[i].Label
		}
	}
	format := time.TimeOnly + "Z"
	if r.now.Sub(s.At) >= 24*time.Hour {
		format = time.RFC3339
	}
	return from + " at " + s.At.UTC().Format(format)
}

// IsAboutSpace reports that a reading is about a database that is full, or will be.
func (r *Reading) IsAboutSpace() bool {
	return r.Cause == CauseNoSpace || r.Cause == CauseQuotaNear || r.Cause == CauseQuotaGrowing
}

// SpaceName is what to call a prefix, in at most 48 columns.
func SpaceName(p *probe.SpacePrefix) string {
	switch {
	case p.Rest:
		return "the other prefixes"
	case p.Name == "":
		return "keys without a prefix"
	}
	return displaywidth.TruncateString(p.Name, maxPrefixWidth, ellipsis)
}

// lookForFiller advises what to look at once a database has room again, or before it is full: a clause.
func (r *diagnoser) lookForFiller() string {
	switch words, first := r.whatFills(); {
	case first != "":
		return "ask who needs what is in " + first
	case words != "":
		return "ask who needs what fills it"
	}
	return "see what fills it: K on the dashboard, or etcdoc space"
}
