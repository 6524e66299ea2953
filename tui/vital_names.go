package tui

import "github.com/etcdoc/etcdoc/thresholds"

// vitalName is what a vital is called everywhere: head above its column of the table, label in charts, facts and
// comparisons, where a column has no room for more than 12 cells. words explain it, with its unit.
type vitalName struct{ head, label, words string }

// vitalNames are the names of the vitals that are shown.
var vitalNames = map[thresholds.Vital]vitalName{
	thresholds.WALFsyncP50:               {"WAL p50", "WAL p50", "WAL fsync time, half are less"},
	thresholds.WALFsyncP99:               {"WAL p99", "WAL p99", "WAL fsync time, 99 of 100 are less"},
	thresholds.WALFsyncWorst:             {"WAL max", "WAL max", "WAL fsync time, the slowest"},
	thresholds.WALFsyncObservations:      {label: "WAL fsyncs"},
	thresholds.BackendCommitP50:          {label: "commit p50"},
	thresholds.BackendCommitP99:          {"COMMIT", "commit p99", "commit time, 99 of 100 are less"},
	thresholds.BackendCommitWorst:        {label: "commit max"},
	thresholds.ProposalsPending:          {"PEND", "pending", "proposals (writes) that wait"},
	thresholds.ProposalsAppliedRate:      {"APPL/s", "applied/s", "proposals applied a second"},
	thresholds.ProposalsFailedRate:       {label: "failed/s"},
	thresholds.ApplyLag:                  {"LAG", "apply lag", "entries committed and still to apply"},
	thresholds.FollowerLag:               {"BEHIND", "behind", "entries that the leader has and it has not"},
	thresholds.SlowAppliesRate:           {label: "slow applies"},
	thresholds.DBSize:                    {"DB", "db size", "bytes of its database file"},
	thresholds.DBInUse:                   {"IN USE", "db in use", "bytes of that with data, the rest is free"},
	thresholds.DBQuota:                   {"DB MAX", "db max", "bytes that its database may have: the quota"},
	thresholds.DBQuotaUsed:               {"QUOTA", "quota used", "share of the quota that its database takes"},
	thresholds.DBQuotaReachedIn:          {label: "db full in"},
	thresholds.PeerRTTP99:                {"RTT p99", "RTT p99", "peer round trip, 99 of 100 are less"},
	thresholds.LinearizableRead:          {"READ", "linear. read", "time of a linearizable read, which needs a quorum"},
	thresholds.SerializableRead:          {label: "serial. read"},
	thresholds.CertificateExpiresIn:      {head: certificateTitle, words: "time left of the certificate it serves"},
	thresholds.CPU:                       {"CPU", "cpu", "share of one core"},
	thresholds.ResidentBytes:             {"MEM", "memory", "bytes of resident memory"},
	thresholds.Uptime:                    {"UP", "up", "time since its start"},
	thresholds.OpenFDs:                   {label: "open files"},
	thresholds.MaxFDs:                    {label: "of"},
	thresholds.RaftTerm:                  {label: "term"},
	thresholds.RaftIndex:                 {label: "index"},
	thresholds.LeaderChanges:             {label: "leader changes"},
	thresholds.SnapshotsInFlight:         {label: "snapshots"},
	thresholds.BackendCommitObservations: {label: "commits"},
	thresholds.CallsInFlight:             {label: "calls in flight"},
	thresholds.ScrapeDuration:            {label: "/metrics"},
	thresholds.ScrapeBytes:               {label: "size"},
	thresholds.StatusDuration:            {label: "Status"},
}

// columnWords explain the columns that are no vitals.
var columnWords = map[string]string{
	"MEMBER": "its name", "ROLE": "leader, follower or learner", stateTitle: "how it is, in a word",
	"DRAIN": "may it go now", alarmTitle: "NOSPACE or CORRUPT, while there is one",
	versionTitle: "of etcd", "AGE": "time since its newest Status",
}

// words explain a column.
func (c *tableColumn) words() string {
	if words := columnWords[c.title]; words != "" {
		return words
	}
	for _, name := range vitalNames {
		if name.head == c.title {
			return name.words
		}
	}
	return ""
}

// named is the series of a vital by its name.
func named(v thresholds.Vital) series { return series{vitalNames[v].label, v} }

// stateWords explain the words for how a member is, other than those of levels.
var stateWords = []struct {
	word  thresholds.ConditionWord
	words string
}{
	{thresholds.ConditionDown, "does not answer"},
	{thresholds.ConditionLate, "answers too late"},
	{thresholds.ConditionNoLeader, "knows no leader"},
	{thresholds.ConditionNeverUp, "has never served"},
	{thresholds.ConditionJoining, "new, takes in the data"},
	{thresholds.ConditionCatchUp, "back, takes in what it missed"},
	{thresholds.ConditionDefrag, "being defragmented"},
}
