package thresholds

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// A fate is the true state of a voter, and how much of it is visible.
type fate struct {
	// alive means that it takes part, and listed that the list that the sweep uses has it.
	alive, listed bool
	// seen means that it answers us; blind that its metrics are unreadable, partial that they have no fsyncs.
	seen, blind, partial bool
	// forked means that it answers as another cluster under the same id, and takes no part in this one.
	forked bool
	what   string
}

// A world is a cluster with its truth.
type world struct {
	scene  *scene
	voters []fate // of the cluster, first those of the scene in its order, learners left out
	// others are the scene's other members, in its order: losing one breaks a quorum that is not visible here.
	others      []bool
	alarmsKnown bool // it is known which alarms are raised
	noSpace     bool // the NOSPACE alarm is raised, so that no put commits
	whole       bool // all answer, and all is known
	deaf        bool // followers no longer hear each other, as etcd's probers have just found
	stale       bool // the peers' connections with the dead are open still, as with a host without power
	reads       bool // a linearizable read succeeds, if there is a quorum
}

// unseen are the ways in which a voter does not answer, and whether it may be alive nevertheless.
var unseen = []struct {
	err   *probe.Error
	alive bool
	what  string
}{
	{errRefused, false, "refused"},
	{&probe.Error{Kind: probe.ErrRefused, Text: "connection refused"}, true, "refused from here"},
	{errTimeout, true, "timeout"},
	{&probe.Error{Kind: probe.ErrUnreachable, Text: "no route"}, true, "no route"},
	{&probe.Error{Kind: probe.ErrTLS, Text: "certificate"}, true, "tls"},
	{&probe.Error{Kind: probe.ErrElsewhere, Text: "elsewhere"}, true, "elsewhere"},
	{&probe.Error{Kind: probe.ErrPermission, Text: "permission denied"}, true, "denied"},
}

func newWorld(t *testing.T, random *rand.Rand) *world {
	n := 1 + random.IntN(7)
	w := &world{scene: newScene(t, n, Options{Immediate: true}), alarmsKnown: true, whole: random.IntN(4) == 0,
		deaf: random.IntN(4) == 0, stale: random.IntN(3) == 0, reads: random.IntN(2) == 0}
	s := w.scene
	for i, m := range s.members {
		f := fate{alive: true, listed: true, seen: true, what: "well"}
		switch dice := random.IntN(12); {
		case w.whole:
		case dice == 0:
			f.alive, f.seen, f.what = false, false, "never started"
			s.neverStarted(i + 1)
		case dice == 1:
			f.alive, f.seen, f.what = random.IntN(2) == 0, false, "hung"
			m.hung = s.now.Add(-time.Duration(random.IntN(8000)) * time.Millisecond)
		case dice <= 4:
			way := unseen[random.IntN(len(unseen))]
			m.down, f.seen, f.alive, f.what = way.err, false, way.alive && random.IntN(2) == 0, way.what
		case dice == 5:
			f.blind, f.what = true, "blind"
			m.noMetrics = errRefused
		case dice == 6:
			f.partial, f.what = true, "partial"
			m.metrics.WALFsync = probe.Histogram{}
		case dice == 7 && i > 0:
			f.forked, f.alive, f.what = true, false, "forked"
			s.forked, m.membership, m.status.RaftTerm = true, probe.MembershipForked, uint64(6+random.IntN(3))
		}
		w.voters = append(w.voters, f)
	}
	if !w.whole {
		w.confuse(random)
	}
	for range random.IntN(2) {
		m := s.add(fmt.Sprintf("learner-%d", len(s.members)))
		m.learner, m.status.IsLearner = true, true
		w.others = append(w.others, false)
	}
	w.settle()
	return w
}

// confuse makes the list lag, adds endpoints that are none of the cluster's members, and hides the alarms.
func (w *world) confuse(random *rand.Rand) {
	s := w.scene
	n := len(s.members)
	switch random.IntN(6) {
	case 0: // the list lags behind a voter that was added: no quorum of its voters uses it
		for i := range s.members[:n-n/2] {
			s.member(i + 1).noList = errTimeout
		}
		s.add("added").unlisted = true
		w.voters = append(w.voters, fate{alive: random.IntN(2) == 0, what: "added"})
		if !w.voters[n].alive {
			s.members[n].down = errRefused
		}
		return
	case 1: // the list is of another cluster
		s.listOf = 0xdead
	case 2:
		w.alarmsKnown = false
	case 3:
		w.noSpace = true
		s.raisesNoSpace(s.members[random.IntN(n)].id)
	}
	for _, membership := range []probe.Membership{probe.MembershipForeign, probe.MembershipForked,
		probe.MembershipProxy, probe.MembershipRemoved, probe.MembershipUnknown} {
		if random.IntN(4) > 0 {
			continue
		}
		m := s.add("")
		m.unlisted, m.membership = true, membership
		if membership == probe.MembershipForeign {
			m.status.ClusterID = 0xdead
		}
		if membership == probe.MembershipForked {
			s.forked, m.status.RaftTerm = true, uint64(6+random.IntN(3))
		}
		if membership == probe.MembershipProxy {
			m.down = &probe.Error{Kind: probe.ErrProxy, Text: "a proxy"}
		}
		w.others = append(w.others, membership != probe.MembershipRemoved)
	}
}

