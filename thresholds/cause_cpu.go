package thresholds

import (
	"fmt"
	"slices"
	"strings"

	"github.com/etcdoc/etcdoc/thresholds/window"
)

// diskStandstillRatio is how many times the average standstill of a process its fsyncs and commits must take on average
// to rule out a lack of CPU. Starvation delays both alike: a call during a standstill waits for half of it.
const diskStandstillRatio = 1.5

// minFsyncsForMean is how many fsyncs or commits make a meaningful mean.
const minFsyncsForMean = 5

// starving returns the index of the most CPU-starved member, its answer times and the quickest member's. The index is
// negative if none is starved.
func (r *diagnoser) starving() (worst int, mine, best answerStats) {
	worst = -1
	rule := r.settings.rule(AnswersSlow)
	for i := range r.judgedMembers() {
		a, quickest, _ := r.compareAnswers(i)
		if r.members[i].track.hang.lasted == 0 && r.isStarved(i, rule) &&
			(worst < 0 || r.isWorse(i, a.slowMean, worst, mine.slowMean)) {
			worst, mine, best = i, a, quickest
		}
	}
	return worst, mine, best
}

// starvation is about a CPU-starved process: its answers from memory take long, and its peers' do not.
func (r *diagnoser) starvation() *diagnosis {
	worst, mine, best := r.starving()
	switch {
	case worst < 0:
		slow := slices.DeleteFunc(r.found(anyMember, AnswersSlow),
			func(f *Finding) bool { return r.diskHangs(f.Member.Key) })
		d := newDiagnosis(CauseStarvation, slow)
		if d != nil {
			r.inhibit(d, d.root.Member.Key, slowness[:]...)
		}
		return d
	case r.busy(worst):
		return nil
	}
	m := &r.members[worst]
	own := append([]RuleID{AnswersSlow, HeartbeatsFailing, SerializableReadSlow, MemberLate, PeerRTTSlow, LinkGrown},
		slowness[:]...)
	signs := slices.Concat(r.found(m.Key, own...), r.slowDiskFindings(m.Key), r.starvationAtPeers(worst))
	if len(signs) == 0 {
		return nil
	}
	slices.SortStableFunc(signs, severestFirst)
	d := &diagnosis{
		cause: CauseStarvation, root: signs[0], blamed: []string{m.Key}, named: m.Key, symptom: true,
	}
	d.states(r.found(m.Key, AnswersSlow)...)
	how := mine.comparedWith(best)
	d.text, d.beyond = fmt.Sprintf("%s is CPU-starved: %s", m.Label, how), upperFirst(how)
	d.next = fmt.Sprintf("On the host of %s: top, and pressure: cat /proc/pressure/cpu; "+
		"in a container: its CPU limit (cpu.stat: nr_throttled); on a virtual machine: steal.", m.Label)
	d.headline = m.Short + " is CPU-starved: /metrics takes " + Seconds.Format(mine.slowMean)
	d.step = r.settings.rule(AnswersSlow).stepFor(m.MemberRef)
	if disk := r.diskBeyondStandstill(worst, r.meanStall(worst, mine, best)); disk != "" {
		d.cause, d.candidates = CauseNotClear, []Cause{CauseStarvation, CauseSlowDisk}
		d.text = fmt.Sprintf("Cause not clear: %s is short of CPU or its disk is slow, because %s, but %s",
			m.Label, how, disk)
		d.beyond = fmt.Sprintf("Because %s, but %s", how, disk)
		d.next += " Its disk: iostat -x 1 (w_await, %util)."
	}
	if d.cause == CauseStarvation && r.cpuUnknown(worst) {
		d.cause, d.candidates = CauseNotClear, []Cause{CauseStarvation, CauseOverload}
		d.text = fmt.Sprintf("Cause not clear: %s or %s of %s, because %s, "+
			"and its metrics do not say how much CPU it uses",
			CauseStarvation.row().long, CauseOverload.row().long, m.Label, how)
		d.beyond = fmt.Sprintf("Because %s, and its metrics do not say how much CPU it uses", how)
	}
	r.orHungDisk(d, []int{worst}, &Evidence{Text: how})
	r.inhibitByStarvation(d, m, signs, own)
	if cpu, known := m.Vitals[CPU].Get(); known {
		d.add(fmt.Sprintf("%s itself uses %s CPUs", m.Label, Count.Format(cpu)))
	}
	d.add(r.answerTimes(worst))
	return d
}

