package thresholds

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// checklist is the steps of an assessment in short: "etcd-1 done, etcd-2>etcd-3 next, etcd-2 waiting".
func checklist(a *Assessment) string {
	steps := make([]string, len(a.Rolling.Steps))
	for i, s := range a.Rolling.Steps {
		steps[i] = s.Member.Label
		if s.Kind == StepMoveLeader {
			steps[i] = s.From.Label + ">" + s.Member.Label
		}
		steps[i] += " " + string(s.State)
		if s.Before != s.Now {
			steps[i] += " " + s.Before + "→" + s.Now
		}
	}
	return strings.Join(steps, ", ")
}

// step is the turn of a member.
func step(t *testing.T, a *Assessment, member string) RollingStep {
	t.Helper()
	for _, s := range a.Rolling.Steps {
		if s.Kind == StepMember && s.Member.Label == member {
			return s
		}
	}
	t.Fatalf("no turn of %s in %s", member, checklist(a))
	return RollingStep{}
}

// roll is a scene of a rolling change.
type roll struct {
	*scene
	t *testing.T
}

func newRoll(t *testing.T, voters int) *roll {
	r := &roll{newScene(t, voters, Options{}), t}
	r.wait(20 * time.Second)
	return r
}

func (r *roll) wait(d time.Duration) Assessment {
	return r.run(d, func() { r.work(50, quickFsync) })
}

// want compares the checklist after some time.
func (r *roll) want(when string, after time.Duration, want string) Assessment {
	r.t.Helper()
	a := r.wait(after)
	if got := checklist(&a); got != want {
		r.t.Errorf("%s: %s\nwant %s", when, got, want)
	}
	return a
}

func (r *roll) announce(member string, window time.Duration) {
	r.marks = append(r.marks, probe.Mark{At: r.now, Text: "patch " + member, Member: member, Window: window})
}

// leave and comeBack are the two halves of a restart.
func (r *roll) leave(i int) { r.member(i).down = errRefused }

func (r *roll) comeBack(i int, version string) {
	m := r.member(i)
	m.down = nil
	m.restart(r.now)
	m.status.Version = version
	m.status.Leader = r.leaderNow()
}

func (r *roll) leaderNow() probe.MemberID {
	for _, m := range r.members {
		if m.down == nil {
			return m.status.Leader
		}
	}
	return 0
}

// moveLeader moves the leadership to a member, while all answer.
func (r *roll) moveLeader(to int) { r.elect(r.member(to).id) }

const scenesVersion = "3.6.14"

