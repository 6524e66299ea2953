package tui

import (
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

// stillGoingOn is the duration of an event that has not ended.
const stillGoingOn = time.Hour

// happened is an event of the member at a place, or at -1 of the cluster, that many seconds before the end.
func happened(
	ago, place int, kind thresholds.EventKind, level thresholds.Level, rule thresholds.RuleID, what string,
	lasted time.Duration,
) thresholds.Event {
	at := epoch.Add(-time.Duration(ago) * time.Second)
	e := thresholds.Event{At: at, KnownAt: at, Kind: kind, Level: level, Severity: level, Rule: rule, Text: what,
		What: what, Lasted: lasted}
	number := fnv.New32()
	fmt.Fprint(number, rule, place)
	if rule == "" {
		fmt.Fprint(number, ago, kind, what)
	}
	e.ID = int(number.Sum32())
	e.HeadlineWhat, e.BriefWhat = inShort(what)
	if kind == thresholds.EventUp {
		e.Over = "back"
	}
	if place >= 0 {
		e.Member, e.Named = scriptRef(place), true
		e.Text = e.Member.Label + " " + what
		if kind == thresholds.EventFiring {
			e.Text = e.Member.Label + ": " + what
		}
	}
	e.Headline, e.Brief = e.HeadlineWhat, e.BriefWhat
	if place >= 0 {
		e.Headline, e.Brief = e.Member.Label+" "+e.HeadlineWhat, e.Member.Label+" "+e.BriefWhat
	}
	return e
}

// inShort are the headline of what happened, and that in the fewest words, as thresholds has them.
func inShort(what string) (headline, brief string) {
	switch {
	case strings.HasPrefix(what, "quorum is lost"):
		return "quorum is lost: 0/3 healthy, needs 2", "no quorum"
	case strings.HasPrefix(what, "leader "):
		headline, _, _ = strings.Cut(what, ", term")
		brief, _, _ = strings.Cut(what, ", ")
		return headline, brief
	case strings.HasPrefix(what, "is down"):
		headline, _, _ = strings.Cut(what, " (patch")
		return headline, "down"
	}
	return what, what
}

func watching(ago, members int) thresholds.Event {
	return happened(ago, -1, thresholds.EventStarted, thresholds.OK, "", "watching "+thresholds.Plural(members, "member"), 0)
}

func markedBy(mark probe.Mark) thresholds.Event {
	return happened(int(epoch.Sub(mark.At).Seconds()), -1, thresholds.EventMark, thresholds.OK, "", mark.Text, 0)
}

// find adds a finding about the member at a place, or at -1 about the cluster, which has been firing since that many
// seconds before the end.
func find(
	a *thresholds.Assessment, rule thresholds.RuleID, level thresholds.Level, place, since int, what string,
) *thresholds.Finding {
	short, _ := inShort(what)
	f := thresholds.Finding{
		Headline: short, HeadlineWhat: short,
		Rule: rule, Level: level, Severity: level, State: thresholds.AlertFiring, Summary: what, What: what,
		Since: epoch.Add(-time.Duration(since) * time.Second),
	}
	if level == thresholds.Unknown {
		f.Why, f.Missing = thresholds.WhyUnreadable, thresholds.MissingMetrics
	}
	if place >= 0 {
		f.Member = scriptRef(place)
		f.Summary, f.Named = f.Member.Label+": "+what, true
		f.Headline = f.Summary
	}
	a.Findings = append(a.Findings, f)
	return &a.Findings[len(a.Findings)-1]
}

// blame sets the reading, with its evidence.
func blame(a *thresholds.Assessment, cause thresholds.Cause, text, next string, evidence ...string) {
	a.Reading.Cause, a.Reading.Text, a.Reading.Next, a.Reading.Step = cause, text, next, ""
	for _, e := range evidence {
		a.Reading.Evidence = append(a.Reading.Evidence, thresholds.Evidence{Text: e})
	}
}

// sum sets the short forms of what the assessment says.
func sum(a *thresholds.Assessment, margin, headline, step string) {
	a.Cluster.Margin, a.Reading.Headline, a.Reading.Step = margin, headline, step
}

// judgeLoss sets the verdict on losing each of the members except those at the places in except.
func judgeLoss(a *thresholds.Assessment, verdict thresholds.Verdict, headline, reason string, except ...int) {
	for place := range a.Members {
		if !slices.Contains(except, place) {
			a.Members[place].CanLose = thresholds.CanLose{Verdict: verdict, Headline: headline, Reason: reason}
		}
	}
}

// forbid sets why members must not be changed now, and fails the checks for that reason.
func forbid(a *thresholds.Assessment, text string, failed map[thresholds.RollingCheckName]string) {
	a.Rolling.Blocked, a.Rolling.Text, a.Rolling.Next = text, "Do not start: "+text+".", ""
	for i := range a.Rolling.Checks {
		if why, fails := failed[a.Rolling.Checks[i].Name]; fails {
			a.Rolling.Checks[i].Status, a.Rolling.Checks[i].Text = thresholds.CheckFailed, why
		}
	}
}

// scripts are of the clusters of scenarios, by the same names.
func scripts() map[string]*script {
	return map[string]*script{
		"healthy": {voters: 3, sweeps: 300, events: []thresholds.Event{watching(299, 3)}},
		"learner": {voters: 3, learners: 1, sweeps: 120, events: []thresholds.Event{watching(119, 4)},
			tell: func(_ time.Duration, a *thresholds.Assessment) {
				a.Members[3].Condition = thresholds.MemberCondition{Word: thresholds.ConditionJoining,
					Level: thresholds.Notice, Progress: "812 entries behind, about 40 s"}
			}},
		"single": {voters: 1, sweeps: 120, events: []thresholds.Event{watching(119, 1)},
			tell: func(_ time.Duration, a *thresholds.Assessment) {
				sum(a, "1/1 healthy, none to spare", "Healthy: the only voter, etcd-1, answers", "")
				judgeLoss(a, thresholds.LossNo, "it is the only voter", "it is the only voter")
				forbid(a, "losing the only voter stops the cluster", nil)
			}},
		"seven": {voters: 7, sweeps: 120, events: []thresholds.Event{watching(119, 7)}},
		"farm":  {voters: 3, learners: 8, sweeps: 120, events: []thresholds.Event{watching(119, 11)}},

		"one-down":          scriptOneDown(),
		"slow-disk":         scriptSlowDisk(),
		"quorum-lost":       scriptQuorumLost(),
		"upgrade":           scriptUpgrade(),
		"no-leader":         scriptNoLeader(),
		"nothing-reachable": scriptNothingReachable(),
		"late":              scriptLate(),
		"no-metrics":        scriptNoMetrics(),
		"marked":            scriptMarked(),
	}
}

// scriptSlowDisk: the disk of etcd-3 becomes slow.
func scriptSlowDisk() *script {
	const slow = 100
	return &script{
		voters: 3, sweeps: 300,
		vital: func(ago time.Duration, place int, v *thresholds.Vitals) {
			if ago > slow*time.Second || place != 2 {
				return
			}
			for vital, n := range map[thresholds.Vital]float64{
				thresholds.WALFsyncP99: 0.123, thresholds.WALFsyncWorst: 0.128, thresholds.BackendCommitP99: 0.247,
				thresholds.BackendCommitWorst: 0.256,
			} {
				v[vital] = probe.Known(n)
			}
		},
		events: []thresholds.Event{
			watching(299, 3),
			happened(slow-1, 2, thresholds.EventFiring, thresholds.Notice, thresholds.BackendCommitSlow,
				"backend commit p99 is 247 ms", stillGoingOn),
			happened(slow-2, 2, thresholds.EventFiring, thresholds.Notice, thresholds.WALFsyncSlow,
				"WAL fsync p99 is 104 ms", 1*time.Second),
			happened(slow-3, 2, thresholds.EventFiring, thresholds.Warning, thresholds.WALFsyncSlow,
				"WAL fsync p99 is 123 ms", stillGoingOn),
		},
		tell: func(ago time.Duration, a *thresholds.Assessment) {
			if ago > (slow-3)*time.Second {
				return
			}
			f := find(a, thresholds.WALFsyncSlow, thresholds.Warning, 2, slow-3, "WAL fsync p99 is 123 ms")
			f.Value = probe.Known(0.123)
			f.Limit = probe.Known(0.1)
			f.Unit = thresholds.Seconds
			f.CoveredByReading = true
			f.Source = "etcd's hardware guide"
			f.Advice = "Give etcd a dedicated SSD or NVMe, and look for what else writes to this disk: iostat -x 1 on the host."
			f = find(a, thresholds.BackendCommitSlow, thresholds.Notice, 2, slow-1, "backend commit p99 is 247 ms")
			f.Value = probe.Known(0.247)
			f.Limit = probe.Known(0.025)
			f.Unit = thresholds.Seconds
			f.InhibitedBy = thresholds.WALFsyncSlow
			f.Source = "etcd's alerts"
			blame(a, thresholds.CauseSlowDisk,
				"The disk of etcd-3 is slow: WAL fsync p99 is 123 ms; its peers: etcd-1 7.2 ms, etcd-2 7.2 ms.",
				"On the host of etcd-3: iostat -x 1 (w_await, %util), and look for what else writes to that disk.",
				"etcd-3: WAL fsync p99 is 123 ms", "etcd-3: backend commit p99 is 247 ms")
			a.Reading.About = []thresholds.MemberRef{scriptRef(2)}
			sum(a, a.Cluster.Margin, "Slow disk on etcd-3, p99 123 ms",
				"On etcd-3: iostat -x 1; what else writes to that disk?")
			judgeLoss(a, thresholds.LossRisk, "commits would wait for etcd-3",
				"leaves 2 healthy voters, quorum 2; but every commit would then wait for etcd-3, whose fsync p99 is 123 ms",
				2)
			// Who is missed least goes first.
			a.Rolling.Order = []thresholds.MemberRef{scriptRef(2), scriptRef(0), scriptRef(1)}
			a.Rolling.Checks[4].Status = thresholds.CheckFailed
			a.Rolling.Checks[4].Text = "1 finding at warning or worse"
		},
	}
}

// scriptNoMetrics: the given ports serve gRPC only.
func scriptNoMetrics() *script {
	return &script{
		voters: 3, sweeps: 120, events: []thresholds.Event{watching(119, 3)},
		vital: func(_ time.Duration, _ int, v *thresholds.Vitals) {
			status := *v
			*v = thresholds.Vitals{}
			for _, vital := range []thresholds.Vital{
				thresholds.DBSize, thresholds.DBInUse, thresholds.DBQuota, thresholds.DBQuotaUsed, thresholds.RaftTerm,
				thresholds.RaftIndex, thresholds.ApplyLag,
				thresholds.FollowerLag, thresholds.LinearizableRead, thresholds.SerializableRead,
				thresholds.StatusDuration,
			} {
				v[vital] = status[vital]
			}
		},
		tell: func(_ time.Duration, a *thresholds.Assessment) {
			for place := range a.Members {
				m := &a.Members[place]
				m.MetricsStale, m.MetricsNeverSeen, m.Peers = true, true, nil
				m.MetricsErr = refusal(m.Endpoints[0]+"/metrics", "this port serves gRPC only")
				m.Errors = []*probe.Error{m.MetricsErr}
				find(a, thresholds.MetricsUnavailable, thresholds.Notice, place, 119,
					"/metrics: this port serves gRPC only").CoveredByReading = true
				find(a, thresholds.WALFsyncSlow, thresholds.Unknown, place, 119,
					"/metrics can't be read").InhibitedBy = thresholds.MetricsUnavailable
				find(a, thresholds.BackendCommitSlow, thresholds.Unknown, place, 119,
					"/metrics can't be read").InhibitedBy = thresholds.MetricsUnavailable
			}
			blame(a, thresholds.CauseMetrics,
				"Healthy by Status alone: no /metrics can be read, so that disks, links and load are not judged.",
				"Say where the metrics are: --metrics-endpoints (kubeadm, RKE2 and k3s: http://127.0.0.1:2381 on each host).", "http://10.0.3.11:2379/metrics: this port serves gRPC only")
			sum(a, a.Cluster.Margin, "Healthy by Status alone: no metrics can be read",
				"Say where the metrics are: --metrics-endpoints")
			judgeLoss(a, thresholds.LossUnknown, "metrics of the survivors not known", "the metrics of those that would be left can't be read from here")
			a.Rolling.Unknown, a.Rolling.Blocked = true, "metrics can't be read"
		},
	}
}

// scriptMarked: proposals queue up at etcd-3 between two marks; etcd-2 leads until it goes down for 10 s, and etcd-1
// after that.
func scriptMarked() *script {
	before := probe.Mark{At: epoch.Add(-100 * time.Second), Text: "before", Member: "etcd-2", Window: time.Minute}
	between := probe.Mark{At: epoch.Add(-30 * time.Second), Text: "between"}
	down := happened(80, 1, thresholds.EventDown, thresholds.Notice, thresholds.MemberUnreachable,
		"is down (connection refused)", 10*time.Second)
	down.Expected, down.Announced = before.Text, before.At
	away := func(ago time.Duration) bool { return ago <= 80*time.Second && ago > 70*time.Second }
	return &script{
		voters: 3, sweeps: 300, marks: []probe.Mark{before, between},
		leader: func(ago time.Duration) (int, uint64) {
			if ago <= 80*time.Second {
				return 0, 43
			}
			return 1, 42
		},
		away: func(ago time.Duration, place int) bool { return place == 1 && away(ago) },
		vital: func(ago time.Duration, place int, v *thresholds.Vitals) {
			pending := 7.0
			switch {
			case place != 2:
				return
			case ago >= 100*time.Second:
				pending = 1
			case ago < 30*time.Second:
				pending = 3
			case ago == 60*time.Second:
				pending = 40
			}
			v[thresholds.ProposalsPending] = probe.Known(pending)
		},
		events: []thresholds.Event{
			watching(299, 3), markedBy(before), down,
			happened(80, -1, thresholds.EventLeader, thresholds.Notice, "",
				"leader etcd-2 → etcd-1, leaderless < 2 s, term 42 → 43", 0),
			happened(70, 1, thresholds.EventUp, thresholds.OK, thresholds.MemberUnreachable,
				"is back after 10 s", 10*time.Second),
			markedBy(between),
		},
		tell: func(ago time.Duration, a *thresholds.Assessment) {
			if ago <= 80*time.Second {
				a.Cluster.LeaderSince, a.Cluster.LeaderSeenToCome = epoch.Add(-80*time.Second), true
			}
			if !away(ago) {
				return
			}
			a.Cluster.HealthyVoters = 2
			f := find(a, thresholds.MemberUnreachable, thresholds.Notice, 1, 80, "down (connection refused)")
			f.CoveredByReading, f.Expected = true, before.Text
			blame(a, thresholds.CauseMemberDown,
				"etcd-2 is down (connection refused), as was announced. Quorum is held without a voter to spare.",
				"Wait until it is back.")
			sum(a, "2/3 healthy, none to spare", "etcd-2 is down, as announced", "Wait until etcd-2 is back")
		},
	}
}
