package tui

import (
	"cmp"
	"slices"
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
	// leastBefore is the least time to take the values of before from: etcdoc's own, so that several samples lie in it.
	leastBefore = 10 * time.Second
	// comparedColumns is the most parts that the time between is cut into to find the worst.
	comparedColumns = 600
)

// comparedVitals are the rows of the comparison.
func comparedVitals() []series {
	vitals := []thresholds.Vital{
		thresholds.WALFsyncP99, thresholds.BackendCommitP99, thresholds.ProposalsPending,
		thresholds.ProposalsAppliedRate, thresholds.ApplyLag, thresholds.FollowerLag, thresholds.SlowAppliesRate,
		thresholds.PeerRTTP99, thresholds.LinearizableRead, thresholds.DBSize, thresholds.DBInUse,
		thresholds.DBQuotaUsed, thresholds.CPU, thresholds.ResidentBytes,
	}
	all := make([]series, len(vitals))
	for i, v := range vitals {
		all[i] = named(v)
	}
	return all
}

// comparison is the time that is compared.
type comparison struct {
	// from and to are the numbers of the marks; to is -1 for now, from where the last minutes are compared.
	from, to int
	// span is how many minutes were chosen to be compared; 0 where marks are. watched is for how long etcdoc has
	// watched if that is not long enough for them, and all of it is compared; else 0.
	span, watched time.Duration
	// begin and end are their times.
	begin, end time.Time
	// settled is when the time ends that the values of before are of, and before how long that is.
	settled time.Time
	before  time.Duration
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
	c.before = settled
	c.begin = marks[c.from].At
	c.settled = c.begin
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

// compared is everything that the page shows of the time that is compared.
type compared struct {
	comparison
	tally   thresholds.Tally
	vitals  []series
	members []comparedMember
}

// comparedMember is a member with its values of each vital.
type comparedMember struct {
	*thresholds.Member
	tally  thresholds.MemberTally
	values []comparedValue
}

// comparedValue is a member's vital before, during and after the time that is compared.
type comparedValue struct {
	before, worst, after thresholds.ShownValue
	// leastAfter is what after is at least where it is an upper bound; absent where that is not known.
	leastAfter probe.Value
	// isWorse reports that it is worse after than before.
	isWorse bool
	// isPast reports that after is the last known value, or one that says nothing about now; lacks that the member does
	// not report it. Both are of the moment shown, which is the end of the comparison then.
	isPast, lacks bool
}

// texts are the values, each as it is written: a dash, like on the member's page, instead of what a member lacks.
func (v *comparedValue) texts(t *theme, unit thresholds.Unit) (before, worst, after string) {
	before, worst, after = t.worstText(v.before, unit), t.worstText(v.worst, unit), t.worstText(v.after, unit)
	if v.isPast {
		after = string(thresholds.SignLast) + after
	}
	if v.lacks {
		after = string(thresholds.SignLacks)
		if !v.before.Value.IsKnown() && !v.worst.Value.IsKnown() { // it lacked that all the time
			before, worst = after, after
		}
	}
	return before, worst, after
}

// isWorse reports that anything of the member is worse after than before, or that it was worse in between.
func (a *comparedMember) isWorse() bool {
	return a.tally.Worst.WorseThan(a.tally.Before) ||
		slices.ContainsFunc(a.values, func(v comparedValue) bool { return v.isWorse })
}

// compared looks up what is compared.
func (m model) compared(c comparison) *compared {
	charted, _ := m.charted()
	all := &compared{comparison: c, tally: m.tallied(c), vitals: comparedVitals(),
		members: make([]comparedMember, len(charted))}
	vitals := make([]thresholds.Vital, len(all.vitals))
	for k, v := range all.vitals {
		vitals[k] = v.vital
	}
	for i := range charted {
		a := &all.members[i]
		a.Member, a.tally = &charted[i], all.tally.Members[charted[i].Key]
		a.values = m.compareVitals(c, &charted[i], vitals)
		for k, v := range vitals {
			a.values[k].isWorse = m.gotWorse(&a.values[k], v)
		}
	}
	return all
}

// tallied sums up what is compared. Of the first sweep of all no rate is known, and so no state: that of the second is
// a member's state before.
func (m model) tallied(c comparison) thresholds.Tally {
	t := m.seen.session.Between(c.begin, c.end)
	if c.watched > 0 {
		second := c.begin.Add(min(m.conn.interval*3/2, c.before))
		t.Members = m.seen.session.Between(second, c.end).Members
	}
	return t
}

// worstFirst are the places of the members that got worse: those that still are, and of these the worst, first.
func (c *compared) worstFirst() []int {
	var worse []int
	for i := range c.members {
		if c.members[i].isWorse() {
			worse = append(worse, i)
		}
	}
	slices.SortStableFunc(worse, func(i, j int) int {
		a, b := &c.members[i], &c.members[j]
		return cmp.Or(trueFirst(a.tally.GotWorse(), b.tally.GotWorse()),
			trueFirst(a.tally.After.WorseThan(b.tally.After), b.tally.After.WorseThan(a.tally.After)),
			trueFirst(a.tally.Worst.WorseThan(b.tally.Worst), b.tally.Worst.WorseThan(a.tally.Worst)))
	})
	return worse
}

// trueFirst orders what something is true of before what it is not true of.
func trueFirst(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}

// rows are the places of the vitals in the order of their rows. Where there is no room for all of them, those that got
// worse come first.
func (c *compared) rows(room int) []int {
	rows := make([]int, len(c.vitals))
	for k := range rows {
		rows[k] = k
	}
	if room < len(rows) {
		isWorse := func(k int) bool {
			return slices.ContainsFunc(c.members, func(a comparedMember) bool { return a.values[k].isWorse })
		}
		slices.SortStableFunc(rows, func(k, n int) int { return trueFirst(isWorse(k), isWorse(n)) })
	}
	return rows
}

// compareVitals are the median of each vital before, its worst in between, and its median after; where what is compared
// ends at the moment shown, its value then.
func (m model) compareVitals(c comparison, member *thresholds.Member, vitals []thresholds.Vital) []comparedValue {
	took := c.end.Sub(c.begin)
	columns := min(max(int(took/time.Second), 1), comparedColumns)
	before := m.windowValues(member.Key, vitals, c.settled, c.before, max(int(c.before/time.Second), 1),
		thresholds.Median)
	worst := m.windowValues(member.Key, vitals, c.end, took, columns, largest)
	values := make([]comparedValue, len(vitals))
	for i := range values {
		values[i] = comparedValue{before: before[i], worst: worst[i]}
	}
	after := min(m.elapsed(c.end), settled)
	if after <= 0 { // the moment shown, with what the table has
		for i, v := range vitals {
			cell := member.Cell(v)
			values[i].after, values[i].leastAfter = cell.ShownValue, member.Least(v)
			values[i].isPast, values[i].lacks = cell.Sign == thresholds.SignLast, cell.Sign == thresholds.SignLacks
		}
		return values
	}
	columns = max(int(after/time.Second), 1)
	for i, chart := range m.judge.Charts(member.Key, vitals, c.end.Add(after), after, columns) {
		is := shownOf(&chart, thresholds.Median)
		if values[i].after = is; is.AtMost {
			values[i].leastAfter = chart.Least(is.Value, thresholds.Median)
		}
	}
	return values
}

// windowValues are one value of each vital for the window that ends at a time.
func (m model) windowValues(
	member string, vitals []thresholds.Vital, to time.Time, window time.Duration, columns int,
	of func([]probe.Value) probe.Value,
) []thresholds.ShownValue {
	values := make([]thresholds.ShownValue, len(vitals))
	for i, c := range m.judge.Charts(member, vitals, to, window, columns) {
		values[i] = shownOf(&c, of)
	}
	return values
}

// shownOf is one value of all columns of a chart.
func shownOf(c *thresholds.Chart, of func([]probe.Value) probe.Value) thresholds.ShownValue {
	value := of(c.Values)
	return thresholds.ShownValue{Value: value, AtMost: c.AtMost(value, 0, len(c.Values))}
}

func largest(values []probe.Value) probe.Value {
	var most probe.Value
	for _, v := range values {
		most = most.Max(v)
	}
	return most
}
