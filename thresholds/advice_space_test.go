package thresholds

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// holds sets the size of a member's database, the part in use, and its quota, in MiB.
func (m *actor) holds(size, inUse, quota int64) {
	m.status.DBSizeBytes, m.status.DBInUseBytes, m.status.DBQuotaBytes = size<<20, inUse<<20, quota<<20
	m.metrics.DBSizeBytes = probe.Known(float64(size << 20))
	m.metrics.DBInUseBytes = probe.Known(float64(inUse << 20))
	m.metrics.DBQuotaBytes = probe.Known(float64(quota << 20))
}

// raisesNoSpace raises the NOSPACE alarm of a member of the scene.
func (s *scene) raisesNoSpace(by probe.MemberID) {
	for _, m := range s.members {
		if m.status.ClusterID == 0xc1 {
			m.status.Alarms = []probe.Alarm{{Type: "NOSPACE", Member: by}}
		}
	}
}

// foreigner adds a member of another cluster.
func (s *scene) foreigner(name string, cluster probe.ClusterID) *actor {
	m := s.add(name)
	m.unlisted = true
	m.status.ClusterID, m.status.Leader, m.metrics.Keys = cluster, m.id, probe.Known(1e6)
	return m
}

// TestSpaceOfAnotherClusterChangesNothing: the database of another cluster's member among the endpoints changes no
// advice.
func TestSpaceOfAnotherClusterChangesNothing(t *testing.T) {
	t.Parallel()
	ours := map[string]func(*scene){
		"freed, the alarm still up": func(s *scene) {
			for _, m := range s.members {
				m.holds(1, 1, 16)
			}
			s.raisesNoSpace(0xa0)
		},
		"half of it free": func(s *scene) {
			for _, m := range s.members {
				m.holds(16, 6, 16)
			}
			s.raisesNoSpace(0xa0)
		},
		"a smaller quota": func(s *scene) {
			for _, m := range s.members {
				m.holds(15, 15, 64)
			}
			s.member(2).holds(15, 15, 16)
			s.raisesNoSpace(0xa1)
		},
		"near the quota": func(s *scene) {
			for _, m := range s.members {
				m.holds(16, 6, 16)
			}
		},
	}
	theirs := map[string][3]int64{
		"live keys": {11, 11, 16}, "full": {16, 16, 16}, "free pages": {16, 1, 16}, "a larger quota": {11, 11, 8192},
		"much larger": {9000, 2000, 8192},
	}
	for name, set := range ours {
		for other, holds := range theirs {
			t.Run(name+", there "+other, func(t *testing.T) {
				alone, both := newScene(t, 3, Options{Immediate: true}), newScene(t, 3, Options{Immediate: true})
				set(alone)
				set(both)
				both.foreigner("p1", 0xbad).holds(holds[0], holds[1], holds[2])
				a, b := alone.run(20*time.Second, nil), both.run(20*time.Second, nil)
				if len(a.Reading.Steps) == 0 || a.Reading.Next != b.Reading.Next ||
					!slices.Equal(a.Reading.Steps, b.Reading.Steps) {
					t.Errorf("alone %v %s;\n with another cluster %v %s", a.Reading.Steps, a.Reading.Next,
						b.Reading.Steps, b.Reading.Next)
				}
				for _, f := range a.Findings {
					if g := finding(&b, f.Rule, f.Member.Label); f.Advice != g.Advice && f.Rule != ClusterIDMismatch {
						t.Errorf("%s %s: alone %q; with another cluster %q", f.Rule, f.Member.Label, f.Advice, g.Advice)
					}
				}
			})
		}
	}
}

