package tui

import (
	"time"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

// comparePage is what is compared: the marks of two numbers, before the first with after the second, where a second
// that is not later than the first means now; or, where span is not 0 or there is no mark, the last minutes.
type comparePage struct {
	from, to int
	span     time.Duration
}

const (
	// settled is how long before the first mark and after the second values are taken.
	settled = time.Minute
	// comparedColumns is the most parts that the time between is cut into to find the worst.
	comparedColumns = 600
)

// comparedVitals are the rows of the comparison.
func comparedVitals() []series {
	return []series{
		{"WAL p99", thresholds.WALFsyncP99}, {"commit p99", thresholds.BackendCommitP99},
		{"pending", thresholds.ProposalsPending}, {"applied/s", thresholds.ProposalsAppliedRate},
		{"apply lag", thresholds.ApplyLag}, {"behind", thresholds.FollowerLag},
		{"slow apply/s", thresholds.SlowAppliesRate}, {"peer RTT", thresholds.PeerRTTP99},
		{"lin. read", thresholds.LinearizableRead}, {"db size", thresholds.DBSize},
		{"db in use", thresholds.DBInUse}, {"quota used", thresholds.DBQuotaUsed},
		{"cpu", thresholds.CPU}, {"memory", thresholds.ResidentBytes},
	}
}

// comparison is the time that is compared.
type comparison struct {
	// from and to are the numbers of the marks; to is -1 for now, from where the last minutes are compared.
	from, to int
	// span is how many minutes are compared; 0 where marks are. watched says that watching began after them.
	span    time.Duration
	watched bool
	// begin and end are their times.
	begin, end time.Time
}

// comparison is what is compared, as of the moment shown; false before the first sweep.
func (m model) comparison() (comparison, bool) {
	marks := m.shownMarks()
	if !m.shown.known() {
		return comparison{}, false
	}
	if len(marks) == 0 || m.compare.span > 0 {
		return m.lastMinutes(), true
	}
	c := comparison{from: max(min(m.compare.from, len(marks)-1), 0), to: -1, end: m.shown.assessment.At}
	c.begin = marks[c.from].At
	if to := m.compare.to; to > c.from && to < len(marks) {
		c.to, c.end = to, marks[to].At
	}
	return c, true
}

// openCompare compares the newest mark with now; on the events page, the selected mark with the next.
func (m model) openCompare() model {
	last := len(m.shownMarks()) - 1
	from := last
	if e := m.selectedEvent(); m.page() == pageEvents && e != nil {
		if n := m.markOf(e); n >= 0 {
			from = n
		}
	}
	m.compare = toNext(from, last)
	return m.toggle(pageCompare)
}

// toNext compares a mark with the next one, the last one with now.
func toNext(from, last int) comparePage {
	if from < last {
		return comparePage{from: from, to: from + 1}
	}
	return comparePage{from: from, to: -1}
}

// onCompareKey chooses the marks, and which member is shown where there is no room for all.
func (m model) onCompareKey(msg tea.KeyMsg) (model, tea.Cmd, bool) {
	c, any := m.comparison()
	last := len(m.shownMarks()) - 1
	if any && c.span > 0 { // back to the marks
		c.from = last
	}
	switch k := m.keys; {
	case key.Matches(msg, k.MemberFilter):
		if members := m.shown.members; len(members) > 0 {
			m.selected = members[(m.selection()+1)%len(members)].Key
		}
		return m, nil, true
	case !any || last < 0:
		return m, nil, false
	case key.Matches(msg, k.Next):
		m.compare = comparePage{from: c.from, to: c.next(last)}
		return m, nil, true
	case key.Matches(msg, k.Previous):
		m.compare = comparePage{from: c.from, to: c.previous(last)}
		return m, nil, true
	}
	to, moved := m.keys.move(msg, c.from, last)
	if moved {
		m.compare = toNext(to, last)
	}
	return m, nil, moved
}

// next and previous go through the second mark of the comparison: each later one, and now, which is -1.
func (c comparison) next(last int) int {
	switch {
	case c.to >= 0 && c.to < last:
		return c.to + 1
	case c.to < 0 && c.from < last:
		return c.from + 1
	}
	return -1
}

func (c comparison) previous(last int) int {
	switch {
	case c.to > c.from+1:
		return c.to - 1
	case c.to < 0 && c.from < last:
		return last
	}
	return -1
}

// comparedValue is a member's vital before, during and after the time that is compared.
type comparedValue struct{ before, worst, after thresholds.ShownValue }

// compareVital is the median of a vital before, its worst in between, and its median after.
func (m model) compareVital(c comparison, member *thresholds.Member, v thresholds.Vital) comparedValue {
	took := c.end.Sub(c.begin)
	columns := min(max(int(took/time.Second), 1), comparedColumns)
	value := comparedValue{
		before: m.windowValue(member.Key, v, c.begin, settled, int(settled/time.Second), thresholds.Median),
		worst:  m.windowValue(member.Key, v, c.end, took, columns, largest),
	}
	now := m.shown.assessment.At
	after := min(now.Sub(c.end), settled)
	if after <= 0 {
		if shown, atMost := member.Shown(v); !member.IsStale(v) {
			value.after = thresholds.ShownValue{Value: shown, AtMost: atMost}
		}
		return value
	}
	columns = max(int(after/time.Second), 1)
	value.after = m.windowValue(member.Key, v, c.end.Add(after), after, columns, thresholds.Median)
	return value
}

// windowValue is one value of a vital for the window that ends at a time.
func (m model) windowValue(
	member string, v thresholds.Vital, to time.Time, window time.Duration, columns int,
	of func([]probe.Value) probe.Value,
) thresholds.ShownValue {
	return thresholds.ShownValue{
		Value: of(m.judge.Columns(member, v, to, window, columns)), AtMost: m.judge.AtMost(member, v, to, window),
	}
}

func largest(values []probe.Value) probe.Value {
	var most probe.Value
	for _, v := range values {
		most = most.Max(v)
	}
	return most
}

// comparedState is what the kept history has of the states of the members and the cluster between two moments.
type comparedState struct {
	before, worst, after map[string]string // words for each member's state, by its key
	down                 map[string]time.Duration
	// beforeLevel and afterLevel are how bad the states before and after are.
	beforeLevel, afterLevel map[string]stateLevel
	// cluster is the worst level; leaders are the leaders before and after.
	cluster       thresholds.Level
	leaders       [2]string
	leaderChanges int
	// leaderless is how long nobody led, give or take leaderlessError.
	leaderless, leaderlessError time.Duration
	// partial says that some of that time is no longer kept.
	partial bool
}

// compareState collects the states between the two moments.
func (m model) compareState(c comparison) comparedState {
	s := comparedState{
		before: map[string]string{}, worst: map[string]string{}, after: map[string]string{},
		down: map[string]time.Duration{}, beforeLevel: map[string]stateLevel{}, afterLevel: map[string]stateLevel{},
	}
	levels := map[string]stateLevel{}
	first := m.seen.past.until(c.begin)
	s.partial = m.seen.past.at(first).After(c.begin)
	var was *moment
	for at := range m.seen.past.turns(first, c.end) {
		for j := range at.assessment.Members {
			a := &at.assessment.Members[j]
			word, level := string(a.Condition.Word), stateLevel{a.State != thresholds.StateOK, a.Condition.Level}
			if was == nil {
				s.before[a.Key], s.beforeLevel[a.Key] = word, level
			}
			if worst, seen := levels[a.Key]; !seen || worst.less(level) {
				levels[a.Key], s.worst[a.Key] = level, word
			}
			if was != nil && isDown(&was.assessment, a.Key) {
				from := was.assessment.At
				if from.Before(c.begin) {
					from = c.begin
				}
				s.down[a.Key] += at.assessment.At.Sub(from)
			}
			s.after[a.Key], s.afterLevel[a.Key] = word, level
		}
		s.cluster = max(s.cluster, at.assessment.Level)
		if was == nil {
			s.leaders[0] = at.assessment.Cluster.Leader.Label
		}
		s.leaders[1] = at.assessment.Cluster.Leader.Label
		was = at
	}
	return m.withLeaderEvents(s, c)
}

// stateLevel orders a member's states: not answering is worse than any level.
type stateLevel struct {
	down  bool
	level thresholds.Level
}

func (l stateLevel) worseThan(other stateLevel) bool { return other.less(l) }

func (l stateLevel) less(than stateLevel) bool {
	return l.down != than.down && than.down || l.down == than.down && l.level < than.level
}

// isDown reports that a member did not answer at a moment.
func isDown(a *thresholds.Assessment, member string) bool {
	m := a.Member(member)
	return m != nil && m.State != thresholds.StateOK
}

// withLeaderEvents adds the leader changes and the time without a leader.
func (m model) withLeaderEvents(s comparedState, c comparison) comparedState {
	events := m.shown.events
	s.partial = s.partial || len(events) > 0 && len(events) >= eventsKept && events[0].At.After(c.begin)
	for i := range events {
		e := &events[i]
		if e.Kind != thresholds.EventLeader || !e.At.After(c.begin) || e.At.After(c.end) {
			continue
		}
		s.leaderChanges++
		s.leaderless += e.Lasted
		s.leaderlessError += e.Error
	}
	if a := &m.shown.assessment; c.to < 0 && a.Cluster.Leadership == thresholds.Leaderless {
		since := m.shown.assessment.Cluster.LeaderSince
		if since.Before(c.begin) {
			since = c.begin
		}
		s.leaderless += a.At.Sub(since)
	}
	return s
}
