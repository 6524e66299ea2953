package backup

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"go.etcd.io/etcd/api/v3/mvccpb"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/probe/keyspace"
)

// How much a comparison asks of a member.
const (
	// CompareKeys is how many keys it reads at most, by default.
	CompareKeys = 100_000
	// pageKeys is how many keys are read at a time, and pageBytes about how many bytes of values that makes the member
	// read: through 3.6 it does so also where the names alone are asked for.
	pageKeys, pageBytes = 500, 1 << 20
	leastPageKeys       = 10
	// answerBytes bounds an answer.
	answerBytes = 16 << 20
	// pause is at least between two requests, and pauseShare how many times as long as the answer took.
	pause      = 20 * time.Millisecond
	pauseShare = 3
)

// A Live is a live member to compare with: a [probe.MemberReader].
type Live interface {
	Newest(ctx context.Context) (int64, error)
	Range(ctx context.Context, of probe.KeyRange) (probe.Keys, error)
}

// A Loss is what a cluster would lose by a restore.
type Loss struct {
	// Newest is the newest revision of the cluster, and ReadAt the one at which its keys were read. AtLeast says that
	// there may be newer ones: nobody asked the leader.
	Newest, ReadAt int64
	AtLeast        bool
	// Prefixes are those in which something would change, those with most first.
	Prefixes []PrefixLoss
	// Total is what Prefixes add up to.
	Total PrefixLoss
	// Stopped is why not all keys were read; empty if they were.
	Stopped Stop
	// Foreign says that the snapshot can't be an earlier state of this cluster: its keys or its revision contradict
	// that.
	Foreign bool
}

// Stop is why a comparison has stopped early.
type Stop string

// The reasons.
const (
	StoppedAtLimit     Stop = "limit"
	StoppedByCompacted Stop = "compacted"
)

// A PrefixLoss is what a restore changes among the keys with a prefix.
type PrefixLoss struct {
	Name             string
	Kubernetes, Rest bool
	// Keys is how many were read. Created would be gone: they were created since, or deleted and created again. Changed
	// would have an older value.
	Keys, Created, Changed int64
	// Deleted would come back: they are in the snapshot, and were deleted since. It is known only if Whole: all keys
	// with the prefix were read.
	Deleted int64
	Whole   bool
	// kept is how many keys have been there since the snapshot.
	kept int64
}

// Revisions is how many revisions the cluster would lose.
func (l *Loss) Revisions(backup *keyspace.Check) int64 { return l.Newest - backup.Usage.Revision }

// Affected is how many keys a restore would change, as far as is known.
func (p *PrefixLoss) Affected() int64 { return p.Created + p.Changed + p.Deleted }

// Compare reads the names and revisions of a live cluster's keys from a member, at one revision, in small parts with
// pauses between them, and compares them with a snapshot that was checked. It reads at most so many keys.
func Compare(
	ctx context.Context, live Live, c *keyspace.Check, mostKeys int64, report keyspace.Progress,
) (l Loss, err error) {
	r := &comparison{live: live, backup: &c.Usage, left: mostKeys, report: report, found: map[string]*PrefixLoss{}}
	newest, err := live.Newest(ctx)
	if err != nil && ctx.Err() != nil {
		return l, ctx.Err()
	}
	for _, part := range partsOf(&c.Usage) {
		stop, err := r.read(ctx, part)
		if err != nil {
			return l, err
		}
		if stop != "" {
			l.Stopped = stop
			break
		}
		r.done = part.end
	}
	l.Newest, l.ReadAt, l.AtLeast = max(newest, r.newest), r.revision, newest == 0
	r.finish(&l, c)
	return l, nil
}

// A part is a range of keys, and how many keys of the snapshot are in it about.
type part struct {
	begin, end []byte
	keys       int64
	// keyBytes is how many bytes a key has with its value on average.
	keyBytes int64
}

// allKeys is etcd's end of a range that has no end, and its first key.
var allKeys = []byte{0}

// partsOf cuts the keyspace where the prefixes of a snapshot begin and end, so that no request has etcd count the keys
// of all that is behind it. Small prefixes are in one part.
func partsOf(u *keyspace.Usage) (parts []part) {
	type cut struct {
		at          []byte
		keys, bytes int64
	}
	cuts := []cut{{at: allKeys}}
	for i := range u.Prefixes {
		if p := &u.Prefixes[i]; !p.Rest && p.Name != "" {
			cuts = append(cuts, cut{[]byte(p.Name), p.Keys, p.LiveBytes})
			if end := endOf(p.Name); end != nil {
				cuts = append(cuts, cut{at: end})
			}
		}
	}
	slices.SortStableFunc(cuts, func(a, b cut) int { return bytes.Compare(a.at, b.at) })
	var now part
	var size int64
	for i, c := range cuts {
		if i > 0 && now.keys+c.keys > pageKeys && !bytes.Equal(now.begin, c.at) {
			now.end, now.keyBytes = c.at, size/max(now.keys, 1)
			parts = append(parts, now)
			now, size = part{}, 0
		}
		if now.begin == nil {
			now.begin = c.at
		}
		now.keys += c.keys
		size += c.bytes
	}
	now.end, now.keyBytes = allKeys, size/max(now.keys, 1)
	return append(parts, now)
}

