package thresholds

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// A network lets the members of a scene observe what etcd shows of real round trips: smoothed, every 30 s, and by reads
// through the leader, etcd-1, every 5 s.
type network struct {
	*scene
	trips    map[[2]int]time.Duration // now
	smoothed map[[2]int]float64
	seconds  int
	fsync    time.Duration
	// busy is what reads take besides.
	busy time.Duration
	// unread means that nobody reads.
	unread bool
}

const usualTrip = 2 * time.Millisecond

func newNetwork(t *testing.T, voters int) *network {
	n := &network{scene: newScene(t, voters, Options{}), fsync: quickFsync, busy: 3 * time.Millisecond,
		trips: make(map[[2]int]time.Duration), smoothed: make(map[[2]int]float64)}
	n.unprobed = true
	for i := 1; i <= voters; i++ {
		for j := i + 1; j <= voters; j++ {
			n.trips[[2]int{i, j}], n.smoothed[[2]int{i, j}] = usualTrip, usualTrip.Seconds()
		}
	}
	return n
}

// pass lets a second pass.
func (n *network) pass() Assessment {
	n.seconds++
	for ends, took := range n.trips {
		if n.seconds%4 == 1 {
			n.smoothed[ends] += probeWeight * (took.Seconds() - n.smoothed[ends])
		}
		if n.seconds%30 == 22 {
			n.rtt(ends[0], ends[1], time.Duration(n.smoothed[ends]*float64(time.Second)))
		}
	}
	n.work(50, n.fsync)
	if n.seconds%5 == 0 && !n.unread {
		n.member(1).reads(n.now, usualTrip+n.busy, n.busy)
		for i := 2; i <= len(n.members); i++ {
			n.member(i).reads(n.now, n.trips[[2]int{1, i}]+n.busy, n.busy)
		}
	}
	return n.observe()
}

// shows reports whether the assessment says in any way that a link is slow.
func shows(a *Assessment) (all []string) {
	if a.Reading.Cause == CauseSlowLink {
		all = append(all, "the reading: "+a.Reading.Headline)
	}
	for i := range a.Members {
		m := &a.Members[i]
		if k := m.Mark(PeerRTTP99); k.State != "" {
			all = append(all, fmt.Sprintf("%s is marked: %s", m.Label, k.State))
		}
		if m.CanLose.Ground == GroundCommitLatency && m.CanLose.Verdict != LossUnknown {
			all = append(all, fmt.Sprintf("%s to lose is a %s: %s", m.Label, m.CanLose.Verdict, m.CanLose.Reason))
		}
	}
	for _, f := range a.Findings {
		if (f.Rule == PeerRTTSlow || f.Rule == LinkGrown) && f.Level != Unknown {
			all = append(all, fmt.Sprintf("%s %s %s", f.Member.Label, f.Rule, f.State))
		}
	}
	return all
}

