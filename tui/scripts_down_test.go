package tui

import (
	"fmt"
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

// scriptOneDown: etcd-2 led, and goes down after a mark that announced it for a minute.
func scriptOneDown() *script {
	mark := probe.Mark{At: epoch.Add(-65 * time.Second), Text: "patch etcd-2", Member: "etcd-2", Window: time.Minute}
	const down = 58
	away := func(ago time.Duration) bool { return ago <= down*time.Second }
	announced := happened(down, 1, thresholds.EventDown, thresholds.Notice, thresholds.MemberUnreachable,
		"is down (connection refused)", 53*time.Second)
	announced.Severity, announced.Expected, announced.Announced = thresholds.Warning, mark.Text, mark.At
	return &script{
		voters: 5, sweeps: 300, marks: []probe.Mark{mark},
		leader: func(ago time.Duration) (int, uint64) {
			if away(ago) {
				return 2, 43
			}
			return 1, 42
		},
		away: func(ago time.Duration, place int) bool { return place == 1 && away(ago) },
		events: []thresholds.Event{
			watching(299, 5), markedBy(mark), announced,
			happened(57, -1, thresholds.EventLeader, thresholds.Notice, "",
				"leader etcd-2 → etcd-3, leaderless < 2 s, term 42 → 43", 0),
			happened(5, 1, thresholds.EventDown, thresholds.Warning, thresholds.MemberUnreachable,
				"is down, longer than expected (patch etcd-2)", stillGoingOn),
		},
		tell: func(ago time.Duration, a *thresholds.Assessment) {
			if !away(ago) {
				return
			}
			a.Cluster.HealthyVoters = 4
			a.Cluster.LeaderSince = epoch.Add(-57 * time.Second)
			a.Cluster.LeaderSeenToCome = true
			level, expected := thresholds.Warning, ""
			if ago > 5*time.Second {
				level, expected = thresholds.Notice, mark.Text
			}
			f := find(a, thresholds.MemberUnreachable, level, 1, down, "down (connection refused)")
			f.CoveredByReading, f.Expected = true, expected
			f.Advice = "Look why etcd stopped on its host, and start it."
			find(a, thresholds.MetricsUnavailable, thresholds.Notice, 1, down,
				"/metrics: connection refused").InhibitedBy = thresholds.MemberUnreachable
			find(a, thresholds.WALFsyncSlow, thresholds.Unknown, 1, down,
				"the member is down").InhibitedBy = thresholds.MemberUnreachable
			find(a, thresholds.BackendCommitSlow, thresholds.Unknown, 1, down,
				"the member is down").InhibitedBy = thresholds.MemberUnreachable
			blame(a, thresholds.CauseMemberDown,
				fmt.Sprintf("etcd-2 is down for %.0f s (connection refused): its host answers, and etcd does not run there. Quorum is held: 4 of 5 voters are healthy, quorum needs 3: 1 can be lost.",
					down-ago.Seconds()),
				"Look why etcd stopped on the host of etcd-2 (journalctl -u etcd -n 50; kubelet: crictl ps -a --name etcd), and start it. Until etcd-2 is back, draining another member is RISK.",
				"etcd-1, etcd-3, etcd-4, etcd-5 have no connection with etcd-2",
				"http://10.0.3.12:2379: connection refused: the host is up, but nothing listens on this port")
			a.Reading.About = []thresholds.MemberRef{scriptRef(1)}
			sum(a, "4/5 healthy, 1 more may fail", fmt.Sprintf("etcd-2 is down for %.0f s", down-ago.Seconds()),
				"Look why etcd stopped on etcd-2, and start it")
			judgeLoss(a, thresholds.LossRisk, "etcd-2 is down, none to spare",
				"leaves 3 healthy voters, quorum 3; etcd-2 is down; no further loss would be tolerated", 1)
			a.Members[1].CanLose.Reason = "it is down already: 4 healthy voters stay, quorum 3"
			forbid(a, "bring etcd-2 back first", map[thresholds.RollingCheckName]string{
				thresholds.CheckAnswers:  "no answer from etcd-2",
				thresholds.CheckVoters:   "4 of 5 voters healthy, quorum 3",
				thresholds.CheckFindings: "1 finding at warning or worse",
			})
		},
	}
}

// scriptQuorumLost: etcd-2 and etcd-3 go down, and etcd-1 knows no leader.
func scriptQuorumLost() *script {
	const lost = 40
	away := func(ago time.Duration) bool { return ago <= lost*time.Second }
	return &script{
		voters: 3, sweeps: 300,
		leader: func(ago time.Duration) (int, uint64) {
			if away(ago) {
				return -1, 42
			}
			return 1, 42
		},
		away: func(ago time.Duration, place int) bool { return place > 0 && away(ago) },
		events: []thresholds.Event{
			watching(299, 3),
			happened(lost, 1, thresholds.EventDown, thresholds.Warning, thresholds.MemberUnreachable,
				"is down (connection refused)", stillGoingOn),
			happened(lost, 2, thresholds.EventDown, thresholds.Warning, thresholds.MemberUnreachable,
				"is down (connection refused)", stillGoingOn),
			happened(lost, -1, thresholds.EventFiring, thresholds.Critical, thresholds.QuorumLost,
				"quorum is lost: 0 of 3 voters healthy, quorum needs 2", stillGoingOn),
		},
		tell: func(ago time.Duration, a *thresholds.Assessment) {
			if !away(ago) {
				return
			}
			a.Cluster.HealthyVoters, a.Cluster.QuorumSeen = 0, false
			a.Cluster.LeaderSince = epoch.Add(-lost * time.Second)
			a.Members[0].Healthy = false
			find(a, thresholds.QuorumLost, thresholds.Critical, -1, lost,
				"quorum is lost: 0 of 3 voters healthy, quorum needs 2").CoveredByReading = true
			for place := 1; place < 3; place++ {
				find(a, thresholds.MemberUnreachable, thresholds.Warning, place, lost,
					"down (connection refused)").InhibitedBy = thresholds.QuorumLost
				find(a, thresholds.WALFsyncSlow, thresholds.Unknown, place, lost,
					"the member is down").InhibitedBy = thresholds.MemberUnreachable
			}
			blame(a, thresholds.CauseQuorumLost,
				"Quorum is lost: 0 of 3 voters are healthy, 2 are needed; no write commits (etcd-1 knows no leader; etcd-2 is down; etcd-3 is down).",
				"Bring back etcd-2 and etcd-3 with the old data, 1 at least (journalctl -u etcd -n 50; kubelet: crictl ps -a --name etcd). Rebuild (--force-new-cluster, restore) only if a quorum of voters is gone for good.",
				"etcd-1 knows no leader", "etcd-2 is down (connection refused)", "etcd-3 is down (connection refused)")
			a.Reading.Evidence[0].InText = true // in the text
			sum(a, "1 of 3 answers, no leader, needs 2", "Quorum is lost, no write commits",
				"Start etcd on etcd-2 and etcd-3 again, with the old data")
			judgeLoss(a, thresholds.LossNo, "quorum is lost", "quorum is lost (0 of 3 healthy, needs 2): 1 voter must come back")
			a.Recovery = thresholds.Recovery{Warranted: thresholds.WarrantIfGone, Newest: scriptRef(0),
				Text:     "Only if 2 of 3 voters are gone for good. etcd-1 has most of what was committed.",
				Headline: "From etcd-1, only if 2 of 3 are gone for good"}
			forbid(a, "bring etcd-2, etcd-3 back first", map[thresholds.RollingCheckName]string{
				thresholds.CheckAnswers: "no answer from etcd-2, etcd-3",
				thresholds.CheckVoters:  "0 of 3 voters healthy, quorum 2",
				thresholds.CheckLeader:  "no leader", thresholds.CheckFindings: "3 findings at warning or worse",
			})
		},
	}
}

// scriptNoLeader: all answer, and elect nobody.
func scriptNoLeader() *script {
	const since = 20
	leaderless := func(ago time.Duration) bool { return ago <= since*time.Second }
	return &script{
		voters: 3, sweeps: 300,
		leader: func(ago time.Duration) (int, uint64) {
			if leaderless(ago) {
				return -1, 42
			}
			return 1, 42
		},
		events: []thresholds.Event{
			watching(299, 3),
			happened(since, -1, thresholds.EventFiring, thresholds.Critical, thresholds.QuorumLost,
				"quorum is lost: 0 of 3 voters healthy, quorum needs 2", stillGoingOn),
		},
		tell: func(ago time.Duration, a *thresholds.Assessment) {
			if !leaderless(ago) {
				return
			}
			a.Cluster.HealthyVoters, a.Cluster.QuorumSeen = 0, false
			a.Cluster.LeaderSince = epoch.Add(-since * time.Second)
			find(a, thresholds.QuorumLost, thresholds.Critical, -1, since,
				"quorum is lost: 0 of 3 voters healthy, quorum needs 2").CoveredByReading = true
			for place := range a.Members {
				a.Members[place].Healthy = false
				find(a, thresholds.NoLeader, thresholds.Warning, place, since,
					"knows no leader").InhibitedBy = thresholds.QuorumLost
			}
			blame(a, thresholds.CauseNoLeader,
				"There is no leader: 3 of 3 voters answer, enough for a quorum of 2, and elect nobody; no write commits.",
				`Look at the network between the members (peer port, usually 2380) and at their disks, then at etcd's log: grep for "election" and "lost leader". Restart none before you have looked.`,
				"etcd-1 knows no leader", "etcd-2 knows no leader", "etcd-3 knows no leader")
			sum(a, "3 of 3 answer, none leads", "No leader, no write commits: 3 of 3 voters answer",
				"Look at the peer ports between them; restart none yet")
			judgeLoss(a, thresholds.LossNo, "quorum is lost",
				"quorum is lost (0 of 3 healthy, needs 2): enough voters answer, and none leads")
			forbid(a, "nobody leads",
				map[thresholds.RollingCheckName]string{thresholds.CheckLeader: "no leader",
					thresholds.CheckVoters: "0 of 3 voters healthy, quorum 2"})
		},
	}
}

// scriptNothingReachable: no endpoint has ever answered.
func scriptNothingReachable() *script {
	s := &script{
		voters: 3, sweeps: 45, away: func(time.Duration, int) bool { return true },
		leader: func(time.Duration) (int, uint64) { return -1, 0 },
		events: []thresholds.Event{
			watching(44, 3),
			happened(44, -1, thresholds.EventFiring, thresholds.Critical, thresholds.ClusterUnreachable,
				"none of the 3 members answers", stillGoingOn),
		},
	}
	s.tell = func(_ time.Duration, a *thresholds.Assessment) {
		a.Cluster = thresholds.Cluster{Level: thresholds.Critical}
		find(a, thresholds.ClusterUnreachable, thresholds.Critical, -1, 44,
			"none of the 3 members answers").CoveredByReading = true
		for place := range a.Members {
			m := &a.Members[place]
			host := fmt.Sprintf("10.0.3.%d:2379", 11+place)
			m.MemberRef = thresholds.MemberRef{Key: host, Label: host, Short: host}
			m.Listed = false
			m.Voter = false
			m.NeverSeen = true
			m.MetricsNeverSeen = true
			m.Version = ""
			m.Vitals = thresholds.Vitals{}
			m.Peers = nil
			m.DownSince = s.begin()
		}
		blame(a, thresholds.CauseUnreachable,
			"None of the 3 members answers: http://10.0.3.11:2379: connection refused: the host is up, but nothing listens on this port.",
			"The hosts answer, and nothing listens on these ports: see on a member's host whether etcd runs (systemctl status etcd; kubelet: crictl ps -a --name etcd), and on which port (--listen-client-urls).")
		sum(a, "quorum ?: members not known", "None of the 3 members answers: connection refused",
			"On a member's host: does etcd run, and listen on this port?")
		judgeLoss(a, thresholds.LossUnknown, "the members are not known", "the cluster's member list is not known")
		a.Rolling = thresholds.Rolling{Unknown: true, Blocked: "the member list is not known",
			Text: "Not known: nobody has said who the members are."}
		a.Recovery.Warranted = thresholds.WarrantUnknown
	}
	return s
}

// scriptLate: etcd-3 has been asked, and has not answered yet.
func scriptLate() *script {
	const late = 4
	return &script{
		voters: 3, sweeps: 120, away: func(ago time.Duration, place int) bool {
			return place == 2 && ago <= late*time.Second
		},
		events: []thresholds.Event{
			watching(119, 3), happened(2, 2, thresholds.EventDown, thresholds.Warning, thresholds.MemberLate,
				"does not answer", stillGoingOn),
		},
		tell: func(ago time.Duration, a *thresholds.Assessment) {
			if ago > late*time.Second {
				return
			}
			m := &a.Members[2]
			m.State, m.Role, m.Errors, m.DownSince = thresholds.StateLate, thresholds.RoleFollower, nil, time.Time{}
			a.Cluster.HealthyVoters = 2
			find(a, thresholds.MemberLate, thresholds.Warning, 2, late, "no answer yet").CoveredByReading = true
			find(a, thresholds.WALFsyncSlow, thresholds.Unknown, 2, late,
				"the newest answer is too old").InhibitedBy = thresholds.MemberLate
			blame(a, thresholds.CauseMemberHung,
				"etcd-3 does not answer: it has been asked for 4 s, and its connection stands. Quorum is held without a voter to spare.",
				"On the host of etcd-3: look whether it is paused, starved or waits for its disk.",
				"etcd-3 was asked for its Status 4 s ago")
			a.Reading.About = []thresholds.MemberRef{scriptRef(2)}
			sum(a, "2/3 healthy, none to spare", "etcd-3 hangs and does not answer for 4 s",
				"On the host of etcd-3: top, ps -o stat,wchan -C etcd")
			judgeLoss(a, thresholds.LossNo, "1 would be left, quorum needs 2", "quorum would be lost: leaves 1 healthy voter, quorum 2", 2)
			a.Members[2].CanLose = thresholds.CanLose{Verdict: thresholds.LossUnknown,
				Headline: "it has not answered yet", Reason: "it has not answered yet"}
			forbid(a, "etcd-3 has not answered yet",
				map[thresholds.RollingCheckName]string{thresholds.CheckAnswers: "no answer from etcd-3"})
		},
	}
}

// scriptUpgrade is an upgrade in the middle: etcd-1 is done, and etcd-3 away for 12 s.
func scriptUpgrade() *script {
	const newer = "3.6.15"
	first := probe.Mark{At: epoch.Add(-150 * time.Second), Text: "upgrade etcd-1", Member: "etcd-1", Window: 5 * time.Minute}
	second := probe.Mark{At: epoch.Add(-20 * time.Second), Text: "upgrade etcd-3", Member: "etcd-3", Window: 5 * time.Minute}
	return &script{
		voters: 3, sweeps: 300, marks: []probe.Mark{first, second},
		away: func(ago time.Duration, place int) bool {
			return place == 0 && ago <= 140*time.Second && ago > 120*time.Second || place == 2 && ago <= 12*time.Second
		},
		events: []thresholds.Event{
			watching(299, 3), markedBy(first),
			happened(140, 0, thresholds.EventDown, thresholds.Notice, thresholds.MemberUnreachable, "is down", 20*time.Second),
			happened(120, 0, thresholds.EventUp, thresholds.OK, thresholds.MemberUnreachable, "is back after 20 s", 20*time.Second),
			happened(120, 0, thresholds.EventVersion, thresholds.OK, "", "runs 3.6.15 now, was 3.6.14", 0),
			markedBy(second),
			happened(12, 2, thresholds.EventDown, thresholds.Notice, thresholds.MemberUnreachable, "is down", stillGoingOn),
		},
		tell: func(ago time.Duration, a *thresholds.Assessment) {
			if ago > 12*time.Second {
				return
			}
			a.Members[0].Version = newer
			a.Cluster.HealthyVoters = 2
			find(a, thresholds.MemberUnreachable, thresholds.Notice, 2, 12, "it is down (connection refused)").Expected =
				"upgrade etcd-3"
			sum(a, "2/3 healthy, none to spare", "etcd-3 is down for 13 s, as announced", "Wait until etcd-3 is back")
			blame(a, thresholds.CauseMemberDown, "etcd-3 is down for 13 s, as announced: upgrade etcd-3.",
				"Wait until it is back, and lose no other member meanwhile.")
			judgeLoss(a, thresholds.LossNo, "quorum 2 of 3, none to spare", "would lose the quorum: etcd-3 is down", 2)
			a.Members[2].CanLose = thresholds.CanLose{Verdict: thresholds.LossSafe, Headline: "it is down already",
				Reason: "it is down already: nothing more would be lost"}
			r := &a.Rolling
			r.From, r.To, r.Began = "3.6.14", newer, first.At
			r.Phase = thresholds.PhaseWait
			r.Progress, r.Wait = "3.6.14 → 3.6.15: 1 of 3, etcd-3 away", "etcd-3 is away"
			r.Text, r.Next, r.Blocked = "Not yet: etcd-3 is away. 1 of 3 done.", "", "bring etcd-3 back first"
			turn := func(place int, state thresholds.StepState, now string) thresholds.RollingStep {
				return thresholds.RollingStep{Kind: thresholds.StepMember, Member: scriptRef(place), State: state,
					Before: "3.6.14", Now: now}
			}
			done, gone := turn(0, thresholds.StepDone, newer), turn(2, thresholds.StepAway, "3.6.14")
			done.Since, done.Away = epoch.Add(-119*time.Second), 20*time.Second
			gone.Since, gone.Away = epoch.Add(-12*time.Second), 12*time.Second-ago
			gone.Mark, gone.MarkUntil = second.Text, second.At.Add(second.Window)
			r.Steps = []thresholds.RollingStep{done, gone,
				{Kind: thresholds.StepMoveLeader, Member: scriptRef(0), From: scriptRef(1),
					State: thresholds.StepWaiting},
				turn(1, thresholds.StepWaiting, "3.6.14"),
			}
			for i, text := range []string{"no answer from etcd-3", "2 of 3 voters healthy, quorum 2"} {
				r.Checks[i].Status, r.Checks[i].Text = thresholds.CheckFailed, text
			}
			r.Checks[3].Status, r.Checks[3].Text = thresholds.CheckUnknown, "apply lag of etcd-3 not known"
		},
	}
}
