package thresholds

import (
	"fmt"
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
	tracks  []*track
	missed  []unmeasured
	history *History
}

// read chooses the cause: that of the worst finding, in the rule table's order, which puts causes before symptoms.
func (e *Evaluator) read(s *probe.Sweep, a *Assessment, tracks []*track, missed []unmeasured) Reading {
	r := &reader{s, a, e.options, e.previous == nil, tracks, missed, &e.history}
	var reading Reading
	worst := r.worst()
	switch {
	case len(a.Members) == 0:
		reading = Reading{Cause: CauseUnreachable, Text: "No member is known.", Next: "Name one with --endpoints."}
	case r.nobodyAnswers():
		reading = r.nobody()
	case worst == nil:
		reading = r.healthy()
	case worst.Level == Unknown && s.Dumps != nil:
		reading = r.dumped()
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
	case VoterUnhealthy, FollowerStuck:
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
	case SingleMember, VotersEven, VotersMany, LearnersPresent: // by design, or on the way somewhere: nothing ails
		healthy := r.healthy()
		healthy.Evidence = append(r.evidence(SingleMember, VotersEven, VotersMany, LearnersPresent), healthy.Evidence...)
		return healthy
	default:
		return Reading{Cause: CauseUndetermined, Text: f.Summary + ".", Evidence: []string{f.Summary}, Next: f.Advice}
	}
}

func (r *reader) healthy() Reading {
	return Reading{Cause: CauseHealthy, Text: "Healthy: " + r.margin() + ".", Evidence: r.clearing()}
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
		if m := &r.sweep.Members[i]; m.Status.Err == nil || inDump(m) {
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
	case c.dumped:
		return r.dumpedMargin()
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

// notLookedAt says what the reading could not take into account.
func (r *reader) notLookedAt() []string {
	missing := []string{"the hosts: etcdoc asks etcd alone, and has seen no iostat, dmesg or kubelet"}
	if r.sweep.Dumps != nil {
		missing = append(missing, r.dumpedOnly()...)
	}
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
