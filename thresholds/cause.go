package thresholds

import (
	"slices"
	"strings"

	"github.com/etcdoc/etcdoc/probe"
)

// A diagnosis is one explanation of what was found.
type diagnosis struct {
	cause Cause
	// candidates are the causes that it may be, where that is not clear.
	candidates []Cause
	// root is the finding that it is about.
	root *Finding
	// inhibited are findings that are so because of the root: see applyInhibition. told are others that the text is about too.
	inhibited, covered []*Finding
	// blamed are the keys of the members that it is about; nil for those of the root and of what is told.
	blamed []string
	// level is the worst of what it explains.
	level Level
	// rank is the place of its diagnoser, and scopes are what it inhibits, be it there now or not.
	rank   int
	scopes []scope
	// text is a sentence, and further are others that go with it, all without their stops; the words on quorum are added where
	// quorum says so. Without a text, what the root finds is the sentence, between before and after; more is how many more there
	// are like it. said are findings whose words are in one of these besides, and stated is the line of evidence that is.
	text, before, after string
	more                int
	further             []string
	coveredInWords      []*Finding
	evidenceInText      string
	quorum              bool
	// evidence is what supports it besides the findings' own summaries.
	evidence []string
	// next is what to do; where it is empty, the root's advice. steps are what of it gives room, in order.
	next  string
	steps []Step
	// held are the findings told and inhibited, as far as they were when holds was asked last.
	explained                            map[*Finding]bool
	explainedCovered, explainedInhibited int
}

// diagnosers are all explanations that etcdoc knows, causes before symptoms: of those that explain findings of the same
// level, the first one is read. Each looks at the findings, and at the vitals of all members, and returns nil where it
// does not apply. Together they have an explanation for a finding by any rule, except for those of remarks.
func diagnosers() []func(*diagnoser) *diagnosis {
	return []func(*diagnoser) *diagnosis{
		// Whether there is a cluster, and whether it takes writes.
		(*diagnoser).leaderless, (*diagnoser).unstarted, (*diagnoser).quorumLost, (*diagnoser).dumpedQuorumLost, (*diagnoser).corruption, (*diagnoser).membership,
		(*diagnoser).noSpace,
		(*diagnoser).memberDown, (*diagnoser).absent, (*diagnoser).linkCut, (*diagnoser).noLeader, (*diagnoser).restarting,
		// What makes members slow.
		(*diagnoser).starvation, (*diagnoser).defragmentation, (*diagnoser).burst, (*diagnoser).slowDisk, (*diagnoser).slowLink,
		(*diagnoser).slowAlone, (*diagnoser).impaired, (*diagnoser).learnerStuck, (*diagnoser).followerBehind, (*diagnoser).flapping, (*diagnoser).applyLag,
		(*diagnoser).overload,
		// What will become an outage.
		(*diagnoser).quota, (*diagnoser).fileDescriptors, (*diagnoser).memory, (*diagnoser).certificate, (*diagnoser).compaction,
		(*diagnoser).fragmentation, (*diagnoser).watchBacklog, (*diagnoser).clock, (*diagnoser).versions,
		// What is left: symptoms of which nothing says where they come from.
		(*diagnoser).metrics, (*diagnoser).failingRequests, (*diagnoser).slowRequests, (*diagnoser).unexplained,
	}
}

// chooseDiagnosis chooses the diagnosis that explains the worst findings, of all that are found; nil where there is nothing to
// explain.
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
		if r.foreign(d.root) { // of its cluster one member is seen, by which nothing can be advised to it
			d.next, d.steps = d.root.Advice, nil
		}
		for _, explained := range [][]*Finding{{d.root}, d.inhibited, d.covered} {
			for _, f := range explained {
				d.level = max(d.level, f.Level)
			}
		}
		if d.root.Rule == QuorumLost && d.next != "" && !slices.ContainsFunc(found, func(other *diagnosis) bool { return other.root == d.root }) {
			d.root.Advice = d.next
		}
		found = append(found, d)
		if chosen == nil || r.outranks(d, chosen) {
			chosen = d
		}
	}
	return chosen, found
}

// outranks reports that a diagnosis is read rather than one that came before it: it is worse; or it is an alarm of the judged
// cluster, and the other one is about a member of another. Watchers that lag are read rather than disks that are slow alike: what
// is asked may be what slows those.
func (r *diagnoser) outranks(d, chosen *diagnosis) bool {
	if mine, other := d.level >= Warning && !r.foreign(d.root), chosen.level >= Warning && !r.foreign(chosen.root); mine != other {
		return mine
	}
	if d.level == chosen.level && d.cause == CauseWatchBacklog && chosen.cause == CauseSlowDisks {
		return true
	}
	return d.level > chosen.level
}

// applyInhibition puts what the root inhibits under it: no alarms of their own. A finding worse than the root is not hidden by it.
func (r *diagnoser) applyInhibition(d *diagnosis) {
	for _, f := range d.inhibited {
		if f.Level <= d.root.Level {
			f.InhibitedBy, f.InhibitedByMember, f.InhibitedByReading = d.root.Rule, d.root.Member, true
		}
	}
}

// quantileCauses are the causes that stand on quantiles: of a single look those are since each process began.
var quantileCauses = [...]Cause{CauseSlowDisk, CauseSlowDisks, CauseSlowLink, CauseSlowNetwork}

