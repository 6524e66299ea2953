package cli

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

var update = flag.Bool("update", false, "write the golden files, and the documentation's tables, anew")

// incident is an assessment with a bit of everything that a table shows.
func incident() *thresholds.Assessment {
	a := threeMembers(thresholds.Critical, thresholds.LossNo, thresholds.LossNo, thresholds.LossSafe)
	a.At = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	a.Cluster.ID, a.Cluster.HealthyVoters, a.Cluster.Term, a.Cluster.Leader = 0xc1, 2, 7, a.Members[0].MemberRef
	a.Reading = thresholds.Reading{
		Cause: "member-down", Text: "etcd-3 is down for 58 s (connection refused). Quorum is held: 2 of 3 voters are " +
			"healthy, quorum needs 2: none can be lost.",
		Evidence: []thresholds.Evidence{
			{Text: "etcd-3 is down for 58 s (connection refused)", InText: true},
			{Text: "grpc-slow: etcd-2: its metrics are not complete", Rule: thresholds.GRPCSlow},
			{Text: "http://10.0.0.3:2379: connection refused: the host is up, but nothing listens on this port"},
			{Text: "etcd-1, etcd-2 have no connection with etcd-3"}, {Text: "a third fact"}, {Text: "a fourth fact"},
			{Text: "a fifth fact"},
		},
		Next: "Look at etcd's process on etcd-3 and at the host; drain no other member until it is back.",
		NotLookedAt: []string{"the hosts: etcdoc asks etcd alone, and has seen no iostat, dmesg or kubelet",
			"etcd-3: it is down"},
	}
	p99 := thresholds.Latency{P99: probe.Known(0.032), Low: probe.Known(0.025), High: probe.Known(0.05),
		Mean: probe.Known(0.011), Observations: 900, Exact: true}
	a.APIServers = []thresholds.APIServer{{
		URL: "https://10.0.0.1:6443", Label: "10.0.0.1:6443", Reaches: thresholds.Reaches,
		Operations: []thresholds.APIServerOperation{
			{Operation: "get", Latency: p99, Slowest: "pods", SlowestLatency: p99, ErrorRate: probe.Known(0.5)},
			{Operation: "list", Latency: p99},
		},
		Databases: []probe.APIServerDatabase{{Name: "etcd-0", Bytes: 2 << 30}},
		Resources: []thresholds.ResourceSize{{Resource: "events", Bytes: 900 << 20}},
	}, {
		URL: "https://10.0.0.3:6443", Label: "10.0.0.3:6443", Reaches: thresholds.ReachUnknown,
		Unasked: "https://10.0.0.3:6443: connection refused", Unread: "https://10.0.0.3:6443: connection refused",
	}}
	a.Members[0].Role = thresholds.RoleLeader
	a.Members[1].Role = thresholds.RoleFollower
	a.Members[2].Role = thresholds.RoleUnknown
	for i := range a.Members {
		m := &a.Members[i]
		m.Version = "3.6.4"
		m.Condition.Word = "ok"
		m.Age = 120 * time.Millisecond
		m.CanLose.Reason = "quorum would be lost: leaves 1 healthy voter, quorum 2; etcd-3 is down"
		for vital, value := range map[thresholds.Vital]float64{
			thresholds.WALFsyncP50: 0.001, thresholds.WALFsyncP99: 0.003, thresholds.WALFsyncObservations: 412,
			thresholds.BackendCommitP99: 0.0061, thresholds.ProposalsPending: 0, thresholds.ApplyLag: 2,
			thresholds.DBSize: 2 << 30, thresholds.DBQuotaUsed: 0.25, thresholds.OpenFDs: 212,
		} {
			m.Vitals[vital] = probe.Known(value)
		}
	}
	a.Members[0].Vitals[thresholds.WALFsyncP99] = probe.Known(0.148)
	a.Members[0].Marks = []thresholds.Mark{{Rule: thresholds.WALFsyncSlow, Vital: thresholds.WALFsyncP99,
		State: thresholds.AlertFiring, Level: thresholds.Warning}}
	down := &a.Members[2]
	down.State, down.Condition.Word = thresholds.StateDown, thresholds.ConditionDown
	down.Stale = true
	down.MetricsStale = true
	down.Age = 58 * time.Second
	down.Level = thresholds.Warning
	down.CanLose.Reason = "it is down already: nothing more would be lost (2 healthy, quorum 2)"
	down.Label = "etcd-3.a-host-with-a-very-long-name.eu-central-1.compute.internal"
	down.Short = "etcd-3.a…nternal"
	a.Rolling = thresholds.Rolling{Blocked: "bring etcd-3 back first", Text: "Do not start: bring etcd-3 back first."}
	a.Rolling.Checks = []thresholds.RollingCheck{
		{Name: thresholds.CheckAnswers, Status: thresholds.CheckFailed, Text: "no answer from etcd-3"},
		{Name: thresholds.CheckLeader, Status: thresholds.CheckOK, Text: "etcd-1 leads, for 12 m 00 s"},
		{Name: thresholds.CheckApplyLag, Status: thresholds.CheckUnknown, Text: "apply lag of etcd-3 not known"},
	}
	a.Recovery = thresholds.Recovery{Warranted: thresholds.WarrantNo,
		Text: "Quorum is held: there is nothing to rebuild."}
	addFindings(a)
	return a
}

