package thresholds

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// TestLeaderlessDumps: how many of a cluster's dumps must lack a leader for quorum to be lost, and what fewer of them
// mean.
func TestLeaderlessDumps(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		voters    int
		without   []int
		undumped  []int         // members that the others name
		apart     time.Duration // between one dump and the next of a bundle
		learner   int           // one that has no vote
		unnamed   bool          // their dumps name no peers
		cause     Cause
		candidate Cause
	}{
		"1 of 3":                             {3, []int{3}, nil, 0, 0, false, CauseCutOff, ""},
		"2 of 3":                             {3, []int{2, 3}, nil, 0, 0, false, CauseQuorumLost, ""},
		"3 of 3":                             {3, []int{1, 2, 3}, nil, 0, 0, false, CauseNoLeader, ""},
		"2 of 3, the third has no dump":      {3, []int{1, 2}, []int{3}, 0, 0, false, CauseNoLeader, ""},
		"1 of 3, one has no dump":            {3, []int{3}, []int{2}, 0, 0, false, CauseNotClear, CauseQuorumLost},
		"1 of 3, two have no dump":           {3, []int{3}, []int{1, 2}, 0, 0, false, CauseNotClear, CauseQuorumLost},
		"2 of 3, 2 s apart":                  {3, []int{2, 3}, nil, 2 * time.Second, 0, false, CauseQuorumLost, ""},
		"1 of 5":                             {5, []int{5}, nil, 0, 0, false, CauseCutOff, ""},
		"2 of 5":                             {5, []int{4, 5}, nil, 0, 0, false, CauseCutOff, ""},
		"3 of 5":                             {5, []int{3, 4, 5}, nil, 0, 0, false, CauseQuorumLost, ""},
		"3 of 5, one has no dump":            {5, []int{3, 4, 5}, []int{2}, 0, 0, false, CauseQuorumLost, ""},
		"2 of 5, one has no dump":            {5, []int{4, 5}, []int{2}, 0, 0, false, CauseNotClear, CauseQuorumLost},
		"1 of 5, one has no dump":            {5, []int{5}, []int{2}, 0, 0, false, CauseCutOff, ""},
		"2 of 4":                             {4, []int{3, 4}, nil, 0, 0, false, CauseQuorumLost, ""},
		"2 of 3, and a learner that has one": {4, []int{2, 3}, nil, 0, 4, false, CauseQuorumLost, ""},
		"1 of 2, and a learner without":      {3, []int{2, 3}, nil, 0, 3, false, CauseQuorumLost, ""},
		"a learner":                          {4, []int{4}, nil, 0, 4, false, CauseCutOff, ""},
		"2 of 3 that name nobody":            {3, []int{2, 3}, nil, 0, 0, true, CauseNotClear, CauseCutOff},
	}
	for name, test := range tests {
		for _, once := range []bool{true, false} {
			if !once && test.apart > 0 {
				continue
			}
			// all of their links
			cut := slices.Contains([]Cause{CauseQuorumLost, CauseNoLeader}, test.cause) && !test.unnamed
			t.Run(map[bool]string{true: "one look, ", false: "a series, "}[once]+name, func(t *testing.T) {
				d := leaderlessDumps(t, test.voters, test.learner, Options{SinceStart: once, Immediate: once})
				d.leaderless(test.without...)
				for _, m := range d.members {
					if m.metrics.Peers = d.links(m); test.unnamed {
						m.metrics.Peers, m.noPeers = nil, true
					}
					for id, peer := range m.metrics.Peers {
						if cut && m.metrics.HasLeader.Or(0) == 0 {
							peer.Active = probe.Known(0)
							m.metrics.Peers[id] = peer
						}
					}
				}
				kept := d.members[:0:0]
				for i, m := range d.members {
					if !slices.Contains(test.undumped, i+1) {
						kept = append(kept, m)
					}
				}
				d.members, d.apart = kept, test.apart
				looks := 1
				if !once {
					looks = 45
				}
				a := d.run(looks, func() { d.work(50, 2*time.Millisecond) })
				if a.Reading.Cause != test.cause {
					t.Errorf("%s: %s; want %s", a.Reading.Cause, a.Reading.Text, test.cause)
				}
				saysReading(t, &a)
				if test.candidate != "" && !slices.Contains(a.Reading.Candidates, test.candidate) {
					t.Errorf("it may be %q, want %s among them", a.Reading.Candidates, test.candidate)
				}
				for i := range a.Members {
					if v := a.Members[i].CanLose.Verdict; v != LossUnknown {
						t.Errorf("losing %s: %s", a.Members[i].Label, v)
					}
				}
			})
		}
	}
}

// TestLeaderlessDumpsApart: members without a leader at different times prove nothing together, unless each was
// without one for longer than the dumps are apart.
func TestLeaderlessDumpsApart(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		apart time.Duration
		once  bool
		cause Cause
	}{
		{longElectionTimeout, true, CauseQuorumLost},
		{longElectionTimeout + time.Second, true, CauseNotClear},
		{longElectionTimeout + time.Second, false, CauseQuorumLost},
	} {
		d := leaderlessDumps(t, 3, 0, Options{SinceStart: c.once, Immediate: c.once})
		d.interval, d.apart = 30*time.Second, c.apart
		looks := 1
		if !c.once {
			looks = 4
		}
		d.leaderless(2, 3)
		a := d.run(looks, func() { d.work(50, 2*time.Millisecond) })
		if a.Reading.Cause != c.cause {
			t.Errorf("%v apart, one sweep %v: %s: %s", c.apart, c.once, a.Reading.Cause, a.Reading.Text)
		}
		says(t, fmt.Sprintf("%v apart, one look %t", c.apart, c.once), a.Reading.Text)
	}
}

// TestDumpsFarApart: dumps collected one after the other are all judged, however long that took.
func TestDumpsFarApart(t *testing.T) {
	t.Parallel()
	for _, apart := range []time.Duration{0, DefaultWindow, time.Minute, time.Hour} {
		d := newDumped(t, Options{SinceStart: true, Immediate: true})
		d.interval, d.apart = 0, apart
		d.work(500, 2*time.Millisecond)
		d.member(1).fsync(50, 300*time.Millisecond)
		a := d.observe()
		if f := finding(&a, WALFsyncSlow, "etcd-1"); f.Level != Warning ||
			finding(&a, MetricsUnavailable, "etcd-1").Rule != "" {
			t.Errorf("%v apart: %v: %s; %s", apart, f.Level, f.Summary, a.Reading.Text)
		}
	}
}

// leaderlessDumps has members of which the first leads and one may be a learner.
func leaderlessDumps(t *testing.T, members, learner int, o Options) *dumped {
	d := newDumped(t, o)
	for i := len(d.members); i < members; i++ {
		m := d.add("etcd-" + string(rune('1'+i)))
		m.metrics = d.member(2).metrics
		m.metrics.ServerID = m.id
	}
	if learner > 0 {
		d.member(learner).metrics.IsLearner = probe.Known(1)
	}
	return d
}

// TestOnlyContradictingDumpsContradict: dumps whose cause is not clear may be of one cluster at one time.
func TestOnlyContradictingDumpsContradict(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		candidates []Cause
		want       bool
	}{{[]Cause{CauseStarvation, CauseSlowDisk}, false}, {[]Cause{CauseCutOff, CauseQuorumLost}, true}} {
		a := Assessment{Reading: Reading{Cause: CauseNotClear, Candidates: test.candidates}}
		if a.DumpsContradict() != test.want {
			t.Errorf("%v: contradict %t, want %t", test.candidates, !test.want, test.want)
		}
	}
}
