package probe

import (
	"flag"
	"fmt"
	"io"
	"os"
	"testing"

	"go.uber.org/goleak"
	"google.golang.org/grpc/grpclog"

	"github.com/etcdoc/etcdoc/probe/etcdtest"
)

// Tests share these clusters and must leave them unchanged.
var (
	threeMembers = etcdtest.Shared{Config: etcdtest.Config{Size: 3}}
	oneMember    = etcdtest.Shared{Config: etcdtest.Config{Size: 1}}
	mutualTLS    = etcdtest.Shared{Config: etcdtest.Config{Size: 1, TLS: etcdtest.MutualTLS}}
)

// A run executes all tests and then stops the shared clusters.
type run struct{ *testing.M }

func (r run) Run() int {
	code := r.M.Run()
	for _, c := range []*etcdtest.Shared{&threeMembers, &oneMember, &mutualTLS} {
		if err := c.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	return code
}

func TestMain(m *testing.M) {
	etcdtest.Main()
	grpclog.SetLoggerV2(grpclog.NewLoggerV2(io.Discard, io.Discard, io.Discard)) // as etcdoc's main does
	// Tests of clusters mostly wait, but a login under the race detector keeps a CPU busy. The flag overrides this.
	_ = flag.Set("test.parallel", "2")
	goleak.VerifyTestMain(run{m})
}
