package thresholds

import (
	"fmt"
	"slices"
)

// A stall is a short pause of a process, inferred from its slow answers from memory. It is too little evidence for
// CPU starvation, but enough to doubt another cause for what took as long meanwhile.
type stall struct {
	// longest is how long the longest answer took, in seconds; others is the same of the quickest other member.
	longest, others float64
}

// stalls reports whether member i has recently paused for about as long as an operation took, in seconds: some of its
// answers took as long, and those of the quickest other member were far quicker. In a check one such answer is
// enough; of many it takes half of answersShare.
func (b *cohort) stalls(i int, seconds float64) (s stall, stalled bool) {
	mine := b.answersOf(i)
	best, other := b.quickest(i)
	if mine.n < minAnswers || other < 0 {
		return stall{}, false
	}
	long := max(seconds/diskStandstillRatio, answersFactor*best.slowest, answersRoundTrips*b.roundTrip(i, mine))
	n, _ := atLeast(long, mine.scrapes)
	return stall{mine.slowest, best.slowest}, n > 0 && float64(n) >= answersShare/2*float64(mine.n)
}

// wordStall rewords a diagnosis as not clear: the disk or link of m may be slow, or m CPU-starved. what describes the
// delay seen.
func (r *diagnoser) wordStall(d *diagnosis, m *memberState, s stall, what string) {
	d.candidates = []Cause{d.cause, CauseStarvation}
	d.cause, d.blamed = CauseNotClear, []string{m.Key}
	d.further = nil
	d.quotesNoEvidence()
	because := fmt.Sprintf("because %s, and its answers from memory (/metrics) take up to %s meanwhile; "+
		"the quickest other member's %s", what, Seconds.Format(s.longest), Seconds.Format(s.others))
	d.text = fmt.Sprintf("Cause not clear: %s or %s of %s, %s",
		d.candidates[0].row().long, CauseStarvation.row().long, m.Label, because)
	d.beyond = upperFirst(because)
	d.next = fmt.Sprintf("On the host of %s: top, cat /proc/pressure/cpu (in a container cpu.stat: nr_throttled), "+
		"and iostat -x 1 (w_await, %%util).", m.Label)
	if r.settings.immediate && r.sweep.Dumps == nil { // a dashboard goes on looking
		d.next += " Look again for longer: etcdoc check --window 30s."
	}
	r.inhibit(d, m.Key, AnswersSlow)
}

// linkOrCPU rewords a slow link as not clear while only reads show it: CPU starvation delays reads, too, and too few
// answers of member i have been timed since to rule that out.
func (r *diagnoser) linkOrCPU(d *diagnosis, i int, reads *Evidence) {
	since := r.now.Sub(d.root.Since)
	if since >= answersKept || len(r.members[i].track.scrapes.Range(r.now, since)) >= answersSettled {
		return
	}
	m := &r.members[i]
	d.candidates = []Cause{CauseSlowLink, CauseStarvation}
	d.cause, d.further = CauseNotClear, nil
	because := fmt.Sprintf("because %s, and too few of its answers have been timed since", reads.Text)
	d.text = fmt.Sprintf("Cause not clear: %s or %s of %s, %s",
		CauseSlowLink.row().long, CauseStarvation.row().long, m.Label, because)
	d.beyond = upperFirst(because)
	reads.InText = true
	r.inhibit(d, m.Key, AnswersSlow)
}

// stalledDisk rewords slow disks as not clear if every blamed member had so few slow fsyncs or commits that its
// process may have stalled in each of them.
func (r *diagnoser) stalledDisk(d *diagnosis, c *diskComparison, rule RuleID) {
	limit := r.settings.rule(rule).Notice.Value.Or(0)
	var worst *memberState
	var longest stall
	what := ""
	for _, key := range c.slow {
		i := r.place(key)
		t := r.members[i].track
		b, noun := &t.walFsync, diskNoun(rule)
		if rule == BackendCommitSlow {
			b = &t.backendCommit
		}
		observed, known := b.Distribution(t.metricsAt, r.members[i].settings.window, r.settings.sinceStart)
		if !known || r.settings.sinceStart || observed.Above(limit) >= minFsyncsForMean {
			return
		}
		m, _ := latencyIn(&observed, r.settings.rule(rule).Minimum)
		s, stalled := r.stalls(i, m.value.Or(0))
		if !stalled {
			return
		}
		if worst == nil || s.longest > longest.longest {
			worst, longest = &r.members[i], s
			what = fmt.Sprintf("no more than %s took long (%s or more)",
				Plural(int(observed.Above(limit)), noun), Seconds.Format(m.value.Or(0)))
		}
	}
	if worst != nil {
		r.wordStall(d, worst, longest, what)
	}
}

// stalledLink rewords slow links as not clear if a member at one end may have stalled for as long as the round trips
// took, in seconds. It looks at the blamed members, or at all where none is blamed.
func (r *diagnoser) stalledLink(d *diagnosis, seconds float64) {
	for i := range r.judgedMembers() {
		m := &r.members[i]
		if d.blamed != nil && !slices.Contains(d.blamed, m.Key) {
			continue
		}
		if s, stalled := r.stalls(i, seconds); stalled {
			r.wordStall(d, m, s, "round trips or reads take "+Seconds.Format(seconds))
			return
		}
	}
}
