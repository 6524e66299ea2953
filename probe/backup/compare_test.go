package backup

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/probe/etcdtest"
	"github.com/etcdoc/etcdoc/probe/keyspace"
)

func TestMain(m *testing.M) {
	etcdtest.Main()
	os.Exit(m.Run()) //nolint:forbidigo // this is the test's main
}

// A store is a keyspace in memory.
type store struct {
	t        *testing.T
	revision int64
	keys     map[string]*mvccpb.KeyValue
	// requests is how many there were, and answers to how many of them.
	requests, answers int
	// largest is the longest answer, and fails what the next request answers.
	largest int
	fails   error
}

func (s *store) put(key string) {
	s.revision++
	kv := &mvccpb.KeyValue{Key: []byte(key), CreateRevision: s.revision}
	if before := s.keys[key]; before != nil {
		kv.CreateRevision = before.CreateRevision
	}
	kv.ModRevision = s.revision
	s.keys[key] = kv
}

func (s *store) remove(key string) {
	if s.keys[key] != nil {
		s.revision++
		delete(s.keys, key)
	}
}

func (s *store) Newest(context.Context) (int64, error) { return s.revision, nil }

func (s *store) Range(_ context.Context, of probe.KeyRange) (answer probe.Keys, err error) {
	if s.requests++; s.fails != nil {
		err, s.fails = s.fails, nil
		return answer, err
	}
	if !of.KeysOnly || of.Limit == 0 || s.answers > 0 && of.Revision != s.revision {
		s.t.Errorf("asked for %+v", of)
	}
	s.answers++
	answer.Revision = s.revision
	for _, kv := range s.keys {
		if bytes.Compare(kv.Key, of.Key) >= 0 && (bytes.Equal(of.End, allKeys) || bytes.Compare(kv.Key, of.End) < 0) {
			answer.Found = append(answer.Found, kv)
		}
	}
	answer.Count = int64(len(answer.Found))
	slices.SortFunc(answer.Found, func(a, b *mvccpb.KeyValue) int { return bytes.Compare(a.Key, b.Key) })
	answer.Found = answer.Found[:min(len(answer.Found), int(of.Limit))]
	s.largest = max(s.largest, len(answer.Found))
	return answer, nil
}

// backupOf is what a check says of a snapshot of a store.
func backupOf(s *store) *keyspace.Check {
	c := &keyspace.Check{Usage: keyspace.Usage{Revision: s.revision}}
	for key := range s.keys {
		length, kubernetes := probe.KeyPrefix([]byte(key), probe.PrefixDepth)
		i := slices.IndexFunc(c.Usage.Prefixes, func(p keyspace.Prefix) bool { return p.Name == key[:length] })
		if i < 0 {
			i = len(c.Usage.Prefixes)
			c.Usage.Prefixes = append(c.Usage.Prefixes, keyspace.Prefix{Name: key[:length], Kubernetes: kubernetes})
		}
		c.Usage.Prefixes[i].Keys++
		c.Usage.Total.Keys++
	}
	return c
}

// randomKey is one of some prefixes, that are in each other or not.
func randomKey(random *rand.Rand) string {
	n := random.IntN(3000)
	switch random.IntN(8) {
	case 0:
		return fmt.Sprintf("plain-%d", n%5)
	case 1:
		return fmt.Sprintf("app/x%d", n%9)
	case 2:
		return fmt.Sprintf("app/x/%d", n%30)
	case 3:
		return fmt.Sprintf("/registry/services/specs/ns/s%d", n%70)
	case 4:
		return fmt.Sprintf("/registry/\xff\xff/%d", n%11)
	default:
		return fmt.Sprintf("/registry/pods/ns-%d/pod-%d", n%3, n)
	}
}

// TestCompare: for whatever was written since the snapshot, each prefix loses what the difference of the two states is,
// and that is read in small parts.
func TestCompare(t *testing.T) {
	t.Parallel()
	for seed := range uint64(6) {
		random := rand.New(rand.NewPCG(15, seed))
		s := &store{t: t, keys: map[string]*mvccpb.KeyValue{}}
		for range 4000 {
			s.put(randomKey(random))
		}
		c := backupOf(s)
		before := map[string]int64{}
		for key, kv := range s.keys {
			before[key] = kv.ModRevision
		}
		for range int(seed) * 300 {
			if key := randomKey(random); random.IntN(3) > 0 {
				s.put(key)
			} else {
				s.remove(key)
			}
		}
		want := map[string]*PrefixLoss{}
		of := func(key string) *PrefixLoss {
			length, _ := probe.KeyPrefix([]byte(key), probe.PrefixDepth)
			if want[key[:length]] == nil {
				want[key[:length]] = &PrefixLoss{}
			}
			return want[key[:length]]
		}
		for key, kv := range s.keys {
			switch {
			case kv.CreateRevision > c.Usage.Revision:
				of(key).Created++
			case kv.ModRevision > c.Usage.Revision:
				of(key).Changed++
			}
		}
		for key := range before {
			if kv := s.keys[key]; kv == nil || kv.CreateRevision > c.Usage.Revision {
				of(key).Deleted++
			}
		}
		l, err := Compare(t.Context(), s, c, CompareKeys, nil)
		if err != nil || l.Foreign || l.Stopped != "" || l.Revisions(c) != s.revision-c.Usage.Revision || l.AtLeast ||
			l.Total.Keys != int64(len(s.keys)) || len(l.Prefixes) != len(want) {
			t.Errorf("seed %d: %v, %+v, want %d prefixes", seed, err, l, len(want))
		}
		for _, p := range l.Prefixes {
			w := want[p.Name]
			if w == nil || p.Created != w.Created || p.Changed != w.Changed || p.Deleted != w.Deleted || !p.Whole {
				t.Errorf("seed %d: %+v, want %+v", seed, p, w)
			}
		}
		if s.largest > pageKeys || s.requests > len(s.keys)/pageKeys+2*len(c.Usage.Prefixes)+2 {
			t.Errorf("seed %d: %d requests of up to %d keys for %d", seed, s.requests, s.largest, len(s.keys))
		}
	}
}

