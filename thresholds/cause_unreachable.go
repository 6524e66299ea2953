package thresholds

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/etcdoc/etcdoc/probe"
)

// nobodyAnswers reports whether Status failed on every member.
func (r *diagnoser) nobodyAnswers() bool {
	for i := range r.members {
		if m := r.members[i].probed; !m.IsStray() && (m.Status.Err == nil || inDump(m)) {
			return false
		}
	}
	return true
}

// straysOnly says that no endpoint leads to a member. The cluster itself may be healthy.
func (r *diagnoser) straysOnly() Reading {
	reading := Reading{
		Cause: CauseUnreachable, Headline: "No endpoint leads to a member",
		Text: "No endpoint leads to a member: nothing is known of the cluster.",
		Step: "Name the members' own client URLs with --endpoints",
		Next: "Name the members' own client URLs with --endpoints.",
	}
	strays := r.found(anyMember, EndpointStray)
	for _, f := range strays {
		reading.Evidence = append(reading.Evidence, f.evidence())
	}
	if len(strays) == 1 {
		reading.Evidence[0].InText = true
		reading.Text = strays[0].says().opening() + ": nothing is known of the cluster."
		reading.Next = strays[0].Advice
	}
	return reading
}

// allUnreachable says that all members fail to answer Status. If certificates or permissions are the reason, the fix is
// on etcdoc's side.
func (r *diagnoser) allUnreachable() Reading {
	nobody := upperFirst(r.nobodyWords(r.cluster))
	reading := Reading{
		Cause: CauseUnreachable, Text: nobody + ".",
		Step: "Check from here that the endpoints are right and can be reached",
		Next: r.adviseAllUnreachable(""),
	}
	for _, f := range r.found("", ClusterUnreachable) {
		f.QuotedByReading = true
	}
	var kinds []probe.ErrorKind
	var whys []string
	refusing, denying := true, 0 // they answer, and refuse all or only to say how they are
	for _, i := range r.memberPlaces() {
		why, member := statusError(r.members[i].probed), r.members[i].MemberRef
		reading.Evidence = append(reading.Evidence,
			Evidence{Text: member.lead(namesMember(why, member.Label)) + why.Text})
		if !slices.Contains(kinds, why.Kind) {
			kinds, whys = append(kinds, why.Kind), append(whys, why.Kind.Words())
		}
		refusing = refusing && (why.Kind.IsTLS() || why.Kind.IsDenied())
		if why.Kind.IsDenied() {
			denying++
		}
	}
	why := strings.Join(whys, ", ")
	reading.Headline = fitting(HeadlineWidth, nobody+": "+why, "Nobody answers: "+why, upperFirst(whys[0]), nobody)
	first, alike := sameFailure(r.sweep)
	if refusing {
		reading.Cause = CauseNotTrusted
	}
	switch kind := statusError(first).Kind; {
	case alike:
		reading.Text = nobody + ": " + reading.Evidence[0].Text + "."
		for i := range reading.Evidence { // the same of each
			reading.Evidence[i].InText = true
		}
		reading.Step = cmp.Or(silentSteps[kind], reading.Step)
		if name := serverName(r.members); kind == probe.ErrTLSName && name != "" {
			reading.Step = fitting(StepWidth, "Give --tls-server-name "+name, reading.Step)
		}
		silence := r.unit().adviseSilence(kind)
		if r.allHere(r.memberPlaces()) {
			silence = r.unit().adviseSilenceHere(kind)
			reading.Step = cmp.Or(r.unit().silentStepHere(kind), reading.Step)
		}
		if step := socketSteps[kind]; step != "" && r.asksSockets() {
			reading.Step = step
		}
		if kind == probe.ErrRefused && r.asksSockets() {
			silence = "Nothing listens on this socket: see on this host whether etcd runs (systemctl status etcd), and " +
				"which socket it is told to listen on (--listen-client-urls); or name its URL with --endpoints."
		}
		reading.Next = cmp.Or(r.adviseAccessToAll(r.memberPlaces()), r.adviseAllUnreachable(silence))
		switch {
		case kind.IsDenied():
			r.wordDenied(&reading, kind)
		case isGuess(statusError(first)):
			reading.Text = upperFirst(statusError(first).Text) + "."
			reading.Headline = notFoundHeads[kind]
		}
	case refusing:
		reading.Next = r.adviseAccessToAll(r.memberPlaces())
		reading.Step = "Check --cacert, --cert and --key against what the members use"
		if denying > 0 {
			reading.Step = "Let etcdoc log in as a user that may read: --user"
		}
	}
	return reading
}

