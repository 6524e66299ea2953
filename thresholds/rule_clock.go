package thresholds

import (
	"fmt"
	"math"
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds/window"
)

// unixTime converts unix seconds, as in metrics, to a time.
func unixTime(seconds float64) time.Time { return time.UnixMilli(int64(1000 * seconds)) }

// clock is the time of the newest metrics by the member's clock, as the times in them are; by ours if the answer had no
// Date.
func (m *memberState) clock() time.Time {
	if at := m.probed.Metrics.Value.Date; !at.IsZero() {
		return at
	}
	return m.probed.Metrics.At
}

// clockOffset is how many seconds a member's clock is ahead of this host's at least (negative: behind): 0 where its
// HTTP Date lies between the request and the answer. A Date d has whole seconds: the member's clock was in [d, d+1 s).
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
	// dateStep is the resolution of an HTTP Date, in seconds.
	dateStep = 1.0
	// clocksForMajority is how many clocks it takes for one wrong clock to be outvoted.
	clocksForMajority = 3
)

// commonOffset is how many seconds most members' clocks are ahead of this host's; not known where they are fewer than
// clocksForMajority, or disagree.
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

// judgeClock compares the member's clock with those of most members, or with this host's where there is no majority.
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

// drift is how many seconds the member's clock is ahead of most members' at least, or with fromObserver of this host's.
// Two Dates may differ by dateStep more than the clocks do.
func (s *subject) drift() (drift float64, fromObserver bool) {
	offset := s.at.Vitals[ClockOffset].Or(0)
	common, known := s.commonOffset()
	if !known || common == 0 {
		return offset, !known
	}
	drift = offset - common
	return math.Copysign(max(0, math.Abs(drift)-dateStep), drift), false
}

func sayClock(s *subject, m measurement) statement {
	drift, fromObserver := s.drift()
	which, brief := "most members'", "most"
	if fromObserver {
		brief = "here"
		which = "this host's (there is no majority of members to say which one is wrong)"
	}
	than := direction(drift) + " " + which
	return s.has("its clock is at least " + Seconds.Format(m.value.Or(0)) + " " + than).
		briefly(fmt.Sprintf("clock %s %s %s", Seconds.Format(m.value.Or(0)), direction(drift), brief)).
		saying("It is " + than)
}

func direction(offset float64) string {
	if offset < 0 {
		return "behind"
	}
	return "ahead of"
}

// judgeObserverClock judges the clock of the host that etcdoc runs on: it is wrong if most members agree on another
// time.
func judgeObserverClock(s *subject, _ time.Duration) measurement {
	withOffset := 0
	for i := range s.members {
		if s.members[i].Vitals[ClockOffset].IsKnown() {
			withOffset++
		}
	}
	if common, known := s.commonOffset(); known {
		return measurement{value: probe.Known(math.Abs(common))}
	}
	if withOffset >= clocksForMajority {
		if m, missing := s.missingAnswer(); missing {
			return m
		}
	}
	return measurement{
		notMeasurable: "it takes the clocks of three members that agree to tell whether this host's is right",
	}
}

func sayObserverClock(s *subject, m measurement) statement {
	common, _ := s.commonOffset()
	return plain(fmt.Sprintf("this host's clock is at least %s %s most members'",
		Seconds.Format(m.value.Or(0)), direction(-common))).
		brieflyOfAll(fmt.Sprintf("this host's clock is %s %s most members'", Seconds.Format(m.value.Or(0)),
			direction(-common))).saying("")
}