// TestNothingIsAdvisedToAnotherCluster: whatever is wrong with the cluster, no command of a reading goes to a member
// of another one, and no such member is counted or compared.
func TestNothingIsAdvisedToAnotherCluster(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		direct  func(*scene)
		working func(*scene)
	}{
		"no space": {func(s *scene) { s.raisesNoSpace(0xa0) }, nil},
		"corrupt": {func(s *scene) {
			s.member(1).status.Alarms = []probe.Alarm{{Type: "CORRUPT", Member: 0xa1}}
		}, nil},
		"one down":       {func(s *scene) { s.member(2).down = errRefused }, nil},
		"quorum lost":    {func(s *scene) { s.member(2).down, s.member(3).down = errRefused, errRefused }, nil},
		"no leader here": {func(s *scene) { s.elect(0); s.member(4).status.Leader = s.member(4).id }, nil},
		"slow disk": {nil, func(s *scene) {
			s.writes(30*time.Millisecond, 2*time.Millisecond, 2*time.Millisecond, time.Millisecond)()
		}},
		"all disks slow": {nil, func(s *scene) {
			s.writes(600*time.Millisecond, 600*time.Millisecond, 600*time.Millisecond, time.Millisecond)()
		}},
		"not compacted": {func(s *scene) {
			s.member(2).metrics.CurrentRevision, s.member(2).metrics.LastCompaction = known(1e6), known(1)
		}, nil},
		"queues":         {func(s *scene) { s.member(2).metrics.ProposalsPending = known(500) }, nil},
		"never started":  {func(s *scene) { s.neverStarted(3) }, nil},
		"a learner":      {func(s *scene) { s.member(3).learner, s.member(3).status.IsLearner = true, true }, nil},
		"nothing at all": {nil, nil},
	}
	for name, test := range tests {
		for _, learner := range []bool{false, true} {
			s := newScene(t, 3, Options{Immediate: true})
			p := s.foreigner("p1", 0xbad)
			p.status.IsLearner = learner
			p.holds(16, 1, 16)
			s.run(10*time.Second, nil)
			if test.direct != nil {
				test.direct(s)
			}
			a := s.run(30*time.Second, func() {
				if test.working != nil {
					test.working(s)
				}
			})
			texts := []string{a.Reading.Next, a.Rolling.Text, a.Rolling.Next, a.Recovery.Text}
			if a.Reading.Cause != CauseMembership {
				texts = append(texts, a.Reading.EvidenceTexts()...)
			}
			if f := finding(&a, DBQuotaNear, "p1"); f.Level != Critical || strings.Contains(f.Advice, "efrag") ||
				!strings.Contains(f.Advice, "by itself") {
				t.Errorf("%s: to the other cluster's member: %s %s", name, f.Level, f.Advice)
			}
			for _, f := range a.Findings {
				if f.Member.Label != "p1" && f.Rule != ClusterIDMismatch {
					texts = append(texts, f.Advice)
				}
			}
			for _, text := range texts {
				if strings.Contains(text, "p1") {
					t.Errorf("%s: names the other cluster's member: %s", name, text)
				}
			}
			if strings.Contains(a.Reading.Text, "another one does") ||
				slices.ContainsFunc(a.Rolling.Order, func(m MemberRef) bool { return m.Label == "p1" }) {
				t.Errorf("%s: counts the other cluster's member: %s %v", name, a.Reading.Text, a.Rolling.Order)
			}
		}
	}
}

// TestDefragmentationOfALearner: etcd refuses to defragment a running learner. The advice says so if only the learner
// is full, and never has a command with an empty list of endpoints.
func TestDefragmentationOfALearner(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		voters int64 // MiB on disk, of 16
		alarm  bool
	}{
		"it alone is full":             {1, false},
		"it alone is full, with alarm": {1, true},
		"all are":                      {13, false},
		"all are, with alarm":          {13, true},
	}
	for name, test := range tests {
		for _, immediate := range []bool{false, true} {
			s := newScene(t, 3, Options{Immediate: immediate})
			learner := s.add("etcd-4")
			learner.learner, learner.status.IsLearner = true, true
			for _, m := range s.members[:3] {
				m.holds(test.voters, 0, 16)
			}
			learner.holds(13, 0, 16)
			if test.alarm {
				s.raisesNoSpace(learner.id)
			}
			a := s.run(30*time.Second, nil)
			own := finding(&a, DBQuotaNear, "etcd-4").Advice
			says(t, fmt.Sprintf("%s, immediate %t", name, immediate), a.Reading.Next+"\n"+own)
			for _, text := range []string{a.Reading.Text, a.Reading.Next, own} {
				if strings.Contains(text, anyEndpoint) || strings.Contains(text, "4:2379 defrag") {
					t.Errorf("%s: says %q", name, text)
				}
			}
		}
	}
}

