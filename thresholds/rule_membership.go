package thresholds

import (
	"fmt"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// memberListUnknown reports whether the number of members is unknown, and returns the measurement for that.
func (s *subject) memberListUnknown() (m measurement, unknown bool) {
	if s.cluster.MemberListKnown && s.cluster.Voters+s.cluster.Learners > 0 {
		return measurement{}, false
	}
	m = measurement{
		unknown: s.cluster.noMemberList(), missing: MissingMemberList, inhibitedBy: QuorumLost,
	}
	if s.cluster.AnsweringVoters == 0 {
		m.inhibitedBy = ClusterUnreachable
	}
	return m, true
}

// missingAnswer reports whether a member's Status is missing, and returns why. That member may be the one that matters,
// so a rule about the cluster that finds nothing among the others is unknown.
func (s *subject) missingAnswer() (m measurement, missing bool) {
	if len(s.members) == 0 {
		return measurement{
			unknown: "no member is known", missing: MissingMembers, inhibitedBy: ClusterUnreachable,
		}, true
	}
	for i := range s.members {
		if !s.isMember(i) {
			continue
		}
		on := *s
		on.about(i)
		if m, ok := on.requireStatus(); !ok {
			m.inhibitedByMember = on.at.Key
			return m, true
		}
	}
	return measurement{}, false
}

// isMember reports whether member i of the sweep belongs to the membership or may belong to it. Rules compare only
// members.
func (b *cohort) isMember(i int) bool {
	return b.isListed(i) && b.members[i].probed.Membership != probe.MembershipForked
}

// answers reports whether member i's Status is current.
func (s *subject) answers(i int) bool {
	return s.members[i].State == StateOK && !s.members[i].Stale
}

func judgeLearners(s *subject, _ time.Duration) measurement {
	if m, unknown := s.memberListUnknown(); unknown {
		return m
	}
	return measurement{value: probe.Known(float64(s.cluster.Learners))}
}

func sayLearners(s *subject, _ measurement) statement {
	var names, shorts []string
	for i := range s.members {
		if s.members[i].Role == RoleLearner && s.isMember(i) {
			names, shorts = append(names, s.members[i].Label), append(shorts, s.members[i].Short)
		}
	}
	are := func(who string) string {
		return who + pluralForm(len(names), " is a learner: it does not vote yet",
			" are learners: they do not vote yet")
	}
	return ofMembers(are(join(names))).brieflyOfAll(someMembers(shorts).naming(whatOfAllWidth, are))
}

// adviseLearners advises on learners that never ran: they have nothing to catch up with.
func adviseLearners(s *subject) string {
	never := s.labelsWhere(func(m *memberState) bool {
		return m.neverStarted && m.Role == RoleLearner && m.State != StateOK
	})
	if len(never) == 0 {
		return ""
	}
	text := fmt.Sprintf("%s %s added and never ran: start %s, or remove %s.", join(never),
		pluralForm(len(never), "was", "were"), pluralForm(len(never), "it", "them"), pluralForm(len(never), "it", "them"))
	if len(never) < s.cluster.Learners {
		text += " Another learner is to be promoted once it has caught up, or removed if it is not needed."
	}
	return text
}

func judgeEven(s *subject, _ time.Duration) measurement {
	if m, unknown := s.memberListUnknown(); unknown {
		return m
	}
	return holds(s.cluster.Voters > 0 && s.cluster.Voters%2 == 0)
}

func sayEven(s *subject, _ measurement) statement {
	n := s.cluster.Voters
	if n == 2 {
		return plain("2 voters: the loss of either stops writes, which a single one risks only half as often").
			brieflyOfAll("2 voters: the loss of either stops writes")
	}
	return plain(fmt.Sprintf("%d voters tolerate the loss of %d, as %d would", n, n-s.cluster.Quorum, n-1))
}

func judgeSingle(s *subject, _ time.Duration) measurement {
	if m, unknown := s.memberListUnknown(); unknown {
		return m
	}
	return holds(s.cluster.Voters == 1)
}

func saySingle(*subject, measurement) statement {
	return plain("a single voter: no loss is tolerated")
}

func judgeVoters(s *subject, _ time.Duration) measurement {
	if m, unknown := s.memberListUnknown(); unknown {
		return m
	}
	return measurement{value: probe.Known(float64(s.cluster.Voters))}
}

func sayVoters(s *subject, _ measurement) statement {
	return plain(fmt.Sprintf("%d voters: each write waits for %d of them", s.cluster.Voters, s.cluster.Quorum))
}