// addFindings adds findings of all levels to the incident, some of them inhibited by that of the member that is down.
func addFindings(a *thresholds.Assessment) {
	find := func(rule thresholds.RuleID, level thresholds.Level, member int, summary string) thresholds.Finding {
		f := thresholds.Finding{Rule: rule, Level: level, Unit: thresholds.Condition, Summary: summary,
			Advice: "Do what the advice says, as soon as there is somebody who can.", Source: "the source of the rule"}
		if member >= 0 {
			f.Member = a.Members[member].MemberRef
		}
		if level == thresholds.Unknown {
			f.Summary, f.Reason = "unknown: "+summary, summary
		}
		return f
	}
	slow := find(thresholds.WALFsyncSlow, thresholds.Warning, 0, "etcd-1: WAL fsync p99 148 ms")
	slow.Named = true
	slow.Value = probe.Known(0.148)
	slow.Limit = probe.Known(0.1)
	slow.Unit = thresholds.Seconds
	slow.Source = "configured, /etc/etcdoc.yaml:7"
	downFinding := find(thresholds.MemberUnreachable, thresholds.Warning, 2,
		"etcd-3 is down for 58 s (connection refused)")
	downFinding.CoveredByReading = true
	disconnected := []thresholds.Finding{find(thresholds.PeerDisconnected, thresholds.Warning, 0,
		"no connection with etcd-3"), find(thresholds.PeerDisconnected, thresholds.Warning, 1,
		"no connection with etcd-3")}
	for i := range disconnected {
		disconnected[i].InhibitedBy = thresholds.MemberUnreachable
		disconnected[i].InhibitedByMember = a.Members[2].MemberRef
	}
	a.Findings = append([]thresholds.Finding{find(thresholds.QuorumAtRisk, thresholds.Critical, -1,
		"no voter to spare"), slow, downFinding}, disconnected...)
	for i := range 2 {
		f := find(thresholds.MemberRestarted, thresholds.Notice, i, fmt.Sprintf("etcd-%d started 20 s ago", i+1))
		f.Named = true
		f.Value, f.Limit, f.Unit, f.Source = probe.Known(1), probe.Known(1), thresholds.Count, "etcdoc's own limits"
		a.Findings = append(a.Findings, f)
	}
	a.Findings = append(a.Findings, find(thresholds.AlarmNoSpace, thresholds.Unknown, -1,
		"no member says which alarms are raised"),
		find(thresholds.VersionsMixed, thresholds.Unknown, -1, "etcd-3 is down"))
	for _, lacks := range []struct {
		rule   thresholds.RuleID
		member int
	}{{thresholds.GRPCSlow, 0}, {thresholds.GRPCSlow, 1}, {thresholds.GRPCFailing, 1}} {
		f := find(lacks.rule, thresholds.Unknown, lacks.member, "its metrics are not complete")
		f.Why, f.Missing = thresholds.WhyUnreadable, thresholds.MissingMetrics
		a.Findings = append(a.Findings, f)
	}
	for _, rule := range []thresholds.RuleID{
		thresholds.NoLeader, thresholds.ApplyLagging, thresholds.DBQuotaNear, thresholds.ProposalsQueued,
		thresholds.BackendCommitSlow, thresholds.LeaderChanging, thresholds.DBGrowing, thresholds.FDsExhausted,
	} {
		f := find(rule, thresholds.Unknown, 2, "it is down")
		f.InhibitedBy = thresholds.MemberUnreachable
		a.Findings = append(a.Findings, f)
	}
}

