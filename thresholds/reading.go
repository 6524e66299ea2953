package thresholds

import (
	"fmt"
	"slices"
	"strings"

	"github.com/etcdoc/etcdoc/probe"
)

// Cause names what a reading blames.
type Cause string

// The causes.
const (
	CauseHealthy      Cause = "healthy"
	CauseFirstLook    Cause = "first-look"  // rates need a second sweep
	CauseUnreachable  Cause = "unreachable" // nobody answers
	CauseNotTrusted   Cause = "not-trusted" // certificates or permissions: ours to mend
	CauseQuorumLost   Cause = "quorum-lost"
	CauseMemberDown   Cause = "member-down"
	CauseMemberHung   Cause = "member-hung"
	CauseNoLeader     Cause = "no-leader"
	CauseCutOff       Cause = "member-cut-off"  // one member knows no leader, the others do
	CauseAiling       Cause = "voter-unhealthy" // it answers, and does not count
	CauseSlowDisk     Cause = "slow-disk"
	CauseSlowDisks    Cause = "slow-disk-all"
	CauseOverload     Cause = "overload"
	CauseApplyLag     Cause = "apply-lag"
	CauseNoSpace      Cause = "no-space"
	CauseQuotaNear    Cause = "quota-near"
	CauseCorruption   Cause = "corruption"
	CauseFlapping     Cause = "leader-flapping"
	CauseMetrics      Cause = "metrics-unavailable"
	CauseUndetermined Cause = "undetermined"
)

// A reader puts an assessment in plain words.
type reader struct {
	sweep   *probe.Sweep
	a       *Assessment
	options Options
	first   bool // it is the evaluator's first sweep
}

// read chooses the cause: that of the worst finding, in the rule table's order, which puts causes before symptoms.
func read(s *probe.Sweep, a *Assessment, o Options, first bool) Reading {
	r := &reader{s, a, o, first}
	var reading Reading
	worst := r.worst()
	switch {
	case len(a.Members) == 0:
		reading = Reading{Cause: CauseUnreachable, Text: "No member is known.", Next: "Name one with --endpoints."}
	case r.nobodyAnswers():
		reading = r.nobody()
	case worst == nil:
		reading = Reading{Cause: CauseHealthy, Text: "Healthy: " + r.margin() + ".", Evidence: r.clearing()}
	case worst.Level == Unknown:
		reading = r.undetermined(worst)
	default:
		reading = r.about(worst)
	}
	reading.NotLookedAt = r.notLookedAt()
	return reading
}

// about explains a finding that is the worst of all.
func (r *reader) about(f *Finding) Reading {
	switch f.Rule {
	case ClusterUnreachable:
		return r.nobody()
	case QuorumLost:
		return r.quorumLost(f)
	case QuorumAtRisk, MemberUnreachable, MemberLate:
		return r.memberAway(f)
	case AlarmCorrupt:
		return r.corruption(f)
	case AlarmNoSpace:
		return r.noSpace(f)
	case NoLeader:
		return r.noLeader(f)
	case VoterUnhealthy, FollowerLagging:
		return r.ailing(f)
	case MetricsUnavailable:
		return r.metrics(f)
	case WALFsyncSlow, BackendCommitSlow:
		return r.slowDisk(f)
	case ProposalsQueued:
		return r.overload(f)
	case ApplyLagging:
		return r.applyLag(f)
	case DBQuotaNear:
		return r.quotaNear(f)
	case LeaderChanging:
		return r.flapping(f)
	default:
		return Reading{Cause: CauseUndetermined, Text: f.Summary + ".", Evidence: []string{f.Summary}, Next: f.Advice}
	}
}

// worst is the finding that the reading is about; nil where there is none.
func (r *reader) worst() *Finding {
	for i := range r.a.Findings { // worst first
		if f := &r.a.Findings[i]; f.Because == "" && !f.Clearing {
			return f
		}
	}
	return nil
}

// clearing are the summaries of what is over and has not proved yet that it stays so.
func (r *reader) clearing() []string {
	var over []string
	for i := range r.a.Findings {
		if f := &r.a.Findings[i]; f.Clearing {
			over = append(over, f.Summary)
		}
	}
	return over
}

// nobodyAnswers reports that Status failed on every member.
func (r *reader) nobodyAnswers() bool {
	for i := range r.sweep.Members {
		if r.sweep.Members[i].Status.Err == nil {
			return false
		}
	}
	return true
}

