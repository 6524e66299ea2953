package cli

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

// threeMembers is an assessment of a cluster with what an answer needs.
func threeMembers(level thresholds.Level, verdicts ...thresholds.Verdict) *thresholds.Assessment {
	a := &thresholds.Assessment{Level: level, Reading: thresholds.Reading{Cause: "a-cause", Text: "The text."}}
	a.Cluster.MemberListKnown, a.Cluster.Voters, a.Cluster.HealthyVoters, a.Cluster.Quorum = true, 3, 3, 2
	for i, verdict := range verdicts {
		name := "etcd-" + string(rune('1'+i))
		a.Members = append(a.Members, thresholds.Member{
			MemberRef: thresholds.MemberRef{Key: name, ID: probe.MemberID(0xa0 + i), Label: name},
			State:     thresholds.StateOK,
			Endpoints: []string{"https://" + name + ".example:2379"},
			CanLose:   thresholds.CanLose{Verdict: verdict, Reason: "the reason"},
		})
	}
	return a
}

func TestExitCodes(t *testing.T) {
	for _, test := range []struct {
		level, failOn thresholds.Level
		want          int
		nagios        int
	}{
		{thresholds.OK, thresholds.Notice, 0, nagiosOK},
		{thresholds.Notice, thresholds.Notice, 1, nagiosWarning},
		{thresholds.Notice, thresholds.Unknown, 0, nagiosOK},
		{thresholds.Unknown, thresholds.Unknown, 1, nagiosUnknown},
		{thresholds.Unknown, thresholds.Warning, 0, nagiosUnknown},
		{thresholds.Warning, thresholds.Warning, 1, nagiosWarning},
		{thresholds.Warning, thresholds.Critical, 0, nagiosOK},
		{thresholds.Critical, thresholds.Critical, 1, nagiosCritical},
		{thresholds.Critical, thresholds.Notice, 1, nagiosCritical},
	} {
		q := question{failOn: test.failOn, quorum: true}
		a := threeMembers(test.level)
		if got := q.code(a); got != test.want {
			t.Errorf("%s with --fail-on %s: %d, want %d", test.level, test.failOn, got, test.want)
		}
		if got := q.nagiosCode(a); got != test.nagios {
			t.Errorf("%s with --fail-on %s: plug-in's %d, want %d", test.level, test.failOn, got, test.nagios)
		}
	}
	untrusted := threeMembers(thresholds.Critical)
	untrusted.Reading.Cause = thresholds.CauseNotTrusted
	undecided := threeMembers(thresholds.Unknown)
	undecided.Findings = []thresholds.Finding{{Rule: thresholds.QuorumLost, Level: thresholds.Unknown}}
	for name, a := range map[string]*thresholds.Assessment{"not trusted": untrusted, "quorum not seen": undecided} {
		q := question{failOn: thresholds.Warning, quorum: true}
		if q.code(a) != ExitNotDone || q.nagiosCode(a) != nagiosUnknown {
			t.Errorf("%s: %d and %d, want 2 and 3", name, q.code(a), q.nagiosCode(a))
		}
	}
}

// TestWithoutDiscovery: with --cluster=false a check passes if a linearizable read proves a quorum, and says that the
// rest of the cluster is unknown.
func TestWithoutDiscovery(t *testing.T) {
	t.Parallel()
	q := question{failOn: thresholds.Warning, proof: true}
	if a := threeMembers(thresholds.Unknown); q.code(a) != ExitNotDone || q.nagiosCode(a) != nagiosUnknown {
		t.Errorf("no read proves a quorum: exit codes %d and %d, want 2 and 3", q.code(a), q.nagiosCode(a))
	}
	member := threeVoters.Use(t).Endpoints()[0]
	code, a := checked(t, "--cluster=false", "--window", "0", "--endpoints", member)
	if code != ExitHealthy || a.Level != "unknown" || !strings.Contains(a.Reading.Text, "a linearizable read proves") {
		t.Errorf("exit code %d, %s: %s", code, a.Level, a.Reading.Text)
	}
	if code, out, _ := etcdoc(t, "check", "--cluster=false", "--window", "0", "--endpoints", member,
		"--fail-on", "unknown"); code != ExitUnhealthy {
		t.Errorf("--fail-on unknown: exit code %d: %s", code, out)
	}
}

