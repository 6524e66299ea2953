package tui

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

// TestUnverifiedTLSIsAlwaysOnTheScreen whatever else is cut.
func TestUnverifiedTLSIsAlwaysOnTheScreen(t *testing.T) {
	unverified := func(o *Options) { o.Unverified = true }
	for name, m := range map[string]model{
		"connecting": newTestModel(unverified),
		"healthy":    feed(t, newTestModel(unverified), scenario{members: 3, sweeps: 3}, 1, 1),
		"paused":     press(t, feed(t, newTestModel(unverified), scenario{members: 3, sweeps: 3}, 1, 1), "space"),
	} {
		for width := 20; width <= 200; width += 6 {
			if screen := plainScreen(t, m, width, 24); !strings.Contains(screen, "TLS NOT VERIFIED") {
				t.Errorf("%s, %d wide: %q", name, width, strings.Split(screen, "\n")[0])
			}
		}
	}
}

// TestAlarmsThatAreNotKnown: an unknown alarm list is not an empty one.
func TestAlarmsThatAreNotKnown(t *testing.T) {
	for name, want := range map[string]string{"healthy": "-", "one-down": "-"} {
		m := watched(t, name, 200, 60)
		if got := m.alarmCell(&m.shown.assessment.Members[1]).text; got != want {
			t.Errorf("%s: the alarm of etcd-2 is %q, want %q", name, got, want)
		}
	}
	m := feed(t, newTestModel(nil), scenario{members: 3, sweeps: 5,
		fault: func(ago time.Duration, s *probe.Sweep, _ *world) {
			for j := range s.Members {
				if ago < 2*time.Second {
					s.Alarms = probe.Fact[[]probe.Alarm]{}
					down(s, j)
				}
			}
		}}, 200, 60)
	if got := m.alarmCell(&m.shown.assessment.Members[1]).text; got != "?" {
		t.Errorf("nobody answers, and the alarm of etcd-2 is %q", got)
	}
}

// TestSignsOfLimits: a value over a limit has a sign from the first sweep on, one for a notice and another for anything
// more severe. A value that is back has none, even while its finding is still firing.
func TestSignsOfLimits(t *testing.T) {
	m := feed(t, newTestModel(nil), scenario{members: 3, sweeps: 3}, 80, 24)
	member := m.shown.assessment.Members[0]
	member.Vitals[thresholds.WALFsyncObservations] = probe.Known(1000)
	member.TooFewSamples, member.WALFsync = thresholds.VitalSet{}, thresholds.Latency{}
	member.Vitals[thresholds.WALFsyncP99] = probe.Known(0.011)
	member.Vitals[thresholds.PeerRTTP99] = probe.Known(0.011)
	for _, test := range []struct {
		state thresholds.AlertState
		level thresholds.Level
		want  string
	}{
		{"", thresholds.OK, "11ms"}, {thresholds.AlertPending, thresholds.Notice, "*11ms"},
		{thresholds.AlertFiring, thresholds.Notice, "*11ms"}, {thresholds.AlertPending, thresholds.Warning, "!11ms"},
		{thresholds.AlertFiring, thresholds.Warning, "!11ms"}, {thresholds.AlertFiring, thresholds.Critical, "!11ms"},
	} {
		member.Marks = []thresholds.Mark{{Rule: thresholds.WALFsyncSlow, Vital: thresholds.WALFsyncP99,
			State: test.state, Level: test.level}}
		if got := m.vitalCell(&member, thresholds.WALFsyncP99).text; got != test.want {
			t.Errorf("%s of level %v: %s, want %s", test.state, test.level, got, test.want)
		}
		if got := m.vitalCell(&member, thresholds.PeerRTTP99).text; got != "11ms" {
			t.Errorf("a value that no rule judges is %q", got)
		}
	}
	member.WALFsync = thresholds.Latency{P99: probe.Known(0.2), Low: probe.Known(0.128), High: probe.Known(0.256)}
	if got := m.vitalCell(&member, thresholds.WALFsyncP99).text; got != "!≤256ms" {
		t.Errorf("a p99 of which only the bucket is known is %s", got)
	}
	stale := member
	stale.MetricsStale = true
	if got := m.vitalCell(&stale, thresholds.WALFsyncP99).text; got != "~!≤256ms" {
		t.Errorf("one that is only the last known is %s", got)
	}
	screen := plainScreen(t, watched(t, "slow-disk", 1, 1), 80, 24)
	if line := lineWith(t, screen, "  etcd-3 "); !strings.Contains(line, "!123ms") ||
		!strings.Contains(line, "*247ms") {
		t.Errorf("over a limit, and over a recommendation: %q", line)
	}
}

// TestABoundStaysOneWhenItIsOld: the last known p99 of a member that went down, of which only the bucket's end is
// known, does not look exact in the table, nor on the member's page.
func TestABoundStaysOneWhenItIsOld(t *testing.T) {
	gone := scenario{members: 3, sweeps: 12, fault: func(ago time.Duration, s *probe.Sweep, _ *world) {
		if ago < 10*time.Second {
			down(s, 1)
		}
	}}
	m := feed(t, newTestModel(nil), gone, 1, 1)
	if line := lineWith(t, plainScreen(t, m, 120, 40), " ?        DOWN "); !strings.Contains(line, " ~≤") {
		t.Errorf("in the table: %q", line)
	}
	m = press(t, resized(t, m, 120, 40), "down", "enter")
	if line := lineWith(t, plainScreen(t, m, 120, 40), "[1] WAL fsync"); !strings.Contains(line, "p99 ~≤") {
		t.Errorf("on its page: %q", line)
	}
}

