package agent

import (
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/thresholds"
)

// TestHeading: an agent that asks its member alone heads its page with that, not with a cluster that it can't judge.
func TestHeading(t *testing.T) {
	t.Parallel()
	a := New(testOptions(nil, new(lines), time.Hour))
	of := func(level thresholds.Level, listed bool) *thresholds.Assessment {
		assessment := &thresholds.Assessment{Level: level, Members: []thresholds.Member{{}}}
		assessment.Members[0].Label, assessment.Reading.Headline = "etcd-1", "the cluster's"
		assessment.Cluster.MemberListKnown = listed
		return assessment
	}
	const alone = "etcd-1 alone is judged here, not the cluster"
	for _, c := range []struct {
		of       *thresholds.Assessment
		level    thresholds.Level
		headline string
	}{
		{of(thresholds.Unknown, false), thresholds.OK, alone},
		{of(thresholds.Unknown, true), thresholds.Unknown, "the cluster's"},
		{of(thresholds.Critical, false), thresholds.Critical, "the cluster's"},
	} {
		if level, headline := a.heading(c.of); level != c.level || headline != c.headline {
			t.Errorf("%s: %s, want %s: %s", level, headline, c.level, c.headline)
		}
	}
}
