package thresholds

import (
	"strings"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// someSpace is what an estimate has said at a time.
func someSpace(at time.Time) *probe.Space {
	return &probe.Space{At: at, Member: 0xa1, Bytes: 1000 << 20, Prefixes: []probe.SpacePrefix{
		{Name: "/registry/events/", Bytes: 610 << 20, ErrorBytes: 21 << 20},
		{Name: "/registry/pods/", Bytes: 233 << 20, ErrorBytes: 11 << 20},
		{Name: "app/", Bytes: 20 << 20},
	}}
}

// TestSpaceNamesThePrefix: where a database is full, or nearly so, the reading says which prefix fills it and where
// that is from, and asks for it while nobody has looked.
func TestSpaceNamesThePrefix(t *testing.T) {
	t.Parallel()
	for name, full := range map[string]bool{"no-space": true, "quota": false} {
		for _, space := range []*probe.Space{nil, someSpace(time.Unix(1_790_000_000, 0)), {Exact: true, Bytes: 100,
			Prefixes: []probe.SpacePrefix{{Name: "", Bytes: 60}, {Rest: true, Bytes: 30}}}} {
			s := newScene(t, 3, Options{})
			for _, m := range s.members {
				m.holds(8000, 7900, 8192)
			}
			if full {
				s.raisesNoSpace(0xa1)
			}
			s.space = space
			a := s.run(20*time.Second, nil)
			text, next := a.Reading.Text, a.Reading.Next
			if (a.Space == nil) != (space == nil) {
				t.Errorf("%s: the assessment has space %v", name, a.Space)
			}
			switch {
			case space == nil:
				if strings.Contains(text, "By an estimate") || !strings.Contains(next, "K on the dashboard, or etcdoc space") {
					t.Errorf("%s: %s\n%s", name, text, next)
				}
			case space.Exact:
				if !strings.Contains(text, "By the whole database") || !strings.Contains(text,
					"keys without a prefix take 60% of all revisions (60 B) and the other prefixes 30% (30 B)") {
					t.Errorf("%s: %s\n%s", name, text, next)
				}
			default:
				for _, want := range []string{"By an estimate of ", "/registry/events/ takes 61% of the live values " +
					"(610 MiB ± 21 MiB) and /registry/pods/ 23% (233 MiB ± 11 MiB)"} {
					if !strings.Contains(text, want) || strings.Contains(text, "app/") {
						t.Errorf("%s does not say %q: %s", name, want, text)
					}
				}
				ask, del := strings.Index(strings.ToLower(next), "ask who needs what is in /registry/events/."),
					strings.Index(next, "Delete keys")
				if ask < 0 || full && del >= 0 && del < ask {
					t.Errorf("%s: %s", name, next)
				}
			}
		}
	}
}