// TestCompareStops: a comparison ends at its limit, where its revision was compacted, or with its context, and says
// nothing of prefixes that it has not read whole.
func TestCompareStops(t *testing.T) {
	t.Parallel()
	s := &store{t: t, keys: map[string]*mvccpb.KeyValue{}}
	for i := range 2000 {
		s.put(fmt.Sprintf("/registry/%c/%d", 'a'+i/500, i))
	}
	c := backupOf(s)
	for i := range 2000 {
		s.remove(fmt.Sprintf("/registry/%c/%d", 'a'+i/500, 2*i))
	}
	l, err := Compare(t.Context(), s, c, 600, nil)
	if err != nil || l.Stopped != StoppedAtLimit || l.Total.Keys != 600 || l.Total.Whole || l.Foreign {
		t.Errorf("%v: %+v", err, l)
	}
	for _, p := range l.Prefixes {
		if p.Whole != (p.Name == "/registry/a/" || p.Name == "/registry/b/") || !p.Whole && p.Deleted != 0 {
			t.Errorf("%+v", p)
		}
	}
	s.requests, s.answers, s.fails = 0, 0, probe.ErrCompacted
	if l, err := Compare(t.Context(), s, c, CompareKeys, nil); err != nil || l.Stopped != StoppedByCompacted ||
		len(l.Prefixes) != 0 {
		t.Errorf("%v: %+v", err, l)
	}
	s.requests, s.answers, s.fails = 0, 0, probe.ErrTooLarge
	if l, err := Compare(t.Context(), s, c, CompareKeys, nil); err != nil || l.Stopped != "" {
		t.Errorf("%v: %+v", err, l)
	}
	s.requests, s.answers = 0, 0
	ctx, cancel := context.WithCancel(t.Context())
	if _, err := Compare(ctx, s, c, CompareKeys, func(uint64, uint64) { cancel() }); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
}

// TestCompareForeign: what can't be an earlier state of the cluster is said to be of another.
func TestCompareForeign(t *testing.T) {
	t.Parallel()
	s := &store{t: t, keys: map[string]*mvccpb.KeyValue{}}
	for i := range 10 {
		s.put(fmt.Sprintf("/registry/pods/%d", i))
	}
	for name, change := range map[string]func(c *keyspace.Check){
		"a newer revision":           func(c *keyspace.Check) { c.Usage.Revision = 11 },
		"fewer keys than are as old": func(c *keyspace.Check) { c.Usage.Prefixes[0].Keys = 9 },
		"no prefix that is as old":   func(c *keyspace.Check) { c.Usage.Prefixes[0].Name = "/registry/nodes/" },
	} {
		c := backupOf(s)
		change(c)
		s.requests, s.answers = 0, 0
		if l, err := Compare(t.Context(), s, c, CompareKeys, nil); err != nil || !l.Foreign {
			t.Errorf("%s: %v, %+v", name, err, l)
		}
	}
}

// TestCompareReal: what a restore of a real cluster's snapshot would lose is what was written to it since.
func TestCompareReal(t *testing.T) {
	cluster := etcdtest.New(t, etcdtest.Config{Size: 1})
	client := cluster.Client()
	put := func(key string) {
		t.Helper()
		if _, err := client.Put(t.Context(), key, strings.Repeat("v", 2000)); err != nil {
			t.Fatal(err)
		}
	}
	remove := func(key string) {
		t.Helper()
		if _, err := client.Delete(t.Context(), key); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 700 {
		put(fmt.Sprintf("/registry/pods/ns/%d", i))
	}
	put("app/config/a")
	put("app/config/b")
	c := check(t, client)
	put("/registry/pods/ns/1")
	put("/registry/pods/ns/1")
	put("/registry/pods/ns/new")
	remove("/registry/pods/ns/2")
	remove("/registry/pods/ns/3")
	put("/registry/pods/ns/3") // created again
	remove("app/config/a")
	put("new/prefix/x")

	p, err := probe.New(probe.Config{Endpoints: client.Endpoints(), Cluster: true, Interval: 100 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	var id probe.MemberID
	for id == 0 {
		sweep, err := p.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		id = sweep.Members[0].ID
	}
	reader, err := p.ReadMember(id)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	l, err := Compare(t.Context(), reader, c, CompareKeys, nil)
	if err != nil {
		t.Fatal(err)
	}
	if l.Revisions(c) != 8 || l.AtLeast || l.Foreign || l.Stopped != "" {
		t.Errorf("%+v", l)
	}
	var got []string
	for _, p := range l.Prefixes {
		got = append(got, fmt.Sprintf("%s created %d, changed %d, deleted %d", p.Name, p.Created, p.Changed, p.Deleted))
	}
	want := []string{"/registry/pods/ created 2, changed 1, deleted 2", "app/config/ created 0, changed 0, deleted 1",
		"new/prefix/ created 1, changed 0, deleted 0"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// check checks a snapshot of a cluster.
func check(t *testing.T, client *clientv3.Client) *keyspace.Check {
	t.Helper()
	from, err := client.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	content, err := io.ReadAll(from)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write(t, dir, "snapshot.db", content, now)
	c, err := CheckFile(t.Context(), filepath.Join(dir, "snapshot.db"), keyspace.Options{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return &c
}
