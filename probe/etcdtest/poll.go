package etcdtest

import (
	"context"
	"fmt"
	"time"
)

const (
	pollInterval = 20 * time.Millisecond
	// pollTimeout bounds one attempt, so that a missing answer does not hide a later one.
	pollTimeout = 2 * time.Second
)

// poll calls condition until it succeeds or ctx ends; then the error has ctx's cause and condition's last error.
func poll(ctx context.Context, condition func(context.Context) error) error {
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	var last error
	for {
		attempt, cancel := context.WithTimeout(ctx, pollTimeout)
		err := condition(attempt)
		cancel()
		if err == nil {
			return nil
		}
		if ctx.Err() == nil {
			last = err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			if last == nil {
				return context.Cause(ctx)
			}
			return fmt.Errorf("%w (%w)", context.Cause(ctx), last)
		}
	}
}
