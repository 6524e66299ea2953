package thresholds

import (
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// TestADefragmentationIsNoHang: Status waits until a defragmentation ends, and times out if that takes too long; the
// metrics answer all the time.
func TestADefragmentationIsNoHang(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.run(20*time.Second, nil)
	began := s.now
	victim := s.member(2)
	victim.metrics.DefragInflight = probe.Known(1)
	for range 12 {
		s.now = s.now.Add(s.interval)
		sweep := s.sweep()
		status := &sweep.Members[1].Status
		status.At, status.Pending = began, began.Add(s.interval)
		if s.now.Sub(began) > 6*time.Second {
			status.Err = &probe.Error{Kind: probe.ErrTimeout, Text: "no answer within 5s"}
		}
		a := s.evaluator.Observe(sweep)
		if a.Reading.Cause != CauseDefragRunning {
			t.Errorf("after %s: %s: %s", s.now.Sub(began), a.Reading.Cause, a.Reading.Text)
		}
		if f := finding(&a, DefragRunning, victim.name); f.Level != Notice || f.Resolving() {
			t.Errorf("after %s: %+v", s.now.Sub(began), f)
		}
	}
}
