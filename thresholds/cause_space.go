package thresholds

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// noSpace diagnoses a NOSPACE alarm: the database is full, or it has room again and the alarm is still raised.
func (r *diagnoser) noSpace() *diagnosis {
	alarms := r.found("", AlarmNoSpace)
	if len(alarms) == 0 {
		return nil
	}
	d := &diagnosis{cause: CauseNoSpace, root: alarms[0]}
	group := r.alarmedGroup()
	full := r.fullest(group)
	var filled []string
	var stated []Vital
	if full != nil {
		filled, stated = r.filledBy(full)
	}
	if words, _ := r.whatFills(); words != "" {
		filled = append(filled, words)
	}
	d.before, d.after, d.further = "The database is full: ", ". Puts are refused; reads and deletes work", filled
	d.beyond = "Reads and deletes work"
	if d.steps = r.disarmSteps(full); len(d.steps) == 1 {
		d.before, d.after = "The alarm is still raised (",
			fmt.Sprintf("), though there is room again: %s of the quota of %s is used. Puts are refused until it is "+
				"lifted", Ratio.Format(full.Vitals[DBQuotaUsed].Or(0)), full.Label)
		d.beyond = "There is room again, and only a disarm lifts it"
		d.further, stated = nil, nil
	}
	if full != nil {
		if full.Vitals[DBQuotaUsed].IsKnown() { // in the headline
			stated = append(stated, DBSize, DBQuota, DBQuotaUsed)
		}
		d.add(r.spaceOf(full, stated)...)
		d.statesSpace(r, full, stated)
	}
	d.next = r.disarmWords(group, d.steps)
	r.headNoSpace(d)
	if r.cluster.dumps < 2 {
		r.inhibit(d, anyMember, noSpaceSymptoms[:]...)
		return d
	}
	for i := range r.groupMembers(group) {
		r.inhibit(d, r.members[i].Key, noSpaceSymptoms[:]...)
	}
	return d
}

// headNoSpace is the headline and the first step of a NOSPACE alarm, with how full the fullest member is: the one that
// raised it may have been defragmented since.
func (r *diagnoser) headNoSpace(d *diagnosis) {
	d.step = r.spaceStep(d.steps)
	raisers := r.cluster.raisers("NOSPACE")
	used, usedOf := "", ""
	if len(raisers) == 1 {
		fullest := -1
		for i := range r.sameCluster(raisers[0].Key) {
			share := r.members[i].Vitals[DBQuotaUsed]
			if share.IsKnown() && (fullest < 0 || share.Or(0) > r.members[fullest].Vitals[DBQuotaUsed].Or(0)) {
				fullest = i
			}
		}
		if fullest >= 0 {
			vitals := r.members[fullest].Vitals
			used = ", " + Ratio.Format(vitals[DBQuotaUsed].Or(0))
			if r.members[fullest].Key != raisers[0].Key {
				used = ", up to " + Ratio.Format(vitals[DBQuotaUsed].Or(0))
			}
			usedOf = used + " of " + Bytes.Format(vitals[DBQuota].Or(0)) + " used"
			used += " used"
		}
	}
	format := "Database full: %s raised NOSPACE" // that puts are refused is in the margin
	if len(d.steps) == 1 {
		format = "NOSPACE of %s is still set"
	}
	d.heading(shortsOf(raisers), func(who string) string {
		raises := fmt.Sprintf(format, who)
		return fitting(HeadlineWidth, raises+usedOf, raises+used, raises)
	})
}

// noSpaceSymptoms accompany a full database and refused puts.
var noSpaceSymptoms = [...]RuleID{
	DBQuotaNear, DBGrowing, DBLarge, DBFragmented, CompactionStalled, GRPCFailing, ProposalsFailing,
}

// alarmedGroup returns the group of a member that raised the NOSPACE alarm.
func (r *diagnoser) alarmedGroup() int {
	for _, by := range r.cluster.raisers("NOSPACE") {
		if r.place(by.Key) >= 0 {
			return r.groupOf(by.Key)
		}
	}
	return r.groupOf("")
}

// disarmSteps returns the steps until etcd accepts puts again, judged by the fullest member. A nil member stands for
// unknown usage.
func (r *diagnoser) disarmSteps(full *memberState) []Step {
	if full == nil {
		return []Step{StepCompact, StepDefragment, StepDisarm}
	}
	return append(r.spaceSteps(full), StepDisarm)
}

// disarmWords words the steps until etcd accepts puts again.
func (r *diagnoser) disarmWords(group int, steps []Step) string {
	words := r.stepWords(group, steps, false)
	switch {
	case slices.Contains(steps, StepDelete): // which takes knowing what
		words = upperFirst(r.lookForFiller()) + ". " + words
	case len(steps) > 1:
		words += " Then " + r.lookForFiller() + "."
	}
	return words
}