// TestRollingRestart ticks each member that restarts once the first was announced; the leader is last, after the
// leadership has moved.
func TestRollingRestart(t *testing.T) {
	t.Parallel()
	r := newRoll(t, 3)
	a := r.want("at first", time.Second,
		"etcd-2 next, etcd-3 waiting, etcd-1>etcd-3 waiting, etcd-1 waiting")
	if a.Rolling.Phase != PhaseOrder || a.Rolling.Wait != "" || a.Rolling.UnderWay() || a.Rolling.Progress != "" {
		t.Errorf("at first: wait %q, %+v", a.Rolling.Wait, a.Rolling)
	}
	says(t, "at first", a.Rolling.Text)
	r.announce("etcd-2", 5*time.Minute)
	a = r.want("announced", 3*time.Second,
		"etcd-2 next, etcd-3 waiting, etcd-1>etcd-3 waiting, etcd-1 waiting")
	if s := step(t, &a, "etcd-2"); s.Mark != "patch etcd-2" || s.MarkUntil.Sub(a.At) != 5*time.Minute-2*time.Second {
		t.Errorf("the mark: %q until %v, %v from now", s.Mark, s.MarkUntil, s.MarkUntil.Sub(a.At))
	}
	says(t, "announced", a.Rolling.Text)
	r.leave(2)
	a = r.want("the first is away", 10*time.Second,
		"etcd-2 away, etcd-3 waiting, etcd-1>etcd-3 waiting, etcd-1 waiting")
	if s := step(t, &a, "etcd-2"); s.Away != 9*time.Second || s.Since != a.At.Add(-9*time.Second) || s.Mark == "" {
		t.Errorf("away: %+v", s)
	}
	if a.Rolling.Phase != PhaseWait || a.Rolling.Wait == "" {
		t.Errorf("while one is away: %s, wait %q", a.Rolling.Phase, a.Rolling.Wait)
	}
	says(t, "away", a.Rolling.Text)
	r.comeBack(2, scenesVersion)
	a = r.want("the first is back", 3*time.Second,
		"etcd-2 done, etcd-3 next, etcd-1>etcd-3 waiting, etcd-1 waiting")
	if s := step(t, &a, "etcd-2"); s.Away != 10*time.Second || s.Mark != "" || s.Since.IsZero() {
		t.Errorf("done: %+v", s)
	}
	a = r.wait(2 * time.Minute) // until no finding is left
	if a.Rolling.Phase != PhaseNext || a.Rolling.Wait != "" {
		t.Errorf("two minutes later: %s, wait %q", a.Rolling.Phase, a.Rolling.Wait)
	}
	says(t, "one done", a.Rolling.Text)
	done := step(t, &a, "etcd-2").Since
	r.member(2).hung = r.now
	r.wait(3 * time.Second)
	r.member(2).hung = time.Time{}
	a = r.wait(2 * time.Second)
	if s := step(t, &a, "etcd-2"); s.State != StepDone || !s.Since.Equal(done) {
		t.Errorf("late for 3 s after its turn: %+v, want it done since %v", s, done)
	}
	r.comeBack(3, scenesVersion) // between two sweeps: nobody saw it away
	r.want("the second was quick", 2*time.Second,
		"etcd-2 done, etcd-3 done, etcd-1>etcd-3 next, etcd-1 waiting")
	a = r.wait(2 * time.Minute)
	if next := a.Rolling.NextStep(); next == nil || next.Command == "" || next.Command != a.Rolling.Next {
		t.Errorf("the leader's turn begins with %+v", next)
	}
	says(t, "two done", a.Rolling.Text)
	r.moveLeader(3)
	r.want("the leadership has moved", 2*time.Second,
		"etcd-2 done, etcd-3 done, etcd-1>etcd-3 done, etcd-1 next")
	r.leave(1)
	r.want("the last is away", 5*time.Second,
		"etcd-2 done, etcd-3 done, etcd-1>etcd-3 done, etcd-1 away")
	r.comeBack(1, scenesVersion)
	a = r.want("all done", 5*time.Second,
		"etcd-2 done, etcd-3 done, etcd-1>etcd-3 done, etcd-1 done")
	if a.Rolling.Phase != PhaseDone || a.Rolling.Wait != "" {
		t.Errorf("all done: %s, wait %q", a.Rolling.Phase, a.Rolling.Wait)
	}
	says(t, "all done", a.Rolling.Text)
	r.interval = 10 * time.Second
	a = r.want("much later", 61*time.Minute,
		"etcd-1 next, etcd-2 waiting, etcd-3>etcd-2 waiting, etcd-3 waiting")
	if a.Rolling.UnderWay() {
		t.Error("an hour after the last sign the change goes on")
	}
}

// TestRollingUpgrade goes by versions: it counts those that were upgraded before watching began, and no member that
// came back with the version that it had.
func TestRollingUpgrade(t *testing.T) {
	t.Parallel()
	const newer = "3.6.15"
	r := newRoll(t, 3)
	upgrade := func(i int) {
		r.leave(i)
		r.wait(5 * time.Second)
		r.comeBack(i, newer)
	}
	upgrade(2)
	a := r.want("one upgraded", 5*time.Second,
		"etcd-2 done 3.6.14→3.6.15, etcd-3 next, etcd-1>etcd-3 waiting, etcd-1 waiting")
	says(t, "one", a.Rolling.Progress)
	applied := r.member(1).status.RaftAppliedIndex
	r.member(1).status.RaftIndex = applied + 6000
	a = r.wait(2 * time.Second)
	says(t, "one, and another lags", a.Rolling.Progress)
	r.member(1).status.RaftIndex = applied
	r.wait(time.Minute)
	r.leave(3)
	a = r.wait(5 * time.Second)
	says(t, "one away", a.Rolling.Progress)
	r.comeBack(3, scenesVersion)
	a = r.want("the next forgot to", 5*time.Second,
		"etcd-2 done 3.6.14→3.6.15, etcd-3 next, etcd-1>etcd-3 waiting, etcd-1 waiting")
	says(t, "with the old version", step(t, &a, "etcd-3").Progress)
	upgrade(3)
	r.wait(steadyAfter) // it was away twice
	a = r.want("two upgraded", 5*time.Second, "etcd-2 done 3.6.14→3.6.15, etcd-3 done 3.6.14→3.6.15, "+
		"etcd-1>etcd-3 next, etcd-1 waiting")
	says(t, "two", a.Rolling.Progress)
	r.interval = time.Minute
	a = r.want("tomorrow", 24*time.Hour, "etcd-2 done 3.6.14→3.6.15, etcd-3 done 3.6.14→3.6.15, "+
		"etcd-1>etcd-3 next, etcd-1 waiting")
	r.interval = time.Second
	upgrade(1)
	a = r.want("all", 5*time.Second,
		"etcd-2 done 3.6.14→3.6.15, etcd-3 done 3.6.14→3.6.15, etcd-1 done 3.6.14→3.6.15")
	says(t, "all", a.Rolling.Text)
	if f := finding(&a, MemberRestarted, "etcd-1"); f.Step != "Nothing: it was its turn" || a.Reading.Next != "" ||
		a.Member(f.Member.Key).Condition.Word != ConditionWord(OK.Word()) {
		t.Errorf("upgraded, and to do: %q; next: %q; state %+v", f.Step, a.Reading.Next, a.Member(f.Member.Key).Condition)
	}
	if a.Rolling.Progress != "" {
		t.Errorf("when all are done: %q", a.Rolling.Progress)
	}

	late := newScene(t, 3, Options{})
	late.member(1).status.Version = newer
	a = (&roll{late, t}).want("watched from the middle on", 20*time.Second,
		"etcd-1 done, etcd-2 next, etcd-3 waiting")
	if s := step(t, &a, "etcd-1"); !s.Since.IsZero() || a.Rolling.From != scenesVersion || a.Rolling.To != newer {
		t.Errorf("watched from the middle on: %+v, %s to %s", s, a.Rolling.From, a.Rolling.To)
	}
}

