package thresholds

import (
	"fmt"
	"slices"

	"github.com/etcdoc/etcdoc/probe"
)

// heading sets the headline to the first wording around the members' names that fits; step does the same for the step.
func (d *diagnosis) heading(who someMembers, word func(who string) string) {
	d.headline = who.naming(HeadlineWidth, word)
}

func (d *diagnosis) stepping(who someMembers, word func(who string) string) {
	d.step = who.naming(StepWidth, word)
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
// besides.
func (r *diagnoser) headlineOf(d *diagnosis) string {
	switch {
	case d.cause == CauseNotClear:
		return r.notClearHeadline(d)
	case d.headline != "":
		return d.headline
	}
	blamed, root := shortsOf(r.blamed(d)), r.rootHeadline(d.root)
	switch n := len(blamed) - 1; {
	case d.root.Member.IsZero() && n >= 0:
		return blamed.naming(HeadlineWidth, func(who string) string { return root + " (" + who + ")" })
	case n > 0:
		others := fmt.Sprintf("; %d other %s too", n, pluralForm(n, "member", "members"))
		return fitting(HeadlineWidth, root+others, root)
	}
	return root
}

// notClearHeadline says what is seen, and what it may be.
func (r *diagnoser) notClearHeadline(d *diagnosis) string {
	nouns := make([]string, len(d.candidates))
	for i, cause := range d.candidates {
		nouns[i] = cause.row().short
	}
	may := either(nouns)
	blamed := r.blamed(d)
	seen := r.rootHeadline(d.root)
	if len(blamed) == 0 {
		return fitting(HeadlineWidth, seen+"; not clear: "+may, "Slow, and not clear why: "+may,
			"Slow, and not clear why")
	}
	about := func(who string) string { return "Not clear: " + may + " of " + who }
	if len(blamed) == 1 && blamed[0].Key == d.root.Member.Key {
		return fitting(HeadlineWidth, seen+"; not clear: "+may, shortsOf(blamed).naming(HeadlineWidth, about))
	}
	return shortsOf(blamed).naming(HeadlineWidth, about)
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

// headDown words members that do not answer, the worst first.
func (r *diagnoser) headDown(d *diagnosis, down []*Finding) {
	root := d.root
	who, name := r.shortsAbout(down), root.Member.Short
	i := r.place(root.Member.Key)
	d.step = r.restoreStep(root, i)
	switch {
	case len(who) > 1 && d.cause == CauseMemberHung:
		d.heading(who, func(who string) string { return who + " do not answer: processes hang" })
		return
	case len(who) > 1:
		d.heading(who, func(who string) string { return who + " are down" })
		return
	case i < 0 || root.Level < Warning && root.Expected == "":
		return // the finding's own headline
	}
	m := &r.members[i]
	since := ""
	if lasted := r.now.Sub(m.DownSince); !m.DownSince.IsZero() && lasted >= r.settings.interval {
		since = " for " + FormatDuration(lasted)
	}
	switch {
	case root.Expected != "":
		d.headline = name + " is down" + since + ", as announced"
	case m.neverStarted:
		d.headline = name + " was added and never started"
	case m.State == StateOutOfReach:
	case m.severedFrom != nil:
		d.headline = name + " is down: no member is connected with it"
	case d.cause == CauseMemberHung && r.processRuns(i):
		d.headline = name + " hangs" + since + ": only its metrics answer"
	case d.cause == CauseMemberHung:
		d.headline = name + " is silent" + since + ": no answer, no error"
	case m.State == StateDown:
		why := map[probe.ErrorKind]string{
			probe.ErrRefused: ": etcd does not run", probe.ErrClosed: ": connection ends",
			probe.ErrTimeout: ": no answer", probe.ErrUnreachable: ": host unreachable",
		}[m.downError]
		d.headline = name + " is down" + since + why
	}
}

// restoreStep is the first step about a member that does not answer, at index i: see adviseRestore.
func (r *diagnoser) restoreStep(f *Finding, i int) string {
	name := f.Member.Short
	switch {
	case f.Expected != "":
		return "Wait until " + name + " is back, and lose no other member"
	case i < 0 || f.Level < Warning:
		return f.Step
	}
	m := &r.members[i]
	switch {
	case m.neverStarted:
		return "Start etcd on " + name + ", with an empty data directory"
	case m.State == StateOutOfReach || adviseAccessTo(m.probed) != "":
		return "Check the certificates and the way from here to " + name
	case f.Rule == MemberLate && r.everAnswered(i), r.hung(f):
		return r.settings.rule(MemberLate).stepFor(f.Member)
	case m.downError == probe.ErrUnreachable, m.downError == probe.ErrTimeout:
		return "Look whether the host of " + name + " runs and can be reached"
	}
	return "On " + name + ": journalctl -u etcd -n 50; then start etcd"
}

// headQuorumLost words a lost quorum by the voters that are missing, those that the reading blames first. Where those
// that do not answer are enough to lose it, the others only follow from that.
func (r *diagnoser) headQuorumLost(d *diagnosis) {
	blamed := keysOf(append([]*Finding{d.root}, d.covered...))
	var away, down, silent, fresh someMembers // all that are missing, and those for some reasons
	silence := r.answeringVoters() < r.cluster.Quorum
	for _, first := range []bool{true, false} {
		for i := range r.members {
			m := &r.members[i]
			if !m.Voter || m.Healthy || blamed[m.Key] != first || silence && m.State == StateOK {
				continue
			}
			away = append(away, m.Short)
			switch {
			case m.State != StateOK && m.neverStarted:
				fresh = append(fresh, m.Short)
			case m.State == StateDown:
				down = append(down, m.Short)
			case m.State != StateOK:
				silent = append(silent, m.Short)
			}
		}
	}
	verb := ""
	switch n := len(away); {
	case len(down) == n:
		verb = pluralForm(n, " is down", " are down")
	case len(fresh) == n:
		verb = pluralForm(n, " was added, never ran", " were added, never ran")
	case len(down)+len(silent)+len(fresh) == n:
		verb = pluralForm(n, " does not answer", " do not answer")
	default:
		verb = pluralForm(n, " does not count", " do not count")
	}
	d.heading(away, func(who string) string { return "Quorum lost: " + who + verb })
	if len(down) > 0 && len(fresh) > 0 && len(down)+len(fresh) == len(away) {
		d.headline = fitting(HeadlineWidth, "Quorum lost: "+down.forms()[0]+
			pluralForm(len(down), " is down, ", " are down, ")+fresh.forms()[0]+" never ran", d.headline)
	}
	switch {
	case r.answeringVoters() >= r.cluster.Quorum:
		d.step = "Check peer port 2380, disks and CPU; restart none before that"
	case len(down) > 0:
		d.stepping(down, func(who string) string { return "Start etcd on " + who + " again, with the old data" })
	case len(silent) > 0:
		d.stepping(silent, func(who string) string {
			return "Look whether etcd runs on " + who + " and can be reached"
		})
	case len(fresh) > 0:
		d.stepping(fresh, func(who string) string { return "Start etcd on " + who + ", with an empty data directory" })
	}
}

// pairName names the ends of a link, and which one leads.
func (r *diagnoser) pairName(p pair) string {
	if r.members[p.b].Role == RoleLeader {
		p.a, p.b = p.b, p.a
	}
	if r.members[p.a].Role == RoleLeader {
		return "leader " + r.members[p.a].Short + " and " + r.members[p.b].Short
	}
	return r.members[p.a].Short + " and " + r.members[p.b].Short
}