// notFoundHeads are headlines where no endpoint is named.
var notFoundHeads = map[probe.ErrorKind]string{
	probe.ErrNotFound: "No etcd is named, and none was found on this host",
	probe.ErrRootOnly: "No etcd was found: files of this host may not be read",
}

// isGuess reports that a member does not answer at an endpoint that nobody named: the reading says why there is none.
func isGuess(why *probe.Error) bool { return notFoundHeads[why.Kind] != "" && why.Where == "" }

// asksSockets reports that all members are asked at unix sockets.
func (r *diagnoser) asksSockets() bool {
	return !slices.ContainsFunc(r.memberPlaces(), func(i int) bool {
		return !probe.IsSocket(r.members[i].probed.Endpoint)
	})
}

// wordDenied says that all members answer, and refuse for the same reason to say how they are.
func (r *diagnoser) wordDenied(reading *Reading, kind probe.ErrorKind) {
	why := kind.Words()
	reading.Text = fmt.Sprintf("%s answered, and none says how it is: %s.",
		Plural(len(reading.Evidence), "member"), why)
	reading.Headline = fitting(HeadlineWidth, "No member says how it is: "+why, upperFirst(why))
	for n, i := range r.memberPlaces() {
		reading.Evidence[n].InText = statusError(r.members[i].probed).Where == ""
	}
}

// adviseAllUnreachable says what to do if no member answers: what their common reason asks for, if they have one.
func (r *diagnoser) adviseAllUnreachable(common string) string {
	next := cmp.Or(common, "Check from here that the endpoints are right and can be reached; on a member's host, that "+
		"etcd runs.")
	switch {
	case countMembers(r.results) != 1 || r.cluster.MemberListKnown:
	case r.allHere(r.memberPlaces()):
		next += " Another member may answer for all: name it with --endpoints."
	default:
		next = "Name another member with --endpoints, which may answer for all. " + next
	}
	return next
}

// memberPlaces returns the indices of all rows but strays.
func (r *diagnoser) memberPlaces() (all []int) {
	for i := range r.members {
		if !r.members[i].probed.IsStray() {
			all = append(all, i)
		}
	}
	return all
}

// statusError returns why there is no Status. A stray endpoint may not have failed yet.
func statusError(m *probe.Member) *probe.Error {
	if m.Status.Err == nil {
		return &probe.Error{Kind: probe.ErrOther, Text: "it has not answered yet"}
	}
	return m.Status.Err
}

// namesMember reports whether the text of an error names the member with a label.
func namesMember(e *probe.Error, label string) bool { return probe.HostPort(e.Where) == label }

// failureStatement says that something about the member with a label failed.
func failureStatement(e *probe.Error, label string) statement {
	return statement{text: e.Text, rest: e.Text, named: namesMember(e, label), nameFirst: e.Where != ""}
}

// sameFailure returns the first member, and whether Status failed in the same way on all members.
func sameFailure(s *probe.Sweep) (first *probe.Member, all bool) {
	for i := range s.Members {
		m := &s.Members[i]
		switch {
		case m.IsStray():
		case first == nil:
			first = m
		case statusError(m).Kind != statusError(first).Kind:
			return first, false
		}
	}
	return first, first != nil
}

// outOfReach returns the indices of the members whose state can't be seen from here.
func (r *diagnoser) outOfReach() (places []int) {
	for i := range r.members {
		if r.members[i].State == StateOutOfReach && !r.members[i].probed.IsStray() {
			places = append(places, i)
		}
	}
	return places
}

