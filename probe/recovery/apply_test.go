package recovery

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/etcdoc/etcdoc/probe/etcdtest"
	"github.com/etcdoc/etcdoc/probe/keyspace"
	"github.com/etcdoc/etcdoc/probe/wal"
)

// TestApplyAsEtcd applies a log of all kinds of requests to a database from before them, and compares the keys with
// those that etcd has after them.
func TestApplyAsEtcd(t *testing.T) {
	c := etcdtest.New(t, etcdtest.Config{Size: 1})
	m, dir := c.Members()[0], t.TempDir()
	if err := m.Kill(); err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"snap", "wal"} {
		if part == "wal" { // with all requests
			if err := m.Restart(t.Context()); err != nil {
				t.Fatal(err)
			}
			makeRequests(t, c)
			if err := m.Kill(); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.CopyFS(filepath.Join(dir, "member", part), os.DirFS(filepath.Join(m.DataDir, "member", part))); err != nil {
			t.Fatal(err)
		}
	}
	one := reader{t.Context(), func(string, string) keyspace.Progress { return nil }}
	s, err := one.read(&found{kind: DataDir, path: dir, walDir: wal.Dir(dir)})
	if err != nil {
		t.Fatal(err)
	}
	entries := s.entries(*s.ConsistentIndex+1, *s.LastIndex)
	if len(entries) < 1000 {
		t.Fatalf("the database has all but %d entries", len(entries))
	}
	st, err := newStore(t.Context(), s, entries)
	if err != nil {
		t.Fatal(err)
	}
	st.apply(entries)
	if err := m.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	got, err := m.Client().Get(t.Context(), "\x00", clientv3.WithFromKey())
	if err != nil {
		t.Fatal(err)
	}
	if st.revision != got.Header.Revision || st.unread > 0 {
		t.Errorf("revision %d, and etcd has %d; %d were not read", st.revision, got.Header.Revision, st.unread)
	}
	exist := 0
	for _, k := range st.keys {
		if k.exists {
			exist++
		}
	}
	if exist != len(got.Kvs) {
		t.Errorf("%d keys, and etcd has %d", exist, len(got.Kvs))
	}
	for _, kv := range got.Kvs {
		k := st.keys[string(kv.Key)]
		if k == nil || !k.exists || k.create != kv.CreateRevision || k.changed != kv.ModRevision ||
			k.version != kv.Version || k.lease != kv.Lease || !bytes.Equal(k.value, kv.Value) {
			t.Errorf("%s: %+v, and etcd has %+v", kv.Key, k, kv)
		}
	}
}

// makeRequests makes requests of all kinds, some of them while the database is full.
func makeRequests(t *testing.T, c *etcdtest.Cluster) {
	t.Helper()
	chance := rand.New(rand.NewPCG(4, 2)) //nolint:gosec // it is to be repeatable
	r := requests{t: t, client: c.Client(), chance: chance}
	for range 2000 {
		r.random()
	}
	alarm := &pb.AlarmRequest{Action: pb.AlarmRequest_ACTIVATE, MemberID: c.Members()[0].ID,
		Alarm: pb.AlarmType_NOSPACE}
	if _, err := pb.NewMaintenanceClient(r.client.ActiveConnection()).Alarm(t.Context(), alarm); err != nil {
		t.Fatal(err)
	}
	for range 300 {
		r.random()
	}
	if _, err := r.client.AlarmDisarm(t.Context(), &clientv3.AlarmMember{}); err != nil {
		t.Fatal(err)
	}
	for range 300 {
		r.random()
	}
}

// requests are made of a member at random. Some are refused, and some change nothing.
type requests struct {
	t      *testing.T
	client *clientv3.Client
	chance *rand.Rand
	leases []clientv3.LeaseID
}

func (r *requests) key() string {
	return fmt.Sprintf("/%c/%d", 'a'+r.chance.IntN(4), r.chance.IntN(12))
}

func (r *requests) value() string { return fmt.Sprint(r.chance.IntN(3)) }

func (r *requests) lease() clientv3.LeaseID {
	if len(r.leases) == 0 || r.chance.IntN(4) == 0 {
		return 0
	}
	return r.leases[r.chance.IntN(len(r.leases))] // may be revoked
}

func (r *requests) random() {
	ctx := r.t.Context()
	switch r.chance.IntN(12) {
	case 0:
		if granted, err := r.client.Grant(ctx, 3600); err == nil {
			r.leases = append(r.leases, granted.ID)
		}
	case 1:
		if id := r.lease(); id != 0 && r.chance.IntN(3) == 0 {
			_, _ = r.client.Revoke(ctx, id) // it may be
		}
	case 2:
		revision := int64(1 + r.chance.IntN(300))
		_, _ = r.client.Compact(ctx, revision) // it may be compacted, or not be there yet
	case 3, 4, 5, 6:
		_, _ = r.client.Do(ctx, r.write())
	default:
		_, _ = r.client.Do(ctx, r.txn(3))
	}
}

// write is a put or a delete.
func (r *requests) write() clientv3.Op {
	switch r.chance.IntN(9) {
	case 0:
		return clientv3.OpDelete(r.key())
	case 1:
		return clientv3.OpDelete(r.key(), clientv3.WithPrefix())
	case 2:
		return clientv3.OpDelete("/d/3", clientv3.WithFromKey())
	case 3:
		return clientv3.OpDelete("/b/", clientv3.WithRange("/b/3"))
	case 4:
		return clientv3.OpPut(r.key(), "", clientv3.WithIgnoreValue())
	case 5:
		return clientv3.OpPut(r.key(), r.value(), clientv3.WithIgnoreLease())
	}
	return clientv3.OpPut(r.key(), r.value(), clientv3.WithLease(r.lease()))
}

// txn is a transaction, which may have others in it.
func (r *requests) txn(nesting int) clientv3.Op {
	var compares []clientv3.Cmp
	for range r.chance.IntN(3) {
		compares = append(compares, r.compare())
	}
	ops := func() (all []clientv3.Op) {
		for range r.chance.IntN(4) {
			switch {
			case nesting > 1 && r.chance.IntN(4) == 0:
				all = append(all, r.txn(nesting-1))
			case r.chance.IntN(4) == 0:
				all = append(all, clientv3.OpGet(r.key(), clientv3.WithRev(int64(r.chance.IntN(400)))))
			default:
				all = append(all, r.write())
			}
		}
		return all
	}
	return clientv3.OpTxn(compares, ops(), ops())
}

func (r *requests) compare() clientv3.Cmp {
	result := []string{"=", "!=", ">", "<"}[r.chance.IntN(4)]
	number := r.chance.IntN(4)
	var c clientv3.Cmp
	switch r.chance.IntN(5) {
	case 0:
		c = clientv3.Compare(clientv3.Value(r.key()), result, r.value())
	case 1:
		c = clientv3.Compare(clientv3.Version(r.key()), result, number)
	case 2:
		c = clientv3.Compare(clientv3.CreateRevision(r.key()), result, number*100)
	case 3:
		c = clientv3.Compare(clientv3.LeaseValue(r.key()), result, int64(r.lease()))
	default:
		c = clientv3.Compare(clientv3.ModRevision(r.key()), result, number*100)
	}
	if r.chance.IntN(4) == 0 {
		c = c.WithPrefix()
	}
	return c
}