// TestTableGolden compares the table with files: go test ./cmd/internal/cli -run Golden -update rewrites them.
func TestTableGolden(t *testing.T) {
	a := incident()
	q := &question{asks: thresholds.AskCanLose, names: []string{"etcd-2"}}
	for name, p := range map[string]page{
		"table-80": {width: 80}, "table-100": {width: 100}, "wide": {width: 100, wide: true},
		"can-lose-100": {width: 100, reply: q.verdict(a)},
	} {
		p.rules = thresholds.NewRuleSet(thresholds.Rules())
		var b bytes.Buffer
		if err := p.print(&b, a); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(b.String()) {
			if size := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); size > p.width && !p.wide {
				t.Errorf("%s: a line of %d columns: %q", name, size, line)
			}
			if strings.TrimRight(line, " \n") != strings.TrimSuffix(line, "\n") {
				t.Errorf("%s: spaces at the end of %q", name, line)
			}
		}
		compareGolden(t, name, b.Bytes())
	}
}

// compareGolden compares what was printed with a file in testdata.
func compareGolden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := "testdata/" + name + ".txt"
	if *update {
		if err := os.WriteFile(file, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
	}
}

// TestTableFits wraps at every width that a terminal may have.
func TestTableFits(t *testing.T) {
	for width := 80; width <= 200; width++ {
		var b bytes.Buffer
		if err := (page{width: width}).print(&b, incident()); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(b.String()) {
			if size := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); size > width {
				t.Errorf("width %d: a line of %d columns: %q", width, size, line)
			}
		}
	}
}

// TestTableTellsMembersApart: where one name is long, all are as short as in the dashboard; -o wide has them in full.
func TestTableTellsMembersApart(t *testing.T) {
	t.Parallel()
	sweep := probe.Sweep{At: time.Unix(1e9, 0), Interval: time.Second}
	for i := range 3 {
		name := fmt.Sprintf("prod-eu-central-1-control-plane-0%d.internal.example.company", i+1)
		sweep.Members = append(sweep.Members, probe.Member{ID: probe.MemberID(i + 1), Name: name, Listed: true,
			Membership: probe.MembershipListed})
	}
	a := thresholds.New(thresholds.Options{}).Observe(sweep)
	for i, row := range strings.Split(memberTable(a.Members, columns(&a, false), 0), "\n")[1:4] {
		if want := fmt.Sprintf("…-plane-0%d… ", i+1); !strings.HasPrefix(row, want) {
			t.Errorf("%q does not begin with %q", row, want)
		}
	}
	if wide := memberTable(a.Members, columns(&a, true), 0); !strings.Contains(wide, sweep.Members[2].Name) {
		t.Errorf("-o wide has no whole names:\n%s", wide)
	}
}

// TestEveryFindingIsSaid: the table has every finding, inhibited ones too.
func TestEveryFindingIsSaid(t *testing.T) {
	a := incident()
	a.Findings = append(a.Findings, thresholds.Finding{Rule: thresholds.ClockDrifting, Level: thresholds.Warning,
		Member: a.Members[1].MemberRef, Summary: "its clock", InhibitedBy: thresholds.WatchBacklog})
	// A finding whose inhibitor is itself inhibited.
	a.Findings = append(a.Findings, thresholds.Finding{Rule: thresholds.FollowerLagging, Level: thresholds.Unknown,
		Member: a.Members[0].MemberRef, Summary: "unknown: so", InhibitedBy: thresholds.PeerDisconnected})
	var b bytes.Buffer
	if err := (page{width: defaultWidth, wide: true}).print(&b, a); err != nil {
		t.Fatal(err)
	}
	for _, f := range a.Findings {
		if !strings.Contains(b.String(), string(f.Rule)) {
			t.Errorf("the table lacks %s", f.Rule)
		}
	}
	if !strings.Contains(b.String(), "\n            9 rules can't be judged meanwhile: no-leader") ||
		strings.Contains(b.String(), " 0 rules") {
		t.Errorf("a finding inhibited through another one is not under the first:\n%s", b.String())
	}
}

