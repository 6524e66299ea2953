package cli

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/probe/etcdtest"
	"github.com/etcdoc/etcdoc/thresholds"
)

// A conditionWatch looks at a real cluster, and keeps what a member's condition was.
type conditionWatch struct {
	t      *testing.T
	source probe.Source
	judge  *thresholds.Evaluator
	of     probe.MemberID
	seen   []thresholds.MemberCondition
}

func watchCondition(t *testing.T, c *etcdtest.Cluster, of *etcdtest.Member) *conditionWatch {
	t.Helper()
	prober, err := probe.New(probe.Config{Endpoints: c.Endpoints(), Cluster: true, Interval: 100 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(prober.Close)
	judge := thresholds.New(thresholds.Options{Rules: besidesDiskAndReads()})
	return &conditionWatch{t: t, source: prober, judge: judge, of: probe.MemberID(of.ID)}
}

// besidesDiskAndReads are the rules without those of a slow disk and slow reads: a warning comes before catching up,
// and the tests' own disk and links may be as slow as that.
func besidesDiskAndReads() []thresholds.Rule {
	rules := thresholds.Rules()
	for i := range rules {
		if r := &rules[i]; r.Topic == "disk" || r.Topic == "reads" {
			r.Notice, r.Warning, r.Critical = thresholds.Limit{}, thresholds.Limit{}, thresholds.Limit{}
		}
	}
	return rules
}

// until looks until the member's condition is as wanted, and fails where it is meanwhile what is forbidden.
func (w *conditionWatch) until(what string, is func(*thresholds.MemberCondition) bool,
	forbidden ...thresholds.ConditionWord) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), time.Minute)
	defer cancel()
	for {
		sweep, err := w.source.Next(ctx)
		if err != nil {
			w.t.Fatalf("until %s: %v; it was %+v", what, err, slices.Compact(w.seen))
		}
		a := w.judge.Observe(sweep)
		for i := range a.Members {
			if m := &a.Members[i]; m.ID == w.of {
				w.seen = append(w.seen, m.Condition)
			}
		}
		if len(w.seen) == 0 {
			continue
		}
		now := &w.seen[len(w.seen)-1]
		if slices.Contains(forbidden, now.Word) {
			w.t.Fatalf("until %s it was %+v", what, slices.Compact(w.seen))
		}
		if is(now) {
			return
		}
	}
}

func isWord(word thresholds.ConditionWord) func(*thresholds.MemberCondition) bool {
	return func(c *thresholds.MemberCondition) bool { return c.Word == word }
}

// serves reports a member that answers and does nothing special.
func serves(c *thresholds.MemberCondition) bool {
	return c.Level <= thresholds.Notice && c.Progress == ""
}

// isBehind reports a condition that says how far the member is behind.
func isBehind(word thresholds.ConditionWord) func(*thresholds.MemberCondition) bool {
	return func(c *thresholds.MemberCondition) bool { return c.Word == word && c.Behind.Or(0) >= 100 }
}

// delayed makes what a member gets from the others late, until it is healed.
func delayed(t *testing.T, c *etcdtest.Cluster, m *etcdtest.Member, by time.Duration) (heal func()) {
	t.Helper()
	var links []*etcdtest.Link
	for _, other := range c.Members() {
		if other == m {
			continue
		}
		link, err := c.Link(other, m)
		if err != nil {
			t.Fatal(err)
		}
		link.Delay(by)
		links = append(links, link)
	}
	return func() {
		for _, link := range links {
			link.Heal()
		}
	}
}

// errorsOnly is a cluster that logs errors alone.
func errorsOnly(proxies bool) etcdtest.Config {
	return etcdtest.Config{PeerProxies: proxies, Args: []string{"--log-level=error"}}
}

// busy loads the cluster, so that what arrives late is a lag.
func busy(t *testing.T, c *etcdtest.Cluster) {
	t.Helper()
	load, err := c.Puts(t.Context(), 20, 1000, 100)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(load.Stop)
}

