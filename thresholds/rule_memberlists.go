package thresholds

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

const (
	// listsApart is how far apart in time two members' lists may have been taken to be compared: a prober asks for
	// them every 5 s, and for what failed in the next sweep.
	listsMaxApart = 10 * time.Second
	// settled is how long members that have just come back are given to find each other: two of the pauses after
	// which etcd dials a peer again, and the election that may be needed.
	settlingTime = 10 * time.Second
)

// judgeMemberLists compares the members' own lists, and looks for members that run though nobody lists them.
func judgeMemberLists(s *subject, _ time.Duration) measurement {
	if len(s.listDifferences()) > 0 || len(s.unlistedMembers(probe.StandingRemoved))+len(s.unlistedMembers(probe.StandingUnlisted)) > 0 {
		return holds(true)
	}
	for i := range s.members {
		if m, missing := s.missingList(i); missing {
			return m
		}
	}
	if m, is := s.missingAnswer(); is {
		return m
	}
	return holds(false)
}

// noList says why there is no list of a member that could be compared although the member answers.
func (s *subject) missingList(i int) (m measurement, missing bool) {
	lists, at := &s.members[i].probed.Peers, &s.members[i]
	switch {
	case !s.isMember(i) || !s.answers(i) || at.Role == RoleLearner || s.listOf(i) != nil:
		return measurement{}, false
	case lists.Err != nil && (lists.Err.Kind.IsDenied() || lists.Err.Kind == probe.ErrUnsupported):
		return measurement{notMeasurable: at.Label + " does not show its member list: " + lists.Err.Text}, true
	case lists.Err != nil && lists.Err.Kind == probe.ErrMalformed:
		return measurement{unknown: "the member list that " + at.Label + " gives can't be used: " + lists.Err.Text}, true
	case !lists.Answered() && lists.Err == nil, s.now.Sub(s.members[i].track.okSince) < settlingTime:
		return measurement{notMeasurable: at.Label + " has not been asked for its member list yet"}, true
	}
	return measurement{unknown: at.Label + " does not say which members it knows"}, true
}

// listOf is a member's own list, if it is of about the same time as the newest one of all.
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
	if newest.Sub(lists.At) > max(listsMaxApart, 2*s.sweep.Interval) || s.now.Sub(lists.At) > 2*max(listsMaxApart, 2*s.sweep.Interval) {
		return nil
	}
	return lists.Value
}

// unlistedMembers are the members that run in this cluster though its member list does not have them: removed for certain, or
// perhaps.
func (s *subject) unlistedMembers(as probe.Standing) []string {
	return s.labelsWhere(func(m *memberState) bool { return m.probed.Standing == as && m.State == StateOK && !m.Stale })
}

// listDifferences says in words how the members' lists differ from the one that the sweep goes by, or else from the one
// that most of them have.
func (s *subject) listDifferences() (differences []string) {
	reference := s.referenceList()
	if reference < 0 {
		return nil
	}
	for i := range s.members {
		if list := s.listOf(i); i != reference && list != nil {
			if text := listDifference(list, s.listOf(reference)); text != "" {
				differences = append(differences, fmt.Sprintf("the list of %s %s, unlike that of %s", s.members[i].Label, text, s.members[reference].Label))
			}
		}
	}
	return differences
}

// referenceList is the member whose list the others are held against; negative where there is none.
func (s *subject) referenceList() int {
	best, most := -1, 0
	for i := range s.members {
		list := s.listOf(i)
		if list == nil {
			continue
		}
		if s.members[i].probed.ID == s.sweep.MemberList.Value.From {
			return i
		}
		alike := 0
		for j := range s.members {
			if other := s.listOf(j); other != nil && listDifference(other, list) == "" {
				alike++
			}
		}
		if alike > most {
			best, most = i, alike
		}
	}
	return best
}

// differ says what a list has otherwise than a reference; empty where they agree. Names are not compared: a member's is
// known once it has started.
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
			texts = append(texts, fmt.Sprintf("has %s at %s instead of %s", describePeer(peer), join(peer.PeerURLs), join(reference[i].PeerURLs)))
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
	if ghosts := s.unlistedMembers(probe.StandingRemoved); len(ghosts) > 0 {
		texts = append(texts, join(ghosts)+pluralForm(len(ghosts), " was removed from the cluster and runs on", " were removed from the cluster and run on"))
	}
	if ghosts := s.unlistedMembers(probe.StandingUnlisted); len(ghosts) > 0 {
		texts = append(texts, join(ghosts)+pluralForm(len(ghosts), " runs in this cluster and is not in its member list: it was removed, or the list lags",
			" run in this cluster and are not in its member list: they were removed, or the list lags"))
	}
	says.text, says.named = strings.Join(texts, "; "), len(texts) > differences // ghosts are said to be of the cluster
	says.rest = says.text
	return says
}