// TestSlowLinkBeginsAndEndsAsOne: as long as the reading, a mark or a finding says that a link is slow, nobody is SAFE
// to lose without whom every quorum needs it, and the others are as safe as before. When the link is quick again, all
// of that ends in the same sweep, as soon as it can be known, and does not come back.
func TestSlowLinkBeginsAndEndsAsOne(t *testing.T) {
	t.Parallel()
	const ms, s = time.Millisecond, time.Second
	// Two reads in a row show that a link is quick again, if no round trip is observed between; or the second round
	// trip since.
	const reads, trips = 16 * s, 61 * s
	for _, c := range []struct {
		name   string
		voters int
		slow   [][2]int
		took   time.Duration
		lasts  time.Duration
		needed []int // without whom every quorum needs a slow link
		// unmeasured are those without whom every quorum needs a link that may be as slow, until a round trip over it
		// has been observed.
		unmeasured []int
		fsync      time.Duration
		within     time.Duration // after it is quick again
	}{
		{"the leader's, briefly", 3, [][2]int{{1, 2}}, 500 * ms, 32 * s, []int{3}, []int{1}, quickFsync, reads},
		{"the leader's", 3, [][2]int{{1, 2}}, 500 * ms, 58 * s, []int{3}, []int{1}, quickFsync, reads},
		{"the leader's, for long", 3, [][2]int{{1, 2}}, 500 * ms, 170 * s, []int{3}, []int{1}, quickFsync, reads},
		{"the leader's, and disks below par", 3, [][2]int{{1, 2}}, 500 * ms, 58 * s, []int{3}, []int{1}, 40 * ms,
			reads},
		{"60 ms, the leader's", 3, [][2]int{{1, 2}}, 60 * ms, 100 * s, []int{3}, []int{1}, quickFsync, 36 * s},
		{"the leader's, between two rounds", 3, [][2]int{{1, 2}}, 500 * ms, 22 * s, []int{3}, []int{1}, quickFsync,
			reads},
		{"two followers'", 3, [][2]int{{2, 3}}, 500 * ms, 58 * s, []int{1}, nil, quickFsync, trips},
		{"a follower's", 3, [][2]int{{1, 2}, {2, 3}}, 500 * ms, 58 * s, []int{1, 3}, nil, quickFsync, reads},
		{"of five, the leader's", 5, [][2]int{{1, 2}}, 500 * ms, 32 * s, nil, nil, quickFsync, reads},
		{"of five, two of the leader's", 5, [][2]int{{1, 2}, {1, 3}}, 500 * ms, 32 * s, []int{4, 5}, []int{1},
			quickFsync, reads},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := newNetwork(t, c.voters)
			n.fsync = c.fsync
			for n.seconds < 113 {
				n.pass()
			}
			usual := verdicts(ptr(n.pass()))
			set := func(took time.Duration) {
				for _, ends := range c.slow {
					n.trips[ends] = took
				}
			}
			set(c.took)
			found := 0
			for range int(c.lasts.Seconds()) {
				a := n.pass()
				if len(shows(&a)) == 0 {
					if found > 0 {
						t.Fatalf("found at %d s, and not at %d s: %s", found, n.seconds, a.Reading.Text)
					}
					continue
				}
				if n.seconds == 155 && c.name == "the leader's" {
					says(t, "its evidence", strings.Join(a.Reading.EvidenceTexts(), "; "))
				}
				if found == 0 && c.fsync == quickFsync && c.lasts == 58*s {
					for i := range a.Members {
						says(t, "losing "+a.Members[i].Label+" at first", a.Members[i].CanLose.Reason)
					}
				}
				found = n.seconds
				if a.Reading.Cause != CauseSlowLink && a.Reading.Cause != CauseNotClear {
					t.Fatalf("at %d s the cause is %s: %s; %q", n.seconds, a.Reading.Cause, a.Reading.Text, shows(&a))
				}
				for i, verdict := range verdicts(&a) {
					needed := slices.Contains(c.needed, i+1)
					if slices.Contains(c.unmeasured, i+1) && finding(&a, LinkGrown, "etcd-2").Level != Notice {
						needed = true
					}
					switch {
					case needed && verdict == LossSafe, !needed && a.Level < Warning && verdict != usual[i]:
						t.Fatalf("at %d s, losing etcd-%d is %s (%s); %q", n.seconds, i+1, verdict,
							a.Members[i].CanLose.Reason, shows(&a))
					}
				}
			}
			if found == 0 {
				t.Fatal("the slow link is never found")
			}
			set(usualTrip)
			healed, over := n.seconds, time.Duration(0)
			for range 400 {
				a := n.pass()
				said, after := shows(&a), time.Duration(n.seconds-healed)*time.Second
				switch {
				case over == 0 && a.Reading.Cause != CauseSlowLink:
					over = after
					if over > c.within {
						t.Errorf("it ends only %v after the link is quick again", over)
					}
					fallthrough
				case over > 0:
					lose := verdicts(&a)
					if lose[0] == LossUnknown && len(c.slow) > 1 && after <= trips {
						lose[0] = usual[0] // until the followers' links are measured
					}
					if len(said) > 0 || !slices.Equal(lose, usual) {
						t.Fatalf("%v after the link is quick again, and %v after the reading said so: %q, %s", after,
							after-over, said, verdicts(&a))
					}
				}
			}
			if over == 0 {
				t.Error("it never ends")
			}
		})
	}
}

func ptr[T any](v T) *T { return &v }

// TestLinksEndTogether: when all links have been slow and are quick again, reads show it first of the leader's. None of
// the others is blamed alone, and the leader is not SAFE to lose before they are measured.
func TestLinksEndTogether(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, 3)
	set := func(took time.Duration) {
		for ends := range n.trips {
			n.trips[ends] = took
		}
	}
	for n.seconds < 113 {
		n.pass()
	}
	set(240 * time.Millisecond)
	for n.seconds < 220 {
		n.pass()
	}
	set(usualTrip)
	open := 0
	for range 200 {
		a := n.pass()
		if a.Reading.Cause == CauseSlowLink {
			t.Fatalf("%d s after: %s", n.seconds-220, a.Reading.Text)
		}
		said := shows(&a)
		if len(said) == 0 && a.Members[0].CanLose.Verdict == LossUnknown {
			open++
		}
		if n.seconds > 220+61 && (len(said) > 0 || a.Members[0].CanLose.Verdict != LossSafe) {
			t.Fatalf("%d s after: %q, losing the leader is %+v", n.seconds-220, said, a.Members[0].CanLose)
		}
	}
	if open == 0 {
		t.Error("losing the leader is never unknown while its followers' link is not measured")
	}
}
