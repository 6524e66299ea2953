package thresholds

import (
	"fmt"
	"slices"
	"strings"

	"github.com/etcdoc/etcdoc/probe"
)

// A Step is one that gives a database room again.
type Step string

// The steps, in the order in which they are taken.
const (
	StepRaiseQuota Step = "raise-quota" // of a member whose quota is smaller than the others'
	StepCompact    Step = "compact"
	StepDelete     Step = "delete"
	StepDefragment Step = "defragment"
	StepDisarm     Step = "disarm"
)

// What makes the size of a database mostly of one kind.
const (
	worthFreeing  = 0.25 // free of what is on disk, from which a defragmentation is worth its pause
	manyRevisions = 2.0  // revisions not compacted for each key, above which history fills it
)

// roomFor are the steps still needed until a member's database has room again: is below what the rule on its quota remarks
// on. The quota compares the size on disk, which only a defragmentation shrinks.
func (r *reader) roomFor(m *Member) (steps []Step) {
	if r.hasRoom(m.Vitals[DBQuotaUsed].Or(0)) && m.Vitals[DBQuotaUsed].IsKnown() {
		return nil
	}
	if r.smallerQuota(m) != nil {
		return []Step{StepRaiseQuota}
	}
	share, knowsShare := m.Vitals[DBInUseShare].Get()
	left, knowsLeft := m.Vitals[DBInUse].Per(m.Vitals[DBQuota]).Get()
	frees := knowsShare && 1-share >= worthFreeing
	history, knowsHistory := r.historyOf(m)
	switch {
	case frees && (knowsLeft && r.hasRoom(left) || !knowsLeft && !history):
		return []Step{StepDefragment} // all that is needed is there
	case history || !knowsHistory:
		return []Step{StepCompact, StepDefragment}
	case r.stillCompacted(m):
		return []Step{StepDefragment}
	case frees:
		return []Step{StepDelete, StepDefragment}
	}
	return []Step{StepDelete}
}

// stillCompacted reports that nothing has been written since a member's history was compacted up to the newest revision.
// etcd counts the pages that this freed as in use until the next write transaction, and none comes where writes are
// refused: what is in use tells nothing then.
func (r *reader) stillCompacted(m *Member) bool {
	revisions, known := m.Vitals[UncompactedRevisions].Get()
	return known && revisions <= 0
}

// hasRoom reports that so much of a quota is used that no rule remarks on it.
func (r *reader) hasRoom(used float64) bool {
	rule := r.options.rule(DBQuotaNear)
	for _, level := range graded {
		if limit, has := rule.limit(level).Value.Get(); has {
			return used < limit
		}
	}
	return used < 1
}

// historyOf reports whether there are many more revisions that are not compacted than keys.
func (r *reader) historyOf(m *Member) (much, known bool) {
	revisions, known := m.Vitals[UncompactedRevisions].Get()
	keys, knows := m.Vitals[Keys].Get()
	return known && knows && revisions >= manyRevisions*max(keys, 1), known && knows
}

// smallerQuota is a member whose quota is larger than that of the one given, and would leave it room; nil where the quotas
// are alike, or one is not known.
func (r *reader) smallerQuota(m *Member) *Member {
	quota, known := m.Vitals[DBQuota].Get()
	var larger *Member
	for i := range r.a.Members {
		other := &r.a.Members[i]
		if !r.sharesData(m, i) {
			continue
		}
		if theirs, knows := other.Vitals[DBQuota].Get(); known && knows && theirs > quota && r.hasRoom(m.Vitals[DBSize].Or(0)/theirs) &&
			(larger == nil || theirs > larger.Vitals[DBQuota].Or(0)) {
			larger = other
		}
	}
	return larger
}

// sharesData reports that the member at a place has the same keys as another one, that they are of one cluster; or as all of
// them, where no other is given.
func (r *reader) sharesData(with *Member, i int) bool {
	if with == nil {
		return r.a.Cluster.dumps < 2
	}
	j := r.at(with.Key)
	if j < 0 || i == j {
		return i == j
	}
	foreign := func(i int) bool { return r.sweep.Members[i].Standing == probe.StandingForeign }
	return !r.a.Cluster.strangers(i, j) && !foreign(i) && !foreign(j)
}

// smallQuotas are the members whose quota is smaller than that of the one given. All of them are filled by the same data: one
// that keeps its quota raises the alarm again.
func (r *reader) smallQuotas(larger *Member) (small []*Member) {
	for i := range r.a.Members {
		m := &r.a.Members[i]
		if quota, known := m.Vitals[DBQuota].Get(); known && quota < larger.Vitals[DBQuota].Or(0) && r.sharesData(larger, i) {
			small = append(small, m)
		}
	}
	return small
}

