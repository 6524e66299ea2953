package tui

import (
	"slices"
	"strings"
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

const (
	// normalWindow is how long before an event a value counts as what it was before.
	normalWindow = 10 * time.Minute
	// alongside is how far from an event others are told with it.
	alongside = time.Minute
)

// vitalOf is the vital that a rule judges; false where there is none, or more than one.
func vitalOf(rule thresholds.RuleID) (v thresholds.Vital, has bool) {
	v, has = map[thresholds.RuleID]thresholds.Vital{
		thresholds.WALFsyncSlow:         thresholds.WALFsyncP99,
		thresholds.BackendCommitSlow:    thresholds.BackendCommitP99,
		thresholds.PeerRTTSlow:          thresholds.PeerRTTP99,
		thresholds.HeartbeatsFailing:    thresholds.HeartbeatFailuresRate,
		thresholds.PeerSendFailing:      thresholds.PeerSendFailuresRate,
		thresholds.ApplyLagging:         thresholds.ApplyLag,
		thresholds.FollowerLagging:      thresholds.FollowerLag,
		thresholds.ProposalsQueued:      thresholds.ProposalsPending,
		thresholds.ProposalsFailing:     thresholds.ProposalsFailedRate,
		thresholds.AppliesSlow:          thresholds.SlowAppliesRate,
		thresholds.ReadIndexesSlow:      thresholds.SlowReadIndexesRate,
		thresholds.LinearizableReadSlow: thresholds.LinearizableRead,
		thresholds.SerializableReadSlow: thresholds.SerializableRead,
		thresholds.LeaderChanging:       thresholds.LeaderChanges,
		thresholds.DBQuotaNear:          thresholds.DBQuotaUsed,
		thresholds.DBLarge:              thresholds.DBSize,
		thresholds.DBGrowing:            thresholds.DBQuotaReachedIn,
		thresholds.DBFragmented:         thresholds.DBInUseShare,
		thresholds.RequestsMany:         thresholds.RequestsRate,
		thresholds.WatchBacklog:         thresholds.SlowWatchers,
		thresholds.LeasesChurning:       thresholds.LeaseGrantsRate,
		thresholds.FDsExhausted:         thresholds.FDsUsed,
		thresholds.MemoryGrowing:        thresholds.ResidentBytes,
		thresholds.CertificateExpiring:  thresholds.CertificateExpiresIn,
		thresholds.ClockDrifting:        thresholds.ClockOffset,
	}[rule]
	return v, has
}

// evidence gathers labelled lines.
type evidence struct {
	th    *theme
	width int
	lines block
}

// add writes texts beside a label, each on lines of its own; nothing where there are none.
func (e *evidence) add(label string, texts ...string) {
	for _, text := range texts {
		if text != "" {
			e.lines = append(e.lines, e.th.wrapped(e.width, label, e.th.clean(text))...)
			label = ""
		}
	}
}

// renderEventEvidence is what there is to know about one of the events shown: only what was seen.
func (m model) renderEventEvidence(at int, letter string, width int) block {
	e := &m.shown.events[at]
	out := &evidence{th: &m.theme, width: width, lines: m.renderEventTitle(e, letter, width)}
	if e.Kind == thresholds.EventMark {
		m.addMark(out, e)
	}
	if e.Expected != "" {
		out.add("expected", m.expectedBy(e))
	}
	begun := m.begun(at)
	if begun.Rule != "" {
		m.addRule(out, begun.Rule, begun.Level)
		m.addValues(out, begun)
	}
	m.addAlongside(out, at)
	told := m.told(begun)
	switch {
	case told != nil && e.Level > thresholds.OK:
		out.add("reading", told.assessment.Reading.Text)
		out.add("cluster", m.theme.standing(&told.assessment))
		out.add("unseen", told.assessment.Reading.NotLookedAt...)
	case told != nil:
		out.add("cluster", m.theme.standing(&told.assessment))
	default:
		out.add("reading", "of that moment not kept any longer")
	}
	return out.lines
}

// renderEventTitle is the event in full.
func (m model) renderEventTitle(e *thresholds.Event, letter string, width int) block {
	t, word := &m.theme, m.eventWord(e)
	spans := []span{{t.dim, m.stamp(e.At) + " "}, word, {t.plain, " "}}
	if letter != "" {
		spans = append(spans, span{t.mark, letter}, span{t.plain, " "})
	}
	if who := m.who(e); !strings.Contains(e.Text, who) {
		spans = append(spans, span{t.bold, t.clean(who) + ": "})
	}
	spans = append(spans, span{t.bold, t.clean(eventText(e))})
	if lasted := m.lasted(e); lasted != "" {
		spans = append(spans, span{t.dim, "  " + lasted})
	}
	var b block
	for _, line := range wrap(t, spans, width, 0) {
		b = append(b, lineOf(t, width, line...))
	}
	return b
}

// expectedBy says which mark announced an event, and until when.
func (m model) expectedBy(e *thresholds.Event) string {
	n, known := m.announcer(e)
	if !known {
		return "announced by a mark: " + e.Expected
	}
	mark := &m.shownMarks()[n]
	return "mark " + markLetter(n) + " of " + m.stamp(mark.At) + " announced it until " + m.stamp(expectedUntil(mark)) + ": " + e.Expected
}

// addMark says what a mark announces.
func (m model) addMark(out *evidence, e *thresholds.Event) {
	marks := m.shownMarks()
	at := slices.IndexFunc(marks, func(mark probe.Mark) bool { return mark.At.Equal(e.At) && mark.Text == e.Text })
	if at < 0 || marks[at].Member == "" {
		out.add("expects", "no outage: a note on the time line")
	} else {
		until := expectedUntil(&marks[at])
		text := "that " + marks[at].Member + " is away, until " + m.stamp(until)
		if left := until.Sub(m.moment()); left > 0 {
			text += ": " + long(left) + " more"
		}
		out.add("expects", text)
	}
	out.add("compare", m.keys.Compare.Help().Key+" shows what was before it and after it")
}

// begun is the event that an end is the end of; any other event is its own.
func (m model) begun(at int) *thresholds.Event {
	e := &m.shown.events[at]
	if e.Rule == "" || e.Level > thresholds.OK {
		return e
	}
	for i := at - 1; i >= 0; i-- {
		if b := &m.shown.events[i]; b.Rule == e.Rule && b.Member.Key == e.Member.Key && b.Level > thresholds.OK {
			return b
		}
	}
	return e
}

// told is the moment that first told of an event; nil where that is kept no longer.
func (m model) told(e *thresholds.Event) *moment {
	id := idOf(e)
	for i := m.past.from(e.At); i < m.past.len(); i++ {
		at := m.past.nth(i)
		if at.assessment.At.Before(e.At) || at.sweep > m.shown.sweep {
			return nil
		}
		for j := range at.assessment.Events {
			if idOf(&at.assessment.Events[j]) == id {
				return at
			}
		}
	}
	return nil
}

// limitOf is the limit of a rule's level; of the mildest one that it has where it does not have that.
func limitOf(r *thresholds.Rule, level thresholds.Level) (thresholds.Limit, thresholds.Level, bool) {
	limits := map[thresholds.Level]thresholds.Limit{
		thresholds.Notice: r.Notice, thresholds.Warning: r.Warning, thresholds.Critical: r.Critical,
	}
	for _, l := range []thresholds.Level{level, thresholds.Notice, thresholds.Warning, thresholds.Critical} {
		if limit, has := limits[l]; has && limit.Value.IsKnown() {
			return limit, l, true
		}
	}
	return thresholds.Limit{}, level, false
}

// addRule says which rule spoke, from which limit on, and who set that.
func (m model) addRule(out *evidence, id thresholds.RuleID, level thresholds.Level) {
	rule, known := m.rules[id]
	if !known {
		out.add("rule", string(id))
		return
	}
	out.add("rule", string(id)+": "+rule.Summary)
	limit, level, has := limitOf(&rule, level)
	if !has {
		return
	}
	out.add("limit", levelWord(level)+" "+limitWords(&rule, limit))
	out.add("set by", rule.SourceOf(level))
}

// limitWords says from where on a limit is crossed, and for how long.
func limitWords(r *thresholds.Rule, limit thresholds.Limit) string {
	text := "from " + r.Unit.Format(limit.Value.Or(0)) + " on"
	switch {
	case r.Unit == thresholds.Condition:
		text = "when it is so"
	case r.Below:
		text = "at " + r.Unit.Format(limit.Value.Or(0)) + " or less"
	}
	if limit.For > 0 {
		text += ", for " + interval(limit.For)
	}
	if limit.Window > 0 {
		text += ", over " + interval(limit.Window)
	}
	return text
}

// addValues compares what a member's vital was before, then and now, and what its peers had then.
func (m model) addValues(out *evidence, e *thresholds.Event) {
	v, has := vitalOf(e.Rule)
	if !has || e.Member.IsZero() {
		return
	}
	t := &m.theme
	before, over := m.normal(e.Member.Key, v, e.At)
	texts := []string{"before " + t.known(before, v.Unit())}
	if over > 0 {
		texts[0] += " (median of " + long(over) + ")"
	}
	then := m.momentOf(e.At)
	if then == nil {
		texts = append(texts, "then not kept any longer")
	} else {
		texts = append(texts, "then "+t.vitalOf(&then.assessment, e.Member.Key, v))
	}
	texts = append(texts, "now "+t.vitalOf(&m.shown.assessment, e.Member.Key, v))
	out.add("value", strings.Join(texts, ", "))
	if then == nil {
		return
	}
	var peers []string
	for i := range then.assessment.Members {
		if a := &then.assessment.Members[i]; a.Key != e.Member.Key {
			peers = append(peers, a.Label+" "+t.vitalOf(&then.assessment, a.Key, v))
		}
	}
	if len(peers) > 0 {
		out.add("peers", "then "+strings.Join(peers, ", "))
	}
}

// normal is a vital's median over the time before an event, and how long that was: less where etcdoc had not watched for
// as long.
func (m model) normal(member string, v thresholds.Vital, at time.Time) (probe.Value, time.Duration) {
	window := min(normalWindow, at.Sub(m.tally.from))
	if window <= 0 {
		return probe.Value{}, 0
	}
	return m.median(member, v, at, window), window
}

// median is the median of what is known of a vital in the window that ends at a time.
func (m model) median(member string, v thresholds.Vital, to time.Time, window time.Duration) probe.Value {
	const columns = 600
	var known []float64
	for _, value := range m.judge.Columns(member, v, to, window, columns) {
		if n, has := value.Get(); has {
			known = append(known, n)
		}
	}
	if len(known) == 0 {
		return probe.Value{}
	}
	slices.Sort(known)
	return probe.Known(known[len(known)/2])
}

// momentOf is the moment that was at a time; nil where it is kept no longer.
func (m model) momentOf(at time.Time) *moment {
	if m.past.len() == 0 {
		return nil
	}
	then := m.past.nth(m.past.from(at))
	if off := then.assessment.At.Sub(at); off < 0 || off > max(thinned, m.interval) {
		return nil
	}
	return then
}

// vitalOf writes a member's vital as an assessment has it.
func (t *theme) vitalOf(a *thresholds.Assessment, member string, v thresholds.Vital) string {
	for i := range a.Members {
		if a := &a.Members[i]; a.Key == member {
			value, atMost := a.Shown(v)
			text := t.known(value, v.Unit())
			if atMost {
				text = t.atMost() + text
			}
			if value.IsKnown() && a.IsStale(v) {
				text = "~" + text
			}
			return text
		}
	}
	return "?"
}

// known writes a value, a question mark where it is not known.
func (t *theme) known(v probe.Value, unit thresholds.Unit) string {
	if text := t.number(v, unit); text != "" {
		return text
	}
	return "?"
}

// addAlongside tells what else changed about then.
func (m model) addAlongside(out *evidence, at int) {
	e := &m.shown.events[at]
	var texts []string
	for i := range m.shown.events {
		other := &m.shown.events[i]
		if i == at || other.At.Sub(e.At).Abs() > alongside {
			continue
		}
		text := eventText(other)
		if who := m.who(other); !strings.Contains(text, who) {
			text = who + ": " + text
		}
		texts = append(texts, m.stamp(other.At)+" "+m.eventWord(other).text+" "+text+m.expectedTail(other))
	}
	out.add("also", texts...)
}
