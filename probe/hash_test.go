package probe

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe/etcdtest"
)

// settledHashes sweeps until the members' data has been compared as often as it takes.
func settledHashes(t *testing.T, p *Prober) Sweep {
	t.Helper()
	return await(t, p, "the hashes are compared",
		func(s Sweep) bool { return s.Hashes != nil && s.Hashes.Ended && s.Hashes.Settled })
}

// sameHashes reports whether all members have a hash from the newest comparison, and all hashes are the same.
func sameHashes(t *testing.T, s Sweep, n int) (same bool) {
	t.Helper()
	same = true
	had := 0
	var first HashKV
	for _, m := range s.Members {
		if m.Hash.Err != nil || m.Hash.Value.Round != s.Hashes.Number {
			t.Logf("%s: %+v %v", m.Label(), m.Hash.Value, m.Hash.Err)
			continue
		}
		if had++; had == 1 {
			first = m.Hash.Value
		}
		same = same && m.Hash.Value == first
	}
	if had != n {
		t.Fatalf("%d hashes in comparison %d, want %d", had, s.Hashes.Number, n)
	}
	return same
}

func TestHashesAreAskedOnlyWhenWanted(t *testing.T) {
	t.Parallel()
	cluster := oneMember.Use(t)
	p := start(t, Config{Endpoints: cluster.Endpoints(), Cluster: true})
	s := await(t, p, "all is answered", func(s Sweep) bool { return complete(s, 1) })
	if s.Hashes != nil || s.Members[0].Hash.Answered() || s.Members[0].Hash.Err != nil {
		t.Errorf("nobody asked for hashes: %+v %+v", s.Hashes, s.Members[0].Hash)
	}
}

// TestHashesOfHealthyMembers: idle, under writes, under writes with compactions, and at a compacted revision of which
// a restarted member has no hash.
func TestHashesOfHealthyMembers(t *testing.T) {
	t.Parallel()
	cluster := etcdtest.New(t, etcdtest.Config{Size: 3})
	ctx, cancel := context.WithCancel(t.Context())
	compared := func(what string) {
		t.Helper()
		p := start(t, Config{Endpoints: cluster.Endpoints()[:1], Cluster: true, HashKV: true})
		if s := settledHashes(t, p); !sameHashes(t, s, 3) {
			t.Errorf("%s: the hashes differ: %+v %+v %+v", what, s.Members[0].Hash, s.Members[1].Hash,
				s.Members[2].Hash)
		}
		p.Close()
	}
	compared("idle")

	var writers sync.WaitGroup
	defer writers.Wait()
	defer cancel()
	writers.Go(func() {
		for i := 0; ctx.Err() == nil; i++ {
			_, _ = cluster.Client().Put(ctx, fmt.Sprintf("key-%d", i%50), fmt.Sprint(i))
		}
	})
	for range 3 {
		compared("under writes")
	}
	writers.Go(func() {
		for ctx.Err() == nil {
			_ = cluster.Compact(ctx)
			select {
			case <-ctx.Done():
			case <-time.After(300 * time.Millisecond):
			}
		}
	})
	for range 3 {
		p := start(t, Config{Endpoints: cluster.Endpoints()[:1], Cluster: true, HashKV: true})
		s := settledHashes(t, p)
		byKey := make(map[[2]int64]uint32)
		for _, m := range s.Members {
			// After a compaction in between the hashes are of different revisions, which must raise no alarm.
			key := [2]int64{m.Hash.Value.Revision, m.Hash.Value.CompactRevision}
			if hash, has := byKey[key]; has && m.Hash.Err == nil && hash != m.Hash.Value.Hash {
				t.Errorf("under compaction: %s has another hash at %v", m.Name, key)
			}
			if m.Hash.Err == nil {
				byKey[key] = m.Hash.Value.Hash
			}
		}
		p.Close()
	}
	cancel()
	writers.Wait()

	if err := cluster.Compact(t.Context()); err != nil {
		t.Fatal(err)
	}
	last := cluster.Members()[2]
	if err := last.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := cluster.WaitHealthy(t.Context()); err != nil {
		t.Fatal(err)
	}
	compared("at the revision of the newest compaction")
}

// TestHashesOfACorruptMember changes a follower's database while it is down: its hash differs, and etcd raises no
// alarm.
func TestHashesOfACorruptMember(t *testing.T) {
	t.Parallel()
	cluster := etcdtest.New(t, etcdtest.Config{Size: 3})
	for i := range 20 {
		if _, err := cluster.Client().Put(t.Context(), fmt.Sprintf("key-%d", i), "value"); err != nil {
			t.Fatal(err)
		}
	}
	leader, err := cluster.Leader(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	bad := cluster.Members()[0]
	if bad == leader {
		bad = cluster.Members()[1]
	}
	if _, err := bad.Client().Get(t.Context(), "key-7"); err != nil { // once it has applied the write, too
		t.Fatal(err)
	}
	if err := bad.Terminate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := bad.CorruptValue("key-7"); err != nil {
		t.Fatal(err)
	}
	if err := bad.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := cluster.WaitHealthy(t.Context()); err != nil {
		t.Fatal(err)
	}
	p := start(t, Config{Endpoints: cluster.Endpoints()[:1], Cluster: true, HashKV: true})
	s := settledHashes(t, p)
	if sameHashes(t, s, 3) {
		t.Error("the hashes are the same")
	}
	var others []uint32
	for _, m := range s.Members {
		if m.Name != bad.Name {
			others = append(others, m.Hash.Value.Hash)
		}
		if len(m.Status.Value.Alarms) > 0 {
			t.Errorf("an alarm: %+v", m.Status.Value.Alarms)
		}
	}
	if others[0] != others[1] || memberNamed(s, bad.Name).Hash.Value.Hash == others[0] {
		t.Errorf("%s is bad: %+v", bad.Name, s.Members)
	}
}
