package cli

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/etcdoc/etcdoc/probe/etcdtest"
)

// verdictReport is the part of a check's JSON that these tests use.
type verdictReport struct {
	Level   string
	Cluster struct {
		HealthyVoters int `json:"healthy_voters"`
		UnknownVoters int `json:"unknown_voters"`
		Tolerance     *int
	}
	Reading struct {
		Cause, Headline, Text, Next string
		About, Steps                []string
		NotLookedAt                 []string `json:"not_looked_at"`
	}
	Recovery struct{ Warranted, Newest, Text string }
	Rolling  struct{ Phase, Next string }
	Findings []reported
	Members  []struct {
		Name      string
		State     string
		Condition struct{ Word string }
		CanLose   struct{ Verdict, Ground string } `json:"can_lose"`
	}
}

type reported struct{ Rule, Level, Member, Summary string }

func checked(t *testing.T, args ...string) (code int, a verdictReport) {
	t.Helper()
	code, stdout, stderr := etcdoc(t, append([]string{"check", "-o", "json", "--config", lenient(t)}, args...)...)
	if err := json.Unmarshal([]byte(stdout), &a); err != nil {
		t.Fatalf("%v in %q, %q", err, stdout, stderr)
	}
	return code, a
}

// TestNoMemberIsSafeDuringAnIncident: while NOSPACE is raised, and when the only step left is to disarm it.
func TestNoMemberIsSafeDuringAnIncident(t *testing.T) {
	t.Parallel()
	c := etcdtest.New(t, etcdtest.Config{})
	alarm := &pb.AlarmRequest{Action: pb.AlarmRequest_ACTIVATE, MemberID: c.Members()[0].ID,
		Alarm: pb.AlarmType_NOSPACE}
	if _, err := pb.NewMaintenanceClient(c.Client().ActiveConnection()).Alarm(t.Context(), alarm); err != nil {
		t.Fatal(err)
	}
	_, a := checked(t, "--endpoints", endpoints(c))
	if a.Reading.Cause != "no-space" || !slices.Equal(a.Reading.Steps, []string{"disarm"}) {
		t.Errorf("the database has room: %+v", a.Reading)
	}
	if a.Rolling.Phase != "wait" || a.Rolling.Next != "" {
		t.Errorf("to change all of them: %+v", a.Rolling)
	}
	for _, m := range a.Members {
		if m.CanLose.Verdict != "risk" || m.CanLose.Ground != "incident" {
			t.Errorf("losing %s: %+v, want a risk", m.Name, m.CanLose)
		}
	}
	if code, stdout, _ := etcdoc(t, "check", "--config", lenient(t), "--endpoints", endpoints(c),
		"--can-lose", "etcd-2"); code != ExitUnhealthy {
		t.Errorf("exit code %d: %s", code, stdout)
	}
	if _, err := c.Client().AlarmDisarm(t.Context(), &clientv3.AlarmMember{}); err != nil {
		t.Fatal(err)
	}
	if code, stdout, _ := etcdoc(t, "check", "--config", lenient(t), "--endpoints", endpoints(c),
		"--can-lose", "etcd-2"); code != ExitHealthy {
		t.Errorf("disarmed: exit code %d: %s", code, stdout)
	}
}

// TestUnstartedVoter: it counts as a voter that is not there, and is blamed.
func TestUnstartedVoter(t *testing.T) {
	t.Parallel()
	for size, want := range map[int]string{1: "quorum-lost", 3: "member-down"} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			t.Parallel()
			c := etcdtest.New(t, etcdtest.Config{Size: size})
			all := endpoints(c)
			if _, err := c.AddUnstarted(t.Context()); err != nil {
				t.Fatal(err)
			}
			_, a := checked(t, "--endpoints", all, "--wait", "0s")
			if a.Reading.Cause != want {
				t.Errorf("%d voters and one that never ran: %+v", size, a.Reading)
			}
			for _, m := range a.Members {
				if !strings.HasPrefix(m.Name, "etcd-") { // the new one has no name yet
					if m.Condition.Word != "NEVER UP" {
						t.Errorf("%d voters: the one that never ran is %s", size, m.Condition.Word)
					}
					continue
				}
				if m.CanLose.Verdict == "safe" || m.CanLose.Verdict == "risk" {
					t.Errorf("%d voters and one that never ran: losing %s is %+v", size, m.Name, m.CanLose)
				}
			}
		})
	}
}

// TestMetricsOutOfReach: whatever is unknown about the survivors makes the verdict unknown, and leaves the cluster
// healthy.
func TestMetricsOutOfReach(t *testing.T) {
	t.Parallel()
	c := etcdtest.New(t, etcdtest.Config{Metrics: true, GRPCOnly: true})
	code, a := checked(t, "--endpoints", endpoints(c))
	if code != ExitHealthy || a.Level == "warning" || a.Reading.Cause != "healthy" || a.Rolling.Phase != "unknown" {
		t.Errorf("exit code %d, %s: %+v, %s", code, a.Level, a.Reading, a.Rolling.Phase)
	}
	for _, m := range a.Members {
		if m.CanLose.Verdict != "unknown" || m.CanLose.Ground != "health" { // it begins with whom the leader hears
			t.Errorf("losing %s: %+v, want unknown", m.Name, m.CanLose)
		}
	}
	if code, stdout, _ := etcdoc(t, "check", "--config", lenient(t), "--endpoints", endpoints(c),
		"--can-lose", "etcd-2"); code != ExitNotDone {
		t.Errorf("exit code %d: %s", code, stdout)
	}
}

// TestRemovedUnknowing: a member that was removed while it was cut off still runs. The removal is proven whatever the
// window, so the member may be stopped, and is named.
func TestRemovedUnknowing(t *testing.T) {
	t.Parallel()
	c := etcdtest.New(t, etcdtest.Config{PeerProxies: true})
	leader, err := c.Leader(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	removed := c.Members()[slices.IndexFunc(c.Members(), func(m *etcdtest.Member) bool { return m != leader })]
	if err := c.RemoveIsolated(t.Context(), removed); err != nil {
		t.Fatal(err)
	}
	waitForLeader(t, c)
	for _, window := range [][]string{nil, {"--window", "0"}, {"--window", "2s"}} {
		code, a := checked(t, append(window, "--endpoints", endpoints(c))...)
		if code != ExitUnhealthy || a.Reading.Cause != "membership-mismatch" ||
			!slices.ContainsFunc(a.Findings, func(f reported) bool {
				return f.Rule == "member-list-mismatch" && f.Level != "unknown"
			}) {
			t.Errorf("%v: exit code %d: %+v", window, code, a.Reading)
		}
		args := append([]string{"check", "--config", lenient(t), "--endpoints", endpoints(c), "--can-lose",
			removed.ClientURL}, window...)
		if code, stdout, _ := etcdoc(t, args...); code != ExitHealthy {
			t.Errorf("%v: exit code %d: %s", window, code, stdout)
		}
	}
}
