package tui

import (
	"slices"
	"strconv"
	"strings"

	"github.com/etcdoc/etcdoc/thresholds"
)

// verdictIndent is the width of the word of a verdict, with a blank.
const verdictIndent = 6

// drainGroup is members with the same verdict and reason, or that are lost already.
type drainGroup struct {
	thresholds.VerdictKind
	reason string
	names  []string
	// namesUnhealthy reports that the reason names the voters that are not healthy, voters that all members vote.
	namesUnhealthy, voters bool
}

// drainDetail is how much of the verdicts is written, from the most to the least.
type drainDetail int

const (
	drainReasons    drainDetail = iota // the reasons in full
	drainHeadlines                     // in short
	drainOthers                        // the largest group is "the other 4"
	drainAnswering                     // without the members that are lost already
	drainConcerns                      // all that are safe together, with what they have in common
	drainUnsafe                        // reasons only of those that are not safe
	drainNames                         // names without reasons
	drainBareOthers                    // without reasons, the largest group is "the other 4"
	drainBareCounts                    // counts without reasons, where not even the names fit
)

// ofVerdicts is how much a detail has of each verdict.
func (d drainDetail) ofVerdicts() thresholds.VerdictDetail {
	switch d {
	case drainReasons:
		return thresholds.VerdictReasons
	case drainConcerns, drainUnsafe:
		return thresholds.VerdictConcerns
	case drainNames, drainBareOthers, drainBareCounts:
		return thresholds.VerdictsAlone
	default:
		return thresholds.VerdictHeadlines
	}
}

// countsOthers reports that the largest group is only counted.
func (d drainDetail) countsOthers() bool {
	return d == drainOthers || d == drainAnswering || d == drainBareOthers
}

// isOfAnswering reports that members that are lost already are left out.
func (d drainDetail) isOfAnswering() bool {
	return d == drainAnswering || d == drainConcerns || d == drainUnsafe
}

// drainGroups are the verdicts of all members.
func (m model) drainGroups(detail drainDetail) []drainGroup {
	groups := m.shown.assessment.VerdictGroups(detail.ofVerdicts())
	drain := make([]drainGroup, len(groups))
	for i := range groups {
		g := drainGroup{VerdictKind: groups[i].VerdictKind, voters: true}
		if detail != drainUnsafe || g.Lost != "" || g.Verdict != thresholds.LossSafe {
			g.reason = m.brief(groups[i].Reason)
		}
		for _, a := range groups[i].Members {
			g.names, g.voters = append(g.names, m.shortName(a.MemberRef)), g.voters && a.Voter
			g.namesUnhealthy = g.Lost == "" && detail == drainReasons && a.NamesUnhealthy
		}
		drain[i] = g
	}
	return drain
}

// drainSpans write the verdicts, and as much more as detail says, and that a change has to wait.
func (m model) drainSpans(detail drainDetail, wait []span) []span {
	t, groups := m.theme, m.drainGroups(detail)
	said := slices.ContainsFunc(groups, func(g drainGroup) bool { return g.namesUnhealthy })
	groups = slices.DeleteFunc(groups, func(g drainGroup) bool {
		return g.Lost != "" && (detail.isOfAnswering() || said && g.voters)
	})
	spans := []span{{t.bold, "DRAIN"}, {text: " "}}
	divider := span{t.faint, " " + t.bar() + " "}
	others := -1
	if at := largestGroup(groups); detail.countsOthers() && at >= 0 && len(groups) > 1 { // behind those that it excepts
		other := groups[at]
		groups = append(slices.Delete(groups, at, at+1), other)
		others = len(groups) - 1
	}
	for i := range groups {
		g := &groups[i]
		if i > 0 {
			spans = append(spans, divider)
		}
		spans = append(spans, m.drainGroupSpans(g, detail, i == others)...)
		if g.reason != "" {
			spans = append(spans, span{t.plain, ": " + g.reason})
		}
	}
	if wait != nil {
		spans = append(append(spans, divider), wait...)
	}
	if why := m.whySpans("why: "); detail >= drainNames && why != nil {
		spans = append(append(spans, divider), why...)
	}
	return spans
}

// largestGroup is the place of the group with the most members, if those are several; else -1.
func largestGroup(groups []drainGroup) int {
	at, most := -1, 1
	for i := range groups {
		if n := len(groups[i].names); n > most && groups[i].Lost == "" {
			at, most = i, n
		}
	}
	return at
}

// drainGroupSpans are a group's verdict and members.
func (m model) drainGroupSpans(g *drainGroup, detail drainDetail, others bool) []span {
	t, count := m.theme, len(g.names)
	who := strings.Join(g.names, ", ")
	switch {
	case detail == drainBareCounts:
		who = strconv.Itoa(count)
	case count == m.shown.assessment.CountMembers() && count > 1 && g.Lost != "":
		who = "all " + strconv.Itoa(count)
	case count == m.shown.assessment.CountMembers() && count > 1:
		who = "any one of " + strconv.Itoa(count)
	case others:
		who = "the other " + strconv.Itoa(count)
	}
	if g.Lost != "" {
		return []span{{t.dim, who + " " + g.Words()}}
	}
	word, style := t.verdict(g.Verdict)
	return []span{{style, word}, {t.bold, " " + who}}
}

