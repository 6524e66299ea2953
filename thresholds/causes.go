package thresholds

import (
	"fmt"
	"slices"
	"strings"

	"github.com/etcdoc/etcdoc/probe"
)

// nobody is about members that all fail to answer Status. Where certificates or permissions are the reason, it is on the
// observer's side to mend.
func (r *reader) nobody() Reading {
	reading := Reading{Cause: CauseUnreachable, Text: fmt.Sprintf("None of the %d members answers.", len(r.a.Members))}
	if len(r.a.Members) == 1 {
		reading.Text = "The only member known does not answer."
	}
	untrusted, denied := 0, 0
	for i := range r.sweep.Members {
		m := &r.sweep.Members[i]
		said := m.Status.Err.Text
		if label := r.a.Members[i].Label; !strings.Contains(said, label) {
			said = label + ": " + said
		}
		reading.Evidence = append(reading.Evidence, said)
		switch m.Status.Err.Kind {
		case probe.ErrTLS:
			untrusted++
		case probe.ErrPermission:
			denied++
		}
	}
	if alike(r.sweep) {
		reading.Text = strings.TrimSuffix(reading.Text, ".") + ": " + reading.Evidence[0] + "."
	}
	reading.Next = "Check from here that the endpoints are right and can be reached; on a member's host, that etcd runs."
	switch len(r.a.Members) {
	case untrusted:
		reading.Cause = CauseNotTrusted
		reading.Next = "Give the cluster's own certificates with --cacert, --cert and --key."
	case denied:
		reading.Cause = CauseNotTrusted
		reading.Text = fmt.Sprintf("%s, and none says how it is: permission denied.", upperFirst(plural(denied, "member")+" answered"))
		reading.Next = "Give --user and --password of a user that may ask for Status: root, in versions 3.6.0 to 3.6.11."
	case untrusted + denied:
		reading.Cause = CauseNotTrusted
		reading.Next = "Mend the certificates (--cacert, --cert, --key) and the user (--user, --password)."
	}
	return reading
}

// alike reports that Status failed in the same way on all members.
func alike(s *probe.Sweep) bool {
	for i := range s.Members {
		if s.Members[i].Status.Err.Kind != s.Members[0].Status.Err.Kind {
			return false
		}
	}
	return true
}

// undetermined is about a rule that can't be judged, where nothing worse was found.
func (r *reader) undetermined(f *Finding) Reading {
	reason := strings.TrimPrefix(f.Summary, "unknown: ")
	if r.first && strings.HasSuffix(reason, "needs two looks") {
		return Reading{Cause: CauseFirstLook, Text: "First look: " + r.margin() + "; rates and quantiles need a second one."}
	}
	if !f.Member.IsZero() && !strings.Contains(reason, f.Member.Label) {
		reason = f.Member.Label + ": " + reason
	}
	reading := Reading{
		Cause: CauseUndetermined, Text: fmt.Sprintf("Not everything could be judged: %s. %s.", reason, upperFirst(r.margin())),
		Evidence: []string{string(f.Rule) + ": " + reason}, Next: f.Advice,
	}
	for i := range r.a.Findings {
		if g := &r.a.Findings[i]; g.Level == Notice && g.Because == "" && !g.Clearing {
			reading.Evidence = append(reading.Evidence, g.Summary)
		}
	}
	return reading
}

func (r *reader) quorumLost(f *Finding) Reading {
	c := &r.a.Cluster
	away := unhealthyOthers(r.a.Members, &Member{})
	return Reading{
		Cause:    CauseQuorumLost,
		Text:     fmt.Sprintf("Quorum is lost: %d of %d voters are healthy, %d are needed; no write commits (%s).", c.HealthyVoters, c.Voters, c.Quorum, strings.Join(away, "; ")),
		Evidence: r.evidence(QuorumLost, MemberUnreachable, MemberLate, NoLeader),
		Next:     f.Advice,
	}
}

