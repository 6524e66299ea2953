package thresholds

import (
	"fmt"
	"math"
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds/window"
)

// clockOffset is by how much a member's clock is ahead of ours, at the least: 0 where its HTTP Date and the time
// between our asking and its answer agree. The Date d is of whole seconds: the member's clock was in [d, d+1 s).
func clockOffset(m *probe.Fact[*probe.Metrics]) probe.Value {
	if !m.Answered() || m.Err != nil || m.Value.Date.IsZero() {
		return probe.Value{}
	}
	date := m.Value.Date
	if ahead := date.Sub(m.At); ahead > 0 {
		return probe.Known(ahead.Seconds())
	}
	if behind := date.Add(time.Second).Sub(m.At.Add(-m.Took)); behind < 0 {
		return probe.Known(behind.Seconds())
	}
	return probe.Known(0)
}

const (
	// dateStep is how coarse an HTTP Date is.
	dateStep = 1.0
	// clocksForMajority is how many clocks it takes for a majority that one wrong one can't make up.
	clocksForMajority = 3
)

// commonOffset is by how much the clocks of most members are ahead of ours; unknown where there are too few, or where
// they do not agree.
func (s *subject) commonOffset() (offset float64, known bool) {
	var offsets []float64
	for i := range s.members {
		if at := &s.members[i]; !at.MetricsTooOld && at.State == StateOK && at.Vitals[ClockOffset].IsKnown() {
			offsets = append(offsets, at.Vitals[ClockOffset].Or(0))
		}
	}
	n := len(offsets)
	if n < clocksForMajority {
		return 0, false
	}
	median, _ := window.Median(offsets)
	agree := 0
	for _, o := range offsets {
		if math.Abs(o-median) <= dateStep {
			agree++
		}
	}
	return median, 2*agree > n
}

// judgeClock compares the member's clock with those of most members, or where there is no majority with ours.
func judgeClock(s *subject, _ time.Duration) measurement {
	if m, ok := s.requireMetrics(); !ok {
		return m
	}
	if !s.at.Vitals[ClockOffset].IsKnown() {
		return measurement{notMeasurable: "its HTTP answers have no Date"}
	}
	drift, _ := s.drift()
	return measurement{value: probe.Known(math.Abs(drift))}
}

// drift is by how much the member's clock is ahead of most members', at the least; ofOurs says that it is compared with
// ours. Two Dates may differ by a step more than the clocks do.
func (s *subject) drift() (drift float64, ofOurs bool) {
	offset := s.at.Vitals[ClockOffset].Or(0)
	common, known := s.commonOffset()
	if !known || common == 0 {
		return offset, !known
	}
	drift = offset - common
	return math.Copysign(max(0, math.Abs(drift)-dateStep), drift), false
}

func sayClock(s *subject, m measurement) statement {
	drift, ofOurs := s.drift()
	which := "most members'"
	if ofOurs {
		which = "this host's (there is no majority of members to say which one is wrong)"
	}
	return s.has(fmt.Sprintf("its clock is at least %s %s %s", Seconds.Format(m.value.Or(0)), direction(drift), which))
}

func direction(offset float64) string {
	if offset < 0 {
		return "behind"
	}
	return "ahead of"
}

// judgeObserverClock is about the clock of the host that etcdoc runs on: it is that one if most members agree on another
// time.
func judgeObserverClock(s *subject, _ time.Duration) measurement {
	told := 0
	for i := range s.members {
		if s.members[i].Vitals[ClockOffset].IsKnown() {
			told++
		}
	}
	if common, known := s.commonOffset(); known {
		return measurement{value: probe.Known(math.Abs(common))}
	}
	if told >= clocksForMajority {
		if m, is := s.missingAnswer(); is {
			return m
		}
	}
	return measurement{notMeasurable: "it takes the clocks of three members that agree to tell whether this host's is right"}
}

func sayObserverClock(s *subject, m measurement) statement {
	common, _ := s.commonOffset()
	return plain(fmt.Sprintf("this host's clock is at least %s %s most members'", Seconds.Format(m.value.Or(0)), direction(-common)))
}
