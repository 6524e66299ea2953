package recovery_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/etcdoc/etcdoc/probe/etcdtest"
	"github.com/etcdoc/etcdoc/probe/recovery"
)

// TestKillSequences kills members of real clusters in random orders, while clients write, until no quorum is left. Of
// what is left of some of them, the first choice is the member with which least is lost, and what is said to be lost is
// what the clients miss of what etcd acknowledged.
func TestKillSequences(t *testing.T) {
	for i := range *sequences {
		seed := *firstSeed + uint64(i)
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) { killSequence(t, seed) })
	}
}

func killSequence(t *testing.T, seed uint64) {
	chance := rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // it is to be repeatable
	size := []int{3, 5}[chance.IntN(2)]
	c := etcdtest.New(t, etcdtest.Config{Size: size, Args: []string{
		"--snapshot-count=100", "--heartbeat-interval=20", "--election-timeout=200",
	}})
	w := startWriters(t, c, chance)
	members := slices.Clone(c.Members())
	chance.Shuffle(len(members), func(i, j int) { members[i], members[j] = members[j], members[i] })
	for _, m := range members { // a quorum is left for the first ones, and none for the others
		w.awaitMore(chance.IntN(150))
		if chance.IntN(3) == 0 {
			if err := m.Pause(); err != nil {
				t.Fatal(err)
			}
			w.awaitMore(chance.IntN(60))
		}
		if err := m.Kill(); err != nil {
			t.Fatal(err)
		}
	}
	w.stop()
	left := slices.Clone(members)
	chance.Shuffle(len(left), func(i, j int) { left[i], left[j] = left[j], left[i] })
	left = left[:1+chance.IntN(len(left))]
	paths := make([]string, len(left))
	for i, m := range left {
		paths[i] = m.DataDir
	}
	before := hashes(t, paths)
	a, err := recovery.Read(t.Context(), recovery.Options{Paths: paths})
	if err != nil {
		t.Fatal(err)
	}
	if after := hashes(t, paths); !maps.Equal(before, after) {
		t.Error("the files are not what they were")
	}
	checkAnalysis(t, a, w, size, len(left))
	const forkOneIn = 4
	if seed%forkOneIn != 1 {
		return
	}
	for _, s := range a.Survivors {
		m := left[slices.Index(paths, s.Path)]
		checkFork(t, c, m, a, s, w)
	}
}

// checkAnalysis compares what is said with what the clients know.
func checkAnalysis(t *testing.T, a *recovery.Analysis, w *writers, size, left int) {
	t.Helper()
	if a.Revision == nil || len(a.Voters) != size {
		t.Fatalf("%d voters of %d, and no revision at index %d", len(a.Voters), size, a.Committed)
	}
	if isThere := left > size/2; isThere != (a.Warrant == recovery.NotWarranted) {
		t.Errorf("%d of %d voters are there, and a rebuild is warranted: %s", left, size, a.Warrant)
	}
	least := int64(-1)
	for i, s := range a.Survivors {
		if s.Keeps == nil || s.Loss.Revisions == nil || s.Loss.Why != "" {
			t.Fatalf("%s: what would be lost is not known: %+v %+v", s.Path, s.Loss, s.Problems)
		}
		if i == 0 {
			least = *s.Loss.Revisions
		}
		if *s.Loss.Revisions < least {
			t.Errorf("%s loses %d revisions, and the first choice %d", s.Path, *s.Loss.Revisions, least)
		}
		checkKeys(t, a, s, w)
	}
}

// checkKeys compares the keys that would be lost with those that clients wrote after the revision that is kept.
func checkKeys(t *testing.T, a *recovery.Analysis, s *recovery.Survivor, w *writers) {
	t.Helper()
	kept := *a.Revision - *s.Loss.Revisions
	named := map[string]bool{}
	for _, k := range s.Loss.Keys {
		named[k.Name] = true
		if last := w.acknowledged[k.Name]; last <= kept && !w.unanswered[k.Name] {
			t.Errorf("%s: %s is said to be lost (%s at %d): its last write was acknowledged at revision %d, and %d is kept",
				s.Path, k.Name, k.Change, k.Revision, last, kept)
		}
	}
	if a.Beyond != nil {
		for _, k := range a.Beyond.Keys {
			named[k.Name] = true
		}
	}
	for key, at := range w.acknowledged {
		if at > kept && !named[key] && !a.UnseenQuorum {
			t.Errorf("%s: %s was acknowledged at revision %d, %d is kept, and it is not said to be lost", s.Path, key, at, kept)
		}
	}
}

