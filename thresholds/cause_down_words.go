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
	case len(who) > 1 && d.cause == CauseMemberHung:
		d.heading(who, func(who string) string { return who + " do not answer: processes hang" })
		return
	case len(who) > 1:
		verb := " are down"
		if slices.ContainsFunc(down, r.neverRan) {
			verb = " do not answer"
		}
		d.heading(who, func(who string) string { return who + verb })
		return
	case i < 0 || root.Level < Warning && root.Expected == "":
		return // the finding's own headline
	}
	m := &r.members[i]
	since := ""
	if lasted := r.now.Sub(m.DownSince); !m.DownSince.IsZero() && lasted >= max(r.settings.interval, time.Second) {
		since = " for " + FormatDuration(lasted)
	}
	switch {
	case root.Expected != "":
		d.headline = name + " is down" + since + ", as announced"
	case m.neverStarted:
		d.headline = name + " was added and never ran"
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
		d.headline = name + " is down" + since + why
	}
}

// neverRan reports whether a finding is about a member that was added and never ran.
func (r *diagnoser) neverRan(f *Finding) bool {
	i := r.place(f.Member.Key)
	return i >= 0 && r.members[i].neverStarted
}

// restoreSteps is the first step about members that do not answer, the worst first: the same for all of them, or that
// of the first one and then whom to look at.
func (r *diagnoser) restoreSteps(down []*Finding) string {
	var same, others someMembers
	step := r.restoreStep(down[0])
	for _, f := range down {
		if r.restoreStep(f) == step {
			same = append(same, f.Member.Short)
		} else {
			others = append(others, f.Member.Short)
		}
	}
	first := same.naming(StepWidth, func(who string) string { return stepAt(ofSeveral(step, len(same)), who) })
	if len(others) == 0 {
		return first
	}
	then := others.forms()
	return fitting(StepWidth, first+"; then look at "+then[0], first+"; then at "+then[0],
		first+"; then "+then[len(then)-1], first)
}

// restoreStep is the first step about a member that does not answer, as in [Rule.Step].
func (r *diagnoser) restoreStep(f *Finding) string {
	i := r.place(f.Member.Key)
	switch {
	case f.Expected != "":
		return "Wait until {member} is back, and lose no other member"
	case r.neverRan(f):
		return "Start etcd on {member}, with an empty data directory"
	case i < 0 || f.Level < Warning:
		return r.settings.rule(f.Rule).Step
	}
	m := &r.members[i]
	switch {
	case m.State == StateOutOfReach || adviseAccessTo(m.probed) != "":
		return "Check the certificates and the way from here to {member}"
	case f.Rule == MemberLate && r.everAnswered(i), r.hung(f):
		return r.settings.rule(MemberLate).Step
	case m.downError == probe.ErrUnreachable, m.downError == probe.ErrTimeout:
		return "Check whether the host of {member} runs and can be reached"
	}
	return "On {member}: journalctl -u etcd -n 50; then start etcd"
}

// adviseRestoring says what to do about members that do not answer, each step once; empty where the advice of the
// first finding fits.
func (r *diagnoser) adviseRestoring(down []*Finding) string {
	var steps []string
	labels := make(map[string][]string)
	for _, f := range down {
		step := r.adviseRestore(f)
		if labels[step] == nil {
			steps = append(steps, step)
		}
		labels[step] = append(labels[step], f.Member.Label)
	}
	if steps[0] == "" {
		return ""
	}
	var next []string
	for _, step := range slices.DeleteFunc(steps, func(step string) bool { return step == "" }) {
		next = append(next, stepAt(ofSeveral(step, len(labels[step])), join(labels[step])))
	}
	return strings.Join(next, " ")
}

// ofSeveral puts a step about a member's host into the plural for more than one member.
func ofSeveral(step string, n int) string {
	if n < 2 {
		return step
	}
	return strings.NewReplacer("the host of {member} runs", "the hosts of {member} run",
		"the host of {member}", "the hosts of {member}").Replace(step)
}

// adviseRestore says what to do about a member that does not answer, with {member} for its name; empty where the advice
// of the finding fits.
func (r *diagnoser) adviseRestore(f *Finding) string {
	i := r.place(f.Member.Key)
	switch {
	case f.Expected != "":
		return "Wait until {member} is back."
	case i < 0 || f.Level < Warning || r.members[i].severedFrom != nil:
		return ""
	}
	m := &r.members[i]
	if s := r.members[i].probed; s.Membership == probe.MembershipNeverStarted || adviseAccessTo(s) != "" {
		return ""
	}
	const process = "top, and the state of the process (ps -o stat,wchan -C etcd: T is stopped, D waits for the disk)."
	switch {
	case f.Rule == MemberLate && r.everAnswered(i):
		return "On the host of {member}: " + process
	case r.hung(f):
		return "Check whether the host of {member} can be reached; if so, there: " + process
	}
	if m.downError == probe.ErrUnreachable || m.downError == probe.ErrTimeout {
		return "Check whether the host of {member} runs and can be reached from here and from the other members; " +
			"then look at etcd there."
	}
	if m.downError == probe.ErrClosed {
		return "Check whether etcd runs on the host of {member} (journalctl -u etcd -n 50; " +
			"kubelet: crictl ps -a --name etcd), and start it if not; " +
			"if it does, look at what lies between, such as a proxy."
	}
	return "Check why etcd stopped on the host of {member} (journalctl -u etcd -n 50; " +
		"kubelet: crictl ps -a --name etcd), and start it."
}
