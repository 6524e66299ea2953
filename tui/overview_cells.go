package tui

import (
	"strings"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

func (m model) nameCell(a *thresholds.Member, width int) span {
	s := m.theme.plain
	if a.Key == m.selected {
		s = m.theme.selected
	}
	return span{s, fitName(m.theme, m.shortName(a.MemberRef), width)}
}

func (m model) roleCell(a *thresholds.Member) span {
	switch a.Role {
	case thresholds.RoleLeader:
		return span{m.theme.leader, "LEADER"}
	case thresholds.RoleUnknown, "":
		return span{m.theme.level(thresholds.Unknown), "?"}
	}
	return span{m.theme.plain, string(a.Role)}
}

// stateCell is the member's condition; a note says of what.
func (m model) stateCell(a *thresholds.Member) span {
	return span{m.theme.level(a.Condition.Level), a.StateWords()}
}

// conditionCell is the word of the member's condition alone.
func (m model) conditionCell(a *thresholds.Member) span {
	return span{m.theme.level(a.Condition.Level), string(a.Condition.Word)}
}

// conditionSpans are the member's condition, with how far it has come.
func (m model) conditionSpans(a *thresholds.Member) []span {
	spans := []span{m.stateCell(a)}
	if a.Condition.Progress != "" {
		spans = append(spans, span{m.theme.plain, " " + m.brief(a.Condition.Progress)})
	}
	return spans
}

func (m model) drainCell(a *thresholds.Member) span {
	if a.LostAlready() {
		return span{m.theme.dim, "-"}
	}
	word, style := m.theme.verdict(a.CanLose.Verdict)
	if a.CanLose.Verdict == thresholds.LossUnknown {
		word = "?"
	}
	return span{style, word}
}

// lostWord says how a member is that is lost already.
func lostWord(a *thresholds.Member) string { return strings.ToLower(string(a.Condition.Word)) }

// drainWord is the verdict on losing a member, or that it is lost already.
func (m model) drainWord(a *thresholds.Member) (string, style) {
	if a.LostAlready() {
		return lostWord(a), m.theme.dim
	}
	return m.theme.verdict(a.CanLose.Verdict)
}

// vitalCell writes a vital with its sign.
func (m model) vitalCell(a *thresholds.Member, v thresholds.Vital) span {
	t, c := m.theme, a.Cell(v)
	s := t.level(c.Level)
	switch {
	case !c.Value.IsKnown(), c.Sign == thresholds.SignLast && c.Level < thresholds.Notice:
		s = t.dim
	case c.Sign == thresholds.SignNone:
		s = t.plain
	}
	return span{s, c.Text(t.number(c.Value, v.Unit()), t.atMost())}
}

// briefCell is vitalCell with as few digits as can be, where it has no room beside the others.
func (m model) briefCell(a *thresholds.Member, v thresholds.Vital) span {
	cell, c := m.vitalCell(a, v), a.Cell(v)
	n, known := c.Value.Get()
	switch unit := v.Unit(); {
	case !known:
	case unit == thresholds.Ratio && n < 0.01:
		cell.text = c.Text("<"+m.theme.number(probe.Known(0.01), unit), m.theme.atMost())
	case unit == thresholds.Count && n >= 1000:
		cell.text = c.Text(thresholds.CoarseCount(n), m.theme.atMost())
	}
	return cell
}

// alarmCell is the member's alarm.
func (m model) alarmCell(a *thresholds.Member) span {
	t := m.theme
	switch alarm, level, known := m.shown.assessment.AlarmOf(a); {
	case alarm != nil:
		return span{t.level(level), t.clean(alarm.Type)}
	case !known:
		return span{t.dim, "?"}
	}
	return span{t.dim, "-"}
}

func (m model) versionCell(a *thresholds.Member) span { return m.versionSpan(a, "") }

// versionSpan is the member's version with a prefix, behind a sign where it is the last known one.
func (m model) versionSpan(a *thresholds.Member, prefix string) span {
	text := prefix + m.theme.clean(a.Version)
	switch {
	case a.Version == "":
		return span{m.theme.dim, "?"}
	case a.VersionIsStale():
		return span{m.theme.dim, string(thresholds.SignLast) + text}
	}
	return span{m.theme.plain, text}
}

// age is how old the member's newest Status is, or for how long it is down.
func (m model) age(a *thresholds.Member) string {
	return m.theme.coarse(m.shown.assessment.AgeOf(a, m.asOf()))
}

// ageCell is the age. Whether the member answers is in its state.
func (m model) ageCell(a *thresholds.Member) span {
	if a.NeverSeen {
		return span{m.theme.dim, "?"}
	}
	return span{m.theme.plain, m.age(a)}
}
