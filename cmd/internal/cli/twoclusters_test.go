package cli

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"

	"github.com/etcdoc/etcdoc/probe/etcdtest"
)

// TestTwoClusters: some endpoints are of a cluster whose NOSPACE alarm is still raised over a freed database, and one
// is a member of another cluster, with much data and the name of one of our members. No advice uses its figures or
// goes to it, and no verdict of ours answers for the ambiguous name.
func TestTwoClusters(t *testing.T) {
	t.Parallel()
	ours := etcdtest.New(t, etcdtest.Config{Args: []string{"--quota-backend-bytes=16777216"}})
	other := etcdtest.New(t, etcdtest.Config{Size: 1, Args: []string{"--quota-backend-bytes=16777216"}})
	for i := range 8 {
		_, err := other.Client().Put(t.Context(), fmt.Sprintf("live-%d", i), strings.Repeat("v", 1<<20))
		if err != nil {
			t.Fatal(err)
		}
	}
	alarm := &pb.AlarmRequest{Action: pb.AlarmRequest_ACTIVATE, MemberID: ours.Members()[0].ID,
		Alarm: pb.AlarmType_NOSPACE}
	if _, err := pb.NewMaintenanceClient(ours.Client().ActiveConnection()).Alarm(t.Context(), alarm); err != nil {
		t.Fatal(err)
	}
	all := endpoints(ours) + "," + endpoints(other)
	_, a := checked(t, "--endpoints", all)
	port := strings.TrimPrefix(endpoints(other), "http://")
	if a.Reading.Cause != "no-space" || !slices.Equal(a.Reading.Steps, []string{"disarm"}) ||
		strings.Contains(a.Reading.Next, port) {
		t.Errorf("%+v", a.Reading)
	}
	name := ours.Members()[0].Name
	code, stdout, stderr := etcdoc(t, "check", "--config", lenient(t), "--endpoints", all, "--can-lose", name)
	if code != ExitNotDone || !strings.Contains(stdout+stderr, "has a member of this name") {
		t.Errorf("exit code %d for a name of both: %s %s", code, stdout, stderr)
	}
	id := fmt.Sprintf("%x", ours.Members()[0].ID)
	if code, stdout, stderr = etcdoc(t, "check", "--config", lenient(t), "--endpoints", all,
		"--can-lose", id); code != ExitUnhealthy {
		t.Errorf("exit code %d for an id: %s %s", code, stdout, stderr)
	}
}

// TestTwoClustersWithoutDiscovery: the endpoints are of two clusters, without a search for their members. Each has a
// leader, usually in the same term. The only finding is that there are two clusters.
func TestTwoClustersWithoutDiscovery(t *testing.T) {
	t.Parallel()
	ours, other := oneVoter.Use(t), etcdtest.New(t, etcdtest.Config{Size: 1})
	for _, all := range []string{endpoints(ours) + "," + endpoints(other), endpoints(other) + "," + endpoints(ours)} {
		_, a := checked(t, "--cluster=false", "--endpoints", all)
		for _, f := range a.Findings {
			if f.Rule != "cluster-id-mismatch" && (f.Level == "warning" || f.Level == "critical") {
				t.Errorf("%s %s: %s", f.Level, f.Rule, f.Summary)
			}
		}
		if a.Level != "warning" || a.Reading.Cause != "membership-mismatch" {
			t.Errorf("%s: %+v", a.Level, a.Reading)
		}
	}
}

// TestTwoClustersWithAMemberDown: in the cluster that is not judged a member is down. Its own cluster lists its URL,
// so no finding says that the endpoint is nobody's or should be dropped.
func TestTwoClustersWithAMemberDown(t *testing.T) {
	t.Parallel()
	ours, other := oneVoter.Use(t), etcdtest.New(t, etcdtest.Config{})
	if err := other.Members()[2].Kill(); err != nil {
		t.Fatal(err)
	}
	names := func(c *etcdtest.Cluster, n int) string {
		return strings.Join(strings.Split(endpoints(c), ",")[:n], ",")
	}
	down := strings.TrimPrefix(other.Members()[2].ClientURL, "http://")
	for _, args := range [][]string{
		{"--endpoints", endpoints(ours) + "," + names(other, 1) + "," + other.Members()[2].ClientURL},
		{"--cluster=false", "--endpoints", endpoints(ours) + "," + names(other,
			1) + "," + other.Members()[2].ClientURL},
	} {
		_, a := checked(t, args...)
		said := false
		for _, f := range a.Findings {
			if f.Rule == "endpoint-stray" {
				t.Errorf("%v: %s %s", args, f.Rule, f.Summary)
			}
			said = said || f.Rule == "member-unreachable" && f.Member == down && f.Level == "notice"
		}
		if !said {
			t.Errorf("%v: %+v, %+v", args, a.Reading, a.Findings)
		}
	}
}
