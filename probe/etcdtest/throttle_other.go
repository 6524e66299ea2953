//go:build !linux

package etcdtest

import (
	"errors"
	"fmt"
	"time"
)

// limitCPU needs control groups, which only Linux has.
func limitCPU(int, float64, time.Duration) (lift func() error, err error) {
	return nil, fmt.Errorf("limiting the CPU of a process: %w", errors.ErrUnsupported)
}
