package thresholds

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// A fact is one thing that a verdict stands on: it is there with its time and its witness, or it is not. The zero value
// is a fact that is not known.
type fact[T any] struct {
	value T
	// at is when it was so; zero: it is not known. keep is for how long it can be gone by; 0: until a newer one is there.
	at     time.Time
	maxAge time.Duration
	// by is the source, in words.
	source string
	// about is what it is about, and missing says in words what is not known, and why; both also where it is known, for
	// it may be too old.
	ground  Ground
	missing string
}

// Ground names the kind of fact that decided a verdict, or that it lacks.
type Ground string

// The grounds.
const (
	GroundIdentity      Ground = "identity"       // what the member is to the cluster
	GroundMembership    Ground = "membership"     // who votes, as a quorum of the cluster confirms
	GroundQuorum        Ground = "quorum"         // how many healthy voters would be left
	GroundHealth        Ground = "health"         // whether a voter that would be left is healthy
	GroundIncident      Ground = "incident"       // a critical finding about the whole cluster
	GroundSurvivors     Ground = "survivors"      // what impairs a voter that would be left
	GroundCommitLatency Ground = "commit-latency" // for whom commits would wait
	GroundMargin        Ground = "margin"         // that no further loss would be tolerated
)

// A gap is a fact that a verdict needs and does not have.
type gap struct {
	ground Ground
	words  string
}

// A inquiry is what a verdict has asked for. What is asked for and not known is lacking, whatever comes of it: the only
// way to a value leads through ask, and the only way to SAFE through conclude.
type inquiry struct {
	now     time.Time
	missing []gap
}

// ask is the value of a fact, the zero value where it is not known.
func need[T any](d *inquiry, f fact[T]) (value T) {
	switch {
	case f.at.IsZero():
		d.missing = append(d.missing, gap{f.ground, f.missing})
		return value
	case f.maxAge > 0 && d.now.Sub(f.at) > f.maxAge:
		d.missing = append(d.missing, gap{f.ground, fmt.Sprintf("%s (last known %s ago, by %s)", f.missing, FormatDuration(d.now.Sub(f.at)), f.source)})
		return value
	}
	return f.value
}

// isKnown reports that the fact is there and not too old.
func (f *fact[T]) isKnown(now time.Time) bool {
	return !f.at.IsZero() && (f.maxAge == 0 || now.Sub(f.at) <= f.maxAge)
}

// An outcome is a verdict before it has its type: see [CanLose] and [CanRemove].
type outcome struct {
	verdict Verdict
	ground  Ground
	reason  string
}

// conclude is that nothing stands against it: SAFE where all that was asked for is known, else unknown.
func (d *inquiry) conclude(reason string) outcome {
	if len(d.missing) > 0 {
		return d.unknown()
	}
	return outcome{LossSafe, "", reason}
}

// unknown says what is lacking.
func (d *inquiry) unknown() outcome {
	seen := make(map[string]bool)
	var words []string
	for _, lack := range d.missing {
		if !seen[lack.words] {
			seen[lack.words] = true
			words = append(words, lack.words)
		}
	}
	return outcome{LossUnknown, d.missing[0].ground, strings.Join(words, "; ")}
}

// lacksAny reports that a fact of a kind is lacking, or what the member is to the cluster: without that, nothing holds.
func (d *inquiry) lacksAny(about Ground) bool {
	return slices.ContainsFunc(d.missing, func(g gap) bool { return g.ground == about || g.ground == GroundIdentity })
}

// certain is the inquiry without who may be healthy: for what does not need more voters than are known to be.
func (d *inquiry) certain() *inquiry {
	lacks := slices.DeleteFunc(slices.Clone(d.missing), func(g gap) bool { return g.ground == GroundHealth })
	return &inquiry{now: d.now, missing: lacks}
}
