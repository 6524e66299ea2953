//go:build faults

package faults

import "context"

// burstWriters is how many clients write as fast as they can.
const burstWriters = 256

func (s *stage) burst() {
	o := outcome{cause: "write-burst", sweeps: 60}
	var stop func()
	s.change("let everybody write", func(context.Context) error {
		stop = s.load.burst(s.T, burstWriters)
		return nil
	})
	s.expect(o)
	s.change("end the burst", func(context.Context) error { stop(); return nil })
	s.expectRecovery(o)
}
