package thresholds

import (
	"strings"

	"github.com/etcdoc/etcdoc/probe"
)

// restoreKind is how members that do not answer are restored.
type restoreKind int

const (
	restoreAsFound   restoreKind = iota // as the rule and the finding advise
	restoreAwait                        // their outage was announced
	restoreJoining                      // they have just started for the first time
	restoreStarting                     // they have just started again
	restoreUnstarted                    // they were added and never ran
	restoreAccess                       // they can't be asked from here
	restoreFrozen                       // they have answered, and are late
	restoreHung                         // they stopped answering without another failure
	restoreOpening                      // they may be starting, or their hosts going down
	restoreHost                         // their hosts may be down
	restoreCut                          // something ends connections with them
	restoreStopped                      // etcd does not run there
)

// restoring is how the member that a finding is about is restored.
func (r *diagnoser) restoring(f *Finding) restoreKind {
	i := r.place(f.Member.Key)
	switch {
	case f.Expected != "":
		return restoreAwait
	case r.isStarting(f) && r.members[i].joins:
		return restoreJoining
	case r.isStarting(f):
		return restoreStarting
	case r.neverRan(f):
		return restoreUnstarted
	case i < 0 || f.Level < Warning:
		return restoreAsFound
	}
	m := &r.members[i]
	switch {
	case r.adviseAccessTo(m.probed) != "":
		return restoreAccess
	case f.Rule == MemberLate && r.everAnswered(i):
		return restoreFrozen
	case r.isHere(i) && (m.downError == probe.ErrTimeout || r.hung(f)):
		return restoreFrozen
	case r.hung(f):
		return restoreHung
	case m.opens(r.now):
		return restoreOpening
	case m.downError == probe.ErrUnreachable || m.downError == probe.ErrTimeout:
		return restoreHost
	case m.downError == probe.ErrClosed:
		return restoreCut
	}
	return restoreStopped
}

// logThere is where etcd's log is.
func (u unit) logThere() string { return "etcd's log there (" + u.log() + ")." }

// adviseJoining says what to do about members that join.
func (u unit) adviseJoining(who string) string {
	return "Wait for " + who + ": a new member takes in the data before it serves. If that takes minutes, look at " +
		u.logThere()
}

// A restoreStep is the first step about a member that does not answer. The rule's own step depends on the rule.
type restoreStep struct {
	kind restoreKind
	rule RuleID
}

// restoreStep is the first step about the member that a finding is about.
func (r *diagnoser) restoreStep(f *Finding) restoreStep {
	kind := r.restoring(f)
	switch i := r.place(f.Member.Key); {
	case kind == restoreAsFound:
		return restoreStep{kind, f.Rule}
	case kind > restoreUnstarted && r.members[i].State == StateOutOfReach:
		kind = restoreAccess
	case kind == restoreFrozen || kind == restoreHung:
		return restoreStep{restoreAsFound, MemberLate}
	case kind == restoreCut:
		kind = restoreStopped
	}
	return restoreStep{kind: kind}
}

// wordRestoreStep words a step about so many members; who names them.
func (r *diagnoser) wordRestoreStep(s restoreStep, n int, who string) string {
	switch s.kind {
	case restoreAsFound:
		return stepAt(r.settings.rule(s.rule).Step, who)
	case restoreAwait:
		return "Wait until " + who + pluralForm(n, " is", " are") + " back, and lose no other member"
	case restoreJoining, restoreStarting:
		return "Wait until " + who + pluralForm(n, " serves; if it doesn't", " serve; if they don't") +
			", read etcd's log there"
	case restoreUnstarted:
		return "Start etcd on " + who + ", with an empty data directory"
	case restoreAccess:
		return "Check the certificates and the way from here to " + who
	case restoreOpening:
		return "Wait a moment: " + who + " may be starting; then check " + pluralForm(n, "its host", "their hosts")
	case restoreHost:
		return "Check whether " + pluralForm(n, "the host of "+who+" runs", "the hosts of "+who+" run") +
			" and can be reached"
	default:
		return onHosts(r.unit().journal() + "; then start etcd")(who)
	}
}

// restoreStepFor is the step about some members, whose names matter more than what comes last in it.
func (r *diagnoser) restoreStepFor(s restoreStep, members someMembers) string {
	words := []func(who string) string{func(who string) string { return r.wordRestoreStep(s, len(members), who) }}
	switch {
	case s.kind == restoreStopped:
		words = append(words, onHosts(r.unit().journal()))
	case s.kind == restoreAsFound && s.rule == MemberLate:
		words = append(words, onHosts("top, ps -o stat,wchan -C "+r.unit().process()))
	}
	return members.naming(StepWidth, words...)
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
	first := r.restoreStepFor(step, same)
	if len(others) == 0 {
		return first
	}
	then := others.forms()
	return fitting(StepWidth, first+"; then look at "+then[0], first+"; then at "+then[0],
		first+"; then "+then[len(then)-1], first)
}

// adviseRestoring says what to do about members that do not answer, each step once; empty where the advice of the
// first finding fits.
func (r *diagnoser) adviseRestoring(down []*Finding) string {
	var kinds []restoreKind
	labels := make(map[restoreKind][]string)
	for _, f := range down {
		kind := r.restoring(f)
		if i := r.place(f.Member.Key); i >= 0 && f.Level >= Warning && r.members[i].severedFrom != nil &&
			!r.isStarting(f) {
			kind = restoreAsFound
		}
		if labels[kind] == nil {
			kinds = append(kinds, kind)
		}
		labels[kind] = append(labels[kind], f.Member.Label)
	}
	if r.unit().adviseRestore(kinds[0], labels[kinds[0]]) == "" {
		return ""
	}
	var next []string
	for _, kind := range kinds {
		if advice := r.unit().adviseRestore(kind, labels[kind]); advice != "" {
			next = append(next, advice)
		}
	}
	return strings.Join(next, " ")
}

// adviseRestore says what to do about some members that do not answer; empty where the advice of the finding fits.
func (u unit) adviseRestore(kind restoreKind, labels []string) string {
	process := u.processState()
	logs := " (" + u.log() + "), and start it"
	n, who := len(labels), join(labels)
	hosts := pluralForm(n, "the host of ", "the hosts of ") + who
	switch kind {
	case restoreAwait:
		return "Wait until " + who + pluralForm(n, " is", " are") + " back."
	case restoreJoining:
		return u.adviseJoining(who)
	case restoreStarting:
		return "Wait until " + who + pluralForm(n, " serves: it takes", " serve: they take") +
			" in what was committed meanwhile first. If that takes minutes, look at " + u.logThere()
	case restoreOpening:
		return "Wait a moment: etcd may be starting on " + hosts + ". If no answer comes, check whether " +
			pluralForm(n, "that host runs", "these hosts run") + " and can be reached."
	case restoreFrozen:
		return "On " + hosts + ": " + process
	case restoreHung:
		return "Check whether " + hosts + " can be reached; if so, there: " + process
	case restoreHost:
		return "Check whether " + hosts + pluralForm(n, " runs", " run") +
			" and can be reached from here and from the other members; then look at etcd there."
	case restoreCut:
		return "Check whether etcd runs on " + hosts + logs +
			" if not; if it does, look at what lies between, such as a proxy."
	case restoreStopped:
		return "Check why etcd stopped on " + hosts + logs + "."
	default:
		return ""
	}
}
