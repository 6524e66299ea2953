package etcdtest_test

import (
	"testing"

	"github.com/etcdoc/etcdoc/probe/etcdtest"
)

func TestLeadershipMovesAndMembersComeAndGo(t *testing.T) {
	t.Parallel()
	ctx := within(t)
	c := etcdtest.New(t, etcdtest.Config{Size: 3})
	leader, err := c.Leader(ctx)
	if err != nil {
		t.Fatal(err)
	}
	to := otherThan(c, leader)
	if err := c.MoveLeader(ctx, to); err != nil {
		t.Fatal(err)
	}
	if now, err := c.Leader(ctx); err != nil || now != to {
		t.Fatalf("the leader is %v, %v; want %s", now, err, to.Name)
	}

	learner, err := c.AddLearner(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if status, err := learner.Status(ctx); err != nil || !status.IsLearner || status.Header.MemberId != learner.ID {
		t.Fatalf("the learner's status is %v, %v", status, err)
	}
	if err := c.WaitHealthy(ctx); err != nil {
		t.Fatal(err)
	}
	if err := c.Promote(ctx, learner); err != nil {
		t.Fatal(err)
	}
	await(ctx, t, "the learner to be a voter", func() bool {
		status, err := learner.Status(ctx)
		return err == nil && !status.IsLearner
	})

	// A second call is what follows an answer that was lost.
	for range 2 {
		if err := c.Promote(ctx, learner); err != nil {
			t.Fatal(err)
		}
		if err := c.Remove(ctx, leader); err != nil {
			t.Fatal(err)
		}
	}
	if leader.Running() || len(c.Members()) != 3 {
		t.Fatalf("after Remove it runs: %v; members: %d", leader.Running(), len(c.Members()))
	}
	if err := leader.Restart(ctx); err == nil {
		t.Fatal("a removed member was restarted")
	}
	if err := c.WaitHealthy(ctx); err != nil {
		t.Fatal(err)
	}
	list, err := c.Client().MemberList(ctx)
	if err != nil || len(list.Members) != 3 {
		t.Fatalf("MemberList: %v, %v", list, err)
	}
	for _, m := range list.Members {
		if m.ID == leader.ID || m.IsLearner {
			t.Errorf("MemberList has %v", m)
		}
	}
}

func otherThan(c *etcdtest.Cluster, not *etcdtest.Member) *etcdtest.Member {
	for _, m := range c.Members() {
		if m != not {
			return m
		}
	}
	return nil
}

// TestCompactTwice: without writes in between there is nothing to compact.
func TestCompactTwice(t *testing.T) {
	t.Parallel()
	cluster := etcdtest.New(t, etcdtest.Config{Size: 1})
	for range 2 {
		if err := cluster.Compact(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}
