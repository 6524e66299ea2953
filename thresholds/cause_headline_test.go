package thresholds

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/clipperhouse/displaywidth"

	"github.com/etcdoc/etcdoc/probe"
)

// A causeScene is a scene of three members that ends with a cause.
type causeScene struct {
	name string
	want Cause
	play func(*scene) Assessment
}

// steadily lets the members work, and act before each sweep after a quiet beginning.
func steadily(d time.Duration, act func(*scene)) func(*scene) Assessment {
	return func(s *scene) Assessment {
		s.run(5*time.Second, func() { s.work(50, quickFsync) })
		return s.run(d, func() { s.work(50, quickFsync); act(s) })
	}
}

// ofRule is a scene in which a rule alone is breached at a level.
func ofRule(id RuleID, level Level) func(*scene) Assessment {
	return func(s *scene) Assessment {
		for _, rule := range Rules() {
			if rule.ID == id {
				limit := rule.Limit(level)
				only := rule
				only.Notice, only.Warning, only.Critical = Limit{}, Limit{}, Limit{}
				*map[Level]*Limit{Notice: &only.Notice, Warning: &only.Warning, Critical: &only.Critical}[level] = limit
				second := s.member(2).name
				only.judge = func(on *subject, _ time.Duration) measurement {
					if on.at != nil && on.at.Label != second {
						return notApplicable
					}
					return measurement{value: limit.Value, certain: true}
				}
				s.evaluator = New(Options{Rules: []Rule{only}})
			}
		}
		return s.run(5*time.Second, nil)
	}
}

// away lets members refuse connections.
func away(members ...int) func(*scene) Assessment {
	return steadily(30*time.Second, func(s *scene) {
		for _, i := range members {
			s.member(i).down = errRefused
		}
	})
}

// asked lets members serve calls at a usual rate, then at another one.
func asked(method string, n, received, sent float64) func(*scene) Assessment {
	return func(s *scene) Assessment {
		serve := func(n float64) {
			s.work(20, quickFsync)
			s.member(2).serves(method, n, received, sent)
		}
		s.run(2*time.Minute, func() { serve(20) })
		return s.run(75*time.Second, func() {
			serve(n)
			for _, m := range s.members {
				m.slowApplies(3)
			}
		})
	}
}

// withSlowLinks lets pairs of members take some time for a round trip.
func withSlowLinks(trip func(a, b int) time.Duration) func(*scene) Assessment {
	return func(s *scene) Assessment {
		s.unprobed = true
		return s.run(150*time.Second, func() {
			s.work(20, quickFsync)
			if s.now.Unix()%30 == 0 {
				for _, p := range [][2]int{{1, 2}, {1, 3}, {2, 3}} {
					s.rtt(p[0], p[1], trip(p[0], p[1]))
				}
			}
		})
	}
}

// full raises NOSPACE over a database of some size, of which some is in use.
func full(size, inUse int64, revisions float64) func(*scene) Assessment {
	return steadily(20*time.Second, func(s *scene) {
		for _, m := range s.members {
			m.status.DBSizeBytes, m.status.DBInUseBytes = size, inUse
			m.status.Alarms = []probe.Alarm{{Type: "NOSPACE", Member: s.member(1).id}}
			m.metrics.CurrentRevision, m.metrics.CompactRevision = probe.Known(5000+revisions), probe.Known(5000)
		}
	})
}

func slowWrites(d time.Duration, members ...int) func(*scene) Assessment {
	return steadily(50*time.Second, func(s *scene) {
		for _, i := range members {
			s.member(i).fsync(50, d)
		}
	})
}

