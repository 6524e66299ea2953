package thresholds

import (
	"encoding/json"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// TestWhateverIsMissing: whatever is unknown, of any member, since any time, an assessment exists and can be encoded.
// Its scenes are faulty, and parts of them are missing now and then, or always.
func TestWhateverIsMissing(t *testing.T) {
	t.Parallel()
	wrongs := []func(s *scene, victim int){
		func(*scene, int) {},
		func(s *scene, victim int) { s.hears(1, victim) },
		func(s *scene, victim int) { s.member(victim).down = errRefused },
		func(s *scene, victim int) { s.member(victim).status.Leader = 0 },
		func(s *scene, victim int) { s.member(victim).status.RaftAppliedIndex = 1 },
		func(s *scene, victim int) { s.member(victim).fsync(5, time.Second) },
		func(s *scene, victim int) { s.member(victim).answersIn(2 * time.Second) },
		func(s *scene, victim int) { s.raisesNoSpace(s.member(victim).id) },
		func(s *scene, victim int) { s.member(victim).status.ClusterID = 0xbad },
		func(s *scene, victim int) { s.member(victim).reads(s.now, time.Second, time.Millisecond) },
		func(s *scene, victim int) { s.member(victim).metrics.ProposalsPending = known(1e4) },
		func(s *scene, victim int) { s.elect(s.member(victim).id) },
	}
	missing := []func(*probe.Member){
		func(m *probe.Member) { m.Metrics = probe.Fact[*probe.Metrics]{Err: errRefused} },
		func(m *probe.Member) { m.Metrics.Err, m.Metrics.Pending = nil, m.Status.At },
		func(m *probe.Member) { m.Status = probe.Fact[probe.Status]{Err: errRefused} },
		func(m *probe.Member) { m.Status.Err, m.Metrics.Err = errRefused, errRefused },
		func(m *probe.Member) {
			if m.Metrics.Value != nil {
				bare := *m.Metrics.Value
				bare.Peers = nil
				m.Metrics.Value = &bare
			}
		},
		func(m *probe.Member) {
			if m.Metrics.Answered() {
				m.Metrics.Value = &probe.Metrics{ServerID: m.ID}
			}
		},
		func(m *probe.Member) {
			m.Linearizable, m.Serializable = probe.Fact[probe.Read]{}, probe.Fact[probe.Read]{}
		},
		func(m *probe.Member) { m.Peers = probe.Fact[[]probe.Peer]{Err: errRefused} },
		func(m *probe.Member) { m.ID = 0 },
	}
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 3))
		s := newScene(t, 1+r.IntN(5), Options{Immediate: r.IntN(2) == 0, SinceStart: r.IntN(5) == 0})
		s.noMemberList, s.noAlarms = r.IntN(5) == 0, r.IntN(5) == 0
		wrong := [2]int{r.IntN(len(wrongs)), r.IntN(len(wrongs))}
		victims := [2]int{1 + r.IntN(len(s.members)), 1 + r.IntN(len(s.members))}
		gone := make([]int, len(s.members))
		for i := range gone {
			gone[i] = r.IntN(2*len(missing)) - len(missing) // below 0: nothing is
		}
		always := r.IntN(2) == 0
		for range 15 {
			s.now = s.now.Add(s.interval)
			for _, m := range s.members {
				m.fsync(3, quickFsync)
				m.commit(3, quickFsync)
			}
			for k, i := range wrong {
				wrongs[i](s, victims[k])
			}
			sweep := s.sweep()
			for i := range sweep.Members {
				if at := gone[i]; at >= 0 && (always || r.IntN(2) == 0) {
					missing[at](&sweep.Members[i])
				}
			}
			a := s.evaluator.Observe(sweep)
			if a.Reading.Text == "" || a.Reading.Cause == "" {
				t.Fatalf("seed %d: no reading", seed)
			}
			if _, err := json.Marshal(&a); err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
		}
	}
}
