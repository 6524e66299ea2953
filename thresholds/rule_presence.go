package thresholds

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// The values of member-unreachable: the loss of a member without a vote is less severe.
const (
	withoutVote = 1
	withVote    = 2
)

// metricsExpected is the value of metrics-unavailable if the metrics were readable before, or should be now. It is 1
// if nothing serves them where etcdoc expects them.
const metricsExpected = 2

func judgeUnreachable(s *subject, _ time.Duration) measurement {
	if inDump(s.member) {
		return measurement{notMeasurable: notDumped, why: WhyNotDumped}
	}
	if s.at.State == StateOutOfReach && s.member.Status.Err.Kind == probe.ErrTLSExpired {
		return s.memberDown() // it shuts out every client, not just us
	}
	if s.at.State != StateDown && s.member.Status.Err != nil {
		m := measurement{unknown: s.member.Status.Err.Text, named: namesMember(s.member.Status.Err, s.at.Label),
			why: WhyRefused, missing: MissingStatus, missingOf: s.at.Key, advice: adviseUnreachable(s)}
		if s.at.State == StateOutOfReach {
			m.unknown, m.named = outOfReachWords(s.at, s.member.Status.Err), true
			m.why, m.missing, m.missingOf = WhyOutOfReach, "", ""
			m.disproves = s.at.mayBeBarred()
		}
		return m
	}
	if s.at.State != StateDown {
		return holds(false)
	}
	return s.memberDown()
}

// memberDown returns the measurement of a member that serves nobody.
func (s *subject) memberDown() measurement {
	m := measurement{value: probe.Known(withoutVote), since: s.at.DownSince}
	if s.at.Voter || !s.cluster.MemberListKnown && s.isMember(s.place) {
		m.value = probe.Known(withVote)
	}
	return m
}

// outOfReachWords says why we do not know whether a member that is out of reach is down.
func outOfReachWords(m *memberState, err *probe.Error) string {
	if err.Kind == probe.ErrElsewhere {
		return fmt.Sprintf("%s is out of reach from here: %s", m.Label, err.Text)
	}
	words := fmt.Sprintf("%s is out of reach from here (%s)", m.Label, err.Kind.Words())
	if isGuess(err) {
		return words // the reading says the rest
	}
	return words + ": " + err.Text
}

func sayUnreachable(s *subject, _ measurement) statement {
	switch {
	case s.at.joins:
		return s.does(s.at.startingWords())
	case s.neverStarted(), s.at.neverStarted && s.at.State == StateDown:
		return s.does("was added to the cluster and never ran").briefly("was added and never ran").
			saying("")
	case s.at.neverServed:
		return s.does("has never served: it has published no client URL").briefly("has never served").
			saying("It has published no client URL")
	case s.member.Membership == probe.MembershipUnknown && len(s.advertisers()) > 0:
		return naming(fmt.Sprintf("no member answers at %s (%s), which %s",
			s.at.Label, s.member.Status.Err.Kind.Words(), advertise(s.advertisers()))).briefly("no member answers there")
	case s.member.Membership == probe.MembershipForeign && s.at.State == StateDown:
		return s.does(fmt.Sprintf("is a member of another cluster%s, and does not answer (%s)",
			inClusterID(s.member.Cluster), s.member.Status.Err.Kind.Words())).
			briefly("is of another cluster, and down")
	case !s.member.Listed && s.cluster.MemberListKnown:
		return s.does(fmt.Sprintf("is not in the member list, and does not answer (%s)",
			s.member.Status.Err.Kind.Words())).briefly("is not listed, and does not answer")
	}
	if words := s.at.busyWords(); words != "" {
		return s.doesMeanwhile(words)
	}
	text, why := s.at.downWords(), s.member.Status.Err.Kind.Words()
	if s.at.severedFrom != nil {
		return s.does(fmt.Sprintf("%s: %s (%s)", text, s.at.severedWords(), why)).briefly(text+": "+why, text)
	}
	if !s.at.NeverSeen && s.at.State == StateDown && s.now.Sub(s.at.DownSince) >= electionTimeout {
		// without an earlier answer, since when it is down is unknown
		text += " for " + FormatDuration(s.now.Sub(s.at.DownSince))
		return s.does(text+" ("+why+")").withDuration().briefly(text+": "+why, text)
	}
	return s.does(text+" ("+why+")").briefly(text+": "+why, text)
}

