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
	// Leaderless is how long the cluster had no leader.
	Leaderless LeaderlessTime
	// Members are by key, including those that are gone.
	Members    map[string]SessionMember
	WorstLevel Level
	Last       Assessment
	// gap is the current time without a leader, or begins with the last sweep that had one; gaps are those that have
	// ended, of which older ones are only in ended.
	gap    leaderGap
	gaps   []leaderGap
	ended  LeaderlessTime
	breaks []watchBreak
	spells []spell[clusterSpell]
}

// A watchBreak is a time that nobody watched: from the last sweep before to the first after.
type watchBreak struct{ after, until time.Time }

// SessionMember is the worst seen of a member.
type SessionMember struct {
	Label string
	// Down is how long it was down or late, from the sweep that first showed it until the one that no longer did:
	// without the time in which it had never run yet, joined, or was being defragmented.
	Down   time.Duration
	spells []spell[memberSpell]
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
	if s.Sweeps > 0 && beginsAnew(a) {
		s, gap = s.withBreak(a.At), 0
	}
	s.To, s.Sweeps, s.Last = a.At, s.Sweeps+1, *a
	level := a.Level
	if a.Reading.Cause == CauseFirstSweep { // the first sweep knows nothing yet, even of a healthy cluster
		level = OK
	}
	s.WorstLevel = max(s.WorstLevel, level)
	for i := range a.Events {
		s.Events++
		switch a.Events[i].Kind {
		case EventLeader:
			s.LeaderChanges++
		case EventMark:
			s.Marks++
		}
	}
	s = s.withLeadership(a)
	now := clusterSpell{level, a.Cluster.Leader, s.LeaderChanges}
	if n := len(s.spells); n > 0 && a.Cluster.Leadership == LeadershipUnknown {
		now.leader = s.spells[n-1].is.leader
	}
	s.spells = withSpell(s.spells, a.At, now)
	return s.withMembers(a, gap)
}

// beginsAnew reports that nobody watched for a while before an assessment.
func beginsAnew(a *Assessment) bool {
	return slices.ContainsFunc(a.Events, func(e Event) bool { return e.Kind == EventStarted })
}

// withBreak adds a time that nobody watched, until a sweep: how the cluster and its members were is not known.
func (s Session) withBreak(until time.Time) Session {
	s.breaks = lastKept(append(s.breaks[:len(s.breaks):len(s.breaks)], watchBreak{s.To, until}))
	if !s.gap.first.IsZero() {
		s.gap.until = s.To
		s = s.withGap()
	}
	s.gap = leaderGap{}
	return s
}

// Watched is how much of the time from the first sweep until a moment somebody watched.
func (s *Session) Watched(until time.Time) time.Duration {
	watched := until.Sub(s.From)
	for _, b := range s.breaks {
		watched -= overlap(b.after, b.until, s.From, until)
	}
	return watched
}

// withGap adds the time without a leader that has ended.
func (s Session) withGap() Session {
	s.ended = s.ended.plus(s.gap.within(s.From, s.gap.until))
	s.gaps = lastKept(append(s.gaps[:len(s.gaps):len(s.gaps)], s.gap))
	return s
}

// lastKept is the part of a list that a session keeps.
func lastKept[T any](list []T) []T { return list[max(0, len(list)-spellsKept):] }

// withLeadership adds the time without a leader.
func (s Session) withLeadership(a *Assessment) Session {
	changed := slices.ContainsFunc(a.Events, func(e Event) bool { return e.Kind == EventLeader })
	s.gap = s.gap.next(a.At, a.Cluster.Leadership)
	current := LeaderlessTime{}
	switch {
	case a.Cluster.Leadership == Led:
		if changed || !s.gap.first.IsZero() {
			s = s.withGap()
		}
		s.gap = leaderGap{after: a.At}
	case !s.gap.first.IsZero():
		current = s.gap.within(s.From, a.At)
	}
	s.Leaderless = s.ended.plus(current)
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
		s.Members[m.Key] = seen.with(m, a.At, gap)
	}
	return s
}

func (m SessionMember) with(a *Member, at time.Time, gap time.Duration) SessionMember {
	m.Label = a.Label
	if n := len(m.spells); n > 0 && m.spells[n-1].is.down {
		m.Down += gap
	}
	m.spells = withSpell(m.spells, at, memberSpell{a.Condition.Word, a.Condition.Level,
		a.State != StateOK && !a.Condition.isBusy()})
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
