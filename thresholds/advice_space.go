package thresholds

import (
	"fmt"
	"slices"
	"strings"
)

// A Step is an action that gives a database room again.
type Step string

// The steps, in the order in which they are taken.
const (
	StepRaiseQuota Step = "raise-quota" // of a member whose quota is smaller than the others'
	StepCompact    Step = "compact"
	StepDelete     Step = "delete"
	StepDefragment Step = "defragment"
	StepDisarm     Step = "disarm"
)

// worthFreeing is the share of a database that must be free, or history, for a defragmentation to be worth its pause.
const worthFreeing = 0.25

// spaceSteps returns the steps until a member's database is below what the rule on its quota remarks on; nil where it
// is. The quota limits the size on disk, which only a defragmentation shrinks.
func (r *diagnoser) spaceSteps(m *memberState) (steps []Step) {
	if r.hasRoom(m.Vitals[DBQuotaUsed].Or(0)) && m.Vitals[DBQuotaUsed].IsKnown() {
		return nil
	}
	if r.largerQuota(m) != nil {
		return []Step{StepRaiseQuota}
	}
	share, knowsShare := m.Vitals[DBInUseShare].Get()
	left, knowsLeft := m.Vitals[DBInUse].Per(m.Vitals[DBQuota]).Get()
	frees := knowsShare && 1-share >= worthFreeing
	content, known := r.compositionOf(m)
	switch {
	case frees && (knowsLeft && r.hasRoom(left) || !knowsLeft && !content.mostlyHistory()):
		return []Step{StepDefragment} // the database has enough free pages
	case r.stillCompacted(m):
		return []Step{StepDefragment}
	case !known || !content.mostlyLive(): // a compaction loses no live key, and shows the share of history
		return []Step{StepCompact, StepDefragment}
	case frees:
		return []Step{StepDelete, StepDefragment}
	}
	return []Step{StepDelete}
}

// stillCompacted reports whether nothing has been written since a member's history was compacted up to the newest
// revision. etcd counts the freed pages as in use until the next write transaction, and refused writes make none: the
// bytes in use show nothing then.
func (r *diagnoser) stillCompacted(m *memberState) bool {
	revisions, known := m.Vitals[UncompactedRevisions].Get()
	return known && revisions <= 0
}

// hasRoom reports whether no rule remarks on a quota that is used to this share.
func (r *diagnoser) hasRoom(used float64) bool {
	limit, _, _ := r.settings.rule(DBQuotaNear).FirstLimit()
	return used < limit.Value.Or(1)
}

// largerQuota returns the member whose larger quota would leave m room; nil where the quotas are alike, or one is
// unknown.
func (r *diagnoser) largerQuota(m *memberState) *memberState {
	quota, known := m.Vitals[DBQuota].Get()
	larger := r.largestQuota(r.groupOf(m.Key))
	if !known || larger == nil {
		return nil
	}
	if theirs := larger.Vitals[DBQuota].Or(0); theirs <= quota || !r.hasRoom(m.Vitals[DBSize].Or(0)/theirs) {
		return nil
	}
	return larger
}

// largestQuota returns the member of a group with the largest quota; nil where none is known.
func (r *diagnoser) largestQuota(group int) *memberState {
	if larger, known := r.largestQuotas[group]; known {
		return larger
	}
	var larger *memberState
	for i := range r.groupMembers(group) {
		m := &r.members[i]
		if quota, known := m.Vitals[DBQuota].Get(); known && (larger == nil || quota > larger.Vitals[DBQuota].Or(0)) {
			larger = m
		}
	}
	if r.largestQuotas == nil {
		r.largestQuotas = make(map[int]*memberState)
	}
	r.largestQuotas[group] = larger
	return larger
}

// smallerQuotas returns the members with a smaller quota than a given one. The same data fills all of them: one that
// keeps its quota raises the alarm again.
func (r *diagnoser) smallerQuotas(larger *memberState) (small []*memberState) {
	for i := range r.groupMembers(r.groupOf(larger.Key)) {
		m := &r.members[i]
		if quota, known := m.Vitals[DBQuota].Get(); known && quota < larger.Vitals[DBQuota].Or(0) {
			small = append(small, m)
		}
	}
	return small
}