// settle makes the living members a cluster, with a leader if they are enough.
func (w *world) settle() {
	var leader probe.MemberID
	if w.alive(-1) >= w.quorum() {
		for i, f := range w.voters {
			if f.alive {
				leader = w.scene.members[i].id
				break
			}
		}
	}
	for _, m := range w.scene.members {
		if !w.alarmsKnown {
			m.status.RaftAppliedIndex = 0 // as before 3.4, when Status named no alarms
		}
		switch {
		case m.membership == probe.MembershipForked:
			m.status.Leader = m.id
		case m.status.ClusterID == 0xc1:
			m.status.Leader = leader
		}
		peers := make(map[probe.MemberID]probe.PeerMetrics)
		for i, f := range w.voters {
			if id := w.scene.members[i].id; id != m.id {
				peer := probe.PeerMetrics{Active: probe.Known(1), Disconnected: probe.Known(0), RoundTrip: probed(240)}
				if !f.alive {
					peer.ReceivedBytes = probe.Known(1000)
				}
				if !f.alive && !w.stale {
					peer.Active = probe.Known(0)
				}
				peers[id] = peer
			}
		}
		m.metrics.Peers = peers
	}
}

// read lets the first voter that answers serve a linearizable read, if there is a quorum and a leader.
func (w *world) read() {
	for i, f := range w.voters {
		if m := w.scene.members[i]; w.reads && f.seen && f.alive && m.status.Leader != 0 {
			m.linearizable = probe.Fact[probe.Read]{At: w.scene.now, Took: time.Millisecond}
			return
		}
	}
}

func (w *world) quorum() int { return len(w.voters)/2 + 1 }

// alive counts the voters that take part without the one at an index.
func (w *world) alive(without int) (n int) {
	for i, f := range w.voters {
		if f.alive && i != without {
			n++
		}
	}
	return n
}

// observe sweeps three times, without a list of alarms if that is unknown.
func (w *world) observe() (a Assessment) {
	w.scene.interval = (probesUnanswered + probesLate - electionTimeout) / 2 // none of the sweeps is late
	for sweep := range 3 {
		if sweep == 1 { // without an observation in between the probes are answered
			w.scene.now = epoch.Add(probesUnanswered + probesLate)
			w.probe()
		}
		w.read()
		s := w.scene.sweep()
		if !w.alarmsKnown {
			s.Alarms = probe.Fact[[]probe.Alarm]{}
		}
		a = w.scene.evaluator.Observe(s)
		checkLaws(w.scene.t, w.scene, &a)
		w.scene.now = w.scene.now.Add(w.scene.interval)
	}
	return a
}

// probe lets the probers whose probes are not answered observe them.
func (w *world) probe() {
	for i, m := range w.scene.members {
		if !w.deaf || i == 0 {
			continue
		}
		peers := make(map[probe.MemberID]probe.PeerMetrics)
		for id, peer := range m.metrics.Peers {
			if id != w.scene.members[0].id {
				peer.RoundTrip = probed(242)
			}
			peers[id] = peer
		}
		m.metrics.Peers = peers
	}
}