// TestUnjudgedRulesAreNamedOnce: for each reason, with the members that it is about.
func TestUnjudgedRulesAreNamedOnce(t *testing.T) {
	a := &thresholds.Assessment{Members: threeMembers(0, 0, 0, 0).Members}
	lack := func(rule thresholds.RuleID, member int, reason string) {
		f := thresholds.Finding{Rule: rule, Level: thresholds.Unknown, Reason: reason}
		if member >= 0 {
			f.Member = a.Members[member].MemberRef
		}
		a.Findings = append(a.Findings, f)
	}
	lack(thresholds.NoLeader, -1, "it is not known")
	for member := range 3 {
		lack(thresholds.WALFsyncSlow, member, "no metrics")
		lack(thresholds.ProposalsQueued, member, "no metrics")
	}
	lack(thresholds.DBQuotaNear, 1, "no metrics")
	lack(thresholds.DBQuotaNear, 2, "no quota")
	under := thresholds.Finding{Rule: thresholds.FollowerLagging, Level: thresholds.Unknown, Reason: "another",
		Member: a.Members[1].MemberRef, InhibitedBy: thresholds.DBQuotaNear, InhibitedByMember: a.Members[2].MemberRef}
	a.Findings = append(a.Findings, under)
	groups := groupFindings(a, a.Inhibition())
	if len(groups) != 1 {
		t.Fatalf("%d groups of unknown findings, want one", len(groups))
	}
	want := []thresholds.GapGroup{
		{Reason: "it is not known", Rules: []thresholds.RuleID{thresholds.NoLeader}},
		{Reason: "no metrics", Members: []string{"etcd-1", "etcd-2", "etcd-3"},
			Rules: []thresholds.RuleID{thresholds.WALFsyncSlow, thresholds.ProposalsQueued}},
		{Reason: "no metrics", Members: []string{"etcd-2"}, Rules: []thresholds.RuleID{thresholds.DBQuotaNear}},
		{Reason: "no quota", Members: []string{"etcd-3"},
			Rules: []thresholds.RuleID{thresholds.DBQuotaNear, thresholds.FollowerLagging}},
	}
	if got := unjudgedRules(groups[0], a.Inhibition()); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	var b paragraphs
	(page{rules: thresholds.NewRuleSet(thresholds.Rules())}).printUnjudged(&b, groups[0], a.Inhibition())
	for _, want := range []string{"5 rules can't be judged:\n", "it is not known: \"no leader\"\n"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("want %q in\n%s", want, b.String())
		}
	}
}

func TestTableMovesNoCursor(t *testing.T) {
	a := incident()
	a.Members[1].Label = "etcd\x1b[2J\r\u009b"
	var b bytes.Buffer
	if err := PrintTable(&b, a); err != nil {
		t.Fatal(err)
	}
	if strings.ContainsAny(b.String(), "\x1b\r\u009b") {
		t.Errorf("%q", b.String())
	}
}

