package window

import (
	"sort"
	"time"
)

// Sample is what a [Series] keeps.
type Sample interface {
	// When is the moment that the sample is of.
	When() time.Time
}

// Series is a queue of samples in time order that forgets its oldest ones. The zero Series is empty.
type Series[S Sample] struct {
	samples []S
	head    int // samples[:head] are forgotten
}

// Add appends a sample and forgets all that are older than keep. A sample that is not newer than the last is
// dropped: the same answer seen again says nothing new.
func (s *Series[S]) Add(sample S, keep time.Duration) {
	if n := len(s.samples); n > s.head && !sample.When().After(s.samples[n-1].When()) {
		return
	}
	s.samples = append(s.samples, sample)
	s.forget(sample.When().Add(-keep))
}

// forget drops the samples before a moment.
func (s *Series[S]) forget(before time.Time) {
	for s.samples[s.head].When().Before(before) {
		var forgotten S
		s.samples[s.head] = forgotten
		s.head++
	}
	if s.head > 64 && s.head > len(s.samples)/8 {
		n := copy(s.samples, s.samples[s.head:])
		clear(s.samples[n:])
		s.samples, s.head = s.samples[:n], 0
	}
}

// SpacedSamples is about how many samples a spaced series keeps, however often one is added; never twice as many. It is
// high enough for sweeps a second apart to be kept one and all for 15 minutes.
const SpacedSamples = 1000

// AddSpaced is Add for what is kept for long: the samples are about a most-th of keep apart, or as far as they come.
// The newest is always there: it replaces the one before it where that is not needed to keep the distance.
func (s *Series[S]) AddSpaced(sample S, keep time.Duration, most int) {
	n := len(s.samples)
	if n-s.head < 2 || sample.When().Sub(s.samples[n-2].When()) >= keep/time.Duration(most) {
		s.Add(sample, keep)
	} else if sample.When().After(s.samples[n-1].When()) {
		s.samples[n-1] = sample
		s.forget(sample.When().Add(-keep))
	}
}

// Rewind forgets the samples from a moment on.
func (s *Series[S]) Rewind(to time.Time) {
	n := len(s.samples)
	for n > s.head && !s.samples[n-1].When().Before(to) {
		n--
	}
	clear(s.samples[n:])
	s.samples = s.samples[:n]
}

// All are the samples that are kept, the oldest first. They are the series' own: nobody changes them.
func (s *Series[S]) All() []S { return s.samples[s.head:] }

// Range returns the samples in the window (to-window, to]: like a range selector of Prometheus 3 it is open at
// its old end. (Up to Prometheus 2 a sample exactly there is in the window.)
func (s *Series[S]) Range(to time.Time, window time.Duration) []S {
	samples := s.All()
	after := func(moment time.Time) int {
		return sort.Search(len(samples), func(i int) bool { return samples[i].When().After(moment) })
	}
	hi := len(samples)
	if hi > 0 && samples[hi-1].When().After(to) { // a window mostly ends at the newest sample
		hi = after(to)
	}
	from := to.Add(-window)
	if hi > 0 && samples[0].When().After(from) {
		return samples[:hi]
	}
	return samples[min(hi, after(from)):hi]
}

// Covered is the window as far as the samples reach back: a rate of a member that has been watched for three
// seconds is one over three seconds.
func (s *Series[S]) Covered(to time.Time, window time.Duration) time.Duration {
	if len(s.samples) == s.head {
		return window
	}
	return min(window, to.Sub(s.samples[s.head].When())+time.Nanosecond)
}

// Span is how far apart the first and the last sample in the window are: what a rate or a slope over it really stands
// on.
func (s *Series[S]) Span(to time.Time, window time.Duration) time.Duration {
	return spanOf(s.Range(to, window))
}

// EndsAt reports that the newest sample is of a moment: what an exposition has no longer is not known.
func (s *Series[S]) EndsAt(at time.Time) bool {
	n := len(s.samples)
	return n > s.head && s.samples[n-1].When().Equal(at)
}

func spanOf[S Sample](samples []S) time.Duration {
	if len(samples) == 0 {
		return 0
	}
	return samples[len(samples)-1].When().Sub(samples[0].When())
}