// TestAMemberThatIsDownIsNoneToKeep: where the quorum is lost, the answer about one that is down says so, as the table
// does; one that may still take part must not be lost.
func TestAMemberThatIsDownIsNoneToKeep(t *testing.T) {
	a := threeMembers(thresholds.Critical, thresholds.LossNo, thresholds.LossNo, thresholds.LossNo)
	for i := range 2 {
		m := &a.Members[i]
		m.State, m.Condition.Word, m.DownProven = thresholds.StateDown, thresholds.ConditionDown, i == 0
	}
	for member, want := range map[string]string{
		"etcd-1": "NO       etcd-1 is down already: the reason",
		"etcd-2": "NO       etcd-2 must not be lost now: the reason",
	} {
		q := question{asks: thresholds.AskCanLose, names: []string{member}}
		if got := q.verdict(a).String(); got != want || q.code(a) != ExitUnhealthy {
			t.Errorf("%q, exit code %d, want %q and 1", got, q.code(a), want)
		}
	}
}

func TestCanLoseCodes(t *testing.T) {
	// The level of the cluster does not matter.
	a := threeMembers(thresholds.Critical, thresholds.LossSafe, thresholds.LossRisk, thresholds.LossNo,
		thresholds.LossUnknown)
	for _, test := range []struct {
		member        string
		code, lenient int
		nagios        int
		says          string
	}{
		{"etcd-1", 0, 0, nagiosOK, "SAFE     etcd-1 may be lost now: the reason"},
		{"etcd-2", 1, 0, nagiosWarning, "RISK     losing etcd-2 now is a risk: the reason"},
		{"etcd-3", 1, 1, nagiosCritical, "NO       etcd-3 must not be lost now: the reason"},
		{"etcd-4", 2, 2, nagiosUnknown, "UNKNOWN  it is unknown whether etcd-4 may be lost now: the reason"},
		{"etcd-5", 2, 2, nagiosUnknown, "UNKNOWN  --can-lose etcd-5: there is no such member; there are etcd-1 (a0), " +
			"etcd-2 (a1), etcd-3 (a2), etcd-4 (a3)"},
	} {
		q := question{asks: thresholds.AskCanLose, names: []string{test.member}}
		lenient := q
		lenient.acceptRisk = true
		if got := q.code(a); got != test.code {
			t.Errorf("%s: %d, want %d", test.member, got, test.code)
		}
		if got := lenient.code(a); got != test.lenient {
			t.Errorf("%s with --accept-risk: %d, want %d", test.member, got, test.lenient)
		}
		if got := q.nagiosCode(a); got != test.nagios {
			t.Errorf("%s: plug-in's %d, want %d", test.member, got, test.nagios)
		}
		if got := q.verdict(a).String(); got != test.says {
			t.Errorf("%s: %q, want %q", test.member, got, test.says)
		}
	}
}

func TestFindMember(t *testing.T) {
	a := threeMembers(thresholds.OK, thresholds.LossSafe, thresholds.LossSafe, thresholds.LossSafe)
	for _, name := range []string{"etcd-2", "a1", "0xA1", "https://etcd-2.example:2379", "https://etcd-2.example:2379/",
		"etcd-2.example:2379"} {
		q := question{asks: thresholds.AskCanLose, names: []string{name}}
		if m, err := q.find(a); err != nil || len(m) != 1 || m[0].Label != "etcd-2" {
			t.Errorf("%s: %v, %v", name, m, err)
		}
	}
	for _, name := range []string{"etcd", "1", "example", "etcd-2.example"} {
		q := question{asks: thresholds.AskCanLose, names: []string{name}}
		var notYet notYetError
		if m, err := q.find(a); err == nil || errors.As(err, &notYet) || !q.isUnanswerable(a) {
			t.Errorf("%s: found %v, %v, want an error for good", name, m, err)
		}
	}
	a.Members[0].Label = "etcd-2"
	q := question{asks: thresholds.AskCanLose, names: []string{"etcd-2"}}
	if _, err := q.find(a); err == nil || !strings.Contains(err.Error(), "etcd-2 (a0), etcd-2 (a1)") {
		t.Errorf("two members of one name: %v", err)
	}
	a.Members, a.Cluster.MemberListKnown = nil, false
	if q.isUnanswerable(a) || q.code(a) != ExitNotDone {
		t.Error("the answer is final although the member list is not known yet")
	}
}

