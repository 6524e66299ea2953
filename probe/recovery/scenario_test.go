package recovery_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/probe/etcdtest"
	"github.com/etcdoc/etcdoc/probe/keyspace"
	"github.com/etcdoc/etcdoc/probe/recovery"
)

func killAll(t *testing.T, members ...*etcdtest.Member) {
	t.Helper()
	for _, m := range members {
		if err := m.Kill(); err != nil {
			t.Fatal(err)
		}
	}
}

func read(t *testing.T, paths ...string) *recovery.Analysis {
	t.Helper()
	a, err := recovery.Read(t.Context(), recovery.Options{Paths: paths})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func put(t *testing.T, m *etcdtest.Member, key string) {
	t.Helper()
	if _, err := m.Client().Put(t.Context(), key, "v"); err != nil {
		t.Fatal(err)
	}
}

// TestLearnerIsOnlyRestored: etcd --force-new-cluster does not start with a learner's data.
func TestLearnerIsOnlyRestored(t *testing.T) {
	c := etcdtest.New(t, etcdtest.Config{Size: 1})
	voter := c.Members()[0]
	learner, err := c.AddLearner(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	put(t, voter, "a")
	killAll(t, voter, learner)
	a := read(t, learner.DataDir, voter.DataDir)
	first, second := a.Survivors[0], a.Survivors[1]
	if first.Path == learner.DataDir { // it may know of more that is committed
		first, second = second, first
	}
	if a.Warrant != recovery.NotWarranted || len(a.Voters) != 1 || len(a.Members) != 2 {
		t.Errorf("%+v", a)
	}
	if first.How != recovery.ForceNewCluster || second.How != recovery.Restore || !second.Learner ||
		!strings.Contains(strings.Join(second.Problems, ""), "learner") {
		t.Errorf("%+v, %+v", first, second)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if _, err := c.Fork(ctx, learner); err == nil || !strings.Contains(err.Error(), "removed all voters") {
		t.Errorf("etcd starts with it: %v", err)
	}
}

// TestNeverStarted: a voter was added and never ran, and took the quorum with it.
func TestNeverStarted(t *testing.T) {
	c := etcdtest.New(t, etcdtest.Config{Size: 1})
	m := c.Members()[0]
	put(t, m, "a")
	if _, err := c.Client().MemberAdd(t.Context(), []string{"http://127.0.0.1:9"}); err != nil {
		t.Fatal(err)
	}
	killAll(t, m)
	a := read(t, m.DataDir)
	if a.Warrant != recovery.StartsNewVoter || len(a.Voters) != 2 || a.Missing != 1 || a.UnseenQuorum {
		t.Fatalf("%+v", a)
	}
	for _, v := range a.Voters {
		if isNew := v.Name == ""; isNew != (v.Standing == recovery.NeverStarted) {
			t.Errorf("%+v", v)
		}
	}
}

// TestSplit: a member was built anew while the others went on.
func TestSplit(t *testing.T) {
	c := etcdtest.New(t, etcdtest.Config{})
	members := c.Members()
	put(t, members[0], "a")
	killAll(t, members...)
	fork, err := c.Fork(t.Context(), members[0])
	if err != nil {
		t.Fatal(err)
	}
	for range 20 {
		put(t, fork, "of the fork")
	}
	killAll(t, fork)
	if a := read(t, fork.DataDir, members[1].DataDir); a.Best().Path != fork.DataDir || len(a.Voters) != 1 {
		t.Errorf("%+v", a)
	}
	started := make(chan error, 1)
	go func() { started <- members[1].Restart(t.Context()) }()
	if err := errors.Join(members[2].Restart(t.Context()), <-started); err != nil {
		t.Fatal(err)
	}
	for range 20 {
		put(t, members[1], "of the others")
	}
	killAll(t, members[1], members[2])
	var split *recovery.SplitError
	both := recovery.Options{Paths: []string{fork.DataDir, members[2].DataDir}}
	if _, err := recovery.Read(t.Context(), both); !errors.As(err, &split) ||
		!strings.Contains(err.Error(), "different entries at index") {
		t.Errorf("%v", err)
	}
}

// TestSnapshots compares a snapshot with what came after it, also after a compaction that has removed what was deleted.
func TestSnapshots(t *testing.T) {
	c := etcdtest.New(t, etcdtest.Config{Size: 1})
	m, client := c.Members()[0], c.Client()
	for _, key := range []string{"/a/kept", "/a/changed", "/a/deleted"} {
		put(t, m, key)
	}
	file := filepath.Join(t.TempDir(), "snapshot.db")
	stream, err := client.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(stream)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	put(t, m, "/a/changed")
	put(t, m, "/b/new")
	put(t, m, "/b/passing")
	for _, key := range []string{"/a/deleted", "/b/passing"} {
		if _, err := client.Delete(t.Context(), key); err != nil {
			t.Fatal(err)
		}
	}
	compare := func(deletedAt bool) {
		t.Helper()
		a := read(t, file, m.DataDir)
		s := a.Survivors[1]
		if s.Path != file || s.How != recovery.Restore || *s.Loss.Revisions < 5 {
			t.Fatalf("%+v", s)
		}
		want := map[string]recovery.Change{"/a/changed": recovery.Older, "/b/new": recovery.Gone, "/a/deleted": recovery.Back}
		for _, k := range s.Loss.Keys {
			if k.Change != recovery.Passing && want[k.Name] != k.Change {
				t.Errorf("%+v", k)
			}
			if k.Name == "/a/deleted" && (k.Revision > 0) != deletedAt {
				t.Errorf("deleted at %d", k.Revision)
			}
			delete(want, k.Name)
		}
		if len(want) > 0 || s.Loss.Why != "" {
			t.Errorf("%v are not said to be lost: %s", want, s.Loss.Why)
		}
	}
	killAll(t, m)
	compare(true)
	if err := m.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	put(t, m, "/b/new")
	if err := c.Compact(t.Context()); err != nil {
		t.Fatal(err)
	}
	killAll(t, m)
	compare(false)
}

// TestFromSweep: members that answer are ranked by what they have as committed.
func TestFromSweep(t *testing.T) {
	t.Parallel()
	now := time.Now()
	answer := func(id probe.MemberID, commit uint64) probe.Member {
		return probe.Member{ID: id, Name: id.String(), Listed: true, Cluster: 7, Membership: probe.MembershipListed,
			Status: probe.Fact[probe.Status]{At: now, Value: probe.Status{RaftIndex: commit, RaftAppliedIndex: commit,
				RaftTerm: 9 - commit, Revision: int64(commit)}}}
	}
	sweep := probe.Sweep{At: now, Cluster: 7, Members: []probe.Member{answer(1, 5), answer(2, 6),
		{ID: 3, Name: "3", Listed: true, Cluster: 7, Membership: probe.MembershipListed}}}
	if a, err := recovery.Read(t.Context(), recovery.Options{Live: recovery.FromSweep(&sweep)}); err != nil ||
		a.Warrant != recovery.NotWarranted {
		t.Errorf("without a leader: %v, %+v", err, a)
	}
	sweep.Members[0].Status.Value.Leader = 2
	a, err := recovery.Read(t.Context(), recovery.Options{Live: recovery.FromSweep(&sweep)})
	if err != nil {
		t.Fatal(err)
	}
	refusing := recovery.Options{Live: recovery.FromSweep(&sweep), Stream: func(
		context.Context, *recovery.Survivor, keyspace.Progress,
	) (*keyspace.DB, error) {
		return nil, errors.New("permission denied")
	}}
	refused, err := recovery.Read(t.Context(), refusing)
	if err != nil || refused.Best().Name != "2" || refused.Survivors[1].Loss.Why == "" ||
		!strings.Contains(fmt.Sprint(refused.Best().Unknown), "permission denied") {
		t.Errorf("members that refuse to send their databases: %v, %+v", err, refused)
	}
	if a.Best().Name != "2" || *a.Survivors[1].Loss.Revisions != 1 || a.Warrant != recovery.Quorate {
		t.Errorf("%+v", a)
	}
	learner := answer(4, 6)
	learner.Learner, learner.Status.Value.IsLearner = true, true
	sweep.Members = append([]probe.Member{learner}, sweep.Members...)
	a, err = recovery.Read(t.Context(), recovery.Options{Live: recovery.FromSweep(&sweep)})
	if err != nil || a.Best().Name != "2" || a.Survivors[1].Name != "4" || a.Survivors[1].How != recovery.Restore {
		t.Errorf("with a learner: %v, %+v", err, a)
	}
	sweep.Members = sweep.Members[1:]
	sweep.Members[0].Cluster, sweep.Members[0].Membership = 8, probe.MembershipForeign
	var split *recovery.SplitError
	foreign := recovery.Options{Live: recovery.FromSweep(&sweep)}
	if _, err := recovery.Read(t.Context(), foreign); !errors.As(err, &split) {
		t.Errorf("%v", err)
	}
}
