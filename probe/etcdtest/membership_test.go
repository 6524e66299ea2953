package etcdtest_test

import (
	"context"
	"testing"
	"time"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/etcdoc/etcdoc/probe/etcdtest"
)

func TestAReplacedMemberHasItsURLsAndAnotherID(t *testing.T) {
	t.Parallel()
	ctx := within(t)
	c := etcdtest.New(t, etcdtest.Config{PeerProxies: true})
	if _, err := c.Client().Put(ctx, "a", "1"); err != nil {
		t.Fatal(err)
	}
	old := c.Members()[1]
	next, err := c.Replace(ctx, old)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.WaitHealthy(ctx); err != nil {
		t.Fatal(err)
	}
	if next.ID == old.ID || next.ClientURL != old.ClientURL || next.PeerURL != old.PeerURL || c.Members()[1] != next {
		t.Errorf("%s was replaced by %x at %s; it was %x at %s", old.Name, next.ID, next.ClientURL, old.ID,
			old.ClientURL)
	}
	if got, err := next.Client().Get(ctx, "a"); err != nil || got.Count != 1 {
		t.Errorf("it has not got the data: %v, %v", got, err)
	}
	if err := old.Restart(ctx); err == nil {
		t.Error("a member that was replaced was restarted")
	}
	if err := next.Restart(ctx); err != nil {
		t.Errorf("restarting the new one: %v", err)
	}
}

// TestAnUnstartedSecondVoterCostsTheQuorum until it is started.
func TestAnUnstartedSecondVoterCostsTheQuorum(t *testing.T) {
	t.Parallel()
	ctx := within(t)
	c := etcdtest.New(t, etcdtest.Config{Size: 1})
	first := c.Members()[0]
	second, err := c.AddUnstarted(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if second.Running() || second.ID == 0 {
		t.Errorf("it runs: %v, its id is %x", second.Running(), second.ID)
	}
	await(ctx, t, "the quorum to be lost", func() bool {
		brief, cancel := context.WithTimeout(ctx, 500*time.Millisecond)
		defer cancel()
		_, err := first.Client().Get(brief, "a")
		return err != nil
	})
	list, err := first.Client().MemberList(ctx, clientv3.WithSerializable())
	if err != nil || len(list.Members) != 2 {
		t.Fatalf("the member list is %v, %v", list, err)
	}
	if err := second.Restart(ctx); err != nil {
		t.Fatal(err)
	}
	if err := c.WaitHealthy(ctx); err != nil {
		t.Fatal(err)
	}
}

// TestACorruptValueIsSeenByItsHashOnly: the member starts and raises no alarm; only its hash differs.
func TestACorruptValueIsSeenByItsHashOnly(t *testing.T) {
	t.Parallel()
	ctx := within(t)
	c := etcdtest.New(t, etcdtest.Config{})
	put, err := c.Client().Put(ctx, "a", "value")
	if err != nil {
		t.Fatal(err)
	}
	m := c.Members()[2]
	await(ctx, t, "the value to be on all members", func() bool {
		for _, m := range c.Members() {
			if got, err := m.Client().Get(ctx, "a", clientv3.WithSerializable()); err != nil || got.Count != 1 {
				return false
			}
		}
		return true
	})
	if err := m.CorruptValue("a"); err == nil {
		t.Error("a running member was corrupted")
	}
	if err := m.Terminate(ctx); err != nil { // so that the backend holds all of the log
		t.Fatal(err)
	}
	if err := m.CorruptValue("no such key"); err == nil {
		t.Error("a key that is not there was corrupted")
	}
	if err := m.CorruptValue("a"); err != nil {
		t.Fatal(err)
	}
	if err := m.Restart(ctx); err != nil {
		t.Fatal(err)
	}
	if err := c.WaitHealthy(ctx); err != nil {
		t.Fatal(err)
	}
	hashes := map[uint32]int{}
	for _, m := range c.Members() {
		hash, err := m.Client().HashKV(ctx, m.ClientURL, put.Header.Revision)
		if err != nil {
			t.Fatal(err)
		}
		hashes[hash.Hash]++
	}
	if len(hashes) != 2 {
		t.Errorf("the hashes are %v, want those of two and another one", hashes)
	}
	alarms, err := pb.NewMaintenanceClient(m.Client().ActiveConnection()).Alarm(ctx, &pb.AlarmRequest{})
	if err != nil || len(alarms.Alarms) != 0 {
		t.Errorf("alarms: %v, %v; want none", alarms, err)
	}
}
