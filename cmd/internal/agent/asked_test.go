package agent

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/probe/etcdtest"
)

// TestFitIsOfNow: an agent that sweeps once an hour answers whether its member is fit by a sweep of this moment.
func TestFitIsOfNow(t *testing.T) {
	t.Parallel()
	c := etcdtest.New(t, etcdtest.Config{Size: 3})
	a := watchEvery(t, time.Hour, false, c.Endpoints()[0])
	a.await(t, "/fit", http.StatusOK)
	if err := c.Members()[0].Kill(); err != nil {
		t.Fatal(err)
	}
	a.await(t, "/fit", http.StatusServiceUnavailable)
	a.await(t, "/can-lose/"+c.Members()[0].Name, http.StatusServiceUnavailable)
	if code, body := a.get("/livez"); code != http.StatusOK {
		t.Errorf("livez: %d %s", code, body)
	}
}

// TestFitOfTheOnlyVoter: an agent that asks its own member alone knows how many voters there are by its list.
func TestFitOfTheOnlyVoter(t *testing.T) {
	t.Parallel()
	c := etcdtest.New(t, etcdtest.Config{Size: 1})
	a := watch(t, false, c.Endpoints()[0])
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		code, body := a.get("/fit")
		if strings.Contains(body, "of 1 voter none may be lost") {
			return
		}
		if code == http.StatusOK || time.Now().After(deadline) {
			t.Fatalf("the only voter: %d %s", code, body)
		}
	}
}

// A ticking source has an empty sweep every interval, which can be changed, until it hangs.
type ticking struct {
	mu       sync.Mutex
	interval time.Duration
	changed  chan struct{}
	hangs    bool
	sweeps   int
}

func (s *ticking) SetInterval(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.interval = d
	close(s.changed)
	s.changed = make(chan struct{})
}

func (s *ticking) Next(ctx context.Context) (probe.Sweep, error) {
	for began := time.Now(); ; {
		s.mu.Lock()
		interval, changed := s.interval, s.changed
		if s.hangs || s.sweeps > 0 && time.Since(began) < interval {
			wait := time.After(interval - time.Since(began))
			if s.hangs {
				wait = nil
			}
			s.mu.Unlock()
			select {
			case <-wait:
			case <-changed:
			case <-ctx.Done():
				return probe.Sweep{}, ctx.Err()
			}
			continue
		}
		s.sweeps++
		s.mu.Unlock()
		return probe.Sweep{At: time.Now(), Interval: interval}, nil
	}
}

func (s *ticking) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sweeps
}

// TestSweepOfTheOldInterval: a sweep that was under way when somebody asked is not of this moment, and is not said to
// be old, nor not to have ended.
func TestSweepOfTheOldInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &running{Agent: New(testOptions(nil, new(lines), 2*time.Second))}
		r.handler = r.Handler()
		go func() {
			time.Sleep(askedPatience / 2)
			r.newest.Store(&report{interval: 2 * time.Second, arrived: time.Now()})
			r.arrived()
		}()
		const want = "not fit: the newest sweep ended 450ms ago and is one of every 2s: they come every 1s now that somebody " +
			"asks, and none of those has ended yet\n"
		if code, body := r.get("/fit"); code != http.StatusServiceUnavailable || body != want {
			t.Errorf("%d %q, want %q", code, body, want)
		}
	})
}

// TestSweepsFollowTheQuestions: however many ask, there is a sweep a second and no more, as long as somebody asks; a
// question waits for it for less than a probe does, and nothing is fit by an older one.
func TestSweepsFollowTheQuestions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &ticking{interval: time.Hour, changed: make(chan struct{})}
		o := testOptions(source, new(lines), time.Hour)
		o.SetInterval = source.SetInterval
		r := &running{Agent: New(o)}
		r.handler = r.Handler()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go func() { _ = r.Run(ctx) }()
		time.Sleep(time.Minute)
		if source.count() != 1 {
			t.Fatalf("%d sweeps in a minute, want the first", source.count())
		}
		for range 60 {
			var asking sync.WaitGroup
			for range 5 {
				asking.Go(func() {
					if _, body := r.get("/fit"); strings.Contains(body, "waited") {
						t.Errorf("no sweep: %s", body)
					}
				})
			}
			asking.Wait()
			time.Sleep(time.Second)
		}
		if n := source.count(); n < 60 || n > 63 {
			t.Errorf("%d sweeps in a minute of questions", n)
		}
		time.Sleep(askedFor + 2*askedInterval)
		before := source.count()
		time.Sleep(30 * time.Minute)
		if n := source.count(); n != before {
			t.Errorf("%d sweeps more, and nobody asks", n-before)
		}
		source.mu.Lock()
		source.hangs = true
		source.mu.Unlock()
		begun := time.Now()
		if _, body := r.get("/fit"); !strings.Contains(body, "waited") || time.Since(begun) != askedPatience {
			t.Errorf("while sweeps hang: %s after %v", body, time.Since(begun))
		}
	})
}