// TestRollingDowngradeAndBack: the direction is what was seen; once all are back, nothing is under way.
func TestRollingDowngradeAndBack(t *testing.T) {
	t.Parallel()
	r := newRoll(t, 3)
	r.comeBack(2, "3.6.13")
	a := r.want("down", 5*time.Second,
		"etcd-2 done 3.6.14→3.6.13, etcd-3 next, etcd-1>etcd-3 waiting, etcd-1 waiting")
	says(t, "down", a.Rolling.Progress)
	r.comeBack(2, scenesVersion)
	a = r.want("back", 5*time.Second, "etcd-2 next, etcd-3 waiting, etcd-1>etcd-3 waiting, etcd-1 waiting")
	if a.Rolling.UnderWay() {
		t.Error("the change was called off, and goes on")
	}
	allowed := newScene(t, 3, Options{})
	allowed.member(2).status.Version = "3.5.30"
	for _, m := range allowed.members {
		m.status.DowngradeEnabled, m.status.DowngradeTarget = true, "3.5.0"
	}
	a = (&roll{allowed, t}).wait(20 * time.Second)
	if a.Rolling.To != "3.5.30" || step(t, &a, "etcd-2").State != StepDone {
		t.Errorf("a downgrade that was enabled leads to %s: %s", a.Rolling.To, checklist(&a))
	}
}

// TestRollingDoesNotGuess: no tick without a new process.
func TestRollingDoesNotGuess(t *testing.T) {
	t.Parallel()
	r := newRoll(t, 3)
	r.announce("etcd-3", time.Minute)
	r.leave(3)
	r.wait(8 * time.Second)
	r.member(3).down = nil
	a := r.wait(5 * time.Second)
	if s := step(t, &a, "etcd-3"); s.State != StepWaiting && s.State != StepNext {
		t.Errorf("the same process is back after a cut: %+v", s)
	} else {
		says(t, "a cut", s.Progress)
	}

	r = newRoll(t, 3)
	r.announce("etcd-2", time.Minute)
	r.member(3).noMetrics = errRefused
	r.wait(3 * time.Second)
	r.leave(3)
	r.wait(8 * time.Second)
	r.member(3).down = nil
	a = r.wait(5 * time.Second)
	if s := step(t, &a, "etcd-3"); s.State != StepUnknown {
		t.Errorf("back, and nothing shows whether it restarted: %+v", s)
	} else {
		says(t, "no metrics", s.Progress)
	}

	before := newScene(t, 3, Options{})
	for _, m := range before.members {
		m.restart(epoch.Add(-2 * day))
	}
	before.member(2).restart(epoch.Add(-2 * time.Minute))
	a = (&roll{before, t}).want("one restarted before watching began", 20*time.Second,
		"etcd-2 unknown, etcd-3 next, etcd-1>etcd-3 waiting, etcd-1 waiting")
	says(t, "before watching", step(t, &a, "etcd-2").Progress)

	for _, m := range before.members {
		m.restart(epoch.Add(-2 * time.Minute))
	}
	fresh := newScene(t, 3, Options{})
	fresh.members = before.members
	(&roll{fresh, t}).want("all are as young", 20*time.Second,
		"etcd-2 next, etcd-3 waiting, etcd-1>etcd-3 waiting, etcd-1 waiting")
}

