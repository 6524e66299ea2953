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
	holdFor  = flag.Duration("hold", 0,
		"let each row's cluster stand for so long once its fault is made, and print how to look at it")
	// The load of rows that do not set one.
	writesFlag = flag.Float64("writes", 0, "writes a second, for all rows; 0 is what each row says")
	trace      = flag.Bool("trace", false,
		"log what every sweep saw of every member, not only those of a row that fails")
)

func TestMain(m *testing.M) {
	etcdtest.Main()
	goleak.VerifyTestMain(m)
}
