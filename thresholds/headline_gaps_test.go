package thresholds

import "testing"

// TestHeadlinesCountWhatElse: what is counted besides a named gap is more, and whatever is counted has a noun.
func TestHeadlinesCountWhatElse(t *testing.T) {
	t.Parallel()
	disk := func(member string) gap { return gap{GroundSurvivors, "but its disk is slow", member + ": disk slow"} }
	ill := gap{GroundHealth, "one is not healthy", "etcd-5 not healthy at all, as it seems"}
	down := gap{GroundIncident, "not while an incident runs", "etcd-1 is down"}
	commits := gap{GroundCommitLatency, "commits are slow", "commits would be slow"}
	for _, test := range []struct {
		of   func([]gap) string
		gaps []gap
		want string
	}{
		{risksHeadline, []gap{disk("etcd-2")}, "etcd-2: disk slow"},
		{risksHeadline, []gap{disk("etcd-2"), disk("etcd-3")}, "etcd-2: disk slow, 1 more impaired"},
		{risksHeadline, []gap{down, disk("etcd-2"), disk("etcd-3")}, "etcd-1 is down, 2 members impaired"},
		{risksHeadline, []gap{down, ill, commits, disk("etcd-2")}, "etcd-1 is down, and 3 more risks"},
		{risksHeadline, []gap{ill, ill, down, commits, disk("etcd-2")}, "2 not healthy, and 3 more risks"},
		{missingHeadline, []gap{{GroundMembership, "", "whether all are voters is not confirmed"}, ill, disk("etcd-2")},
			"voters not confirmed, 2 more facts"},
	} {
		if got := test.of(test.gaps); got != test.want {
			t.Errorf("%q, want %q", got, test.want)
		}
	}
}
