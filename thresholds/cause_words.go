package thresholds

import (
	"cmp"
	"slices"
	"strings"
)

// readingOf words the chosen diagnosis.
func (r *diagnoser) readingOf(d *diagnosis) Reading {
	headline, rootShown := r.headlineOf(d)
	beyond := slices.Concat([]string{d.beyondHeadline()}, d.further)
	text := sentences(slices.Concat([]string{d.words()}, d.further, []string{d.seen}))
	if !rootShown {
		beyond = append(beyond, d.seen)
	}
	further := sentences(beyond)
	said := map[string]bool{"": true}
	end := ""
	if d.quorum { // which stands beside the headline
		text, end = text+" "+r.quorumWords(), "."
	}
	more, namesVoters := "", false // those that are unhealthy
	if besides := r.unexplainedAlarms(d); len(besides) > 0 {
		more += " Besides: " + besides[0].Words() + andMore(len(besides)-1, "finding") + "."
		besides[0].QuotedByReading, said[besides[0].Words()] = true, true
		namesVoters = besides[0].Rule == QuorumAtRisk
	}
	if r.settings.sinceStart && d.cause.row().quantiles {
		more += " That is since each process began, not of now."
	}
	began, compacting := r.compactionWords(d)
	more += began
	var evidence []Evidence
	add := func(e Evidence) {
		if !said[e.Text] {
			said[e.Text] = true
			e.InText = e.InText || namesVoters && e.Rule == VoterUnhealthy
			evidence = append(evidence, e)
		}
	}
	d.root.CoveredByReading = true
	for _, f := range d.covered {
		f.CoveredByReading = true
	}
	add(d.evidenceOf(d.root))
	for _, e := range d.evidence {
		add(e)
	}
	add(Evidence{Text: compacting})
	for _, f := range slices.Concat(d.covered, d.inhibited) {
		if d.root.Rule != QuorumLost || !slices.Contains(slowness[:], f.Rule) { // which nobody doubts without a quorum
			add(d.evidenceOf(f))
		}
	}
	if r.caution = d.caution; d.caution == nil && d.next == "" {
		r.caution = r.cautionAbout(d.root)
	}
	r.end = openEnd{d.quorum, end + more}
	return Reading{
		Cause: d.cause, Candidates: d.candidates, About: r.blamed(d), Headline: headline, Text: text,
		Further: strings.TrimSpace(further + more), Evidence: evidence, Step: r.stepOf(d),
		Next: cmp.Or(d.next, d.root.Advice), Steps: d.steps,
	}
}

// sentences joins those that are not empty, each with its full stop.
func sentences(all []string) string {
	all = slices.DeleteFunc(all, func(s string) bool { return s == "" })
	if len(all) == 0 {
		return ""
	}
	return strings.Join(all, ". ") + "."
}

// words returns the diagnosis's first sentence, without a full stop.
func (d *diagnosis) words() string {
	if d.text != "" {
		return d.text
	}
	return d.root.wholly().surround(d.before, andMore(d.more, "finding")+d.after+d.clauseWords()).opening()
}

// beyondHeadline returns what the first sentence says beyond the headline. Where it is the root's summary, and the
// headline is not all of that, it is the summary without the member's name.
func (d *diagnosis) beyondHeadline() string {
	f := d.root
	switch clauses := d.clauseWords(); {
	case d.text != "" || d.beyond != "":
		return d.beyond
	case f.BriefIsAll:
		return upperFirst(strings.Join(d.clauses, "; "))
	case f.Beyond != "":
		return f.Beyond + clauses
	case f.Member.IsZero():
		return f.wholly().surround("", clauses).opening()
	case f.Predicate:
		return "It " + f.What + expectedFor(f.Expected) + clauses
	default:
		return upperFirst(f.What + expectedFor(f.Expected) + clauses)
	}
}

// clauseWords are the clauses that continue the first sentence.
func (d *diagnosis) clauseWords() (words string) {
	for _, clause := range d.clauses {
		words += "; " + clause
	}
	return words
}

// add adds lines of evidence; empty ones count for nothing.
func (d *diagnosis) add(lines ...string) {
	for _, line := range lines {
		d.evidence = append(d.evidence, Evidence{Text: line})
	}
}

// states notes that the text or the headline says what some findings do.
func (d *diagnosis) states(findings ...*Finding) { d.stated = append(d.stated, findings...) }

// quotesNoEvidence notes that the text has been replaced by one that quotes none of the evidence.
func (d *diagnosis) quotesNoEvidence() {
	d.stated, d.symptom = nil, true
	for i := range d.evidence {
		d.evidence[i].InText = false
	}
}

// evidenceOf returns a finding as evidence for the diagnosis.
func (d *diagnosis) evidenceOf(f *Finding) Evidence {
	e := f.evidence()
	switch f.Rule {
	case QuorumAtRisk, QuorumLost:
		e.InText = d.quorum || d.countsVoters
	}
	e.InText = e.InText || f == d.root && !d.symptom || slices.Contains(d.stated, f)
	return e
}