// adviseSpace sets the advice of each finding about space to the steps that the member's own numbers call for.
func (r *diagnoser) adviseSpace() {
	for i := range r.findings {
		f := &r.findings[i]
		if f.Level == Unknown {
			continue
		}
		at := r.place(f.Member.Key)
		if r.foreign(f) {
			continue
		}
		switch f.Rule {
		case AlarmNoSpace:
			group := r.alarmedGroup()
			steps := r.disarmSteps(r.fullest(group))
			f.Advice, f.Step = r.disarmWords(group, steps), cmp.Or(r.spaceStep(steps), f.Step)
		case DBQuotaNear, DBGrowing:
			if at >= 0 {
				m := &r.members[at]
				f.Advice, f.Step = r.quotaWords(m), cmp.Or(r.spaceStep(r.spaceSteps(m)), f.Step)
			}
		case DBFragmented:
			if at >= 0 {
				learner := r.members[at].Role == RoleLearner
				f.Advice = cmp.Or(r.defragWords(r.clusterGroups()[at], learner, "When it is calm"), f.Advice)
			}
		}
	}
}

// quotaWords advises on a member's database that is near its quota or will reach it.
func (r *diagnoser) quotaWords(m *memberState) string {
	steps := r.stepWords(r.groupOf(m.Key), r.spaceSteps(m), m.Role == RoleLearner)
	return strings.TrimSpace(steps + " Find who writes, before it grows on. " + upperFirst(r.lookForFiller()) + ".")
}

// fullest returns the member of a group that uses most of its quota, then the one with the largest database, then a
// voter before a learner. It returns nil where no size is known.
func (r *diagnoser) fullest(group int) *memberState {
	var fullest *memberState
	for i := range r.groupMembers(group) {
		m := &r.members[i]
		if !m.Vitals[DBSize].IsKnown() || m.IsStale(DBSize) {
			continue
		}
		if fullest == nil || cmp.Or(cmp.Compare(m.Vitals[DBQuotaUsed].Or(0), fullest.Vitals[DBQuotaUsed].Or(0)),
			cmp.Compare(m.Vitals[DBSize].Or(0), fullest.Vitals[DBSize].Or(0)),
			falseFirst(fullest.Role == RoleLearner, m.Role == RoleLearner)) > 0 {
			fullest = m
		}
	}
	return fullest
}

// spaceOf returns the numbers of a member's database as lines of evidence, without those that the text states.
func (r *diagnoser) spaceOf(m *memberState, stated []Vital) (lines []string) {
	type number struct {
		vital  Vital
		format string
	}
	for _, numbers := range [][]number{
		{{DBSize, "%s on disk"}, {DBInUse, "%s in use"}, {DBQuota, "quota %s"}},
		{
			{Keys, "%s keys"}, {UncompactedRevisions, "%s revisions not compacted"},
			{WritesRate, "%s puts, deletes and transactions"},
		},
	} {
		var held []string
		for _, n := range numbers {
			value, known := m.Vitals[n.vital].Get()
			if known && !m.IsStale(n.vital) && !slices.Contains(stated, n.vital) {
				held = append(held, fmt.Sprintf(n.format, n.vital.Unit().Format(value)))
			}
		}
		if len(held) > 0 {
			lines = append(lines, m.Label+": "+strings.Join(held, ", "))
		}
	}
	return lines
}

// statesSpace notes that the text states some numbers of a member's database, with the findings about those.
func (d *diagnosis) statesSpace(r *diagnoser, m *memberState, stated []Vital) {
	for _, rule := range r.settings.rules.All() {
		if slices.Contains(stated, rule.Vital) {
			d.states(r.found(m.Key, rule.ID)...)
		}
	}
}

// quota diagnoses a database that is near its quota or will reach it.
func (r *diagnoser) quota() *diagnosis {
	near, growing := r.found(anyMember, DBQuotaNear), r.found(anyMember, DBGrowing)
	all := slices.Concat(near, growing)
	slices.SortStableFunc(all, severestFirst)
	if len(all) == 0 {
		return nil
	}
	d := &diagnosis{cause: CauseQuotaNear, root: all[0]}
	if d.root.Rule == DBGrowing {
		d.cause = CauseQuotaGrowing
	} else {
		d.root, d.more = r.fullestOf(near), len(near)-1
		d.named = d.root.Member.Key
	}
	if at := r.found(d.root.Member.Key, DBGrowing); d.cause == CauseQuotaNear && len(at) > 0 {
		d.clauses = []string{"it grows, and reaches that in " + Seconds.Format(at[0].Value.Or(0))}
		d.states(at[0])
	}
	d.clauses = append(d.clauses, "at the quota etcd refuses writes")
	for _, f := range all {
		if f != d.root {
			r.inhibit(d, f.Member.Key, f.Rule)
		}
	}
	r.headQuotas(d, near)
	if i := r.place(d.root.Member.Key); i >= 0 {
		m := &r.members[i]
		filled, stated := r.filledBy(m)
		stated = append(stated, DBSize, DBQuota, DBQuotaUsed)
		d.further = append(d.further, filled...)
		if words, _ := r.whatFills(); words != "" {
			d.further = append(d.further, words)
		}
		d.add(r.spaceOf(m, stated)...)
		d.statesSpace(r, m, stated)
		d.steps = r.spaceSteps(m)
		d.next = r.quotaWords(m)
		if d.step = r.spaceStep(d.steps); d.step == "" && d.root.Rule == DBQuotaNear {
			d.step = stepNaming("Find who writes to {member}, before it grows on", m.MemberRef)
		}
		if step := r.nameWriters(d); len(d.steps) == 0 {
			d.step = cmp.Or(step, d.step)
		}
	}
	r.inhibit(d, anyMember, DBLarge, DBFragmented, CompactionStalled)
	return d
}

