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
	length
}

// A length is how long a row takes, about: long rows are left out with -short.
type length bool

const (
	brief length = false // half a minute at most
	long  length = true  // one to four minutes
)

// rows is the matrix.
func rows() []row {
	linked := setting{cluster: etcdtest.Config{PeerProxies: true}}
	return []row{
		{"a follower is killed", setting{}, (*stage).killFollower, brief},
		{"the leader is killed", setting{}, (*stage).killLeader, brief},
		{"a follower is paused", setting{}, (*stage).pauseFollower, brief},
		{"a follower is restarted", setting{}, (*stage).restartFollower, brief},
		{"two of three are lost", setting{}, (*stage).loseTwo, brief},
		{"the leadership moves four times", setting{}, (*stage).moveLeader, brief},
		{"slow disk of a follower", setting{}, (*stage).slowFollowerDisk, brief},
		{"slow disk of the leader", setting{}, (*stage).slowLeaderDisk, long},
		{"slow disks of all", setting{}, (*stage).slowDisks, long},
		{"slow link of the leader and a follower", linked, (*stage).slowLink, long},
		{"slow links of a follower", linked, (*stage).slowLinks, long},
		{"cut link of two followers", linked, (*stage).cutFollowersLink, brief},
		{"cut link of the leader and a follower", linked, (*stage).cutLeadersLink, long},
		{"a follower is cut off", linked, (*stage).cutOffFollower, brief},
		{"quota exceeded", setting{cluster: etcdtest.Config{Args: []string{"--quota-backend-bytes=25165824"}}}, (*stage).exceedQuota, brief},
		{"fragmentation", setting{}, (*stage).fragment, long},
		{"a learner is cut off", linked, (*stage).cutOffLearner, long},
		{"a removed member lingers in metrics", setting{cluster: etcdtest.Config{Size: 4}}, (*stage).removeMember, long},
		{"a removed member does not know it", setting{cluster: etcdtest.Config{Size: 4, PeerProxies: true}}, (*stage).removeUnknowing, long},
		{"a member's clock is wrong", setting{cluster: etcdtest.Config{Metrics: true}, observe: wrongClocks(1)}, (*stage).wrongClock, brief},
		{"the observer's clock is wrong", setting{cluster: etcdtest.Config{Metrics: true}, observe: wrongClocks(3)}, (*stage).wrongObserverClock, brief},
		{"CPU starvation of a follower", setting{}, (*stage).starveFollower, long},
		{"CPU starvation of the leader", setting{}, (*stage).starveLeader, long},
		{"a certificate expires in 3 days", setting{cluster: expiringCertificate(), ailing: true}, (*stage).certificateExpires, brief},
		{"write burst", setting{}, (*stage).burst, long},
	}
}

func TestFaultMatrix(t *testing.T) {
	table := &report{}
	defer func() { t.Logf("the fault matrix:\n%s", table) }()
	for _, r := range rows() {
		t.Run(r.name, func(t *testing.T) {
			if r.length == long && testing.Short() {
				t.Skip("it takes long")
			}
			r.play(newStage(t, table, r.name, r.setting))
		})
	}
}
