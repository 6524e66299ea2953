package tui

import (
	"fmt"

	"github.com/etcdoc/etcdoc/thresholds"
)

// renderChecks writes the checks, as of the moment shown. Those that failed come first to the lines that are left over
// for a text of more than one; where there are none for it, its headline stands.
func (m model) renderChecks(width, height int) block {
	const box = len("[FAIL] ")
	checks := m.shown.assessment.Rolling.Checks
	texts := make([][][]span, len(checks))
	left := height - len(checks)
	for _, status := range []thresholds.CheckStatus{
		thresholds.CheckFailed, thresholds.CheckUnknown, thresholds.CheckOK,
	} {
		for i := range checks {
			if checks[i].Status != status {
				continue
			}
			texts[i] = wrap(m.checkSpans(&checks[i], checks[i].Text), max(width-1-box, 1), 0)
			if len(texts[i])-1 > left {
				texts[i] = [][]span{m.checkSpans(&checks[i], checks[i].Headline())}
			}
			left -= len(texts[i]) - 1
		}
	}
	var b block
	for i := range checks {
		l := newLine(m.theme, width)
		l.space(1)
		l.cell(m.checkStyle(checks[i].Status), "["+checks[i].Status.Word()+"]", box, false)
		for _, spans := range texts[i] {
			l.space(1 + box - l.used)
			for _, s := range spans {
				l.add(s.style, s.text)
			}
			b, l = append(b, l.String()), newLine(m.theme, width)
		}
	}
	return b
}

// checkCount says on one line how many checks pass, and the first that does not.
func (m model) checkCount(width int) []span {
	checks := m.shown.assessment.Rolling.Checks
	if len(checks) == 0 {
		return nil
	}
	passed, first := 0, -1
	for i := range checks {
		switch {
		case checks[i].Status == thresholds.CheckOK:
			passed++
		case first < 0 || checks[first].Status != thresholds.CheckFailed && checks[i].Status == thresholds.CheckFailed:
			first = i
		}
	}
	count := fmt.Sprintf("%d of %s ok", passed, thresholds.Plural(len(checks), "check"))
	spans := []span{{text: blanks(verdictIndent)}, {m.theme.dim, count}}
	if first < 0 {
		return spans
	}
	why := append(spans, span{m.theme.dim, "; "},
		span{m.checkStyle(checks[first].Status), "[" + checks[first].Status.Word() + "] "},
		span{m.theme.plain, m.brief(checks[first].Headline())})
	if spansWidth(why) > width {
		return spans
	}
	return why
}

// checkSpans are a check's text or headline, and where there is more.
func (m model) checkSpans(c *thresholds.RollingCheck, text string) []span {
	text = m.brief(text)
	if c.Name == thresholds.CheckFindings && c.Status != thresholds.CheckOK {
		text += "; see " + m.keys.Findings.Help().Key
	}
	return []span{{m.theme.plain, text}}
}

func (m model) checkStyle(s thresholds.CheckStatus) style {
	switch s {
	case thresholds.CheckOK:
		return m.theme.level(thresholds.OK)
	case thresholds.CheckFailed:
		return m.theme.level(thresholds.Warning)
	default:
		return m.theme.level(thresholds.Unknown)
	}
}
