package thresholds

import (
	"fmt"
	"strings"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// mismatchesToConfirm is how many comparisons in a row must differ before a member's data counts as corrupt: an
// interrupted compaction has caused false alarms.
const mismatchesToConfirm = 2

// A hashTrack remembers how a member's data compared with the other members'.
type hashTrack struct {
	// round is the newest comparison that included the member, and own its hash then; 0: none has.
	round int
	own   probe.HashKV
	// agrees and differs count the newest comparisons in a row in which the member had the majority's hash, or had not.
	agrees, differs int
	// others have the majority's hash. Without a majority undecided is set, and others are all whose hash is not the
	// member's.
	others    []MemberRef
	undecided bool
	// why is the reason that the newest comparison left the member out; empty where it did not.
	why string
	// alone is set where no other member had a hash.
	alone bool
}

// A hashGroup identifies hashes that can be compared: those of one cluster at one revision and compact revision.
type hashGroup struct {
	cluster           probe.ClusterID
	revision, compact int64
}

// compareHashes compares the members' hashes once for each round that the prober has ended.
func (f *frame) compareHashes() {
	round := f.sweep.Hashes
	if round == nil || !round.Ended {
		return
	}
	groups := make(map[hashGroup][]int)
	hashed := 0
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
			hashed++
		}
	}
	for _, group := range groups {
		if len(group) > 1 {
			f.voteOnHash(group)
			continue
		}
		t := &f.members[group[0]].track.hash
		if t.alone = hashed == 1; !t.alone {
			t.why = fmt.Sprintf("its hash is of revision %d, compacted up to %d, and nobody else's is",
				t.own.Revision, t.own.CompactRevision)
		}
	}
}

// awaitsHashes reports whether a comparison is under way that a further sweep may complete.
func awaitsHashes(round *probe.HashRound) bool {
	return round != nil && (!round.Ended || !round.Settled)
}

// setHashes sets each member's Hash to the one that it was last compared by.
func (f *frame) setHashes() {
	for i := range f.members {
		if t := &f.members[i].track.hash; f.sweep.Hashes != nil && t.round > 0 {
			f.members[i].Hash = new(t.own)
		}
	}
}

// voteOnHash notes in the tracks of some members with comparable hashes who has the majority's hash, and who has not.
func (f *frame) voteOnHash(members []int) {
	votes := make(map[uint32]int)
	var most uint32
	for _, i := range members {
		hash := f.members[i].track.hash.own.Hash
		if votes[hash]++; votes[hash] > votes[most] {
			most = hash
		}
	}
	decided := 2*votes[most] > len(members)
	for _, i := range members {
		t := &f.members[i].track.hash
		t.alone, t.undecided, t.others = false, !decided, nil
		for _, j := range members {
			other := f.members[j].track.hash.own.Hash
			if j != i && (decided && other == most || !decided && other != t.own.Hash) {
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

// judgeHash judges whether the member's data differs from the others', where hashes were requested.
func judgeHash(s *subject, _ time.Duration) measurement {
	round, t := s.sweep.Hashes, &s.track.hash
	if round == nil {
		return notApplicable // hashes were not requested, and the reading says so
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
		return measurement{
			unknown: s.at.Label + "'s data differed from the others', and could not be compared again",
			named:   true,
		}
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
		text += "; it is unknown whose is right"
		return s.has(text).briefly("data differs, unknown whose is right")
	}
	return s.has(text).briefly("its data is not that of the others")
}

// mismatched returns the labels of the members whose data, by the findings, differs from the others'.
func mismatched(findings []Finding) (labels []string) {
	for i := range findings {
		if f := &findings[i]; f.Rule == HashMismatch && f.Level == Critical {
			labels = append(labels, f.Member.Label)
		}
	}
	return labels
}
