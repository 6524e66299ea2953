package thresholds

import (
	"fmt"
	"slices"

	"github.com/clipperhouse/displaywidth"
)

// heading sets the headline to the first wording around the members' names that fits; stepping does the same for the
// step.
func (d *diagnosis) heading(who someMembers, word func(who string) string) {
	d.headline = who.naming(HeadlineWidth, word)
}

func (d *diagnosis) stepping(who someMembers, words ...func(who string) string) {
	d.step = who.naming(StepWidth, words...)
}

// shortsOf returns the Shorts of some members.
func shortsOf(members []MemberRef) someMembers {
	names := make(someMembers, len(members))
	for i, m := range members {
		names[i] = m.Short
	}
	return names
}

// shortsAt returns the Shorts of the members at some places.
func (f *frame) shortsAt(places []int) someMembers {
	names := make(someMembers, len(places))
	for k, i := range places {
		names[k] = f.members[i].Short
	}
	return names
}

// shortsWhere returns the Shorts of the members for which is returns true.
func (f *frame) shortsWhere(is func(*memberState) bool) (names someMembers) {
	for i := range f.members {
		if m := &f.members[i]; is(m) {
			names = append(names, m.Short)
		}
	}
	return names
}

// shortsAbout returns the Shorts of the members that findings are about, each once, in the order of the sweep.
func (r *diagnoser) shortsAbout(findings []*Finding) someMembers {
	about := keysOf(findings)
	return r.shortsWhere(func(m *memberState) bool { return about[m.Key] })
}

// shortsWith returns the Shorts of the members with some keys, in the order of the sweep.
func (r *diagnoser) shortsWith(keys []string) someMembers {
	return r.shortsWhere(func(m *memberState) bool { return slices.Contains(keys, m.Key) })
}

// headlineOf returns the headline of a diagnosis: its own, else that of its root, with how many members it blames
// besides; and whether it shows the root's own.
func (r *diagnoser) headlineOf(d *diagnosis) (headline string, rootShown bool) {
	switch {
	case len(d.candidates) > 0:
		return r.notClearHeadline(d)
	case d.headline != "":
		return d.headline, false
	}
	blamed, root := shortsOf(r.blamed(d)), r.rootHeadline(d.root)
	switch n := len(blamed) - 1; {
	case d.root.Member.IsZero() && n >= 0:
		return blamed.naming(HeadlineWidth, func(who string) string { return root + " (" + who + ")" }), true
	case n > 0:
		others := fmt.Sprintf("; %d other %s too", n, pluralForm(n, "member", "members"))
		return fitting(HeadlineWidth, root+others, root), true
	}
	return root, true
}

// notClearHeadline is that of a cause that is not clear, and not over: it says what is seen, and what it may be;
// rootShown reports that it has room for both.
func (r *diagnoser) notClearHeadline(d *diagnosis) (headline string, rootShown bool) {
	nouns := make([]string, len(d.candidates))
	for i, cause := range d.candidates {
		nouns[i] = cause.row().short
	}
	may := either(nouns)
	blamed := r.blamed(d)
	seen := r.rootHeadline(d.root)
	both := seen + "; not clear: " + may
	about := func(who string) string { return "Not clear: " + may + " of " + who }
	switch alone := len(blamed) == 1 && blamed[0].Key == d.root.Member.Key; {
	case (alone || len(blamed) == 0) && displaywidth.String(both) <= HeadlineWidth:
		return both, true
	case len(blamed) == 0:
		return fitting(HeadlineWidth, "Slow, and not clear why: "+may, "Slow, and not clear why"), false
	}
	return shortsOf(blamed).naming(HeadlineWidth, about), false
}

// stepOf returns the first step of a diagnosis: its own, else that of the root's rule.
func (r *diagnoser) stepOf(d *diagnosis) string {
	switch {
	case d.step != "":
		return d.step
	case d.cause == CauseNotClear && d.root.Member.IsZero():
		return "On each host: iostat -x 1, top, ping to the other members"
	case d.cause == CauseNotClear:
		return "On " + d.root.Member.Short + ": iostat -x 1, top, ping to the other members"
	}
	return d.root.Step
}

// healthyHeadline says that nothing is wrong, and whom the voters follow.
func (r *diagnoser) healthyHeadline() string {
	switch c := r.cluster; {
	case c.Leader.IsZero() || !c.MemberListKnown:
		return "Healthy, as far as is seen from here"
	case c.Voters == 1:
		return "Healthy: the only voter, " + c.Leader.Short + ", answers"
	case c.HealthyVoters == c.Voters:
		return fmt.Sprintf("Healthy: all %d voters follow %s", c.Voters, c.Leader.Short)
	default:
		return fmt.Sprintf("Healthy: %d of %d voters follow %s", c.HealthyVoters, c.Voters, c.Leader.Short)
	}
}
