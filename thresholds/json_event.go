package thresholds

import "time"

type eventJSON struct {
	At   time.Time `json:"at"`
	Kind EventKind `json:"kind"`
	// Level is ok for recoveries and remarks.
	Level Level `json:"level"`
	// Worst is the worst level of what it is about so far, where that is worse than Level.
	Worst  Level   `json:"worst,omitempty"`
	Member *string `json:"member"`
	// Rule is the rule whose finding began or ended.
	Rule RuleID `json:"rule,omitempty"`
	Text string `json:"text"`
	// Active reports that it goes on, and LastedSeconds how long it has lasted.
	Active        bool    `json:"active"`
	LastedSeconds float64 `json:"lasted_seconds,omitempty"`
	// AsBadSince is since when it was as bad as the text says, where it got worse, and AsBadSeconds for how long.
	AsBadSince   *time.Time `json:"as_bad_since,omitempty"`
	AsBadSeconds float64    `json:"as_bad_seconds,omitempty"`
	// Expected is the text of the mark that announced it.
	Expected string `json:"expected,omitempty"`
}

func (e *Event) json() eventJSON {
	out := eventJSON{
		At: e.At.UTC(), Kind: e.Kind, Level: e.Level, Rule: e.Rule, Text: e.Text, Active: e.Active,
		LastedSeconds: e.Lasted.Seconds(), Expected: e.Expected,
	}
	if e.Worst > e.Level && e.Level > OK {
		out.Worst = e.Worst
	}
	if !e.AsBadAt.IsZero() {
		since := e.AsBadAt.UTC()
		out.AsBadSince, out.AsBadSeconds = &since, e.AsBad.Seconds()
	}
	if !e.Member.IsZero() {
		out.Member = &e.Member.Label
	}
	return out
}
