package agent

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/etcdoc/etcdoc/thresholds"
)

// A Mute silences a finding until a time, or until it is worse than when the mute began to silence it.
type Mute struct {
	Rule thresholds.RuleID
	// Member is the member's name; empty: the cluster, or every member.
	Member string
	Until  time.Time
	// level is the finding's when the mute first met it; OK before.
	level thresholds.Level
}

// ParseMute reads RULE[@MEMBER]=UNTIL, where UNTIL is a duration from now on or a time as in RFC 3339.
func ParseMute(text string, rules thresholds.RuleSet, now time.Time) (Mute, error) {
	at := strings.LastIndexByte(text, '=') // a name may have one
	if at < 0 {
		return Mute{}, errors.New("want RULE[@MEMBER]=UNTIL, such as db-fragmentation@etcd-2=4h")
	}
	until := text[at+1:]
	rule, member, _ := strings.Cut(text[:at], "@")
	m := Mute{Rule: thresholds.RuleID(rule), Member: member}
	if _, known := rules.Rule(m.Rule); !known {
		return Mute{}, fmt.Errorf("there is no rule %q: etcdoc explain lists them", rule)
	}
	if d, err := time.ParseDuration(until); err == nil && d > 0 {
		m.Until = now.Add(d)
		return m, nil
	}
	end, err := time.Parse(time.RFC3339, until)
	if err != nil {
		return Mute{}, fmt.Errorf("%q: want a duration, such as 4h, or a time, such as 2026-11-27T18:00:00Z", until)
	}
	m.Until = end
	return m, nil
}

// mutes are the mutes that stand.
type mutes []Mute

// standing returns the mutes without those whose time is over and those of findings that have got worse.
func (all mutes) standing(a *thresholds.Assessment) mutes {
	kept := make(mutes, 0, len(all))
	for _, m := range all {
		worst := thresholds.OK
		for i := range a.Findings {
			if m.silences(&a.Findings[i]) {
				worst = max(worst, a.Findings[i].Level)
			}
		}
		switch {
		case !a.At.Before(m.Until), m.level > thresholds.OK && worst > m.level:
			continue
		case m.level == thresholds.OK:
			m.level = worst
		}
		kept = append(kept, m)
	}
	return kept
}

// of returns the mute of a finding; nil without one.
func (all mutes) of(f *thresholds.Finding) *Mute {
	if i := slices.IndexFunc(all, func(m Mute) bool { return m.silences(f) }); i >= 0 {
		return &all[i]
	}
	return nil
}

func (m *Mute) silences(f *thresholds.Finding) bool {
	return m.Rule == f.Rule && (m.Member == "" || m.Member == f.Member.Label)
}