// awaitLag waits until a follower or learner lacks some hundred entries.
func awaitLag(t *testing.T, c *etcdtest.Cluster, m *etcdtest.Member) {
	t.Helper()
	leader, err := c.Leader(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for {
		ahead, err := leader.Status(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		behind, err := m.Status(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if ahead.RaftIndex >= behind.RaftIndex+300 {
			return
		}
	}
}

func follower(t *testing.T, c *etcdtest.Cluster) *etcdtest.Member {
	t.Helper()
	leader, err := c.Leader(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	members := c.Members()
	return members[slices.IndexFunc(members, func(m *etcdtest.Member) bool { return m != leader })]
}

// TestConditionOfAMemberThatIsBack: a process that has started catches up before it serves; one that was stopped and
// goes on serves at once, and lags.
func TestConditionOfAMemberThatIsBack(t *testing.T) {
	t.Parallel()
	t.Run("started again", func(t *testing.T) {
		t.Parallel()
		c := etcdtest.New(t, errorsOnly(true))
		away := follower(t, c)
		w := watchCondition(t, c, away)
		w.until("it serves", serves)
		if err := away.Kill(); err != nil {
			t.Fatal(err)
		}
		w.until("it is down", isWord(thresholds.ConditionDown))
		delayed(t, c, away, 600*time.Millisecond)
		started := make(chan error, 1)
		go func() { started <- away.Restart(t.Context()) }()
		w.until("it catches up", isWord(thresholds.ConditionCatchUp))
		w.until("it serves", serves, thresholds.ConditionDown)
		if err := <-started; err != nil {
			t.Fatal(err)
		}
	})
	t.Run("goes on", func(t *testing.T) {
		t.Parallel()
		c := etcdtest.New(t, errorsOnly(true))
		away := follower(t, c)
		w := watchCondition(t, c, away)
		w.until("it serves", serves)
		heal := delayed(t, c, away, 3*time.Second) // a lag of 100 entries at 34 puts a second
		if err := away.Pause(); err != nil {
			t.Fatal(err)
		}
		busy(t, c) // from now on: stopped within an fsync, it would be a slow disk
		w.until("it is down", isWord(thresholds.ConditionDown))
		if err := away.Resume(); err != nil {
			t.Fatal(err)
		}
		w.until("it catches up", isBehind(thresholds.ConditionCatchUp))
		heal()
		w.until("it serves", serves, thresholds.ConditionDown)
	})
}

// TestConditionOfANewMember: a voter that was added and is started later, and a learner.
func TestConditionOfANewMember(t *testing.T) {
	t.Parallel()
	t.Run("voter", func(t *testing.T) {
		t.Parallel()
		c := etcdtest.New(t, errorsOnly(true))
		added, err := c.AddUnstarted(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		w := watchCondition(t, c, added)
		w.until("it is seen", isWord(thresholds.ConditionNeverUp), thresholds.ConditionDown)
		delayed(t, c, added, 600*time.Millisecond)
		started := make(chan error, 1)
		go func() { started <- added.Restart(t.Context()) }()
		w.until("it joins", isWord(thresholds.ConditionJoining), thresholds.ConditionDown)
		if err := <-started; err != nil {
			t.Fatal(err)
		}
		w.until("it serves", serves, thresholds.ConditionDown, thresholds.ConditionNeverUp)
	})
	t.Run("learner", func(t *testing.T) {
		t.Parallel()
		c := etcdtest.New(t, errorsOnly(true))
		learner, err := c.AddLearner(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		heal := delayed(t, c, learner, 900*time.Millisecond)
		busy(t, c)
		awaitLag(t, c, learner)
		w := watchCondition(t, c, learner)
		w.until("it joins", isBehind(thresholds.ConditionJoining), thresholds.ConditionDown)
		heal()
		w.until("it serves", serves, thresholds.ConditionDown)
	})
}

// TestConditionOfARealDefragmentation: the throttled member takes its time. Its Status may time out before its metrics
// show what it does: until then it is down, for all that anybody knows.
func TestConditionOfARealDefragmentation(t *testing.T) {
	t.Parallel()
	c := etcdtest.New(t, errorsOnly(false))
	for i := range 32 {
		if _, err := c.Client().Put(t.Context(), string(rune('a'+i)), strings.Repeat("v", 1<<20)); err != nil {
			t.Fatal(err)
		}
	}
	victim := follower(t, c)
	w := watchCondition(t, c, victim)
	w.until("it serves", serves)
	heal, _, err := victim.Throttle(0.1)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		_, err := c.Client().Defragment(t.Context(), victim.ClientURL)
		done <- err
	}()
	w.until("it is defragmented", isWord(thresholds.ConditionDefrag))
	if err := heal(); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	w.until("it serves", serves)
}