// filledBy says what fills a database, as far as its own numbers tell: which keys they are, no metric says.
func (r *reader) filledBy(m *Member) string {
	share, known := m.Vitals[DBInUseShare].Get()
	size, history := m.Vitals[DBSize].Or(0), false
	if much, knows := r.historyOf(m); knows {
		history = much
	}
	if larger := r.smallerQuota(m); larger != nil && !r.hasRoom(m.Vitals[DBQuotaUsed].Or(0)) {
		var whose []string
		for _, small := range r.smallQuotas(larger) {
			whose = append(whose, fmt.Sprintf("%s (%s)", small.Label, Bytes.Format(small.Vitals[DBQuota].Or(0))))
		}
		return fmt.Sprintf("%s of %s %s smaller than that of %s (%s), which the same data does not fill.", one(len(whose), "The quota", "The quotas"),
			join(whose), one(len(whose), "is", "are"), larger.Label, Bytes.Format(larger.Vitals[DBQuota].Or(0)))
	}
	switch {
	case !known:
		return ""
	case 1-share >= worthFreeing && history:
		return fmt.Sprintf("%s of %s is in use, much of it history: %s revisions of %s keys are not compacted.", Ratio.Format(share), Bytes.Format(size),
			Count.Format(m.Vitals[UncompactedRevisions].Or(0)), Count.Format(m.Vitals[Keys].Or(0)))
	case 1-share >= worthFreeing:
		return fmt.Sprintf("Only %s of %s is in use: a defragmentation gives back %s.", Ratio.Format(share), Bytes.Format(size), Bytes.Format(size-m.Vitals[DBInUse].Or(0)))
	case history:
		return fmt.Sprintf("Much of it is history: %s revisions of %s keys are not compacted.", Count.Format(m.Vitals[UncompactedRevisions].Or(0)), Count.Format(m.Vitals[Keys].Or(0)))
	}
	if _, knows := r.historyOf(m); !knows {
		return fmt.Sprintf("Most of it (%s) is in use.", Ratio.Format(share))
	}
	if r.stillCompacted(m) {
		return "It is compacted, and nothing has been written since: until then etcd counts what that freed as in use, so that it is not known how much " +
			"is. What a defragmentation does not give back is live keys, that only deleting makes fewer."
	}
	return fmt.Sprintf("Most of it (%s) is in use: live keys, that only deleting makes fewer.", Ratio.Format(share))
}

// stepWords words the steps for a member's database, as sentences; empty without any.
func (r *reader) stepWords(m *Member, steps []Step) string {
	sentences := make([]string, 0, len(steps))
	for _, step := range steps {
		sentences = append(sentences, r.stepWord(m, step))
	}
	return strings.Join(sentences, " ")
}

func (r *reader) stepWord(m *Member, step Step) string {
	switch step {
	case StepRaiseQuota:
		larger := r.smallerQuota(m)
		var whose []string
		for _, small := range r.smallQuotas(larger) {
			whose = append(whose, small.Label)
		}
		return fmt.Sprintf("Give %s the quota that %s has (--quota-backend-bytes=%.0f), and restart %s.", join(whose), larger.Label,
			larger.Vitals[DBQuota].Or(0), one(len(whose), "it", "them, one after the other"))
	case StepCompact:
		return "Compact: " + r.compactCommand(m) + "."
	case StepDelete:
		return "Delete keys that nobody needs, or raise the quota of every member (--quota-backend-bytes, etcd suggests 8 GiB at most); then look again at what is left to do."
	case StepDefragment:
		return "Defragment: " + r.defragCommand() + "."
	default:
		return "Lift the alarm: " + etcdctl(r.another(""), "alarm disarm") + "."
	}
}

// compactCommand compacts all history up to the newest revision that the metrics tell of, in the cluster that a member
// is of.
func (r *reader) compactCommand(of *Member) string {
	revision := "REVISION"
	for i := range r.a.Members {
		if metrics, fresh := r.fresh(i); fresh && r.sharesData(of, i) {
			if current, known := metrics.CurrentRevision.Get(); known {
				revision = fmt.Sprintf("%.0f", current)
				break
			}
		}
	}
	return etcdctl(r.another(""), "compact "+revision)
}

// defragCommand defragments those that have something to give back.
func (r *reader) defragCommand() string {
	endpoints := r.leaderLast(r.givesBack)
	if strings.Contains(endpoints, ",") {
		return etcdctl(endpoints, "defrag") + " (one after the other, the leader last; each is blocked meanwhile)"
	}
	return etcdctl(endpoints, "defrag") + " (it is blocked meanwhile)"
}

// givesBack reports that a member's database is to be defragmented: it has no room, or so little of it is in use as the rule on
// that remarks on. Of one that does not tell it is not known that it has nothing to give back.
func (r *reader) givesBack(m *Member) bool {
	used, knowsUsed := m.Vitals[DBQuotaUsed].Get()
	share, knowsShare := m.Vitals[DBInUseShare].Get()
	switch {
	case knowsUsed && !r.hasRoom(used), !knowsUsed && (!knowsShare || raisesNoSpace(&r.a.Cluster, m)):
		return true
	case !knowsShare || m.Vitals[DBInUse].Or(0) < r.options.rule(DBFragmented).Minimum:
		return false
	}
	for _, level := range graded {
		if limit, has := r.options.rule(DBFragmented).limit(level).Value.Get(); has {
			return share < limit
		}
	}
	return false
}

// raisesNoSpace reports that a member has raised the alarm.
func raisesNoSpace(c *Cluster, m *Member) bool {
	return slices.ContainsFunc(c.Alarms, func(alarm ClusterAlarm) bool { return alarm.Type == "NOSPACE" && alarm.Member.Key == m.Key })
}
