package keyspace

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"github.com/etcdoc/etcdoc/probe"
)

// topKeys are the keys with the highest scores.
type topKeys struct {
	most  int
	found []ranked // the highest first
}

// A ranked key is one of the highest so far.
type ranked struct {
	hash  uint64
	key   []byte // its own copy
	score int64
}

// offer lets a key take its place if its score is high enough. It may be offered several times.
func (t *topKeys) offer(hash uint64, key []byte, score int64) {
	if len(t.found) == t.most && (t.most == 0 || score <= t.found[t.most-1].score) {
		return
	}
	at := slices.IndexFunc(t.found, func(r ranked) bool { return r.hash == hash })
	switch {
	case at >= 0 && t.found[at].score >= score:
		return
	case at >= 0:
	case len(t.found) < t.most:
		t.found = append(t.found, ranked{hash: hash, key: bytes.Clone(key)})
		at = len(t.found) - 1
	default:
		at = t.most - 1
		t.found[at] = ranked{hash: hash, key: bytes.Clone(key)}
	}
	t.found[at].score = score
	for ; at > 0 && t.found[at-1].score < score; at-- {
		t.found[at-1], t.found[at] = t.found[at], t.found[at-1]
	}
}

// keys returns the keys with their revisions, of which seen has the numbers.
func (t *topKeys) keys(seen *seenTable, showSecrets, withBytes bool) (keys []Key) {
	for _, r := range t.found {
		k := Key{Name: probe.MaskSecret(r.key), Revisions: int64(seen.find(r.hash).revisions)}
		if showSecrets {
			k.Name = string(r.key)
		}
		if withBytes {
			k.Bytes = r.score
		}
		keys = append(keys, k)
	}
	slices.SortStableFunc(keys, func(a, b Key) int {
		score := cmp.Compare(b.Revisions, a.Revisions)
		if withBytes {
			score = cmp.Compare(b.Bytes, a.Bytes)
		}
		return cmp.Or(score, strings.Compare(a.Name, b.Name))
	})
	return keys
}
