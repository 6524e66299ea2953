package thresholds

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// judgeClusterUnreachable is about all members being silent, which may be our own fault.
func judgeClusterUnreachable(s *subject, _ time.Duration) measurement {
	if len(s.members) == 0 {
		return measurement{unknown: "no member is known"}
	}
	membersFault, strays, since := false, 0, time.Time{}
	var nowhere probe.ErrorKind
	for i := range s.members {
		if s.members[i].probed.IsStray() {
			strays++
			continue
		}
		switch s.members[i].State {
		case StateDown:
			membersFault = true
			since = later(since, s.members[i].DownSince)
		case StateOutOfReach:
			kind := s.members[i].downError
			if kind.IsNowhere() {
				nowhere = kind
			}
			membersFault = membersFault || !kind.IsTLS() && !kind.IsNowhere()
		default:
			return holds(false)
		}
	}
	if strays == len(s.members) {
		return measurement{unknown: "no endpoint leads to a member"}
	}
	switch {
	case membersFault:
	case nowhere != "":
		return measurement{unknown: nowhereWords[nowhere]}
	default:
		return measurement{unknown: "no certificate fits, on this side or on that"}
	}
	m := holds(true)
	m.since = since
	return m
}

// nowhereWords say why it is not known whether any member answers: see [probe.ErrorKind.IsNowhere].
var nowhereWords = map[probe.ErrorKind]string{
	probe.ErrNoWay:         "the way to the members through the API server is gone",
	probe.ErrMayNotForward: "this user may not list the members' pods, or not forward ports to them",
	probe.ErrKubeLogin:     "the API server refuses the kubeconfig's login",
	probe.ErrNoPod:         "the API server knows no pod of the members",
	probe.ErrNotFound:      "no etcd was found, and none is named",
	probe.ErrRootOnly:      "only root may ask this host's etcd, or read where it is",
}

func sayClusterUnreachable(s *subject, _ measurement) statement {
	return plain(s.nobodyWords(s.cluster))
}

// nobodyWords say that none answers of those that are asked: endpoints, as long as nobody has named the members.
func (f *frame) nobodyWords(c *clusterState) string {
	asked, n := "member", countMembers(f.results)
	if !c.MemberListKnown {
		asked = "endpoint"
	}
	if n == 1 {
		return "the only " + asked + " known does not answer"
	}
	return fmt.Sprintf("none of the %d %ss answers", n, asked)
}

// judgeQuorumLost is about the healthy voters. Voters that are down make it certain; voters that only know no leader
// may be in an election.
func judgeQuorumLost(s *subject, _ time.Duration) measurement {
	c := s.cluster
	switch {
	case !c.MemberListKnown || c.Voters == 0:
		return measurement{unknown: c.whyNoMemberList(), missing: MissingQuorum, inhibitedBy: ClusterUnreachable}
	case c.AnsweringVoters == 0:
		return measurement{unknown: "no voter answers", missing: MissingQuorum, inhibitedBy: ClusterUnreachable}
	case c.QuorumSeen:
		return measurement{value: probe.Known(0), certain: true}
	case c.HealthyVoters+c.UnknownVoters >= c.Quorum:
		return measurement{
			unknown: "of too many voters it is not known whether they are healthy", missing: MissingQuorum,
		}
	}
	m := holds(true)
	m.certain = c.Voters-len(s.votersDown()) < c.Quorum
	m.since = s.unhealthySince(c.Voters - c.Quorum + 1)
	return m
}

// unhealthySince is since when at least n voters have not been healthy; zero if there are not as many.
func (f *frame) unhealthySince(n int) time.Time {
	var since []time.Time
	for i := range f.members {
		if m := &f.members[i]; m.Voter && !m.Healthy {
			since = append(since, m.track.unhealthySince)
		}
	}
	if len(since) < n {
		return time.Time{}
	}
	slices.SortFunc(since, time.Time.Compare)
	return since[n-1]
}

func judgeQuorumAtRisk(s *subject, window time.Duration) measurement {
	c := s.cluster
	if m := judgeQuorumLost(s, window); m.unknown != "" {
		return m
	}
	// One or two voters never have one to spare: that is no new risk.
	parted := c.CutOff > 0 && c.spare() <= 0
	m := holds(parted || c.HealthyVoters <= c.Quorum && c.HealthyVoters+c.UnknownVoters < c.Voters)
	m.certain = m.value.Or(0) == 0 || parted || c.Voters-len(s.votersOut()) <= c.Quorum
	m.since = s.unhealthySince(max(c.Voters-c.Quorum, 1))
	if !c.QuorumSeen {
		m.inhibitedBy = QuorumLost // or an election, until that is found
	}
	return m
}

// sayQuorum words the count of the voters, after enough if the quorum is just met, after fewer if it is not. Enough
// that have no leader are neither.
func sayQuorum(enough, fewer string) func(*subject, measurement) statement {
	return func(s *subject, _ measurement) statement {
		c, state := s.cluster, enough
		if c.HealthyVoters < c.Quorum && (!c.QuorumSeen || c.HealthyVoters+c.UnknownVoters < c.Quorum) {
			state = fewer
		}
		if c.noneLeads() {
			state = "nothing commits"
		}
		words, brief := c.againstQuorum()
		text := state + ": " + words
		if unhealthy := s.unhealthyVoters(false); len(unhealthy) > 0 {
			text += "; " + strings.Join(unhealthy, "; ")
		}
		if c.CutOff > 0 {
			text += "; without one of them, voters would be left that are cut off from each other"
		}
		return plain(text).brieflyOfAll(state + ": " + brief)
	}
}
