package thresholds

import (
	"cmp"
	"fmt"
	"strconv"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// defaultQuota is etcd's quota where none is set, in bytes: DefaultQuotaBytes in server/storage/quota.go, the same in
// every version from 3.3 on.
const defaultQuota = 2 << 30

// flagQuota is a member's quota by its flags, as files on etcdoc's own host set them; negative where the quota is
// switched off, and absent where the flags are not known, or etcd would refuse the value.
func flagQuota(m *probe.Member) probe.Value {
	if m.Flags == nil {
		return probe.Value{}
	}
	written, set := m.Flags.All["quota-backend-bytes"]
	switch quota := m.Flags.QuotaBackendBytes; {
	case quota != 0:
		return probe.Known(float64(quota))
	case !set, written == "0":
		return probe.Known(defaultQuota)
	default:
		return probe.Value{}
	}
}

// compactsItself reports whether a member's flags make it compact: etcd compacts nothing by itself where the retention
// is not set, or nought (embed.Config's AutoCompactionRetention: a duration, or a number of hours or revisions).
func compactsItself(f *probe.ServerFlags) bool {
	if n, err := strconv.Atoi(f.AutoCompactionRetention); err == nil {
		return n > 0
	}
	d, err := time.ParseDuration(f.AutoCompactionRetention)
	return err == nil && d > 0
}

// autoCompaction is the flags by which a member compacts.
func autoCompaction(f *probe.ServerFlags) string {
	return fmt.Sprintf("--auto-compaction-mode=%s --auto-compaction-retention=%s",
		cmp.Or(f.AutoCompactionMode, "periodic"), f.AutoCompactionRetention)
}

// The limits of etcd's tuning guide: the election timeout is at least minElectionTrips round trips, and one takes at
// most maxHeartbeatsInTrip heartbeat intervals.
const minElectionTrips, maxHeartbeatsInTrip = 10, 2

// judgeTimeouts judges the timeouts that a member's flags set by its longest link. Those not seen are not judged.
func judgeTimeouts(s *subject, _ time.Duration) measurement {
	if s.member.Flags == nil || s.member.Flags.ElectionTimeout == 0 && s.member.Flags.HeartbeatInterval == 0 {
		return notApplicable
	}
	if m, ok := s.noLinks(); !ok {
		return m
	}
	longest, took := s.farthestPeer()
	if longest == nil {
		return measurement{
			notMeasurable: fmt.Sprintf("fewer than %d round trips have been observed with each peer that answers",
				designTrips),
			why: WhyTooFew,
		}
	}
	election, heartbeat := shortTimeouts(s.member.Flags, took)
	return holds(election || heartbeat)
}

// shortTimeouts reports which of the set timeouts are too short for round trips that take trip.
func shortTimeouts(f *probe.ServerFlags, trip time.Duration) (election, heartbeat bool) {
	return f.ElectionTimeout > 0 && f.ElectionTimeout < minElectionTrips*trip,
		f.HeartbeatInterval > 0 && f.HeartbeatInterval < trip/maxHeartbeatsInTrip
}

// farthestPeer returns the longest of the subject's links, and how long its round trips take on average, to the
// microsecond: since the process started, or lately if that is less. It is nil where no link has designTrips
// observations.
func (s *subject) farthestPeer() (longest *peerLink, took time.Duration) {
	links := s.links()
	for i := range links {
		l := &links[i]
		if !s.hasRoundTrips(l) {
			continue
		}
		d, known := l.track.rtt.SinceStart()
		mean, summed := d.Mean()
		if !known || !summed || d.Observations < designTrips {
			continue
		}
		newest := newestRoundTrips(l.track, s.member.Metrics.At, s.settings.step(s.track), s.at.tripsSinceStart())
		each := time.Duration(min(mean, newest.Or(mean)) * float64(time.Second)).Round(time.Microsecond)
		if longest == nil || each > took {
			longest, took = l, each
		}
	}
	return longest, took
}

func sayTimeouts(s *subject, _ measurement) statement {
	longest, took := s.farthestPeer()
	if longest == nil || s.member.Flags == nil {
		return s.has("its timeouts are short for its round trips").briefly("timeouts short")
	}
	election, _ := shortTimeouts(s.member.Flags, took)
	what, is, least := "heartbeat interval", s.member.Flags.HeartbeatInterval, "half a round trip"
	if election {
		what, is, least = "election timeout", s.member.Flags.ElectionTimeout, "10 round trips"
	}
	value := Seconds.Format(is.Seconds())
	return s.has(fmt.Sprintf("its %s of %s (%s) is less than %s with %s (%s on average)", what, value,
		s.member.Flags.Source, least, longest.to.Label, Seconds.Format(took.Seconds()))).
		briefly(what+" "+value+" short for RTT", what+" "+value+" short", what+" short")
}
