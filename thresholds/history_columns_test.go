package thresholds

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// slowColumns are the columns of what history keeps, each taken for itself from all entries.
func slowColumns(m *memberHistory, of int, to time.Time, window time.Duration, n int) []probe.Value {
	columns := make([]probe.Value, n)
	begin, width := Cut(to, window, n)
	set := func(from, until int64, value float64) {
		for i := range columns {
			start := begin.Add(time.Duration(i) * width).UnixNano()
			end := start + int64(width)
			if from <= to.UnixNano() && from < end && (from >= start || until > start) {
				columns[i] = columns[i].Max(probe.Known(value))
			}
		}
	}
	fine := to.UnixNano()
	if n := m.raw.len(); n > 0 {
		fine = m.raw.from(0)
		for i := range n {
			if from := m.raw.from(i); from <= begin.UnixNano() {
				fine = from
			}
		}
	}
	for i := max(0, m.minutes.after(begin.UnixNano())-1); i < m.minutes.len(); i++ { // the last one before reaches in
		c, at := m.minutes.place(i)
		if from := c.from[at]; from < fine {
			set(from, min(from+c.lasts[at], fine), float64(c.values[of].at(at)))
		}
	}
	for i := range m.raw.len() {
		c, at := m.raw.place(i)
		until := c.from[at] + c.lasts[at]
		if i+1 < m.raw.len() {
			until = min(until, m.raw.from(i+1))
		}
		if to := to.UnixNano(); c.from[at] < to {
			until = min(until, to)
		}
		set(c.from[at], until, c.values[of].at(at))
	}
	return columns
}

// TestChartsAreThoseOfEveryEntry: reading the vitals of a member in one pass, a stretch of entries at a time, gives
// what each column has when it is looked at alone; over a long history with pauses, other intervals, a clock set back,
// many members and members that do not answer, and from any moment back.
func TestChartsAreThoseOfEveryEntry(t *testing.T) {
	t.Parallel()
	vitals := []Vital{ProposalsPending, DBQuota, WALFsyncP99, ApplyLag, RaftTerm}
	for _, members := range []int{1, maxFullyTracked + 1} {
		var h History
		random := rand.New(rand.NewPCG(3, uint64(members)))
		begin := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		now, interval, away := begin, time.Second, 0
		for range 6000 {
			now = now.Add(interval + time.Duration(random.IntN(int(interval/10))))
			switch random.IntN(300) {
			case 0:
				interval = time.Duration(1+random.IntN(40)) * time.Second / 4
			case 1:
				now = now.Add(time.Duration(random.IntN(600)) * time.Second) // a pause
			case 2:
				now = now.Add(-time.Duration(random.IntN(120)) * time.Second) // the clock is set back
			case 3:
				away = random.IntN(60)
			}
			m := Member{MemberRef: MemberRef{Key: "m"}, State: StateOK, Stale: away > 0}
			if away--; away < 0 {
				m.Vitals[DBQuota] = probe.Known(8)
				m.Vitals[RaftTerm] = probe.Known(float64(2 + now.Unix()%7000/1000))
				m.Vitals[ProposalsPending] = probe.Known(float64(random.IntN(1000)))
				p99 := probe.Known(random.Float64())
				m.Vitals[WALFsyncP99], m.WALFsync = p99, Latency{P99: p99, High: p99, Exact: random.IntN(2) == 0}
			}
			h.add(now, interval, &m, members)
			if random.IntN(60) == 0 {
				checkCharts(t, &h, vitals, now, random)
			}
		}
	}
}

// checkCharts takes charts of random windows, from now back and from earlier moments.
func checkCharts(t *testing.T, h *History, vitals []Vital, now time.Time, random *rand.Rand) {
	t.Helper()
	to, window, n := now, time.Duration(1+random.IntN(3000))*time.Second, 1+random.IntN(250)
	if random.IntN(2) == 0 {
		to = now.Add(-time.Duration(random.Int64N(int64(3 * time.Hour))))
	}
	charts := h.Charts("m", vitals, to, window, n)
	for i, v := range vitals {
		shown, _ := v.shownAs()
		want := slowColumns(h.members["m"], shown, to, window, n)
		judged := slowColumns(h.members["m"], int(v), to, window, n)
		if !slices.Equal(charts[i].Values, want) || !slices.Equal(charts[i].Judged, judged) {
			t.Fatalf("%s until %s over %s in %d columns:\n%v, want\n%v", v, to, window, n, charts[i], want)
		}
	}
	terms := slowColumns(h.members["m"], int(RaftTerm), to, window, n)
	for i, c := range h.Roles("m", to, window, n) {
		if float64(c.Term) != terms[i].Or(0) {
			t.Fatalf("term %d in column %d, want %v", c.Term, i, terms[i])
		}
	}
}

// TestChartLeast: what is certain of an upper bound, whether the rest of its bucket is interpolated or not.
func TestChartLeast(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ judged, upper, want probe.Value }{
		"interpolated":     {probe.Known(1.01), probe.Known(1.024), probe.Known(.512)},
		"slowest of few":   {probe.Known(.512), probe.Known(1.024), probe.Known(.512)},
		"lowest bucket":    {probe.Known(0), probe.Known(.001), probe.Known(0)},
		"nothing judged":   {probe.Value{}, probe.Known(.001), probe.Value{}},
		"nothing observed": {probe.Known(1), probe.Value{}, probe.Value{}},
	} {
		c := Chart{Judged: []probe.Value{test.judged}}
		if got := c.Least(test.upper, Median); got != test.want {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
}