// TestRollingOfSizes: one member, five, seven, and a learner.
func TestRollingOfSizes(t *testing.T) {
	t.Parallel()
	for voters, want := range map[int]string{
		1: "etcd-1 next",
		5: "etcd-2 next, etcd-3 waiting, etcd-4 waiting, etcd-5 waiting, etcd-1>etcd-5 waiting, etcd-1 waiting",
		7: "etcd-2 next, etcd-3 waiting, etcd-4 waiting, etcd-5 waiting, etcd-6 waiting, etcd-7 waiting, " +
			"etcd-1>etcd-7 waiting, etcd-1 waiting",
	} {
		a := newRoll(t, voters).want(fmt.Sprint(voters), time.Second, want)
		if (a.Rolling.Wait != "") != (voters == 1) {
			t.Errorf("%d members: wait %q", voters, a.Rolling.Wait)
		}
	}
	r := newRoll(t, 1)
	r.announce("etcd-1", time.Minute)
	r.leave(1)
	r.want("the only one is away", 5*time.Second, "etcd-1 away")
	r.comeBack(1, scenesVersion)
	r.want("it is back", 5*time.Second, "etcd-1 done")
	s := newScene(t, 3, Options{})
	learner := s.add("etcd-4")
	learner.learner, learner.status.IsLearner = true, true
	(&roll{s, t}).want("a learner goes first", 20*time.Second,
		"etcd-4 next, etcd-2 waiting, etcd-3 waiting, etcd-1>etcd-3 waiting, etcd-1 waiting")
}

// TestRollingReplacement: a new member in the place of one that was taken out has had its turn once it has all data.
func TestRollingReplacement(t *testing.T) {
	t.Parallel()
	r := newRoll(t, 3)
	r.leave(3)
	r.wait(8 * time.Second)
	r.members = r.members[:2]
	r.want("taken out", 3*time.Second, "etcd-2 next, etcd-1>etcd-2 waiting, etcd-1 waiting")
	r.members = append(r.members, nil)[:2]
	m := r.add("etcd-3b")
	m.id, m.status.MemberID, m.metrics.ServerID = 0xb7, 0xb7, 0xb7
	m.restart(r.now)
	m.learner, m.status.IsLearner = true, true
	m.status.RaftIndex, m.status.RaftAppliedIndex = 100, 100
	a := r.wait(2 * time.Second)
	if s := step(t, &a, "etcd-3b"); s.State != StepCatchingUp || s.Progress == "" {
		t.Errorf("the new member is behind: %+v", s)
	}
	m.learner, m.status.IsLearner, m.status.RaftIndex, m.status.RaftAppliedIndex = false, false, 1000, 1000
	r.want("it has caught up", 20*time.Second,
		"etcd-3b done, etcd-2 next, etcd-1>etcd-3b waiting, etcd-1 waiting")
}

// TestRollingThatEndsInTheMiddle: after an hour without a sign another change may begin with anybody, but not while
// somebody is away.
func TestRollingThatEndsInTheMiddle(t *testing.T) {
	t.Parallel()
	r := newRoll(t, 3)
	r.interval = 10 * time.Second
	r.announce("etcd-2", time.Minute)
	r.leave(2)
	r.want("it does not come back", 2*time.Hour,
		"etcd-2 away, etcd-3 waiting, etcd-1>etcd-3 waiting, etcd-1 waiting")
	r.comeBack(2, scenesVersion)
	r.want("it does", time.Minute, "etcd-2 done, etcd-3 next, etcd-1>etcd-3 waiting, etcd-1 waiting")
	r.want("and that was all", 62*time.Minute, "etcd-2 next, etcd-3 waiting, etcd-1>etcd-3 waiting, etcd-1 waiting")
}

// TestRollingCatchesUp: a member that is back is not done before it has what the others have.
func TestRollingCatchesUp(t *testing.T) {
	t.Parallel()
	r := newRoll(t, 3)
	r.announce("etcd-2", time.Minute)
	r.leave(2)
	r.run(10*time.Second, func() {
		r.work(50, quickFsync)
		for _, m := range r.members {
			if m.down == nil {
				m.status.RaftIndex += 500
				m.status.RaftAppliedIndex += 500
			}
		}
	})
	r.comeBack(2, scenesVersion)
	a := r.run(4*time.Second, func() {
		r.member(2).status.RaftIndex += 200
		r.member(2).status.RaftAppliedIndex += 200
	})
	s := step(t, &a, "etcd-2")
	if s.State != StepCatchingUp || s.Progress == "" || a.Rolling.NextStep() != nil {
		t.Errorf("it lags: %+v, next %+v", s, a.Rolling.NextStep())
	}
	says(t, "", a.Rolling.Text)
	r.member(2).status.RaftIndex, r.member(2).status.RaftAppliedIndex = 6000, 6000
	r.want("it has caught up", 2*time.Second, "etcd-2 done, etcd-3 next, etcd-1>etcd-3 waiting, etcd-1 waiting")
}