// filledBy words what fills a database, as sentences without full stops, and returns the vitals that they state. No
// metric shows which keys.
func (r *diagnoser) filledBy(m *memberState) (words []string, stated []Vital) {
	share, known := m.Vitals[DBInUseShare].Get()
	size := m.Vitals[DBSize].Or(0)
	left, knowsLeft := m.Vitals[DBInUse].Per(m.Vitals[DBQuota]).Get()
	enough := knowsLeft && r.hasRoom(left) // what is in use leaves room, history and all
	content, knowsContent := r.compositionOf(m)
	fill, contents := []Vital{DBInUseShare, DBInUse, DBSize}, []Vital{Keys, UncompactedRevisions}
	if larger := r.largerQuota(m); larger != nil && !r.hasRoom(m.Vitals[DBQuotaUsed].Or(0)) {
		var whose []string
		for _, small := range r.smallerQuotas(larger) {
			whose = append(whose, fmt.Sprintf("%s (%s)", small.Label, Bytes.Format(small.Vitals[DBQuota].Or(0))))
		}
		return []string{fmt.Sprintf("%s of %s %s smaller than that of %s (%s), which the same data does not fill",
			pluralForm(len(whose), "The quota", "The quotas"),
			join(whose), pluralForm(len(whose), "is", "are"), larger.Label,
			Bytes.Format(larger.Vitals[DBQuota].Or(0)))}, []Vital{DBQuota}
	}
	switch {
	case !known:
		return nil, nil
	case 1-share >= worthFreeing && content.mostlyHistory() && !enough:
		return []string{fmt.Sprintf("%s of the database file (%s) is in use, much of it history: %s",
			Ratio.Format(share), Bytes.Format(size), content.words())}, append(fill, contents...)
	case 1-share >= worthFreeing:
		return []string{fmt.Sprintf("Only %s of the database file (%s) is in use: a defragmentation gives back %s",
			Ratio.Format(share), Bytes.Format(size), Bytes.Format(size-m.Vitals[DBInUse].Or(0)))}, fill
	case content.mostlyHistory():
		return []string{fmt.Sprintf("Much of it is history: %s", content.words())}, contents
	case !knowsContent:
		return []string{fmt.Sprintf("Most of the database file (%s) is in use", Ratio.Format(share))}, fill[:2]
	case r.stillCompacted(m):
		return []string{
			"It is compacted, and nothing has been written since: until something is, etcd counts the freed space " +
				"as in use, so that it is not known how much is",
			"A defragmentation shows it: what is left then is live keys, which only deleting reduces",
		}, nil
	case !content.mostlyLive():
		return []string{fmt.Sprintf("Most of the database file (%s) is in use: %s, and how much of it is history is "+
			"not known until they are", Ratio.Format(share), content.words())}, append(fill[:2:2], contents...)
	}
	return []string{fmt.Sprintf("Most of the database file (%s) is in use by live keys, which only deleting reduces",
		Ratio.Format(share))}, fill[:2]
}

// needsQuorum lists the steps that the cluster commits. Without a quorum only the others can be taken.
var needsQuorum = [...]Step{StepCompact, StepDelete, StepDisarm}

// stepWords words the steps for the databases of a group, as sentences; empty without any. learner restricts them to
// the group's learners.
func (r *diagnoser) stepWords(group int, steps []Step, learner bool) string {
	var sentences []string
	if slices.ContainsFunc(steps, func(step Step) bool { return slices.Contains(needsQuorum[:], step) }) {
		sentences = append(sentences, r.cluster.commitCaveat(r.isForeignGroup(group)))
	}
	for _, step := range steps {
		sentences = append(sentences, r.stepWord(stepKey{group, step, learner}))
	}
	return strings.Join(slices.DeleteFunc(sentences, func(s string) bool { return s == "" }), " ")
}

