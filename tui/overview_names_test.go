package tui

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

// longNames are names of 60 characters and more, which differ at the end or in the middle.
func longNames() map[string]func(i int) string {
	return map[string]func(i int) string{
		"end": func(i int) string {
			return fmt.Sprintf("prod-eu-central-1-kubernetes-control-plane-etcd-member-of-az-%02d", i)
		},
		"middle": func(i int) string {
			return fmt.Sprintf("ip-10-0-%d-23.eu-central-1.compute.internal.acme.example.company", i)
		},
	}
}

// rename gives the members of a sweep other names.
func rename(s *probe.Sweep, name func(i int) string) {
	for j := range s.Members {
		s.Members[j].Name = name(j + 1)
	}
}

// TestLongNames: members with long names have short ones wherever they are listed, which tell them apart; the member's
// page and copies have them in full. One is down, and another's disk is slow.
func TestLongNames(t *testing.T) {
	t.Parallel()
	for kind, name := range longNames() {
		for _, n := range []int{3, 5, 7} {
			m := feed(t, newTestModel(nil), scenario{members: n, sweeps: 60,
				fault: func(ago time.Duration, s *probe.Sweep, w *world) {
					rename(s, name)
					if ago < 30*time.Second {
						w.slow[1], w.leader, w.term = 0.12, 2, 43
						down(s, 0)
					}
				}}, 80, 24)
			checkWords(t, m, fmt.Sprint(kind, " ", n), storySizes[:]...)
			checkReasons(t, m, fmt.Sprint(kind, " ", n), storySizes[:]...)
			names := map[string]bool{}
			for _, size := range storySizes {
				checkNames(t, m, size[0], size[1])
				if n <= 5 || size[0] > usualWidth { // the charts of seven leave less room
					names[resized(t, m, size[0], size[1]).screen.names.byKey[m.shown.members[0].Key]] = true
				}
			}
			if len(names) > 1 {
				t.Errorf("%s %d: a member has the names %v, by the window", kind, n, names)
			}
			for _, key := range []string{"e", "f", "d"} { // where a name is cut, it tells nobody apart
				screen := plainScreen(t, press(t, m, key), 60, 15)
				if strings.Contains(screen, name(1)[:40]) {
					t.Errorf("%s: %s shows a long name where the short one is known:\n%s", kind, key, screen)
				}
			}
			page := plainScreen(t, press(t, m, "enter"), 80, 24)
			_, copied := press(t, m, "enter").copyMember()
			if !strings.Contains(page, name(1)) || !strings.Contains(copied, name(1)) {
				t.Errorf("%s: the member's page or its copy lacks the whole name:\n%s\n%s", kind, page, copied)
			}
		}
	}
}

// TestOthersAreCountedLast: where there is no room for the names of most members, they are the others of those that are
// named before. One of three has a slow disk, so that either of the others is a risk to lose.
func TestOthersAreCountedLast(t *testing.T) {
	t.Parallel()
	for kind, name := range longNames() {
		for _, n := range []int{3, 5, 7} {
			m := feed(t, newTestModel(nil), scenario{members: n, sweeps: 60,
				fault: func(_ time.Duration, s *probe.Sweep, w *world) {
					rename(s, name)
					for j := range (n - 1) / 2 {
						w.slow[n-1-j] = 0.3
					}
				}}, 80, 24)
			checkReasons(t, m, fmt.Sprint(kind, " ", n), storySizes[:]...)
		}
	}
}

