package thresholds

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

const (
	// listsMaxApart is how far apart in time comparable member lists may have been taken: the prober asks for them
	// every 5 s, and again in the next sweep after a failure.
	listsMaxApart = 10 * time.Second
	// settlingTime is how long members that have just come back may take to find each other: two of etcd's pauses
	// before it dials a peer again, and an election.
	settlingTime = 10 * time.Second
)

// judgeMemberLists compares the members' own lists, and looks for members that run although they are not listed.
func judgeMemberLists(s *subject, _ time.Duration) measurement {
	unlisted := len(s.unlistedMembers(probe.MembershipRemoved)) + len(s.unlistedMembers(probe.MembershipUnlisted))
	if unlisted > 0 || len(s.listDifferences()) > 0 {
		return holds(true)
	}
	for i := range s.members {
		if m, missing := s.missingList(i); missing {
			return m
		}
	}
	if m, missing := s.missingAnswer(); missing {
		return m
	}
	return holds(false)
}

// missingList reports whether member i answers but has no list to compare, and returns why.
func (s *subject) missingList(i int) (m measurement, missing bool) {
	lists, at := &s.members[i].probed.Peers, &s.members[i]
	switch {
	case !s.isMember(i) || !s.answers(i) || at.Role == RoleLearner || s.listOf(i) != nil:
		return measurement{}, false
	case lists.Err != nil && (lists.Err.Kind.IsDenied() || lists.Err.Kind == probe.ErrUnsupported):
		return measurement{notMeasurable: at.Label + " does not show its member list: " + lists.Err.Text}, true
	case lists.Err != nil && lists.Err.Kind == probe.ErrMalformed:
		return measurement{
			unknown: "the member list that " + at.Label + " gives can't be used: " + lists.Err.Text,
		}, true
	case !lists.Answered() && lists.Err == nil, s.now.Sub(s.members[i].track.okSince) < settlingTime:
		return measurement{notMeasurable: at.Label + " has not been asked for its member list yet"}, true
	}
	return measurement{unknown: at.Label + " does not say which members it knows"}, true
}

// listOf returns member i's own list if it was taken at about the same time as the newest of all, else nil.
func (s *subject) listOf(i int) []probe.Peer {
	lists := &s.members[i].probed.Peers
	if !s.isMember(i) || !s.answers(i) || !lists.Answered() {
		return nil
	}
	var newest time.Time
	for j := range s.members {
		if at := s.members[j].probed.Peers.At; at.After(newest) {
			newest = at
		}
	}
	apart := max(listsMaxApart, 2*s.sweep.Interval)
	if newest.Sub(lists.At) > apart || s.now.Sub(lists.At) > 2*apart {
		return nil
	}
	return lists.Value
}

// unlistedMembers returns the labels of members that run in this cluster although its member list lacks them: with
// MembershipRemoved those that were certainly removed, with MembershipUnlisted those that perhaps were.
func (s *subject) unlistedMembers(membership probe.Membership) []string {
	return s.labelsWhere(func(m *memberState) bool {
		return m.probed.Membership == membership && m.State == StateOK && !m.Stale
	})
}

// listDifferences puts in words how the members' lists differ from the reference list.
func (s *subject) listDifferences() (differences []string) {
	reference := s.referenceList()
	if reference < 0 {
		return nil
	}
	for i := range s.members {
		if list := s.listOf(i); i != reference && list != nil {
			if text := listDifference(list, s.listOf(reference)); text != "" {
				differences = append(differences, fmt.Sprintf("the list of %s %s, unlike that of %s",
					s.members[i].Label, text, s.members[reference].Label))
			}
		}
	}
	return differences
}

// referenceList returns the member whose list the others are compared with: the one that the sweep uses, or else the
// one that most members agree with; -1 where there is none.
func (s *subject) referenceList() int {
	best, mostAgree := -1, 0
	for i := range s.members {
		list := s.listOf(i)
		if list == nil {
			continue
		}
		if s.members[i].probed.ID == s.sweep.MemberList.Value.From {
			return i
		}
		agree := 0
		for j := range s.members {
			if other := s.listOf(j); other != nil && listDifference(other, list) == "" {
				agree++
			}
		}
		if agree > mostAgree {
			best, mostAgree = i, agree
		}
	}
	return best
}

// listDifference puts in words how a list differs from a reference; empty where they agree. Names are not compared,
// because a member has none until it has started.
func listDifference(list, reference []probe.Peer) string {
	find := func(in []probe.Peer, id probe.MemberID) *probe.Peer {
		if i := slices.IndexFunc(in, func(p probe.Peer) bool { return p.ID == id }); i >= 0 {
			return &in[i]
		}
		return nil
	}
	var extra, missing, texts []string
	for i := range list {
		if find(reference, list[i].ID) == nil {
			extra = append(extra, describePeer(&list[i]))
		}
	}
	for i := range reference {
		peer := find(list, reference[i].ID)
		switch {
		case peer == nil:
			missing = append(missing, describePeer(&reference[i]))
		case peer.Learner != reference[i].Learner && peer.Learner:
			texts = append(texts, "has "+describePeer(peer)+" as a learner still")
		case peer.Learner != reference[i].Learner:
			texts = append(texts, "has "+describePeer(peer)+" as a voter")
		case !sameSet(peer.PeerURLs, reference[i].PeerURLs):
			texts = append(texts, fmt.Sprintf("has %s at %s instead of %s",
				describePeer(peer), join(peer.PeerURLs), join(reference[i].PeerURLs)))
		}
	}
	if len(missing) > 0 {
		texts = slices.Insert(texts, 0, "lacks "+join(missing))
	}
	if len(extra) > 0 {
		texts = slices.Insert(texts, 0, "also has "+join(extra))
	}
	return strings.Join(texts, ", ")
}

func describePeer(p *probe.Peer) string {
	if p.Name == "" {
		return p.ID.String()
	}
	return p.Name + " (" + p.ID.String() + ")"
}

func sameSet(a, b []string) bool {
	if slices.Equal(a, b) {
		return true
	}
	a, b = slices.Clone(a), slices.Clone(b)
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(a, b)
}

func sayMemberLists(s *subject, _ measurement) statement {
	texts := s.listDifferences()
	says := statement{nameFirst: len(texts) == 0}
	differences := len(texts)
	if differences > 0 {
		says = says.brieflyOfAll(fmt.Sprintf("the member lists of %s differ", Plural(differences+1, "member")))
	}
	if removed := s.unlistedMembers(probe.MembershipRemoved); len(removed) > 0 {
		texts = append(texts, join(removed)+pluralForm(len(removed),
			" was removed from the cluster and runs on",
			" were removed from the cluster and run on"))
	}
	if unlisted := s.unlistedMembers(probe.MembershipUnlisted); len(unlisted) > 0 {
		texts = append(texts, join(unlisted)+pluralForm(len(unlisted),
			" runs in this cluster and is not in its member list: it was removed, or the list lags",
			" run in this cluster and are not in its member list: they were removed, or the list lags"))
	}
	// texts on unlisted members name the cluster
	says.text, says.named = strings.Join(texts, "; "), len(texts) > differences
	says.rest = says.text
	if differences == 0 {
		says = says.brieflyOfAll(fmt.Sprintf("%s without a place in the member list",
			pluralForm(len(s.unlistedMembers(probe.MembershipRemoved))+len(s.unlistedMembers(probe.MembershipUnlisted)),
				"a member runs", "members run")))
	}
	return says
}