// TestRollingIgnoresCrashes: a restart that nobody announced is nobody's turn, unless a change is under way.
func TestRollingIgnoresCrashes(t *testing.T) {
	t.Parallel()
	r := newRoll(t, 3)
	r.leave(2)
	r.wait(8 * time.Second)
	r.comeBack(2, scenesVersion)
	const last = "etcd-3 next, etcd-1>etcd-3 waiting, etcd-1 waiting, etcd-2 waiting"
	a := r.want("a crash", 5*time.Second, last)
	if a.Rolling.UnderWay() || !a.Rolling.Began.IsZero() {
		t.Errorf("a crash begins a change: %+v", a.Rolling)
	}
	says(t, "a crash", step(t, &a, "etcd-2").Progress)
	a = r.wait(2 * time.Minute) // until no finding is left
	says(t, "the order after a crash", a.Rolling.Text)
	r.comeBack(2, scenesVersion) // between two sweeps
	r.want("again", 5*time.Second, last)
	r.leave(2)
	r.wait(5 * time.Second)
	r.announce("etcd-3", 5*time.Minute) // while another is down that has crashed
	r.wait(2 * time.Second)
	r.comeBack(2, scenesVersion)
	r.want("a crash that ends in the change of another", 5*time.Second, last)
	r.comeBack(3, scenesVersion)
	r.want("what was announced", 5*time.Second, "etcd-3 done, etcd-1>etcd-3 next, etcd-1 waiting, etcd-2 waiting")
	r.leave(2)
	r.wait(5 * time.Second)
	r.comeBack(2, scenesVersion)
	r.wait(steadyAfter) // it was away twice
	r.want("what belongs to that change", 5*time.Second,
		"etcd-3 done, etcd-2 done, etcd-1>etcd-3 next, etcd-1 waiting")
	r.comeBack(1, scenesVersion)
	r.wait(6 * time.Minute)
	r.leave(3)
	r.wait(5 * time.Second)
	r.comeBack(3, scenesVersion)
	r.want("a crash after all have had their turn", 2*time.Minute,
		"etcd-2 next, etcd-1>etcd-3 waiting, etcd-1 waiting, etcd-3 waiting")
}

// unmarked restarts a member that nobody announced.
func (r *roll) unmarked(i int) {
	r.leave(i)
	r.wait(5 * time.Second)
	r.comeBack(i, scenesVersion)
	r.wait(30 * time.Second)
}

// TestRollingRestartWithoutMarks: one restart may be a crash. The second, of another member after that, makes both
// turns of a change.
func TestRollingRestartWithoutMarks(t *testing.T) {
	t.Parallel()
	r := newRoll(t, 3)
	r.unmarked(3)
	a := r.want("one has restarted", time.Second,
		"etcd-2 next, etcd-1>etcd-2 waiting, etcd-1 waiting, etcd-3 waiting")
	if !a.Rolling.Phase.MayGoOn() || a.Rolling.UnderWay() {
		t.Errorf("one has restarted: %s: %s", a.Rolling.Phase, a.Rolling.Text)
	}
	r.leave(2)
	r.want("the second is away", 5*time.Second, "etcd-2 away, etcd-1>etcd-3 waiting, etcd-1 waiting, etcd-3 waiting")
	r.comeBack(2, scenesVersion)
	a = r.want("the second is back", 5*time.Second, "etcd-3 done, etcd-2 done, etcd-1>etcd-3 next, etcd-1 waiting")
	s := step(t, &a, "etcd-3")
	if s.Away != 5*time.Second || a.At.Sub(s.Since) < 35*time.Second || a.Rolling.Began.After(s.Since) {
		t.Errorf("the first was done %v ago and away for %v, in a change that began %v ago",
			a.At.Sub(s.Since), s.Away, a.At.Sub(a.Rolling.Began))
	}
	a = r.wait(2 * time.Minute)
	if a.Rolling.Phase != PhaseNext {
		t.Errorf("two have restarted: %s: %s", a.Rolling.Phase, a.Rolling.Text)
	}
	says(t, "two have restarted", a.Rolling.Text)
	r.unmarked(1)
	a = r.want("all have restarted", time.Second, "etcd-3 done, etcd-2 done, etcd-1 done")
	if a.Rolling.Phase != PhaseDone {
		t.Errorf("all have restarted: %s: %s", a.Rolling.Phase, a.Rolling.Text)
	}
	says(t, "all have restarted", a.Rolling.Text)
	r.announce("etcd-2", 5*time.Minute)
	a = r.want("another change begins", 2*time.Second,
		"etcd-2 next, etcd-3 waiting, etcd-1>etcd-3 waiting, etcd-1 waiting")
	if a.Rolling.Phase == PhaseDone {
		t.Errorf("another change begins: %s", a.Rolling.Text)
	}

	r = newRoll(t, 3)
	r.unmarked(3)
	r.announce("etcd-2", 5*time.Minute)
	r.want("only the second was announced", 2*time.Second,
		"etcd-2 next, etcd-1>etcd-2 waiting, etcd-1 waiting, etcd-3 waiting")
	r.unmarked(2)
	r.want("what was announced is back", time.Second, "etcd-3 done, etcd-2 done, etcd-1>etcd-3 next, etcd-1 waiting")

	r = newRoll(t, 3)
	r.unmarked(3)
	r.announce("etcd-3", 5*time.Minute) // once more
	a = r.want("the first is announced after its restart", 2*time.Second,
		"etcd-2 waiting, etcd-3 next, etcd-1>etcd-3 waiting, etcd-1 waiting")
	if s := step(t, &a, "etcd-3"); s.Progress != "" || s.Mark == "" {
		t.Errorf("announced after its restart: %q, mark %q", s.Progress, s.Mark)
	}
}

