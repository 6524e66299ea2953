package agent

import (
	"context"
	"flag"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/probe/etcdtest"
)

var (
	soakFor   = flag.Duration("soak", 15*time.Second, "how long the soak lasts")
	soakEvery = flag.Duration("soak-interval", 50*time.Millisecond, "the interval of its sweeps")
)

// countedSource counts the sweeps that were handed over.
type countedSource struct {
	probe.Source
	sweeps *atomic.Int64
}

func (s countedSource) Next(ctx context.Context) (probe.Sweep, error) {
	sweep, err := s.Source.Next(ctx)
	if err == nil {
		s.sweeps.Add(1)
	}
	return sweep, err
}

// TestSoak: members die and return one after the other. Every sweep is in the metrics, and when all is well again the
// agent holds no more goroutines and files than after the first turn of all, and no more memory than its windows take.
func TestSoak(t *testing.T) {
	c := etcdtest.New(t, etcdtest.Config{Size: 3, Args: []string{"--log-level=error"}})
	c.Client() // its goroutines are not the agent's
	prober, err := probe.New(probe.Config{Endpoints: c.Endpoints(), Cluster: true, Interval: *soakEvery})
	if err != nil {
		t.Fatal(err)
	}
	defer prober.Close()
	sweeps := new(atomic.Int64)
	o := testOptions(countedSource{prober, sweeps}, new(lines), *soakEvery)
	o.Log = slog.New(slog.DiscardHandler)
	a := New(o)
	r := &running{Agent: a, handler: a.Handler()}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx) }()
	turn := func() {
		for _, m := range c.Members() {
			if err := m.Kill(); err != nil {
				t.Fatal(err)
			}
			r.await(t, "/health", http.StatusServiceUnavailable)
			if err := m.Restart(t.Context()); err != nil {
				t.Fatal(err)
			}
			r.await(t, "/can-lose/"+m.Name, http.StatusOK)
		}
	}
	began := time.Now()
	turn()
	first, turns := etcdtest.FootprintNow(t), 1
	for ; turns < 3 || time.Since(began) < *soakFor; turns++ {
		turn()
	}
	last := etcdtest.FootprintNow(t)
	t.Logf("%d turns in %v: %+v, after the first %+v", turns, time.Since(began).Round(time.Second), last, first)
	const passing = 20 // connections that are just being opened or closed, each with its goroutines
	if last.Goroutines > first.Goroutines+passing || last.Descriptors > first.Descriptors+passing {
		t.Errorf("%+v, after the first turn %+v", last, first)
	}
	if last.Live > 16<<20 {
		t.Errorf("%d bytes live, after the first turn %d", last.Live, first.Live)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	_, body := r.get("/metrics")
	for _, name := range []string{"etcdoc_sweeps_total", "etcdoc_sweep_duration_seconds_count"} {
		if got := sample(t, body, name); got != sweeps.Load() {
			t.Errorf("%s is %d after %d sweeps", name, got, sweeps.Load())
		}
	}
}

// sample is the value of a series without labels.
func sample(t *testing.T, exposition, name string) int64 {
	t.Helper()
	for line := range strings.Lines(exposition) {
		if value, is := strings.CutPrefix(line, name+" "); is {
			n, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
			if err != nil {
				t.Fatal(err)
			}
			return int64(n)
		}
	}
	t.Fatalf("there is no %s:\n%s", name, exposition)
	return 0
}