// someOutOfReach says that members can't be reached at the addresses they advertise. They may be up or down: the
// evidence is what the other members report of them.
func (r *diagnoser) someOutOfReach(places []int) Reading {
	names, shorts := make([]string, len(places)), make(someMembers, len(places))
	for n, i := range places {
		names[n], shorts[n] = r.members[i].Label, r.members[i].Short
	}
	what := fmt.Sprintf("%s can't be reached from here %s: %s.", join(names), r.outOfReachWords(places),
		r.unreachedWords(places))
	r.end = openEnd{true, "."}
	reading := Reading{
		Cause: CauseUndetermined, Next: cmp.Or(r.adviseAccessToAll(places), adviseReach),
		Headline: shorts.naming(HeadlineWidth, func(who string) string { return who + " can't be reached from here" }),
		Step:     "Check the way from here to what these members advertise",
		Text:     what + " " + r.quorumWords(), Further: what,
	}
	if !slices.ContainsFunc(places, func(i int) bool { return !r.lacksKubelet(r.members[i].probed) }) {
		reading.Step = "Is the node Ready, and its kubelet up? kubectl get nodes"
	}
	for _, i := range places {
		err := r.members[i].probed.Status.Err
		if why := (Evidence{Text: err.Text}); (err.Where != "" || isInconclusive(err.Kind)) && // else the text has all
			!slices.Contains(reading.Evidence, why) {
			reading.Evidence = append(reading.Evidence, why)
		}
		if with, _ := r.peersOf(i); len(with) > 0 {
			reading.Evidence = append(reading.Evidence,
				Evidence{Text: haveWords(with) + " a connection with " + r.members[i].Label})
		}
	}
	if r.cluster.QuorumSeen {
		reading.Evidence = append(reading.Evidence,
			Evidence{Text: "a linearizable read succeeded: there are a quorum and a leader"})
	}
	return reading
}

// unreachedWords says what is known of members out of reach.
func (r *diagnoser) unreachedWords(places []int) string {
	var run someMembers
	for _, i := range places {
		if r.members[i].runs {
			run = append(run, r.members[i].Label)
		}
	}
	switch len(run) {
	case len(places):
		return pluralForm(len(run), "it runs, and its", "they run, and their") + " health is not known"
	case 0:
		return "whether " + pluralForm(len(places), "it is", "they are") + " up is not known"
	}
	return fmt.Sprintf("%s %s; of the others it is not known whether they are up", join(run),
		pluralForm(len(run), "runs", "run"))
}

// outOfReachWords says why members are out of reach.
func (r *diagnoser) outOfReachWords(places []int) string {
	var kinds []probe.ErrorKind
	var whys []string
	for _, i := range places {
		if kind := r.members[i].downError; kind != probe.ErrElsewhere && !slices.Contains(kinds, kind) {
			kinds, whys = append(kinds, kind), append(whys, kind.Words())
		}
	}
	if len(whys) == 0 {
		return "under what " + pluralForm(len(places), "it advertises", "they advertise")
	}
	return "(" + strings.Join(whys, "; ") + ")"
}

// adviseAccessToAll says what to do about members that etcdoc can't query: each step once, with the endpoint of the
// first member that needs it.
func (r *diagnoser) adviseAccessToAll(places []int) string {
	type reason struct {
		kind  probe.ErrorKind
		given bool
	}
	var reasons []reason
	steps, labels := map[reason]string{}, map[reason][]string{}
	for _, i := range places {
		m := r.members[i].probed
		why := reason{statusError(m).Kind, m.Given}
		if steps[why] == "" {
			if steps[why] = r.adviseAccessTo(m); steps[why] == "" {
				continue
			}
			steps[why] += adviseServerName(why.kind, r.members)
			reasons = append(reasons, why)
		}
		labels[why] = append(labels[why], r.members[i].Label)
	}
	if len(reasons) == 1 {
		return steps[reasons[0]]
	}
	var all []string
	for _, why := range reasons {
		all = append(all, join(labels[why])+": "+steps[why])
	}
	return strings.Join(all, " ")
}