// checkFork builds the cluster anew from a copy of a survivor, and compares what that has with what is said.
func checkFork(t *testing.T, c *etcdtest.Cluster, m *etcdtest.Member, a *recovery.Analysis, s *recovery.Survivor,
	w *writers,
) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	f, err := c.Fork(ctx, m)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := f.Kill(); err != nil {
			t.Error(err)
		}
	}()
	got, err := f.Client().Get(ctx, "/", clientv3.WithPrefix())
	if err != nil {
		t.Fatal(err)
	}
	kept := *a.Revision - *s.Loss.Revisions
	if got.Header.Revision != kept {
		t.Errorf("%s: etcd keeps revision %d, and %d was said", s.Path, got.Header.Revision, kept)
	}
	there := map[string]int64{}
	for _, kv := range got.Kvs {
		there[string(kv.Key)] = kv.ModRevision
	}
	for _, k := range s.Loss.Keys {
		at, exists := there[k.Name]
		switch wantsIt := k.Change == recovery.Older || k.Change == recovery.Back; {
		case exists != wantsIt:
			t.Errorf("%s: %s (%s) exists: %v", s.Path, k.Name, k.Change, exists)
		case at > kept:
			t.Errorf("%s: %s has revision %d, and %d is kept", s.Path, k.Name, at, kept)
		}
	}
	for key, at := range w.acknowledged {
		if at <= kept && w.exists[key] && !w.unanswered[key] && there[key] != at {
			t.Errorf("%s: %s has revision %d, and not %d, which is kept", s.Path, key, there[key], at)
		}
	}
}

// writers put, change and delete keys, and know what was acknowledged.
type writers struct {
	cancel  context.CancelFunc
	running sync.WaitGroup

	mu    sync.Mutex
	more  *sync.Cond
	done  int
	ended bool
	// acknowledged are the revisions of the last write of each key that was, exists says whether it put the key, and
	// unanswered are keys with a write whose answer never came.
	acknowledged map[string]int64
	exists       map[string]bool
	unanswered   map[string]bool
}

const writerCount = 4

func startWriters(t *testing.T, c *etcdtest.Cluster, chance *rand.Rand) *writers {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	w := &writers{cancel: cancel, acknowledged: map[string]int64{}, exists: map[string]bool{},
		unanswered: map[string]bool{}}
	w.more = sync.NewCond(&w.mu)
	for i := range writerCount {
		of := rand.New(rand.NewPCG(chance.Uint64(), 1)) //nolint:gosec // it is to be repeatable
		w.running.Go(func() { w.write(ctx, c.Client(), i, of) })
	}
	t.Cleanup(w.stop)
	return w
}

// write writes to keys of its own until a write fails, or ctx ends.
func (w *writers) write(ctx context.Context, client *clientv3.Client, number int, chance *rand.Rand) {
	defer func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.ended = true
		w.more.Broadcast()
	}()
	const keys = 40
	kinds := []string{"pods", "configmaps", "secrets", "leases"}
	for n := 0; ctx.Err() == nil; n++ {
		key := fmt.Sprintf("/registry/%s/ns/%d-%d", kinds[chance.IntN(len(kinds))], number, chance.IntN(keys))
		if chance.IntN(4) == 0 {
			key += fmt.Sprintf("-%d", n) // a new one
		}
		revision, puts, err := writeOnce(ctx, client, key, chance)
		w.mu.Lock()
		if err != nil {
			w.unanswered[key] = true
			w.mu.Unlock()
			return
		}
		if revision > 0 {
			w.acknowledged[key], w.exists[key] = revision, puts
		}
		w.done++
		w.more.Broadcast()
		w.mu.Unlock()
	}
}

// writeOnce makes a write, and returns its revision; 0 if it changed nothing.
func writeOnce(ctx context.Context, client *clientv3.Client, key string, chance *rand.Rand) (int64, bool, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	value := strings.Repeat("v", chance.IntN(100))
	switch chance.IntN(5) {
	case 0:
		r, err := client.Delete(ctx, key)
		if err != nil || r.Deleted == 0 {
			return 0, false, err
		}
		return r.Header.Revision, false, nil
	case 1: // as kube-apiserver creates
		r, err := client.Txn(ctx).If(clientv3.Compare(clientv3.ModRevision(key), "=", 0)).
			Then(clientv3.OpPut(key, value)).Else(clientv3.OpGet(key)).Commit()
		if err != nil || !r.Succeeded {
			return 0, false, err
		}
		return r.Header.Revision, true, nil
	case 2: // refused by what it compares
		_, err := client.Txn(ctx).If(clientv3.Compare(clientv3.Version(key), "<", 0)).
			Then(clientv3.OpPut(key, value)).Commit()
		return 0, false, err
	}
	r, err := client.Put(ctx, key, value)
	if err != nil {
		return 0, false, err
	}
	return r.Header.Revision, true, nil
}

// awaitMore waits for so many more writes, or until a writer has ended.
func (w *writers) awaitMore(n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for until := w.done + n; w.done < until && !w.ended; {
		w.more.Wait()
	}
}

func (w *writers) stop() {
	w.cancel()
	w.running.Wait()
}

// hashes are those of all files below some directories.
func hashes(t *testing.T, dirs []string) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, dir := range dirs {
		if err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			file, err := os.Open(path)
			if err != nil {
				return err
			}
			hash := sha256.New()
			_, err = io.Copy(hash, file)
			info, statErr := file.Stat()
			all[path] = fmt.Sprintf("%x %v %v", hash.Sum(nil), info.ModTime(), info.Mode())
			return errors.Join(err, statErr, file.Close())
		}); err != nil {
			t.Fatal(err)
		}
	}
	return all
}
