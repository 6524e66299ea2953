package thresholds

import (
	"fmt"
	"slices"
	"strings"

	"github.com/etcdoc/etcdoc/probe"
)

// nobodyAnswers reports that Status failed on every member.
func (r *diagnoser) nobodyAnswers() bool {
	for i := range r.members {
		if m := r.members[i].probed; !m.IsStray() && (m.Status.Err == nil || inDump(m)) {
			return false
		}
	}
	return true
}

// straysOnly is about endpoints none of which leads to a member. It says nothing of the cluster, which may be well.
func (r *diagnoser) straysOnly() Reading {
	reading := Reading{
		Cause: CauseUnreachable, Text: "No endpoint leads to a member: nothing is known of the cluster.",
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

// allUnreachable is about members that all fail to answer Status. Where certificates or permissions are the reason, it is on the
// observer's side to mend.
func (r *diagnoser) allUnreachable() Reading {
	members := countMembers(r.results)
	text := fmt.Sprintf("None of the %d members answers", members)
	if members == 1 {
		text = "The only member known does not answer"
	}
	reading := Reading{Cause: CauseUnreachable, Text: text + "."}
	untrusted, denied := 0, 0
	for i := range r.members {
		if r.members[i].Stray {
			continue
		}
		why := statusError(r.members[i].probed)
		member := r.members[i].MemberRef
		reading.Evidence = append(reading.Evidence, Evidence{Text: member.lead(namesMember(why, member.Label)) + why.Text})
		switch kind := why.Kind; {
		case kind.IsTLS():
			untrusted++
		case kind.IsDenied():
			denied++
		}
	}
	first, alike := sameFailure(r.sweep)
	if alike {
		reading.Text = text + ": " + reading.Evidence[0].Text + "."
		reading.Evidence[0].InText = true
		reading.Next = r.adviseAccessToAll(r.memberPlaces())
	}
	if reading.Next == "" {
		reading.Next = r.adviseAllUnreachable()
	}
	if untrusted+denied < members {
		return reading
	}
	reading.Cause = CauseNotTrusted
	switch {
	case !alike:
		reading.Next = r.adviseAccessToAll(r.memberPlaces())
	case denied > 0:
		reading.Evidence[0].InText = false
		reading.Text = fmt.Sprintf("%s answered, and none says how it is: %s.", plural(denied, "member"), statusError(first).Kind.Words())
	}
	return reading
}

// adviseAllUnreachable is what to do about members that are silent.
func (r *diagnoser) adviseAllUnreachable() string {
	next := "Check from here that the endpoints are right and can be reached; on a member's host, that etcd runs."
	if countMembers(r.results) == 1 && !r.cluster.MemberListKnown {
		next = "Name another member with --endpoints, which may answer for all. " + next
	}
	return next
}

// memberPlaces are those of all rows but strays.
func (r *diagnoser) memberPlaces() (all []int) {
	for i := range r.members {
		if !r.members[i].probed.IsStray() {
			all = append(all, i)
		}
	}
	return all
}

// statusError is why there is no Status. An endpoint that leads to no member may not have failed yet.
func statusError(m *probe.Member) *probe.Error {
	if m.Status.Err == nil {
		return &probe.Error{Kind: probe.ErrOther, Text: "it has not answered yet"}
	}
	return m.Status.Err
}

// namesMember reports that the text of an error names the member with a label.
func namesMember(e *probe.Error, label string) bool { return probe.HostPort(e.Where) == label }

// failureStatement is the statement that something about the member with a label failed.
func failureStatement(e *probe.Error, label string) statement {
	return statement{text: e.Text, rest: e.Text, named: namesMember(e, label), nameFirst: e.Where != ""}
}

// sameFailure reports that Status failed in the same way on all members, the first of which it returns.
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

// outOfReach are the members of which nothing is known from here, by their places.
func (r *diagnoser) outOfReach() (away []int) {
	for i := range r.members {
		if r.members[i].State == StateOutOfReach && !r.members[i].probed.IsStray() {
			away = append(away, i)
		}
	}
	return away
}

// someOutOfReach is about members that can't be reached under what they advertise. That makes them neither down nor well: what
// the others say of them is the evidence there is.
func (r *diagnoser) someOutOfReach(away []int) Reading {
	names := make([]string, len(away))
	for n, i := range away {
		names[n] = r.members[i].Label
	}
	reading := Reading{
		Cause: CauseUndetermined, Next: r.adviseAccessToAll(away),
		Text: fmt.Sprintf("%s can't be reached from here %s: whether %s up is not known. %s", join(names), r.outOfReachWords(away),
			pluralForm(len(away), "it is", "they are"), r.quorumWords()),
	}
	for _, i := range away {
		reading.Evidence = append(reading.Evidence, Evidence{Text: r.members[i].probed.Status.Err.Text})
		if with, _ := r.peersOf(i); len(with) > 0 {
			reading.Evidence = append(reading.Evidence, Evidence{Text: haveWords(with) + " a connection with " + r.members[i].Label})
		}
	}
	if r.cluster.QuorumSeen {
		reading.Evidence = append(reading.Evidence, Evidence{Text: "a linearizable read succeeded: there are a quorum and a leader"})
	}
	return reading
}

// reachWords say why members are out of reach.
func (r *diagnoser) outOfReachWords(away []int) string {
	var whys []string
	for _, i := range away {
		why := r.members[i].downError.Words()
		if r.members[i].downError == probe.ErrElsewhere {
			why = ""
		}
		if !slices.Contains(whys, why) {
			whys = append(whys, why)
		}
	}
	whys = slices.DeleteFunc(whys, func(why string) bool { return why == "" })
	if len(whys) == 0 {
		return "under what " + pluralForm(len(away), "it advertises", "they advertise")
	}
	return "(" + strings.Join(whys, "; ") + ")"
}

// adviseAccessTo is what to do about a member that can't be asked: see adviseAccess.
func adviseAccessTo(m *probe.Member) string {
	return adviseAccess(statusError(m).Kind, m.Endpoint, m.Given)
}

// adviseAccessToAll are what to do about members that can't be asked, each step once, with the endpoint of the first that it is for.
func (r *diagnoser) adviseAccessToAll(away []int) string {
	type reason struct {
		kind  probe.ErrorKind
		given bool
	}
	var reasons []reason
	steps, whom := map[reason]string{}, map[reason][]string{}
	for _, i := range away {
		m := r.members[i].probed
		why := reason{statusError(m).Kind, m.Given}
		if steps[why] == "" {
			if steps[why] = adviseAccessTo(m); steps[why] == "" {
				continue
			}
			reasons = append(reasons, why)
		}
		whom[why] = append(whom[why], r.members[i].Label)
	}
	if len(reasons) == 1 {
		return steps[reasons[0]]
	}
	var all []string
	for _, why := range reasons {
		all = append(all, join(whom[why])+": "+steps[why])
	}
	return strings.Join(all, " ")
}
