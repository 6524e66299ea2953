package thresholds

import (
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// standingKey names a rule about a member, or with an empty member about the cluster.
type standingKey struct {
	rule   RuleID
	member string
}

// limitState is how a value has stood towards one limit.
type limitState struct {
	// crossed is since when it has been at or above the limit without a break; zero while it is below.
	crossed time.Time
	// back is since when it has been below; zero while it is not, or never was above.
	back time.Time
	// raised says that it has been above for as long as it takes, and not below for as long since.
	raised bool
	// since is when that began.
	since time.Time
}

// observe takes in a measurement and reports whether the limit counts as breached. A limit is breached once it
// has been crossed for as long as it must hold, and no longer breached once it has been kept for as long again.
func (l *limitState) observe(limit Limit, m measurement, now time.Time, immediate bool) bool {
	value, _ := m.value.Get()
	threshold, has := limit.Value.Get()
	if !has {
		return false
	}
	hold := limit.For
	if immediate || m.certain {
		hold = 0
	}
	if value >= threshold && !m.quiet {
		if l.crossed.IsZero() {
			l.crossed = now.Add(-m.span)
		}
		l.back = time.Time{}
		if !l.raised && now.Sub(l.crossed) >= hold {
			l.raised, l.since = true, l.crossed
		}
		return l.raised
	}
	l.crossed = time.Time{}
	if l.raised {
		if l.back.IsZero() {
			l.back = now
		}
		if now.Sub(l.back) >= hold {
			*l = limitState{}
		}
	}
	return l.raised
}

// standing is how a rule has stood towards a member, from sweep to sweep.
type standing struct {
	limits [3]limitState // notice, warning, critical
	// unknownSince is since when it cannot be judged; zero while it can.
	unknownSince time.Time
	// text and value are those of the newest breach: what is said while a finding waits to be cleared.
	text  string
	value probe.Value
}

// graded are the levels that have limits, in the order of standing.limits.
var graded = [3]Level{Notice, Warning, Critical}

// judge holds the subject's rule against it and returns the finding, if there is one.
func (st *standing) judge(s *subject) (f Finding, found bool) {
	r := s.rule
	m := r.judge(s, r.longestWindow())
	if m.unknown != "" {
		if st.unknownSince.IsZero() {
			*st = standing{unknownSince: s.now}
		}
		return Finding{
			Rule: r.ID, Level: Unknown, Unit: r.Unit, Summary: "unknown: " + m.unknown,
			Because: m.because, Since: st.unknownSince, Source: r.Source,
		}, true
	}
	st.unknownSince = time.Time{}
	for i, level := range graded {
		limit, measured := r.limit(level), m
		if limit.Value.IsKnown() && limit.Window != r.longestWindow() {
			measured = r.judge(s, limit.Window)
		}
		if !st.limits[i].observe(limit, measured, s.now, s.options.Immediate) {
			continue
		}
		if !st.limits[i].crossed.IsZero() {
			st.text, st.value = r.say(s, measured), measured.value
		}
		f, found = Finding{
			Rule: r.ID, Level: level, Value: st.value, Limit: limit.Value, Unit: r.Unit, Summary: st.text,
			Advice: r.Advice, Since: st.limits[i].since, Because: measured.because, Source: r.Source,
		}, true
		if back := st.limits[i].back; !back.IsZero() {
			f.Summary += "; back below the limit for " + formatDuration(s.now.Sub(back))
		}
	}
	if r.Unit == Condition {
		f.Value, f.Limit = probe.Value{}, probe.Value{}
	}
	return f, found
}
