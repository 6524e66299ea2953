//go:build faults

package faults

import (
	"sync"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/probe/etcdtest"
	"github.com/etcdoc/etcdoc/thresholds"
)

// truthSweeps is for how many sweeps in a row losing the member must have meant losing quorum before SAFE is a lie:
// an event within a sweep is seen in the next one at the latest, and judged in the one after that.
const truthSweeps = 3

// A truth is the actual state of clusters, however little of it is visible: who takes part in their quorums. The
// row's goroutine sets what processes do not show, and the observer's reads it.
type truth struct {
	mu       sync.Mutex
	clusters []*etcdtest.Cluster
	// useless members run and take no part: they are cut off.
	useless map[probe.MemberID]bool
	// voteless members do not vote: learners, and removed ones.
	voteless map[probe.MemberID]bool
	silent   bool
}

func newTruth(cluster *etcdtest.Cluster) *truth {
	return &truth{
		clusters: []*etcdtest.Cluster{cluster},
		useless:  map[probe.MemberID]bool{}, voteless: map[probe.MemberID]bool{},
	}
}

// add includes one more cluster.
func (t *truth) add(c *etcdtest.Cluster) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.clusters = append(t.clusters, c)
}

// setUseless sets whether running members take no part.
func (t *truth) setUseless(useless bool, members ...*etcdtest.Member) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, m := range members {
		t.useless[probe.MemberID(m.ID)] = useless
	}
}

// setVoteless sets whether members do not vote.
func (t *truth) setVoteless(members ...*etcdtest.Member) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, m := range members {
		t.voteless[probe.MemberID(m.ID)] = true
	}
}

// silence suspends it while new members are made whose vote it can't know yet.
func (t *truth) silence(silent bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.silent = silent
}

// indispensable returns the voters that their cluster's quorum needs now; all of them if there is no quorum.
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
			if id == 0 || t.voteless[id] { // without an id it is no member yet
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

// falselySafe returns the members that an assessment calls safe to lose although the quorum has depended on them for
// some sweeps, this one included, or although it is unknown which member it is.
func (o *observer) falselySafe(i int) []thresholds.Member {
	o.mu.Lock()
	defer o.mu.Unlock()
	if i+1 < truthSweeps {
		return nil
	}
	var lies []thresholds.Member
	for _, m := range o.seen[i].Members {
		lie := m.CanLose.Verdict == thresholds.LossSafe
		if lie && m.ID == 0 { // unknown member
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