// stepWord words a step. All voters of a group share the words, and all its learners do.
func (r *diagnoser) stepWord(key stepKey) string {
	group := key.group
	if words, known := r.stepTexts[key]; known {
		return words
	}
	if r.stepTexts == nil {
		r.stepTexts = make(map[stepKey]string)
	}
	var words string
	switch key.step {
	case StepRaiseQuota:
		larger := r.largestQuota(group)
		var whose []string
		for _, small := range r.smallerQuotas(larger) {
			whose = append(whose, small.Label)
		}
		words = fmt.Sprintf("Give %s the quota that %s has (--quota-backend-bytes=%.0f), and restart %s.",
			join(whose), larger.Label,
			larger.Vitals[DBQuota].Or(0), pluralForm(len(whose), "it", "them, one after the other"))
	case StepCompact:
		words = "Compact: " + r.compactCommand(group) + "."
	case StepDelete:
		words = "Delete keys that nobody needs, compact, and defragment one member after another; or raise the quota " +
			"of every member (--quota-backend-bytes, etcd suggests 8 GiB at most). Then look again at what is left to do."
	case StepDefragment:
		words = r.defragWords(group, key.learner, "Defragment")
	default:
		words = "Lift the alarm: " + etcdctl(r.groupEndpoint(group), "alarm disarm") + "."
	}
	r.stepTexts[key] = words
	return words
}

// A stepKey names a step for a group's members, or for its learners alone.
type stepKey struct {
	group   int
	step    Step
	learner bool
}

// compactCommand returns the command that compacts a group's history up to the newest revision that its metrics show.
func (r *diagnoser) compactCommand(group int) string {
	revision := "REVISION"
	for i := range r.groupMembers(group) {
		if metrics, fresh := r.fresh(i); fresh {
			if current, known := metrics.CurrentRevision.Get(); known {
				revision = fmt.Sprintf("%.0f", current)
				break
			}
		}
	}
	return etcdctl(r.groupEndpoint(group), "compact "+revision)
}

// defragWords advises how to defragment the members of a group that have something to give back; empty where none
// has. lead begins the command. etcd defragments no learner online, since learners serve no maintenance call but
// Status (isRPCSupportedForLearner). Learners are mentioned only if learner is set or no voter has anything to give
// back.
func (r *diagnoser) defragWords(group int, learner bool, lead string) string {
	if endpoints, n := r.leaderLast(group, r.givesBack); endpoints != "" && !learner {
		return lead + ": " + etcdctl(endpoints, "defrag") +
			pluralForm(n, " (it is blocked meanwhile).",
				" (one after the other, the leader last; each is blocked meanwhile).")
	}
	var learners, silent []string
	promote := ""
	for i := range r.groupMembers(group) {
		switch m := &r.members[i]; {
		case !r.givesBack(m) || m.Role != RoleLearner && (learner || m.State == StateOK):
		case m.State != StateOK:
			silent = append(silent, m.Label)
		default:
			if learners = append(learners, m.Label); promote == "" && m.ID != 0 {
				promote = " (" + etcdctl(r.groupEndpoint(group), "member promote "+m.ID.String()) + ")"
			}
		}
	}
	them := pluralForm(len(learners), "it", "them")
	switch {
	case len(learners) > 0:
		return fmt.Sprintf("%s %s no defragmentation as %s: promote %s first%s, or defragment %s offline (stop "+
			"etcd, etcdutl defrag --data-dir=DIR, start it).",
			join(learners), pluralForm(len(learners), "takes", "take"),
			pluralForm(len(learners), "a learner", "learners"), them, promote, them)
	case len(silent) > 0:
		return fmt.Sprintf("Defragment %s once %s.", join(silent), pluralForm(len(silent), "it answers", "they answer"))
	}
	return ""
}

// givesBack reports whether to defragment a member's database: that gives it the room that it lacks, or so little of
// it is in use that DBFragmented remarks on it. Without the member's numbers it assumes so.
func (r *diagnoser) givesBack(m *memberState) bool {
	used, knowsUsed := m.Vitals[DBQuotaUsed].Get()
	share, knowsShare := m.Vitals[DBInUseShare].Get()
	switch {
	case knowsUsed && !r.hasRoom(used):
		return slices.Contains(r.spaceSteps(m), StepDefragment)
	case !knowsUsed && (!knowsShare || r.cluster.HasAlarm("NOSPACE", m.Key)):
		return true
	case !knowsShare || m.Vitals[DBInUse].Or(0) < r.settings.rule(DBFragmented).Minimum:
		return false
	}
	for _, level := range graded {
		if limit, has := r.settings.rule(DBFragmented).Limit(level).Value.Get(); has {
			return share < limit
		}
	}
	return false
}