// headQuotas sets the headline where several members are as near their quotas as the root says: those that have reached
// theirs, or else all of them.
func (r *diagnoser) headQuotas(d *diagnosis, near []*Finding) {
	isAsBad := func(f *Finding) bool { return f.Level == d.root.Level }
	quota := "quota near"
	if d.root.Value.Or(0) >= 1 {
		isAsBad = func(f *Finding) bool { return f.Value.Or(0) >= 1 }
		quota = "quota reached"
	}
	near = slices.DeleteFunc(slices.Clone(near), func(f *Finding) bool { return !isAsBad(f) })
	if d.root.Rule != DBQuotaNear || len(near) < 2 {
		return
	}
	fullest := d.root.Member.Short + " at " + Ratio.Format(d.root.Value.Or(0))
	others := ", and " + Plural(len(near)-1, "more member")
	d.headline = fitting(HeadlineWidth, "Database "+quota+": "+fullest+others, upperFirst(quota)+": "+fullest+others)
}

// sharesApart is by how much of a quota the share of another database must exceed that of the one that is named, to be
// named instead: databases that hold the same keys grow alike.
const sharesApart = 0.02

// fullestOf returns the finding about the fullest database of those by DBQuotaNear at the highest level; the last
// reading's still, while no other one is clearly fuller.
func (r *diagnoser) fullestOf(near []*Finding) *Finding {
	fullest := near[0]
	for _, f := range near {
		ours := !r.foreign(f) && r.foreign(fullest)
		if f.Level == fullest.Level && (ours || r.foreign(f) == r.foreign(fullest) &&
			f.Value.Or(0) > fullest.Value.Or(0)) {
			fullest = f
		}
	}
	for _, f := range near {
		same := r.foreign(f) == r.foreign(fullest) && f.Level == fullest.Level &&
			(f.Value.Or(0) >= 1) == (fullest.Value.Or(0) >= 1)
		if same && r.named(f.Member.Key) && fullest.Value.Or(0)-f.Value.Or(0) < sharesApart {
			return f
		}
	}
	return fullest
}

func (r *diagnoser) fragmentation() *diagnosis {
	d := newDiagnosis(CauseFragmentation, r.found(anyMember, DBFragmented))
	if d != nil {
		d.states(r.found(d.root.Member.Key, DBLarge)...)
		r.inhibit(d, anyMember, DBLarge)
	}
	return d
}

// defragmentation diagnoses members that answer late, or not at all, during a defragmentation.
func (r *diagnoser) defragmentation() *diagnosis {
	d := newDiagnosis(CauseDefragRunning, r.found(anyMember, DefragRunning))
	if d == nil {
		return nil
	}
	m := d.root.Member
	answers := "answers late"
	if i := r.place(m.Key); i >= 0 && r.members[i].State == StateDown {
		answers = "does not answer"
	}
	d.after, d.beyond = ": until it ends it applies nothing and "+answers, "Until it ends it applies nothing"
	d.further = []string{"It counts again when it is done"}
	if n := len(d.covered) + 1; n == 1 {
		d.headline = m.Short + " is being defragmented, and " + answers
	} else {
		d.heading(r.shortsAbout(append([]*Finding{d.root}, d.covered...)), func(who string) string {
			return who + " are being defragmented"
		})
	}
	d.quorum = true
	// Findings more severe than the notice stay alarms, with this as their explanation.
	d.inhibited = r.found(m.Key, slices.Concat([]RuleID{
		VoterUnhealthy, MemberLate, MemberUnreachable, SerializableReadSlow, WALFsyncSlow, BackendCommitSlow,
	}, slowness[:])...)
	for _, f := range d.inhibited {
		if r.isDefragmentation(f) {
			d.states(f)
		}
	}
	d.covered = append(d.covered, r.found("", QuorumAtRisk)...)
	return d
}

func (r *diagnoser) compaction() *diagnosis {
	d := newDiagnosis(CauseCompaction, r.found(anyMember, CompactionStalled))
	if d == nil {
		return nil
	}
	group := r.groupOf(d.root.Member.Key)
	if full := r.fullest(group); full != nil {
		var stated []Vital
		if full.Key == d.root.Member.Key {
			stated = []Vital{UncompactedRevisions}
		}
		d.add(r.spaceOf(full, stated)...)
	}
	d.next = d.root.Advice + " By hand: " + r.compactCommand(group) + "."
	return d
}
