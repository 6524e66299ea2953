package cli

import (
	"fmt"
	"time"

	"github.com/spf13/pflag"

	"github.com/etcdoc/etcdoc/thresholds"
)

// waitFlags say for how long to look again until the answer is good, and for how long it must have been.
type waitFlags struct{ wait, stable time.Duration }

func (w *waitFlags) register(flags *pflag.FlagSet, what, good string) {
	flags.DurationVar(&w.wait, "wait", 0,
		"repeat "+what+" until "+good+", at most this long; the first one is always finished")
	flags.DurationVar(&w.stable, "stable", 0,
		"with --wait: only once it would have exited 0 for this long without a break, as between two steps of a "+
			"rolling change")
}

func (w *waitFlags) check() error {
	switch {
	case w.wait < 0:
		return valueErrorf("wait", "%v: want 0 or more, such as 5m", w.wait)
	case w.stable < 0:
		return valueErrorf("stable", "%v: want 0 or more, such as 30s", w.stable)
	case w.stable > 0 && w.wait < w.stable:
		return valueErrorf("stable", "%v: goes with a --wait that is longer", w.stable)
	}
	return nil
}

// A streak measures for how long an answer has been good without a break.
type streak struct {
	// stable is the duration of --stable. The answer has been good since goodSince; it was last noted at noted.
	stable           time.Duration
	goodSince, noted time.Time
}

// maxStableGap is the longest time between two sweeps that is no break: more may have happened meanwhile.
const maxStableGap = 5 * shortWindow

// note records whether the answer is good at a moment.
func (s *streak) note(good bool, at time.Time) {
	if !good {
		s.goodSince = time.Time{}
	} else if s.goodSince.IsZero() || at.Sub(s.noted) > maxStableGap {
		s.goodSince = at
	}
	s.noted = at
}

// isLongEnough reports whether the answer has been good for long enough at a moment.
func (s *streak) isLongEnough(at time.Time) bool { return s.length(at) >= s.stable }

func (s *streak) length(at time.Time) time.Duration {
	if s.goodSince.IsZero() {
		return 0
	}
	return at.Sub(s.goodSince)
}

// words say for how long the answer has been good, of what --stable asks for.
func (s *streak) words(at time.Time) string {
	if s.isLongEnough(at) {
		return fmt.Sprintf("for %s, as --stable %s asks", thresholds.FormatDuration(s.length(at)),
			thresholds.ShortDuration(s.stable))
	}
	return fmt.Sprintf("for %s of the %s of --stable", thresholds.FormatDuration(s.length(at)),
		thresholds.ShortDuration(s.stable))
}
