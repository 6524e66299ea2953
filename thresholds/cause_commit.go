package thresholds

import (
	"fmt"
	"math"
	"strings"
)

// maxFsyncsPerCommit is how many WAL fsyncs' time a commit takes at most on a slow disk, where it writes its pages and
// syncs them. A commit that takes longer has much to write, or waits for something else.
const maxFsyncsPerCommit = 5

// wordCommits words commits that are slow although fsyncs are fast. If all members commit slowly, the cause is what
// they write; if one does, its database's own disk or a lack of CPU.
func (r *diagnoser) wordCommits(d *diagnosis, c *diskComparison) {
	fsync, known := r.slowestFsync()
	commit := d.root.Value.Or(0)
	if !known || maxFsyncsPerCommit*fsync > commit ||
		fsync >= r.settings.rule(WALFsyncSlow).Warning.Value.Or(math.Inf(1)) {
		return
	}
	fast := fmt.Sprintf("WAL fsync p99 is %s at most", Seconds.Format(fsync))
	if d.cause != CauseSlowDisks {
		d.further = append(d.further, fmt.Sprintf("WAL fsyncs are fast everywhere (%s): "+
			"it is the database's own disk, if it has one, or the process is CPU-starved", fast))
		return
	}
	d.cause = CauseLargeWrites
	d.heading(r.shortsWith(d.blamed), func(who string) string {
		return "Large writes: commits slow on " + who + ", fsyncs fast"
	})
	d.step = "Find who writes large values or transactions; make them smaller"
	d.text = fmt.Sprintf("Commits are slow (%s) while fsyncs are fast (%s): large transactions or big values",
		strings.Join(c.all, ", "), fast)
	d.beyond = fmt.Sprintf("Commits: %s; %s", strings.Join(c.all, ", "), fast)
	d.next = "Find who writes large values or large transactions (kube-apiserver's audit log, the clients' own " +
		"metrics), and let it write smaller ones. " +
		"Deleting much at once, and compacting it, is a large transaction, too."
	d.add(r.rates()...)
}

// slowestFsync returns the slowest fsync p99 of the members that answer. It is known if all of them have fresh metrics
// and at least one has fsynced. It is unknown if one has not fsynced lately, because its disk may be slower.
func (r *diagnoser) slowestFsync() (worst float64, known bool) {
	for i := range r.judgedMembers() {
		m := &r.members[i]
		if _, fresh := r.fresh(i); !fresh {
			if m.State == StateOK {
				return 0, false
			}
			continue
		}
		if t := r.members[i].track; r.awaitsFsync(i) || t.metricsAt.Sub(t.hang.noFsyncSince) >= longElectionTimeout {
			return 0, false
		}
		shown, _ := m.observed(WALFsyncP99)
		if value, seen := shown.Get(); seen {
			worst, known = max(worst, value), true
		}
	}
	return worst, known
}

// quickDisks says that no disk is slow, or only how slow the slowest is if that is a notice. It says nothing if a disk
// is slower, or not all are known.
func (r *diagnoser) quickDisks() string {
	rule := r.settings.rule(WALFsyncSlow)
	worst, known := r.slowestFsync()
	text := "WAL fsync p99 is " + Seconds.Format(worst) + " at most"
	switch {
	case !known || rule.Breached(worst, rule.Warning.Value.Or(math.Inf(1))):
		return ""
	case rule.Breached(worst, rule.Notice.Value.Or(math.Inf(1))):
		return text
	default:
		return "no disk is slow: " + text
	}
}
