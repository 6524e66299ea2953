package thresholds

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// TestWhyAMemberIsDown: a host that refuses, ends or resets connections answers, and the text says so. Nothing is
// called down unless it is known to be.
func TestWhyAMemberIsDown(t *testing.T) {
	t.Parallel()
	for _, kind := range []probe.ErrorKind{probe.ErrRefused, probe.ErrClosed, probe.ErrUnreachable, probe.ErrTimeout} {
		s := newScene(t, 3, Options{})
		s.run(10*time.Second, nil)
		s.member(2).down = &probe.Error{Kind: kind, Text: "http://etcd-2:2379: " + kind.Words()}
		for _, after := range []time.Duration{time.Second, 20 * time.Second} {
			a := s.run(after, nil)
			wantBlamed(t, &a, "etcd-2")
			says(t, fmt.Sprintf("%s, %v after", kind, after),
				strings.Join(append([]string{a.Reading.Text, a.Reading.Next}, a.Reading.EvidenceTexts()...), "\n"))
		}
	}
}
