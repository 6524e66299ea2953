package thresholds

import (
	"slices"
	"strings"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// headDown words members that do not answer, the worst first.
func (r *diagnoser) headDown(d *diagnosis, down []*Finding) {
	root := d.root
	who, name := r.shortsAbout(down), root.Member.Short
	i := r.place(root.Member.Key)
	d.step = r.restoreSteps(down)
	switch {
	case len(who) > 1:
		verb := " are down"
		switch {
		case d.cause == CauseMemberHung && !slices.ContainsFunc(down, func(f *Finding) bool { return !r.hung(f) }):
			verb = " do not answer: their processes hang"
		case slices.ContainsFunc(down, r.neverUp), slices.ContainsFunc(down, r.isStarting),
			slices.ContainsFunc(down, r.hung):
			verb = " do not answer"
		}
		d.heading(who, func(who string) string { return who + verb })
		return
	case i < 0 || root.Level < Warning && root.Expected == "":
		return // the finding's own headline
	}
	m := &r.members[i]
	since := ""
	lasted, isKnown := r.now.Sub(m.DownSince), !m.DownSince.IsZero() && !m.NeverSeen
	if isKnown && lasted >= max(r.settings.interval, time.Second) {
		since = " for " + FormatDuration(lasted)
	}
	switch {
	case root.Expected != "" && m.startsAgain:
		d.headline = name + " starts again, as announced"
	case root.Expected != "":
		d.headline = name + " is down" + since + ", as announced"
	case m.startingWords() != "":
		d.headline = name + " " + m.startingWords()
	case m.neverStarted:
		d.headline = name + " was added and never ran"
	case m.neverServed:
		d.headline = name + " has never served"
	case m.State == StateOutOfReach:
	case m.severedFrom != nil:
		d.headline = name + " is down: no member is connected with it"
	case d.cause == CauseMemberHung && r.processRuns(i):
		d.headline = name + " hangs" + since + ": only its metrics answer"
	case d.cause == CauseMemberHung:
		d.headline = name + " is silent" + since + ": no answer, no error"
	case r.runsUnreached(i):
		d.headline = name + " can't be reached from here, and runs"
	case m.State == StateDown:
		why := map[probe.ErrorKind]string{
			probe.ErrRefused: ": etcd does not run", probe.ErrClosed: ": connection ends",
			probe.ErrTimeout: ": no answer", probe.ErrUnreachable: ": host unreachable",
		}[m.downError]
		if m.opens(r.now) {
			why = ": refused, then no answer"
		}
		d.headline = name + " is down" + since + why
		if m.downError == probe.ErrRefused {
			d.beyond = ofMember(root.Member.Label, "its host answers")
		}
	}
}

// ofMember makes a clause about a member a sentence that stands alone: it names the member instead of "it".
func ofMember(name, clause string) string {
	if rest, ok := strings.CutPrefix(clause, "its "); ok {
		return name + "'s " + rest
	}
	if rest, ok := strings.CutPrefix(clause, "it "); ok {
		return name + " " + rest
	}
	return upperFirst(clause)
}

// isStarting reports whether a finding is about a member whose process has started, and has not answered yet.
func (r *diagnoser) isStarting(f *Finding) bool {
	i := r.place(f.Member.Key)
	return i >= 0 && r.members[i].startingWords() != ""
}

// neverUp reports whether a finding is about a member that was never up, whether it ran or not.
func (r *diagnoser) neverUp(f *Finding) bool {
	i := r.place(f.Member.Key)
	return i >= 0 && r.members[i].neverUp()
}

// neverRan reports whether a finding is about a member that was added and never ran.
func (r *diagnoser) neverRan(f *Finding) bool {
	i := r.place(f.Member.Key)
	return i >= 0 && r.members[i].neverStarted && !r.members[i].joins
}

// neverServed reports whether a finding is about a member of the cluster's beginning that has never served.
func (r *diagnoser) neverServed(f *Finding) bool {
	i := r.place(f.Member.Key)
	return i >= 0 && r.members[i].neverServed
}
