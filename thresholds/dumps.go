package thresholds

import (
	"fmt"
	"slices"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// notDumped is why a dump of metrics leaves a rule open.
const notDumped = "a dump of metrics has no Status"

// inDump reports that the member is known only from a dump of its metrics.
func inDump(m *probe.Member) bool {
	return m.Status.Err != nil && m.Status.Err.Kind == probe.ErrNotInDump
}

// tripsSinceStart reports that round trips are judged by all that were observed since the process began. Of a dump
// nothing else is known; a live member shows by reads how its links are now.
func (m *memberState) tripsSinceStart() bool { return m.settings.sinceStart && inDump(m.probed) }

// takeDump sets from the metrics what Status would say.
func (m *memberState) takeDump(now time.Time) {
	m.NeverSeen = m.MetricsNeverSeen
	if m.NeverSeen {
		return
	}
	metrics := m.probed.Metrics.Value
	m.Age, m.Version, m.Dumped = m.MetricsAge, metrics.ServerVersion, true
	switch {
	case metrics.IsLearner.Or(0) > 0:
		m.Role = RoleLearner
	case m.MetricsStale:
	case metrics.IsLeader.Or(0) > 0:
		m.Role = RoleLeader
	case metrics.HasLeader.Or(0) > 0:
		m.Role = RoleFollower
	}
	if m.MetricsStale {
		return
	}
	m.track.led = m.Role == RoleLeader
	switch {
	case !m.track.led:
		m.track.dumpedLead = time.Time{}
	case m.track.dumpedLead.IsZero():
		m.track.dumpedLead = now
	}
}

// adviseOnDumps sets the advice about missing dumps, which nothing can serve later.
func adviseOnDumps(findings []Finding) {
	for i := range findings {
		if findings[i].Rule == MetricsUnavailable {
			findings[i].Advice = "Without a dump the disk, the network and the proposals of " + findings[i].Member.Label +
				" can't be judged: find out whether it ran then, or dump its metrics again."
			findings[i].Step = "Find out whether it ran then, or dump its metrics again"
		}
	}
}

// dumpedLeader is the member whose dump claims leadership; zero if several do, as in dumps from before and after an
// election, or if the dumps are of several clusters.
func (f *frame) dumpedLeader(clusters int) MemberRef {
	var leader MemberRef
	if clusters > 1 {
		return leader
	}
	for i := range f.members {
		switch {
		case f.members[i].Role != RoleLeader:
		case leader.IsZero():
			leader = f.members[i].MemberRef
		default:
			return MemberRef{}
		}
	}
	return leader
}

// whyNoMemberList is why the cluster's member list is unknown.
func (c *clusterState) whyNoMemberList() string {
	if c.dumped {
		return "a dump of metrics does not have the cluster's member list"
	}
	return c.noMemberList()
}

// noMemberList says that the cluster's member list is unknown, and why where that is the user's wish.
func (c *clusterState) noMemberList() string {
	if c.givenOnly {
		return "the cluster's member list is not asked for (--cluster=false)"
	}
	return "the cluster's member list is not known"
}

// followsInDump reports that a member's dump says that it has a leader, possibly itself.
func followsInDump(m *memberState) bool {
	return inDump(m.probed) && (m.Role == RoleLeader || m.Role == RoleFollower)
}

// requireVital returns ok if the source of the vital, Status or the metrics, is there; else why it can't be judged.
func (s *subject) requireVital(v Vital) (m measurement, ok bool) {
	if s.at.FromMetrics.Has(v) || !v.inStatus() {
		return s.requireMetrics()
	}
	return s.requireStatus()
}

// judgeDumpedLeader is judgeNoLeader by the metrics.
func judgeDumpedLeader(s *subject) measurement {
	if m, ok := s.requireMetrics(); !ok {
		return m
	}
	hasLeader, known := s.member.Metrics.Value.HasLeader.Get()
	if !known {
		return measurement{unknown: "its metrics do not say whether it has a leader"}
	}
	return holds(hasLeader == 0)
}

// leaderlessDump reports that a member's dump says that it has no leader.
func leaderlessDump(m *probe.Member) bool {
	return m.Metrics.Fresh() && m.Metrics.Value.HasLeader == probe.Known(0)
}

const dumpsLeaveOpen = " Dumps do not show whether there is a quorum, or what may be lost."

// dumped is the reading of dumps without a finding at warning or above and with something that can't be judged, as in
// all dumps. d is the diagnosis of the notices, or nil.
func (r *diagnoser) dumped(d *diagnosis) Reading {
	if d != nil && d.cause == CauseMembership { // what the dumps are of comes before all that they leave open
		reading := r.readingOf(d)
		r.end.rest += dumpsLeaveOpen
		return reading
	}
	for i := range r.findings {
		f := &r.findings[i]
		if f.Level == Unknown && f.InhibitedBy == "" && !f.Resolving() && !f.Member.IsZero() {
			// more than every dump lacks
			return r.undetermined(f)
		}
	}
	reading := r.tellDumped()
	reading.Further = reading.Text
	if d != nil {
		reading = r.readingOf(d)
	}
	r.end.rest += dumpsLeaveOpen
	reading.Further += dumpsLeaveOpen
	return reading
}

// tellDumped is the reading of dumps without a diagnosis. It remarks on news, as for a live cluster.
func (r *diagnoser) tellDumped() Reading {
	reading := Reading{
		Cause: CauseUndetermined, Headline: "Dumps of " + Plural(len(r.members), "member") + " show nothing wrong",
		Text: "The dumped metrics of " + Plural(len(r.members), "member") + " show ",
		Step: "Ask the live cluster for its quorum: etcdoc --once",
		Next: "For quorum, and for what may be lost, ask the live cluster: etcdoc --once.",
	}
	remarks, _ := r.remarks()
	for i := range r.findings { // including findings about anything
		f := &r.findings[i]
		if f.Level == Notice && f.InhibitedBy == "" && !f.Resolving() && !slices.Contains(remarks, f) {
			remarks = append(remarks, f)
		}
	}
	slices.SortStableFunc(remarks, func(f, g *Finding) int { return permanentLast(f) - permanentLast(g) })
	news := 0
	for _, f := range remarks {
		news += 1 - permanentLast(f)
		reading.Evidence = append(reading.Evidence, f.evidence())
	}
	if news == 0 {
		reading.Text += "nothing wrong."
		return reading
	}
	remark, next, said := r.remarkWords(remarks[:news])
	reading.Headline = fitting(HeadlineWidth, "No alarm in the dumps; "+remarks[0].Headline, remarks[0].Headline)
	reading.Step = remarks[0].Step
	reading.Text += "nothing to warn of. Remark: " + remark + "."
	for i := range said {
		reading.Evidence[i].InText = true
	}
	if next != "" {
		reading.Next = next
	}
	return reading
}

// permanentLast orders remarks: permanent ones come last.
func permanentLast(f *Finding) int {
	if isPermanent(f) {
		return 1
	}
	return 0
}

// dumpedMargin is how much of the moment the dumps show.
func (r *diagnoser) dumpedMargin() string {
	dumped := r.countWhere(func(m *memberState) bool { return !m.MetricsStale })
	return fmt.Sprintf("%d of %s had a dump at this moment, and no dump has the cluster's member list", dumped,
		Plural(len(r.members), "member"))
}

// dumpedOnly is what was read instead of a live cluster, and what that leaves out.
func (r *diagnoser) dumpedOnly() []string {
	d := r.sweep.Dumps
	of := d.Last.UTC().Format(time.RFC3339)
	if first := d.First.UTC().Format(time.RFC3339); first != of {
		of = fmt.Sprintf("%s, %s to %s", Plural(d.Sweeps, "moment"), first, of)
	}
	missing := []string{
		fmt.Sprintf("the cluster itself: this is what %s of metrics showed (%s)", Plural(d.Files, "dump"), of),
		"what dumps do not have: Status (raft term and index, alarms before 3.6), reads and the member list; so " +
			"quorum and what may be lost are not known",
	}
	missing = append(missing, r.undumped()...)
	const most = 8
	for _, out := range d.Skipped[:min(len(d.Skipped), most)] {
		missing = append(missing, fmt.Sprintf("%s: %s (left out)", out.Path, out.Reason))
	}
	if more := len(d.Skipped) - most + d.MoreSkipped; more > 0 {
		missing = append(missing, Plural(more, "more file")+" or folders that are left out")
	}
	if len(r.cluster.Alarms) > 0 { // see clusterAlarms
		missing = append(missing, "whether the alarm is still raised: the gauge in the metrics can outlive it; "+
			"etcdctl alarm list shows it")
	}
	return missing
}
