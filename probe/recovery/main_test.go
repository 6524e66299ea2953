package recovery_test

import (
	"flag"
	"os"
	"testing"

	"github.com/etcdoc/etcdoc/probe/etcdtest"
)

// sequences is how many random kill sequences are tried: make test-recover has 200.
var sequences = flag.Int("sequences", 10, "how many random kill sequences")

// firstSeed is that of the first sequence, to try one again that failed.
var firstSeed = flag.Uint64("seed", 1, "seed of the first kill sequence")

func TestMain(m *testing.M) {
	etcdtest.Main()
	os.Exit(m.Run()) //nolint:forbidigo // this is the test's main
}