// TestRollingDoubtsRestarts: whether the restarts of several members are a change is not known where they overlap, or
// one restarts again and again: it may be the work of an out-of-memory killer. Then none is done, and no step
// permitted, until a mark says that it is a change, or all have restarted.
func TestRollingDoubtsRestarts(t *testing.T) {
	t.Parallel()
	const unknown = "etcd-1>etcd-3 next, etcd-1 waiting, etcd-2 unknown, etcd-3 unknown"
	held := func(a Assessment) {
		t.Helper()
		r := &a.Rolling
		if r.Phase != PhaseUnknown || r.UnderWay() || r.Next != "" || r.WaitFrom != WaitFromStep {
			t.Errorf("%s, from %s: %s; next %q", r.Phase, r.WaitFrom, r.Text, r.Next)
		}
	}
	r := newRoll(t, 3)
	r.unmarked(2)
	r.unmarked(2)
	r.want("one restarts again and again", time.Second,
		"etcd-3 next, etcd-1>etcd-3 waiting, etcd-1 waiting, etcd-2 waiting")
	r.unmarked(3)
	a := r.want("and another one", time.Second, unknown)
	held(a)
	says(t, "two have restarted", a.Rolling.Text)
	r.announce("etcd-2", 5*time.Minute)
	a = r.wait(2 * time.Second)
	if a.Rolling.Phase != PhaseNext || a.Rolling.NextStep().Member.Label != "etcd-2" {
		t.Errorf("once one is announced: %s: %s", a.Rolling.Phase, checklist(&a))
	}
	r.unmarked(2)
	a = r.wait(time.Second)
	if s := step(t, &a, "etcd-2"); s.State != StepDone {
		t.Errorf("what was announced came back: %s", checklist(&a))
	}

	r = newRoll(t, 3)
	r.unmarked(3)
	r.want("the leadership goes to nobody that goes last", time.Second,
		"etcd-2 next, etcd-1>etcd-2 waiting, etcd-1 waiting, etcd-3 waiting")
	r.leave(2)
	r.wait(5 * time.Second)
	r.comeBack(2, "3.6.15")
	a = r.wait(30 * time.Second)
	if step(t, &a, "etcd-2").State != StepDone || step(t, &a, "etcd-3").State != StepNext {
		t.Errorf("a new version shows a change: %s", checklist(&a))
	}

	r = newRoll(t, 3)
	r.leave(2)
	r.leave(3)
	r.wait(5 * time.Second)
	r.comeBack(2, scenesVersion)
	r.comeBack(3, scenesVersion)
	held(r.want("two at the same time", time.Minute, unknown))
	r.unmarked(1)
	a = r.wait(time.Second)
	if a.Rolling.Phase != PhaseDone {
		t.Errorf("nobody is left: %s: %s", a.Rolling.Phase, a.Rolling.Text)
	}
}

