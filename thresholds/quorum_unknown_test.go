package thresholds

import (
	"testing"

	"github.com/etcdoc/etcdoc/probe"
)

// TestUnknownVoters: voters whose health is not known are counted apart, and how many more may fail is no number then.
func TestUnknownVoters(t *testing.T) {
	t.Parallel()
	denied := &probe.Error{Kind: probe.ErrPermission, Text: "permission denied"}
	for name, test := range map[string]struct {
		voters           int
		change           func(*scene)
		healthy, unknown int
		tolerance        probe.Value
		line             string
	}{
		"all healthy": {3, func(*scene) {}, 3, 0, probe.Known(1), "3/3 voters healthy, quorum 2"},
		"one down":    {3, func(s *scene) { s.kill(3) }, 2, 0, probe.Known(0), "2/3 voters healthy, quorum 2"},
		"quorum lost": {5, func(s *scene) { s.kill(3, 4, 5) }, 2, 0, probe.Known(-1), "2/5 voters healthy, quorum 3"},
		"two out of reach": {3, func(s *scene) { s.elsewhere(2, 3) }, 1, 2, probe.Value{},
			"1/3 voters seen healthy, 2 out of reach from here, quorum 2"},
		"one denies, one is out of reach": {5, func(s *scene) { s.elsewhere(5); s.member(4).down = denied }, 3, 2,
			probe.Value{}, "3/5 voters seen healthy, 2 not known, quorum 3"},
		"no member list": {3, func(s *scene) { s.noMemberList = true }, 3, 0, probe.Value{}, ""},
	} {
		s := newScene(t, test.voters, Options{})
		s.observe()
		test.change(s)
		a := s.observe()
		c := &a.Cluster
		if c.HealthyVoters != test.healthy || c.UnknownVoters != test.unknown || c.Tolerance() != test.tolerance {
			t.Errorf("%s: %d healthy, %d unknown, %s may fail", name, c.HealthyVoters, c.UnknownVoters, c.Tolerance())
		}
		if want := test.line + ", leader etcd-1, term 7"; test.line != "" && a.ClusterLine() != want {
			t.Errorf("%s: %q, want %q", name, a.ClusterLine(), want)
		}
	}
}