// TestANoteSaysOfWhat: the column STATE has a word for what a notice is about, and is as wide as that.
func TestANoteSaysOfWhat(t *testing.T) {
	m := feed(t, newTestModel(nil), scenario{members: 3, sweeps: 3}, 80, 24)
	member := &m.shown.members[1]
	member.Condition = thresholds.MemberCondition{Word: thresholds.ConditionWord(thresholds.Notice.Word()),
		Level: thresholds.Notice}
	member.Condition.Topic = "version"
	if line := lineWith(t, plainScreen(t, m, 80, 24), "  etcd-2 "); !strings.Contains(line, " NOTE version ") {
		t.Errorf("a note about a version: %q", line)
	}
}

// TestSignsFitIn: a sign before a number that fills its column cuts nothing off, and leaves a gap before it.
func TestSignsFitIn(t *testing.T) {
	m := feed(t, newTestModel(nil), scenario{members: 3, sweeps: 3}, 80, 24)
	member := m.shown.members[0]
	member.MetricsStale, member.Stale = true, true
	member.Vitals[thresholds.ApplyLag], member.Vitals[thresholds.DBQuotaUsed] = probe.Known(5100), probe.Known(0.0025)
	m.shown.members = []thresholds.Member{member}
	row := ansi.Strip(m.renderTable(80, 1, false, false)[0])
	if ansi.StringWidth(row) != 80 || !strings.Contains(row, " ~5100 ") || !strings.Contains(row, " ~<1% ") {
		t.Errorf("cut: %q", row)
	}
}

// TestTheHeaderDoesNotJump while the times in it change their width.
func TestTheHeaderDoesNotJump(t *testing.T) {
	m := feed(t, newTestModel(nil), scenario{members: 3, sweeps: 3}, 1, 1)
	words := func(width int, ago time.Duration) string {
		m.shown.assessment.Cluster.LeaderSince = m.now.Add(-ago)
		var kept []string
		for _, w := range strings.Fields(ansi.Strip(m.renderHeader(width))) {
			if !strings.ContainsAny(w, "0123456789") {
				kept = append(kept, w)
			}
		}
		return strings.Join(kept, " ")
	}
	for width := 20; width <= 140; width++ {
		first := words(width, 0)
		for _, ago := range []time.Duration{9500 * time.Millisecond, 12 * time.Second, time.Minute,
			23*time.Hour + 59*time.Minute, 99 * 24 * time.Hour} {
			if got := words(width, ago); got != first {
				t.Errorf("%d wide, after %v: %q, and %q before", width, ago, got, first)
			}
		}
	}
}

// TestMarksThatShareAColumn are visibly several.
func TestMarksThatShareAColumn(t *testing.T) {
	m := feed(t, newTestModel(nil), scenario{members: 3, sweeps: 120,
		fault: func(ago time.Duration, s *probe.Sweep, _ *world) {
			for at, text := range map[time.Duration]string{100 * time.Second: "alone", 31 * time.Second: "one",
				30 * time.Second: "two"} {
				if ago == at {
					s.Marks = append(s.Marks, probe.Mark{At: s.At, Text: text})
				}
			}
		}}, 120, 40)
	var letters []string
	for _, letter := range m.markColumns(20) {
		letters = append(letters, letter)
	}
	slices.Sort(letters)
	if !slices.Equal(letters, []string{"*", "A"}) {
		t.Errorf("three marks, two of them in one column, appear as %q", letters)
	}
}

// TestADumbTerminalGetsASCII although block glyphs are the default.
func TestADumbTerminalGetsASCII(t *testing.T) {
	m := feed(t, newTestModel(func(o *Options) {
		o.Getenv = func(name string) string { return map[string]string{"TERM": "dumb"}[name] }
	}), scenarios()["one-down"], 80, 24)
	for _, r := range m.View() {
		if r > 0x7e {
			t.Fatalf("%q on a dumb terminal", r)
		}
	}
}

// TestTheASCIIEllipsisIsNotTheSignOfStaleValues, which is a tilde.
func TestTheASCIIEllipsisIsNotTheSignOfStaleValues(t *testing.T) {
	m := newTestModel(func(o *Options) { o.Glyphs = GlyphsASCII })
	for _, got := range []string{fit(m.theme, "a long word", 6), fitName(m.theme, "etcd-prod-eu1-node-7", 11),
		lineOf(m.theme, 6, span{text: "a long word"})} {
		if strings.Contains(got, "~") || !strings.Contains(got, "..") {
			t.Errorf("cut to %q", got)
		}
	}
}

// TestLeadershipBeginsWithItsTerm, even if the same member is elected again between two sweeps.
func TestLeadershipBeginsWithItsTerm(t *testing.T) {
	c := scenario{members: 3, sweeps: 60, fault: func(ago time.Duration, _ *probe.Sweep, w *world) {
		if ago == 21*time.Second {
			w.term++ // the sweep after it shows that
		}
	}}
	cluster := feed(t, newTestModel(nil), c, 80, 24).shown.assessment.Cluster
	if got := epoch.Sub(cluster.LeaderSince).Round(time.Second); got != 20*time.Second || !cluster.LeaderSeenToCome {
		t.Errorf("it leads since %v, seen to come: %v; want 20s, true", got, cluster.LeaderSeenToCome)
	}
}
