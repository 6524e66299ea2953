package keyspace_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"
	"google.golang.org/protobuf/proto"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/probe/etcdtest"
	"github.com/etcdoc/etcdoc/probe/keyspace"
)

// A fakeStore is a member that has keys in memory.
type fakeStore struct {
	keys     []*mvccpb.KeyValue // in order
	revision int64
	// compacted makes the next request at a revision fail once.
	compacted bool
	requests  int
	keysRead  int64 // with their values
}

func newFakeStore(sizes map[string]int) *fakeStore {
	s := &fakeStore{revision: 7}
	for _, key := range slices.Sorted(maps.Keys(sizes)) {
		s.keys = append(s.keys, &mvccpb.KeyValue{Key: []byte(key), Value: make([]byte, sizes[key]),
			CreateRevision: 1 << 20, ModRevision: 1 << 20, Version: 1})
	}
	return s
}

func (s *fakeStore) Status(context.Context) (probe.Status, error) {
	return probe.Status{DBSizeBytes: 1 << 30, DBInUseBytes: 1 << 29}, nil
}

func (s *fakeStore) Range(ctx context.Context, of probe.KeyRange) (probe.Keys, error) {
	s.requests++
	if s.compacted && of.Revision != 0 {
		s.compacted = false
		s.revision++
		return probe.Keys{}, probe.ErrCompacted
	}
	place := func(key []byte) int {
		at, _ := slices.BinarySearchFunc(s.keys, key, func(kv *mvccpb.KeyValue, key []byte) int {
			return bytes.Compare(kv.Key, key)
		})
		return at
	}
	from, to := place(of.Key), len(s.keys)
	if string(of.End) != "\x00" {
		to = max(place(of.End), from)
	}
	answer := probe.Keys{Revision: s.revision, Count: int64(to - from)}
	if of.CountOnly {
		return answer, ctx.Err()
	}
	if of.Limit > 0 {
		to = min(to, from+int(of.Limit))
	}
	size := 0
	for _, kv := range s.keys[from:to] {
		found := &mvccpb.KeyValue{Key: kv.Key, CreateRevision: kv.CreateRevision, ModRevision: kv.ModRevision,
			Version: kv.Version}
		if !of.KeysOnly {
			found.Value = kv.Value
			s.keysRead++
		}
		answer.Found = append(answer.Found, found)
		size += proto.Size(found)
	}
	if size > of.MostBytes {
		return probe.Keys{}, probe.ErrTooLarge
	}
	return answer, ctx.Err()
}

// truth is what the store's keys take, by prefix.
func (s *fakeStore) truth(depth int) map[string]keyspace.Prefix {
	prefixes := map[string]keyspace.Prefix{}
	for _, kv := range s.keys {
		n, kubernetes := probe.KeyPrefix(kv.Key, depth)
		p := prefixes[string(kv.Key[:n])]
		p.Name, p.Kubernetes = string(kv.Key[:n]), kubernetes
		p.Keys++
		p.LiveBytes += int64(17 + proto.Size(kv))
		prefixes[p.Name] = p
	}
	return prefixes
}

