package thresholds

import (
	"fmt"
	"math"
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds/window"
)

const (
	// memoryRetention is how long samples of a member's memory are kept: the window of memory-growth.
	memoryRetention = time.Hour
	// warmUp is how long after the start the memory of a process is not judged: a young heap grows.
	warmUp = 10 * time.Minute
)

// noteMemory records the resident memory of a process that has warmed up.
func (t *track) noteMemory(m *probe.Metrics, at time.Time) {
	if start, known := m.StartTime.Get(); known && at.Sub(unixTime(start)) < warmUp {
		t.memory = window.Gauge{}
		return
	}
	if bytes, known := m.ResidentBytes.Get(); known {
		t.memory.Add(at, bytes, memoryRetention)
	}
}

func memories(t *track) *window.Gauge { return &t.memory }

// judgeMemory judges by what share the memory has grown within the window, or since the process warmed up.
func judgeMemory(s *subject, window time.Duration) measurement {
	if m, ok := s.requireMetrics(); !ok {
		return m
	}
	if !s.member.Metrics.Value.ResidentBytes.IsKnown() {
		return s.notReported("its metrics do not say how much memory it has")
	}
	now, at, known := s.track.memory.Newest()
	if !known {
		return measurement{notMeasurable: "started less than " + InSentences().Coarse(warmUp) + " ago"}
	}
	before, _, _ := s.track.memory.Oldest(at, window)
	switch {
	case s.track.memory.Span(at, window) < minRateSpan:
		return s.watchedTooShort(window, memories)
	case now-before < s.rule.Minimum || before <= 0:
		return notApplicable
	}
	return measurement{value: probe.Known((now - before) / before)}
}

func sayMemory(s *subject, m measurement) statement {
	now, at, _ := s.track.memory.Newest()
	before, span := now/(1+m.value.Or(0)), s.track.memory.Span(at, s.reach(s.rule.LongestWindow()))
	return s.has(fmt.Sprintf("its memory has grown from %s to %s in %s",
		Bytes.Format(before), Bytes.Format(now), FormatDuration(span))).
		briefly(fmt.Sprintf("memory grew from %s to %s", Bytes.Format(before), Bytes.Format(now))).
		saying("That took " + FormatDuration(span))
}

// judgeRestarts counts the restarts that were seen in the window. When the process of the first sweep started is no
// news: see [Member.Started]. Restarts that were announced, or were the member's turn in a rolling change, are no sign
// that it starts again and again.
func judgeRestarts(s *subject, window time.Duration) measurement {
	if m, ok := s.requireMetrics(); !ok {
		return m
	}
	restarts := s.track.restartsWithin(s.now, window)
	expected := s.track.countRestarts(s.now, window, func(r *restart) bool { return r.expected })
	if restarts == 0 && !s.member.Metrics.Value.StartTime.IsKnown() {
		return s.notReported("its metrics do not say when its process began")
	}
	m := measurement{value: probe.Known(float64(restarts))}
	if !s.rule.Breached(float64(restarts-expected), s.rule.Warning.Value.Or(math.Inf(1))) {
		m.maxLevel = Notice
	}
	return m
}

// stepOfRestart is the first step about a restart that nobody asked for, and adviceOnRestarts all that is to be done
// about one or several.
const stepOfRestart = "Look at the last log lines of {member} before the start"

func adviceOnRestarts(them, their string) string {
	return fmt.Sprintf("If nobody restarted %s: look at %s last log lines before the start, and for the kernel's "+
		"out-of-memory killer.", them, their)
}

// restartsWereDue reports that all restarts seen lately were announced, or the member's turn in a rolling change:
// nobody needs to look for what ended the process.
func (m *memberState) restartsWereDue(now time.Time) bool {
	window := m.settings.rule(MemberRestarted).LongestWindow()
	seen := m.track.restartsWithin(now, window)
	return seen > 0 && seen == m.track.countRestarts(now, window, func(r *restart) bool { return r.expected })
}

// restartWasToBe reports that a finding is about a restart that was announced, or that was due.
func (f *frame) restartWasToBe(about *Finding) bool {
	i := f.place(about.Member.Key)
	return about.Expected != "" || i >= 0 && f.members[i].restartsWereDue(f.now)
}

// started is when the process started by our clock: by its start time, unless that is in the future or before we last
// saw the process that ran before it. It is zero if the metrics don't say.
func (m *memberState) started(now time.Time) (at time.Time) {
	start, known := m.track.startTime.Get()
	if known = known && m.probed.Metrics.Answered(); known {
		at = m.probed.Metrics.At.Add(unixTime(start).Sub(m.clock()))
	}
	if n := len(m.track.restarts); n > 0 {
		last := &m.track.restarts[n-1]
		if !known || at.After(now) || at.Before(last.before.Add(-2*time.Second)) { // both are rounded
			return last.at
		}
	}
	return at
}

func sayRestarts(s *subject, m measurement) statement {
	ago := "just now"
	if since := s.now.Sub(s.at.started(s.now)); since >= time.Second {
		ago = FormatDuration(since) + " ago"
	}
	switch n := max(s.track.restartsWithin(s.now, s.rule.LongestWindow()), int(m.value.Or(0))); n {
	case 0, 1:
		return s.does("restarted " + ago).withDuration()
	case 2:
		return s.does("restarted twice lately, last " + ago).briefly("restarted twice, last " + ago).withDuration()
	default:
		times := fmt.Sprintf("restarted %d times", n)
		return s.does(times + " lately, last " + ago).briefly(times + ", last " + ago).withDuration()
	}
}

func sayFDs(s *subject, m measurement) statement {
	return s.has(fmt.Sprintf("%s of %s file descriptors are in use (%s)",
		Count.Format(s.at.Vitals[OpenFDs].Or(0)), Count.Format(s.at.Vitals[MaxFDs].Or(0)),
		Ratio.Format(m.value.Or(0)))).
		briefly(Ratio.Format(m.value.Or(0)) + " of its file descriptors used").
		saying(Count.Format(s.at.Vitals[OpenFDs].Or(0)) + " of " + Count.Format(s.at.Vitals[MaxFDs].Or(0)) +
			" are open")
}

func sayWatchBacklog(s *subject, m measurement) statement {
	text := fmt.Sprintf("%s watchers lag behind", Count.Format(m.value.Or(0)))
	if m.value.Or(0) == 1 {
		text = "1 watcher lags behind"
	}
	brief := text
	if pending, known := s.at.Vitals[PendingEvents].Get(); known {
		text += fmt.Sprintf("; %s events wait to be sent", Count.Format(pending))
	}
	return s.has(text).briefly(brief).saying(brief)
}
