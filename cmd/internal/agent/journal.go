package agent

import (
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"time"

	"github.com/etcdoc/etcdoc/cmd/internal/kube"
	"github.com/etcdoc/etcdoc/thresholds"
)

// A journal says what is new in each assessment: findings that fire, change their level or resolve, a heartbeat, and
// now and then a whole assessment. What is about more than the agent's own member it says only while that falls to it.
type journal struct {
	options *Options
	// firing are the findings of the last assessment.
	firing map[findingKey]entry
	// resolved are those that another agent had to say, for as long as it may be gone.
	resolved []resolved
	// speaks reports that the last assessment was this agent's to say, and sends that events about it were; level and
	// cause are what it said of it.
	speaks, sends            bool
	level                    thresholds.Level
	cause                    thresholds.Cause
	sweeps                   int
	nextHeartbeat, nextWhole time.Time
	// lacksOwn says that the agent's own member was not known in the last assessment.
	lacksOwn bool
}

// A findingKey is a rule and whom it is about.
type findingKey struct {
	rule   thresholds.RuleID
	member string // its key; empty for the cluster
}

func keyOf(f *thresholds.Finding) findingKey { return findingKey{f.Rule, f.Member.Key} }

// An entry is a finding, whether it is muted, whether the log has it that it fires, and whether an event says so.
type entry struct {
	finding             thresholds.Finding
	muted, said, called bool
}

// resolved is a finding that fires no longer.
type resolved struct {
	finding thresholds.Finding
	at      time.Time
}

func newJournal(o *Options) *journal {
	return &journal{options: o, firing: map[findingKey]entry{}}
}

// writeOwn says once that the agent's own member is not known, for a reason, and once that it is again: err is nil.
func (j *journal) writeOwn(err error) {
	switch lacked := j.lacksOwn; {
	case err != nil && !lacked:
		j.log(slog.LevelWarn, "which member is this node's is not known: /fit answers 503", "err", err.Error())
	case err == nil && lacked:
		j.log(slog.LevelInfo, "which member is this node's is known now")
	}
	j.lacksOwn = err != nil
}

// write says what is new. own is the agent's own member; nil if that is not known.
func (j *journal) write(a *thresholds.Assessment, mutes thresholds.Mutes, own *thresholds.Member) {
	j.sweeps++
	began := !j.speaks
	j.speaks = j.options.Speaks == nil || j.options.Speaks()
	j.sends = j.speaks && (j.options.Sends == nil || j.options.Sends())
	// Who asks about this moment makes sweeps come more often, which begins some windows anew: see [Agent.current].
	anew := a.Reading.Cause == thresholds.CauseFirstSweep && j.cause != "" && !began
	if j.speaks && !anew && (a.Level != j.level || a.Reading.Cause != j.cause || began) {
		j.level, j.cause = a.Level, a.Reading.Cause
		j.log(severity(a.Level), "reading", "level", a.Level.String(), "cause", string(a.Reading.Cause),
			"text", a.Reading.Text, "next", a.Reading.Next)
	}
	ownKey := ""
	if own != nil {
		ownKey = own.Key
	}
	j.writeFindings(a, mutes, ownKey)
	if !a.At.Before(j.nextHeartbeat) {
		j.nextHeartbeat = a.At.Add(j.options.HeartbeatInterval)
		j.log(slog.LevelInfo, "watching", "level", a.Level.String(), "margin", a.Cluster.Margin, "sweeps", j.sweeps,
			"findings", len(a.Findings))
	}
	if j.speaks && !a.At.Before(j.nextWhole) {
		j.nextWhole = a.At.Add(j.options.ReportInterval)
		j.log(slog.LevelInfo, "assessment", "assessment", whole{a, mutes})
	}
}

// says reports whether a finding about a member, or about the cluster, is this agent's to say. own is the key of its
// own member.
func (j *journal) says(member, own string) bool { return j.speaks || member != "" && member == own }