// verdictColumns are the groups of members with the same verdict and reason side by side, where the window is wide, the
// verdicts differ, and none is cut; else nil.
func (m model) verdictColumns(width, height int) block {
	const gap = 3
	lost := func(g drainGroup) bool { return g.Lost != "" }
	if width < dockWidth || slices.ContainsFunc(m.drainGroups(drainReasons), lost) {
		return nil
	}
	for _, detail := range [...]drainDetail{drainReasons, drainHeadlines} {
		groups := m.drainGroups(detail)
		if len(groups) < 2 {
			return nil
		}
		column := (width-verdictIndent+gap)/len(groups) - gap
		if column < minDrainColumn {
			continue
		}
		columns, lines := make([][][]span, len(groups)), 0
		for i := range groups {
			spans := m.drainGroupSpans(&groups[i], detail, false)
			if groups[i].reason != "" {
				spans = append(spans, span{m.theme.plain, ": " + groups[i].reason})
			}
			columns[i] = wrap(spans, column, 0)
			lines = max(lines, len(columns[i]))
		}
		if lines <= height {
			return m.drawVerdictColumns(columns, column, lines, width)
		}
	}
	return nil
}

func (m model) drawVerdictColumns(columns [][][]span, column, lines, width int) block {
	t := m.theme
	var b block
	for y := range lines {
		l := newLine(t, width)
		word := ""
		if y == 0 {
			word = "DRAIN"
		}
		l.cell(t.bold, word, verdictIndent, false)
		for i, wrapped := range columns {
			if i > 0 {
				l.add(t.faint, " "+t.bar()+" ")
			}
			var spans []span
			if y < len(wrapped) {
				spans = wrapped[y]
			}
			l.addRaw(lineOf(t, column, spans...), column)
		}
		b = append(b, l.String())
	}
	return b
}

// renderDrain says of each member whether it may go down now, and why as far as there is room: reasons are shortened,
// then those of members that are safe to lose are one, then left to the drain page, then all, and only then names are
// counted. Verdicts are never left out, and a member that is safe to lose by itself does not hide that a change of all
// has to wait.
func (m model) renderDrain(width, height int) block {
	if height <= 0 {
		return nil
	}
	t, wait := m.theme, m.waitSpans(drainReasons)
	if columns := m.verdictColumns(width, height-min(len(wait), 1)); columns != nil {
		switch {
		case wait != nil:
			columns = append(columns, lineOf(t, width, append([]span{{text: blanks(verdictIndent)}}, wait...)...))
		case len(columns) < height:
			under := m.underVerdicts(width, height-len(columns))
			columns = append(columns, m.linesOf(width, len(under), 0, under)...)
		}
		return columns.pad(width, height)
	}
	for detail := drainReasons; ; detail++ {
		var lines [][]span
		for _, wait := range m.waitForms(detail) {
			if lines = wrap(m.drainSpans(detail, wait), width, verdictIndent); len(lines) <= height {
				break
			}
		}
		if len(lines) > height && detail < drainBareCounts {
			continue
		}
		if len(lines) < height {
			lines = append(lines, m.underVerdicts(width, height-len(lines))...)
		}
		return m.linesOf(width, height, 0, cutTo(lines, height))
	}
}

// waitForms are what waitSpans say at a detail, and less where there is no room for that.
func (m model) waitForms(detail drainDetail) [][]span {
	full, brief := m.waitSpans(detail), m.waitSpans(drainNames)
	if full != nil && (detail == drainConcerns || detail == drainUnsafe) {
		return [][]span{full, brief, brief[:len(brief)-1]} // why it waits is on the drain page
	}
	return [][]span{full, brief}
}

// waitSpans say that a change of all members has to wait, and for what, where a verdict could be taken for the
// permission to begin or go on; else nil.
func (m model) waitSpans(detail drainDetail) []span {
	if !m.shown.assessment.SafeWhileWaiting() {
		return nil
	}
	t, r := m.theme, &m.shown.assessment.Rolling
	brief := span{t.plain, ": " + m.brief(r.WaitBrief)}
	switch {
	case detail >= drainNames:
		return []span{{t.dim, "rolling "}, t.phase(r.Phase), brief}
	case r.WaitFrom == thresholds.WaitFromBlocked && m.someMayNotGo(): // the verdicts give the reason in full
		return []span{{t.dim, "rolling change "}, t.phase(r.Phase), brief}
	}
	return []span{{t.dim, "rolling change "}, t.phase(r.Phase), {t.plain, ": " + m.brief(r.Wait)}}
}

// someMayNotGo reports a verdict, with its reason, that a member may not go.
func (m model) someMayNotGo() bool {
	return slices.ContainsFunc(m.drainGroups(drainHeadlines), func(g drainGroup) bool {
		return g.Verdict == thresholds.LossNo && g.reason != ""
	})
}
