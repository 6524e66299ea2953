//go:build faults

package faults

import (
	"context"

	"github.com/etcdoc/etcdoc/thresholds"
)

const (
	// burstWriters is how many clients write as fast as they can.
	burstWriters = 256
	// usualSweeps is how long the usual load runs first: a burst is relative to it.
	usualSweeps = 60
	// burstSweeps is how long the burst lasts.
	burstSweeps = 45
)

func (s *stage) burst() {
	o := outcome{cause: thresholds.CauseBurst, sweeps: 60}
	s.observer.at(s.ctx, usualSweeps)
	var stop func()
	s.change("let everybody write", func(context.Context) error {
		stop = s.load.burst(s.T, burstWriters)
		return nil
	})
	s.expect(o)
	s.expectNothingElse(outcome{what: "it goes on", cause: o.cause}, s.began+burstSweeps)
	s.change("end the burst", func(context.Context) error { stop(); return nil })
	s.expectRecovery(o)
}
