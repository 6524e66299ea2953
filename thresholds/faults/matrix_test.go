//go:build faults

package faults

import (
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe/etcdtest"
	"github.com/etcdoc/etcdoc/thresholds"
)

// A row is a fault: the stage that it needs, and what happens on it.
type row struct {
	name    string
	setting setting
	play    func(*stage)
	length
}

// A length is roughly how long a row takes; -short leaves long ones out.
type length bool

const (
	brief length = false // half a minute at most
	long  length = true  // one to four minutes
)

// rows is the matrix.
func rows() []row {
	linked := setting{cluster: etcdtest.Config{PeerProxies: true}}
	linkedOfFive := setting{cluster: etcdtest.Config{PeerProxies: true, Size: 5}}
	at := func(writesPerSecond float64) setting { return setting{writesPerSecond: writesPerSecond} }
	smallQuota := etcdtest.Config{Args: []string{"--quota-backend-bytes=25165824"}}
	return []row{
		{"a follower is killed", setting{}, (*stage).killFollower, brief},
		{"the leader is killed", setting{}, (*stage).killLeader, brief},
		{"a follower is paused", setting{}, (*stage).pauseFollower, brief},
		{"a follower is restarted", setting{}, (*stage).restartFollower, brief},
		{"two of three are lost", setting{}, (*stage).loseTwo, brief},
		{"the leadership moves four times", setting{}, (*stage).moveLeader, brief},
		{"slow disk of a follower", setting{}, (*stage).slowFollowerDisk, brief},
		{"slow disk of the leader", setting{}, (*stage).slowLeaderDisk, long},
		{"slow disk of a follower, 2 puts/s", at(2), (*stage).slowFollowerDisk, long},
		{"slow disk of a follower, 200 puts/s", at(200), (*stage).slowFollowerDisk, long},
		{"slow disk of the leader, 2 puts/s", at(2), (*stage).slowLeaderDisk, long},
		{"slow disk of the leader, 200 puts/s", at(200), (*stage).slowLeaderDisk, long},
		{"slow disks of all", setting{}, (*stage).slowDisks, long},
		{"hung disk of a follower", at(20), (*stage).hungFollowerDisk, long},
		{"hung disk of the leader", at(20), (*stage).hungLeaderDisk, long},
		{"slow link of the leader and a follower", linked, (*stage).slowLink, long},
		{"briefly slow link of the leader and a follower", linked, (*stage).brieflySlowLink, long},
		{"slow links of a follower", linked, (*stage).slowLinks, long},
		{"60 ms more on the link of the leader and a follower", linked, (*stage).gentleLink, long},
		{"60 ms more on the links of a follower", linked, (*stage).gentleLinks, long},
		{"60 ms more on the link of two followers", linked, (*stage).gentleFollowersLink, long},
		{"slow link of two followers", linked, (*stage).slowFollowersLink, long},
		{"120 ms more on all links", linked, (*stage).slowNetwork, long},
		{"120 ms more on all links of five", linkedOfFive, (*stage).slowNetwork, long},
		{"120 ms more one way on all links", linked, (*stage).slowNetworkOneWay, long},
		{"slow one way from the leader", linked, (*stage).delayFromLeader, long},
		{"slow one way to the leader", linked, (*stage).delayToLeader, long},
		{"stalled one way from the leader", linked, (*stage).muteLeader, long},
		{"stalled one way to the leader", linked, (*stage).muteFollower, long},
		{"stalled one way between two followers", linked, (*stage).muteBetweenFollowers, long},
		{"cut link of two followers", linked, (*stage).cutFollowersLink, brief},
		{"cut link of the leader and a follower", linked, (*stage).cutLeadersLink, long},
		{"a follower is cut off", linked, (*stage).cutOffFollower, brief},
		{"quota exceeded", setting{cluster: smallQuota}, (*stage).exceedQuota, brief},
		{"an alarm is left over", setting{cluster: smallQuota}, (*stage).leftAlarm, brief},
		{"fragmentation", setting{}, (*stage).fragment, long},
		{"a learner is cut off", linked, (*stage).cutOffLearner, long},
		{"a removed member lingers in metrics", setting{cluster: etcdtest.Config{Size: 4}}, (*stage).removeMember,
			long},
		{"a removed member does not know it", setting{cluster: etcdtest.Config{Size: 4, PeerProxies: true}},
			(*stage).removeUnknowing, long},
		{"a member's clock is wrong", setting{cluster: etcdtest.Config{Metrics: true}, observe: wrongClocks(1)},
			(*stage).wrongClock, brief},
		{"the observer's clock is wrong", setting{cluster: etcdtest.Config{Metrics: true}, observe: wrongClocks(3)},
			(*stage).wrongObserverClock, brief},
		{"CPU starvation of a follower", setting{}, (*stage).starveFollower, long},
		{"CPU starvation of the leader", setting{}, (*stage).starveLeader, long},
		{"1% CPU for a follower, 2 puts/s", at(2), throttledFollower(quotaOf(0.01)), long},
		{"1% CPU for a follower", setting{}, throttledFollower(quotaOf(0.01)), long},
		{"3% CPU for a follower, 200 puts/s", at(200), throttledFollower(quotaOf(0.03)), long},
		{"1% CPU for the leader, 2 puts/s", at(2), throttledLeader(quotaOf(0.01)), long},
		{"5% CPU for the leader, 200 puts/s", at(200), throttledLeader(quotaOf(0.05)), long},
		{"5% CPU for a follower, 20 puts/s", at(20), throttledFollower(quotaOf(0.05)), long},
		{"5% of the time for a follower, 2 puts/s", at(2), throttledFollower(littleTime()), long},
		{"5% of the time for a follower", setting{}, throttledFollower(littleTime()), long},
		{"5% of the time for a follower, 200 puts/s", at(200), throttledFollower(littleTime()), long},
		{"5% of the time for the leader, 2 puts/s", at(2), throttledLeader(littleTime()), long},
		{"5% of the time for the leader, 200 puts/s", at(200), throttledLeader(littleTime()), long},
		{"late metrics", setting{observe: proxiedMetrics(false)}, (*stage).lateMetrics, long},
		{"metrics that hang from the start", setting{observe: proxiedMetrics(true), unhealthy: true},
			(*stage).hungMetrics,
			brief},
		{"metrics on each member's loopback",
			setting{cluster: etcdtest.Config{Metrics: true, GRPCOnly: true}, observe: loopbackMetrics, unhealthy: true},
			(*stage).metricsOfOne, brief},
		{"read storm", setting{}, (*stage).readStorm, long},
		{"lease churn", setting{}, (*stage).leaseChurn, long},
		{"large transactions", setting{}, (*stage).largeTransactions, long},
		{"watchers that do not read", setting{}, (*stage).stuckWatchers, long},
		{"a value differs", setting{}, (*stage).corruptFollower, brief},
		{"a value differs and hashes are compared", setting{observe: compareHashes}, (*stage).compareCorrupt, long},
		{"a second voter was never started", setting{cluster: etcdtest.Config{Size: 1}}, (*stage).unstartedSecond,
			brief},
		{"a fourth voter was never started", setting{}, (*stage).unstartedFourth, brief},
		{"a gRPC proxy is the endpoint", setting{observe: throughGRPCProxy(etcdtest.ListsItself), unhealthy: true},
			(*stage).observeProxy, brief},
		{"a gRPC proxy in front of one", setting{cluster: etcdtest.Config{Size: 1},
			observe: throughGRPCProxy(etcdtest.ListsItself), unhealthy: true}, (*stage).observeProxy, brief},
		{"a gRPC proxy that lists the members",
			setting{observe: throughGRPCProxy(etcdtest.ListsMembers), unhealthy: true},
			(*stage).observeThrough, brief},
		{"a balancer is the endpoint", setting{observe: throughBalancer, unhealthy: true}, (*stage).observeThrough,
			brief},
		{"endpoints of two clusters", setting{observe: besideAnotherCluster, unhealthy: true}, (*stage).twoClusters,
			brief},
		{"one client URL for all", setting{cluster: etcdtest.Config{Advertise: oneURL}, observe: firstEndpoint,
			unhealthy: true}, (*stage).unreachableOthers, brief},
		{"a follower behind a Service is killed", setting{make: ownAndService}, (*stage).killBehindService, brief},
		{"a peer port is an endpoint", setting{observe: withPeerPort, unhealthy: true}, (*stage).peerPortAsEndpoint,
			brief},
		{"peer ports are advertised", setting{cluster: etcdtest.Config{Advertise: peerURLs}, observe: firstEndpoint,
			unhealthy: true}, (*stage).peerPortsAdvertised, brief},
		{"nobody has an endpoint", setting{observe: withNobody, unhealthy: true}, wrongEndpoint("--endpoints"), brief},
		{"JWTs expire", setting{cluster: withJWT()}, (*stage).expireTokens, brief},
		{"tokens expire", setting{cluster: withTokens()}, (*stage).expireTokens, brief},
		{"a login on a busy host", setting{cluster: withTokens(), observe: busyFromTheStart, unhealthy: true},
			(*stage).logInWhileBusy, brief},
		{"a certificate expires in 3 days", setting{cluster: expiringCertificate(), unhealthy: true},
			(*stage).certificateExpires, brief},
		{"an expired client certificate", setting{cluster: mutualTLS(), observe: withExpiredPair, unhealthy: true},
			(*stage).renewClient, brief},
		{"an expired server certificate", setting{cluster: expiredServer(), unhealthy: true}, (*stage).serverExpired,
			brief},
		{"the certificate lacks the server's name",
			setting{cluster: mutualTLS(), observe: byOtherNames, unhealthy: true},
			(*stage).serverNameMissing, brief},
		{"write burst", setting{}, (*stage).burst, long},
		{"no backup", setting{observe: withBackup(0, 0), unhealthy: true}, judgeBackups(thresholds.BackupMissing), brief},
		{"the newest backup is a week old", setting{observe: withBackup(1, 7*24*time.Hour), unhealthy: true},
			judgeBackups(thresholds.BackupStale), brief},
		{"the newest backup is cut", setting{observe: withBackup(0.5, time.Hour), unhealthy: true},
			judgeBackups(thresholds.BackupCorrupt), brief},
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
