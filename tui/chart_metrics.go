package tui

import (
	"time"

	"github.com/etcdoc/etcdoc/thresholds"
)

// charts is how charts are drawn, and which one has the focus.
type charts struct {
	// window is how far back they go at most, scale how their y-axes are chosen.
	window time.Duration
	scale  Scale
	// focus is the number of the chart that a key put in focus; 0 for none.
	focus int
	// readAt is the time that is read in a zoomed chart; zero for the newest.
	readAt time.Time
}

// series is a line of a chart, with its name there.
type series struct {
	name  string
	vital thresholds.Vital
}

// metric is the content of a chart. main has the limits and levels; lower and upper are drawn only where there is
// room for more than bars, and have no name where there are none.
type metric struct {
	title string
	tone  tone
	// label names the chart where it shows main only.
	label              string
	main, lower, upper series
	// also are vitals whose newest values are written beside the chart.
	also []series
}

// metricCount is how many charts a member has.
const metricCount = 9

// metrics are a member's charts, in the order of the keys that focus them. The overview has the first ones: see
// gridMetrics.
func metrics() [metricCount]metric {
	only := func(of tone, v thresholds.Vital) metric {
		return metric{title: vitalNames[v].label, tone: of, label: vitalNames[v].label, main: series{"now", v}}
	}
	return [...]metric{
		{"WAL fsync", toneTime, vitalNames[thresholds.WALFsyncP99].label, series{"p99", thresholds.WALFsyncP99},
			series{"p50", thresholds.WALFsyncP50}, series{"max", thresholds.WALFsyncWorst}, nil},
		{"commit", toneTime, vitalNames[thresholds.BackendCommitP99].label, series{"p99", thresholds.BackendCommitP99},
			series{"p50", thresholds.BackendCommitP50}, series{"max", thresholds.BackendCommitWorst}, nil},
		only(toneState, thresholds.ProposalsPending),
		{"database", toneState, vitalNames[thresholds.DBSize].label, series{"size", thresholds.DBSize},
			series{"in use", thresholds.DBInUse},
			series{"max", thresholds.DBQuota}, []series{named(thresholds.DBQuotaReachedIn)}},
		{"lag", toneState, vitalNames[thresholds.ApplyLag].label, series{"to apply", thresholds.ApplyLag}, series{},
			named(thresholds.FollowerLag), nil},
		only(toneLoad, thresholds.ProposalsAppliedRate),
		only(toneTime, thresholds.SlowAppliesRate),
		{title: "peer RTT", tone: toneTime, label: vitalNames[thresholds.PeerRTTP99].label,
			main: series{"p99", thresholds.PeerRTTP99}},
		{title: "cpu", tone: toneLoad, label: "cpu", main: series{"now", thresholds.CPU},
			also: []series{named(thresholds.ResidentBytes), named(thresholds.OpenFDs),
				named(thresholds.MaxFDs)}},
	}
}

// flowCount is how many charts of operations and traffic a member has.
const flowCount = 9

// flows are the charts of what is asked of a member, and of its traffic; of a line each.
func flows() [flowCount]metric {
	flow := func(label string, v thresholds.Vital) metric {
		return metric{title: label, tone: toneLoad, label: label, main: series{"now", v}}
	}
	return [...]metric{
		flow("puts/s", thresholds.PutsRate), flow("ranges/s", thresholds.RangesRate),
		flow("txns/s", thresholds.TxnsRate), flow("deletes/s", thresholds.DeletesRate),
		flow("lease ops/s", thresholds.LeaseOperationsRate),
		flow("client in/s", thresholds.ClientReceivedRate), flow("client out/s", thresholds.ClientSentRate),
		flow("peer in/s", thresholds.PeerReceivedRate), flow("peer out/s", thresholds.PeerSentRate),
	}
}

// metricOf is the metric with a number, from 1.
func metricOf(number int) *metric {
	all := metrics()
	return &all[number-1]
}

// all are the chart's series, main first.
func (mt *metric) all() []series {
	all := []series{mt.main}
	for _, s := range []series{mt.lower, mt.upper} {
		if s.name != "" {
			all = append(all, s)
		}
	}
	return all
}

// vitalsOf are what series show.
func vitalsOf(all []series) []thresholds.Vital {
	vitals := make([]thresholds.Vital, len(all))
	for i, s := range all {
		vitals[i] = s.vital
	}
	return vitals
}

// newChart makes the chart of a metric of one member with the limit that its mark goes by: a full one with all series,
// else with main.
func (m model) newChart(a *thresholds.Member, mt *metric, width, rows int, full bool) chart {
	n, drawn := width*m.theme.samplesPerCell(), []series{mt.main}
	if full {
		drawn = mt.all()
	}
	c := chart{width: width, rows: rows, tone: mt.tone, marks: m.markColumns(width)}
	var e extent
	for i, of := range m.chartsOf(a, vitalsOf(drawn), n) {
		switch drawn[i] {
		case mt.main:
			c.values, c.judged, e = of.Values, of.Judged, e.with(of.Values)
		case mt.lower:
			c.lower = of.Values
		case mt.upper:
			c.upper, e = of.Values, e.with(of.Values)
		}
	}
	if m.charts.scale != ScaleOwn {
		for i := range m.shown.members {
			if other := &m.shown.members[i]; other.Key != a.Key {
				e = e.and(m.extentOf(other, mt.main.vital, n))
			}
		}
	}
	c.notes = m.chartNotes(a, mt.main.vital, c.values, false)
	base := baseOf(a, mt.main.vital)
	limits := m.rules.Limits(mt.main.vital, base)
	c.newest = a.Mark(mt.main.vital).Level
	c.axis = m.theme.newAxis(e, limits, mt.main.vital.Unit(), m.charts.scale == ScaleLog)
	c.level = limits.LevelOf
	c.limits = m.limitInForce(a, mt.main.vital)
	return c
}

// limitInForce is the limit that a member's mark goes by; without a mark, the one nearest to its value.
func (m model) limitInForce(a *thresholds.Member, v thresholds.Vital) thresholds.VitalLimits {
	return m.rules.InForce([]thresholds.Member{*a}, v, a.Vitals[v].Or(0), baseOf(a, v))
}

// baseOf is what the limits on a vital of one member are shares of.
func baseOf(a *thresholds.Member, v thresholds.Vital) float64 {
	return thresholds.LimitBase([]thresholds.Member{*a}, v)
}

// focused is the number of the chart in focus, from 1: the one that was chosen, else the first one with the worst
// mark.
func (m model) focused(a *thresholds.Member) int {
	if m.charts.focus > 0 {
		return m.charts.focus
	}
	at, worst := 1, thresholds.OK
	for i, mt := range metrics() {
		for _, s := range mt.all() {
			if level := a.Mark(s.vital).Level; level > worst {
				at, worst = i+1, level
			}
		}
	}
	return at
}
