package thresholds

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// What tells a process that does not get to run: many of its answers are slow that need no disk and no peer, its Status
// and its metrics together, and those of its peers are not.
const (
	// starvedAnswer is slow for an answer from memory: ten times what etcd usually takes.
	starvedAnswer = 0.080
	// starvedShare is how many of the answers must be so.
	starvedShare = 0.25
	// fsyncingAtMost is what part of that share the time in slow fsyncs must stay below: a disk that has been healed within
	// the window leaves less of them than of answers.
	fsyncingAtMost = 0.5
	// starvedAnswers is how many there must be to judge by.
	starvedAnswers = 4
)

// answering sums up how quickly a member has answered lately.
type answering struct {
	answers, slow int
	status        []float64 // seconds, sorted
}

func (a *answering) add(status, scrape float64) {
	if !(status >= 0) { // NaN: it was not asked, or has not answered
		return
	}
	a.answers++
	a.status = append(a.status, status)
	if status >= starvedAnswer && !(scrape < starvedAnswer/2) {
		a.slow++
	}
}

func (a *answering) share() float64 {
	if a.answers == 0 {
		return 0
	}
	return float64(a.slow) / float64(a.answers)
}

// lately is how the member at a place has answered within the window that ends now.
func (r *reader) lately(i int, window time.Duration) (a answering) {
	m := &r.a.Members[i]
	if kept := r.history.members[m.Key]; kept != nil {
		for _, s := range kept.raw.within(r.a.At, window) {
			a.add(s.vitals[StatusDuration], s.vitals[ScrapeDuration])
		}
	}
	if status, known := m.Vitals[StatusDuration].Get(); known && !m.Stale {
		a.add(status, m.Vitals[ScrapeDuration].Or(status))
	}
	slices.Sort(a.status)
	return a
}

// inSlowFsyncs is for what share of the time the member at a place was in a slow fsync. A process that waits for its disk
// answers slowly as well, and then it is there that it spends the time; one that does not get to run is rarely stopped
// in an fsync.
func (r *reader) inSlowFsyncs(i int) float64 {
	t := r.tracks[i]
	d, known := t.walFsync.distribution(t.metricsAt, r.options.Window, false)
	if !known {
		return 0
	}
	spent, before := 0.0, 0.0
	for b, count := range d.monotonic() {
		if b > 0 && d.bounds[b-1] >= starvedAnswer/2 {
			spent += (count - before) * 1.5 * d.bounds[b-1] // the middle of a bucket that ends at twice its begin
		}
		before = count
	}
	return spent / r.options.Window.Seconds()
}

// slowBeside reports that the disk of another member than the one at a place is slow as well: what they share is.
func (r *reader) slowBeside(i int) bool {
	for j := range r.a.Members {
		if j != i && r.slowNow(i) && r.slowNow(j) {
			return true
		}
	}
	return false
}

// starvation is about a process that does not get to run: all that it does is slow, its disk no more than the rest.
func (r *reader) starvation() *diagnosis {
	worst, share := -1, 0.0
	others := 0.0
	all := make([]answering, len(r.a.Members))
	for i := range r.a.Members {
		all[i] = r.lately(i, r.options.Window)
		if s := all[i].share(); all[i].answers >= starvedAnswers && s >= starvedShare && s > share {
			worst, share = i, s
		}
	}
	if worst < 0 {
		return r.slowAlone()
	}
	for i := range all {
		if i != worst {
			others = max(others, all[i].share())
		}
	}
	m := &r.a.Members[worst]
	mine := all[worst].status
	slowest := mine[len(mine)-1]
	far := mine[0] >= starvedAnswer/2 && mine[0] >= slowest/3 // it is always so: far from here
	fsyncing := r.inSlowFsyncs(worst)
	if others > share/3 || far || fsyncing >= share*fsyncingAtMost || r.slowBeside(worst) {
		return r.slowAlone()
	}
	signs := r.found(m.Key, slices.Concat([]RuleID{HeartbeatsFailing, SerializableReadSlow, MemberLate}, slowness[:])...)
	signs = append(signs, r.diskSlow(m.Key)...)
	if len(signs) == 0 {
		return nil
	}
	slices.SortStableFunc(signs, func(f, g *Finding) int { return int(g.Level) - int(f.Level) })
	d := &diagnosis{cause: CauseStarvation, root: signs[0]}
	d.text = fmt.Sprintf("%s does not get to run: %d of its last %d answers from memory (Status, /metrics) took %s and more, up to %s; %s. In slow fsyncs it was for %.0f %% of the time.",
		m.Label, all[worst].slow, all[worst].answers, Seconds.Format(starvedAnswer), Seconds.Format(slowest), r.othersAnswer(all, worst), 100*fsyncing)
	for _, f := range signs[1:] {
		r.entail(d, f.Member.Key, f.Rule)
	}
	r.entail(d, m.Key, WALFsyncSlow, BackendCommitSlow) // a stop falls into one of them now and then
	everywhere := m.Key == r.a.Cluster.Leader.Key
	if everywhere {
		r.entail(d, anyMember, slowness[:]...)
		r.entail(d, anyMember, LeaderChanging)
	}
	if cpu, known := m.Vitals[CPU].Get(); known {
		d.evidence = append(d.evidence, fmt.Sprintf("%s itself uses %s CPUs", m.Label, Count.Format(cpu)))
	}
	d.next = fmt.Sprintf("On the host of %s: top, and pressure: cat /proc/pressure/cpu; in a container: its CPU limit (cpu.stat: nr_throttled); on a virtual machine: steal.", m.Label)
	if everywhere {
		d.next += r.moveLeader()
	}
	return d
}

// othersAnswer says how quickly all but one answer.
func (r *reader) othersAnswer(all []answering, but int) string {
	var words []string
	for i := range all {
		if n := len(all[i].status); i != but && n > 0 {
			words = append(words, r.a.Members[i].Label+" "+Seconds.Format(all[i].status[n-1]))
		}
	}
	if len(words) == 0 {
		return "there is no other member to compare with"
	}
	return "the others at most: " + strings.Join(words, ", ")
}

// slowAlone is about members that answer slowly what needs nobody else, where less is known than starvation needs.
func (r *reader) slowAlone() *diagnosis {
	d := about(CauseStarvation, r.found(anyMember, SerializableReadSlow))
	if d == nil || len(r.diskSlow(d.root.Member.Key)) > 0 || r.finds(d.root.Member.Key, DefragRunning) {
		return nil
	}
	m := d.root.Member
	d.text = fmt.Sprintf("%s answers slowly what needs neither its disk nor its peers (%s): it is short of CPU, or far from here.", m.Label, withoutName(d.root))
	d.next = fmt.Sprintf("On the host of %s: top, and cat /proc/pressure/cpu; from here: ping it.", m.Label)
	r.entail(d, m.Key, slowness[:]...)
	d.evidence = []string{r.quickDisks()}
	return d
}
