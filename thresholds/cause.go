package thresholds

import (
	"slices"

	"github.com/etcdoc/etcdoc/probe"
)

// A diagnosis is one explanation of some of the findings.
type diagnosis struct {
	cause Cause
	// candidates are the possible causes when the cause is not clear.
	candidates []Cause
	// root is the finding that the diagnosis is about.
	root *Finding
	// inhibited are the findings that the root causes: see applyInhibition. covered are further findings that the text
	// is about.
	inhibited, covered []*Finding
	// blamed are the keys of the blamed members; nil means the members of root and covered.
	blamed []string
	// named is the key of the member that the words name as the one that is worst off, where several are alike; the
	// next reading keeps to it.
	named string
	// level is the highest level of the findings that the diagnosis explains.
	level Level
	// rank is the index of its diagnoser. scopes are what it inhibits, whether or not a finding is there now.
	rank   int
	scopes []scope
	// text is the first sentence and further the following ones, all without a full stop. If text is empty, the first
	// sentence is the root's summary between before and after, and more counts the findings like it. clauses continue
	// it, each behind a semicolon.
	text, before, after string
	clauses             []string
	more                int
	further             []string
	// seen is the last sentence of the text, where the headline may show the root already.
	seen string
	// beyond is what the first sentence says beyond the headline, as a sentence without a full stop: see
	// beyondHeadline.
	beyond string
	// quorum appends a sentence on the quorum.
	quorum bool
	// headline and step are the reading's: see [Reading]. If empty, they name the cause and the members to blame.
	headline, step string
	// stated are the findings besides the root that these sentences or the headline state. The root is stated unless
	// it is only a symptom of what they are about.
	stated  []*Finding
	symptom bool
	// countsVoters reports that they count the voters, as the sentence on the quorum does.
	countsVoters bool
	// evidence supports the diagnosis in addition to the findings' summaries.
	evidence []Evidence
	// next is what to do; if empty, the root's advice. steps are its parts that free space, in order.
	next  string
	steps []Step
	// caution goes with next.
	caution *caution
	// holds is the cause that was found until lately, and is still read; nil for one that is found now.
	holds *heldCause
	// explained caches what is in covered and inhibited. The counts are how many of each it holds: see explains.
	explained                            map[*Finding]bool
	explainedCovered, explainedInhibited int
}

// diagnosers are all diagnosers, causes before symptoms: among diagnoses of the same level, the first one wins. Each
// one looks at the findings and at the vitals of all members, and returns nil if it does not apply. Together they
// explain findings of every rule, except remarks.
func diagnosers() []func(*diagnoser) *diagnosis {
	return []func(*diagnoser) *diagnosis{
		// Whether there is a cluster, and whether it takes writes.
		(*diagnoser).leaderless, (*diagnoser).unstarted, (*diagnoser).quorumLost, (*diagnoser).dumpedQuorumLost,
		(*diagnoser).corruption, (*diagnoser).membership, (*diagnoser).noSpace, (*diagnoser).memberDown,
		(*diagnoser).absent, (*diagnoser).linkCut, (*diagnoser).noLeader, (*diagnoser).defragmentation,
		(*diagnoser).restarting,
		// What makes members slow.
		(*diagnoser).starvation, (*diagnoser).burst, (*diagnoser).slowDisk,
		(*diagnoser).slowLink, (*diagnoser).slowAlone, (*diagnoser).impaired, (*diagnoser).learnerStuck,
		(*diagnoser).followerBehind, (*diagnoser).flapping, (*diagnoser).applyLag, (*diagnoser).overload,
		// What will become an outage.
		(*diagnoser).quota, (*diagnoser).fileDescriptors, (*diagnoser).memory, (*diagnoser).certificate,
		(*diagnoser).compaction, (*diagnoser).fragmentation, (*diagnoser).watchBacklog, (*diagnoser).clock,
		(*diagnoser).versions, (*diagnoser).backup,
		// What lies before etcd.
		(*diagnoser).apiServer,
		// The rest: symptoms without a known cause.
		(*diagnoser).metrics, (*diagnoser).failingRequests, (*diagnoser).slowRequests, (*diagnoser).unexplained,
	}
}

// chooseDiagnosis returns the diagnosis that explains the worst findings, and all diagnoses that apply. It returns nil
// if there is nothing to explain.
func (r *diagnoser) chooseDiagnosis() (chosen *diagnosis, found []*diagnosis) {
	if r.worst(Notice) == nil && r.worst(Warning) == nil && r.worst(Critical) == nil {
		return nil, nil
	}
	for rank, diagnose := range diagnosers() {
		d := diagnose(r)
		if d == nil {
			continue
		}
		d.rank = rank
		if r.foreign(d.root) { // etcdoc sees only one member of that cluster: too little to advise on more
			d.next, d.steps, d.caution = "", nil, nil
		}
		for _, explained := range [][]*Finding{{d.root}, d.inhibited, d.covered} {
			for _, f := range explained {
				d.level = max(d.level, f.Level)
			}
		}
		found = append(found, d)
		if chosen == nil || r.outranks(d, chosen) {
			chosen = d
		}
	}
	return chosen, found
}

