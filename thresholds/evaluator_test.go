package thresholds

import (
	"encoding/json"
	"reflect"
	"runtime"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// TestSameSweepsSameAssessments replays what happened.
func TestSameSweepsSameAssessments(t *testing.T) {
	t.Parallel()
	s := newScene(t, 5, Options{})
	var sweeps []probe.Sweep
	for i := range 60 {
		s.work(50, time.Duration(i)*time.Millisecond)
		switch i {
		case 20:
			s.member(2).down = errRefused
		case 30:
			s.elect(s.member(3).id)
		case 40:
			s.member(2).down = nil
			s.member(2).restart(s.now)
		}
		sweeps = append(sweeps, s.sweep())
		s.now = s.now.Add(s.interval)
	}
	replay := func() (assessments [][]byte) {
		e := New(Options{})
		for _, sweep := range sweeps {
			text, err := json.Marshal(e.Observe(sweep))
			if err != nil {
				t.Fatal(err)
			}
			assessments = append(assessments, text)
		}
		return assessments
	}
	if first, second := replay(), replay(); !reflect.DeepEqual(first, second) {
		t.Error("the same sweeps gave different assessments")
	}
}

func TestWindowIsAtLeastFourSweeps(t *testing.T) {
	t.Parallel()
	s := newScene(t, 1, Options{})
	s.interval = 10 * time.Second
	s.member(1).metrics.CPUSeconds = probe.Known(0)
	for range 10 {
		s.member(1).metrics.CPUSeconds = s.member(1).metrics.CPUSeconds.Plus(probe.Known(5))
		s.work(60, time.Millisecond)
		s.observe()
	}
	a := s.observe()
	if n := a.Members[0].Vitals[WALFsyncObservations].Or(0); n != 60*2 {
		t.Errorf("%v observations, want those of the three sweeps in the last 40 s", n)
	}
}

func TestMembersThatLeaveAreForgotten(t *testing.T) {
	t.Parallel()
	s := newScene(t, 5, Options{})
	s.run(10*time.Second, func() { s.work(5, time.Millisecond) })
	s.members = s.members[:3]
	s.run(2*time.Second, nil)
	if n := len(s.evaluator.tracks); n != 3 {
		t.Errorf("%d members remembered, want 3", n)
	}
	if n := len(s.evaluator.history.members); n != 3 {
		t.Errorf("history of %d members, want 3", n)
	}
	for key := range s.evaluator.alerts {
		if key.member != "" && s.evaluator.tracks[key.member] == nil {
			t.Errorf("%v is still remembered", key)
		}
	}
}

// busy is a scene of n members with peers, with a function that lets it work for one sweep.
func busy(tb testing.TB, n int) *scene {
	s := newScene(tb, n, Options{})
	for _, m := range s.members {
		m.metrics.Peers = map[probe.MemberID]probe.PeerMetrics{}
		for _, peer := range s.members {
			if peer != m {
				m.metrics.Peers[peer.id] = probe.PeerMetrics{RoundTrip: probe.Histogram{Bounds: fsyncBounds(),
					Counts: make([]float64, 15)}}
			}
		}
	}
	return s
}

// BenchmarkObserve evaluates a sweep of 7 members with a full history. The timer excludes making the sweeps.
func BenchmarkObserve(b *testing.B) {
	s := busy(b, 7)
	s.run(longestWindow+time.Minute, func() { s.work(50, 2*time.Millisecond) })
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		s.work(50, 2*time.Millisecond)
		sweep := s.sweep()
		s.now = s.now.Add(s.interval)
		b.StartTimer()
		s.evaluator.Observe(sweep)
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/1000, "ms/sweep")
}

// BenchmarkColumns reads what one frame of 200 columns shows of 7 members over 24 hours.
func BenchmarkColumns(b *testing.B) {
	s := newScene(b, 7, Options{})
	s.interval = 15 * time.Second
	a := s.run(24*time.Hour, nil)
	h := s.evaluator.History()
	for b.Loop() {
		for i := range s.members {
			for _, v := range []Vital{WALFsyncP99, BackendCommitP99, ProposalsPending, DBSize} {
				h.Columns(key(s, i+1), v, a.At, 5*time.Minute, 40)
			}
			h.Roles(key(s, i+1), a.At, 5*time.Minute, 40)
		}
	}
}

// BenchmarkDay reports how much an evaluator of 7 members grows in a simulated day after its history is full. It must
// not grow.
func BenchmarkDay(b *testing.B) {
	heap := func() float64 {
		runtime.GC()
		var stats runtime.MemStats
		runtime.ReadMemStats(&stats)
		return float64(stats.HeapAlloc) / (1 << 20)
	}
	for b.Loop() {
		s := busy(b, 7)
		s.interval = 15 * time.Second
		work := func() { s.work(50, 2*time.Millisecond) }
		s.run(rolledHistory+4*time.Hour, work)
		full := heap()
		s.run(24*time.Hour, work)
		b.ReportMetric(full, "MiB-when-full")
		b.ReportMetric(heap()-full, "MiB-growth-in-a-day")
		runtime.KeepAlive(s)
	}
}
