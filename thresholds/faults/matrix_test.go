//go:build faults

package faults

import (
	"testing"

	"github.com/etcdoc/etcdoc/probe/etcdtest"
)

// A row is a fault: the stage it needs, and what happens there.
type row struct {
	name    string
	setting setting
	play    func(*stage)
}

// rows is the matrix.
func rows() []row {
	linked := setting{cluster: etcdtest.Config{PeerProxies: true}}
	return []row{
		{"a follower is killed", setting{}, (*stage).killFollower},
		{"the leader is killed", setting{}, (*stage).killLeader},
		{"a follower is paused", setting{}, (*stage).pauseFollower},
		{"a follower is restarted", setting{}, (*stage).restartFollower},
		{"two of three are lost", setting{}, (*stage).loseTwo},
		{"the leadership moves four times", setting{}, (*stage).moveLeader},
		{"slow disk of a follower", setting{}, (*stage).slowFollowerDisk},
		{"slow disk of the leader", setting{}, (*stage).slowLeaderDisk},
		{"slow disks of all", setting{}, (*stage).slowDisks},
		{"slow link of the leader and a follower", linked, (*stage).slowLink},
		{"slow links of a follower", linked, (*stage).slowLinks},
		{"cut link of two followers", linked, (*stage).cutFollowersLink},
		{"cut link of the leader and a follower", linked, (*stage).cutLeadersLink},
		{"a follower is cut off", linked, (*stage).cutOffFollower},
		{"quota exceeded", setting{cluster: etcdtest.Config{Args: []string{"--quota-backend-bytes=25165824"}}}, (*stage).exceedQuota},
		{"fragmentation", setting{}, (*stage).fragment},
		{"a learner is cut off", linked, (*stage).cutOffLearner},
		{"a removed member lingers in metrics", setting{cluster: etcdtest.Config{Size: 4}}, (*stage).removeMember},
		{"a removed member does not know it", setting{cluster: etcdtest.Config{Size: 4, PeerProxies: true}}, (*stage).removeUnknowing},
		{"a member's clock is wrong", setting{cluster: etcdtest.Config{Metrics: true}, observe: wrongClocks(1)}, (*stage).wrongClock},
		{"the observer's clock is wrong", setting{cluster: etcdtest.Config{Metrics: true}, observe: wrongClocks(3)}, (*stage).wrongObserverClock},
		{"CPU starvation of a follower", setting{}, (*stage).starveFollower},
		{"CPU starvation of the leader", setting{}, (*stage).starveLeader},
		{"a certificate expires in 3 days", setting{cluster: expiringCertificate()}, (*stage).certificateExpires},
		{"write burst", setting{}, (*stage).burst},
	}
}

func TestFaultMatrix(t *testing.T) {
	table := &report{}
	defer func() { t.Logf("the fault matrix:\n%s", table) }()
	for _, r := range rows() {
		t.Run(r.name, func(t *testing.T) {
			r.play(newStage(t, table, r.name, r.setting))
		})
	}
}
