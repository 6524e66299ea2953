//go:build faults

package faults

import (
	"sync"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/probe/etcdtest"
	"github.com/etcdoc/etcdoc/thresholds"
)

// truthSweeps is for how many sweeps in a row the loss of a member must have meant the loss of quorum before a verdict
// of SAFE is a lie: what happens within a sweep is seen in the next one, at the latest, and judged in the one after
// that.
const truthSweeps = 3

// A truth is what is so of clusters, whatever can be seen of them: who takes part in their quorums. The row's goroutine
// tells it what processes do not show, the observer's asks it.
type truth struct {
	mu       sync.Mutex
	clusters []*etcdtest.Cluster
	// useless are members that run and take no part: they are cut off.
	useless map[probe.MemberID]bool
	// voteless are members that do not vote: learners, and who was removed.
	voteless map[probe.MemberID]bool
	silent   bool
}

func newTruth(cluster *etcdtest.Cluster) *truth {
	return &truth{
		clusters: []*etcdtest.Cluster{cluster},
		useless:  map[probe.MemberID]bool{}, voteless: map[probe.MemberID]bool{},
	}
}

// add has it tell of one more cluster.
func (t *truth) add(c *etcdtest.Cluster) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.clusters = append(t.clusters, c)
}

// setUseless says whether members that run take no part.
func (t *truth) setUseless(useless bool, members ...*etcdtest.Member) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, m := range members {
		t.useless[probe.MemberID(m.ID)] = useless
	}
}

// setVoteless says that members do not vote, or no more.
func (t *truth) setVoteless(members ...*etcdtest.Member) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, m := range members {
		t.voteless[probe.MemberID(m.ID)] = true
	}
}

// silence has it tell nothing while members are made whose vote it can't know yet.
func (t *truth) silence(silent bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.silent = silent
}

// indispensable are the voters without whom their cluster has no quorum now: all of them where it has none as it is.
func (t *truth) indispensable() map[probe.MemberID]bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	needed := map[probe.MemberID]bool{}
	if t.silent {
		return needed
	}
	for _, c := range t.clusters {
		var voters []probe.MemberID
		working := map[probe.MemberID]bool{}
		for _, m := range c.Members() {
			id := probe.MemberID(m.ID)
			if id == 0 || t.voteless[id] { // without an id it is none yet
				continue
			}
			voters = append(voters, id)
			if m.Running() && !t.useless[id] {
				working[id] = true
			}
		}
		for _, id := range voters {
			left := len(working)
			if working[id] {
				left--
			}
			needed[id] = left < len(voters)/2+1
		}
	}
	return needed
}

// falselySafe are the members of a look that it calls safe to lose although for some sweeps, this one among them, the
// quorum hung on them, or although it is not known which member it is at all.
func (o *observer) falselySafe(i int) []thresholds.Member {
	o.mu.Lock()
	defer o.mu.Unlock()
	if i+1 < truthSweeps {
		return nil
	}
	var lies []thresholds.Member
	for _, m := range o.seen[i].Members {
		lie := m.CanLose.Verdict == thresholds.LossSafe
		if lie && m.ID == 0 { // nobody knows whose it is
			lies = append(lies, m)
			continue
		}
		for j := i - truthSweeps + 1; j <= i; j++ {
			lie = lie && o.seen[j].indispensable[m.ID]
		}
		if lie {
			lies = append(lies, m)
		}
	}
	return lies
}
