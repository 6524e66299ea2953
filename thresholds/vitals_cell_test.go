package thresholds

import (
	"testing"
	"time"
)

// TestCell: a value has the sign that matters most, and says besides if it is an upper bound. The last known one has
// that of its limit behind.
func TestCell(t *testing.T) {
	t.Parallel()
	member := func(change func(m *Member)) *Member {
		m := &Member{State: StateOK, FromMetrics: VitalSet{}}
		m.Vitals[WALFsyncP99] = known(0.011)
		change(m)
		return m
	}
	mark := func(m *Member, level Level) {
		m.Marks = []Mark{{Rule: WALFsyncSlow, Vital: WALFsyncP99, State: AlertFiring, Level: level}}
	}
	bucket := Latency{P99: known(0.011), Low: known(0.008), High: known(0.016)}
	for name, test := range map[string]struct {
		member *Member
		want   string
		level  Level
	}{
		"fine":    {member(func(*Member) {}), "11", OK},
		"notice":  {member(func(m *Member) { mark(m, Notice) }), "*11", Notice},
		"warning": {member(func(m *Member) { mark(m, Warning) }), "!11", Warning},
		"stale":   {member(func(m *Member) { m.Stale, m.MetricsStale = true, true }), "~11", OK},
		"stale and over": {member(func(m *Member) {
			m.Stale, m.MetricsStale = true, true
			mark(m, Critical)
		}), "~!11", Critical},
		"at most": {member(func(m *Member) { m.WALFsync = bucket }), "≤16", OK},
		"at most, and over": {member(func(m *Member) {
			m.WALFsync = bucket
			mark(m, Warning)
		}), "!≤16", Warning},
		"at most, and stale": {member(func(m *Member) {
			m.WALFsync = bucket
			m.Stale, m.MetricsStale = true, true
		}), "~≤16", OK},
		"lacking": {member(func(m *Member) { m.Vitals = Vitals{} }), "-", OK},
		"lacking, with a mark": {member(func(m *Member) {
			m.Vitals = Vitals{}
			mark(m, Warning)
		}), "-", OK},
		"unknown": {member(func(m *Member) { m.Vitals, m.State = Vitals{}, StateLate }), "?", OK},
		"unknown and stale": {member(func(m *Member) {
			m.Vitals, m.Stale, m.MetricsStale = Vitals{}, true, true
		}), "?", OK},
	} {
		c := test.member.Cell(WALFsyncP99)
		number := map[float64]string{0.011: "11", 0.016: "16"}[c.Value.Or(0)]
		if got := c.Text(number, "≤"); got != test.want || c.Level != test.level {
			t.Errorf("%s: %q of level %v, want %q of %v", name, got, c.Level, test.want, test.level)
		}
	}
}

// TestLastKnownValuesHaveTheMarksOfNewOnes: those of a member that is down are marked like equal ones of the others.
func TestLastKnownValuesHaveTheMarksOfNewOnes(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.run(30*time.Second, func() {
		s.member(1).fsync(50, 12*time.Millisecond)
		s.member(2).fsync(50, 12*time.Millisecond)
	})
	s.member(2).down = errRefused
	a := s.run(30*time.Second, func() { s.member(1).fsync(50, 12*time.Millisecond) })
	now, last := a.Members[0].Cell(WALFsyncP99), a.Members[1].Cell(WALFsyncP99)
	if now.Sign != SignNotice || now.Level != Notice || last.Sign != SignLast || last.Level != now.Level ||
		last.Text("16", "≤") != "~*≤16" {
		t.Errorf("now %+v, last known %+v", now, last)
	}
}
