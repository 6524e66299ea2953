package thresholds

import (
	"slices"
	"time"
)

const (
	// causeHoldDuration is how long another cause must explain the same findings before it replaces the current one: a
	// single reason shows now one symptom and now another.
	causeHoldDuration = 10 * time.Second
	// minSweepsToHold is in how many sweeps the reading must have blamed a cause before steady holds on to it.
	minSweepsToHold = 3
)

// A heldCause is the current cause, kept from sweep to sweep.
type heldCause struct {
	explanation
	level Level
	// since is when the first of the findings began that it has explained.
	since time.Time
	// rival is the cause that would replace it, since rivalSince.
	rival      Cause
	rivalSince time.Time
}

// steady returns the chosen diagnosis, or for a while still that of the held cause. found are all diagnoses that apply.
// A worse level, or a cause that replaces an unclear one, is never held back.
func (r *diagnoser) steady(chosen *diagnosis, found []*diagnosis) *diagnosis {
	h := r.previous
	switch {
	case h == nil || chosen == nil || r.settings.immediate || r.settings.sinceStart || h.cause == CauseNotClear,
		chosen.blamesLink() && r.onlyRecommends(h.level, h.root.rule):
		return chosen
	case chosen.cause == h.cause:
		h.rival = ""
		return chosen
	case !chosen.cause.row().rivals || !h.cause.row().rivals || chosen.level > h.level || h.sweeps < minSweepsToHold:
		return chosen
	case r.now.Sub(h.lastRead) > causeHoldDuration || !h.explains(chosen.root):
		return chosen
	}
	if h.rival != chosen.cause {
		h.rival, h.rivalSince = chosen.cause, r.now
	}
	if r.now.Sub(h.rivalSince) >= causeHoldDuration {
		return chosen
	}
	if i := slices.IndexFunc(found, func(d *diagnosis) bool { return d.cause == h.cause }); i >= 0 {
		return found[i]
	}
	return r.heldDiagnosis(h, chosen)
}

// heldDiagnosis is the diagnosis of the held cause with the findings of chosen. It names the cause, and has the figures
// of this sweep: those of the sweeps in which the cause was found are over.
func (r *diagnoser) heldDiagnosis(h *heldCause, chosen *diagnosis) *diagnosis {
	d := &diagnosis{
		cause: h.cause, root: chosen.root, covered: chosen.covered, inhibited: chosen.inhibited, level: chosen.level,
		rank: h.rank, scopes: h.scopes, blamed: h.blamed, next: h.next, step: h.step, caution: h.caution, holds: h,
	}
	noun, of := upperFirst(h.cause.row().noun), ""
	blamed, worst := r.blamed(d), r.worstHeld(h)
	if worst != nil { // it comes first
		slices.SortStableFunc(blamed, func(m, n MemberRef) int {
			return falseFirst(m.Key != worst.Member.Key, n.Key != worst.Member.Key)
		})
	}
	if d.headline = noun; len(blamed) > 0 {
		of = " (" + join(labelsOf(blamed)) + ")"
		d.heading(shortsOf(blamed), func(who string) string { return noun + " (" + who + ")" })
	}
	if worst != nil {
		if len(blamed) > 1 {
			d.headline = fitting(HeadlineWidth, noun+", worst "+worst.Headline,
				noun+", worst "+worst.Member.Short+": "+worst.BriefWhat, noun+", worst "+worst.Member.Short, noun)
		}
		now := worst.Words()
		d.states(worst)
		d.text, d.beyond = noun+of+"; now "+now, "Now "+now
		return d
	}
	seen := "seen until " + agoWords(r.now.Sub(h.rivalSince)+r.settings.interval)
	now := "now " + d.root.Words()
	d.text, d.beyond = noun+of+", "+seen+"; "+now, upperFirst(seen)+"; "+now
	return d
}

// worstHeld is the worst finding by the rule of a held cause's root about a member that it blames; nil if none of them
// fires any longer.
func (r *diagnoser) worstHeld(h *heldCause) (worst *Finding) {
	for _, f := range r.found(anyMember, h.root.rule) {
		if slices.Contains(h.blamed, f.Member.Key) && (worst == nil || f.Value.Or(0) > worst.Value.Or(0)) {
			worst = f
		}
	}
	return worst
}

// hold keeps the cause of d for the next sweeps.
func (e *Evaluator) hold(r *diagnoser, d *diagnosis) {
	if d == nil || !d.cause.row().rivals {
		if e.held != nil && r.now.Sub(e.held.lastRead) > causeHoldDuration {
			e.held = nil
		}
		return
	}
	h := &heldCause{explanation: r.explanation(d), level: d.level,
		since: r.earliestSince(append([]*Finding{d.root}, d.covered...))}
	if before := e.held; before != nil && before.cause == d.cause {
		h.sweeps += before.sweeps
		h.since = earlier(h.since, before.since)
		h.rival, h.rivalSince, h.level = before.rival, before.rivalSince, max(d.level, before.level)
		for _, s := range before.scopes { // it may still explain what it explained lately
			same := func(t scope) bool { return t.member == s.member && slices.Equal(t.rules, s.rules) }
			if !slices.ContainsFunc(h.scopes, same) {
				h.scopes = append(slices.Clip(h.scopes), s)
			}
		}
	}
	e.held = h
}