// TestOneNameForAnAddress: a learner that never ran is called by its address, in the same form everywhere on a screen.
func TestOneNameForAnAddress(t *testing.T) {
	t.Parallel()
	m := newTestModel(nil)
	for _, s := range (scenario{members: 4, learners: 1, sweeps: 20,
		fault: func(_ time.Duration, s *probe.Sweep, _ *world) { down(s, 4) }}).generate() {
		added := &s.Members[4]
		added.Name, added.ClientURLs = "", nil
		added.Membership, added.Status.Value, added.Metrics.Value = probe.MembershipNeverStarted, probe.Status{}, nil
		m = m.withSweep(s)
	}
	for _, size := range storySizes {
		m := resized(t, m, size[0], size[1])
		short := m.shortName(m.shown.members[4].MemberRef)
		for _, key := range []string{"", "d", "e", "i"} {
			m := m
			if key != "" {
				m = press(t, m, key)
			}
			screen := plainScreen(t, m, size[0], size[1])
			if !strings.Contains(screen, short) && key != "e" {
				t.Errorf("%q at %v: %s is not on the screen:\n%s", key, size, short, screen)
			}
			for _, form := range regexp.MustCompile(`[^\s(→]*15:2379`).FindAllString(screen, -1) {
				if form != short && !strings.HasPrefix(form, "http://") {
					t.Errorf("%q at %v: %s is called %s:\n%s", key, size, short, form, screen)
				}
			}
		}
	}
}

// TestOneNameOnAllPages: in a window a member has the same short name on every page, and no other member has it, in the
// list of any page either.
func TestOneNameOnAllPages(t *testing.T) {
	t.Parallel()
	middle := strings.Repeat("kubernetes-control-plane-", 2)
	kinds := longNames()
	kinds["hosts"] = func(i int) string { return fmt.Sprintf("127.0.0.%d:60574", i) }
	kinds["ports"] = func(i int) string { return fmt.Sprintf("127.0.0.1:60%d74", i) }
	kinds["both"] = func(i int) string { return fmt.Sprintf("127.0.0.%d:60%d74", 1+i%2, 1+i/2) }
	kinds["far apart"] = func(i int) string { return fmt.Sprintf("prod-%c-%s%c", 'a'+i/2, middle, 'a'+i%2) }
	kinds["nothing shared"] = func(i int) string {
		return fmt.Sprintf("%c%s%d", "uvwxyzs"[i-1], strings.Repeat("n0de", 14), i)
	}
	for kind, name := range kinds {
		for _, n := range []int{3, 5, 7} {
			m := feed(t, newTestModel(nil), scenario{members: n, sweeps: 60,
				fault: func(ago time.Duration, s *probe.Sweep, w *world) {
					rename(s, name)
					if ago < 30*time.Second {
						w.slow[1], w.leader, w.term = 0.12, 2, 43
						down(s, 0)
					}
				}}, 80, 24)
			for _, size := range storySizes {
				of := resized(t, m, size[0], size[1])
				first := of.screen.names.byKey
				for page, keys := range pageKeys {
					shown := press(t, of, keys...)
					if got := shown.screen.names.byKey; page != "present" && !maps.Equal(got, first) {
						t.Errorf("%s, %d at %v: %s has the names %q, the overview %q", kind, n, size, page, got, first)
					}
					width := shown.screen.names.width
					seen := map[string]bool{}
					for _, name := range shown.screen.names.byKey {
						if cut := fitName(shown.theme, name, width); seen[cut] || page != "present" && cut != name {
							t.Errorf("%s, %d at %v: %s cuts %q to %q", kind, n, size, page, name, cut)
						} else {
							seen[cut] = true
						}
					}
				}
			}
		}
	}
}

