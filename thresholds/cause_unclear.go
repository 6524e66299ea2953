package thresholds

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// wordNotClear lists the causes that can't be ruled out, and why. what describes the symptoms.
func (r *diagnoser) wordNotClear(d *diagnosis, what string) {
	var why []string
	add := func(cause Cause, because string) {
		if !slices.Contains(d.candidates, cause) {
			d.candidates = append(d.candidates, cause)
		}
		why = append(why, because)
	}
	seen := []string{"disk", "link", "process"}
	unseen := func(kind string) {
		seen = slices.DeleteFunc(seen, func(k string) bool { return k == kind })
	}
	if hidden := r.unobservedDisks(); len(hidden) > 0 {
		add(CauseSlowDisk, r.unobservedWords(hidden))
		unseen("disk")
	}
	if open := r.whyAnswersUnknown(); open != "" {
		add(CauseStarvation, open)
		unseen("process")
	}
	quick, observed := r.linksQuick(r.place(d.root.Member.Key))
	if !observed {
		add(CauseSlowLink, "not all round trips have been observed")
		unseen("link")
	}
	if i := r.place(d.root.Member.Key); i >= 0 && r.busy(i) {
		add(CauseOverload, fmt.Sprintf("%s itself uses %s CPUs",
			r.members[i].Label, Count.Format(r.members[i].Vitals[CPU].Or(0))))
	}
	asked, known := r.demandWords()
	if !known {
		add(CauseOverload, asked)
	}
	for _, cause := range []Cause{CauseOverload, CauseSlowLink, CauseStarvation, CauseSlowDisk} {
		if len(d.candidates) < 2 && !slices.Contains(d.candidates, cause) && (cause != CauseSlowLink || !quick) {
			d.candidates = append(d.candidates, cause)
		}
	}
	var ruled []string
	if len(seen) > 0 {
		ruled = append(ruled, "no "+either(seen)+" looks slower than its peers")
	}
	if known {
		ruled = append(ruled, asked)
	}
	if len(ruled) > 0 {
		why = append(why, strings.Join(ruled, ", and "))
	}
	words := make([]string, len(d.candidates))
	for i, cause := range d.candidates {
		words[i] = cause.row().long
	}
	because := strings.Join(why, "; ")
	d.text, d.beyond = fmt.Sprintf("Cause not clear: %s, because %s", either(words), because), "Because "+because
	d.seen = "Seen: " + what
	d.next = "" // the root's advice
	d.add(r.rates()...)
}

// whyAnswersUnknown returns why CPU starvation can't be judged on some member; empty where it can on all.
func (r *diagnoser) whyAnswersUnknown() string {
	if r.sweep.Dumps != nil {
		return "metrics dumps do not show how quick answers are"
	}
	for i := range r.judgedMembers() {
		switch _, _, timing := r.compareAnswers(i); timing {
		case timingUnknown:
			return "too few answers have been timed"
		case timingUndecided:
			return "all answers take long, those of " + r.members[i].Label + " longer"
		}
	}
	return ""
}

// linksQuick reports whether the links that member i may wait for are quick, and whether round trips were observed on
// all of them. Where a follower and the leader are a quorum, only the link between them matters. A negative i stands
// for all members.
func (r *diagnoser) linksQuick(i int) (quick, observed bool) {
	limit := r.settings.rule(PeerRTTSlow).Notice.Value.Or(math.Inf(1))
	pairs := slices.DeleteFunc(r.roundTrips(), func(p pair) bool { return p.basis != "" })
	slow := slices.ContainsFunc(pairs, func(p pair) bool { return p.rttUpper >= limit })
	leader := r.place(r.cluster.Leader.Key)
	if i >= 0 && leader >= 0 && i != leader && r.cluster.Quorum <= 2 { // the two are a quorum
		if p, known := r.between(i, leader); known {
			return p.rttUpper < limit, true
		}
	}
	n := r.countJudged()
	observed = len(pairs) >= n*(n-1)/2
	return observed && !slow, observed
}

// demandWords words that demand is usual or low. Where a member's demand is unknown, it words that, and known is
// false.
func (r *diagnoser) demandWords() (words string, known bool) {
	compared := true
	for i := range r.judgedMembers() {
		all := r.demands(i, r.now)
		if len(all) == 0 {
			return "it is not known how many requests go to " + r.members[i].Label, false
		}
		for _, d := range all {
			compared = compared && d.calls.usualKnown
		}
	}
	if compared {
		return "there are no more requests than usual", true
	}
	return "there are few requests", true
}
