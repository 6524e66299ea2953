package thresholds

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

func TestReadings(t *testing.T) {
	t.Parallel()
	fast := func(s *scene) { s.work(50, 2*time.Millisecond) }
	slowOn := func(d time.Duration, members ...int) func(*scene) {
		return func(s *scene) {
			for i, m := range s.members {
				if slices.Contains(members, i+1) {
					m.fsync(50, d)
				} else {
					m.fsync(50, 2*time.Millisecond)
				}
			}
		}
	}
	tests := map[string]struct {
		direct func(*scene) // at the beginning
		act    func(*scene) // before each sweep
		cause  Cause
		text   []string
	}{
		"healthy": {nil, fast, CauseHealthy, []string{"3 of 3 voters are healthy, quorum needs 2: 1 can be lost"}},
		"one slow disk": {nil, slowOn(300*time.Millisecond, 2), CauseSlowDisk,
			[]string{"The disk of etcd-2 is slow: WAL fsync p99 is 509 ms; its peers: etcd-1 2.0 ms, etcd-3 2.0 ms"}},
		"one disk a little slow": {nil, slowOn(12*time.Millisecond, 3), CauseSlowDisk, []string{"The disk of etcd-3 is slower than etcd's documentation recommends"}},
		"one disk slow, the others over the recommendation": {nil, func(s *scene) {
			s.member(1).fsync(50, 14*time.Millisecond)
			s.member(2).fsync(50, 300*time.Millisecond)
			s.member(3).fsync(50, 20*time.Millisecond)
		}, CauseSlowDisk, []string{"The disk of etcd-2 is slow", "its peers: etcd-1 16 ms, etcd-3 32 ms"}},
		"two slow disks": {nil, slowOn(300*time.Millisecond, 1, 2), CauseSlowDisk, []string{"The disks of etcd-1 and etcd-2 are slow", "their peers: etcd-3 2.0 ms"}},
		"all disks slow": {nil, slowOn(300*time.Millisecond, 1, 2, 3), CauseSlowDisks, []string{"The disks are slow, and alike"}},
		"slow beside nearly as slow": {nil, func(s *scene) {
			s.member(1).fsync(47, 6*time.Millisecond)
			s.member(1).fsync(3, 10*time.Millisecond)
			s.member(2).fsync(47, 6*time.Millisecond)
			s.member(2).fsync(3, 10*time.Millisecond)
			s.member(3).fsync(50, 7*time.Millisecond)
		}, CauseSlowDisks, []string{"alike"}},
		"down":                {func(s *scene) { s.member(2).down = errRefused }, fast, CauseMemberDown, []string{"etcd-2 is down for", "connection refused", "none can be lost"}},
		"hung":                {func(s *scene) { s.member(2).hung = s.now }, fast, CauseMemberHung, []string{"etcd-2 has not answered for"}},
		"quorum lost":         {func(s *scene) { s.member(1).down, s.member(2).down = errRefused, errRefused }, fast, CauseQuorumLost, []string{"1 of 3 voters are healthy, 2 are needed"}},
		"leaderless":          {func(s *scene) { s.elect(0) }, nil, CauseNoLeader, []string{"There is no leader: 3 of 3 voters answer"}},
		"cut off":             {func(s *scene) { s.member(3).status.Leader = 0 }, nil, CauseCutOff, []string{"etcd-3 knows no leader while 2 others do"}},
		"no space":            {func(s *scene) { s.member(1).status.Alarms = []probe.Alarm{{Type: "NOSPACE", Member: s.member(1).id}} }, fast, CauseNoSpace, []string{"NOSPACE raised by etcd-1"}},
		"corrupt":             {func(s *scene) { s.member(1).status.Alarms = []probe.Alarm{{Type: "CORRUPT", Member: s.member(1).id}} }, fast, CauseCorruption, []string{"CORRUPT raised by etcd-1"}},
		"quota":               {func(s *scene) { s.member(1).status.DBSizeBytes = 7 << 30 }, fast, CauseQuotaNear, []string{"7 GiB on disk, 88 % of its quota of 8 GiB"}},
		"queue":               {func(s *scene) { s.member(1).metrics.ProposalsPending = probe.Known(150) }, fast, CauseNotClear, []string{"Cause not clear: ", "150 proposals are waiting"}},
		"lag":                 {func(s *scene) { lag(s, 1, 6000) }, fast, CauseApplyLag, []string{"6000 committed entries"}},
		"no metrics":          {func(s *scene) { s.member(1).noMetrics = errRefused }, fast, CauseMetrics, []string{"The metrics of etcd-1 can't be read: connection refused"}},
		"nobody":              {func(s *scene) { down(s, errRefused) }, nil, CauseUnreachable, []string{"None of the 3 members answers: etcd-1: connection refused."}},
		"nobody is trusted":   {func(s *scene) { down(s, &probe.Error{Kind: probe.ErrTLS, Text: "unknown authority"}) }, nil, CauseNotTrusted, []string{"unknown authority"}},
		"nobody lets us know": {func(s *scene) { down(s, &probe.Error{Kind: probe.ErrPermission, Text: "permission denied"}) }, nil, CauseNotTrusted, []string{"permission denied"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, 3, Options{})
			s.observe()
			if test.direct != nil {
				test.direct(s)
			}
			a := s.run(50*time.Second, func() {
				if test.act != nil {
					test.act(s)
				}
			})
			r := a.Reading
			if r.Cause != test.cause {
				t.Errorf("blames %s (%s), want %s", r.Cause, r.Text, test.cause)
			}
			for _, want := range test.text {
				if !strings.Contains(r.Text, want) {
					t.Errorf("says %q, want %q in it", r.Text, want)
				}
			}
			if r.Cause != CauseHealthy && (r.Next == "" || len(r.Evidence) == 0) {
				t.Errorf("without evidence or what to do next: %+v", r)
			}
			if len(r.NotLookedAt) == 0 || strings.Contains(r.Text, "..") || strings.Contains(r.Text, "  ") {
				t.Errorf("badly put: %+v", r)
			}
		})
	}
}

func down(s *scene, err *probe.Error) {
	for _, m := range s.members {
		m.down = err
	}
}

// TestNamedIn: a name is a word, and not the letters of one.
func TestNamedIn(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		label, text string
		want        bool
	}{
		{"etcd-1", "etcd-1 is down", true}, {"etcd-1", "no answer from etcd-1.", true}, {"etcd-1", "etcd-10 and etcd-1: both", true},
		{"etcd-1", "etcd-10 is down", false}, {"etcd-1", "my-etcd-1 is down", false}, {"etcd", "etcd-1 is down", false},
		{"b", "its metrics can't be read", false}, {"b", "b: it is hung", true}, {"http://10.0.0.1:2379", "http://10.0.0.1:2379 is down", true},
		{"", "etcd-1 is down", false}, {"0", "100 ms", false}, {"1", "11 of 12", false}, {"s", "quorum loss", false}, {"1", "11 of 1", true},
	} {
		if got := (MemberRef{Label: test.label}).NamedIn(test.text); got != test.want {
			t.Errorf("%q names %q: %t, want %t", test.text, test.label, got, test.want)
		}
	}
}
