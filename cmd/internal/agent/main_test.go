package agent

import (
	"testing"

	"github.com/etcdoc/etcdoc/probe/etcdtest"
)

func TestMain(m *testing.M) {
	etcdtest.Main()
	m.Run()
}
