package thresholds

import (
	"strings"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// TestEtcdOfThisHost: where this host's files say how its etcd runs, the advice is about that: the unit it is in, and
// no network between.
func TestEtcdOfThisHost(t *testing.T) {
	t.Parallel()
	for _, u := range []string{"", "k3s", "rke2-server"} {
		for _, down := range []*probe.Error{errRefused, errTimeout} {
			s := newScene(t, 1, Options{Immediate: true})
			s.noMemberList, s.host = true, &probe.HostEtcd{Unit: u}
			m := s.member(1)
			m.down, m.unlisted, m.here = down, true, true
			a := s.run(10*time.Second, nil)
			says(t, u+" "+string(down.Kind), a.Reading.Text+"\n"+a.Reading.Next)
			all := a.Reading.Text + a.Reading.Next + a.Reading.Step
			for _, foreign := range []string{"The hosts answer", "its host is down", "can be reached", "firewall"} {
				if strings.Contains(all, foreign) {
					t.Errorf("%q, %s: %q in %s", u, down.Kind, foreign, all)
				}
			}
			if u != "" && strings.Contains(all, "kubelet") ||
				down == errRefused && !strings.Contains(all, "systemctl status "+unit(u).name()) {
				t.Errorf("%q, %s: %s", u, down.Kind, all)
			}
		}
	}
}
