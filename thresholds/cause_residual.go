package thresholds

import (
	"cmp"
	"slices"
	"time"
)

// A scope is a part of what a diagnosis explains: the findings by some rules about a member, or anyMember.
type scope struct {
	member string
	rules  []RuleID
}

// An explanation is an alarming diagnosis as it was last read. Its symptoms may persist after its root: rates look back
// over a window, and slow members do not all recover in the same sweep. Until they resolve, the explanation covers
// them as residual symptoms.
type explanation struct {
	cause Cause
	rank  int // index in diagnosers
	// text is the first sentence of its reading, when its cause was found.
	text       string
	next, step string
	// caution is what the advice adds about the other members.
	caution *caution
	root    alertKey
	scopes  []scope
	blamed  []string // keys of members
	named   string   // as in diagnosis
	// lastRead is when it was last read, sweeps in how many sweeps in a row. since is when its root began in the first
	// of these, and until the first sweep after them; zero before that.
	lastRead, since, until time.Time
	sweeps                 int
}

// minExplainedSweeps is in how many sweeps in a row a cause must be read before it explains residual symptoms.
const minExplainedSweeps = 3

// explains reports whether f is the explanation's root or in one of its scopes.
func (x *explanation) explains(f *Finding) bool {
	if x.root == (alertKey{f.Rule, f.Member.Key}) {
		return true
	}
	return slices.ContainsFunc(x.scopes, func(s scope) bool {
		return (s.member == anyMember || s.member == f.Member.Key) && slices.Contains(s.rules, f.Rule)
	})
}

// mayBeResidual reports whether findings by a rule can be residual symptoms.
func mayBeResidual(rule RuleID) bool {
	return slices.Contains(slowness[:], rule) || rule == SerializableReadSlow || rule == LeaderChanging
}

// remember keeps the diagnosis that is read, and forgets those older than two windows whose root is no longer
// resolving.
func (e *Evaluator) remember(r *diagnoser, d *diagnosis) {
	e.explained = slices.DeleteFunc(e.explained, func(x *explanation) bool {
		return r.now.Sub(x.lastRead) > 2*r.settings.window && r.resolvingRoot(x) == nil
	})
	read := d != nil && d.level >= Warning
	for _, x := range e.explained {
		if x.until.IsZero() && (!read || x.cause != d.cause) {
			x.until = r.now
		}
	}
	if !read {
		return
	}
	fresh := r.explanation(d)
	x := &fresh
	i := slices.IndexFunc(e.explained, func(x *explanation) bool { return x.cause == d.cause })
	if i < 0 {
		e.explained = append(e.explained, x)
		return
	}
	if before := e.explained[i]; e.previous != nil && !before.lastRead.Before(e.previous.At) {
		x.sweeps += before.sweeps
		x.since = earlier(x.since, before.since)
	}
	e.explained[i] = x
}

// explanation records a diagnosis as of this sweep.
func (r *diagnoser) explanation(d *diagnosis) explanation {
	x := explanation{
		cause: d.cause, rank: d.rank, text: d.words(), next: d.next, root: alertKey{d.root.Rule, d.root.Member.Key},
		scopes: d.scopes, blamed: []string{}, named: d.named, lastRead: r.now, sweeps: 1,
		since: d.root.Since, step: r.stepOf(d), caution: d.caution,
	}
	if d.holds != nil {
		x.text = d.holds.text
	}
	if d.symptom {
		x.since = r.earliestSince(slices.Concat([]*Finding{d.root}, d.covered, d.inhibited))
	}
	for _, m := range r.blamed(d) {
		x.blamed = append(x.blamed, m.Key)
	}
	if x.next == "" {
		x.next = d.root.Advice
	}
	return x
}

// resolvingRoot returns the resolving finding behind an explanation: its root, or one by the root's rule. It returns
// nil where there is none, or where one still fires.
func (r *diagnoser) resolvingRoot(x *explanation) *Finding {
	var over *Finding
	for i := range r.findings {
		f := &r.findings[i]
		switch {
		case f.Rule != x.root.rule || !x.explains(f) || f.InhibitedBy != "" || f.Level == Unknown:
		case !f.Resolving():
			return nil
		case over == nil || f.Member.Key == x.root.member:
			over = f
		}
	}
	return over
}

// inhibitResidual inhibits residual symptoms by their resolving root, so that they raise no alarms of their own. A
// symptom more severe than the root was is not inhibited.
func (r *diagnoser) inhibitResidual() {
	for _, x := range r.explained {
		root := r.resolvingRoot(x)
		if root == nil {
			continue
		}
		for i := range r.findings {
			f := &r.findings[i]
			if f != root && f.InhibitedBy == "" && f.isBreach() &&
				f.Level <= root.PreviousLevel && mayBeResidual(f.Rule) && x.explains(f) {
				f.InhibitedBy, f.InhibitedByMember, f.InhibitedByReading = root.Rule, root.Member, true
				if r.residual == nil {
					r.residual = r.residualDiagnosis(x, root)
				}
				if r.residual.root == root {
					r.residual.covered = append(r.residual.covered, f)
				}
			}
		}
		if r.residual != nil && r.residual.root == root {
			r.wordResidual(r.residual, r.residual.covered)
		}
	}
}