// memberAway is about members that are down or hung.
func (r *reader) memberAway(f *Finding) Reading {
	var texts, who, evidence []string
	cause, expected := CauseMemberHung, true
	for i := range r.a.Findings {
		g := &r.a.Findings[i]
		if g.Because != "" || g.Clearing || g.Level == Unknown || g.Rule != MemberUnreachable && g.Rule != MemberLate {
			continue
		}
		texts, who = append(texts, g.Summary), append(who, g.Member.Label)
		expected = expected && g.Expected != ""
		for j := range r.a.Members {
			if err := r.sweep.Members[j].Status.Err; r.a.Members[j].Key == g.Member.Key && err != nil {
				evidence = append(evidence, err.Text)
			}
		}
		if g.Rule == MemberUnreachable {
			cause = CauseMemberDown
		}
	}
	if len(texts) == 0 { // a voter that answers and does not count
		for i := range r.a.Findings {
			if g := &r.a.Findings[i]; g.Level != Unknown && g.Because == "" && slices.Contains([]RuleID{NoLeader, ApplyLagging, FollowerStuck, VoterUnhealthy}, g.Rule) {
				return r.about(g)
			}
		}
		return Reading{Cause: CauseUndetermined, Text: upperFirst(f.Summary) + ".", Evidence: r.evidence(QuorumAtRisk), Next: f.Advice}
	}
	next := f.Advice
	switch {
	case expected:
		next = "Wait until " + strings.Join(who, ", ") + " is back, and lose no other member meanwhile."
	case f.Level >= Warning:
		next = "Look at etcd's process on " + strings.Join(who, ", ") + " and at the host; drain no other member until it is back."
	}
	return Reading{
		Cause: cause, Text: strings.Join(texts, ". ") + ". " + r.held(),
		Evidence: append(evidence, r.evidence(QuorumAtRisk)...), Next: next,
	}
}

// ailing is about a voter that answers and does not count.
func (r *reader) ailing(f *Finding) Reading {
	return Reading{
		Cause: CauseAiling, Text: f.Summary + ". " + r.held(),
		Evidence: r.evidence(VoterUnhealthy, FollowerStuck, WALFsyncSlow, QuorumAtRisk), Next: f.Advice,
	}
}

func (r *reader) corruption(f *Finding) Reading {
	return Reading{
		Cause: CauseCorruption, Text: "Data corruption is suspected: " + f.Summary + ". Writes are refused.",
		Evidence: r.evidence(AlarmCorrupt), Next: f.Advice,
	}
}

func (r *reader) noSpace(f *Finding) Reading {
	return Reading{
		Cause: CauseNoSpace, Text: "The database is full: " + f.Summary + ". Puts are refused; reads and deletes work.",
		Evidence: r.evidence(AlarmNoSpace, DBQuotaNear), Next: f.Advice,
	}
}

func (r *reader) noLeader(f *Finding) Reading {
	with := 0
	var peers []string
	for i := range r.sweep.Members {
		m := &r.sweep.Members[i]
		if r.a.Members[i].State == StateOK && !r.a.Members[i].Stale && m.Status.Value.Leader != 0 || followsInDump(m, &r.a.Members[i]) {
			with++
		}
		if r.a.Members[i].Key == f.Member.Key {
			peers = m.PeerURLs
		}
	}
	switch {
	case with == 0 || r.a.Cluster.Leader.IsZero():
		return Reading{
			Cause: CauseNoLeader, Text: "There is no leader: an election is under way, or can't be won. No write commits meanwhile.",
			Evidence: r.evidence(NoLeader), Next: "Wait for the election timeout; if it stays so, look at the network between the members.",
		}
	case f.Level < Warning:
		return Reading{
			Cause: CauseNoLeader, Text: fmt.Sprintf("%s has not learned yet who leads. %s", f.Member.Label, r.held()),
			Evidence: r.evidence(NoLeader), Next: "Wait for the election timeout.",
		}
	}
	return Reading{
		Cause: CauseCutOff, Text: fmt.Sprintf("%s knows no leader while %s: it is cut off from its peers. %s", f.Member.Label, follow(with), r.held()),
		Evidence: r.evidence(NoLeader), Next: fmt.Sprintf("Look at the network between %s and the other members (peer URL %s).", f.Member.Label, strings.Join(peers, ", ")),
	}
}

// follow says how many others know a leader.
func follow(n int) string {
	if n == 1 {
		return "1 other member does"
	}
	return fmt.Sprintf("%d others do", n)
}

func (r *reader) metrics(f *Finding) Reading {
	return Reading{
		Cause: CauseMetrics, Text: upperFirst(f.Summary) + ". What can be judged without them: " + r.margin() + ".",
		Evidence: r.evidence(MetricsUnavailable), Next: f.Advice,
	}
}