func estimate(t *testing.T, from keyspace.Ranger, seed uint64) keyspace.Estimate {
	t.Helper()
	e, err := keyspace.EstimateUsage(t.Context(), from, keyspace.EstimateOptions{
		Seed: seed, Wait: func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
	})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// checkEstimated compares an estimate with the truth, and returns how many prefixes are not within their error.
func checkEstimated(t *testing.T, e *keyspace.Estimate, truth map[string]keyspace.Prefix) (outside int) {
	t.Helper()
	live, keys := int64(0), int64(0)
	for _, p := range truth {
		live, keys = live+p.LiveBytes, keys+p.Keys
	}
	if off := e.LiveBytes - live; max(off, -off) > e.ErrorBytes {
		t.Errorf("all keys take %d ± %d, want %d", e.LiveBytes, e.ErrorBytes, live)
	}
	if e.Keys != keys || len(e.Prefixes) != len(truth) {
		t.Errorf("%d keys of %d prefixes, want %d of %d", e.Keys, len(e.Prefixes), keys, len(truth))
	}
	for _, p := range e.Prefixes {
		want, is := truth[p.Name]
		if !is || p.Keys != want.Keys || p.Kubernetes != want.Kubernetes {
			t.Errorf("%+v, want %+v", p, want)
		}
		if off := p.LiveBytes - want.LiveBytes; max(off, -off) > p.ErrorBytes {
			outside++
			t.Logf("%q takes %d ± %d, want %d", p.Name, p.LiveBytes, p.ErrorBytes, want.LiveBytes)
		}
	}
	return outside
}

// manyKeys are keys of many kinds and sizes.
func manyKeys(seed uint64) map[string]int {
	random := rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // no secret
	lognormal := func(mean, sigma float64) int { return int(math.Exp(math.Log(mean) + sigma*random.NormFloat64())) }
	sizes := map[string]int{"plain": 3, "other": 5, "compact_rev_key": 8, "app/x": 10, "app/a/b": 11, "app/y": 20}
	for i := range 4000 {
		sizes[fmt.Sprintf("/registry/pods/ns-%d/web-%08x-%d", i%7, random.Uint32(), i)] = lognormal(4000, 0.4)
		sizes[fmt.Sprintf("/registry/events/ns-%d/web-%d.%016x", i%3, i%50, random.Uint64())] = lognormal(900, 0.3)
		sizes[fmt.Sprintf("/registry/configmaps/ns-%d/config-%04d", i/500, i)] = 300 + 400*(i/500) // by namespace
	}
	for i := range 600 {
		sizes[fmt.Sprintf("/registry/example.com/widgets/w-%d", i)] = lognormal(12_000, 0.8)
		sizes[fmt.Sprintf("/registry/secrets/ns/%x", random.Uint64())] = lognormal(2000, 1)
		sizes[fmt.Sprintf("direct/key-%d", i)] = 100
		sizes[fmt.Sprintf("flat-%d", i)] = 100 + i
	}
	for i := range 60 {
		sizes[fmt.Sprintf("/registry/kind-%d/ns/a", i)] = 100 * i
	}
	return sizes
}

// TestEstimateIsWithinItsError: with any seed, the keys are counted exactly, and what they take is within the error.
func TestEstimateIsWithinItsError(t *testing.T) {
	t.Parallel()
	outside, all := 0, 0
	for seed := range uint64(30) {
		s := newFakeStore(manyKeys(seed % 5))
		s.compacted = seed == 3
		e := estimate(t, s, seed)
		outside += checkEstimated(t, &e, s.truth(probe.PrefixDepth))
		all += len(e.Prefixes)
		if e.ErrorBytes > e.LiveBytes/10 || s.requests > 1500 || e.Requests < int64(s.requests)-1 {
			t.Errorf("%d ± %d with %d requests, %d counted", e.LiveBytes, e.ErrorBytes, s.requests, e.Requests)
		}
		if e.ReadKeys != s.keysRead || e.ReadKeys > e.Keys/3 || e.DatabaseBytes != 1<<30 || e.UsedBytes != 1<<29 {
			t.Errorf("%d of %d keys were read: %d", s.keysRead, e.Keys, e.ReadKeys)
		}
		if changed := e.FirstRevision != e.Revision; changed != (seed == 3) {
			t.Errorf("revisions %d to %d", e.FirstRevision, e.Revision)
		}
	}
	t.Logf("%d of %d prefixes are not within their error", outside, all)
	if outside > all/100 {
		t.Errorf("%d of %d prefixes are not within their error", outside, all)
	}
}

// TestEstimateOfOddKeys: whatever the keys are, all are counted once, and it ends.
func TestEstimateOfOddKeys(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("l", 2000)
	odd := map[string]map[string]int{
		"none":         {},
		"one":          {"a": 1},
		"only slashes": {"/": 1, "//": 1, "///": 1, "////": 1},
		"last of all":  {"\xff": 1, "\xff\xff/\xff/\xff": 1, "\xff/\xff/\xff": 1},
		"zeros":        {"\x00\x00": 1, "\x00/\x00/\x00": 1, "a\x00": 1},
		"roots":        {"/registry/": 1, "/registry/a": 1, "/registry/a.b/c": 1, "/registry/services/specs/x": 1},
		"long":         {long + "/a/b": 1, long + "/a/c": 1, long: 1, "\xff" + strings.Repeat("\xff", 600) + "/a/b": 2},
		"one is huge":  {"a/b/1": 1, "a/b/2": 20 << 20, "a/b/3": 1},
		"mixed":        {},
		"shallow":      {},
		"flat":         {},
		"prefixes":     {},
	}
	for i := range 9000 {
		odd["mixed"][fmt.Sprintf("m/%d", i)] = 50
		odd["mixed"][fmt.Sprintf("m/%d/x", i%700)] = 60
		odd["shallow"][fmt.Sprintf("s/%d", i)] = 50
		odd["flat"][fmt.Sprintf("%d", i)] = 50
		odd["prefixes"][fmt.Sprintf("p%d/a/b", i)] = 50
	}
	odd["shallow"]["z/a/b"] = 1
	for name, sizes := range odd {
		s := newFakeStore(sizes)
		e := estimate(t, s, 1)
		if e.Keys != int64(len(sizes)) {
			t.Errorf("%s: %d keys, want %d", name, e.Keys, len(sizes))
		}
		live := int64(0)
		for _, kv := range s.keys {
			live += int64(17 + proto.Size(kv))
		}
		if off := e.LiveBytes - live; max(off, -off) > e.ErrorBytes+1 {
			t.Errorf("%s: %d ± %d, want %d", name, e.LiveBytes, e.ErrorBytes, live)
		}
		if s.requests > 2500 || len(e.Prefixes) > 502 {
			t.Errorf("%s: %d requests, %d prefixes", name, s.requests, len(e.Prefixes))
		}
		t.Logf("%s: %d requests, %d prefixes, %d ± %d, first %+v", name, s.requests, len(e.Prefixes), e.LiveBytes,
			e.ErrorBytes, e.Prefixes[:min(1, len(e.Prefixes))])
	}
}

// A failing member answers so many requests.
type failing struct {
	keyspace.Ranger
	answers int
	err     error
}

func (f *failing) Range(ctx context.Context, of probe.KeyRange) (probe.Keys, error) {
	if f.answers--; f.answers < 0 {
		return probe.Keys{}, f.err
	}
	return f.Ranger.Range(ctx, of)
}

func TestEstimateFails(t *testing.T) {
	t.Parallel()
	denied := &probe.Error{Kind: probe.ErrPermission, Text: "permission denied"}
	for _, answers := range []int{0, 1, 20, 300} {
		_, err := keyspace.EstimateUsage(t.Context(), &failing{newFakeStore(manyKeys(1)), answers, denied},
			keyspace.EstimateOptions{Wait: func(context.Context, time.Duration) error { return nil }})
		if !errors.Is(err, denied) {
			t.Errorf("after %d answers: %v", answers, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := keyspace.EstimateUsage(ctx, newFakeStore(nil), keyspace.EstimateOptions{})
	if !errors.Is(err, ctx.Err()) {
		t.Errorf("interrupted: %v", err)
	}
}

// TestEstimateOfEtcd: with any seed, the estimate of a real etcd's keys is within its error of what a script has
// written. Superseded and deleted values are no part of it.
func TestEstimateOfEtcd(t *testing.T) {
	c := etcdtest.New(t, etcdtest.Config{Size: 1})
	s := newFakeStore(manyKeys(7))
	var ops []clientv3.Op
	size := 0
	flush := func() {
		if _, err := c.Client().Txn(t.Context()).Then(ops...).Commit(); err != nil {
			t.Fatal(err)
		}
		ops, size = nil, 0
	}
	for i, kv := range s.keys { // as the fake has them
		if kv.Version = 1; i%10 == 0 { // some have a history
			if _, err := c.Client().Put(t.Context(), string(kv.Key), "older"); err != nil {
				t.Fatal(err)
			}
			kv.Version = 2
		}
		ops = append(ops, clientv3.OpPut(string(kv.Key), string(kv.Value)))
		if size += len(kv.Value); len(ops) == 100 || size > 512<<10 {
			flush()
		}
	}
	flush()
	newest, err := c.Client().Put(t.Context(), "deleted/a/b", strings.Repeat("v", 1<<20))
	if err == nil {
		_, err = c.Client().Delete(t.Context(), "deleted/a/b")
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, kv := range s.keys { // revisions of as many bytes as those that etcd gave
		kv.ModRevision = newest.Header.Revision
		kv.CreateRevision = newest.Header.Revision
	}
	p, err := probe.New(probe.Config{Endpoints: []string{c.Members()[0].ClientURL}})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	sweep, err := p.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	member, err := p.ReadMember(sweep.Members[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	defer member.Close()
	truth := s.truth(probe.PrefixDepth)
	for seed := range uint64(4) {
		e := estimate(t, member, seed)
		for i := range e.Prefixes { // the revisions' lengths are known to two bytes of each key only
			e.Prefixes[i].ErrorBytes += 2 * e.Prefixes[i].Keys
		}
		e.ErrorBytes += 2 * e.Keys
		if outside := checkEstimated(t, &e, truth); outside > 0 {
			t.Errorf("seed %d: %d prefixes are not within their error", seed, outside)
		}
		if e.Revision != newest.Header.Revision+1 || e.UsedBytes == 0 || e.QuotaBytes < 0 {
			t.Errorf("seed %d: %+v", seed, e)
		}
	}
}