// TestSpaceAdviceIsEachMembersOwn: each finding's advice uses the figures of its own member, not those of the member
// in the reading.
func TestSpaceAdviceIsEachMembersOwn(t *testing.T) {
	t.Parallel()
	const live, free, history, quota = "Delete keys that nobody needs", "Defragment: ", "Compact: ", "Give "
	all := []string{live, free, history, quota}
	tests := map[string]struct {
		hold [3][3]int64
		want [3]string // how each member's advice begins; empty: it has no finding
		revs float64   // not compacted, of 14 keys
	}{
		"live keys everywhere": {[3][3]int64{{15, 15, 16}, {14, 14, 16}, {13, 13, 16}},
			[3]string{live, live, live}, 1},
		"one not defragmented": {[3][3]int64{{15, 15, 16}, {15, 5, 16}, {5, 5, 16}}, [3]string{live, free, ""},
			1},
		"smaller quotas on two": {[3][3]int64{{14, 14, 8192}, {14, 14, 16}, {14, 14, 15}},
			[3]string{"", quota, quota}, 1},
		"a smaller one does not help": {[3][3]int64{{15, 15, 18}, {15, 15, 16}, {15, 15, 16}},
			[3]string{live, live, live}, 1},
		"history": {[3][3]int64{{15, 15, 16}, {15, 14, 16}, {15, 15, 16}},
			[3]string{history, history, history}, 900},
		"history, one smaller": {[3][3]int64{{15, 15, 64}, {15, 15, 16}, {15, 15, 64}}, [3]string{"", quota, ""},
			900},
	}
	for name, test := range tests {
		s := newScene(t, 3, Options{Immediate: true})
		for i, m := range s.members {
			m.holds(test.hold[i][0], test.hold[i][1], test.hold[i][2])
			m.metrics.Keys, m.metrics.CompactRevision, m.metrics.Puts = known(14), known(5000-test.revs), known(5000)
		}
		a := s.run(20*time.Second, nil)
		for i, want := range test.want {
			f := finding(&a, DBQuotaNear, s.members[i].name)
			if want == "" && f.Level != OK || want != "" && !strings.HasPrefix(f.Advice, want) {
				t.Errorf("%s: %s (%s): %q, want %q", name, s.members[i].name, f.Level, f.Advice, want)
			}
			for _, other := range all {
				if want != "" && other != want && strings.Contains(f.Advice, other) &&
					(want != history || other != free) {
					t.Errorf("%s: %s: the advice also asks for %q: %s", name, s.members[i].name, other, f.Advice)
				}
			}
			if want == free && strings.Contains(f.Advice, "etcd-1:") {
				t.Errorf("%s: who has nothing to give back is to be defragmented: %s", name, f.Advice)
			}
		}
	}
}

// TestNoSpaceSaysHowFullItIs: the headline has the share of the fullest member, as the header has: the one that raised
// the alarm may have been defragmented since.
func TestNoSpaceSaysHowFullItIs(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		raisers []int
		want    string
	}{{[]int{3}, "NOSPACE, 100% "}, {[]int{1}, "NOSPACE, up to 100% "}, {[]int{2, 3}, "etcd-2 and etcd-3 raised NOSPACE"}} {
		s := newScene(t, 3, Options{Immediate: true})
		var alarms []probe.Alarm
		for _, i := range test.raisers {
			alarms = append(alarms, probe.Alarm{Type: "NOSPACE", Member: s.member(i).id})
		}
		for i, m := range s.members {
			m.holds(int64(14+i), int64(14+i), 16)
			m.status.Alarms = alarms
		}
		if a := s.run(5*time.Second, nil); !strings.Contains(a.Reading.Headline, test.want) {
			t.Errorf("raised by %v: %q does not say %q", test.raisers, a.Reading.Headline, test.want)
		}
	}
}