// causeScenes has a scene for each cause, and for the ways in which its headline differs.
func causeScenes() []causeScene {
	const ms = time.Millisecond
	never := func(s *scene) { s.member(3).membership = probe.MembershipNeverStarted }
	return []causeScene{
		{"healthy", CauseHealthy, steadily(20*time.Second, func(*scene) {})},
		{"healthy, with a remark", CauseHealthy, ofRule(MemberRestarted, Notice)},
		{"first sweep", CauseFirstSweep, (*scene).observeOnce},
		{"nobody answers", CauseUnreachable, away(1, 2, 3)},
		{"nobody is trusted", CauseNotTrusted, steadily(10*time.Second, func(s *scene) {
			down(s, &probe.Error{Kind: probe.ErrTLS, Text: "unknown authority"})
		})},
		{"two are down", CauseQuorumLost, away(1, 2)},
		{"two are down, and the third knows no leader", CauseQuorumLost, steadily(30*time.Second, func(s *scene) {
			s.member(1).down, s.member(2).down = errRefused, errRefused
			s.member(3).status.Leader = 0
		})},
		{"one never ran", CauseQuorumLost, func(s *scene) Assessment {
			never(s)
			return away(2, 3)(s)
		}},
		{"one is down", CauseMemberDown, away(2)},
		{"one is down, announced", CauseMemberDown, func(s *scene) Assessment {
			s.run(5*time.Second, func() { s.work(50, quickFsync) })
			s.marks = []probe.Mark{{At: s.now, Member: s.member(2).name, Text: "patch", Window: 10 * time.Minute}}
			s.observe()
			return away(2)(s)
		}},
		{"one was added, never ran", CauseMemberDown, func(s *scene) Assessment {
			never(s)
			return away(3)(s)
		}},
		{"one hangs", CauseMemberHung, steadily(20*time.Second, func(s *scene) {
			if s.member(2).hung.IsZero() {
				s.member(2).hung = s.now
			}
		})},
		{"restarts", CauseRestarts, ofRule(MemberRestarted, Warning)},
		{"no leader", CauseNoLeader, func(s *scene) Assessment { s.elect(0); return s.run(30*time.Second, nil) }},
		{"no leader, one is down", CauseNoLeader, func(s *scene) Assessment {
			s.member(3).down = errRefused
			s.elect(0)
			return s.run(30*time.Second, nil)
		}},
		{"no leader, a slow disk", CauseNoLeader, func(s *scene) Assessment {
			slowWrites(300*ms, 1)(s)
			s.elect(0)
			return s.run(10*time.Second, func() { s.work(50, quickFsync); s.member(1).fsync(50, 300*ms) })
		}},
		{"one knows no leader", CauseCutOff, steadily(30*time.Second,
			func(s *scene) { s.member(3).status.Leader = 0 })},
		{"one has lost all others", CauseCutOff, steadily(40*time.Second, func(s *scene) {
			s.peer(3, 1, active(0))
			s.peer(3, 2, active(0))
			s.peer(1, 3, active(0))
			s.peer(2, 3, active(0))
		})},
		{"a cut link", CauseLinkCut, steadily(40*time.Second, func(s *scene) {
			s.peer(3, 1, active(0))
			s.peer(1, 3, active(0))
		})},
		{"a slow link", CauseSlowLink, withSlowLinks(func(a, b int) time.Duration {
			return map[bool]time.Duration{true: 480 * ms, false: 5 * ms}[a == 1 && b == 2]
		})},
		{"slow links of one", CauseSlowLink, withSlowLinks(func(a, b int) time.Duration {
			return map[bool]time.Duration{true: 480 * ms, false: 5 * ms}[a == 2 || b == 2]
		})},
		{"all links slow", CauseSlowNetwork, withSlowLinks(func(int, int) time.Duration { return 120 * ms })},
		{"a voter that does not count", CauseVoterUnhealthy, steadily(30*time.Second, func(s *scene) {
			s.member(1).status.RaftIndex += 20
			s.member(1).status.RaftAppliedIndex += 20
			s.member(2).status.RaftIndex += 20
			s.member(2).status.RaftAppliedIndex += 20
		})},
		{"lists that differ", CauseMembership, ofRule(MemberListMismatch, Warning)},
		{"one slow disk", CauseSlowDisk, slowWrites(300*ms, 2)},
		{"the leader's slow disk", CauseSlowDisk, slowWrites(300*ms, 1)},
		{"two slow disks", CauseSlowDisk, slowWrites(300*ms, 1, 2)},
		{"a disk a little slow", CauseSlowDisk, slowWrites(12*ms, 3)},
		{"all disks slow", CauseSlowDisks, slowWrites(300*ms, 1, 2, 3)},
		{"large writes", CauseLargeWrites, steadily(50*time.Second, func(s *scene) {
			for _, m := range s.members {
				m.commit(100, 600*ms)
			}
		})},
		{"large transactions", CauseLargeWrites, asked("Txn", 70, 1<<20, 100)},
		{"CPU", CauseStarvation, func(s *scene) Assessment {
			s.run(20*time.Second, func() { s.work(50, quickFsync) })
			return s.run(75*time.Second, func() {
				for _, m := range s.members {
					m.reads(s.now, 10*ms, 5*ms)
					m.answersIn(4 * ms)
					m.fsync(50, quickFsync)
				}
				m := s.member(2)
				m.slowApplies(2)
				if s.now.Unix()%2 == 0 {
					m.answersIn(220 * ms)
					m.reads(s.now, 700*ms, 220*ms)
				}
			})
		}},
		{"defragmentation", CauseDefragRunning, steadily(5*time.Second, func(s *scene) {
			s.member(2).metrics.DefragInflight = probe.Known(1)
		})},
		{"a burst of writes", CauseBurst, asked("Put", 2000, 1<<10, 100)},
		{"a storm of reads", CauseOverload, asked("Range", 900, 100, 2<<10)},
		{"leases", CauseOverload, asked("LeaseGrant", 300, 100, 100)},
		{"apply lag", CauseApplyLag, steadily(30*time.Second, func(s *scene) { lag(s, 1, 6000) })},
		{"a follower behind", CauseFollower, ofRule(FollowerLagging, Warning)},
		{"a learner", CauseLearner, ofRule(LearnerStuck, Warning)},
		{"the database is full of history", CauseNoSpace, full(8<<30+82<<20, 7<<30, 90_000)},
		{"the database is full of live keys", CauseNoSpace, full(8<<30, 8<<30/100*95, 900)},
		{"the alarm is left over", CauseNoSpace, full(1<<28, 1<<27, 500)},
		{"near the quota", CauseQuotaNear, steadily(20*time.Second, func(s *scene) {
			s.member(1).status.DBSizeBytes = 7 << 30
		})},
		{"growing", CauseQuotaGrowing, ofRule(DBGrowing, Warning)},
		{"fragmentation", CauseFragmentation, ofRule(DBFragmented, Notice)},
		{"no compaction", CauseCompaction, ofRule(CompactionStalled, Notice)},
		{"corrupt", CauseCorruption, steadily(20*time.Second, func(s *scene) {
			s.member(1).status.Alarms = []probe.Alarm{{Type: "CORRUPT", Member: s.member(1).id}}
		})},
		{"data differs", CauseCorruption, func(s *scene) Assessment {
			s.run(5*time.Second, func() { s.work(50, quickFsync) })
			for i := range s.members {
				s.member(i + 1).hash = 7
			}
			s.member(3).hash = 8
			return s.run(5*time.Second, func() { s.hashes++ })
		}},
		{"leader changes", CauseFlapping, func(s *scene) (a Assessment) {
			s.run(10*time.Second, nil)
			for i := range 4 {
				s.elect(s.member(i%3 + 1).id)
				a = s.run(time.Minute, nil)
			}
			return a
		}},
		{"watchers that do not read", CauseWatchBacklog, steadily(90*time.Second, func(s *scene) {
			s.member(1).metrics.SlowWatchers, s.member(1).metrics.PendingEvents = known(50), known(6400)
		})},
		{"calls fail", CauseRequests, steadily(10*time.Minute, func(s *scene) {
			put := probe.GRPCMethod{Service: "etcdserverpb.KV", Method: "Put", Type: "unary"}
			n := s.now.Sub(epoch).Seconds() * 100
			s.member(2).metrics.GRPCHandled = map[probe.GRPCCall]float64{
				{GRPCMethod: put, Code: "Unavailable"}: n, {GRPCMethod: put, Code: "OK"}: n}
		})},
		{"a certificate expires", CauseCertificate, steadily(5*time.Second, func(s *scene) {
			s.member(2).certificate = &probe.Certificate{Subject: "CN=etcd", NotAfter: s.now.Add(3 * day)}
		})},
		{"a clock", CauseClock, ofRule(ClockDrifting, Warning)},
		{"versions", CauseVersions, ofRule(VersionsMixed, Warning)},
		{"no backup", CauseBackup, steadily(5*time.Second, func(s *scene) {
			s.backups = &probe.Fact[probe.Backups]{At: s.now, Value: probe.Backups{Dir: "/backups"}}
		})},
		{"file descriptors", CauseFDs, steadily(30*time.Second, func(s *scene) {
			s.member(2).metrics.OpenFDs = probe.Known(65000)
		})},
		{"memory", CauseMemory, ofRule(MemoryGrowing, Warning)},
		{"no metrics", CauseMetrics, steadily(40*time.Second, func(s *scene) { s.member(1).noMetrics = errRefused })},
		{"an API server is cut off", CauseAPIServer, steadily(40*time.Second, func(s *scene) {
			server := newAPIServerActor("10.0.0.1").answer(s.now)
			server.Ready.Value = probe.EtcdCheck{Reason: "context deadline exceeded"}
			s.apiServers = []*probe.APIServerView{server}
		})},
		{"a queue", CauseNotClear, steadily(50*time.Second, func(s *scene) {
			s.member(1).metrics.ProposalsPending = probe.Known(150)
		})},
		{"something can't be judged", CauseUndetermined, steadily(20*time.Second, func(s *scene) {
			for _, m := range s.members {
				m.status.DBQuotaBytes, m.metrics.DBQuotaBytes = 0, probe.Value{}
			}
		})},
		{"it passes", CauseSlowDisk, func(s *scene) (a Assessment) {
			s.run(20*time.Second, func() { s.work(50, quickFsync) })
			s.run(60*time.Second, func() {
				s.member(1).heartbeatsLate(3)
				s.member(1).fsync(5, 200*ms)
				for _, m := range s.members {
					m.slowApplies(2)
					m.fsync(20, quickFsync)
				}
			})
			for range 90 {
				s.work(50, quickFsync)
				if a = s.observe(); strings.HasPrefix(a.Reading.Headline, "Over after") {
					break
				}
			}
			return a
		}},
	}
}

