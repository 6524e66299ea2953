package thresholds

// beginning and over are the kinds of event that a finding by the rule makes when it begins, and when it ends.
func beginning(rule RuleID) EventKind {
	switch rule {
	case MemberUnreachable, MemberLate:
		return EventDown
	case AlarmNoSpace, AlarmCorrupt:
		return EventAlarm
	default:
		return EventRaised
	}
}

func over(rule RuleID) EventKind {
	switch kind := beginning(rule); kind {
	case EventDown:
		return EventBack
	case EventRaised:
		return EventCleared
	default:
		return kind
	}
}

// happening says what a finding found, without what changes from sweep to sweep.
func happening(f *Finding, a *Assessment) string {
	for i := range a.Members {
		m := &a.Members[i]
		switch {
		case m.Key != f.Member.Key || max(f.Level, f.severity) < Warning:
		case f.Rule == MemberUnreachable:
			return m.Label + " is down (" + m.why.Words() + ")" + expectedFor(f.Expected)
		case f.Rule == MemberLate:
			return m.Label + " does not answer" + expectedFor(f.Expected)
		case f.Rule == FollowerStuck:
			return m.Label + " takes in nothing of what the leader commits" + expectedFor(f.Expected)
		}
	}
	return f.Summary
}

// ending says that what a finding found is over.
func ending(e *Event) string {
	lasted := formatDuration(e.At.Add(e.Lasted).Sub(e.began))
	switch e.Rule {
	case MemberUnreachable:
		return e.Member.Label + " is back after " + lasted
	case MemberLate:
		return e.Member.Label + " answers again after " + lasted
	case NoLeader:
		return e.Member.Label + " knows a leader again after " + lasted
	case ClusterUnreachable:
		return "the cluster answers again after " + lasted
	case QuorumLost:
		return "quorum is back after " + lasted
	case VoterUnhealthy:
		return e.Member.Label + " counts towards the quorum again after " + lasted
	case FollowerStuck:
		return e.Member.Label + " takes in entries again after " + lasted
	case AlarmNoSpace:
		return "NOSPACE is disarmed after " + lasted
	case AlarmCorrupt:
		return "CORRUPT is disarmed after " + lasted
	case QuorumAtRisk:
		return "quorum has a voter to spare again after " + lasted
	default:
		return "over after " + lasted + ": " + e.Text
	}
}
