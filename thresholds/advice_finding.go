package thresholds

import "cmp"

// Advice is what to do. Its zero value is nothing.
type Advice struct {
	// Text is all of it, Step its first step in short.
	Text, Step string
	// OfReading reports that it is the reading's.
	OfReading bool
}

// Advice returns what to do by the reading.
func (r *Reading) Advice() Advice {
	return Advice{Text: r.Next, Step: cmp.Or(r.Step, r.Next), OfReading: true}
}

// AdviceFor returns what to do about a finding. It is nothing while the finding resolves; the reading's advice where
// the reading describes the finding, or the root that explains it; else the root's advice, as a symptom ends with its
// cause; and the finding's own where the root has none, or resolves. Whoever shows a finding shows this: advice on a
// symptom beside a reading that blames its cause would be a second opinion.
func (n *Inhibition) AdviceFor(f *Finding) Advice {
	root := n.Root(f)
	switch {
	case f.Resolving():
		return Advice{}
	case f.CoveredByReading, root.CoveredByReading:
		return n.reading.Advice()
	case root.Resolving(), root.Advice == "":
		return f.ownAdvice()
	default:
		return root.ownAdvice()
	}
}

// ownAdvice is the finding's own advice, even where another finding explains it.
func (f *Finding) ownAdvice() Advice {
	if f.Advice == "" {
		return Advice{}
	}
	return Advice{Text: f.Advice, Step: cmp.Or(f.Step, f.Advice)}
}
