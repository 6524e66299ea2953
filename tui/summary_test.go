package tui

import (
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

func TestSummary(t *testing.T) {
	c := scenario{members: 3, sweeps: 120, fault: func(ago time.Duration, s *probe.Sweep, w *world) {
		switch {
		case ago == 60*time.Second:
			s.Marks = []probe.Mark{{At: s.At, Text: "drain etcd-2"}}
		case ago < 60*time.Second && ago >= 57*time.Second:
			w.leader, w.term = 2, 43
			for j := range s.Members {
				leaderless(s, j)
			}
		case ago < 57*time.Second && ago > 30*time.Second:
			down(s, 1)
		case ago == 0:
			w.slow[0] = 0.12
		}
	}}
	want := `etcdoc watched prod-eu1 for 1m59s: 120 sweeps, 14:30:08Z to 14:32:07Z
  at the end  ok  3 of 3 voters healthy, quorum 2, leader etcd-3 (worst level seen: WARN)
  leader      1 change, 3s without a leader (give or take 1s)
  events      7, 1 mark
  worst   WAL p99  COMMIT p99    PEND     LAG      DB  DB USED     DOWN
  etcd-1    7.6ms        15ms       2       3    1.9G      24%        -
  etcd-2    7.6ms        15ms       2       3    1.9G      24%      26s
  etcd-3    7.6ms        15ms       2       3    1.9G      24%        -
`
	if got := feed(t, newTestModel(t, nil), c, 80, 24).summary(); got != want {
		t.Errorf("the summary is\n%s\nwant\n%s", got, want)
	}
}

func TestSummaryOfNothing(t *testing.T) {
	want := "etcdoc saw no answer of 10.0.3.11:2379, 10.0.3.12:2379, 10.0.3.13:2379 in 3s.\n"
	if got := newTestModel(t, nil).summary(); got != want {
		t.Errorf("the summary is %q, want %q", got, want)
	}
}
