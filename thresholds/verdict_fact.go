package thresholds

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// A fact is one thing that a verdict depends on, with its time and source. The zero value is unknown.
type fact[T any] struct {
	value T
	// at is when it held; zero: unknown. maxAge is how old it may be; 0: valid until a newer one arrives.
	at     time.Time
	maxAge time.Duration
	// source is who said so, in words.
	source string
	// ground is the kind of fact. missing says in words what is unknown, and why; it is set even for a known fact,
	// which may be too old.
	ground  Ground
	missing string
	// brief is missing in short.
	brief string
}

// Ground is the kind of fact that decided a verdict, or that it lacks.
type Ground string

// The grounds.
const (
	GroundIdentity      Ground = "identity"       // what the member is to the cluster
	GroundMembership    Ground = "membership"     // who votes, confirmed by a quorum of the cluster
	GroundQuorum        Ground = "quorum"         // how many healthy voters would be left
	GroundHealth        Ground = "health"         // whether a remaining voter is healthy
	GroundIncident      Ground = "incident"       // a critical finding about the whole cluster
	GroundSurvivors     Ground = "survivors"      // what impairs a remaining voter
	GroundCommitLatency Ground = "commit-latency" // which voter commits would wait for
	GroundMargin        Ground = "margin"         // then none is left to spare
)

// A gap is a fact that a verdict needs and lacks, or a risk; brief is for a headline.
type gap struct {
	ground       Ground
	words, brief string
}

// An inquiry collects the facts that a verdict needs and lacks. The only way to a value is through need, and the only
// way to SAFE is through conclude.
type inquiry struct {
	now     time.Time
	missing []gap
}

// need returns the value of a fact; if it is unknown, it notes the gap and returns the zero value.
func need[T any](d *inquiry, f fact[T]) (value T) {
	switch {
	case f.at.IsZero():
		d.missing = append(d.missing, gap{f.ground, f.missing, f.brief})
		return value
	case f.maxAge > 0 && d.now.Sub(f.at) > f.maxAge:
		d.missing = append(d.missing, gap{f.ground,
			fmt.Sprintf("%s (last known %s, by %s)", f.missing, agoWords(d.now.Sub(f.at)), f.source),
			f.brief})
		return value
	}
	return f.value
}

// isKnown reports whether the fact is known and not too old.
func (f *fact[T]) isKnown(now time.Time) bool {
	return !f.at.IsZero() && (f.maxAge == 0 || now.Sub(f.at) <= f.maxAge)
}

// An outcome is a verdict before it becomes a [CanLose] or [CanRemove].
type outcome struct {
	verdict Verdict
	ground  Ground
	reason  string
	// headline is the reason in short.
	headline string
}

// conclude is the outcome if nothing stands against it: SAFE if every needed fact is known, else unknown.
func (d *inquiry) conclude(reason, headline string) outcome {
	if len(d.missing) > 0 {
		return d.unknown()
	}
	return outcome{LossSafe, "", reason, headline}
}

// unknown is the outcome that lists the missing facts.
func (d *inquiry) unknown() outcome {
	seen := make(map[string]bool)
	var words []string
	var gaps []gap
	for _, lack := range d.missing {
		if !seen[lack.words] {
			seen[lack.words] = true
			words, gaps = append(words, lack.words), append(gaps, lack)
		}
	}
	return outcome{LossUnknown, d.missing[0].ground, strings.Join(words, "; "), missingHeadline(gaps)}
}

// lacksMembership reports that who votes is missing, or the member's identity, without which nothing holds.
func (d *inquiry) lacksMembership() bool {
	return slices.ContainsFunc(d.missing, func(g gap) bool {
		return g.ground == GroundMembership || g.ground == GroundIdentity
	})
}

// certain is the inquiry without the gaps about health, for conclusions that need no more voters than are known to be
// healthy.
func (d *inquiry) certain() *inquiry {
	lacks := slices.DeleteFunc(slices.Clone(d.missing), func(g gap) bool { return g.ground == GroundHealth })
	return &inquiry{now: d.now, missing: lacks}
}
