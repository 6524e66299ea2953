package thresholds

import (
	"maps"
	"slices"
)

// Cause names what a reading blames.
type Cause string

// The causes.
const (
	CauseHealthy        Cause = "healthy"
	CauseFirstSweep     Cause = "first-sweep" // rates need a second sweep
	CauseUnreachable    Cause = "unreachable" // nobody answers
	CauseNotTrusted     Cause = "not-trusted" // certificates or permissions: etcdoc's own setup
	CauseQuorumLost     Cause = "quorum-lost"
	CauseMemberDown     Cause = "member-down"
	CauseMemberHung     Cause = "member-hung"
	CauseRestarts       Cause = "restarts"        // a process that starts again and again
	CauseNoLeader       Cause = "no-leader"       // enough voters answer, but none leads
	CauseCutOff         Cause = "member-cut-off"  // one member has lost its peers
	CauseLinkCut        Cause = "link-cut"        // two members have lost each other
	CauseSlowLink       Cause = "slow-link"       // between two members, around one, or some
	CauseSlowNetwork    Cause = "slow-network"    // all links alike: a slow shared network, or members far apart
	CauseVoterUnhealthy Cause = "voter-unhealthy" // it answers, but does not count towards the quorum
	CauseMembership     Cause = "membership-mismatch"
	CauseSlowDisk       Cause = "slow-disk"
	CauseSlowDisks      Cause = "slow-disk-all"
	CauseLargeWrites    Cause = "large-writes" // commits are slow, fsyncs are not
	CauseStarvation     Cause = "cpu-starvation"
	CauseDefragRunning  Cause = "defragmentation"
	CauseBurst          Cause = "write-burst" // or a storm of reads
	CauseOverload       Cause = "overload"    // queues without a visible burst
	CauseApplyLag       Cause = "apply-lag"
	CauseFollower       Cause = "follower-behind"
	CauseLearner        Cause = "learner-stuck"
	CauseNoSpace        Cause = "no-space"
	CauseQuotaNear      Cause = "quota-near"
	CauseQuotaGrowing   Cause = "quota-growing" // the quota will be reached
	CauseFragmentation  Cause = "fragmentation"
	CauseCompaction     Cause = "compaction-stopped"
	CauseCorruption     Cause = "corruption"
	CauseFlapping       Cause = "leader-flapping"
	CauseWatchBacklog   Cause = "watch-backlog"
	CauseRequests       Cause = "requests-failing"
	CauseCertificate    Cause = "certificate"
	CauseClock          Cause = "clock"
	CauseVersions       Cause = "version-mix"
	CauseFDs            Cause = "file-descriptors"
	CauseMemory         Cause = "memory"
	CauseMetrics        Cause = "metrics-unavailable"
	CauseBackup         Cause = "backup"
	CauseAPIServer      Cause = "apiserver" // the way from a kube-apiserver to etcd, or itself: etcd is well
	CauseNotClear       Cause = "not-clear" // one of the reading's candidates
	CauseUndetermined   Cause = "undetermined"
)

// A causeRow is what is known of a cause, whatever it is found by.
type causeRow struct {
	// noun names it in as few words as a headline has room for.
	noun string
	// short and long name it as one of several candidates, in a headline and in a sentence.
	short, long string
	// rivals reports that other causes have the same symptoms: see [diagnoser.steady].
	rivals bool
	// quantiles reports that it rests on quantiles. After a single sweep, those cover the time since each process
	// began.
	quantiles bool
}

// causes has a row for each cause.
var causes = map[Cause]causeRow{
	CauseHealthy:        {noun: "healthy"},
	CauseFirstSweep:     {noun: "first sweep"},
	CauseUnreachable:    {noun: "no answer"},
	CauseNotTrusted:     {noun: "no access"},
	CauseQuorumLost:     {noun: "lost quorum", short: "no quorum", long: "a lost quorum"},
	CauseMemberDown:     {noun: "member down"},
	CauseMemberHung:     {noun: "hung process"},
	CauseRestarts:       {noun: "restarts"},
	CauseNoLeader:       {noun: "no leader"},
	CauseCutOff:         {noun: "cut-off member", short: "cut off", long: "a cut-off member"},
	CauseLinkCut:        {noun: "cut link"},
	CauseSlowLink:       {noun: "slow link", short: "link", long: "a slow link", rivals: true, quantiles: true},
	CauseSlowNetwork:    {noun: "slow network", short: "network", long: "a slow network", rivals: true, quantiles: true},
	CauseVoterUnhealthy: {noun: "unhealthy voter"},
	CauseMembership:     {noun: "different members"},
	CauseSlowDisk:       {noun: "slow disk", short: "disk", long: "a slow disk", rivals: true, quantiles: true},
	CauseSlowDisks:      {noun: "slow disks", rivals: true, quantiles: true},
	CauseLargeWrites:    {noun: "large writes", rivals: true},
	CauseStarvation:     {noun: "lack of CPU", short: "CPU", long: "a lack of CPU", rivals: true},
	CauseDefragRunning:  {noun: "defragmentation"},
	CauseBurst:          {noun: "burst of writes", rivals: true},
	CauseOverload:       {noun: "load", short: "load", long: "load", rivals: true},
	CauseApplyLag:       {noun: "slow applies", rivals: true},
	CauseFollower:       {noun: "slow follower", rivals: true},
	CauseLearner:        {noun: "slow learner"},
	CauseNoSpace:        {noun: "full database"},
	CauseQuotaNear:      {noun: "nearly full quota"},
	CauseQuotaGrowing:   {noun: "growing database"},
	CauseFragmentation:  {noun: "fragmentation"},
	CauseCompaction:     {noun: "no compaction"},
	CauseCorruption:     {noun: "corruption"},
	CauseFlapping:       {noun: "leader changes", rivals: true},
	CauseWatchBacklog:   {noun: "watch backlog"},
	CauseRequests:       {noun: "failing requests"},
	CauseCertificate:    {noun: "certificate"},
	CauseClock:          {noun: "wrong clock"},
	CauseVersions:       {noun: "mixed versions"},
	CauseFDs:            {noun: "file descriptors"},
	CauseMemory:         {noun: "memory"},
	CauseMetrics:        {noun: "unread metrics"},
	CauseBackup:         {noun: "backups"},
	CauseAPIServer:      {noun: "API server", rivals: true},
	CauseNotClear:       {noun: "unclear cause", rivals: true},
	CauseUndetermined:   {noun: "undetermined"},
}

// Causes returns all causes, sorted.
func Causes() []Cause { return slices.Sorted(maps.Keys(causes)) }

// row returns the cause's row.
func (c Cause) row() causeRow { return causes[c] }
