//go:build !linux

package etcdtest_test

import (
	"testing"

	"github.com/etcdoc/etcdoc/probe/etcdtest"
)

// heldBack cannot find out on this system.
func heldBack(*testing.T, int, etcdtest.Throttling) bool { return false }
