package thresholds

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// A load is what clients ask of healthy members: puts of 1 KiB a second, compacted as kube-apiserver does, every 5
// minutes up to the revision of 5 minutes before.
type load struct {
	*scene
	random  *rand.Rand
	puts    float64 // a second
	written float64 // puts in total
	past    []float64
}

func newLoad(s *scene, puts float64) *load {
	for _, m := range s.members {
		m.status.DBSizeBytes, m.status.DBInUseBytes, m.status.DBQuotaBytes = 100*mib, 90*mib, 2<<30
		m.metrics.CurrentRevision, m.metrics.CompactRevision = probe.Known(100_000), probe.Known(99_000)
	}
	return &load{scene: s, random: rand.New(rand.NewPCG(3, 4)), puts: puts}
}

// work lets the members work for an interval.
func (l *load) work() {
	n := l.puts * l.interval.Seconds() * (0.7 + 0.6*l.random.Float64())
	l.written += n
	l.past = append(l.past, l.written)
	rounds := int(5 * time.Minute / l.interval)
	for i, m := range l.members {
		if m.down != nil {
			continue
		}
		l.disk(m, n)
		s, at := &m.status, &m.metrics
		// some milliseconds behind the leader
		s.RaftIndex = uint64(1000+l.written) - uint64(l.random.IntN(80)*min(i, 1))
		s.RaftAppliedIndex = s.RaftIndex - uint64(l.random.IntN(10))
		at.ProposalsApplied = probe.Known(float64(s.RaftAppliedIndex))
		at.ProposalsCommitted = probe.Known(float64(s.RaftIndex))
		at.ProposalsPending = probe.Known(float64(l.random.IntN(4)))
		at.Puts, at.CPUSeconds = probe.Known(l.written), probe.Known(0.3*l.now.Sub(epoch).Seconds())
		at.CurrentRevision = probe.Known(100_000 + l.written)
		if len(l.past)%rounds == 0 {
			at.LastCompaction = probe.Known(float64(l.now.Unix()))
			if len(l.past) > rounds {
				at.CompactRevision = probe.Known(100_000 + l.past[len(l.past)-rounds])
			}
		}
		kept := 1100 * (at.CurrentRevision.Or(0) - at.CompactRevision.Or(0)) // compaction frees pages
		s.DBInUseBytes = 90*mib + int64(kept)
		s.DBSizeBytes = max(s.DBSizeBytes, s.DBInUseBytes+s.DBInUseBytes/10)
		at.ResidentBytes = probe.Known(min(200*mib+0.5*kept, 700*mib) + 20*mib*l.random.Float64())
		at.OpenFDs = probe.Known(100 + float64(l.random.IntN(30)))
		if len(l.past)%5 == 0 {
			m.reads(l.now, time.Duration(9+l.random.IntN(25))*time.Millisecond,
				time.Duration(3+l.random.IntN(9))*time.Millisecond)
		}
	}
}

// disk does fsyncs and commits, nearly all of them fast.
func (l *load) disk(m *actor, n float64) {
	m.fsync(n, 2*time.Millisecond)
	m.commit(n/10, 3*time.Millisecond)
	if l.random.IntN(10) == 0 {
		m.fsync(1, 14*time.Millisecond)
		m.commit(1, 30*time.Millisecond)
	}
}

// TestHeavyLoadIsHealthy: for ten minutes, and beyond the first compactions.
func TestHeavyLoadIsHealthy(t *testing.T) {
	t.Parallel()
	for _, puts := range []float64{100, 500} {
		s := newLoad(newScene(t, 3, Options{}), puts)
		s.run(40*time.Minute, func() {
			if a := s.evaluator.previous; a != nil && len(alarming(a)) > 0 {
				t.Fatalf("%v puts/s, after %v: %q: %s", puts, s.now.Sub(epoch), alarming(a), a.Reading.Text)
			}
			s.work()
		})
	}
}

// TestRollingRestartUnderLoadIsHealthy: apart from the member that is down.
func TestRollingRestartUnderLoadIsHealthy(t *testing.T) {
	t.Parallel()
	s := newLoad(newScene(t, 3, Options{}), 200)
	expected := map[string]bool{"quorum-at-risk ": true}
	check := func() {
		for _, alarm := range alarming(s.evaluator.previous) {
			if !expected[alarm] {
				t.Fatalf("after %v: %s: %s", s.now.Sub(epoch), alarm, s.evaluator.previous.Reading.Text)
			}
		}
		s.work()
	}
	s.observe()
	s.run(12*time.Minute, check)
	for _, i := range []int{2, 3, 1} { // the leader last
		m := s.member(i)
		m.down = errRefused
		expected["member-unreachable "+m.name] = true
		if i == 1 {
			s.elect(s.member(2).id)
		}
		s.run(8*time.Second, check)
		m.down = nil
		m.restart(s.now)
		m.metrics.ResidentBytes, m.metrics.LastCompaction = probe.Known(60*mib), probe.Known(0)
		m.status.Leader, m.status.RaftTerm = s.member(i%3+1).status.Leader, s.member(i%3+1).status.RaftTerm
		s.observe()
		delete(expected, "member-unreachable "+m.name)
		s.run(time.Minute, check)
	}
	s.run(15*time.Minute, check)
}