// endOf returns the first key behind all with a prefix; nil if there is none.
func endOf(prefix string) []byte {
	end := []byte(prefix)
	for len(end) > 0 && end[len(end)-1] == 0xff {
		end = end[:len(end)-1]
	}
	if len(end) == 0 {
		return nil
	}
	end[len(end)-1]++
	return end
}

// A comparison reads keys and counts them.
type comparison struct {
	live   Live
	backup *keyspace.Usage
	report keyspace.Progress
	// left is how many keys may still be read, and read how many were.
	left, count int64
	// revision is the one to read at, and newest the newest one that was seen.
	revision, newest int64
	found            map[string]*PrefixLoss
	// done is the end of the parts that were read whole.
	done []byte
}

// read reads the keys of a part. It returns why it has stopped; empty if it has not.
func (r *comparison) read(ctx context.Context, p part) (Stop, error) {
	limit := int64(pageKeys)
	if p.keyBytes > 0 {
		limit = min(limit, max(pageBytes/p.keyBytes, leastPageKeys))
	}
	for begin := p.begin; ; {
		if r.left <= 0 {
			return StoppedAtLimit, nil
		}
		keys, err := r.live.Range(ctx, probe.KeyRange{Key: begin, End: p.end, Limit: min(limit, r.left),
			Revision: r.revision, KeysOnly: true, MostBytes: answerBytes})
		switch {
		case errors.Is(err, probe.ErrCompacted):
			return StoppedByCompacted, nil
		case errors.Is(err, probe.ErrTooLarge) && limit > 1:
			limit = max(limit/10, 1)
			continue
		case err != nil:
			return "", err
		}
		r.newest = max(r.newest, keys.Revision)
		r.revision = cmp.Or(r.revision, keys.Revision)
		r.add(keys.Found)
		if r.report != nil {
			r.report(uint64(r.count), uint64(max(r.count, r.backup.Total.Keys)))
		}
		if err := rest(ctx, max(pause, pauseShare*keys.Took)); err != nil {
			return "", err
		}
		if int64(len(keys.Found)) >= keys.Count || len(keys.Found) == 0 {
			return "", nil
		}
		begin = append(bytes.Clone(keys.Found[len(keys.Found)-1].Key), 0)
	}
}

// rest waits.
func rest(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// add counts keys.
func (r *comparison) add(keys []*mvccpb.KeyValue) {
	r.left -= int64(len(keys))
	r.count += int64(len(keys))
	for _, kv := range keys {
		p := r.prefixOf(kv.Key)
		p.Keys++
		switch {
		case kv.CreateRevision > r.backup.Revision:
			p.Created++
		case kv.ModRevision > r.backup.Revision:
			p.Changed++
			p.kept++
		default:
			p.kept++
		}
	}
}

// prefixOf returns what the prefix of a key loses.
func (r *comparison) prefixOf(key []byte) *PrefixLoss {
	length, kubernetes := probe.KeyPrefix(key, probe.PrefixDepth)
	name := string(key[:length])
	p := r.found[name]
	if p == nil && (length > probe.MaxPrefixBytes || len(r.found) >= probe.MaxPrefixes) {
		name, kubernetes = restName, false
		p = r.found[name]
	}
	if p == nil {
		p = &PrefixLoss{Name: name, Kubernetes: kubernetes}
		if name == restName {
			p.Name, p.Rest = "", true
		}
		r.found[name] = p
	}
	return p
}

// restName is none of a prefix: those end in a slash.
const restName = "rest"

// finish counts what was deleted, and adds all up.
func (r *comparison) finish(l *Loss, c *keyspace.Check) {
	had := map[string]bool{}
	for i := range c.Usage.Prefixes {
		was := &c.Usage.Prefixes[i]
		name := was.Name
		if was.Rest {
			name = restName
		}
		had[name] = was.Keys > 0
		p := r.found[name]
		if p == nil && was.Keys > 0 {
			p = &PrefixLoss{Name: was.Name, Kubernetes: was.Kubernetes, Rest: was.Rest}
			r.found[name] = p
		}
		if p != nil && r.isWhole(p, l) {
			p.Deleted = was.Keys - p.kept
		}
	}
	l.Foreign = c.Usage.Revision > l.Newest
	for name, p := range r.found {
		p.Whole = r.isWhole(p, l)
		if p.Deleted < 0 || p.Whole && p.kept > 0 && !had[name] && !had[restName] {
			l.Foreign, p.Deleted = true, 0
		}
		if p.Affected() > 0 {
			l.Prefixes = append(l.Prefixes, *p)
		}
		l.Total.Keys += p.Keys
		l.Total.Created += p.Created
		l.Total.Changed += p.Changed
		l.Total.Deleted += p.Deleted
	}
	l.Total.Whole = l.Stopped == "" && r.found[restName] == nil
	slices.SortFunc(l.Prefixes, func(a, b PrefixLoss) int {
		return cmp.Or(cmp.Compare(b.Affected(), a.Affected()), strings.Compare(a.Name, b.Name))
	})
}

// isWhole reports whether all keys with a prefix were read. Those without one may be anywhere.
func (r *comparison) isWhole(p *PrefixLoss, l *Loss) bool {
	switch {
	case p.Rest: // which prefixes are in it depends on the order in which they were met
		return false
	case l.Stopped == "":
		return true
	case p.Name == "":
		return false
	}
	end := endOf(p.Name)
	return end != nil && bytes.Compare(end, r.done) <= 0
}
