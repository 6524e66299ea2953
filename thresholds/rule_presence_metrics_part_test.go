package thresholds

import (
	"strings"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// TestMetricsReadInPart: what came before an exposition broke off is judged, and it is said to be; only what did not come is called
// not judged.
func TestMetricsReadInPart(t *testing.T) {
	t.Parallel()
	timeout := &probe.Error{Kind: probe.ErrTimeout, Text: "http://etcd-2:2379/metrics: cut off after 5s"}
	tests := map[string]struct {
		why       *probe.Error
		all       bool // nothing that a rule needs is missing
		text, gap string
	}{
		"cut off, without the end": {timeout, false, "were cut off after 5 s: what came by then is judged", "memory-growth"},
		"cut off, all there":       {timeout, true, "were cut off after 5 s: what came by then is judged", ""},
		"the connection broke":     {&probe.Error{Kind: probe.ErrOther, Text: "unexpected EOF"}, false, "broke off (unexpected EOF): what came before is judged", "fd"},
	}
	for name, test := range tests {
		for _, immediate := range []bool{false, true} {
			s := newScene(t, 3, Options{Immediate: immediate})
			m := s.member(2)
			m.cutOff = test.why
			if !test.all { // the text is in the order of names
				m.metrics.OpenFDs, m.metrics.MaxFDs, m.metrics.ResidentBytes, m.metrics.StartTime = probe.Value{}, probe.Value{}, probe.Value{}, probe.Value{}
			}
			a := s.run(30*time.Second, func() { s.work(50, quickFsync) })
			if a.Reading.Cause != CauseMetrics || !strings.Contains(a.Reading.Text, test.text) || strings.Contains(a.Reading.Text, "are not judged there") || strings.Contains(a.Reading.Text, "can't be read") {
				t.Errorf("%s: %s: %s", name, a.Reading.Cause, a.Reading.Text)
			}
			if !a.Members[1].Stands(WALFsyncP99) || finding(&a, WALFsyncSlow, "etcd-2").Level != OK {
				t.Errorf("%s: what came is not judged: %+v", name, finding(&a, WALFsyncSlow, "etcd-2"))
			}
			gaps := strings.Join(a.Reading.NotLookedAt, "\n")
			if strings.Contains(gaps, "did not come") == test.all || !strings.Contains(a.Reading.Text, test.gap) || !strings.Contains(gaps, test.gap) {
				t.Errorf("%s: says %q, and not looked at: %s", name, a.Reading.Text, gaps)
			}
			wellPut(t, &a)
		}
	}
}

// TestMetricsReadInPartLongAgo: an exposition that broke off and is too old says nothing any more.
func TestMetricsReadInPartLongAgo(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.member(2).cutOff = &probe.Error{Kind: probe.ErrTimeout, Text: "cut off after 5s"}
	s.run(20*time.Second, nil)
	s.member(2).cutOff, s.member(2).noMetrics = nil, errRefused
	a := s.run(60*time.Second, nil)
	if !strings.Contains(a.Reading.Text, "The metrics of etcd-2 can't be read: connection refused. Disk, network and proposals are not judged there") {
		t.Errorf("%s", a.Reading.Text)
	}
}
