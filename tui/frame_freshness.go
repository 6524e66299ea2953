package tui

import (
	"errors"
	"io"
	"strconv"
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

// freshnessFields say how fresh the screen is, what time it is, and what that costs.
func (m model) freshnessFields() []field { return append(m.costFields(), m.liveFields()...) }

// costFields are the load on the cluster, and how often it is asked.
func (m model) costFields() (fields []field) {
	t := m.theme
	if cost := m.cost(); cost != "" {
		spans := []span{{t.dim, "poll "}, {t.plain, cost}}
		fields = append(fields, field{rank: rankCost, spans: spans, widest: len("poll 9999ms 9.9M")})
	}
	if m.conn.poller != nil && !m.showsInterval() {
		spans := []span{{t.dim, "every "}, {t.plain, thresholds.ShortDuration(m.conn.interval)}}
		fields = append(fields, field{rank: rankInterval, spans: spans})
	}
	return fields
}

// liveFields are how fresh the screen is, and what time it is.
func (m model) liveFields() []field {
	rank := alwaysShown
	if m.screen.width < leastWidth && !m.paused { // nobody may take the past for the present
		rank = rankPage
	}
	return []field{
		{rank: rank, spans: []span{m.freshness()}, widest: len("LIVE " + m.oldestLive() + m.intervalSuffix())},
		{rank: rankClock, spans: []span{{m.theme.plain, m.clock(m.now)}}},
	}
}

// intervalNewFor is how long a change of the interval is shown, even one back to the default.
const intervalNewFor = 5 * time.Second

// showsInterval reports that the interval is shown with the age: it is not the default, or has just been changed.
func (m model) showsInterval() bool {
	changed := m.conn.intervalChanged
	isNew := !changed.IsZero() && m.now.Sub(changed) < intervalNewFor
	return m.conn.poller != nil && (m.conn.interval != defaultInterval || isNew)
}

// cost is the load of the last sweep on the cluster: its slowest scrape, and the bytes of all of them.
func (m model) cost() string {
	var took, size probe.Value
	for i := range m.shown.assessment.Members {
		a := &m.shown.assessment.Members[i]
		if !a.MetricsStale {
			took = took.Max(a.Vitals[thresholds.ScrapeDuration])
			size = probe.Known(size.Or(0) + a.Vitals[thresholds.ScrapeBytes].Or(0))
		}
	}
	if !took.IsKnown() {
		return ""
	}
	return m.theme.number(took, thresholds.Seconds) + " " + m.theme.number(size, thresholds.Bytes)
}

// overdueSweeps is how many intervals without a sweep make the screen stale.
const overdueSweeps = 3

// oldestLive is the age after which the screen is stale.
func (m model) oldestLive() string { return thresholds.ShortDuration(overdueSweeps * m.conn.interval) }

func (m model) freshness() span {
	t := m.theme
	age := m.now.Sub(m.seen.live.assessment.At)
	switch {
	case m.paused:
		return m.pausedSpan()
	case errors.Is(m.conn.ended, io.EOF):
		return span{t.loud, " END "}
	case m.conn.ended != nil:
		return span{t.level(thresholds.Critical), " NO MORE DATA "}
	case !m.seen.live.known():
		return span{t.level(thresholds.Unknown), "connecting " + t.duration(m.now.Sub(m.conn.since))}
	case m.overdue():
		return span{t.level(thresholds.Unknown), "STALE " + t.duration(age.Round(time.Second)) + m.intervalSuffix()}
	}
	style := t.level(thresholds.OK)
	if !m.seen.live.assessment.InService() { // that the screen is fresh is no reason to be calm
		style = t.bold
	}
	return span{style, "LIVE " + t.coarse(age) + m.intervalSuffix()}
}

// overdue reports that the next sweep is late.
func (m model) overdue() bool {
	return m.conn.poller != nil && m.now.Sub(m.seen.live.assessment.At) > overdueSweeps*m.conn.interval
}

// intervalSuffix is the interval behind an age.
func (m model) intervalSuffix() string {
	if !m.showsInterval() {
		return ""
	}
	return "/" + thresholds.ShortDuration(m.conn.interval)
}

// pausedSpan says that the view is paused and what came in since; also the level now where that is worse, or as bad
// for another cause.
func (m model) pausedSpan() span {
	text := " PAUSED +" + strconv.Itoa(m.seen.live.sweep-m.shown.sweep) + " new"
	shown, now := &m.shown.assessment, &m.seen.live.assessment
	other := now.Level >= thresholds.Warning && now.Level == shown.Level && now.Reading.Cause != shown.Reading.Cause
	if now.Level <= shown.Level && !other {
		return span{m.theme.loud, text + " "}
	}
	return span{m.theme.level(now.Level), text + ", now " + levelWord(now.Level) + " "}
}