// adviseOnLostQuorum gives the finding that the quorum is lost the advice of the first diagnosis of it: whom to start
// again depends on why it is lost.
func (r *diagnoser) adviseOnLostQuorum(found []*diagnosis) {
	of := func(d *diagnosis) bool { return d.root.Rule == QuorumLost }
	if i := slices.IndexFunc(found, of); i >= 0 && found[i].next != "" {
		found[i].root.Advice, found[i].root.Step = found[i].next, r.stepOf(found[i])
	}
}

// outranks reports whether d replaces the diagnosis chosen so far: it explains a worse finding, or it is about an alarm
// of the judged cluster and chosen is not. A watch backlog outranks equally slow disks, because the load behind it may
// be what slows them, and a slow link what is only not as recommended.
func (r *diagnoser) outranks(d, chosen *diagnosis) bool {
	ours := func(d *diagnosis) bool { return d.level >= Warning && !r.foreign(d.root) }
	if ours(d) != ours(chosen) {
		return ours(d)
	}
	if d.level == chosen.level && d.cause == CauseWatchBacklog && chosen.cause == CauseSlowDisks {
		return true
	}
	if d.level == chosen.level && d.blamesLink() && r.onlyRecommends(chosen.level, chosen.root.Rule) {
		return true
	}
	return d.level > chosen.level
}

// blamesLink reports whether d is about a slow link, or names one as a possible cause.
func (d *diagnosis) blamesLink() bool {
	return d.cause == CauseSlowLink || slices.Contains(d.candidates, CauseSlowLink)
}

// onlyRecommends reports whether what a diagnosis is about works, and is only not as recommended.
func (r *diagnoser) onlyRecommends(level Level, root RuleID) bool {
	return level <= Notice && r.settings.rule(root).Recommends
}

// applyInhibition marks the findings that the root inhibits, so that they are not alarms of their own. The root hides
// no finding worse than itself.
func (r *diagnoser) applyInhibition(d *diagnosis) {
	for _, f := range d.inhibited {
		if f.Level <= d.root.Level {
			f.InhibitedBy, f.InhibitedByMember, f.InhibitedByReading = d.root.Rule, d.root.Member, true
		}
	}
}

// blamed returns the members that a diagnosis blames, in the order of the assessment.
func (r *diagnoser) blamed(d *diagnosis) []MemberRef {
	blamed := make(map[string]bool, len(d.blamed))
	for _, key := range d.blamed {
		blamed[key] = true
	}
	if d.blamed == nil {
		blamed = keysOf(append([]*Finding{d.root}, d.covered...))
	}
	var members []MemberRef
	for i := range r.members {
		if m := &r.members[i]; blamed[m.Key] {
			members = append(members, m.MemberRef)
		}
	}
	return members
}

// unexplainedAlarms returns the alarms that a diagnosis does not explain, worst first.
func (r *diagnoser) unexplainedAlarms(d *diagnosis) []*Finding {
	var others []*Finding
	for i := range r.findings {
		f := &r.findings[i]
		if f.IsAlarm() && f != d.root && !d.explains(f) {
			others = append(others, f)
		}
	}
	return others
}

// newDiagnosis returns a diagnosis of the first finding that covers the others; nil without any.
func newDiagnosis(cause Cause, findings []*Finding) *diagnosis {
	if len(findings) == 0 {
		return nil
	}
	return &diagnosis{cause: cause, root: findings[0], covered: findings[1:], more: len(findings) - 1}
}

// slowness are the symptoms of a cluster or a member that something else slows.
var slowness = [...]RuleID{
	ProposalsQueued, LinearizableReadSlow, ReadIndexesSlow, AppliesSlow, HeartbeatsFailing, ProposalsFailing,
	GRPCFailing, GRPCSlow, GRPCRangeSlow, GRPCTxnSlow, FollowerLagging, FollowerStuck, ApplyLagging,
	APIServerSlow, APIServerGetSlow,
}

// fresh returns the metrics of member i and true, or empty metrics and false if they are too old or missing.
func (r *diagnoser) fresh(i int) (*probe.Metrics, bool) {
	if m := &r.members[i].probed.Metrics; !r.members[i].MetricsTooOld && m.Answered() && m.Value != nil {
		return m.Value, true
	}
	return new(probe.Metrics), false
}

// labels returns the labels of the members of findings, each once, in the order of the sweep.
func (r *diagnoser) labels(findings []*Finding) []string {
	var labels []string
	about := keysOf(findings)
	for i := range r.members {
		if about[r.members[i].Key] {
			labels = append(labels, r.members[i].Label)
		}
	}
	return labels
}