// inClusterID names a cluster in brackets; it is empty if the id is unknown.
func inClusterID(id probe.ClusterID) string {
	if id == 0 {
		return ""
	}
	return fmt.Sprintf(" (%s)", id)
}

// advertisers returns the listed members that advertise the subject's endpoint.
func (s *subject) advertisers() []string {
	return s.labelsWhere(func(m *memberState) bool {
		return m.Listed && m.probed != s.member && slices.Contains(m.probed.ClientURLs, s.member.Endpoint)
	})
}

func advertise(names []string) string {
	if len(names) == 1 {
		return names[0] + " advertises"
	}
	return join(names) + " advertise"
}

// doesMeanwhile says of a member that does not answer what it does meanwhile; that it is being defragmented has a
// finding of its own.
func (s *subject) doesMeanwhile(words string) statement {
	const brief = "is silent while defragmented"
	switch silent := s.at.silentFor(s.now); {
	case !s.at.defragmentedSilently(): // the words say that it does not serve
		return s.does(words)
	case silent >= electionTimeout:
		return s.does("has not answered for " + FormatDuration(silent) + ", while it is defragmented").withDuration().
			briefly(brief)
	}
	return s.does(brief)
}

// busyWords are what a member does that does not answer meanwhile; empty for others.
func (m *memberState) busyWords() string {
	if m.defragmentedSilently() {
		return "is being defragmented"
	}
	return m.startingWords()
}

// downWords says what we know of a member that does not answer Status.
func (m *memberState) downWords() string {
	switch {
	case m.busyWords() != "":
		return m.busyWords()
	case m.severedFrom != nil && m.downError.IsTLS() && m.downError != probe.ErrTLS: // it answered the handshake
		return "is cut off"
	case m.severedFrom != nil:
		return "is down or cut off"
	case m.State == StateOutOfReach:
		return "can't be asked"
	case m.neverStarted:
		return "never ran"
	case m.neverServed:
		return "has never served"
	}
	return "is down"
}

// neverStarted reports whether the member list has the member without a name and a client URL: a member publishes
// both when it first starts.
func (s *subject) neverStarted() bool {
	return s.member.Listed && s.member.Name == "" && len(s.member.ClientURLs) == 0
}

// judgeStray is about given endpoints that lead to no member. No other rule about members judges them.
func judgeStray(s *subject, _ time.Duration) measurement { return holds(s.member.IsStray()) }

func sayStray(s *subject, _ measurement) statement {
	switch s.member.Membership {
	case probe.MembershipProxy:
		if to := s.member.LeadsTo; len(to) > 0 {
			return s.does(fmt.Sprintf("is a name with several addresses (%s), which lead to several members",
				strings.Join(to, ", "))).briefly("leads to several members")
		}
		if members := s.answersFor(); len(members) > 1 {
			return s.does("leads to several members (" + strings.Join(members, ", ") +
				"), as a load balancer or a virtual IP does").briefly("leads to several members")
		}
		return s.does("is a proxy: it answers for the cluster, not for a member").briefly("is a proxy, not a member")
	case probe.MembershipGone:
		return naming("nobody answers at " + s.at.Label + ", and no member advertises it").
			briefly("nobody answers there")
	case probe.MembershipPeerPort:
		return failureStatement(statusError(s.member), s.at.Label).briefly("a peer port, not a client URL")
	default:
		err := statusError(s.member)
		return failureStatement(err, s.at.Label).briefly("leads to no member: "+err.Kind.Words(), "leads to no member")
	}
}

