package thresholds

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// alarmsKept is for how long a list of alarms counts: it is asked for every 10 s.
const alarmsMaxAge = 30 * time.Second

// alarmsListed reports that there is a list of the cluster's alarms that is new enough.
func (f *frame) alarmsListed() bool {
	return f.sweep.Alarms.Answered() && f.sweep.Alarms.Err == nil && f.now.Sub(f.sweep.Alarms.At) <= alarmsMaxAge
}

// alarmsTold reports that it is known which alarms are raised in a cluster.
func (f *frame) alarmsKnown() bool {
	if f.alarmsListed() {
		return true
	}
	for i := range f.members {
		if m := f.members[i].probed; reportsAlarms(m) && f.sweep.InCluster(m) && !f.members[i].Stale {
			return true
		}
	}
	return false
}

// namesAlarms reports that the member's Status would name the cluster's alarms: it does from 3.4 on.
func reportsAlarms(m *probe.Member) bool {
	return m.Status.Answered() && m.Status.Value.RaftAppliedIndex > 0
}

// clusterAlarms unites what the members' Status says, or else takes the list of alarms, which may be some seconds old:
// each alarm once. The metrics count only where there is neither. etcd adds one to etcd_debugging_server_alarms for every
// put that raises an alarm anew, and takes off one when it is disarmed (3.6, 3.7): it stays up when the alarm is long gone.
func (f *frame) clusterAlarms() []ClusterAlarm {
	var raised, counted []probe.Alarm
	named := false
	for i := range f.members {
		m := f.members[i].probed
		if m.Status.Answered() && !f.sweep.InCluster(m) {
			continue // its alarms are those of another cluster
		}
		if reportsAlarms(m) && !f.members[i].Stale && f.members[i].State == StateOK {
			raised, named = append(raised, m.Status.Value.Alarms...), true
		}
		if !f.members[i].MetricsTooOld {
			counted = append(counted, m.Metrics.Value.Alarms...)
		}
	}
	switch {
	case named:
	case f.alarmsListed():
		raised = slices.Clone(f.sweep.Alarms.Value)
	default:
		raised = counted
	}
	slices.SortFunc(raised, func(a, b probe.Alarm) int {
		return cmp.Or(cmp.Compare(a.Type, b.Type), cmp.Compare(a.Member, b.Member))
	})
	var alarms []ClusterAlarm
	for _, alarm := range slices.Compact(raised) {
		alarms = append(alarms, ClusterAlarm{Type: alarm.Type, Member: f.refOf(alarm.Member)})
	}
	return alarms
}

// judgeAlarm is about an alarm of the cluster: any member may have raised it.
func judgeAlarm(kind string) func(*subject, time.Duration) measurement {
	return func(s *subject, _ time.Duration) measurement {
		for _, alarm := range s.cluster.Alarms {
			if alarm.Type == kind {
				return holds(true)
			}
		}
		if s.alarmsKnown() {
			return holds(false)
		}
		return measurement{unknown: "no member says which alarms are raised"}
	}
}

func sayAlarm(kind string) func(*subject, measurement) statement {
	return func(s *subject, _ measurement) statement {
		var by []string
		for _, alarm := range s.cluster.Alarms {
			if alarm.Type == kind {
				by = append(by, alarm.Member.Label)
			}
		}
		return plain(kind + " raised by " + strings.Join(by, ", "))
	}
}