// TestRollingShowsTheMoveThroughout: while the leadership moves, some members follow nobody, or the leader before. Its
// step stays before the turn of who led, whatever the sweeps catch of that.
func TestRollingShowsTheMoveThroughout(t *testing.T) {
	t.Parallel()
	r := newRoll(t, 3)
	for _, i := range []int{2, 3} {
		r.announce(r.member(i).name, time.Minute)
		r.wait(2 * time.Second)
		r.comeBack(i, scenesVersion)
		r.wait(2 * time.Minute)
	}
	follow := func(leaders ...int) {
		for i, leader := range leaders {
			status := &r.member(i + 1).status
			if status.Leader = 0; leader > 0 {
				status.Leader = r.member(leader).id
			}
			if leader == 3 || leader == 0 {
				status.RaftTerm = 8
			}
		}
	}
	const before, waits, done = "etcd-2 done, etcd-3 done, etcd-1>etcd-3 next, etcd-1 waiting",
		"etcd-2 done, etcd-3 done, etcd-1>etcd-3 next, etcd-1 waiting",
		"etcd-2 done, etcd-3 done, etcd-1>etcd-3 done, etcd-1 next"
	r.want("before", time.Second, before)
	follow(1, 1, 0)
	r.want("one follows nobody", time.Second, waits)
	follow(0, 0, 0)
	a := r.want("nobody leads", 2*time.Second, waits)
	if a.Rolling.Phase != PhaseWait {
		t.Errorf("without a leader: %s", a.Rolling.Phase)
	}
	follow(0, 0, 3)
	r.wait(time.Second)
	follow(1, 3, 3)
	r.want("the one before has not heard of it", time.Second, done)
	follow(3, 3, 3)
	r.want("all follow", time.Second, done)
	r.want("a minute later", time.Minute, done)
}

// TestRollingTellsOfALaggingVersion: once all members run the newer minor version, the cluster version and then that of
// the data follow within seconds. Until they do, the upgrade is not whole.
func TestRollingTellsOfALaggingVersion(t *testing.T) {
	t.Parallel()
	r := newRoll(t, 3)
	for i := range 3 {
		r.leave(i + 1)
		r.wait(5 * time.Second)
		r.comeBack(i+1, "3.7.0")
		r.wait(2 * time.Second)
	}
	a := r.wait(2 * time.Second)
	if a.Rolling.Phase != PhaseDone {
		t.Errorf("all run 3.7: %s, %s", a.Rolling.Phase, checklist(&a))
	}
	says(t, "the cluster's", a.Rolling.Progress)
	for _, m := range r.members {
		m.metrics.ClusterVersion = "3.7"
	}
	a = r.wait(2 * time.Second)
	says(t, "the data's", a.Rolling.Progress)
	for _, m := range r.members {
		m.status.StorageVersion = "3.7.0"
	}
	if a = r.wait(2 * time.Second); a.Rolling.Progress != "" {
		t.Errorf("all have followed: %q", a.Rolling.Progress)
	}
}

// TestRollingNeedsNoHeirOfALeaderThatIsDone: who could take over matters only while the leader has yet to go.
func TestRollingNeedsNoHeirOfALeaderThatIsDone(t *testing.T) {
	t.Parallel()
	r := newRoll(t, 3)
	r.announce("etcd-2", time.Minute)
	r.wait(time.Second)
	r.leave(2)
	r.wait(10 * time.Second)
	r.comeBack(2, scenesVersion)
	r.wait(2 * time.Minute)
	unfit := func(is float64) Assessment {
		for _, m := range r.members {
			if m.status.Leader != m.id {
				m.metrics.ProposalsPending = probe.Known(is)
			}
		}
		return r.wait(20 * time.Second)
	}
	if a := unfit(200); a.Rolling.BlockedBrief != noHeir {
		t.Errorf("the leader is to go: blocked by %q", a.Rolling.BlockedBrief)
	}
	unfit(0)
	r.moveLeader(2)
	r.wait(time.Minute)
	if a := unfit(200); a.Rolling.Blocked != "" {
		t.Errorf("the leader is done: blocked by %q", a.Rolling.Blocked)
	}
}

// TestOneSuccessor: a reading that would have another member lead, and a rolling change, name the same one, and none
// that something else is wrong with.
func TestOneSuccessor(t *testing.T) {
	t.Parallel()
	s := newScene(t, 5, Options{})
	a := s.run(time.Minute, func() {
		s.work(50, quickFsync)
		s.member(1).fsync(50, 300*time.Millisecond)
		s.member(5).metrics.OpenFDs, s.member(5).metrics.MaxFDs = probe.Known(900), probe.Known(1000)
	})
	if finding(&a, FDsExhausted, "etcd-5").Level != Warning {
		t.Fatalf("nothing is found about etcd-5: %s", a.Reading.Text)
	}
	if !strings.Contains(a.Reading.Next, "move-leader") || a.Rolling.MoveLeaderTo.IsZero() {
		t.Fatalf("nobody is to lead instead: %s; %+v", a.Reading.Next, a.Rolling.MoveLeaderTo)
	}
	if to := a.Rolling.MoveLeaderTo; to.Label != "etcd-4" {
		t.Errorf("%s is to lead, which no finding is about: want etcd-4", to.Label)
	}
}