// writeFindings says which findings resolve, and then which fire or change their level: the last word on a rule that
// fires again is that it does. own is the key of the agent's own member.
func (j *journal) writeFindings(a *thresholds.Assessment, mutes thresholds.Mutes, own string) {
	now := make(map[findingKey]entry, len(a.Findings))
	var judged []*thresholds.Finding
	for i := range a.Findings {
		f := &a.Findings[i]
		was, fired := j.firing[keyOf(f)]
		// As all rates after the first sweep, and all about a member that is down: what fired before is not over.
		unjudged := f.Level == thresholds.Unknown && (f.Why == thresholds.WhyTooFew || f.InhibitedBy != "")
		if !unjudged {
			judged = append(judged, f)
		}
		if fired || !unjudged {
			now[keyOf(f)] = was
		}
	}
	j.writeResolved(a.At, now, own)
	for _, f := range judged {
		now[keyOf(f)] = j.follow(now[keyOf(f)], f, mutes, own)
	}
	j.firing = now
}

// writeResolved says which findings fire no longer, and keeps those that are not this agent's to say. now are those
// that fire.
func (j *journal) writeResolved(at time.Time, now map[findingKey]entry, own string) {
	for key, was := range j.firing {
		if _, still := now[key]; still {
			continue
		}
		if over := (resolved{was.finding, at}); was.said && j.says(key.member, own) {
			j.resolve(over, was.called)
		} else {
			j.resolved = append(j.resolved, over)
		}
	}
	j.resolved = slices.DeleteFunc(j.resolved, func(over resolved) bool {
		_, again := now[keyOf(&over.finding)]
		return again
	})
	j.handOver(at)
}

// follow says what is new of a finding that fires, if that is this agent's to say, and returns its entry. own is the
// key of the agent's own member.
func (j *journal) follow(was entry, f *thresholds.Finding, mutes thresholds.Mutes, own string) entry {
	says := j.says(f.Member.Key, own)
	is := entry{*f, mutes.Of(f) != nil, says, says && was.called}
	switch before := was.finding; {
	case !says:
		return is
	case !was.said:
		j.finding("finding fires", f, mutes)
	case before.Level != f.Level:
		j.finding("finding changes", f, mutes, "before", before.Level.String())
	case was.muted && !is.muted:
		j.finding("finding unmuted", f, mutes)
	}
	sends := j.sends || !f.Member.IsZero() && f.Member.Key == own
	if sends && f.IsAlarm() && !is.muted && (!is.called || f.Level > was.finding.Level) {
		is.called = true
		j.record(fires(f))
	}
	return is
}

// resolve says that a finding is over. called reports that an event said that it fires.
func (j *journal) resolve(over resolved, called bool) {
	lasted := over.at.Sub(over.finding.Since)
	j.log(slog.LevelInfo, "finding resolves",
		append(about(&over.finding, resolvedState), "lasted", lasted.Round(time.Second).String())...)
	if called {
		j.record(resolves(over, lasted))
	}
}

// handOver says which findings have resolved lately while nobody may have said so, once that falls to this agent.
func (j *journal) handOver(now time.Time) {
	for _, over := range j.resolved {
		if j.speaks && now.Sub(over.at) <= j.options.HandoverTime {
			j.resolve(over, j.sends && max(over.finding.Level, over.finding.PreviousLevel) >= thresholds.Warning)
		}
	}
	j.resolved = slices.DeleteFunc(j.resolved, func(over resolved) bool {
		return j.speaks || now.Sub(over.at) > j.options.HandoverTime
	})
}

func (j *journal) record(e kube.Event) {
	if j.options.Record != nil {
		j.options.Record(e)
	}
}

// finding logs a finding, with more about it.
func (j *journal) finding(message string, f *thresholds.Finding, mutes thresholds.Mutes, more ...any) {
	level := severity(f.Level)
	fields := append(about(f, string(f.State)), more...)
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

// resolvedState is the state of a finding that is over, beside those of [thresholds.AlertState].
const resolvedState = "resolved"

// about are the fields that say which finding it is, and its state.
func about(f *thresholds.Finding, state string) []any {
	fields := []any{"rule", string(f.Rule), "level", f.Level.String(), "state", state}
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
type whole struct {
	of    *thresholds.Assessment
	mutes thresholds.Mutes
}

// MarshalJSON writes the assessment.
func (w whole) MarshalJSON() ([]byte, error) { return json.Marshal(w.of.DocumentMuted(w.mutes)) }

// MarshalText writes the same.
func (w whole) MarshalText() ([]byte, error) { return w.MarshalJSON() }