// residualOf returns the latest explanation that is no longer read and whose residual symptoms are all that d shows;
// nil where d has a cause of its own. Notices that are older are no symptoms.
func (r *diagnoser) residualOf(d *diagnosis) *explanation {
	var newest *explanation
	for _, x := range r.explained {
		ends := d.rank > x.rank || d.rank == x.rank && r.isResolving(x)
		lingers := mayBeResidual(d.root.Rule) || d.root.Rule == WALFsyncSlow || d.root.Rule == BackendCommitSlow
		recent, older := r.now.Sub(x.lastRead) <= r.settings.window, false
		if d.level < Warning {
			recent, older = r.isRecent(x, d.root), x.isLaterThan(d.root, r.settings.window)
		}
		if x.cause != d.cause && x.sweeps >= minExplainedSweeps && recent && ends && lingers && !older &&
			r.isExplained(x, d.root) && (newest == nil || x.lastRead.After(newest.lastRead)) {
			newest = x
		}
	}
	return newest
}

// aftermath returns the diagnosis that what was lately read is over, where it explains the first remark about a healthy
// cluster: rates still look back at it. It returns nil where another remark comes first.
func (r *diagnoser) aftermath() *diagnosis {
	remarks, news := r.remarks()
	if news == 0 {
		return nil
	}
	first := remarks[0]
	for _, x := range slices.Backward(r.explained) {
		if x.sweeps < minExplainedSweeps || !r.isRecent(x, first) || !r.isAfterEffect(x, first) {
			continue
		}
		d := r.residualDiagnosis(x, first)
		d.level, d.quorum = Notice, true
		for _, f := range remarks[1:news] {
			if r.isAfterEffect(x, f) {
				d.covered = append(d.covered, f)
			}
		}
		r.wordResidual(d, append([]*Finding{first}, d.covered...))
		return d
	}
	return nil
}

// isExplained reports whether x explains f: a member that stood still, as x says, has delayed what is slow about it.
func (r *diagnoser) isExplained(x *explanation, f *Finding) bool {
	if x.explains(f) {
		return true
	}
	i := r.place(f.Member.Key)
	return i >= 0 && mayBeResidual(f.Rule) && slices.Contains(x.blamed, f.Member.Key) &&
		slices.Contains([]RuleID{MemberLate, MemberUnreachable}, x.root.rule) &&
		r.members[i].track.stoodStill(r.now, r.settings.window+r.now.Sub(x.lastRead))
}

// isRecent reports that what x explained was read within a window before now, or before a notice began: a window that
// begins later says nothing of it.
func (r *diagnoser) isRecent(x *explanation, f *Finding) bool {
	return min(r.now.Sub(x.lastRead), f.Since.Sub(x.lastRead)) <= r.settings.window
}

// isAfterEffect reports that a notice may be a consequence of what x explained, which a member that is sent a snapshot
// was part of. What was so long before is none.
func (r *diagnoser) isAfterEffect(x *explanation, f *Finding) bool {
	explained := mayBeResidual(f.Rule) && r.isExplained(x, f) ||
		f.Rule == SnapshotInFlight && slices.Contains(x.blamed, f.Member.Key)
	return explained && !x.isLaterThan(f, r.settings.window)
}

// isLaterThan reports that x began clearly later than a finding, by a window: symptoms may be found before their cause.
func (x *explanation) isLaterThan(f *Finding, window time.Duration) bool {
	return f.Since.Before(x.since.Add(-window))
}

// isResolving reports whether a finding that x explains is resolving.
func (r *diagnoser) isResolving(x *explanation) bool {
	return slices.ContainsFunc(r.findings, func(f Finding) bool { return f.Resolving() && x.explains(&f) })
}

// asResidual returns a diagnosis that presents d's findings as residual symptoms of x.
func (r *diagnoser) asResidual(x *explanation, d *diagnosis) *diagnosis {
	p := r.residualDiagnosis(x, d.root)
	p.level, p.covered, p.inhibited, p.quorum = d.level, d.covered, d.inhibited, d.level < Warning
	if d.level >= Warning { // what makes it an alarm now comes first
		p.headline, p.blamed = cmp.Or(d.headline, d.root.Headline), []string{}
		for _, m := range r.blamed(d) {
			p.blamed = append(p.blamed, m.Key)
		}
	}
	r.wordResidual(p, append([]*Finding{d.root}, slices.Concat(d.covered, d.inhibited)...))
	return p
}

// lasted is how long it went on: as long as the event of its root says, if that is resolving.
func (x *explanation) lasted(r *diagnoser, root *Finding) time.Duration {
	until := x.until
	switch {
	case root.Rule == x.root.rule && root.Resolving():
		until = root.ResolvingSince
	case until.IsZero():
		until = r.now
	}
	return max(0, until.Sub(x.since))
}

// residualDiagnosis returns the diagnosis that what x explained is over.
func (r *diagnoser) residualDiagnosis(x *explanation, root *Finding) *diagnosis {
	refs := r.blamed(&diagnosis{root: root, blamed: x.blamed})
	lasted := FormatDuration(x.lasted(r, root))
	over := "Over after " + lasted + ": " + x.cause.row().noun
	if len(refs) > 0 {
		over = shortsOf(refs).naming(HeadlineWidth, func(who string) string { return over + " (" + who + ")" })
	}
	was := "It lasted " + lasted + ": " + inQuotes(x.text)
	return &diagnosis{
		cause: x.cause, root: root, blamed: x.blamed, symptom: true, beyond: was,
		headline: over, step: "Wait until the last symptoms have ended",
		text: "The cause is over, and its symptoms are ending. " + was,
		next: "Wait until the last symptoms have ended. Should the cause come back: " + x.next,
	}
}

// wordResidual adds the worst of the residual symptoms to the text.
func (r *diagnoser) wordResidual(d *diagnosis, left []*Finding) {
	worst := slices.MaxFunc(left, func(f, g *Finding) int { return int(f.Level) - int(g.Level) })
	d.further = append(d.further, "The worst symptom: "+worst.Words()+andMore(len(left)-1, "finding"))
	d.states(worst)
}