// observeOnce is a scene's first sweep.
func (s *scene) observeOnce() Assessment { return s.observe() }

// TestEveryCauseHasAHeadline plays a scene for every cause, with members of ordinary names and of the longest short
// ones, and checks what the screen shows of it at a glance. scene.observe holds every headline to its width.
func TestEveryCauseHasAHeadline(t *testing.T) {
	t.Parallel()
	played := make(map[Cause]bool)
	scenes := causeScenes()
	for i := range scenes {
		played[scenes[i].want] = true
	}
	for name, cause := range causeConstants(t) {
		if !played[cause] {
			t.Errorf("no scene has %s", name)
		}
		if row := cause.row(); row.noun == "" || (row.short == "") != (row.long == "") {
			t.Errorf("%s lacks a name: %+v", name, row)
		}
	}
	// These list the figures of all members, or quote what was said when it began.
	repeats := map[string]bool{"CPU": true, "all disks slow": true, "it passes": true}
	for _, cs := range scenes {
		for _, long := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, long %v", cs.name, long), func(t *testing.T) {
				t.Parallel()
				s := newScene(t, 3, Options{})
				for i, m := range s.members {
					if long {
						m.name = fmt.Sprintf("control-plane-%d%d", i, i+5)
					}
				}
				a := cs.play(s)
				r := &a.Reading
				if r.Cause != cs.want {
					t.Errorf("reads %s, want %s: %s", r.Cause, cs.want, r.Text)
				}
				for i := range a.Members {
					if w := displaywidth.String(a.Members[i].Short); long && w != shortWidth {
						t.Errorf("%q has %d columns, want %d", a.Members[i].Short, w, shortWidth)
					}
				}
				first, _, _ := strings.Cut(r.Text, ". ")
				if first = strings.TrimSuffix(first, "."); first != "" && strings.Contains(r.Further, first) {
					t.Errorf("beyond the headline %q it says all of %q: %s", r.Headline, first, r.Further)
				}
				if again := repeated(r.Headline, r.Further); len(again) > 0 && !repeats[cs.name] {
					t.Errorf("beyond the headline %q it says %q again: %s", r.Headline, again, r.Further)
				}
				if again := repeated(a.Cluster.Margin, r.Headline); len(again) > 0 {
					t.Errorf("beside %q the headline says %q again: %s", a.Cluster.Margin, again, r.Headline)
				}
				for _, text := range []string{r.Headline, r.Step, a.Cluster.Margin} {
					if strings.ContainsAny(text, "…\n") || strings.Contains(text, "  ") ||
						strings.Contains(text, "%!") ||
						strings.Contains(text, "(and ") {
						t.Errorf("badly put: %q", text)
					}
				}
				if !long {
					says(t, "headline", r.Headline)
					says(t, "further", r.Further)
					says(t, "step", r.Step)
					says(t, "margin", a.Cluster.Margin)
					for i := range a.Members {
						m := &a.Members[i]
						says(t, "verdict of "+m.Label, m.CanLose.Verdict.String()+": "+m.CanLose.Headline)
					}
				}
			})
		}
	}
}

