package thresholds

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// A Session sums up everything since somebody began to watch. It is a value: With returns the next one.
type Session struct {
	From, To                             time.Time
	Sweeps, LeaderChanges, Events, Marks int
	// Leaderless is how long the cluster was seen to have no leader, give or take LeaderlessError: when it began and
	// ended between two sweeps is unknown.
	Leaderless, LeaderlessError time.Duration
	// Members are by key, including those that are gone.
	Members    map[string]SessionMember
	WorstLevel Level
	Last       Assessment
	// closed is the leaderless time that has ended; open is the time that has not, from the first sweep that showed it.
	closed, open span
	// openSince is when open began; zero while there is a leader.
	openSince time.Time
}

// A span is how long something took, give or take an error.
type span struct{ took, error time.Duration }

func (s span) plus(more span) span { return span{s.took + more.took, s.error + more.error} }

// SessionMember is the worst seen of a member.
type SessionMember struct {
	Label string
	// Down is how long it was down or late, from the sweep that first showed it until the one that no longer did.
	Down   time.Duration
	isDown bool
	worst  [len(worstOf)]ShownValue
}

// ShownValue is the value that people see for a vital; AtMost reports an upper bound, from the slowest of too few
// observations.
type ShownValue struct {
	Value  probe.Value
	AtMost bool
}

// worstOf are the vitals whose worst a session keeps.
var worstOf = [...]Vital{WALFsyncP99, BackendCommitP99, ProposalsPending, ApplyLag, DBSize, DBQuotaUsed}

// WorstVitals are the vitals whose worst a session keeps.
func WorstVitals() []Vital { return slices.Clone(worstOf[:]) }

// Worst is the worst value seen of a vital; absent for a vital that is not among [WorstVitals].
func (m SessionMember) Worst(v Vital) ShownValue {
	if i := slices.Index(worstOf[:], v); i >= 0 {
		return m.worst[i]
	}
	return ShownValue{}
}

// With is the session including one more assessment.
func (s Session) With(a *Assessment) Session {
	var gap time.Duration
	if s.Sweeps == 0 {
		s.From = a.At
	} else {
		gap = max(a.At.Sub(s.To), 0)
	}
	s.To, s.Sweeps, s.Last = a.At, s.Sweeps+1, *a
	if a.Reading.Cause != CauseFirstSweep { // the first sweep knows nothing yet, even of a healthy cluster
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
	return s.withLeadership(a, gap).withMembers(a, gap)
}

// withLeadership adds the time without a leader. The event of the next leader bounds it; until then, and if the same
// one leads on in its term, the sweeps do.
func (s Session) withLeadership(a *Assessment, gap time.Duration) Session {
	if s.openSince.IsZero() {
		if a.Cluster.Leadership == Leaderless {
			s.openSince, s.open.error = a.At, gap
		}
	} else if a.Cluster.Leadership != LeadershipUnknown {
		s.open.took = a.At.Sub(s.openSince)
	}
	if a.Cluster.Leadership == Led {
		for i := range a.Events {
			if e := &a.Events[i]; e.Kind == EventLeader {
				s.open, s.closed = span{}, s.closed.plus(span{e.Lasted, e.Error})
			}
		}
		s.closed, s.open, s.openSince = s.closed.plus(s.open), span{}, time.Time{}
	}
	total := s.closed.plus(s.open)
	s.Leaderless, s.LeaderlessError = total.took, total.error
	return s
}

// IsLeaderless reports that the last assessment shows no leader.
func (s *Session) IsLeaderless() bool {
	return s.Last.Cluster.Leadership == Leaderless
}

func (s Session) withMembers(a *Assessment, gap time.Duration) Session {
	s.Members = maps.Clone(s.Members)
	if s.Members == nil {
		s.Members = map[string]SessionMember{}
	}
	for i := range a.Members {
		m := &a.Members[i]
		seen, known := s.Members[m.Key]
		for _, endpoint := range m.Endpoints { // an endpoint may turn out to be a member's
			if other, ok := s.Members[endpoint]; ok && !known && endpoint != m.Key {
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
	if m.isDown {
		m.Down += gap
	}
	m.isDown = a.State != StateOK
	for i, v := range worstOf {
		value, atMost := a.Shown(v)
		if n, known := value.Get(); known && !a.IsStale(v) &&
			(!m.worst[i].Value.IsKnown() || n > m.worst[i].Value.Or(0)) {
			m.worst[i] = ShownValue{value, atMost}
		}
	}
	return m
}

// Keys are the keys of Members: the present ones in their order, then those that are gone.
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

// A leaderSpan is who leads across sweeps, as far as they show it.
type leaderSpan struct {
	leader string // its key; empty for nobody
	term   uint64
	since  time.Time
	// seenToCome reports that another leader, or none, was seen right before this one; seen that any sweep showed
	// whether there is a leader; blind that the last one did not.
	seenToCome, seen, blind bool
}

// note records who leads in a sweep, and returns since when and whether the change was seen.
func (l *leaderSpan) note(now time.Time, c *Cluster) (since time.Time, seenToCome bool) {
	known := c.Leadership != LeadershipUnknown
	if known {
		if !l.seen || c.Leader.Key != l.leader || c.Leadership == Led && c.Term > l.term {
			*l = leaderSpan{leader: c.Leader.Key, term: c.Term, since: now, seenToCome: l.seen && !l.blind}
		}
		l.seen = true
	}
	l.blind = !known
	return l.since, l.seenToCome
}
