package thresholds

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// A Session sums up what has been seen since somebody began to look. It is a value: With returns the next.
type Session struct {
	From, To                             time.Time
	Sweeps, LeaderChanges, Events, Marks int
	// Leaderless is how long members answered and none led, give or take LeaderlessError: what went on between two sweeps
	// at the edges of such a time is not known.
	Leaderless, LeaderlessError time.Duration
	// Members are by their keys, also those that are there no longer.
	Members    map[string]SessionMember
	WorstLevel Level
	Last       Assessment
	// edge is the gap between sweeps in which the present leaderless time began.
	edgeGap time.Duration
}

// SessionMember is the worst that was seen of a member.
type SessionMember struct {
	Label string
	// Away is how long it was down or late: from the sweep that saw it so to the one that did not.
	Away   time.Duration
	isAway bool
	worst  [len(worstOf)]ShownValue
}

// ShownValue is what stands for a vital where people read it; AtMost says that it is what the slowest of too few observations
// took at most.
type ShownValue struct {
	Value  probe.Value
	AtMost bool
}

// worstOf are the vitals whose worst a session tells.
var worstOf = [...]Vital{WALFsyncP99, BackendCommitP99, ProposalsPending, ApplyLag, DBSize, DBQuotaUsed}

// WorstVitals are the vitals whose worst a session tells.
func WorstVitals() []Vital { return slices.Clone(worstOf[:]) }

// Worst is the worst of a vital that was seen; absent for one that is not among [WorstVitals].
func (m SessionMember) Worst(v Vital) ShownValue {
	if i := slices.Index(worstOf[:], v); i >= 0 {
		return m.worst[i]
	}
	return ShownValue{}
}

// With is the session with one more assessment in it.
func (s Session) With(a *Assessment) Session {
	gap, was := time.Duration(0), s.IsLeaderless()
	if s.Sweeps == 0 {
		s.From = a.At
	} else {
		gap = max(a.At.Sub(s.To), 0)
	}
	s.To, s.Sweeps, s.Last = a.At, s.Sweeps+1, *a
	if a.Reading.Cause != CauseFirstLook { // which knows nothing yet, of a healthy cluster too
		s.WorstLevel = max(s.WorstLevel, a.Level)
	}
	for i := range a.Events {
		s.Events++
		switch a.Events[i].Kind {
		case EventLeader:
			s.LeaderChanges++
		case EventMark:
			s.Marks++
		}
	}
	if was {
		s.Leaderless += gap
	}
	switch is := s.IsLeaderless(); {
	case is && !was:
		s.edgeGap = gap
		s.LeaderlessError += gap
	case was && !is:
		s.LeaderlessError += max(gap-s.edgeGap, 0) // of both edges, the one that is less sure
	}
	return s.withMembers(a, gap)
}

// IsLeaderless reports that members answer, and none leads.
func (s *Session) IsLeaderless() bool {
	return s.Last.Cluster.Leader.IsZero() && s.Last.Answering() > 0
}

func (s Session) withMembers(a *Assessment, gap time.Duration) Session {
	s.Members = maps.Clone(s.Members)
	if s.Members == nil {
		s.Members = map[string]SessionMember{}
	}
	for i := range a.Members {
		m := &a.Members[i]
		seen, known := s.Members[m.Key]
		for _, endpoint := range m.Endpoints { // which may turn out to be that of a member
			if other, was := s.Members[endpoint]; was && !known && endpoint != m.Key {
				delete(s.Members, endpoint)
				seen, known = other, true
			}
		}
		s.Members[m.Key] = seen.with(m, gap)
	}
	return s
}

func (m SessionMember) with(a *Member, gap time.Duration) SessionMember {
	m.Label = a.Label
	if m.isAway {
		m.Away += gap
	}
	m.isAway = a.State != StateOK
	for i, v := range worstOf {
		value, atMost := a.Shown(v)
		if n, known := value.Get(); known && !a.IsStale(v) && (!m.worst[i].Value.IsKnown() || n > m.worst[i].Value.Or(0)) {
			m.worst[i] = ShownValue{value, atMost}
		}
	}
	return m
}

// Keys are the keys of Members: those that are there in their order, then those that are there no longer.
func (s *Session) Keys() (there, gone []string) {
	for i := range s.Last.Members {
		there = append(there, s.Last.Members[i].Key)
	}
	for key := range s.Members {
		if !slices.Contains(there, key) {
			gone = append(gone, key)
		}
	}
	slices.SortFunc(gone, func(a, b string) int { return strings.Compare(s.Members[a].Label+a, s.Members[b].Label+b) })
	return there, gone
}

// leading is who leads from sweep to sweep, as far as that is seen.
type leaderSpan struct {
	leader string // its key; empty for nobody
	term   uint64
	since  time.Time
	// seenToCome says that another one, or none, was seen before. seen says that anything was, and blind that nobody answered
	// last: then nobody knows who leads.
	seenToCome, seen, blind bool
}

// note records who leads in a sweep, and returns since when and whether the change was seen. answered reports whether
// any row answered.
func (l *leaderSpan) note(now time.Time, answered bool, leader MemberRef, term uint64) (since time.Time, seenToCome bool) {
	if answered {
		if !l.seen || leader.Key != l.leader || !leader.IsZero() && term > l.term {
			*l = leaderSpan{leader: leader.Key, term: term, since: now, seenToCome: l.seen && !l.blind}
		}
		l.seen = true
	}
	l.blind = !answered
	return l.since, l.seenToCome
}