// answersFor returns the labels of the members that have answered at the endpoint, or else their ids.
func (s *subject) answersFor() []string {
	labels := s.labelsWhere(func(m *memberState) bool {
		return m.ID != 0 && slices.Contains(s.member.AnswersFor, m.ID)
	})
	if len(labels) == len(s.member.AnswersFor) {
		return labels
	}
	ids := make([]string, len(s.member.AnswersFor))
	for i, id := range s.member.AnswersFor {
		ids[i] = id.String()
	}
	return ids
}

func adviseStray(s *subject) string {
	if s.member.Membership == probe.MembershipGone {
		return s.adviseUnclaimed("Drop it from --endpoints: no member has it any more, or has said so.")
	}
	const instead = "Name the members' own client URLs with --endpoints instead of this one."
	if s.member.Membership == probe.MembershipStranger {
		return cmp.Or(adviseAccess(statusError(s.member).Kind, s.member.Endpoint, true), instead)
	}
	return instead
}

func judgeLate(s *subject, _ time.Duration) measurement {
	if s.at.State != StateLate {
		return notApplicable
	}
	late := measurement{value: probe.Known(s.now.Sub(s.track.lateSince).Seconds()), since: s.track.lateSince}
	if !s.member.Status.Answered() && !s.settings.immediate && s.now.Sub(s.track.lateSince) < longElectionTimeout {
		// It may be starting, since a member publishes its URLs before it serves at them; or we only know it from
		// another member's list.
		late.maxLevel = Notice
	}
	return late
}

func sayLate(s *subject, m measurement) statement {
	if words := s.at.busyWords(); words != "" {
		return s.doesMeanwhile(words)
	}
	return s.does(fmt.Sprintf("has not answered for %s", m.duration())).withDuration()
}

func judgeNoLeader(s *subject, _ time.Duration) measurement {
	if inDump(s.member) {
		return judgeDumpedLeader(s)
	}
	if m, ok := s.requireStatus(); !ok {
		return m
	}
	return holds(s.member.Status.Value.Leader == 0)
}

func sayNoLeader(s *subject, _ measurement) statement { return s.does("knows no leader") }

// judgeUnhealthy is about voters that answer but are unhealthy for a reason that no other rule is about.
func judgeUnhealthy(s *subject, _ time.Duration) measurement {
	if m, ok := s.requireStatus(); !ok {
		return m
	}
	m := holds(s.at.unhealthyReason != "")
	m.inhibitedBy, m.since = s.at.unhealthyRule, s.track.unhealthySince
	return m
}

func sayUnhealthy(s *subject, _ measurement) statement {
	return s.does(s.at.unhealthyReason).briefly(s.at.unhealthyReason, s.at.briefReason)
}

// judgeFollowerStuck is about voters that receive none of the entries that the leader commits.
func judgeFollowerStuck(s *subject, _ time.Duration) measurement {
	if m, ok := s.requireStatus(); !ok {
		return m
	}
	if s.at.Role == RoleLearner || !s.isMember(s.place) {
		return notApplicable // see learner-stuck and member-list-mismatch
	}
	return measurement{value: probe.Known(s.track.stuck(s.now).Seconds()), since: s.track.stuckSince}
}

func sayFollowerStuck(s *subject, m measurement) statement {
	return s.does(fmt.Sprintf("is %s entries behind the leader and has received none for %s",
		Count.Format(s.at.Vitals[FollowerLag].Or(0)), m.duration())).withDuration().
		briefly("has received nothing for " + m.duration())
}

// awaitsLogin reports whether the member refused a request because a login is missing that may still come.
func awaitsLogin(m probe.Member) bool {
	return slices.ContainsFunc([]*probe.Error{m.Status.Err, m.Linearizable.Err, m.Serializable.Err, m.Peers.Err},
		func(e *probe.Error) bool {
			return e != nil && e.Kind == probe.ErrLogin
		})
}
