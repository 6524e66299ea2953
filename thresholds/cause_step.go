package thresholds

import (
	"fmt"
	"strings"
)

// firstSteps are the first thing to do about a finding by each rule, in at most [StepWidth] columns; %s is the member.
// Nothing needs to be done where there is none.
var firstSteps = map[RuleID]string{
	ClusterUnreachable:       "Check from here that the endpoints are right and can be reached",
	QuorumLost:               "Bring the old members back first: processes, hosts, network",
	ClusterForked:            "Find out which of the two clusters clients use; stop none before",
	TwoLeaders:               "Stop the writes, and copy every member's data directory",
	ClusterIDMismatch:        "Give the endpoints of one cluster only (--endpoints)",
	MemberListMismatch:       "Compare what each member lists: etcdctl member list",
	QuorumAtRisk:             "Lose no other member: stop drains, upgrades and reboots",
	AlarmCorrupt:             "Compare the members' data: etcdoc check --hash",
	AlarmNoSpace:             "Compact, defragment each member, then etcdctl alarm disarm",
	HashMismatch:             "Save a snapshot of another member, then replace %s",
	MemberUnreachable:        "Look at the etcd process and the host of %s",
	EndpointStray:            "Name the members' own client URLs with --endpoints",
	MemberLate:               "On %s: top, ps -o stat,wchan -C etcd (D: disk)",
	MemberUndumped:           "Find out which member has no dump (etcdctl member list)",
	NoLeader:                 "Check peer port 2380 between %s and its peers",
	VoterUnhealthy:           "Look at etcd's log, disk and peer links on %s",
	FollowerStuck:            "Look at the disk of %s, and the link with the leader",
	LearnerStuck:             "Look at the disk of %s, and the link with the leader",
	MetricsUnavailable:       "Look whether the metrics of %s can be reached",
	DefragRunning:            "Wait until the defragmentation of %s has ended",
	WALFsyncSlow:             "On %s: iostat -x 1; find what else writes there",
	BackendCommitSlow:        "On %s: iostat -x 1; find who writes large values",
	PeerDisconnected:         "Check peer port 2380 between %s and its peers",
	PeerSendFailing:          "Check peer port 2380 between %s and its peers",
	PeerRTTSlow:              "On %s: mtr -rwc 50 PEER; find what fills the link",
	LinkGrown:                "On %s: mtr -rwc 50 PEER; find what fills the link",
	HeartbeatsFailing:        "On %s: iostat -x 1 and top, for a slow disk or CPU",
	ApplyLagging:             "On %s: iostat -x 1, top; look for large transactions",
	FollowerLagging:          "Look at the disk of %s, and the link with the leader",
	SnapshotInFlight:         "Look at the receiver's disk, and its link with the leader",
	ProposalsQueued:          "Look at the disks (iostat -x 1), then at who writes",
	ProposalsFailing:         "Look for the leader, then at etcd's log on %s",
	AppliesSlow:              "On %s: iostat -x 1, top; look for large requests",
	ReadIndexesSlow:          "Look at the link between %s and the leader",
	LinearizableReadSlow:     "Look at the link between %s and the leader",
	SerializableReadSlow:     "On %s: top, iostat -x 1; from here: ping the host",
	AnswersSlow:              "On %s: top, cat /proc/pressure/cpu, container limit",
	LeaderChanging:           "Search etcd's log for \"lost leader\"; check disks, CPU, links",
	DBQuotaNear:              "Find what fills the database of %s; then compact",
	DBLarge:                  "Find what fills the database of %s",
	DBGrowing:                "Find who writes to %s, before the quota is reached",
	DBFragmented:             "Defragment %s when it is calm: etcdctl defrag",
	CompactionStalled:        "Look at what compacts: kube-apiserver, --auto-compaction-mode",
	GRPCFailing:              "Look at the codes, and at etcd's log on %s",
	GRPCSlow:                 "Compare with fsync on %s, then look who asks",
	GRPCRangeSlow:            "Find the client of %s that lists without a limit",
	GRPCTxnSlow:              "On %s: iostat -x 1; find large transactions",
	RequestsMany:             "Find the clients of %s: ss -tn on the host",
	WatchBacklog:             "Find watch clients of %s that read late: ss -tn",
	LeasesChurning:           "Find who takes a lease for each key through %s",
	FDsExhausted:             "Raise LimitNOFILE of %s; ss -tn: who is connected",
	MemoryGrowing:            "Look what grows on %s: watchers, events, database",
	CertificateExpiring:      "Renew the certificate of %s",
	ClockDrifting:            "On %s: chronyc tracking (timedatectl)",
	VersionBad:               "Upgrade %s within the minor version, the leader last",
	MemberRestarted:          "Look at the last log lines of %s before the start",
	StorageVersionDiffers:    "Search the log of %s for \"storage version\"",
	DowngradeEnabled:         "Finish the downgrade, or cancel it: etcdctl downgrade cancel",
	VersionsMixed:            "Finish the upgrade, one member at a time, the leader last",
	SizesDiverging:           "Compare the members' data: etcdoc check --hash",
	LearnersPresent:          "Promote the learner once it has caught up, or remove it",
	VotersEven:               "Add a voter, or remove one",
	SingleMember:             "Keep backups (etcdctl snapshot save), or add two voters",
	VotersMany:               "Remove voters until seven are left, or five",
	AuthorityExpiring:        "Plan for a new CA that members and clients trust beside the old",
	ClientCertificateExpires: "Renew etcdoc's client certificate: kubeadm certs renew",
	ObserverClock:            "On this host: chronyc tracking, or timedatectl timesync-status",
}