// repeated are the figures of two digits or more, with their units, and the runs of words that a text says again. Two
// words make a run where they are long, else three.
func repeated(text, other string) (again []string) {
	words := func(s string) []string {
		return strings.FieldsFunc(strings.ToLower(s), func(r rune) bool {
			return unicode.IsSpace(r) || strings.ContainsRune(",;:()\"", r)
		})
	}
	said := " " + strings.Join(words(other), " ") + " "
	all := words(strings.TrimSuffix(text, "."))
	for i := range all {
		for n := 2; i+n <= len(all) && n <= 3; n++ {
			run := strings.Join(all[i:i+n], " ")
			figure := n == 2 && len(all[i]) > 1 && strings.Trim(all[i], "0123456789.") == ""
			long := n == 2 && min(len(all[i]), len(all[i+1])) > 6
			if (figure || long || n == 3) && strings.Contains(said, " "+run+" ") {
				again = append(again, run)
			}
		}
	}
	return again
}

// causeConstants are the names and values of the Cause constants.
func causeConstants(t *testing.T) map[string]Cause {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "cause_table.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	causes := make(map[string]Cause)
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || spec.Type == nil || fmt.Sprint(spec.Type) != "Cause" {
			return true
		}
		for i, name := range spec.Names {
			literal, _ := spec.Values[i].(*ast.BasicLit)
			value, err := strconv.Unquote(literal.Value)
			if err != nil {
				t.Fatal(err)
			}
			causes[name.Name] = Cause(value)
		}
		return true
	})
	if len(causes) < 40 {
		t.Fatalf("%d causes are found", len(causes))
	}
	return causes
}

// TestEveryRuleHasAStep: whatever is found, there is a first thing to do, in a line.
func TestEveryRuleHasAStep(t *testing.T) {
	t.Parallel()
	for _, rule := range Rules() {
		for _, member := range []MemberRef{{}, {Key: "k", Short: "control-plane-12"}} {
			step := rule.stepFor(member)
			if step == "" || displaywidth.String(step) > StepWidth || strings.ContainsAny(step, "%{}") ||
				strings.HasSuffix(step, ".") {
				t.Errorf("%s: %q has %d columns", rule.ID, step, displaywidth.String(step))
			}
		}
		for _, named := range []string{rule.Step, rule.headline} {
			if rule.Scope == ScopeCluster && strings.Contains(named, "{member}") {
				t.Errorf("%s is about the cluster, and names a member: %q", rule.ID, named)
			}
		}
	}
}
