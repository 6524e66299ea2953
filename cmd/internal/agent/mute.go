package agent

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/etcdoc/etcdoc/thresholds"
	"github.com/etcdoc/etcdoc/thresholds/limits"
)

// ParseMute reads RULE[@MEMBER]=UNTIL, where UNTIL is a duration from now on or a time as in RFC 3339.
func ParseMute(text string, rules thresholds.RuleSet, now time.Time) (thresholds.Mute, error) {
	at := strings.LastIndexByte(text, '=') // a name may have one
	if at < 0 {
		return thresholds.Mute{}, errors.New("want RULE[@MEMBER]=UNTIL, such as wal-fsync-slow@etcd-2=2026-11-27T18:00:00Z")
	}
	until := text[at+1:]
	rule, member, of := strings.Cut(text[:at], "@")
	m := thresholds.Mute{Rule: thresholds.RuleID(rule), Member: member}
	r, known := rules.Rule(m.Rule)
	if !known {
		var ids []string
		for i := range rules.All() {
			ids = append(ids, string(rules.All()[i].ID))
		}
		return thresholds.Mute{}, fmt.Errorf("there is no rule %q: %s", rule, limits.Suggest(rule, ids))
	}
	if why := whyNoMute(r); why != "" {
		return thresholds.Mute{}, fmt.Errorf("%s %s", rule, why)
	}
	if of && strings.TrimSpace(member) == "" {
		return thresholds.Mute{}, fmt.Errorf("no member is named after the @, as by an unset variable: to mute %s for the "+
			"cluster or every member, leave the @ away", rule)
	}
	if d, err := time.ParseDuration(until); err == nil && d > 0 {
		m.Until = now.Add(d)
		return m, nil
	}
	end, err := time.Parse(time.RFC3339, until)
	if err != nil {
		return thresholds.Mute{}, fmt.Errorf("%q: want a duration, such as 4h, or a time, such as 2026-11-27T18:00:00Z", until)
	}
	m.Until = end
	return m, nil
}

// whyNoMute says why a mute would silence none of a rule's findings, for it silences warnings at most; empty: it would.
func whyNoMute(r *thresholds.Rule) string {
	switch {
	case r.IsOff():
		return "is off, so there is nothing to mute"
	case !r.Warning.Value.IsKnown() && !r.Notice.Value.IsKnown():
		return "is critical whenever it fires, and a mute silences warnings at most: silence its alert in Alertmanager"
	}
	return ""
}
