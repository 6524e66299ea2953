package thresholds

import (
	"fmt"
	"slices"
)

// A stall is that a process was kept from running for a moment, as far as its answers from memory tell: that is too little to
// call it short of CPU, and enough for what took as long meanwhile not to be blamed on something else alone.
type stall struct {
	// longest is how long an answer took at most, in seconds, and others the same of the quickest other member.
	longest, others float64
}

// stalls reports whether the member at a place has stood still lately for about as long as something took, in seconds: some of
// its expositions took as long, too, and none of the quickest other member's did by far. One in a check is enough, and of
// many answers half the share that tells a lack of CPU.
func (b *cohort) stalls(i int, seconds float64) (s stall, is bool) {
	mine := b.answersOf(i)
	best, other := b.quickest(i)
	if mine.n < minAnswers || other < 0 {
		return stall{}, false
	}
	long := max(seconds/diskStandstillRatio, answersFactor*best.slowest, answersRoundTrips*b.roundTrip(i, mine))
	n, _ := atLeast(long, mine.scrapes)
	return stall{mine.slowest, best.slowest}, n > 0 && float64(n) >= answersShare/2*float64(mine.n)
}

// wordStall says that a member may as well be short of CPU: what is seen of its disk or its links, and of its answers.
func (r *diagnoser) wordStall(d *diagnosis, m *memberState, s stall, what string) {
	d.candidates = []Cause{d.cause, CauseStarvation}
	d.cause, d.blamed = CauseNotClear, []string{m.Key}
	d.further, d.evidenceInText = nil, what
	d.text = fmt.Sprintf("Cause not clear: %s or %s of %s, because %s, and its answers from memory (/metrics) take up to %s meanwhile; the quickest other member's %s",
		causeWords(d.candidates[0]), causeWords(CauseStarvation), m.Label, what, Seconds.Format(s.longest), Seconds.Format(s.others))
	d.next = fmt.Sprintf("On the host of %s: top, cat /proc/pressure/cpu (in a container cpu.stat: nr_throttled), and iostat -x 1 (w_await, %%util). Look again for longer: --window 30s.", m.Label)
	r.inhibit(d, m.Key, AnswersSlow)
}

// linkOrCPU says that it is not clear whether the link of a member is slow, as long as it is known by reads alone: those wait for a
// process that is CPU-starved, too, and how it answers has not been seen for long enough since to tell that it does.
func (r *diagnoser) linkOrCPU(d *diagnosis, i int, reads string) {
	since := r.now.Sub(d.root.Since)
	if since >= answersKept || len(r.members[i].track.scrapes.Range(r.now, since)) >= answersSettled {
		return
	}
	m := &r.members[i]
	d.candidates = []Cause{CauseSlowLink, CauseStarvation}
	d.cause, d.further, d.evidenceInText, d.text = CauseNotClear, nil, reads, fmt.Sprintf("Cause not clear: %s or %s of %s, because %s, and how it answers since tells too little yet",
		causeWords(CauseSlowLink), causeWords(CauseStarvation), m.Label, reads)
	r.inhibit(d, m.Key, AnswersSlow)
}

// stalledDisk says that it is not clear whether disks are slow: so few of their fsyncs, or commits, were slow that the process
// may have stood still in each of them. That is so of all members that are to blame, or it is not said.
func (r *diagnoser) stalledDisk(d *diagnosis, c *diskComparison, rule RuleID) {
	limit := r.settings.rule(rule).Notice.Value.Or(0)
	var of *memberState
	var longest stall
	what := ""
	for _, key := range c.slow {
		i := r.place(key)
		t := r.members[i].track
		b, noun := &t.walFsync, "WAL fsync"
		if rule == BackendCommitSlow {
			b, noun = &t.backendCommit, "backend commit"
		}
		observed, known := b.Distribution(t.metricsAt, r.members[i].settings.window, r.settings.sinceStart)
		if !known || r.settings.sinceStart || observed.Above(limit) >= minFsyncsForMean {
			return
		}
		m, _ := latencyIn(&observed, r.settings.rule(rule).Minimum)
		s, is := r.stalls(i, m.value.Or(0))
		if !is {
			return
		}
		if of == nil || s.longest > longest.longest {
			of, longest, what = &r.members[i], s, fmt.Sprintf("no more than %s took long (%s or more)", plural(int(observed.Above(limit)), noun), Seconds.Format(m.value.Or(0)))
		}
	}
	if of != nil {
		r.wordStall(d, of, longest, what)
	}
}

// stalledLink says that it is not clear whether links are slow, where a member that they are of may have stood still for as long
// as their round trips took, in seconds: one at an end that is to blame, or where none is named any.
func (r *diagnoser) stalledLink(d *diagnosis, seconds float64) {
	for i := range r.judgedMembers() {
		m := &r.members[i]
		if d.blamed != nil && !slices.Contains(d.blamed, m.Key) {
			continue
		}
		if s, is := r.stalls(i, seconds); is {
			r.wordStall(d, m, s, "round trips or reads take "+Seconds.Format(seconds))
			return
		}
	}
}
