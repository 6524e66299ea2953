package window

import (
	"sort"
	"time"
)

// Sample is what a [Series] keeps.
type Sample interface {
	// When returns the sample's time.
	When() time.Time
}

// Series is a queue of samples in time order that forgets its oldest ones. The zero Series is empty.
type Series[S Sample] struct {
	samples []S
	head    int // samples[:head] are forgotten
}

// Add appends a sample and forgets all older than keep. It drops a sample that is not newer than the last one: the same
// answer seen again adds nothing.
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

// SpacedSamples is about how many samples a spaced series keeps, however often one is added, and never twice as many.
// It is enough for every sweep of 15 minutes at one per second.
const SpacedSamples = 1000

// AddSpaced is Add for long retention: samples are about keep/most apart, or as far apart as they arrive. The newest is
// always kept: it replaces the previous one unless that is needed for the spacing.
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

// All returns the kept samples, oldest first. They belong to the series: callers must not change them.
func (s *Series[S]) All() []S { return s.samples[s.head:] }

// Range returns the samples in the window (to-window, to], open at its old end like a range selector of Prometheus 3.
// (Up to Prometheus 2, a sample exactly there is in the window.)
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

// Covered is the part of the window that the samples cover: a member watched for three seconds has a rate over three
// seconds.
func (s *Series[S]) Covered(to time.Time, window time.Duration) time.Duration {
	if len(s.samples) == s.head {
		return window
	}
	return min(window, to.Sub(s.samples[s.head].When())+time.Nanosecond)
}

// Span is the time between the first and the last sample in the window, which a rate or a slope really rests on.
func (s *Series[S]) Span(to time.Time, window time.Duration) time.Duration {
	return spanOf(s.Range(to, window))
}

// EndsAt reports that the newest sample is of a moment: a series missing from the newest exposition is unknown.
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