// TestGrounds names a limit and its window once.
func TestGrounds(t *testing.T) {
	p := page{rules: thresholds.NewRuleSet(thresholds.Rules())}
	for name, test := range map[string]struct {
		rule   thresholds.RuleID
		level  thresholds.Level
		limit  float64
		unit   thresholds.Unit
		source string
		want   string
	}{
		"a limit": {rule: thresholds.WALFsyncSlow, level: thresholds.Notice, limit: 0.01, unit: thresholds.Seconds,
			source: "etcd FAQ; and more", want: "limit: from 10 ms on, for 15s (etcd FAQ; and more)"},
		"a window": {rule: thresholds.LeaderChanging, level: thresholds.Critical, limit: 3, unit: thresholds.Count,
			source: "etcdoc, 3 in 5 m", want: "limit: from 3 on in 5m (etcdoc, 3 in 5 m)"},
		"a condition": {rule: thresholds.QuorumLost, level: thresholds.Critical, unit: thresholds.Condition,
			source: "raft: so", want: "source: raft: so"},
	} {
		f := thresholds.Finding{Rule: test.rule, Level: test.level, Unit: test.unit, Source: test.source}
		if test.limit > 0 {
			f.Limit = probe.Known(test.limit)
		}
		if got := p.limitAndSource(&f); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}

// TestEvents: the table has the newest events, the wide one all, with the date if they span more than a day.
func TestEvents(t *testing.T) {
	a := incident()
	for i := range 25 {
		a.Events = append(a.Events, thresholds.Event{At: a.At.Add(time.Duration(i) * time.Minute),
			Level: thresholds.Warning, Text: fmt.Sprintf("event %d", i)})
	}
	text := func(p page) string {
		var b bytes.Buffer
		if err := p.print(&b, a); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	short := text(page{width: 80})
	if !strings.Contains(short, "Events:\n  … (-o wide shows 5 before these)\n  03:09:05Z  WARNING   event 5\n") ||
		strings.Contains(short, "event 4\n") || !strings.Contains(short, "event 24\n") {
		t.Error(short)
	}
	a.Events[24].At = a.At.Add(24 * time.Hour)
	if wide := text(page{width: 80, wide: true}); !strings.Contains(wide,
		"Events:\n  2026-01-02 03:04:05Z  WARNING   event 0\n") ||
		!strings.Contains(wide, "  2026-01-03 03:04:05Z  WARNING   event 24\n") {
		t.Error(wide)
	}
}

// TestYAMLIsTheJSON: the same fields with the same values, in the same order.
func TestYAMLIsTheJSON(t *testing.T) {
	a := incident()
	a.Reading.Text = "yes: 1e3 # \"quoted\"\nand more"
	a.Members[0].Label = "12345"
	var inJSON, inYAML bytes.Buffer
	if err := writeJSON(&inJSON, a.Document()); err != nil {
		t.Fatal(err)
	}
	if err := writeYAML(&inYAML, a.Document()); err != nil {
		t.Fatal(err)
	}
	var fromJSON, fromYAML any
	if err := json.Unmarshal(inJSON.Bytes(), &fromJSON); err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(inYAML.Bytes(), &fromYAML); err != nil {
		t.Fatal(err)
	}
	again, err := json.Marshal(fromYAML)
	if err != nil {
		t.Fatal(err)
	}
	var normal any
	if err := json.Unmarshal(again, &normal); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(normal, fromJSON) {
		t.Errorf("got\n%v\nwant\n%v", normal, fromJSON)
	}
	if text := inYAML.String(); !strings.HasPrefix(text, "schema: etcdoc/v1\nat: ") || strings.Contains(text, `{"`) {
		t.Errorf("the order or the style is JSON's own:\n%s", text)
	}
}

// TestProgressOnATerminal is one line that is cut to the width.
func TestProgressOnATerminal(t *testing.T) {
	var b bytes.Buffer
	a := incident()
	p := &progressLine{&statusLine{&b, func() int { return 40 }}, &question{failOn: thresholds.Warning}}
	p.report(61*time.Second, 5*time.Minute, a)
	p.end()
	if want := "\r\x1b[Kwaiting 1m01s of 5m00s: CRITICAL  etcd…\r\x1b[K"; b.String() != want {
		t.Errorf("%q, want %q", b.String(), want)
	}
}

// TestProgressInALog is a line for each change, without the numbers.
func TestProgressInALog(t *testing.T) {
	var b bytes.Buffer
	p := newProgress(&b, &question{asks: thresholds.AskCanLose, names: []string{"etcd-2"}})
	a := incident()
	for i := range 5 {
		a.Reading.Text = fmt.Sprintf("etcd-3 is down for %d s.", i)
		p.report(time.Second, time.Minute, a)
	}
	a.Members[1].CanLose.Verdict = thresholds.LossRisk
	p.report(time.Second, time.Minute, a)
	p.end()
	lines := strings.Split(strings.TrimSpace(b.String()), "\n")
	if len(lines) != 2 || !strings.HasPrefix(lines[0], "03:04:05Z  waiting: NO       etcd-2 must not be lost now") ||
		!strings.Contains(lines[1], "RISK") {
		t.Errorf("%q", lines)
	}
}

// TestTableListsTheChange: the table has the steps of a change that is under way, as the dashboard's checklist does.
func TestTableListsTheChange(t *testing.T) {
	a := incident()
	turn := func(place int, state thresholds.StepState, now string) thresholds.RollingStep {
		return thresholds.RollingStep{Kind: thresholds.StepMember, Member: a.Members[place].MemberRef, State: state,
			Before: "3.6.14", Now: now}
	}
	done, gone := turn(0, thresholds.StepDone, "3.7.3"), turn(2, thresholds.StepAway, "3.6.14")
	done.Away, done.Since = 20*time.Second, a.At.Add(-time.Minute)
	gone.Away, gone.MarkUntil = 12*time.Second, a.At.Add(5*time.Minute)
	r := &a.Rolling
	r.From, r.To, r.Progress = "3.6.14", "3.7.3", "3.6.14 → 3.7.3: 1 of 3, etcd-3 away"
	r.Steps = []thresholds.RollingStep{done, gone,
		{Kind: thresholds.StepMoveLeader, From: a.Members[1].MemberRef, Member: a.Members[0].MemberRef,
			State: thresholds.StepWaiting},
		turn(1, thresholds.StepWaiting, "3.6.14")}
	var b bytes.Buffer
	if err := (page{width: 200, rules: thresholds.NewRuleSet(thresholds.Rules())}).print(&b, a); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"  3.6.14 → 3.7.3: 1 of 3, etcd-3 away\n",
		"  " + a.Members[0].Label + ": done, 3.6.14 → 3.7.3, was away 20s, 1m00s ago\n",
		"  " + a.Members[2].Label + ": away, 3.6.14, for 12s, announced, 5m00s left\n",
		"  leadership from " + a.Members[1].Label + " to " + a.Members[0].Label + ": waiting\n",
		"  " + a.Members[1].Label + ": waiting, 3.6.14\n",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is missing:\n%s", want, b.String())
		}
	}
}