// TestCommandsKeepLongNames: what is to be typed holds the whole address, though it contains a member's long name. The
// leader's disk is slow.
func TestCommandsKeepLongNames(t *testing.T) {
	t.Parallel()
	name := longNames()["middle"]
	m := feed(t, newTestModel(nil), scenario{members: 3, sweeps: 60,
		fault: func(ago time.Duration, s *probe.Sweep, w *world) {
			for j := range s.Members {
				p := &s.Members[j]
				p.Name = name(j + 1)
				p.Endpoint = "https://" + p.Name + ":2379"
				p.ClientURLs = []string{p.Endpoint}
			}
			if ago < 30*time.Second {
				w.slow[w.leader] = 0.12
			}
		}}, 80, 24)
	a := &m.shown.assessment
	command := regexp.MustCompile(`etcdctl --endpoints=\S+ move-leader \w+`).FindString(a.Reading.Next)
	if !strings.Contains(command, "https://ip-10-0-2-23.eu-central-1.compute") {
		t.Fatalf("the command %q does not name the leader's host: %s", command, a.Reading.Next)
	}
	cut := regexp.MustCompile(`(/|=|\S:)…|…\S*:\d`)
	for _, keys := range [][]string{
		nil, {"i"}, {"enter"}, {"enter", "1"}, {"e"}, {"e", "enter"}, {"f"}, {"f", "enter"}, {"d"}, {"c"},
	} {
		page := press(t, m, keys...)
		for _, size := range storySizes {
			if found := cut.FindString(screenText(plainScreen(t, page, size[0], size[1]))); found != "" {
				t.Errorf("%v at %v: an address is shortened: %q", keys, size, found)
			}
		}
		_, copied := page.copied()
		whole := strings.Contains(copied, command) || !strings.Contains(copied, "move-leader")
		if found := cut.FindString(copied); found != "" || !whole {
			t.Errorf("%v: the copy's command can't be run, want %s:\n%s", keys, command, copied)
		}
	}
	if _, copied := press(t, m, "i").copied(); !strings.Contains(copied, command) || !strings.Contains(copied, name(1)) {
		t.Errorf("the reading's copy lacks %s:\n%s", command, copied)
	}
	if screen := screenText(plainScreen(t, press(t, m, "i"), 120, 40)); !strings.Contains(screen, command) {
		t.Errorf("the reading's page lacks %s:\n%s", command, screen)
	}
}

