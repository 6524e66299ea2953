package probe

import (
	"os"
	"testing"

	"github.com/etcdoc/etcdoc/probe/etcdtest"
)

func TestMain(m *testing.M) {
	etcdtest.Main()
	os.Exit(m.Run())
}
