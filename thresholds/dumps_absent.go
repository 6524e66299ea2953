package thresholds

import (
	"fmt"
	"slices"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// An absentee is a member without a dump, known only from the others' metrics.
type absentee struct {
	id probe.MemberID
	// with and without are the members that have a connection to it, and those that have none.
	with, without []string
	// by is the member that fails to send it most, at that rate; known reports that there were two samples.
	by    string
	rate  float64
	over  time.Duration
	known bool
}

// absentees are the members without a dump, those with the most send failures first.
func (f *frame) absentees(window time.Duration) (all []absentee) {
	dumped := make(map[probe.MemberID]bool, len(f.members))
	for i := range f.members {
		dumped[f.members[i].probed.ID] = true
	}
	if f.sweep.Dumps == nil || dumped[0] { // a dump without an id may be any of them
		return nil
	}
	for i := range f.members {
		m := f.members[i].probed
		if !m.Metrics.Fresh() || f.members[i].Role == RoleLearner {
			continue
		}
		for id, peer := range m.Metrics.Value.Peers {
			if dumped[id] {
				continue
			}
			at := slices.IndexFunc(all, func(a absentee) bool { return a.id == id })
			if at < 0 {
				at = len(all)
				all = append(all, absentee{id: id})
			}
			a := &all[at]
			if peer.Active.Or(0) > 0 {
				a.with = append(a.with, f.members[i].Label)
			} else {
				a.without = append(a.without, f.members[i].Label)
			}
			rate, over, known := f.members[i].failedSends(id, window)
			if a.known = a.known || known; rate > a.rate {
				a.by, a.rate, a.over = f.members[i].Label, rate, over
			}
		}
	}
	slices.SortFunc(all, func(a, b absentee) int {
		switch {
		case a.rate != b.rate && a.rate > b.rate:
			return -1
		case a.rate != b.rate:
			return 1
		case a.id < b.id:
			return -1
		}
		return 1
	})
	return all
}

// failedSends is how many messages per second a member could not send to another one in the window, over what time; 0
// if it no longer fails to.
func (m *memberState) failedSends(
	to probe.MemberID, window time.Duration,
) (rate float64, over time.Duration, known bool) {
	peer, at := m.track.peers[to], m.probed.Metrics.At
	if peer == nil {
		return 0, 0, false
	}
	step := m.settings.step(m.track)
	window = max(window, step+step/4)
	grown, known := peer.sendFailures.Growth(at, window)
	if recent, ok := peer.sendFailures.Growth(at, step+step/2); ok && recent == 0 {
		grown = 0
	}
	if grown <= 0 {
		return 0, 0, known
	}
	over = peer.sendFailures.Span(at, window)
	return grown / over.Seconds(), over, true
}

// judgeAbsent is about members without a dump that the others can't reach. A removed member is sent no messages.
func judgeAbsent(s *subject, window time.Duration) measurement {
	all := s.absentees(window)
	if len(all) == 0 {
		return notApplicable
	}
	m := measurement{value: probe.Known(0), window: window}
	known := false
	for i := range all {
		known = known || all[i].known
		if len(all[i].with) == 0 {
			m.value = m.value.Max(probe.Known(all[i].rate))
		}
	}
	if !known {
		return needsTwoSweeps(MissingRate, true)
	}
	return m
}

func sayAbsent(s *subject, m measurement) statement {
	var unreachable []absentee
	for _, a := range s.absentees(m.window) {
		if len(a.with) == 0 && a.rate > 0 {
			unreachable = append(unreachable, a)
		}
	}
	if len(unreachable) == 0 {
		return plain("a member without a dump is down or cut off")
	}
	worst := &unreachable[0]
	return plain(fmt.Sprintf("a member without a dump, %s, is down or cut off: %s fails to send it %s messages%s, "+
		"and %s no connection with it%s",
		worst.id, worst.by, PerSecond.Format(worst.rate), overLast(worst.over), haveWords(worst.without),
		andMore(len(unreachable)-1, "member"))).brieflyOfAll("a member without a dump is down or cut off")
}

// absent diagnoses a member without a dump.
func (r *diagnoser) absent() *diagnosis {
	d := newDiagnosis(CauseMemberDown, r.found("", MemberUndumped))
	if d == nil {
		return nil
	}
	d.quorum = true
	return d
}

// undumped names the cluster's members without a dump.
func (r *diagnoser) undumped() (missing []string) {
	led := slices.ContainsFunc(r.members, func(m memberState) bool { return m.Role == RoleLeader })
	for _, a := range r.absentees(r.settings.window) {
		switch {
		case len(a.with) > 0:
			missing = append(missing, fmt.Sprintf("%s, a member that %s a connection with: there is no dump of it",
				a.id, haveWords(a.with)))
		case a.rate > 0 || a.known && led: // that is a finding; or it was removed: its leader sends it nothing
		default:
			missing = append(missing, fmt.Sprintf("%s, a member that %s no connection with: there is no dump of it, "+
				"and it is down, cut off, or was removed",
				a.id, haveWords(a.without)))
		}
	}
	const most = 8
	if more := len(missing) - most; more > 0 {
		missing = append(missing[:most], fmt.Sprintf("%d more members without a dump", more))
	}
	return missing
}
