//go:build faults

package faults

import (
	"flag"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/etcdoc/etcdoc/probe/etcdtest"
)

var (
	heavyFor = flag.Duration("heavy", time.Minute, "how long the control run under heavy load lasts")
	idleFor  = flag.Duration("idle", 90*time.Second, "how long the control run of an idle cluster lasts")
	trace    = flag.Bool("trace", false, "log what every sweep saw of every member, not only those of a row that fails")
)

func TestMain(m *testing.M) {
	etcdtest.Main()
	goleak.VerifyTestMain(m)
}
