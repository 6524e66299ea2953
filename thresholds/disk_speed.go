package thresholds

import (
	"fmt"
	"time"
)

// DiskTimes are how long writes took to become durable, each by itself, as etcd's log makes them.
type DiskTimes struct {
	Writes            int
	P50, P99, Longest time.Duration
	// PerSecond is how many there were in a second, one after the other; 0 if they were held back.
	PerSecond float64
}

// DiskSpeed is whether a disk is fast enough for etcd.
type DiskSpeed struct {
	// Level is that of the rule [WALFsyncSlow] for these times; Unknown if there were too few writes to say.
	Level Level
	// Headline says it in short, Text why, with the limit and its source, and Serves which load the disk serves; empty
	// if the writes were held back.
	Headline, Text, Serves string
}

// Sequential writes in a second that a disk for etcd must make at least, and that are recommended under heavy load
// (https://etcd.io/docs/v3.6/op-guide/hardware/, under Disks).
const (
	leastIOPS = 50
	heavyIOPS = 500
)

// JudgeDisk judges how fast a disk is by the limits of the rule on the log of a member.
func JudgeDisk(t DiskTimes, rules RuleSet) DiskSpeed {
	rule, _ := rules.Rule(WALFsyncSlow)
	d := DiskSpeed{Level: Unknown}
	var figure string
	switch longest := rule.LevelOf(t.Longest.Seconds()); {
	case float64(t.Writes) >= rule.Minimum:
		d.Level = rule.LevelOf(t.P99.Seconds())
		figure = fmt.Sprintf("p99 %s of %s", Seconds.Format(t.P99.Seconds()), Plural(t.Writes, "write"))
	case t.Writes > 0 && longest == rule.LevelOf(t.P50.Seconds()):
		d.Level = longest
		figure = fmt.Sprintf("%s took %s at most", Plural(t.Writes, "write"), Seconds.Format(t.Longest.Seconds()))
	}
	limit, of, limited := rule.FirstLimit()
	switch d.Level {
	case Unknown:
		d.Headline = "not known: too few writes"
		d.Text = fmt.Sprintf("a p99 takes %.0f writes, and there were %d: measure for longer", rule.Minimum, t.Writes)
		return d
	case OK:
		d.Headline, d.Text = "fast enough for etcd", figure+", below "
	case Notice:
		d.Headline, d.Text = "slower than recommended for etcd", figure+", not below "
	default:
		d.Headline, d.Text = "too slow for etcd", figure+", not below "
		limit, of, limited = rule.LimitFrom(d.Level)
	}
	if limited {
		d.Text += fmt.Sprintf("%s (%s)", Seconds.Format(limit.Value.Or(0)), rule.SourceOf(of))
	} else {
		d.Text = figure + "; " + string(WALFsyncSlow) + " has no limit"
	}
	d.Serves = servesWords(t.PerSecond)
	return d
}

// servesWords say which load a disk serves that makes so many writes in a second, one after the other.
func servesWords(perSecond float64) string {
	switch {
	case perSecond <= 0:
		return ""
	case perSecond < leastIOPS:
		return fmt.Sprintf("less than etcd needs, which is %d", leastIOPS)
	case perSecond < heavyIOPS:
		return fmt.Sprintf("enough for an ordinary load (%d), not for a heavy one (%d)", leastIOPS, heavyIOPS)
	}
	return fmt.Sprintf("enough for a heavy load (%d)", heavyIOPS)
}
