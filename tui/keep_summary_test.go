package tui

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

func TestSummary(t *testing.T) {
	c := scenario{members: 3, sweeps: 120, fault: func(ago time.Duration, s *probe.Sweep, w *world) {
		switch {
		case ago == 60*time.Second:
			s.Marks = []probe.Mark{{At: s.At, Text: "drain etcd-2", Member: "etcd-2"}}
		case ago < 60*time.Second && ago >= 57*time.Second:
			w.leader, w.term = 2, 43
			for j := range s.Members {
				leaderless(s, j)
			}
		case ago < 57*time.Second && ago > 30*time.Second:
			down(s, 1)
		case ago == 0:
			w.slow[0] = 0.12
		}
	}}
	want := `etcdoc watched prod-eu1 for 1m59s: 120 sweeps, 14:30:08Z to 14:32:07Z
  at the end  ok  3/3 voters healthy, quorum 2, leader etcd-3, term 43
  worst level WARN
  leader      1 change, leaderless 2s to 4s
  events      8, 1 mark
  mark A      14:31:07Z drain etcd-2 (announces etcd-2 until 14:41:07Z)
  WARN        14:31:08Z no voter to spare: 2 of 3 voters healthy, quorum needs 2; etcd-2 is down (expected)` +
		` (29s, over)
  worst   WAL p99  COMMIT    PEND     LAG      DB   QUOTA  DOWN/LATE
  etcd-1     ≤8ms   ≤16ms       2       3    1.9G     24%          -
  etcd-2     ≤8ms   ≤16ms       2       3    1.9G     24%        26s
  etcd-3     ≤8ms   ≤16ms       2       3    1.9G     24%          -
`
	if got := feed(t, newTestModel(nil), c, 80, 24).summary(); got != want {
		t.Errorf("the summary is\n%s\nwant\n%s", got, want)
	}
}

// TestSummaryShowsTheEnd even if the screen shows the past, and lists only a few events, the most severe.
func TestSummaryShowsTheEnd(t *testing.T) {
	m := press(t, watched(t, "quorum-lost", 80, 24), "[")
	for range 60 {
		m = press(t, m, "[")
	}
	text := m.summary()
	for _, want := range []string{"at the end  CRIT", "CRIT        14:31:27Z", "(for "} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing:\n%s", want, text)
		}
	}
	m.seen.log = slices.Clip(m.seen.log) // which is shared
	for i := range 20 {
		m.seen.log = append(m.seen.log, thresholds.Event{At: epoch.Add(time.Duration(i) * time.Second),
			Level: thresholds.Warning, Text: "another"})
	}
	if text = m.summary(); strings.Count(text, "another") != 7 ||
		!strings.Contains(text, "and 15 others of no worse a level") {
		t.Errorf("of 20 more:\n%s", text)
	}
}

func TestSummaryOfNothing(t *testing.T) {
	want := "etcdoc saw no answer of 10.0.3.11:2379, 10.0.3.12:2379, 10.0.3.13:2379 in 3s.\n"
	if got := newTestModel(nil).summary(); got != want {
		t.Errorf("the summary is %q, want %q", got, want)
	}
}

// feedSummary returns the summary of what a model saw.
func feedSummary(t *testing.T, sweeps []probe.Sweep) string {
	t.Helper()
	m := newTestModel(nil)
	for _, s := range sweeps {
		m = m.withSweep(s)
	}
	return m.summary()
}

// lineWith returns the line of text that contains what.
func lineWith(t *testing.T, text, what string) string {
	t.Helper()
	for line := range strings.Lines(text) {
		if strings.Contains(line, what) {
			return line
		}
	}
	t.Fatalf("no line with %q in:\n%s", what, text)
	return ""
}

// TestSummaryOfAHealthySession: the first sweep, which knows nothing yet, does not count as a level seen.
func TestSummaryOfAHealthySession(t *testing.T) {
	text := feedSummary(t, scenario{members: 3, sweeps: 30}.generate())
	if got := lineWith(t, text, "worst level"); got != "  worst level ok\n" {
		t.Errorf("a healthy session ends with %q", got)
	}
	text = feedSummary(t, scenario{members: 3, sweeps: 1}.generate())
	if got := lineWith(t, text, "worst level"); got != "  worst level ?\n" {
		t.Errorf("a session of one sweep ends with %q", got)
	}
}

// TestSummaryOfTimeDown attributes each gap to the state before it, and counts late members.
func TestSummaryOfTimeDown(t *testing.T) {
	for name, test := range map[string]struct {
		away func(*probe.Sweep)
		want string
	}{
		"down": {func(s *probe.Sweep) { down(s, 1) }, "30s"},
		"late": {func(s *probe.Sweep) { s.Members[1].Status.Pending = s.At.Add(-15 * time.Second) }, "30s"},
	} {
		t.Run(name, func(t *testing.T) {
			sweeps := scenario{members: 3, sweeps: 4, every: 10 * time.Second,
				fault: func(ago time.Duration, s *probe.Sweep, _ *world) {
					if ago == 10*time.Second {
						test.away(s)
					}
				}}.generate()
			shift(&sweeps[3], 20*time.Second) // the next sweep is 30 s after the one that saw it down
			line := strings.Fields(lineWith(t, feedSummary(t, sweeps), "  etcd-2 "))
			if got := line[len(line)-1]; got != test.want {
				t.Errorf("down for %s, want %s", got, test.want)
			}
		})
	}
}