// TestRollingThatIsDoneStaysDone: a member that is defragmented, late or down after an upgrade is no step of it.
func TestRollingThatIsDoneStaysDone(t *testing.T) {
	t.Parallel()
	r := newRoll(t, 3)
	for i := range 3 {
		r.leave(i + 1)
		r.wait(5 * time.Second)
		r.comeBack(i+1, "3.6.15")
		r.wait(2 * time.Second)
	}
	a := r.wait(10 * time.Second)
	if a.Rolling.Phase != PhaseDone {
		t.Fatalf("all run the new version: %s, %s", a.Rolling.Phase, checklist(&a))
	}
	stays := func(when string, a *Assessment) {
		t.Helper()
		if a.Rolling.Phase != PhaseDone || a.Rolling.Progress != "" {
			t.Errorf("%s: %s, %q, %s", when, a.Rolling.Phase, a.Rolling.Progress, checklist(a))
		}
	}
	r.defragment(func(after time.Duration, a *Assessment) { stays("defragmented for "+after.String(), a) })
	r.member(2).metrics.DefragInflight = probe.Known(0)
	r.member(3).hung = r.now
	a = r.wait(2 * time.Second)
	stays("late", &a)
	r.member(3).hung = time.Time{}
	a = r.wait(5 * time.Second)
	stays("back", &a)
	r.member(3).hung = r.now
	r.wait(2 * time.Second)
	r.leave(3)
	if a = r.wait(10 * time.Second); a.Rolling.Progress != "" || a.Rolling.UnderWay() {
		t.Errorf("down later: %q, %s", a.Rolling.Progress, checklist(&a))
	}
}

// TestRollingWithoutWhatNeverRan: a learner that was added and never ran has no step, and that it is taken out and
// another one joins begins no change.
func TestRollingWithoutWhatNeverRan(t *testing.T) {
	t.Parallel()
	r := newRoll(t, 3)
	added := r.add("etcd-4")
	added.learner, added.status.IsLearner = true, true
	r.neverStarted(4)
	a := r.want("added", 10*time.Second, "etcd-2 next, etcd-3 waiting, etcd-1>etcd-3 waiting, etcd-1 waiting")
	if _, members := a.Rolling.Done(); members != 3 || a.Rolling.Phase.MayGoOn() {
		t.Errorf("added: %d members, %s", members, a.Rolling.Phase)
	}
	r.members = r.members[:3]
	r.wait(3 * time.Second)
	m := r.add("etcd-4b")
	m.id, m.status.MemberID, m.metrics.ServerID = 0xb7, 0xb7, 0xb7
	m.restart(r.now)
	m.learner, m.status.IsLearner = true, true
	a = r.wait(20 * time.Second)
	if s := step(t, &a, "etcd-4b"); s.State == StepDone || a.Rolling.UnderWay() {
		t.Errorf("joined: %+v, %s", s, checklist(&a))
	}
}

// TestRollingWaitsForARisk: once the slow member has restarted it goes last, and whoever goes first would leave commits
// waiting for it.
func TestRollingWaitsForARisk(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	work := s.writes(2*time.Millisecond, 2*time.Millisecond, 30*time.Millisecond)
	a := s.run(40*time.Second, work)
	if a.Rolling.Phase != PhaseOrder || a.Rolling.NextStep().Member.Label != "etcd-3" {
		t.Fatalf("the slow member is first: %s, %s", a.Rolling.Phase, checklist(&a))
	}
	s.member(3).restart(s.now)
	a = s.run(5*time.Minute, work)
	next := a.Rolling.NextStep()
	if next == nil || a.Member(next.Member.Key).CanLose.Verdict != LossRisk || a.Rolling.Phase != PhaseWait ||
		a.Rolling.WaitBrief == "" || !strings.Contains(a.Rolling.Wait, next.Member.Label+"'s turn is a risk: leaves 2") {
		t.Errorf("%s, %s: %q, %q", a.Rolling.Phase, checklist(&a), a.Rolling.Wait, a.Rolling.WaitBrief)
	}
}