func TestNagiosLine(t *testing.T) {
	a := threeMembers(thresholds.Warning, thresholds.LossSafe, thresholds.LossNo)
	a.Reading.Text = "One | two\nthree."
	a.Members[0].Label = "it's=one"
	a.Members[0].Vitals[thresholds.WALFsyncP99] = probe.Known(0.048)
	a.Members[0].Vitals[thresholds.DBSize] = probe.Known(1 << 30)
	a.Members[1].Vitals[thresholds.ProposalsPending] = probe.Known(3)
	a.Members[1].Stale, a.Members[1].MetricsStale = true, true
	var b bytes.Buffer
	code, err := printNagios(&b, &question{failOn: thresholds.Warning}, a, thresholds.NewRuleSet(thresholds.Rules()))
	const want = "ETCD WARNING - One / two\\nthree. | healthy_voters=3;;2:;0;3 'itsone " +
		"wal_fsync_p99_seconds'=0.048s;0.1;0.5;0 'itsone db_size_bytes'=1073741824B;;;0\n"
	if err != nil || code != nagiosWarning || b.String() != want {
		t.Errorf("got %d, %v\n%swant\n%s", code, err, b.String(), want)
	}
	b.Reset()
	q := &question{asks: thresholds.AskCanLose, names: []string{"etcd-2"}}
	if code, _ = printNagios(&b, q, a, thresholds.RuleSet{}); code != nagiosCritical ||
		!strings.HasPrefix(b.String(), "ETCD CRITICAL - etcd-2 must not be lost now: the reason | ") {
		t.Errorf("%d, %s", code, b.String())
	}
	code, stdout, _ := etcdoc(t, "--once", "-o", "nagios", "--cacert", "/no/such.crt")
	if code != nagiosUnknown || !strings.HasPrefix(stdout, "ETCD UNKNOWN - ") || strings.Count(stdout, "\n") != 1 {
		t.Errorf("a plug-in that can't check: %d, %q", code, stdout)
	}
}

// TestNagiosMistakes: a plug-in with wrong arguments answers in the plug-in's format, and not as CRITICAL.
func TestNagiosMistakes(t *testing.T) {
	t.Setenv(outputVariable, "")
	for name, test := range map[string]struct {
		args        []string
		environment string
		code        int
		want        string
	}{
		"an unknown flag": {[]string{"check", "--foo", "-o", "nagios"}, "", nagiosUnknown,
			"ETCD UNKNOWN - unknown flag: --foo"},
		"a bad duration": {[]string{"--once", "--output=nagios", "--wait", "5"}, "", nagiosUnknown,
			`ETCD UNKNOWN - --wait "5": want a duration, such as 3s or 5m`},
		"a conflict": {[]string{"check", "-onagios", "--accept-risk"}, "", nagiosUnknown,
			"ETCD UNKNOWN - --accept-risk goes with --can-lose"},
		"no such configuration": {[]string{"check", "--config", "/nowhere/there.yaml"}, "nagios", nagiosUnknown,
			"ETCD UNKNOWN - reading --config"},
		"a flag wins": {[]string{"check", "-o", "table", "--foo"}, "nagios", ExitNotDone, ""},
		"not a check": {[]string{"watch", "--foo"}, "nagios", ExitNotDone, ""},
		"nobody that could answer": {[]string{"check", "-o", "nagios", "--window", "0", "--endpoints", "127.0.0.1:1"},
			"", nagiosCritical, "ETCD CRITICAL - "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(outputVariable, test.environment)
			code, stdout, stderr := etcdoc(t, test.args...)
			if code != test.code || !strings.HasPrefix(stdout, test.want) || (stdout == "") != (test.want == "") ||
				(stderr == "") != (test.want != "") {
				t.Errorf("exit code %d, stdout %q, stderr %q: want %d and %q", code, stdout, stderr, test.code,
					test.want)
			}
			if strings.Contains(stdout, "|") || stdout != "" && strings.Count(stdout, "\n") != 1 {
				t.Errorf("%q: want one line, and no perfdata where there is none", stdout)
			}
		})
	}
}

// TestHelpFitsATerminal: flags and their texts are wrapped.
func TestHelpFitsATerminal(t *testing.T) {
	for _, args := range [][]string{{"--help"}, {"check", "--help"}, {"watch", "--help"}, {"config", "--help"}} {
		_, stdout, _ := etcdoc(t, args...)
		for line := range strings.Lines(stdout) {
			if size := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); size > defaultWidth {
				t.Errorf("%v: a line of %d columns: %q", args, size, line)
			}
		}
	}
}

