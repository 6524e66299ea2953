package tui

import (
	"cmp"
	"strings"
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

// normalWindow is the time before an event that says what was normal; its median is taken over normalColumns parts.
const (
	normalWindow  = 10 * time.Minute
	normalColumns = 600
)

// addValues compares a member's vital before, then and now, and with its peers' then, which is when the rule first
// saw something.
func (m model) addValues(out *evidence, rule thresholds.RuleID, of thresholds.MemberRef, at time.Time) {
	judged, _ := m.rules.Rule(rule)
	v := judged.Vital
	if v == thresholds.NoVital || of.IsZero() {
		return
	}
	t := m.theme
	before, over := m.normal(of.Key, v, at)
	texts := []string{"before " + t.worstText(before, v.Unit())}
	if over > 0 {
		texts[0] += " (median of " + t.duration(over) + ")"
	}
	then := m.observationAt(at)
	if then == nil {
		texts = append(texts, "then not kept any longer")
	} else {
		texts = append(texts, "then "+m.vitalOf(&then.assessment, of.Key, v))
	}
	texts = append(texts, "now "+m.vitalOf(&m.shown.assessment, of.Key, v))
	label := "value"
	if judged.Unit != v.Unit() { // the rule's value is how much it has grown, or the like
		label = cmp.Or(vitalNames[v].label, label)
	}
	out.add(label, strings.Join(texts, ", "))
	if then == nil {
		return
	}
	var peers []string
	for i := range then.assessment.Members {
		if a := &then.assessment.Members[i]; a.Key != of.Key {
			label := a.Label
			if now := m.shown.assessment.Member(a.Key); now != nil { // it may have had no name yet
				label = now.Label
			}
			peers = append(peers, label+" "+m.vitalOf(&then.assessment, a.Key, v))
		}
	}
	if len(peers) > 0 {
		out.add("peers", "then "+strings.Join(peers, ", "))
	}
}

// normal is a vital's median over the time before an event, and how long that time was: shorter where etcdoc started
// later.
func (m model) normal(member string, v thresholds.Vital, at time.Time) (thresholds.ShownValue, time.Duration) {
	window := min(normalWindow, at.Sub(m.seen.session.From))
	if window <= 0 {
		return thresholds.ShownValue{}, 0
	}
	vital := []thresholds.Vital{v}
	return m.windowValues(member, vital, at, window, normalColumns, thresholds.Median)[0], window
}

// observationAt is the observation at a time; nil where it is no longer kept.
func (m model) observationAt(at time.Time) *observation {
	if m.seen.past.len() == 0 {
		return nil
	}
	then := m.seen.past.nth(m.seen.past.from(at))
	if off := then.assessment.At.Sub(at); off < 0 || off > max(thinned, m.conn.interval) {
		return nil
	}
	return then
}

// vitalOf writes a member's vital as an assessment has it.
func (m model) vitalOf(a *thresholds.Assessment, member string, v thresholds.Vital) string {
	of := a.Member(member)
	if of == nil {
		return string(thresholds.SignUnknown)
	}
	return m.vitalCell(of, v).text
}

// known writes a value, or a question mark.
func (t *theme) known(v probe.Value, unit thresholds.Unit) string {
	if text := t.number(v, unit); text != "" {
		return text
	}
	return "?"
}
