package window

import (
	"sort"
	"time"
)

// Sample is what a [Series] keeps.
type Sample interface {
	// When returns the sample's time, counted from the origin of its series.
	When() time.Duration
}

// Series is a queue of samples in time order that forgets its oldest ones. Their times count from its origin: that is
// smaller than a time with its clock reading and place, and faster to compare. The zero Series is empty.
type Series[S Sample] struct {
	origin  time.Time // the time of the first sample ever
	samples []S
	head    int // samples[:head] are forgotten
}

// Since is a time counted from the series' origin. The first time that is asked for is the origin.
func (s *Series[S]) Since(at time.Time) time.Duration {
	if s.origin.IsZero() {
		s.origin = at
	}
	return at.Sub(s.origin)
}

// At is the time of a sample of the series.
func (s *Series[S]) At(sample S) time.Time { return s.origin.Add(sample.When()) }

// Add appends a sample and forgets all older than keep. It drops a sample that is not newer than the last one: the same
// answer seen again adds nothing.
func (s *Series[S]) Add(sample S, keep time.Duration) {
	if n := len(s.samples); n > s.head && sample.When() <= s.samples[n-1].When() {
		return
	}
	s.samples = append(s.samples, sample)
	s.forget(sample.When() - keep)
}

// forget drops the samples before a moment.
func (s *Series[S]) forget(before time.Duration) {
	for s.samples[s.head].When() < before {
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
	if n-s.head < 2 || sample.When()-s.samples[n-2].When() >= keep/time.Duration(most) {
		s.Add(sample, keep)
	} else if sample.When() > s.samples[n-1].When() {
		s.samples[n-1] = sample
		s.forget(sample.When() - keep)
	}
}

// All returns the kept samples, oldest first. They belong to the series: callers must not change them.
func (s *Series[S]) All() []S { return s.samples[s.head:] }

// Range returns the samples in the window (to-window, to], open at its old end like a range selector of Prometheus 3.
// (Up to Prometheus 2, a sample exactly there is in the window.)
func (s *Series[S]) Range(to time.Time, window time.Duration) []S {
	samples, end := s.All(), to.Sub(s.origin)
	hi := len(samples)
	if hi > 0 && samples[hi-1].When() > end { // a window mostly ends at the newest sample
		hi = after(samples, end)
	}
	begin := end - window
	if hi > 0 && samples[0].When() > begin {
		return samples[:hi]
	}
	return samples[min(hi, after(samples, begin)):hi]
}

// after is the index of the first sample after a moment.
func after[S Sample](samples []S, moment time.Duration) int {
	return sort.Search(len(samples), func(i int) bool { return samples[i].When() > moment })
}

// Covered is the part of the window that the samples cover: a member watched for three seconds has a rate over three
// seconds.
func (s *Series[S]) Covered(to time.Time, window time.Duration) time.Duration {
	if len(s.samples) == s.head {
		return window
	}
	return min(window, to.Sub(s.origin)-s.samples[s.head].When()+time.Nanosecond)
}

// Span is the time between the first and the last sample in the window, which a rate or a slope really rests on.
func (s *Series[S]) Span(to time.Time, window time.Duration) time.Duration {
	return spanOf(s.Range(to, window))
}

// EndsAt reports that the newest sample is of a moment: a series missing from the newest exposition is unknown.
func (s *Series[S]) EndsAt(at time.Time) bool {
	n := len(s.samples)
	return n > s.head && s.samples[n-1].When() == at.Sub(s.origin)
}

func spanOf[S Sample](samples []S) time.Duration {
	if len(samples) == 0 {
		return 0
	}
	return samples[len(samples)-1].When() - samples[0].When()
}