// TestPlainReportsSteps: a line for each change of what is next, of how far a change has come, or of whether to go on.
func TestPlainReportsSteps(t *testing.T) {
	var b bytes.Buffer
	p := &plainLog{w: &b}
	a := incident()
	r := &a.Rolling
	r.Checks = nil
	for _, m := range a.Members[:2] {
		r.Order = append(r.Order, m.MemberRef)
		r.Steps = append(r.Steps, thresholds.RollingStep{Kind: thresholds.StepMember, Member: m.MemberRef,
			State: thresholds.StepWaiting})
	}
	write := func(want string) {
		t.Helper()
		b.Reset()
		p.writeStep(a)
		if got := b.String(); want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("wrote %q, want %q", got, want)
		}
	}
	r.Phase, r.Wait, r.WaitFrom = thresholds.PhaseWait, r.Blocked, thresholds.WaitFromBlocked
	write("STEP      not ready: " + r.Blocked)
	r.Phase, r.Wait, r.Blocked = thresholds.PhaseOrder, "", ""
	write("STEP      ready for the next one: ")
	write("")
	r.Steps[0].State, r.Steps[1].State = thresholds.StepDone, thresholds.StepNext
	r.Began, r.Phase = a.At, thresholds.PhaseNext
	write("STEP      1 of 2 done; ready for " + a.Members[1].Label + ": ")
	write("")
	r.Checks = []thresholds.RollingCheck{
		{Name: thresholds.CheckLeader, Status: thresholds.CheckFailed, Text: "no leader"}}
	r.Phase, r.Wait, r.WaitFrom = thresholds.PhaseWait, "no leader", thresholds.WaitFromCheck
	write("STEP      1 of 2 done; not ready: [FAIL] no leader")
	write("")
	r.Phase, r.Wait, r.WaitFrom = thresholds.PhaseUnknown, "apply lag of etcd-2 not known", thresholds.WaitFromBlocked
	write("STEP      1 of 2 done; whether ready is not known: apply lag of etcd-2 not known; [FAIL] no leader")
	r.Phase, r.Wait = "", ""
	write("STEP      1 of 2 done; whether ready is not known: [FAIL] no leader")
	r.Phase, r.Steps[1].State = thresholds.PhaseDone, thresholds.StepDone
	write("STEP      2 of 2 done; all have had their turn: ")
}
