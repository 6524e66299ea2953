package thresholds

import (
	"strings"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// TestWhyAMemberIsAway: of a host that refuses, ends or resets connections it is known that it answers; nothing is said to be down
// that is not known to be.
func TestWhyAMemberIsAway(t *testing.T) {
	t.Parallel()
	const hostDown = "its host, or the network to it, is down"
	tests := map[probe.ErrorKind]struct{ says, not, next string }{
		probe.ErrRefused:     {"its host answers, and etcd does not run there", hostDown, "Look why etcd stopped"},
		probe.ErrClosed:      {"its host answers, and the connection was ended", hostDown, "Look whether etcd runs on the host of etcd-2"},
		probe.ErrUnreachable: {hostDown, "its host answers", "Look whether the host of etcd-2 runs"},
		probe.ErrTimeout:     {"or the network swallows what is sent", "its host answers", "Look whether the host of etcd-2"},
	}
	for kind, test := range tests {
		s := newScene(t, 3, Options{})
		s.run(10*time.Second, nil)
		s.member(2).down = &probe.Error{Kind: kind, Text: "http://etcd-2:2379: " + kind.Words()}
		for _, after := range []time.Duration{time.Second, 20 * time.Second} {
			a := s.run(after, nil)
			told := a.Reading.Text + strings.Join(a.Reading.EvidenceTexts(), "\n")
			if !strings.Contains(told, test.says) || strings.Contains(told, test.not) || !strings.Contains(a.Reading.Next, test.next) {
				t.Errorf("%s, %s after: %s\nnext: %s\nwant %q, not %q, and %q", kind, after, told, a.Reading.Next, test.says, test.not, test.next)
			}
		}
	}
}