// readingOf puts the chosen diagnosis in words.
func (r *diagnoser) readingOf(d *diagnosis) Reading {
	text := strings.Join(append([]string{d.words()}, d.further...), ". ") + "."
	if d.quorum {
		text += " " + r.quorumWords()
	}
	if besides := r.unexplainedAlarms(d); len(besides) > 0 {
		text += " Besides: " + besides[0].Words() + andMore(len(besides)-1) + "."
	}
	if r.settings.sinceStart && slices.Contains(quantileCauses[:], d.cause) {
		text += " That is since each process began, not of now."
	}
	began, compacting := r.compactionWords(d)
	text += began
	var evidence []Evidence
	said := map[string]bool{"": true}
	add := func(e Evidence) {
		if !said[e.Text] {
			said[e.Text] = true
			evidence = append(evidence, e)
		}
	}
	d.root.CoveredByReading = true
	for _, f := range d.covered {
		f.CoveredByReading = true
	}
	add(d.evidenceOf(d.root))
	for _, line := range d.evidence {
		add(Evidence{Text: line, InText: line == d.evidenceInText})
	}
	add(Evidence{Text: compacting})
	for _, f := range slices.Concat(d.covered, d.inhibited) {
		add(d.evidenceOf(f))
	}
	next := d.next
	if next == "" {
		next = d.root.Advice
	}
	return Reading{Cause: d.cause, Candidates: d.candidates, About: r.blamed(d), Text: text, Evidence: evidence, Next: next, Steps: d.steps}
}

// words are the sentence that the diagnosis begins with, without its stop.
func (d *diagnosis) words() string {
	if d.text != "" {
		return d.text
	}
	return d.root.wholly().surround(d.before, andMore(d.more)+d.after).opening()
}

// evidenceOf is a finding as evidence for the diagnosis.
func (d *diagnosis) evidenceOf(f *Finding) Evidence {
	told := f == d.root && d.text == "" || slices.Contains(d.coveredInWords, f)
	return Evidence{Text: f.Words(), InText: told, FromFinding: true}
}

// blamed are the members that a diagnosis is about, in the order of the assessment.
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

// unexplainedAlarms are the alarms that a diagnosis does not explain, worst first.
func (r *diagnoser) unexplainedAlarms(d *diagnosis) []*Finding {
	var others []*Finding
	for i := range r.findings {
		f := &r.findings[i]
		if f.Level >= Warning && f.InhibitedBy == "" && !f.Resolving() && f != d.root && !d.explains(f) {
			others = append(others, f)
		}
	}
	return others
}

// anyMember stands for all members, and the cluster, where findings are sought.
const anyMember = "*"

// found are the breaches by some rules about a member (its key, "" for the cluster, or anyMember) that nothing explains
// yet: worst first, and among those alike in the order of the rules given.
func (r *diagnoser) found(member string, rules ...RuleID) []*Finding {
	var found []*Finding
	for _, rule := range rules {
		for _, i := range r.indexed().places(member, rule) {
			f := &r.findings[i]
			if f.Level != Unknown && f.InhibitedBy == "" && !f.Resolving() {
				found = append(found, f)
			}
		}
	}
	slices.SortStableFunc(found, severestFirst)
	return found
}

// finds reports whether a rule is found breached for a member.
func (r *diagnoser) finds(member string, rules ...RuleID) bool {
	return len(r.found(member, rules...)) > 0
}

// findsAlarm reports whether a rule is found breached for a member by more than what is a remark.
func (r *diagnoser) findsAlarm(member string, rules ...RuleID) bool {
	found := r.found(member, rules...)
	return len(found) > 0 && found[0].Level >= Warning
}

// inhibit adds findings that are a consequence of the root, breaches and what can't be judged. A remark explains no alarm.
func (r *diagnoser) inhibit(d *diagnosis, member string, rules ...RuleID) {
	d.scopes = append(d.scopes, scope{member, rules})
	for _, f := range r.indexed().find(member, rules) {
		switch {
		case f == d.root || f.InhibitedBy != "" || f.Resolving():
		case d.root.Level < Warning && f.Level > Notice, member == anyMember && r.inDifferentClusters(d.root, f):
		case d.explains(f):
		default:
			d.inhibited = append(d.inhibited, f)
		}
	}
}

// inhibitUnknown adds what can't be judged because of the root.
func (r *diagnoser) inhibitUnknown(d *diagnosis, member string, rules ...RuleID) {
	for _, f := range r.indexed().find(member, rules) {
		if f.Level == Unknown && f.InhibitedBy == "" && d.root.Level >= Warning {
			d.inhibited = append(d.inhibited, f)
		}
	}
}

// newDiagnosis is a diagnosis of the worst of the findings, which tells of the others too; nil without any.
func newDiagnosis(cause Cause, findings []*Finding) *diagnosis {
	if len(findings) == 0 {
		return nil
	}
	return &diagnosis{cause: cause, root: findings[0], covered: findings[1:], more: len(findings) - 1}
}

// slowness are the symptoms of a cluster, or of a member, that is slow for a reason that lies elsewhere.
var slowness = [...]RuleID{
	ProposalsQueued, LinearizableReadSlow, ReadIndexesSlow, AppliesSlow, HeartbeatsFailing, ProposalsFailing, GRPCFailing, GRPCSlow,
	GRPCRangeSlow, GRPCTxnSlow, FollowerLagging, FollowerStuck, ApplyLagging,
}

// fresh are the metrics of the member at a place, and whether there are any of this moment; ones that say nothing where not.
func (r *diagnoser) fresh(i int) (*probe.Metrics, bool) {
	if m := &r.members[i].probed.Metrics; !r.members[i].MetricsTooOld && m.Answered() && m.Value != nil {
		return m.Value, true
	}
	return new(probe.Metrics), false
}

// labels names the members of findings, each once, in the sweep's order.
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
