package thresholds

import (
	"fmt"
	"slices"
	"time"
)

// A scope is a part of what a diagnosis explains: findings by some rules about a member, or anyMember.
type scope struct {
	member string
	rules  []RuleID
}

// An explanation is a diagnosis of an alarm as it was read last. Its symptoms may outlast what it stood on: rates look
// back, and not all that was slow becomes quick in the same sweep. Until they have passed they are explained by it.
type explanation struct {
	cause Cause
	rank  int // among the diagnosers
	// text is the sentence that it began with.
	text, next string
	root       alertKey
	scopes     []scope
	blamed     []string // keys of members
	// held is when it was last read, and times in how many sweeps in a row.
	lastRead time.Time
	sweeps   int
}

// minExplainedSweeps is in how many sweeps in a row a cause must have been read to stand for what outlasts it.
const minExplainedSweeps = 3

// explains reports that a finding is one that the diagnosis was about, or inhibited.
func (x *explanation) explains(f *Finding) bool {
	if x.root == (alertKey{f.Rule, f.Member.Key}) {
		return true
	}
	return slices.ContainsFunc(x.scopes, func(s scope) bool {
		return (s.member == anyMember || s.member == f.Member.Key) && slices.Contains(s.rules, f.Rule)
	})
}

// mayBeResidual reports that findings by a rule are consequences of something that may be over before they are.
func mayBeResidual(rule RuleID) bool {
	return slices.Contains(slowness[:], rule) || rule == SerializableReadSlow || rule == LeaderChanging
}

// remember keeps the diagnosis that is read, and forgets those of which nothing is left.
func (e *Evaluator) remember(r *diagnoser, d *diagnosis) {
	e.explained = slices.DeleteFunc(e.explained, func(x *explanation) bool {
		return r.now.Sub(x.lastRead) > r.settings.window && r.resolvingRoot(x) == nil
	})
	if d == nil || d.level < Warning {
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
	}
	e.explained[i] = x
}

// explanation is a diagnosis as it is read now.
func (r *diagnoser) explanation(d *diagnosis) explanation {
	x := explanation{
		cause: d.cause, rank: d.rank, text: d.words(), next: d.next, root: alertKey{d.root.Rule, d.root.Member.Key},
		scopes: d.scopes, blamed: []string{}, lastRead: r.now, sweeps: 1,
	}
	for _, m := range r.blamed(d) {
		x.blamed = append(x.blamed, m.Key)
	}
	if x.next == "" {
		x.next = d.root.Advice
	}
	return x
}

// resolvingRoot is a finding that an explanation stood on and that is over: its root, or one by the same rule; nil where there
// is none, or one that is not over.
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

// inhibitResidual puts the symptoms of what is over under it, while it proves that it stays so: they are no alarms of their
// own. A symptom worse than it was is not hidden by it.
func (r *diagnoser) inhibitResidual() {
	for _, x := range r.explained {
		root := r.resolvingRoot(x)
		if root == nil {
			continue
		}
		for i := range r.findings {
			f := &r.findings[i]
			if f != root && f.InhibitedBy == "" && !f.Resolving() && f.Level != Unknown && f.Level <= root.PreviousLevel && mayBeResidual(f.Rule) && x.explains(f) {
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

// residualOf is the explanation, no longer held, that a diagnosis only takes the symptoms of; nil where it has something to
// say of its own.
func (r *diagnoser) residualOf(d *diagnosis) *explanation {
	var newest *explanation
	for _, x := range r.explained {
		ends := d.rank > x.rank || d.rank == x.rank && r.isResolving(x)
		lingers := mayBeResidual(d.root.Rule) || d.root.Rule == WALFsyncSlow || d.root.Rule == BackendCommitSlow
		if x.cause != d.cause && x.sweeps >= minExplainedSweeps && r.now.Sub(x.lastRead) <= r.settings.window && ends && lingers && x.explains(d.root) &&
			(newest == nil || x.lastRead.After(newest.lastRead)) {
			newest = x
		}
	}
	return newest
}

// isResolving reports that a part of what an explanation stood on is over.
func (r *diagnoser) isResolving(x *explanation) bool {
	return slices.ContainsFunc(r.findings, func(f Finding) bool { return f.Resolving() && x.explains(&f) })
}

// asResidual reads what is left of an explanation instead of a diagnosis that only takes its symptoms.
func (r *diagnoser) asResidual(x *explanation, d *diagnosis) *diagnosis {
	p := r.residualDiagnosis(x, d.root)
	p.level, p.covered, p.inhibited = d.level, d.covered, d.inhibited
	r.wordResidual(p, append([]*Finding{d.root}, slices.Concat(d.covered, d.inhibited)...))
	return p
}

// residualDiagnosis is the diagnosis that what was explained is over.
func (r *diagnoser) residualDiagnosis(x *explanation, root *Finding) *diagnosis {
	return &diagnosis{
		cause: x.cause, root: root, blamed: x.blamed, text: fmt.Sprintf("It passes. Until %s ago: %s", FormatDuration(r.now.Sub(x.lastRead)), inQuotes(x.text)),
		next: "Wait until it has passed. Should it come back: " + x.next,
	}
}

// wordResidual says which symptoms are left.
func (r *diagnoser) wordResidual(d *diagnosis, left []*Finding) {
	worst := slices.MaxFunc(left, func(f, g *Finding) int { return int(f.Level) - int(g.Level) })
	d.further = append(d.further, fmt.Sprintf("What is left of it: %s%s", worst.Words(), andMore(len(left)-1)))
	d.coveredInWords = append(d.coveredInWords, worst)
}
