package thresholds

import (
	"fmt"
	"strings"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// hashesConfirm is how many comparisons in a row must tell a member's data from the others' before it is called
// corrupt: an interrupted compaction has given false alarms.
const mismatchesToConfirm = 2

// A hashTrack is how a member's data compared with that of others.
type hashTrack struct {
	// round is the newest comparison that the member's hash was a part of, and own its hash then; 0: there was none.
	round int
	own   probe.HashKV
	// agrees and differs are in how many comparisons in a row, the newest one included, it was that of the others or not.
	agrees, differs int
	// others have the hash that its own is held against; where the hashes do not make a majority undecided is set, and
	// others have any hash but its own.
	others    []MemberRef
	undecided bool
	// why it could not be compared in the newest comparison; empty where it could.
	why string
	// alone says that nobody else had a hash.
	alone bool
}

// A hashGroup are the members whose hashes can be compared: of one cluster, at one revision and compact revision.
type hashGroup struct {
	cluster           probe.ClusterID
	revision, compact int64
}

// compareHashes compares the members' data once for each comparison that the prober has ended.
func (f *frame) compareHashes() {
	round := f.sweep.Hashes
	if round == nil || !round.Ended {
		return
	}
	groups := make(map[hashGroup][]int)
	had := 0
	for i := range f.members {
		m := f.members[i].probed
		h, t := m.Hash.Value, &f.members[i].track.hash
		if t.round == round.Number {
			return // compared already
		}
		switch {
		case m.Hash.Err != nil:
			t.why = m.Hash.Err.Text
		case !m.Hash.Answered() || h.Round != round.Number:
			t.why = "it was not asked for its hash"
		default:
			group := hashGroup{m.Cluster, h.Revision, h.CompactRevision}
			groups[group] = append(groups[group], i)
			t.round, t.own, t.why = round.Number, h, ""
			had++
		}
	}
	for _, places := range groups {
		if len(places) > 1 {
			f.voteOnHash(places)
			continue
		}
		t := &f.members[places[0]].track.hash
		if t.alone = had == 1; !t.alone {
			t.why = fmt.Sprintf("its hash is of revision %d, compacted up to %d, and nobody else's is", t.own.Revision, t.own.CompactRevision)
		}
	}
}

// awaitsHashes reports that the members' data is being compared: a further sweep may tell more.
func awaitsHashes(round *probe.HashRound) bool {
	return round != nil && (!round.Ended || !round.Settled)
}

// showHashes gives each member the hash that it was compared by last.
func (f *frame) setHashes() {
	for i := range f.members {
		if t := &f.members[i].track.hash; f.sweep.Hashes != nil && t.round > 0 {
			f.members[i].Hash = new(t.own)
		}
	}
}

// settleGroup finds out who of the members at some places has the hash of most of them, and who has not.
func (f *frame) voteOnHash(places []int) {
	votes := make(map[uint32]int)
	var most uint32
	for _, i := range places {
		hash := f.members[i].track.hash.own.Hash
		if votes[hash]++; votes[hash] > votes[most] {
			most = hash
		}
	}
	decided := 2*votes[most] > len(places)
	for _, i := range places {
		t := &f.members[i].track.hash
		t.alone, t.undecided, t.others = false, !decided, nil
		for _, j := range places {
			if other := f.members[j].track.hash.own.Hash; j != i && (decided && other == most || !decided && other != t.own.Hash) {
				t.others = append(t.others, f.members[j].track.ref)
			}
		}
		if decided && t.own.Hash == most {
			t.agrees, t.differs = t.agrees+1, 0
		} else {
			t.agrees, t.differs = 0, t.differs+1
		}
	}
}

// judgeHash judges whether the member's data is that of the others, where that is asked.
func judgeHash(s *subject, _ time.Duration) measurement {
	round, t := s.sweep.Hashes, &s.track.hash
	if round == nil {
		return notApplicable // nobody asked: the reading says that it was not looked at
	}
	if m, ok := s.requireStatus(); !ok {
		return m
	}
	switch {
	case s.at.Role == RoleLearner:
		return measurement{notMeasurable: "a learner does not say the hash of its data"}
	case t.differs >= mismatchesToConfirm:
		return holds(true)
	case t.differs > 0 && round.Settled:
		return measurement{unknown: s.at.Label + "'s data differed from the others', and could not be compared again", named: true}
	case t.differs > 0:
		return measurement{unknown: s.at.Label + "'s data differs from the others': it is compared again", named: true}
	case t.agrees > 0:
		return holds(false)
	case t.alone:
		return measurement{notMeasurable: "there is nobody whose data it could be compared with"}
	case round.Settled && t.why != "":
		return measurement{unknown: s.at.Label + "'s data could not be compared: " + t.why, named: true}
	}
	return measurement{unknown: "the members' data is being compared"}
}

func sayHash(s *subject, _ measurement) statement {
	t := &s.track.hash
	labels := make([]string, len(t.others))
	for i, other := range t.others {
		labels[i] = other.Label
	}
	text := fmt.Sprintf("its data is not that of %s: at revision %d, compacted up to %d, its hash is %08x",
		strings.Join(labels, " and "), t.own.Revision, max(0, t.own.CompactRevision), t.own.Hash)
	if t.undecided {
		text += "; who is right can't be told"
	}
	return s.has(text)
}

// mismatched names the members of findings that their data is not that of the others.
func mismatched(findings []Finding) (labels []string) {
	for i := range findings {
		if f := &findings[i]; f.Rule == HashMismatch && f.Level == Critical {
			labels = append(labels, f.Member.Label)
		}
	}
	return labels
}
