package thresholds

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// TestMetricsReadInPart: what arrived before an exposition broke off is judged, and a finding reports the break; only
// what did not arrive is not judged.
func TestMetricsReadInPart(t *testing.T) {
	t.Parallel()
	timeout := &probe.Error{Kind: probe.ErrTimeout, Text: "http://etcd-2:2379/metrics: cut off after 5s"}
	tests := map[string]struct {
		why *probe.Error
		all bool // nothing that a rule needs is missing
	}{
		"cut off, without the end": {timeout, false},
		"cut off, all there":       {timeout, true},
		"the connection broke":     {&probe.Error{Kind: probe.ErrOther, Text: "unexpected EOF"}, false},
	}
	for name, test := range tests {
		for _, immediate := range []bool{false, true} {
			s := newScene(t, 3, Options{Immediate: immediate})
			m := s.member(2)
			m.cutOff = test.why
			if !test.all { // the text is in the order of names
				m.metrics.OpenFDs = probe.Value{}
				m.metrics.MaxFDs = probe.Value{}
				m.metrics.ResidentBytes = probe.Value{}
				m.metrics.StartTime = probe.Value{}
			}
			a := s.run(30*time.Second, func() { s.work(50, quickFsync) })
			if a.Reading.Cause != CauseMetrics {
				t.Errorf("%s: %s: %s", name, a.Reading.Cause, a.Reading.Text)
			}
			wantBlamed(t, &a, "etcd-2")
			if !a.Members[1].Stands(WALFsyncP99) || finding(&a, WALFsyncSlow, "etcd-2").Level != OK {
				t.Errorf("%s: the part that arrived is not judged: %+v", name, finding(&a, WALFsyncSlow, "etcd-2"))
			}
			says(t, fmt.Sprintf("%s, immediate %t", name, immediate),
				a.Reading.Text+"\n"+strings.Join(a.Reading.NotLookedAt, "\n"))
			checkReading(t, &a)
		}
	}
}

// TestMetricsReadInPartLongAgo: a partial exposition that is too old counts for nothing.
func TestMetricsReadInPartLongAgo(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.member(2).cutOff = &probe.Error{Kind: probe.ErrTimeout, Text: "cut off after 5s"}
	s.run(20*time.Second, nil)
	s.member(2).cutOff, s.member(2).noMetrics = nil, errRefused
	a := s.run(60*time.Second, nil)
	wantReading(t, &a, CauseMetrics)
	wantBlamed(t, &a, "etcd-2")
	saysReading(t, &a)
}