// slowDisk compares the members: a disk that is slow on one is that one's, slow on all is shared or overloaded. What
// is not found to be slow counts as faster only if it takes half as long or less: etcd's histograms have buckets that
// double, and do not tell apart what lies closer.
func (r *reader) slowDisk(f *Finding) Reading {
	vital := WALFsyncP99
	if f.Rule == BackendCommitSlow {
		vital = BackendCommitP99
	}
	worst := f
	for i := range r.a.Findings {
		if g := &r.a.Findings[i]; g.Rule == f.Rule && g.Level == f.Level && !g.Clearing && g.Value.Or(0) > worst.Value.Or(0) {
			worst = g
		}
	}
	var slow, fast, all []string
	for i := range r.a.Members {
		m := &r.a.Members[i]
		value, atMost := m.Shown(vital)
		number, known := value.Get()
		if !known || m.MetricsStale {
			continue
		}
		text := m.Label + " " + Seconds.Format(number)
		if atMost {
			text = m.Label + " ≤ " + Seconds.Format(number)
		}
		all = append(all, text)
		switch {
		case r.finds(f.Rule, m.Key):
			slow = append(slow, m.Label)
		case number <= worst.Value.Or(0)/2:
			fast = append(fast, text)
		}
	}
	how := "slow"
	if f.Level == Notice {
		how = "slower than etcd's documentation recommends"
	}
	reading := Reading{Cause: CauseSlowDisk, Evidence: r.evidence(WALFsyncSlow, BackendCommitSlow, ProposalsQueued, ApplyLagging, LeaderChanging), Next: f.Advice}
	switch {
	case len(all) < 2:
		reading.Text = fmt.Sprintf("The disk of %s is %s: %s; there is no other member to compare with.", f.Member.Label, how, withoutName(f))
	case len(fast) == 0 || len(slow) == len(all):
		reading.Cause = CauseSlowDisks
		reading.Text = fmt.Sprintf("The disks are %s, and alike (%s): storage that they share, or more load than they bear. The slowest: %s.", how, strings.Join(all, ", "), worst.Summary)
	case len(slow) > 1:
		reading.Text = fmt.Sprintf("The disks of %s are %s: %s; their peers: %s.", strings.Join(slow, " and "), how, worst.Summary, strings.Join(fast, ", "))
		reading.Next = fmt.Sprintf("Look at the disks of %s: iostat -x 1, and what else writes to them.", strings.Join(slow, " and "))
	default:
		reading.Text = fmt.Sprintf("The disk of %s is %s: %s; its peers: %s.", f.Member.Label, how, withoutName(f), strings.Join(fast, ", "))
		reading.Next = fmt.Sprintf("Look at the disk of %s: iostat -x 1, and what else writes to it.", f.Member.Label)
	}
	return reading
}

// finds reports whether a rule is found breached for a member.
func (r *reader) finds(rule RuleID, member string) bool {
	return slices.ContainsFunc(r.a.Findings, func(f Finding) bool {
		return f.Rule == rule && f.Member.Key == member && f.Level != Unknown && f.Because == "" && !f.Clearing
	})
}

// withoutName is a finding's summary without its member's name in front.
func withoutName(f *Finding) string { return strings.TrimPrefix(f.Summary, f.Member.Label+": ") }

func (r *reader) overload(f *Finding) Reading {
	text := f.Summary + "."
	if !slices.ContainsFunc(r.a.Findings, func(g Finding) bool { return g.Rule == WALFsyncSlow || g.Rule == BackendCommitSlow }) {
		text = f.Summary + "; no disk is slow."
	}
	return Reading{Cause: CauseOverload, Text: text, Evidence: r.evidence(ProposalsQueued, WALFsyncSlow, BackendCommitSlow), Next: f.Advice}
}

func (r *reader) applyLag(f *Finding) Reading {
	return Reading{Cause: CauseApplyLag, Text: f.Summary + ".", Evidence: r.evidence(ApplyLagging, ProposalsQueued), Next: f.Advice}
}

func (r *reader) quotaNear(f *Finding) Reading {
	return Reading{
		Cause: CauseQuotaNear, Text: f.Summary + "; at the quota etcd refuses writes.",
		Evidence: r.evidence(DBQuotaNear), Next: f.Advice,
	}
}

func (r *reader) flapping(f *Finding) Reading {
	return Reading{
		Cause: CauseFlapping, Text: "Leadership does not stay: " + f.Summary + ".",
		Evidence: r.evidence(LeaderChanging), Next: f.Advice,
	}
}
