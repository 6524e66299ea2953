package tui

import "github.com/etcdoc/etcdoc/thresholds"

// legend explains words and signs, and names the requests that etcdoc sends and its files.
func (m model) legend() [][2]string {
	t := m.theme
	return [][2]string{
		{"LEVELS", "ok, NOTE a remark, ? not known, WARN, CRIT. t43 term 43, " + t.pick("━", "=") + " leads."},
		{"DRAIN", "may it go? SAFE; RISK: quorum, but weaker; NO: no quorum; - is down"},
		{"SIGNS", "~1.9G last known; !48ms over its limit; *12ms over the recommended one; " + t.atMost() +
			"16ms at most, ~" + t.atMost() + "16ms last known and at most; - not given; " +
			"a blank in a chart: no sample, not 0"},
		{"EVENTS", t.newSign() + " new until a; M: no alert until it is worse or time is up; levels stay"},
		{"SENDS", "reads: Status, MemberList, AlarmList, one key, GET /metrics, /members."},
		{"SIZES", "by " + string(t.units) + ": " + t.units.example() +
			"; times are " + timeZone(m.appearance.local) + "."},
		{"FILES", "config " + m.shownPath(m.program.configPath) + ", log " + m.shownPath(m.program.logPath) +
			", columns kept in " + m.shownPath(m.program.statePath)},
	}
}

// stateLegend explains the words for how a member is.
func (m model) stateLegend() []span {
	var spans []span
	for _, s := range stateWords {
		spans = append(spans, span{m.theme.bold, string(s.word)}, span{m.theme.plain, " " + s.words + "; "})
	}
	return append(spans, span{m.theme.plain, m.levelWords()})
}

// levelWords explain the state of a member that does nothing special.
func (m model) levelWords() string {
	return "else the level, and of what; ok " + string(thresholds.SignOver) + "disk: over a limit, not for long yet"
}

// columnLegend explains the columns of the table, which charts and facts call alike.
func (m model) columnLegend() []span {
	var spans []span
	for i, c := range tableColumns(0, m.theme.units) {
		if i > 0 {
			spans = append(spans, span{m.theme.plain, "; "})
		}
		spans = append(spans, span{m.theme.bold, c.title}, span{m.theme.plain, " " + c.words()})
	}
	return spans
}

// chartLegend explains the charts.
func (m model) chartLegend() [2]string {
	t := m.theme
	return [2]string{"CHARTS", "the last column is the newest value, as in the table; before it each is the worst of " +
		"its time (each 11s); " + t.dash() + " limit, in colour once a value is over it, " + t.offChart() +
		" above the chart; RTT: median" + t.pick("–", "-") + "p99, " + t.pick("×", "x") + "connections"}
}

// legendColumns are the legend in three columns: the levels and states, the columns of the table, and the rest.
func (m model) legendColumns(width int) block {
	const apart = 2
	t, column := m.theme, (width-2*apart)/helpColumns
	legend := m.legend()
	lines := func(label string, spans []span) block { return m.labelled(column, " "+label, spans) }
	left := lines(legend[0][0], []span{{t.plain, legend[0][1]}})
	for i, s := range stateWords {
		left = append(left, lines(onlyFirst(i, "STATE"), []span{{t.bold, string(s.word)}, {t.plain, " " + s.words}})...)
	}
	left = append(left, lines("", []span{{t.plain, m.levelWords()}})...)
	left = append(left, lines(legend[1][0], []span{{t.plain, legend[1][1]}})...)
	var middle, right block
	for i, c := range tableColumns(0, t.units) {
		middle = append(middle, lines(onlyFirst(i, "TABLE"), []span{{t.bold, c.title}, {t.plain, " " + c.words()}})...)
	}
	for _, w := range append([][2]string{m.chartLegend()}, legend[2:]...) {
		right = append(right, lines(w[0], []span{{t.plain, w[1]}})...)
	}
	rows := max(len(left), len(middle), len(right))
	gap := blanks(apart)
	last := width - 2*(column+apart)
	for i := range right {
		right[i] += blanks(last - column)
	}
	return beside(beside(left.pad(column, rows), gap, middle.pad(column, rows)), gap, right.pad(last, rows))
}

// onlyFirst is a label for the first of several lines.
func onlyFirst(i int, label string) string {
	if i > 0 {
		return ""
	}
	return label
}