// inhibitByStarvation inhibits what the CPU starvation of a member explains: the signs and its own symptoms, which are
// those of some rules; and what all others feel if it leads.
func (r *diagnoser) inhibitByStarvation(d *diagnosis, m *memberState, signs []*Finding, own []RuleID) {
	for _, f := range signs[1:] {
		r.inhibit(d, f.Member.Key, f.Rule)
	}
	// Now and then each of these includes a standstill, and etcd smooths its round trips.
	r.inhibit(d, m.Key, slices.Concat([]RuleID{WALFsyncSlow, BackendCommitSlow}, own)...)
	for i := range r.judgedMembers() {
		r.inhibit(d, r.members[i].Key, PeerRTTSlow, LinkGrown)
	}
	if r.cluster.Leads(m.Key) {
		r.inhibit(d, anyMember, slowness[:]...)
		r.inhibit(d, anyMember, LeaderChanging)
		d.next += r.adviseMoveLeader()
	}
}

// starvationAtPeers returns the findings that the CPU starvation of member i causes at its peers: slow round trips, and
// if it leads, everything that waits for the leader.
func (r *diagnoser) starvationAtPeers(i int) (found []*Finding) {
	rules := []RuleID{PeerRTTSlow, LinkGrown}
	if r.cluster.Leads(r.members[i].Key) {
		rules = append(rules, slowness[:]...)
	}
	for j := range r.judgedMembers() {
		if j != i {
			found = append(found, r.found(r.members[j].Key, rules...)...)
		}
	}
	return found
}

// allLate reports whether all members answer late from memory. Then whatever they send each other is late as well:
// their hosts may be short of CPU, or this one.
func (r *diagnoser) allLate() bool {
	rule, late := r.settings.rule(AnswersSlow), 0
	for i := range r.judgedMembers() {
		if r.members[i].State != StateOK {
			continue
		}
		if !r.answersLate(i, rule) {
			return false
		}
		late++
	}
	return late > 1
}

// busyCPU is how many CPUs a process must use to be slow because of its own work rather than for lack of CPU.
const busyCPU = 0.7

// busy reports whether the own work of member i makes it slow.
func (r *diagnoser) busy(i int) bool {
	m := &r.members[i]
	return !m.MetricsStale && m.Vitals[CPU].Or(0) >= busyCPU
}

// cpuUnknown reports whether the metrics of member i lack its CPU usage, as they do outside Linux.
func (r *diagnoser) cpuUnknown(i int) bool {
	metrics, fresh := r.fresh(i)
	return fresh && !metrics.CPUSeconds.IsKnown()
}

// diskBeyondStandstill says how slow the disk of member i is if standstills of so many seconds do not explain it; else
// nothing.
func (r *diagnoser) diskBeyondStandstill(i int, still float64) string {
	t := r.members[i].track
	for _, kind := range []struct {
		of   *window.Histogram
		what string
	}{{&t.walFsync, "WAL fsync"}, {&t.backendCommit, "backend commit"}} {
		d, known := kind.of.Distribution(t.metricsAt, r.members[i].settings.window, r.settings.sinceStart)
		if mean, _ := d.Mean(); known && d.Observations >= minFsyncsForMean && mean >= diskStandstillRatio*still {
			return fmt.Sprintf("a %s takes %s on average", kind.what, Seconds.Format(mean))
		}
	}
	return ""
}

// answerTimes says how quickly all members answer except one. A negative index excepts none.
func (r *diagnoser) answerTimes(except int) string {
	var words []string
	for i := range r.judgedMembers() {
		if a := r.answersOf(i); i != except && a.n > 0 {
			words = append(words, r.members[i].Label+" "+Seconds.Format(a.mean))
		}
	}
	if len(words) == 0 {
		return ""
	}
	of := "/metrics of the others: "
	if except < 0 {
		of = "/metrics: "
	}
	return of + strings.Join(words, ", ") + " on average"
}

// slowAlone is about members whose reads of their own data are slow for no other known reason. A read waits for the
// backend's lock, which a commit holds.
func (r *diagnoser) slowAlone() *diagnosis {
	d := newDiagnosis(CauseNotClear, r.found(anyMember, SerializableReadSlow))
	if d == nil || r.writesSlowly(r.place(d.root.Member.Key)) || r.finds(d.root.Member.Key, DefragRunning) {
		return nil
	}
	m := d.root.Member
	d.candidates = []Cause{CauseStarvation, CauseSlowDisk}
	d.text = fmt.Sprintf("Cause not clear: %s is short of CPU, waits for its disk, or is far from here, "+
		"because it answers slowly what needs none of its peers (%s)", m.Label, d.root.What)
	d.beyond = fmt.Sprintf("Because it answers slowly what needs none of its peers (%s)", d.root.What)
	d.next = fmt.Sprintf("On the host of %s: top, cat /proc/pressure/cpu, and iostat -x 1; from here: ping it.",
		m.Label)
	r.inhibit(d, m.Key, slowness[:]...)
	d.add(r.quickDisks())
	return d
}
