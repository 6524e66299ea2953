package probe

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/etcdoc/etcdoc/probe/etcdtest"
)

func TestMain(m *testing.M) {
	etcdtest.Main()
	goleak.VerifyTestMain(m)
}
