package thresholds

import (
	"fmt"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// newest returns the newest event of a kind, or the zero Event.
func newest(e *Evaluator, kind EventKind) (found Event) {
	for _, event := range e.Events(maxEvents) {
		if event.Kind == kind {
			found = event
		}
	}
	return found
}

func count(e *Evaluator, kind EventKind) (n int) {
	for _, event := range e.Events(maxEvents) {
		if event.Kind == kind {
			n++
		}
	}
	return n
}

func TestEventsOfAnOutage(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.run(3*time.Second, nil)
	s.member(2).down = errRefused
	s.run(10*time.Second, nil)
	down := Event{}
	for _, event := range s.evaluator.Events(100) {
		if event.Rule == MemberUnreachable {
			down = event
		}
	}
	if !down.Active || down.Level != Warning || down.Member.Label != "etcd-2" || down.Lasted != 9*time.Second {
		t.Errorf("while it is down: %+v, want a warning about etcd-2 that is active for 9 s", down)
	}
	s.member(2).down = nil
	s.observe()
	back := newest(s.evaluator, EventUp)
	for _, event := range s.evaluator.Events(100) {
		if event.Active {
			t.Errorf("still active: %+v", event)
		}
	}
	if back.Member.Label != "etcd-2" || back.Lasted != 10*time.Second || back.Rule != MemberUnreachable ||
		down.Kind != EventDown {
		t.Errorf("when it is back: %+v", back)
	}
	says(t, "down", down.Text)
	says(t, "back", back.Text)
	for _, event := range s.evaluator.Events(100) {
		if event.Rule != MemberUnreachable || event.Kind != EventDown {
			continue
		}
		if was := event.AsOf(event.At.Add(4 * time.Second)); !was.Active || was.Lasted != 4*time.Second {
			t.Errorf("4 s after it began: %+v, want it active for 4 s", was)
		}
		if now := event.AsOf(s.now); now != event || !event.KnownBy(event.At) || event.KnownBy(event.At.Add(-1)) {
			t.Errorf("as of now: %+v, want %+v", now, event)
		}
	}
	if n := count(s.evaluator, EventCaughtUp); n != 0 {
		t.Errorf("%d events of catching up, want none without a lag", n)
	}
}

// TestARunningEventSaysHowItIsNow, and how bad it was at its worst once it is over.
func TestARunningEventSaysHowItIsNow(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	pending := func(n float64, d time.Duration) Event {
		s.member(1).metrics.ProposalsPending = probe.Known(n)
		s.run(d, nil)
		var last Event
		for _, event := range s.evaluator.Events(maxEvents) {
			if event.Rule == ProposalsQueued && event.Level > OK {
				last = event
			}
		}
		return last
	}
	pending(0, 3*time.Second)
	for _, step := range []struct {
		pending float64
		lasts   time.Duration
		level   Level
		active  bool
	}{
		{200, 20 * time.Second, Warning, true},
		{400, 5 * time.Second, Warning, true},
		{300, 5 * time.Second, Warning, true}, // the moment's value
		{50, 30 * time.Second, Notice, true},
		{0, 40 * time.Second, Warning, false},
	} {
		e := pending(step.pending, step.lasts)
		if e.Level != step.level || e.Active != step.active {
			t.Errorf("with %v pending for %v: %+v, want %v, active %v", step.pending, step.lasts, e, step.level,
				step.active)
		}
		says(t, fmt.Sprint(step.pending), e.Text)
		says(t, fmt.Sprint(step.pending)+": headline", e.Headline)
	}
	says(t, "over", newest(s.evaluator, EventResolved).Text)
}

// TestAnExplainedEventSaysHowItIsNow: that something else explains by now why the database is full does not keep its
// event from saying how full it is.
func TestAnExplainedEventSaysHowItIsNow(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	var a Assessment
	used := func(share float64) Event {
		for _, m := range s.members {
			m.status.DBSizeBytes = int64(share * float64(m.status.DBQuotaBytes))
			m.metrics.DBSizeBytes = probe.Known(float64(m.status.DBSizeBytes))
		}
		a = s.run(20*time.Second, nil)
		for _, row := range s.rowsOf(DBQuotaNear) {
			if row.Member.Label == "etcd-1" {
				return row
			}
		}
		t.Fatalf("at %v there is no event", share)
		return Event{}
	}
	warned := used(0.87)
	s.alarm("NOSPACE", 3)
	now := used(0.98)
	f := finding(&a, DBQuotaNear, "etcd-1")
	if f.InhibitedBy != AlarmNoSpace || !now.Active || now.ID != warned.ID || now.Level != f.Level ||
		now.What != f.What || now.Level <= warned.Level || !now.At.Equal(warned.At) || !now.AsBadAt.Equal(f.Since) ||
		now.KnownAt.Before(now.At) {
		t.Errorf("%+v, and the finding is %+v", now, f)
	}
	n := 0
	for _, e := range s.evaluator.Events(maxEvents) {
		if e.Kind == EventFiring && e.Member.Label == "etcd-1" {
			n++
		}
	}
	if n != 1 {
		t.Errorf("%d events, want 1: what the alarm explains is no news", n)
	}
}

// TestCatchingUp: a member that is back catches up with the log, and an event reports when it has.
func TestCatchingUp(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.run(3*time.Second, nil)
	s.member(2).down = errRefused
	write := func(n uint64) {
		for _, m := range s.members {
			if m.down == nil {
				m.status.RaftIndex += n
				m.status.RaftAppliedIndex += n
			}
		}
	}
	s.run(8*time.Second, func() { write(100) })
	s.member(2).down = nil
	a := s.observe()
	if len(a.Events) == 0 || newest(s.evaluator, EventUp).Lasted != 8*time.Second {
		t.Errorf("when it is back: %+v", newest(s.evaluator, EventUp))
	}
	s.run(3*time.Second, func() { s.member(2).status.RaftIndex += 200 })
	if n := count(s.evaluator, EventCaughtUp); n != 0 {
		t.Errorf("%d events of catching up while it lags 200", n)
	}
	s.member(2).status.RaftIndex = s.member(1).status.RaftIndex - 1
	s.observe()
	got := newest(s.evaluator, EventCaughtUp)
	if got.Lasted != 4*time.Second || got.Member.Label != "etcd-2" || got.Level != OK {
		t.Errorf("when it has caught up: %+v", got)
	}
	says(t, "", got.Text)
	s.run(5*time.Second, nil)
	if n := count(s.evaluator, EventCaughtUp); n != 1 {
		t.Errorf("%d events of catching up, want 1", n)
	}
}

// TestAlarmEvents: raising and disarming an alarm is one event each for the cluster.
func TestAlarmEvents(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.run(3*time.Second, nil)
	for _, m := range s.members {
		m.status.Alarms = []probe.Alarm{{Type: "NOSPACE", Member: 0xa1}}
	}
	s.run(4*time.Second, nil)
	if got := newest(s.evaluator, EventAlarm); got.Level != Critical || !got.Active || got.Rule != AlarmNoSpace {
		t.Errorf("raised: %+v", got)
	} else {
		says(t, "raised", got.Text)
	}
	for _, m := range s.members {
		m.status.Alarms = nil
	}
	s.observe()
	if got := newest(s.evaluator, EventAlarm); got.Level != OK || got.Lasted != 4*time.Second ||
		got.Rule != AlarmNoSpace || count(s.evaluator, EventAlarm) != 2 {
		t.Errorf("disarmed: %+v", got)
	} else {
		says(t, "disarmed", got.Text)
	}
}

func TestLeaderEvents(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.run(3*time.Second, nil)
	s.elect(s.member(2).id)
	s.observe()
	says(t, "an election between two sweeps", newest(s.evaluator, EventLeader).Text)
	s.elect(0)
	s.run(2*time.Second, nil)
	s.elect(s.member(3).id)
	s.observe()
	says(t, "an election that two sweeps saw", newest(s.evaluator, EventLeader).Text)
	if got := newest(s.evaluator, EventLeader); got.BriefWhat != "leader etcd-2 → etcd-3" ||
		got.Brief != got.BriefWhat {
		t.Errorf("in the fewest words it is %q, or %q", got.Brief, got.BriefWhat)
	}
	if got := newest(s.evaluator, EventLeader); got.Lasted != 2*time.Second || got.Error != time.Second {
		t.Errorf("it lasted %v, give or take %v, want 2 s and 1 s", got.Lasted, got.Error)
	}
	for _, m := range s.members {
		m.down = errRefused
	}
	s.run(5*time.Second, nil)
	for _, m := range s.members {
		m.down = nil
	}
	s.observe()
	if n := count(s.evaluator, EventLeader); n != 2 {
		t.Errorf("%d leader events, want 2: nobody answering is no leader change", n)
	}
	s.elect(s.member(3).id)
	s.observe()
	says(t, "the same leader in a new term", newest(s.evaluator, EventLeader).Text)
}

func TestMembershipVersionRestartAndMarkEvents(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	membership := func(what string) {
		t.Helper()
		got := newest(s.evaluator, EventMembership)
		if got.Member.Label != "etcd-4" {
			t.Errorf("%s: %+v", what, got)
		}
		says(t, what, got.Text)
	}
	s.run(3*time.Second, nil)
	learner := s.add("etcd-4")
	learner.learner, learner.status.IsLearner = true, true
	s.observe()
	membership("joined")
	learner.learner, learner.status.IsLearner = false, false
	s.observe()
	membership("promoted")
	learner.down = errRefused
	s.observe()
	s.members = s.members[:3]
	s.observe()
	membership("left")
	for _, event := range s.evaluator.Events(100) {
		if event.Active {
			t.Errorf("a finding about a member that left is still active: %+v", event)
		}
	}

	s.member(2).restart(s.now)
	s.member(2).status.Version = "3.6.15"
	s.observe()
	for _, kind := range []EventKind{EventRestarted, EventVersion} {
		got := newest(s.evaluator, kind)
		if got.Member.Label != "etcd-2" {
			t.Errorf("%s: %+v", kind, got)
		}
		says(t, string(kind), got.Text)
	}
	s.run(3*time.Second, nil)
	if n := count(s.evaluator, EventRestarted); n != 1 {
		t.Errorf("%d restarts, want 1", n)
	}

	s.marks = []probe.Mark{{At: s.now.Add(-300 * time.Millisecond), Text: "drain etcd-1", Member: "etcd-1"}}
	a := s.observe()
	if len(a.Events) != 1 || a.Events[0].Kind != EventMark || a.Events[0].Member.Label != "etcd-1" ||
		!a.Events[0].At.Equal(a.At.Add(-300*time.Millisecond)) {
		t.Errorf("mark: %+v", a.Events)
	}
}

// TestEndpointBecomesMember: an endpoint is down, and once it answers it is a member with an id.
func TestEndpointBecomesMember(t *testing.T) {
	t.Parallel()
	s := newScene(t, 1, Options{})
	m := s.member(1)
	id, name := m.id, m.name
	m.id, m.name, m.down, s.noMemberList = 0, "", errRefused, true
	s.run(3*time.Second, nil)
	m.id, m.name, m.down, s.noMemberList = id, name, nil, false
	s.run(3*time.Second, nil)
	for _, event := range s.evaluator.Events(100) {
		if event.Active {
			t.Errorf("still active: %+v", event)
		}
	}
}

func TestEventLogIsBounded(t *testing.T) {
	t.Parallel()
	s := newScene(t, 1, Options{})
	for range maxEvents + 50 {
		s.marks = []probe.Mark{{At: s.now, Text: "again"}}
		s.observe()
	}
	if n := len(s.evaluator.Events(10 * maxEvents)); n != maxEvents {
		t.Errorf("%d events kept, want %d", n, maxEvents)
	}
	if n := len(s.evaluator.Events(5)); n != 5 {
		t.Errorf("%d events, want the newest 5", n)
	}
}
