package probe

import (
	"strings"
	"testing"
)

// TestWhoseMetrics: an exposition belongs to the member that it names. One that names none belongs to a member only
// if no other can have that URL.
func TestWhoseMetrics(t *testing.T) {
	t.Parallel()
	apart := func() *world { // one host per member
		w := newWorld(clientOf(1))
		w.healthy(listOf(1, 2, 3), 1, 2, 3)
		return w
	}
	together := func() *world { // all on one host
		w := newWorld("http://h:1", "http://h:2")
		for id, at := range map[MemberID]string{1: "http://h:1", 2: "http://h:2"} {
			w.sees(at, 9, id)
			w.says(id, 9, 100, []Peer{{ID: 1, ClientURLs: []string{"http://h:1"}},
				{ID: 2, ClientURLs: []string{"http://h:2"}}})
		}
		return w
	}
	silent := func() *world { // nobody answers at the second endpoint
		w := newWorld(clientOf(1), "http://elsewhere:2379")
		w.discover = false
		w.healthy(listOf(1), 1)
		return w
	}
	tests := map[string]struct {
		world *world
		row   int // the member whose exposition is requested
		url   string
		named MemberID
		owner MemberID // the owner, found without asking for a particular member
		not   string   // why it is not the row's
	}{
		"its own":                       {apart(), 0, "http://h1:2379/metrics", 1, 1, ""},
		"its own, on a port of its own": {apart(), 0, "http://h1:2381/metrics", 1, 1, ""},
		"its own, elsewhere":            {apart(), 0, "http://x:2381/metrics", 1, 1, ""},
		"another's on its host":         {apart(), 0, "http://h1:2381/metrics", 2, 2, "exposition of member 2"},
		"a stranger's on its host":      {apart(), 0, "http://h1:2381/metrics", 7, 0, "exposition of member 7"},
		"nameless on its port":          {apart(), 0, "http://h1:2379/metrics", 0, 1, ""},
		"nameless on its host":          {apart(), 0, "http://h1:2381/metrics", 0, 1, ""},
		"nameless on another's host": {apart(), 0, "http://h2:2381/metrics", 0, 2,
			"does not name its member"},
		"nameless elsewhere":                   {apart(), 0, "http://x:2381/metrics", 0, 0, "does not name its member"},
		"nameless on its port of a shared one": {together(), 0, "http://h:1/metrics", 0, 0, ""},
		"nameless on another's port":           {together(), 0, "http://h:2/metrics", 0, 0, "does not name its member"},
		"nameless on a shared host": {together(), 0, "http://h:2381/metrics", 0, 0,
			"does not name its member"},
		"a member's where none is known": {silent(), 1, "http://elsewhere:2379/metrics", 1, 1,
			"exposition of member 1"},
		"somebody's where none is known": {silent(), 1, "http://elsewhere:2379/metrics", 7, 0, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			r := resolve(&test.world.view)
			owner := MemberID(0)
			if m := r.exposed(test.url, test.named); m != nil {
				owner = m.id
			}
			if owner != test.owner {
				t.Errorf("it is the exposition of %s, want %s", owner, test.owner)
			}
			switch err := r.notExposed(&r.rows[test.row], test.url, test.named); {
			case (err == nil) != (test.not == ""):
				t.Errorf("not its, because: %v; want %q", err, test.not)
			case err != nil && !strings.Contains(err.Text, test.not):
				t.Errorf("not its, because: %s; want %q", err.Text, test.not)
			}
		})
	}
	r := resolve(&apart().view)
	for named, may := range map[MemberID]bool{0: true, 1: true, 2: false, 7: true} {
		if r.mayExpose(&r.rows[0], named) != may {
			t.Errorf("the URL of member %s's exposition counts as member 1's: %v", named, !may)
		}
	}
}
