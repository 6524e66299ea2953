package thresholds

import (
	"cmp"
	"slices"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// alarmsMaxAge is how old a list of alarms may be: the prober asks for it every 10 s.
const alarmsMaxAge = 30 * time.Second

// alarmsListed reports whether the sweep has a list of the cluster's alarms that is no older than alarmsMaxAge.
func (f *frame) alarmsListed() bool {
	return f.sweep.Alarms.Answered() && f.sweep.Alarms.Err == nil && f.now.Sub(f.sweep.Alarms.At) <= alarmsMaxAge
}

// alarmsKnown reports whether the list of alarms or a member's Status shows which alarms are raised.
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

// reportsAlarms reports whether the member's Status lists the cluster's alarms, as etcd does from 3.4 on.
func reportsAlarms(m *probe.Member) bool {
	return m.Status.Answered() && m.Status.Value.RaftAppliedIndex > 0
}

// clusterAlarms returns each alarm of the cluster once, in the members' order: those in the members' Status, or else
// those of the alarm list, which may be some seconds old. The metrics are the last resort: etcd (3.6, 3.7) adds one to
// etcd_debugging_server_alarms for every put that raises an alarm again, but takes off only one when the alarm is
// disarmed, so the gauge outlives the alarm.
func (f *frame) clusterAlarms() []ClusterAlarm {
	var raised, inMetrics []probe.Alarm
	reported := false
	for i := range f.members {
		m := f.members[i].probed
		if m.Status.Answered() && !f.sweep.InCluster(m) {
			continue // it reports another cluster's alarms
		}
		if reportsAlarms(m) && !f.members[i].Stale && f.members[i].State == StateOK {
			raised, reported = append(raised, m.Status.Value.Alarms...), true
		}
		if !f.members[i].MetricsTooOld {
			inMetrics = append(inMetrics, m.Metrics.Value.Alarms...)
		}
	}
	switch {
	case reported:
	case f.alarmsListed():
		raised = slices.Clone(f.sweep.Alarms.Value)
	default:
		raised = inMetrics
	}
	place := func(id probe.MemberID) int { // of members that are no longer known the last
		if i := slices.IndexFunc(f.members, func(m memberState) bool { return m.ID == id }); i >= 0 {
			return i
		}
		return len(f.members)
	}
	slices.SortFunc(raised, func(a, b probe.Alarm) int {
		return cmp.Or(cmp.Compare(a.Type, b.Type), cmp.Compare(place(a.Member), place(b.Member)),
			cmp.Compare(a.Member, b.Member))
	})
	var alarms []ClusterAlarm
	for _, alarm := range slices.Compact(raised) {
		alarms = append(alarms, ClusterAlarm{Type: alarm.Type, Member: f.refOf(alarm.Member)})
	}
	return alarms
}

// ruleOfAlarm returns the rule about an alarm of a type; empty if there is none.
func ruleOfAlarm(kind string) RuleID {
	switch kind {
	case "CORRUPT":
		return AlarmCorrupt
	case "NOSPACE":
		return AlarmNoSpace
	}
	return ""
}

// judgeAlarm judges whether any member has raised the alarm.
func judgeAlarm(kind string) func(*subject, time.Duration) measurement {
	return func(s *subject, _ time.Duration) measurement {
		if len(s.cluster.raisers(kind)) > 0 {
			return holds(true)
		}
		if s.alarmsKnown() {
			return holds(false)
		}
		return measurement{unknown: "no member says which alarms are raised"}
	}
}

// raisers are the members that have raised an alarm of a kind.
func (c *Cluster) raisers(kind string) (by []MemberRef) {
	for _, alarm := range c.Alarms {
		if alarm.Type == kind {
			by = append(by, alarm.Member)
		}
	}
	return by
}

func sayAlarm(kind string) func(*subject, measurement) statement {
	return func(s *subject, _ measurement) statement {
		by := s.cluster.raisers(kind)
		raised := func(who string) string { return kind + " raised by " + who }
		return plain(raised(join(labelsOf(by)))).brieflyOfAll(shortsOf(by).naming(whatOfAllWidth, raised))
	}
}