// TestWhatADatabaseIsMadeOf: advice speaks of live keys only if nothing else can fill the database, and of history
// only if there must be some. Compaction comes before deletion, unless it would free little.
func TestWhatADatabaseIsMadeOf(t *testing.T) {
	t.Parallel()
	const never = -1
	tests := map[string]struct {
		keys, current, compacted    float64
		puts, deletes, txns, putKiB float64 // putKiB each; 0: unknown
		restarted                   bool    // the process has put nothing yet
		live                        bool    // live keys fill it
	}{
		"each key put once": {keys: 8000, current: 8001, compacted: never, puts: 8000,
			live: true},
		"each put twice":         {keys: 8000, current: 16001, compacted: never, puts: 16000},
		"two of three put twice": {keys: 4800, current: 8001, compacted: never, puts: 8000},
		"one of ten put twice": {keys: 8000, current: 8801, compacted: never, puts: 8800,
			live: true},
		"put by transactions": {keys: 8000, current: 131, compacted: never, puts: 8000, txns: 130},
		"put by as few as can be": {keys: 8000, current: 64, compacted: never, puts: 8000, txns: 63,
			live: true},
		"put once, by another process": {keys: 8000, current: 8001, compacted: never},
		"some put anew since":          {keys: 8000, current: 9500, compacted: 8500, puts: 9500, live: true},
		"as many put since":            {keys: 8000, current: 16500, compacted: 8500, puts: 16500},
		"few transactions since": {keys: 8000, current: 8511, compacted: 8500, puts: 90000, txns: 300,
			live: true},
		"many transactions since": {keys: 8000, current: 8600, compacted: 8500, puts: 90000, txns: 300},
		"all but few deleted at once": {keys: 80, current: 8502, compacted: 8500, puts: 8500, deletes: 1,
			putKiB: 800},
		"deleted at once, by another process": {keys: 8000, current: 8502, compacted: 8500, restarted: true},
		"one deleted": {keys: 7999, current: 8502, compacted: 8500, puts: 8500, deletes: 1,
			putKiB: 800, live: true},
		"deleted at once, sizes not reported": {keys: 80, current: 8502, compacted: 8500, puts: 8500, deletes: 1},
		"one deleted, sizes not reported": {keys: 7999, current: 8502, compacted: 8500, puts: 8500, deletes: 1,
			live: true},
		"many more revisions than keys": {keys: 1000, current: 16500, compacted: 8500, puts: 16500,
			deletes: 1},
		"more of them than keys, just not enough": {keys: 6100, current: 16500, compacted: 8500, puts: 16500,
			deletes: 1},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, 3, Options{Immediate: true})
			for _, m := range s.members {
				m.holds(8000, 7800, 8192)
				m.metrics.Keys = known(test.keys)
				m.metrics.CurrentRevision = known(test.current)
				m.metrics.CompactRevision = known(test.compacted)
				m.metrics.Puts = known(test.puts)
				m.metrics.Deletes = known(test.deletes)
				m.metrics.Txns = known(test.txns)
				if test.restarted {
					m.metrics.PutBytes = known(0)
				}
				if test.putKiB > 0 {
					m.metrics.PutBytes = known(1024 * test.putKiB * test.puts)
				}
			}
			s.raisesNoSpace(0xa0)
			a := s.run(20*time.Second, nil)
			wantReading(t, &a, CauseNoSpace)
			saysReading(t, &a)
			want := []Step{StepCompact, StepDefragment, StepDisarm}
			if test.live {
				want = []Step{StepDelete, StepDisarm}
			}
			if !slices.Equal(a.Reading.Steps, want) {
				t.Errorf("steps %v, want %v", a.Reading.Steps, want)
			}
		})
	}
}
