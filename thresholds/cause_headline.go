package thresholds

import "fmt"

// causeNouns name the causes in as few words as a headline has room for.
var causeNouns = map[Cause]string{
	CauseHealthy:        "healthy",
	CauseFirstLook:      "first look",
	CauseUnreachable:    "no member answers",
	CauseNotTrusted:     "access denied",
	CauseQuorumLost:     "quorum lost",
	CauseMemberDown:     "member down",
	CauseMemberHung:     "process hangs",
	CauseRestarts:       "restarts",
	CauseNoLeader:       "no leader",
	CauseCutOff:         "cut off",
	CauseLinkCut:        "link cut",
	CauseSlowLink:       "slow link",
	CauseSlowNetwork:    "slow network",
	CauseVoterUnhealthy: "voter unhealthy",
	CauseMembership:     "members disagree",
	CauseSlowDisk:       "slow disk",
	CauseSlowDisks:      "slow disks",
	CauseLargeWrites:    "large writes",
	CauseStarvation:     "lack of CPU",
	CauseDefragRunning:  "defragmentation",
	CauseBurst:          "burst of writes",
	CauseOverload:       "load",
	CauseApplyLag:       "applies behind",
	CauseFollower:       "follower behind",
	CauseLearner:        "learner behind",
	CauseNoSpace:        "database full",
	CauseQuotaNear:      "quota nearly used",
	CauseQuotaGrowing:   "database grows",
	CauseFragmentation:  "fragmentation",
	CauseCompaction:     "no compaction",
	CauseCorruption:     "corruption",
	CauseFlapping:       "leader changes",
	CauseWatchBacklog:   "watch backlog",
	CauseRequests:       "failing requests",
	CauseCertificate:    "certificate",
	CauseClock:          "clock off",
	CauseVersions:       "versions mixed",
	CauseFDs:            "file descriptors",
	CauseMemory:         "memory",
	CauseMetrics:        "metrics unread",
	CauseNotClear:       "cause not clear",
	CauseUndetermined:   "not judged",
}

// about returns the Shorts of some members.
func about(members []MemberRef) someMembers {
	names := make(someMembers, len(members))
	for i, m := range members {
		names[i] = m.Short
	}
	return names
}

// shortOf returns the Short of the member with a key.
func (r *diagnoser) shortOf(key string) string {
	if i := r.place(key); i >= 0 {
		return r.members[i].Short
	}
	return key
}

// headlineOf returns the headline of a diagnosis; where it has none of its own, the cause and the members to blame.
func (r *diagnoser) headlineOf(d *diagnosis) string {
	switch blamed := r.blamed(d); {
	case d.headline != "":
		return d.headline
	case len(blamed) == 0:
		return upperFirst(causeNouns[d.cause])
	default:
		return about(blamed).naming(HeadlineWidth, func(who string) string { return who + ": " + causeNouns[d.cause] })
	}
}

// stepOf returns the first step of a diagnosis; where it has none of its own, where to look.
func (r *diagnoser) stepOf(d *diagnosis) string {
	switch blamed := r.blamed(d); {
	case d.step != "":
		return d.step
	case len(blamed) == 0:
		return "Read the whole reading and its evidence"
	default:
		return about(blamed).naming(StepWidth, func(who string) string { return "Look at " + who + ": its host, and etcd's log there" })
	}
}

// undeterminedHeadline says which rule can't be judged, and about which member.
func undeterminedHeadline(f *Finding) string {
	if f.Member.IsZero() {
		return "Not judged: " + string(f.Rule)
	}
	return fitting(HeadlineWidth, "Not judged: "+string(f.Rule)+" of "+f.Member.Short,
		"Not everything of "+f.Member.Short+" could be judged")
}

// healthyHeadline says that nothing is wrong, and whom the voters follow.
func (r *diagnoser) healthyHeadline() string {
	switch c := r.cluster; {
	case c.Leader.IsZero() || !c.MemberListKnown:
		return "Healthy, as far as is seen from here"
	case c.Voters == 1:
		return "Healthy: the only voter, " + c.Leader.Short + ", answers"
	case c.HealthyVoters == c.Voters:
		return fmt.Sprintf("Healthy: all %d voters follow %s", c.Voters, c.Leader.Short)
	default:
		return fmt.Sprintf("Healthy: %d of %d voters follow %s", c.HealthyVoters, c.Voters, c.Leader.Short)
	}
}

// stepToQuorum sets the first step to a quorum that is lost.
func (r *diagnoser) stepToQuorum(d *diagnosis) {
	c := r.cluster
	down := someMembers(r.shortsWhere(func(m *memberState) bool { return m.Voter && m.State == StateDown && !m.neverStarted }))
	silent := someMembers(r.shortsWhere(func(m *memberState) bool {
		return m.Voter && (m.State == StateLate || m.State == StateOutOfReach)
	}))
	fresh := someMembers(r.shortsWhere(func(m *memberState) bool { return m.Voter && m.State != StateOK && m.neverStarted }))
	switch {
	case r.answeringVoters() >= c.Quorum:
		d.step = "Look at the peer network, disks and CPU; restart none before that"
	case len(down) > 0:
		d.step = down.naming(StepWidth, func(who string) string { return "Start etcd on " + who + " again, with the old data" })
	case len(silent) > 0:
		d.step = silent.naming(StepWidth, func(who string) string { return "Look whether etcd runs on " + who + ", and can be reached" })
	case len(fresh) > 0:
		d.step = fresh.naming(StepWidth, func(who string) string { return "Start " + who + ", with an empty data directory" })
	}
}

// shortsWhere returns the Shorts of the members for which is returns true.
func (f *frame) shortsWhere(is func(*memberState) bool) (shorts []string) {
	for i := range f.members {
		if m := &f.members[i]; is(m) {
			shorts = append(shorts, m.Short)
		}
	}
	return shorts
}