// TestShortNamesAreWords: a short name stands for a whole word only.
func TestShortNamesAreWords(t *testing.T) {
	t.Parallel()
	names := screenNames{words: []nameWord{{"node-12.example", "…-12…"}, {"node-1", "…-1"}}}
	for text, want := range map[string]string{
		"node-1 is down":                     "…-1 is down",
		"node-1: node-1's disk (node-1).":    "…-1: …-1's disk (…-1).",
		"node-1, node-12.example and node-1": "…-1, …-12… and …-1",
		"\"node-1\" is not node-2":           "\"…-1\" is not node-2",
		"at https://node-1:2379":             "at https://node-1:2379",
		"etcdctl --endpoints=node-1 status":  "etcdctl --endpoints=node-1 status",
		"node-1:2379, node-1.example":        "node-1:2379, node-1.example",
		"my-node-1, node-10, node-1/2":       "my-node-1, node-10, node-1/2",
		"日node-1 node-1日":                    "日node-1 node-1日",
	} {
		if got := names.in(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}

// checkNames asserts that the screen has one name for each member, which is in the table.
func checkNames(t *testing.T, m model, width, height int) {
	t.Helper()
	m = resized(t, m, width, height)
	screen := plainScreen(t, m, width, height)
	for i := range m.shown.members {
		a := &m.shown.members[i]
		if name := m.screen.names.byKey[a.Key]; !strings.Contains(screen, " "+name+" ") {
			t.Errorf("%dx%d: no row of %s:\n%s", width, height, name, screen)
		}
		if strings.Contains(screen, a.Label) && width < dockWidth {
			t.Errorf("%dx%d: the whole name of %s takes room:\n%s", width, height, a.Short, screen)
		}
	}
	checkOneName(t, m, screen)
	for _, key := range []string{"e", "f", "d", "i", "c", "enter"} {
		page := press(t, m, key)
		checkOneName(t, page, plainScreen(t, page, width, height))
	}
}

// checkOneName asserts that every shortened name on a screen is one of the screen's names.
func checkOneName(t *testing.T, m model, screen string) {
	t.Helper()
	var names []string
	for _, name := range m.screen.names.byKey {
		names = append(names, name)
	}
	slices.Sort(names)
	if found := len(slices.Compact(slices.Clone(names))); found < len(names) {
		t.Errorf("members are called alike: %q", names)
	}
	for _, found := range regexp.MustCompile(`…-?[\pL\d.-]*\d…?|[\pL\d]+…[\pL\d.-]+`).FindAllString(screen, -1) {
		cut := strings.TrimSuffix(found, "…") // of a text that is cut behind a name
		if !slices.Contains(names, found) && !slices.Contains(names, cut) {
			t.Errorf("%q is none of %q:\n%s", found, names, screen)
		}
	}
}

// TestFitNames: names that are cut stay apart, all lose the same, and those that can't be told apart stay whole.
func TestFitNames(t *testing.T) {
	for _, test := range []struct {
		width       int
		names, want string
	}{
		{9, "etcd-1 etcd-2", "etcd-1 etcd-2"},
		{6, "ip-10-0-1-23.eu… ip-10-0-2-23.eu…", "…-0-1… …-0-2…"},
		{11, "ip-10-0-1-23.eu… ip-10-0-2-23.eu…", "ip-10-0-1… ip-10-0-2…"},
		{6, "…-of-az-01 …-of-az-02 …-of-az-11", "…-01 …-02 …-11"},
		{9, "…-plane-no1 127.0.0.1:41924 …-plane-no2", "…-no1 ….1:41924 …-no2"},
		{9, "etcd-1 10.0.3.14:2380 etcd-2", "etcd-1 ….14:2380 etcd-2"},
		{9, "10.0.3.11:2379 10.0.3.12:2379", "….0.3.11… ….0.3.12…"},
		{8, "control-9 control-10", "…-9 …-10"},
		{7, "node-1-a node-11-a", "…-1-a …-11-a"},
		{5, "master1 master2", "…ter1 …ter2"},
		{4, "日本語一 日本語二", "…一 …二"},
		{3, "abcdefgh xyz", "ab… xyz"},
		{4, "ab1xx2cd ab3xx4cd", "ab1… ab3…"},
		{6, "127.0.0.1:60574 127.0.0.2:60574 127.0.0.1:60674", "…1…5… …2…5… …1…6…"},
		{6, "prod-a-kubernetes-a prod-a-kubernetes-b prod-b-kubernetes-a", "…a…a …a…b …b…a"},
		{7, "k日-plane-a本x k日-plane-b本x k月-plane-a本x", "…日…a… …日…b… …月…a…"},
		{2, "ab1xx2cd ab3xx4cd", "ab1xx2cd ab3xx4cd"},
	} {
		got := fitNames(plainTheme(), strings.Fields(test.names), test.width)
		if strings.Join(got, " ") != test.want {
			t.Errorf("%s in %d: %q, want %s", test.names, test.width, got, test.want)
		}
		for _, name := range got {
			if ansi.StringWidth(name) > test.width && got[0] != strings.Fields(test.names)[0] {
				t.Errorf("%q is wider than %d", name, test.width)
			}
		}
	}
	if got := fitNames(plainTheme(), []string{"", "control-1"}, 6); got[0] != "" || ansi.StringWidth(got[1]) > 6 {
		t.Errorf("beside an empty name: %q", got)
	}
}

// TestNamesOfTheGone: a member of an event that is gone has a name of its own, cut as those of the present are.
func TestNamesOfTheGone(t *testing.T) {
	t.Parallel()
	m := feed(t, newTestModel(nil), scenario{members: 3, sweeps: 3}, 80, 24)
	m.shown.assessment.Members[2].MemberRef = thresholds.MemberRef{Key: "c", Label: "127.0.0.1:60574",
		Short: "127.0.0.1:60574"}
	gone := func(key, label string) thresholds.Event {
		ref := thresholds.MemberRef{Key: key, Label: label, Short: label}
		return thresholds.Event{Kind: thresholds.EventMembership, At: m.shown.assessment.At, Member: ref, What: "left",
			Headline: "left", HeadlineWhat: "left", Named: true}
	}
	m.shown.events = append(slices.Clone(m.shown.events), gone("x", "127.0.0.2:60574"), gone("y", "128.7.0.1:60574"))
	m = m.open(pageEvents).named()
	names := m.screen.names.byKey
	if names["c"] != "…0.1:60574" || names["x"] != "…0.2:60574" || names["y"] != "128.7.0.1:60574" {
		t.Errorf("%q", names)
	}
	if screen := plainScreen(t, m, 80, 24); !strings.Contains(screen, "…0.2:60574 left") {
		t.Error(screen)
	}
}