// firstStep is the first thing to do about a finding; empty if it can't be judged and time alone helps.
func firstStep(f *Finding) string {
	step := firstSteps[f.Rule]
	if f.Level == Unknown {
		step = map[Why]string{
			WhyLate:       "Look at the CPU of %s, and at the way there",
			WhyUnreadable: firstSteps[MetricsUnavailable],
			WhyDown:       firstSteps[MemberUnreachable],
			WhyOutOfReach: "Check the way from here to %s",
			WhyRefused:    "Let etcdoc log in as a user that may read (--user)",
			WhyNotDumped:  "Ask the live cluster: etcdoc --once",
		}[f.Why]
	}
	name := f.Member.Short
	if f.Member.IsZero() {
		name = "the members"
	}
	return strings.ReplaceAll(step, "%s", name)
}

// spaceStep is the first of the steps that free database space.
func (r *diagnoser) spaceStep(steps []Step) string {
	if len(steps) == 0 {
		return ""
	}
	step := map[Step]string{
		StepRaiseQuota: "raise --quota-backend-bytes to what the others have",
		StepCompact:    "compact, then defragment one member after another",
		StepDelete:     "delete keys that nobody needs; then compact, defragment",
		StepDefragment: "defragment one member after another, the leader last",
		StepDisarm:     "lift the alarm: etcdctl alarm disarm",
	}[steps[0]]
	if r.cluster.MemberListKnown && !r.cluster.commits() && steps[0] != StepRaiseQuota {
		return fitting(StepWidth, "Regain the quorum; then "+step,
			"Regain the quorum, for it must commit what frees space")
	}
	return upperFirst(step)
}

// A rootHeadline makes the headline of a finding: its words, and which of %[1]s for the member and %[2]s for the value
// are among them.
type rootHeadline struct {
	words         string
	named, valued bool
}

// rootHeadlines are those of the rules whose findings need other words than their own when a diagnosis is about them.
var rootHeadlines = map[RuleID]rootHeadline{
	DBQuotaNear:          {words: "%[1]s: database file is %[2]s of its quota", named: true, valued: true},
	DBGrowing:            {words: "%[1]s grows, and reaches its quota in %[2]s", named: true, valued: true},
	DBFragmented:         {words: "%[1]s: only %[2]s of the database file is in use", named: true, valued: true},
	DBLarge:              {words: "%[1]s: database file is %[2]s", named: true, valued: true},
	CompactionStalled:    {words: "Nothing compacted for %[2]s, seen on %[1]s", named: true, valued: true},
	ApplyLagging:         {words: "%[1]s has %[2]s committed entries to apply", named: true, valued: true},
	FollowerLagging:      {words: "%[1]s is %[2]s entries behind the leader", named: true, valued: true},
	ProposalsQueued:      {words: "%[2]s proposals queue on %[1]s", named: true, valued: true},
	ProposalsFailing:     {words: "%[2]s proposals fail on %[1]s", named: true, valued: true},
	LinearizableReadSlow: {words: "Reads through %[1]s take %[2]s", named: true, valued: true},
	SerializableReadSlow: {words: "%[1]s reads its own data in %[2]s", named: true, valued: true},
	ReadIndexesSlow:      {words: "%[2]s reads wait for the leader on %[1]s", named: true, valued: true},
	AppliesSlow:          {words: "%[2]s slow applies on %[1]s", named: true, valued: true},
	HeartbeatsFailing:    {words: "%[1]s sends %[2]s heartbeats late", named: true, valued: true},
	GRPCFailing:          {words: "%[2]s of the calls to %[1]s fail", named: true, valued: true},
	FDsExhausted:         {words: "%[1]s uses %[2]s of its file descriptors", named: true, valued: true},
	CertificateExpiring:  {words: "Certificate of %[1]s expires in %[2]s", named: true, valued: true},
	ClockDrifting:        {words: "Clock of %[1]s is off by %[2]s", named: true, valued: true},
	AnswersSlow:          {words: "%[1]s answers from memory in %[2]s: short of CPU", named: true, valued: true},
	FollowerStuck:        {words: "%[1]s receives none of the leader's entries", named: true},
	LearnerStuck:         {words: "Learner %[1]s does not catch up with the leader", named: true},
	MetricsUnavailable:   {words: "Metrics of %[1]s can't be read", named: true},
	MemberListMismatch:   {words: "Members disagree on who is a member"},
	TwoLeaders:           {words: "Two members claim to lead in the same term"},
	ClusterForked:        {words: "Two clusters run under the same cluster id"},
	ClusterIDMismatch:    {words: "The endpoints lead to different clusters"},
	VersionsMixed:        {words: "Versions differ by more than an upgrade allows"},
}

// headlineOf is the headline of the finding that a diagnosis is about.
func headlineOf(f *Finding) string {
	h, has := rootHeadlines[f.Rule]
	value, known := f.Value.Get()
	switch {
	case !has, f.Level == Unknown, f.Resolving(), f.Rule == CertificateExpiring && value <= 0, h.valued && !known:
	case h.valued:
		return fmt.Sprintf(h.words, f.Member.Short, f.Unit.Format(value))
	case h.named:
		return fmt.Sprintf(h.words, f.Member.Short)
	default:
		return h.words
	}
	if f.Member.IsZero() && !f.NameFirst {
		return upperFirst(f.Headline)
	}
	return f.Headline
}