// TestSummaryWithoutAMemberList claims nothing about voters and quorum.
func TestSummaryWithoutAMemberList(t *testing.T) {
	text := feedSummary(t, scenarios()["nothing-reachable"].generate())
	if line := lineWith(t, text, "at the end"); !strings.Contains(line, "0 of 3 endpoints answered") {
		t.Errorf("nothing answered, and the summary says %q", line)
	}
	for _, claim := range []string{"voter", "quorum", "leader,", "no leader"} {
		if strings.Contains(text, claim) {
			t.Errorf("nothing answered, and the summary speaks of %q:\n%s", claim, text)
		}
	}
}

// TestSummaryFollowsAnEndpointToItsMember carries over what was seen before the members were known.
func TestSummaryFollowsAnEndpointToItsMember(t *testing.T) {
	sweeps := scenario{members: 3, sweeps: 20, fault: func(ago time.Duration, s *probe.Sweep, _ *world) {
		if ago >= 10*time.Second {
			for j := range s.Members {
				down(s, j)
				s.Members[j].ID, s.Members[j].Name, s.Members[j].Listed = 0, "", false
			}
			s.MemberList = probe.Fact[probe.MemberList]{}
		}
	}}.generate()
	text := feedSummary(t, sweeps)
	if line := lineWith(t, text, "  etcd-3 "); !strings.Contains(line, "10s") {
		t.Errorf("etcd-3 was down for 10s as an endpoint: %q", line)
	}
	if _, table, _ := strings.Cut(text, "  worst   "); strings.Contains(table, "gone") ||
		strings.Contains(table, "10.0.3.13") {
		t.Errorf("an endpoint is listed beside its member:\n%s", text)
	}
}

// TestSummaryListsMembersThatLeft with what was seen of them.
func TestSummaryListsMembersThatLeft(t *testing.T) {
	sweeps := scenario{members: 3, sweeps: 10}.generate()
	for i := range sweeps[5:] {
		sweeps[5+i].Members = sweeps[5+i].Members[:2]
	}
	if line := lineWith(t, feedSummary(t, sweeps), "  etcd-3 "); !strings.HasSuffix(line, "gone\n") ||
		!strings.Contains(line, "1.9G") {
		t.Errorf("etcd-3 left: %q", line)
	}
}

// TestSummaryFitsTheTerminal: its table becomes several in a narrow window, with every value and none broken.
func TestSummaryFitsTheTerminal(t *testing.T) {
	m := feed(t, newTestModel(nil), scenario{members: 3, sweeps: 10}, 200, 60)
	wide := m.summary()
	m = resized(t, m, 60, 15)
	narrow := m.summary()
	_, wide, _ = strings.Cut(wide, "  worst   ")
	_, table, _ := strings.Cut(narrow, "  worst   ")
	for line := range strings.Lines(table) {
		if textWidth(strings.TrimSuffix(line, "\n")) > 60 {
			t.Errorf("wider than the terminal: %q", line)
		}
	}
	for _, value := range strings.Fields(wide) {
		if !strings.Contains(table, value) {
			t.Errorf("%s is missing in:\n%s", value, table)
		}
	}
	if strings.Count(table, "  etcd-2 ") < 2 {
		t.Errorf("one table:\n%s", table)
	}
}

// TestSummaryMarksTooFewObservations: a p99 of a handful is no p99.
func TestSummaryMarksTooFewObservations(t *testing.T) {
	summary := feedSummary(t, scenario{members: 1, sweeps: 2}.generate())
	if line := lineWith(t, summary, "  etcd-1 "); !strings.Contains(line, "≤") {
		t.Errorf("the maximum of 40 observations appears as a p99: %q", line)
	}
}

// TestSummaryOfLeaderlessTime: its uncertainty is that of the gaps at its edges, not the longest gap of the session.
func TestSummaryOfLeaderlessTime(t *testing.T) {
	sweeps := scenario{members: 3, sweeps: 60, fault: func(ago time.Duration, s *probe.Sweep, _ *world) {
		if ago < 30*time.Second && ago >= 20*time.Second {
			for j := range s.Members {
				leaderless(s, j)
			}
		}
	}}.generate()
	for i := range sweeps[:10] {
		shift(&sweeps[i], -time.Minute)
	}
	line := lineWith(t, feedSummary(t, sweeps), "leaderless")
	if !strings.Contains(line, "leaderless 9s to 11s") {
		t.Errorf("10 s between sweeps of a second: %q", line)
	}
}