// margin says how much the quorum has to spare, in words.
func (r *reader) margin() string {
	c := &r.a.Cluster
	healthy := fmt.Sprintf("%d of %d voters are healthy, quorum needs %d", c.HealthyVoters, c.Voters, c.Quorum)
	switch {
	case !c.RosterKnown:
		answering := 0
		for i := range r.a.Members {
			if r.a.Members[i].State == StateOK {
				answering++
			}
		}
		return fmt.Sprintf("%d of %s answered, and the cluster's member list is not known", answering, plural(len(r.a.Members), "endpoint"))
	case c.uncertainVoters > 0:
		return fmt.Sprintf("%s; of %d it is not known yet", healthy, c.uncertainVoters)
	case c.HealthyVoters < c.Quorum:
		return healthy
	case c.Voters == 1:
		return "the only voter is healthy, and can't be lost"
	case c.Tolerance() == 0:
		return healthy + ": none can be lost"
	default:
		return fmt.Sprintf("%s: %d can be lost", healthy, c.Tolerance())
	}
}

// held says whether there is a quorum, and its margin.
func (r *reader) held() string {
	c := &r.a.Cluster
	switch {
	case !c.RosterKnown:
		return "Whether quorum is held is not known: " + r.margin() + "."
	case c.HealthyVoters >= c.Quorum:
		return "Quorum is held: " + r.margin() + "."
	case c.quorumSeen:
		return "Quorum is held, by voters that can't be reached from here: " + r.margin() + "."
	case c.HealthyVoters+c.uncertainVoters >= c.Quorum:
		return "Whether quorum is held is not known yet: " + r.margin() + "."
	case c.Leader.IsZero() && c.Voters-len(votersDown(r.a.Members)) >= c.Quorum:
		return "There is no leader, and no write commits until one is elected: " + r.margin() + "."
	default:
		return "Quorum is not held now: " + r.margin() + "."
	}
}

// evidence are the summaries of the findings by those rules.
func (r *reader) evidence(rules ...RuleID) []string {
	var evidence []string
	for _, rule := range rules {
		for i := range r.a.Findings {
			if f := &r.a.Findings[i]; f.Rule == rule && f.Level != Unknown && f.Because == "" && !f.Clearing {
				evidence = append(evidence, f.Summary)
			}
		}
	}
	return evidence
}

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
	cause := CauseMemberHung
	for i := range r.a.Findings {
		g := &r.a.Findings[i]
		if g.Because != "" || g.Clearing || g.Level == Unknown || g.Rule != MemberUnreachable && g.Rule != MemberLate {
			continue
		}
		texts, who = append(texts, g.Summary), append(who, g.Member.Label)
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
			if g := &r.a.Findings[i]; g.Level != Unknown && g.Because == "" && slices.Contains([]RuleID{NoLeader, ApplyLagging, FollowerLagging, VoterUnhealthy}, g.Rule) {
				return r.about(g)
			}
		}
		return Reading{Cause: CauseUndetermined, Text: upperFirst(f.Summary) + ".", Evidence: r.evidence(QuorumAtRisk), Next: f.Advice}
	}
	next := f.Advice
	if f.Level >= Warning {
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
		Evidence: r.evidence(VoterUnhealthy, FollowerLagging, WALFsyncSlow, QuorumAtRisk), Next: f.Advice,
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
		if r.a.Members[i].State == StateOK && !r.a.Members[i].Stale && m.Status.Value.Leader != 0 {
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

// notLookedAt says what the reading could not take into account.
func (r *reader) notLookedAt() []string {
	missing := []string{"the hosts: etcdoc asks etcd alone, and has seen no iostat, dmesg or kubelet"}
	for i := range r.a.Members {
		switch m := &r.a.Members[i]; {
		case m.State == StateDown:
			missing = append(missing, m.Label+": it is down")
		case m.State == StateLate:
			missing = append(missing, m.Label+": it has not answered yet")
		case m.MetricsStale && r.sweep.Members[i].Metrics.Err != nil:
			missing = append(missing, "disk, network and proposals of "+m.Label+": its metrics can't be read")
		}
	}
	switch {
	case r.options.SinceStart:
		missing = append(missing, "what is going on now: a single look knows only what was since each process began")
	case r.options.Immediate:
		missing = append(missing, "what was before this look, such as earlier leader changes")
	}
	return missing
}

// upperFirst begins a sentence.
func upperFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