// TestNamesOfAnotherCluster: a name identifies a member only if no other cluster that answers has, or may have, one
// of that name. An id or an endpoint always does.
func TestNamesOfAnotherCluster(t *testing.T) {
	for name, test := range map[string]struct {
		other   *thresholds.OtherCluster
		ask     string
		code    int
		forGood bool
		says    string
	}{
		"an equal name": {&thresholds.OtherCluster{ID: 0xbad, Names: []string{"etcd-1"}}, "etcd-1", 2, true,
			"another cluster (bad, p:2379) has a member of this name"},
		"another member's of there": {&thresholds.OtherCluster{ID: 0xbad, Names: []string{"p", "etcd-1"}}, "etcd-1", 2,
			true, "name the member by its id or an endpoint: etcd-1 (a0)"},
		"names not known": {&thresholds.OtherCluster{ID: 0xbad}, "etcd-1", 2, false,
			"is not known: name the member by its id or an endpoint"},
		"other names": {&thresholds.OtherCluster{ID: 0xbad, Names: []string{"p"}}, "etcd-1", 0, false,
			"SAFE"},
		"only there": {&thresholds.OtherCluster{ID: 0xbad, Names: []string{"p"}}, "p", 2, true,
			"another cluster (bad, p:2379) has a member of this name"},
		"by its id": {&thresholds.OtherCluster{ID: 0xbad}, "a0", 0, false, "SAFE"},
		"by an endpoint": {&thresholds.OtherCluster{ID: 0xbad, Names: []string{"etcd-1"}},
			"etcd-1.example:2379", 0, false, "SAFE"},
		"one of there by an id": {&thresholds.OtherCluster{ID: 0xbad, Names: []string{"etcd-1"}}, "b0", 2, false,
			"it is unknown"},
		"one of there by endpoint": {&thresholds.OtherCluster{ID: 0xbad, Names: []string{"etcd-1"}}, "http://p:2379",
			2, false, "it is unknown"},
		"one cluster": {nil, "etcd-1", 0, false, "SAFE"},
	} {
		a := threeMembers(thresholds.OK, thresholds.LossSafe, thresholds.LossSafe, thresholds.LossSafe)
		a.Members = append(a.Members, thresholds.Member{
			MemberRef: thresholds.MemberRef{Key: "b0", ID: 0xb0, Label: "p:2379"}, Endpoints: []string{"http://p:2379"},
			Other:   test.other,
			CanLose: thresholds.CanLose{Verdict: thresholds.LossUnknown, Reason: "it is a member of another cluster"},
		})
		q := question{asks: thresholds.AskCanLose, names: []string{test.ask}}
		if got := q.code(a); got != test.code || q.isUnanswerable(a) != test.forGood ||
			!strings.Contains(q.verdict(a).String(), test.says) {
			t.Errorf("%s: %d, for good %v: %s", name, got, q.isUnanswerable(a), q.verdict(a))
		}
	}
}

// TestStable passes only after that long without a break: neither a bad answer nor a time when nobody looked.
func TestStable(t *testing.T) {
	t.Parallel()
	q := &question{failOn: thresholds.Warning, streak: streak{stable: 30 * time.Second}}
	at := time.Unix(1_700_000_000, 0)
	look := func(after time.Duration, level thresholds.Level) int {
		at = at.Add(after)
		a := threeMembers(level, thresholds.LossSafe, thresholds.LossSafe, thresholds.LossSafe)
		a.At = at
		q.note(a)
		return q.code(a)
	}
	steps := []struct {
		after time.Duration
		level thresholds.Level
		want  int
	}{
		{0, thresholds.OK, ExitUnhealthy}, {4 * time.Second, thresholds.Warning, ExitUnhealthy},
	}
	for range 30 {
		steps = append(steps, struct {
			after time.Duration
			level thresholds.Level
			want  int
		}{time.Second, thresholds.Notice, ExitUnhealthy})
	}
	for i, step := range steps {
		if got := look(step.after, step.level); got != step.want {
			t.Fatalf("step %d: exit code %d, want %d", i, got, step.want)
		}
	}
	if got := look(time.Second, thresholds.OK); got != ExitHealthy {
		t.Errorf("after 30 s without a break: exit code %d", got)
	}
	if got := look(time.Minute, thresholds.OK); got != ExitUnhealthy {
		t.Errorf("after a minute when nobody looked: exit code %d", got)
	}
}