// TestNeverSafeFromIgnorance: in generated worlds, of which sweeps show only a part, a member is SAFE to lose only if
// in truth the quorum survives it, and if everything needed about the survivors is known.
func TestNeverSafeFromIgnorance(t *testing.T) {
	t.Parallel()
	safe, whole, forked := 0, 0, 0
	for seed := range uint64(1500) {
		w := newWorld(t, rand.New(rand.NewPCG(seed, 7)))
		a := w.observe()
		for i := range a.Members {
			lose, remove := a.Members[i].CanLose, a.Members[i].CanRemove
			if lose.Reason == "" || lose.Verdict != LossSafe && lose.Ground == "" {
				t.Fatalf("world %d %+v: a verdict that says nothing on %s: %+v", seed, w.voters, a.Members[i].Label,
					lose)
			}
			if i >= len(w.voters) {
				if stranger := w.others[i-len(w.voters)]; stranger && (allows(lose.Verdict) || allows(remove.Verdict)) {
					t.Fatalf("world %d: %s is no member of this cluster, as far as anybody saw: %+v, %+v", seed,
						a.Members[i].Label, lose, remove)
				}
				continue
			}
			if w.whole {
				whole++
				if want := len(w.voters) >= 3 && (!w.deaf || i > 0); want != (lose.Verdict == LossSafe) {
					t.Fatalf("world %d, %d voters, all well: losing %s is %+v", seed, len(w.voters), a.Members[i].Label,
						lose)
				}
			}
			if w.voters[i].forked {
				forked++
				if allows(lose.Verdict) || allows(remove.Verdict) {
					t.Fatalf("world %d %+v: %s is of another cluster under the same id: %+v, %+v", seed, w.voters,
						a.Members[i].Label, lose, remove)
				}
			}
			if allows(lose.Verdict) && w.alive(i) < w.quorum() {
				t.Fatalf("world %d %+v: losing %s is %+v, and leaves %d of %d", seed, w.voters, a.Members[i].Label,
					lose, w.alive(i), len(w.voters))
			}
			if allows(remove.Verdict) && w.alive(i) < (len(w.voters)-1)/2+1 {
				t.Fatalf("world %d %+v: removing %s is %+v, and leaves %d of %d", seed, w.voters, a.Members[i].Label,
					remove, w.alive(i), len(w.voters)-1)
			}
			if remove.Verdict == LossSafe && w.voters[i].alive && w.alive(i) == (len(w.voters)-1)/2+1 {
				t.Fatalf("world %d %+v: removing %s, which is alive, is %+v, and leaves none to spare", seed, w.voters,
					a.Members[i].Label, remove)
			}
			if lose.Verdict != LossSafe {
				continue
			}
			if safe++; w.scene.forked && w.scene.forks() != nil {
				t.Fatalf("world %d %+v: losing %s is %+v beside another cluster under the same id", seed, w.voters,
					a.Members[i].Label, lose)
			}
			if w.noSpace {
				t.Fatalf("world %d %+v: losing %s is %+v while no put commits", seed, w.voters, a.Members[i].Label,
					lose)
			}
			if !w.alarmsKnown {
				t.Fatalf("world %d %+v: losing %s is %+v, and the alarm list is unknown", seed, w.voters,
					a.Members[i].Label, lose)
			}
			for j, f := range w.voters {
				if j != i && w.voters[i].seen && (!f.seen || f.blind || f.partial) {
					t.Fatalf("world %d %+v: losing %s is %+v, and of %s not all is known", seed, w.voters,
						a.Members[i].Label, lose, a.Members[j].Label)
				}
			}
		}
	}
	if safe < 500 || whole < 500 || forked < 100 {
		t.Errorf("only %d safe verdicts, %d in whole worlds, and %d voters of other clusters: this shows nothing", safe,
			whole, forked)
	}
}

// TestEveryFactIsNeeded: if all is known and a loss is safe, taking away any fact, or letting it grow too old, makes
// the verdict unknown, and a member that was fit unfit. Reflection finds new facts too.
func TestEveryFactIsNeeded(t *testing.T) {
	t.Parallel()
	voters := []plight{voterUp, voterUp, voterUp, voterUp}
	full := func() *verdictFacts { return factsOf(clusterOf(voters), voters) }
	if f := full(); f.canLose(1).Verdict != LossSafe || f.canRemove(1).Verdict != LossSafe ||
		!f.fit(1).OK {
		t.Fatalf("with all facts: %+v, %+v, %+v", f.canLose(1), f.canRemove(1), f.fit(1))
	}
	tried := 0
	each := func(of func(*verdictFacts) reflect.Value, needless map[string]bool, needlessToFit func(string) bool) {
		typ := of(full()).Type()
		for i := range typ.NumField() {
			field := typ.Field(i)
			if field.Type.Kind() != reflect.Struct {
				continue
			}
			if _, isFact := field.Type.FieldByName("maxAge"); !isFact {
				continue
			}
			for _, old := range []bool{false, true} {
				f := full()
				at := of(f).Field(i)
				setHidden(at.FieldByName("at"), reflect.ValueOf(time.Time{}))
				if old {
					setHidden(at.FieldByName("at"), reflect.ValueOf(epoch.Add(-time.Minute)))
					setHidden(at.FieldByName("maxAge"), reflect.ValueOf(20*time.Second))
				}
				got := f.canLose(1).Verdict
				if want := LossUnknown; needless[field.Name] != (got != want) {
					t.Errorf("without %s (too old: %v): %+v", field.Name, old, f.canLose(1))
				}
				if fit := f.fit(1); fit.OK != needlessToFit(field.Name) {
					t.Errorf("without %s (too old: %v): %+v", field.Name, old, fit)
				}
				tried++
			}
		}
	}
	cluster := func(f *verdictFacts) reflect.Value { return reflect.ValueOf(f).Elem() }
	each(cluster, nil, func(string) bool { return false })
	// Its own impairments do not matter to its verdict, nor, if enough others are healthy, does its health. Reads and
	// its own member list prove something only where nobody else is asked.
	each(func(f *verdictFacts) reflect.Value { return reflect.ValueOf(&f.members[1]).Elem() },
		map[string]bool{"impairment": true, "healthy": true, "ready": true, "read": true, "voters": true},
		func(name string) bool { return slices.Contains([]string{"ready", "read", "voters", "wait"}, name) })
	// Of a survivor only its health and impairments count: the membership confirms that it votes.
	each(func(f *verdictFacts) reflect.Value { return reflect.ValueOf(&f.members[2]).Elem() },
		map[string]bool{"membership": true, "votes": true, "wait": true, "ready": true, "read": true, "voters": true},
		func(string) bool { return true })
	if tried < 20 {
		t.Errorf("only %d facts were removed", tried)
	}
}

// setHidden sets an unexported field.
func setHidden(field, to reflect.Value) {
	reflect.NewAt(field.Type(), field.Addr().UnsafePointer()).Elem().Set(to)
}
