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
		reading.Next = r.adviseUnreachable()
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

// adviseUnreachable is what to do about members that are silent.
func (r *diagnoser) adviseUnreachable() string {
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
			reading.Evidence = append(reading.Evidence, Evidence{Text: have(with) + " a connection with " + r.members[i].Label})
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
		why := r.members[i].why.Words()
		if r.members[i].why == probe.ErrElsewhere {
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

// pluralForm is the first word for a single thing, and the other for several.
func pluralForm(n int, single, several string) string {
	if n == 1 {
		return single
	}
	return several
}

// unexplained is about an alarm that no other diagnosis knows.
func (r *diagnoser) unexplained() *diagnosis {
	for _, level := range []Level{Critical, Warning} {
		if f := r.worst(level); f != nil {
			return newDiagnosis(CauseUndetermined, []*Finding{f})
		}
	}
	return nil
}

// memberDown is about members that are down or hung.
func (r *diagnoser) memberDown() *diagnosis {
	away := r.found(anyMember, MemberUnreachable)
	away = append(away, slices.DeleteFunc(r.found(anyMember, MemberLate), func(f *Finding) bool { return f.Severity < Warning })...)
	away = slices.DeleteFunc(away, func(f *Finding) bool {
		i := r.place(f.Member.Key)
		// That is why it does not answer; where its disk is slow, its process answers what needs none of the backend.
		return i >= 0 && (defragmenting(&r.members[i]) || r.processRuns(i) && r.writesSlowly(i))
	})
	if len(away) == 0 {
		return nil
	}
	slices.SortStableFunc(away, severestFirst)
	d := &diagnosis{cause: CauseMemberDown, root: away[0], covered: away[1:], quorum: true}
	i := r.place(d.root.Member.Key)
	switch {
	case r.hung(d.root):
		d.cause = CauseMemberHung
	case i >= 0 && r.members[i].State == StateOutOfReach: // it answers, with a certificate that nobody takes
		d.cause = CauseCertificate
	}
	for _, f := range away {
		why, peers := r.whyDown(f)
		if why != "" {
			why = ": " + why
		}
		if f == d.root {
			d.after = why
		} else {
			d.further, d.coveredInWords = append(d.further, f.opening()+why), append(d.coveredInWords, f)
		}
		d.evidence = append(d.evidence, peers)
		if i := r.place(f.Member.Key); i >= 0 && r.members[i].probed.Status.Err != nil {
			d.evidence = append(d.evidence, r.members[i].probed.Status.Err.Text)
		}
	}
	d.next = r.adviseRestore(d.root)
	// These follow from the missing voter, and are verdicts of their own.
	d.covered = append(d.covered, r.found("", QuorumAtRisk)...)
	return d
}

// processRuns reports that the process of the member at a place runs although its Status is late, or has timed out: it has answered
// with its metrics since it was asked.
func (r *diagnoser) processRuns(i int) bool {
	m := r.members[i].probed
	slow := m.Status.Err == nil || m.Status.Err.Kind == probe.ErrTimeout
	return slow && !m.Status.Pending.IsZero() && m.Metrics.Err == nil && m.Metrics.At.After(m.Status.Pending)
}

// everAnswered reports that the member at a place has answered anything at all: where it has not, its host may be down as well.
func (r *diagnoser) everAnswered(i int) bool {
	m := r.members[i].probed
	return m.Status.Answered() || m.Metrics.Answered()
}

// hung reports that a member that is away has stopped answering, and that nothing else was seen to go wrong with it since:
// once a question has waited for as long as it may, that is no other trouble.
func (r *diagnoser) hung(f *Finding) bool {
	i := r.place(f.Member.Key)
	return f.Rule == MemberLate || i >= 0 && r.members[i].track.hung
}

// whyDown says what the way in which a member does not answer tells, and what its peers say of it.
func (r *diagnoser) whyDown(f *Finding) (why, peers string) {
	i := r.place(f.Member.Key)
	if i < 0 || f.Level < Warning { // none of the voters, or expected
		return "", ""
	}
	m := &r.members[i]
	if m.severedFrom != nil { // the summary says it
		return "", ""
	}
	with, without := r.peersOf(i)
	if len(with) > 0 {
		peers = have(with) + " a connection with " + m.Label + " still"
	} else if len(without) > 0 {
		peers = have(without) + " no connection with " + m.Label
	}
	if r.processRuns(i) {
		return "its process runs, for it answers with its metrics: what waits for its backend hangs, as on a slow disk", peers
	}
	if f.Rule == MemberLate && r.everAnswered(i) {
		return "its process is stopped, starved of CPU, or stuck on its disk", peers
	}
	switch {
	case r.members[i].probed.Standing == probe.StandingNeverStarted:
		return "it has published neither a name nor a client URL, as a member does when it first starts", peers
	case m.why == probe.ErrRefused:
		why = "its host answers, and etcd does not run there"
	case m.why == probe.ErrClosed:
		why = "its host answers, and the connection was ended before etcd did: its process stops, or something between cuts it"
	case m.why == probe.ErrUnreachable:
		why = "its host, or the network to it, is down"
	case m.why == probe.ErrTimeout || f.Rule == MemberLate:
		why = "its process hangs, its host is down, or the network swallows what is sent"
	}
	// What the peers know of is some seconds old; and a process that hangs keeps its connections.
	if len(with) > 0 && m.why != probe.ErrTimeout && f.Rule != MemberLate && r.now.Sub(m.DownSince) >= longElectionTimeout {
		why = "its peers still have a connection with it, so that it is only from here that it can't be reached"
	}
	return why, peers
}

// peersOf are the members whose metrics say that they have, and that they do not have, a connection with a member.
func (r *diagnoser) peersOf(i int) (with, without []string) {
	for j := range r.sameCluster(r.members[i].Key) {
		metrics, fresh := r.fresh(j)
		if j == i || !fresh || r.members[j].State != StateOK {
			continue
		}
		switch active, known := metrics.Peers[r.members[i].ID].Active.Get(); {
		case !known:
		case active > 0:
			with = append(with, r.members[j].Label)
		default:
			without = append(without, r.members[j].Label)
		}
	}
	return with, without
}

// adviseRestore says what to do about a member that does not answer.
func (r *diagnoser) adviseRestore(f *Finding) string {
	i := r.place(f.Member.Key)
	switch {
	case f.Expected != "":
		return "Wait until " + f.Member.Label + " is back, and lose no other member meanwhile."
	case i < 0 || f.Level < Warning || r.members[i].severedFrom != nil:
		return f.Advice
	}
	m := &r.members[i]
	if s := r.members[i].probed; s.Standing == probe.StandingNeverStarted || adviseAccessTo(s) != "" {
		return f.Advice
	}
	const drain = " Drain no other member until it is back."
	const process = "top, and the state of the process (ps -o stat,wchan -C etcd: T is stopped, D waits for the disk)."
	switch {
	case f.Rule == MemberLate && r.everAnswered(i):
		return fmt.Sprintf("On the host of %s: %s", m.Label, process) + drain
	case r.hung(f):
		return fmt.Sprintf("Look whether the host of %s can be reached; if so, there: %s", m.Label, process) + drain
	}
	if m.why == probe.ErrUnreachable || m.why == probe.ErrTimeout {
		return fmt.Sprintf("Look whether the host of %s runs and can be reached from here and from the other members; then at etcd there.", m.Label) + drain
	}
	if m.why == probe.ErrClosed {
		return fmt.Sprintf("Look whether etcd runs on the host of %s (journalctl -u etcd -n 50; kubelet: crictl ps -a --name etcd), and start it if not; "+
			"if it does, at what lies between, such as a proxy.", m.Label) + drain
	}
	return fmt.Sprintf("Look why etcd stopped on the host of %s (journalctl -u etcd -n 50; kubelet: crictl ps -a --name etcd), and start it.", m.Label) + drain
}

// impaired is about a voter that answers and does not count.
func (r *diagnoser) impaired() *diagnosis {
	d := newDiagnosis(CauseVoterUnhealthy, r.found(anyMember, VoterUnhealthy, FollowerStuck))
	if d == nil {
		return newDiagnosis(CauseVoterUnhealthy, r.found("", QuorumAtRisk))
	}
	d.quorum = true
	d.covered = append(d.covered, r.found("", QuorumAtRisk)...)
	if disk := r.found(d.root.Member.Key, WALFsyncSlow, BackendCommitSlow); len(disk) > 0 {
		d.covered = append(d.covered, disk...)
	}
	r.inhibit(d, d.root.Member.Key, slowness[:]...)
	r.inhibitUnknown(d, d.root.Member.Key, WALFsyncSlow, BackendCommitSlow)
	return d
}

// restarting is about processes that start again and again.
func (r *diagnoser) restarting() *diagnosis {
	starts := slices.DeleteFunc(r.found(anyMember, MemberRestarted), func(f *Finding) bool { return f.Level < Warning })
	d := newDiagnosis(CauseRestarts, starts)
	if d == nil {
		return nil
	}
	member := d.root.Member
	d.text = fmt.Sprintf("%s starts again and again: %s%s", member.Label, d.root.What, andMore(len(d.covered)))
	d.next = fmt.Sprintf("On the host of %s: journalctl -u etcd -n 100 (under Kubernetes: crictl logs of the container before), and dmesg for the out-of-memory killer.", member.Label)
	r.inhibit(d, member.Key, withoutQuorum...)
	d.covered = append(d.covered, r.found("", QuorumAtRisk)...)
	return d
}
