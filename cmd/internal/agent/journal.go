package agent

import (
	"context"
	"encoding/json"
	"log/slog"
	"time"

	"github.com/etcdoc/etcdoc/thresholds"
)

// A journal writes to the log what is new in each assessment: findings that fire, change their level or resolve, a
// heartbeat, and now and then a whole assessment.
type journal struct {
	options *Options
	// firing are the findings of the last assessment.
	firing map[findingKey]thresholds.Finding
	// level and cause are the last ones.
	level                    thresholds.Level
	cause                    thresholds.Cause
	sweeps                   int
	nextHeartbeat, nextWhole time.Time
}

// A findingKey is a rule and whom it is about.
type findingKey struct {
	rule   thresholds.RuleID
	member string // its key; empty for the cluster
}

func newJournal(o *Options) *journal {
	return &journal{options: o, firing: map[findingKey]thresholds.Finding{}}
}

// write logs what is new.
func (j *journal) write(a *thresholds.Assessment, mutes thresholds.Mutes) {
	j.sweeps++
	if a.Level != j.level || a.Reading.Cause != j.cause || j.sweeps == 1 {
		j.level, j.cause = a.Level, a.Reading.Cause
		j.log(severity(a.Level), "reading", "level", a.Level.String(), "cause", string(a.Reading.Cause),
			"text", a.Reading.Text, "next", a.Reading.Next)
	}
	j.writeFindings(a, mutes)
	if !a.At.Before(j.nextHeartbeat) {
		j.nextHeartbeat = a.At.Add(j.options.HeartbeatInterval)
		j.log(slog.LevelInfo, "watching", "level", a.Level.String(), "margin", a.Cluster.Margin, "sweeps", j.sweeps,
			"findings", len(a.Findings))
	}
	if !a.At.Before(j.nextWhole) {
		j.nextWhole = a.At.Add(j.options.ReportInterval)
		j.log(slog.LevelInfo, "assessment", "assessment", whole{a})
	}
}

// writeFindings logs the findings that fire, change their level or resolve.
func (j *journal) writeFindings(a *thresholds.Assessment, mutes thresholds.Mutes) {
	now := make(map[findingKey]thresholds.Finding, len(a.Findings))
	for i := range a.Findings {
		f := &a.Findings[i]
		if f.Level == thresholds.Unknown && f.Why == thresholds.WhyTooFew {
			continue // as all rates after the first sweep
		}
		key := findingKey{f.Rule, f.Member.Key}
		now[key] = *f
		before, fired := j.firing[key]
		switch {
		case !fired:
			j.finding("finding fires", f, mutes)
		case before.Level != f.Level || before.State != f.State:
			j.finding("finding changes", f, mutes, "before", before.Level.String())
		}
	}
	for key, f := range j.firing {
		if _, still := now[key]; !still {
			j.log(slog.LevelInfo, "finding resolves", append(about(&f), "lasted", a.At.Sub(f.Since).Round(time.Second).String())...)
		}
	}
	j.firing = now
}

// finding logs a finding, with more about it.
func (j *journal) finding(message string, f *thresholds.Finding, mutes thresholds.Mutes, more ...any) {
	level := severity(f.Level)
	fields := append(about(f), more...)
	fields = append(fields, "summary", f.Summary)
	if value, known := f.Value.Get(); known {
		fields = append(fields, "value", value, "limit", f.Limit.Or(0), "unit", string(f.Unit))
	}
	if f.InhibitedBy != "" {
		level = slog.LevelInfo
		fields = append(fields, "inhibited_by", string(f.InhibitedBy))
	}
	if m := mutes.Of(f); m != nil {
		level = slog.LevelInfo
		fields = append(fields, "muted_until", m.Until.UTC().Format(time.RFC3339))
	}
	if f.Advice != "" {
		fields = append(fields, "advice", f.Advice)
	}
	j.log(level, message, fields...)
}

// about are the fields that say which finding it is.
func about(f *thresholds.Finding) []any {
	fields := []any{"rule", string(f.Rule), "level", f.Level.String(), "state", string(f.State)}
	if !f.Member.IsZero() {
		fields = append(fields, "member", f.Member.Label)
	}
	return append(fields, "since", f.Since.UTC().Format(time.RFC3339))
}

// end logs that nobody watches any longer.
func (j *journal) end() { j.log(slog.LevelInfo, "watching ends", "sweeps", j.sweeps) }

func (j *journal) log(level slog.Level, message string, fields ...any) {
	j.options.Log.Log(context.Background(), level, message, fields...)
}

// severity is the log's level of a finding's.
func severity(level thresholds.Level) slog.Level {
	switch {
	case level >= thresholds.Critical:
		return slog.LevelError
	case level >= thresholds.Warning:
		return slog.LevelWarn
	default:
		return slog.LevelInfo
	}
}

// whole is an assessment as a value in the log: JSON, which is a text in a log that is none.
type whole struct{ of *thresholds.Assessment }

// MarshalJSON writes the assessment.
func (w whole) MarshalJSON() ([]byte, error) { return json.Marshal(w.of.Document()) }

// MarshalText writes the same.
func (w whole) MarshalText() ([]byte, error) { return w.MarshalJSON() }
