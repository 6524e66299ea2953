package keyspace

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"time"
)

// A Change is what a prefix took in two databases.
type Change struct {
	// Name, Kubernetes and Rest are those of [Prefix].
	Name             string
	Kubernetes, Rest bool
	Old, New         Amounts
}

// Keys is how many keys more exist.
func (c *Change) Keys() int64 { return c.New.Keys - c.Old.Keys }

// Bytes is by how much it has grown.
func (c *Change) Bytes() int64 { return c.New.Bytes() - c.Old.Bytes() }

// ErrOrder means that the older of two databases is not the first.
var ErrOrder = errors.New("the first has a newer revision than the second: is it the other way round, or are they of " +
	"different clusters?")

// Compare returns what each prefix took in an older and in a newer database, those that have grown most first.
func Compare(older, newer *Usage) ([]Change, error) {
	if older.Revision > newer.Revision {
		return nil, ErrOrder
	}
	type name struct {
		name string
		rest bool
	}
	found := map[name]*Change{}
	of := func(p *Prefix) *Change {
		c := found[name{p.Name, p.Rest}]
		if c == nil {
			c = &Change{Name: p.Name, Kubernetes: p.Kubernetes, Rest: p.Rest}
			found[name{p.Name, p.Rest}] = c
		}
		return c
	}
	for i := range older.Prefixes {
		of(&older.Prefixes[i]).Old = older.Prefixes[i].Amounts
	}
	for i := range newer.Prefixes {
		of(&newer.Prefixes[i]).New = newer.Prefixes[i].Amounts
	}
	changes := make([]Change, 0, len(found))
	for _, c := range found {
		changes = append(changes, *c)
	}
	slices.SortFunc(changes, func(a, b Change) int {
		return cmp.Or(cmp.Compare(b.Bytes(), a.Bytes()), cmp.Compare(b.New.Bytes(), a.New.Bytes()),
			strings.Compare(a.Name, b.Name))
	})
	return changes, nil
}

// UntilQuota returns how long it takes from the newer database on until the quota is reached, if what is used of it
// goes on growing as fast. A database grows only when its free pages are used up, so that they are not counted. It is 0
// if the quota is reached now; ok is false if it is not reached ever.
func UntilQuota(older, newer *Usage, between time.Duration, quota int64) (d time.Duration, ok bool) {
	if newer.DatabaseBytes >= quota {
		return 0, true
	}
	grown := newer.UsedBytes() - older.UsedBytes()
	if grown <= 0 || between <= 0 {
		return 0, false
	}
	seconds := between.Seconds() * float64(quota-newer.UsedBytes()) / float64(grown)
	const longest = 100 * 365 * 24 * time.Hour
	if seconds > longest.Seconds() {
		return 0, false
	}
	return time.Duration(seconds * float64(time.Second)), true
}
