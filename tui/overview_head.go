package tui

import (
	"slices"
	"strings"

	"github.com/etcdoc/etcdoc/thresholds"
)

// leastLive is the room that a wide header keeps for how fresh the screen is.
const leastLive = len("STALE 59m50s")

// wideWidth is the width from which on the margin and any headline fit on the header's first line.
const wideWidth = verdictIndent + thresholds.MarginWidth + fieldGap + thresholds.HeadlineWidth + fieldGap + leastLive

func isWide(width int) bool { return width >= wideWidth }

// headLive are the fields at the end of a wide header: the clock is among them where it fits beside any headline, so
// that its place does not depend on what is wrong; else it ends the line of the facts.
func (m model) headLive(width int) []field {
	live := m.liveFields()
	if width < wideWidth+fieldGap+shownWidth(live[1:]) {
		return live[:1]
	}
	return live
}

// headTexts lays out the reading and its next step: in a wide window the reading shares the line of the level, and the
// step takes one.
func (m model) headTexts(l *layout) headTexts {
	width := l.width - textIndent(l.width)
	if !isWide(l.width) {
		return m.texts(width, l.text)
	}
	taken := m.stateField(marginFull).width() + fieldGap + fieldGap + fieldsWidth(m.headLive(l.width))
	cause, step := m.textForms(max(l.width-taken, 1)), m.textForms(width)
	said := headTexts{what: cause.full, next: step.steps, whole: cause.whole, wholeNext: true}
	if len(said.what) > 1 {
		said.what, said.whole = cutTo(cause.short, 1), false
	}
	if len(said.next) > 1 {
		said.next, said.wholeNext = cutTo(step.step, 1), false
	}
	return said
}

// renderHead is the header and the lines under it: what is wrong and what to do, and in lines that these leave free the
// note, the facts of the cluster that the header has no room for, and whether anything has happened.
func (m model) renderHead(l *layout, note []span) block {
	said, room := m.headTexts(l), l.width-textIndent(l.width)
	if isWide(l.width) {
		header, ranks := m.wideHeader(l.width, slices.Concat(said.what...))
		return append(block{header}, m.linesOf(l.width, l.text, textIndent(l.width),
			m.underWideHeader(l.text, room, ranks, append(said.next, note)))...)
	}
	header, ranks := m.headerLine(l.width)
	lines := slices.Concat(said.what, said.next)
	for _, filler := range [][]span{note, m.factSpans(ranks, room), m.calmSpans()} {
		if len(lines) < l.text && filler != nil && spansWidth(filler) <= room {
			lines = append(lines, filler)
		}
	}
	return append(block{header}, m.linesOf(l.width, l.text, textIndent(l.width), lines)...)
}

// wideHeader has the margin and what is wrong; it returns the ranks of the fields beside them.
func (m model) wideHeader(width int, cause []span) (header string, ranks []int) {
	state := m.stateField(marginFull)
	state.widest = 0
	left, right := fitting([]field{state, {rank: alwaysShown, spans: cause}}, m.headLive(width), width)
	if m.paused && tooWide(left, right, width) {
		right = m.pausedWord()
	}
	return m.drawHeader(width, left, right), ranksOf(right)
}

// underWideHeader are the lines under a header of some ranks: the first of some texts that there is, or whether
// anything has happened; and the facts on a line of their own, or behind that.
func (m model) underWideHeader(lines, room int, ranks []int, texts [][]span) [][]span {
	const gap = 2 * fieldGap
	most := room - fieldGap - spansWidth(m.clockUnder(ranks))
	if lines > 1 {
		most = room
	}
	first := m.calmSpans()
	fits := func(text []span) bool { return text != nil && spansWidth(text) <= most }
	if at := slices.IndexFunc(texts, fits); at >= 0 {
		first = texts[at]
	}
	if lines > 1 {
		return [][]span{first, m.factLine(ranks, nil, room)}
	}
	return [][]span{m.factLine(ranks, append(first, span{text: blanks(gap)}), room)}
}

// factLine is a line of some texts and the facts, with the clock at its end where a header of some ranks has none.
func (m model) factLine(ranks []int, texts []span, room int) []span {
	clock := m.clockUnder(ranks)
	facts := m.factSpans(append(ranks, rankClock), room-spansWidth(texts)-fieldGap-spansWidth(clock))
	line := slices.Concat(texts, facts)
	return slices.Concat(line, []span{{text: blanks(room - spansWidth(line) - spansWidth(clock))}}, clock)
}

// clockUnder is the clock where a header of some ranks has none.
func (m model) clockUnder(ranks []int) []span {
	if slices.Contains(ranks, rankClock) {
		return nil
	}
	return m.liveFields()[1].spans
}

// factSpans are as many facts of the cluster as fit, without those of the ranks that the header has.
func (m model) factSpans(ranks []int, room int) []span {
	const unlimited = 1 << 10 // its page has no title
	var fields []field
	if isWide(m.screen.width) {
		fields = m.warningFields()
	}
	fields = slices.Concat(fields, m.clusterFields(marginFull, unlimited), m.apiServerFields(), m.backupFields(),
		m.versionFields(), m.liveFields()[1:], m.costFields())
	fields = slices.DeleteFunc(fields, func(f field) bool {
		return f.rank != alwaysShown && slices.Contains(ranks, f.rank)
	})
	if slices.Contains(ranks, rankLeader) {
		for i := range fields {
			if f := &fields[i]; f.rank == rankSince {
				f.spans = append([]span{{m.theme.dim, "leads "}}, f.spans...)
			}
		}
	}
	kept, _ := fitting(fields, nil, room)
	var spans []span
	for i, f := range kept {
		if i > 0 {
			spans = append(spans, span{text: blanks(fieldGap)})
		}
		spans = append(spans, f.spans...)
	}
	return spans
}

// versionFields are the members' versions.
func (m model) versionFields() []field {
	var versions []string
	for i := range m.shown.assessment.Members {
		if v := m.theme.clean(m.shown.assessment.Members[i].Version); v != "" && !slices.Contains(versions, v) {
			versions = append(versions, v)
		}
	}
	if len(versions) == 0 {
		return nil
	}
	slices.SortFunc(versions, compareNames)
	return []field{{rank: rankVersion, spans: []span{{m.theme.dim, "etcd "},
		{m.theme.plain, strings.Join(versions, ", ")}}}}
}

// calmSpans say how long nothing has happened, or what the last problem was; nil while there is one.
func (m model) calmSpans() []span {
	t, a := m.theme, &m.shown.assessment
	if a.Level >= thresholds.Unknown || m.seen.session.Sweeps == 0 {
		return nil
	}
	spans := []span{{t.dim, "watched for "}, {t.plain, t.duration(m.seen.session.Watched(a.At))}}
	e := thresholds.LastProblem(m.shown.events)
	if e == nil {
		return append(spans, span{t.dim, ", no problem seen"})
	}
	return append(spans, span{t.dim, ", last problem "}, span{t.plain, m.stamp(e.SaidAt())},
		span{t.dim, ": "}, span{t.plain, m.brief(e.Headline)})
}
