package keyspace

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// A Ranger is a live member whose keys are read: a [probe.MemberReader].
type Ranger interface {
	Status(ctx context.Context) (probe.Status, error)
	Range(ctx context.Context, of probe.KeyRange) (probe.Keys, error)
}

// Estimate is what a live member's keys take, by counts of all keys and the sizes of some. It says nothing of history
// and of tombstones, which no member tells.
type Estimate struct {
	// Began is when it was begun, and Took how long it took.
	Began time.Time
	Took  time.Duration
	// Revision is that of the keys; FirstRevision is an older one if a compaction came in between.
	Revision, FirstRevision int64
	// DatabaseBytes, UsedBytes and QuotaBytes are what the member says of its database; the quota is 0 if it says
	// nothing. UsedBytes are pages with live values, history, tombstones, leases and the like.
	DatabaseBytes, UsedBytes, QuotaBytes int64
	// Keys is how many keys there are: an exact number.
	Keys int64
	// LiveBytes are what they take, as in [Amounts], and they are within ErrorBytes of that in 99 of 100 cases.
	LiveBytes, ErrorBytes int64
	Prefixes              []EstimatedPrefix // the largest first
	// Requests is how many there were, and ReadKeys of how many keys the values were read.
	Requests, ReadKeys, ReadBytes int64
}

// An EstimatedPrefix is what the keys with a prefix take.
type EstimatedPrefix struct {
	// Name, Kubernetes and Rest are as in [Prefix].
	Name             string
	Kubernetes, Rest bool
	// Deeper means that there may be keys with further segments among them, which were not told apart.
	Deeper bool
	Keys   int64
	// LiveBytes are exact if ErrorBytes is 0.
	LiveBytes, ErrorBytes int64
	// LargestBytes is the largest size that was read, of so many keys.
	LargestBytes, ReadKeys int64
	// ManagedFieldsBytes and AnnotationsBytes are about what these metadata of Kubernetes take of LiveBytes; known if
	// MetadataKnown.
	ManagedFieldsBytes, AnnotationsBytes int64
	MetadataKnown                        bool
}

// EstimateOptions say how to estimate.
type EstimateOptions struct {
	// Depth is how many segments of a key are its prefix, outside Kubernetes; 0 is [probe.PrefixDepth].
	Depth int
	// Seed chooses the keys whose sizes are read.
	Seed uint64
	// Report is told now and then what is being done, and how much of it is done; nil if nobody wants to know.
	Report func(doing string, done, of uint64)
	// Wait is called between two requests; nil waits that long.
	Wait func(ctx context.Context, d time.Duration) error
}

// What an estimate asks of a member. A request that walks many keys makes the member's other requests wait, so that it
// rests for three times as long as the last one took.
const (
	requestInterval  = 10 * time.Millisecond
	restFactor       = 3
	bytesPerSecond   = 4 << 20
	maxFindRequests  = 1500
	maxSizeRequests  = 500
	maxReadBytes     = 32 << 20
	maxTold          = 500 // prefixes
	namesPerPage     = 500
	maxPagesOfOne    = 10
	maxNameAnswer    = 4 << 20
	maxValuesAnswer  = 4 << 20
	maxValueAnswer   = 64 << 20
	goodTotalShare   = 0.03 // of all live bytes, that a prefix's error should not exceed
	goodOwnShare     = 0.25 // of its own
	runBytes         = 128 << 10
	minRun, maxRun   = 4, 64
	fewRuns          = 4
	firstRun         = 8
	wholeBytes       = 512 << 10 // what is read as a whole
	maxWholeKeys     = 2000
	maxSplitAttempts = 12
	maxFailed        = 4
)

// An estimator estimates what keys take.
type estimator struct {
	asker
	Estimate
	options EstimateOptions
	random  *rand.Rand
	groups  []*group
	byName  map[string]*group
}

// EstimateUsage estimates what the keys of a live member take. It counts all keys, by prefix, and reads some of the
// values, in a bounded number of requests at a bounded rate. It keeps no value.
func EstimateUsage(ctx context.Context, from Ranger, options EstimateOptions) (Estimate, error) {
	options.Depth = cmp.Or(options.Depth, probe.PrefixDepth)
	if options.Wait == nil {
		options.Wait = wait
	}
	if options.Report == nil {
		options.Report = func(string, uint64, uint64) {}
	}
	e := &estimator{
		asker: asker{ctx: ctx, from: from, wait: options.Wait}, options: options,
		random: rand.New(rand.NewPCG(options.Seed, 0)), byName: map[string]*group{}, //nolint:gosec // no secret
	}
	e.Began = time.Now()
	status, err := from.Status(ctx)
	if err != nil {
		return Estimate{}, err
	}
	e.DatabaseBytes, e.UsedBytes, e.QuotaBytes = status.DBSizeBytes, status.DBInUseBytes, status.DBQuotaBytes
	if err := e.find(); err != nil {
		return Estimate{}, fmt.Errorf("counting keys: %w", err)
	}
	if err := e.measure(); err != nil {
		return Estimate{}, fmt.Errorf("reading sizes: %w", err)
	}
	e.sumUp()
	e.Took = time.Since(e.Began)
	return e.Estimate, nil
}

func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// An asker asks a member for keys, all at one revision, and no faster than it may.
type asker struct {
	ctx             context.Context
	from            Ranger
	wait            func(ctx context.Context, d time.Duration) error
	first, revision int64
	requests, bytes int64
	rest            time.Duration // before the next request
}

func (a *asker) ask(of probe.KeyRange) (probe.Keys, error) {
	if err := a.wait(a.ctx, a.rest); err != nil {
		return probe.Keys{}, err
	}
	a.requests++
	of.Revision = a.revision
	keys, err := a.from.Range(a.ctx, of)
	if errors.Is(err, probe.ErrCompacted) { // it goes on with the newest one
		of.Revision = 0
		keys, err = a.from.Range(a.ctx, of)
	}
	if err != nil {
		a.rest = requestInterval
		return keys, err
	}
	if of.Revision == 0 {
		a.revision = keys.Revision
		a.first = cmp.Or(a.first, keys.Revision)
	}
	size := int64(0)
	for _, kv := range keys.Found {
		size += int64(len(kv.Key) + len(kv.Value))
	}
	a.bytes += size
	a.rest = max(requestInterval, restFactor*keys.Took, time.Duration(size)*time.Second/bytesPerSecond)
	return keys, nil
}

// values reads the first values from a key on, up to so many, or fewer if those are too large for an answer.
func (a *asker) values(from, end []byte, limit int64) (probe.Keys, error) {
	for {
		most := maxValuesAnswer
		if limit == 1 {
			most = maxValueAnswer
		}
		keys, err := a.ask(probe.KeyRange{Key: from, End: end, Limit: limit, MostBytes: most})
		if limit == 1 || !errors.Is(err, probe.ErrTooLarge) {
			return keys, err
		}
		limit = max(limit/4, 1)
	}
}

// sumUp sums the groups up.
func (e *estimator) sumUp() {
	e.FirstRevision, e.Revision, e.Requests, e.ReadBytes = e.first, e.revision, e.requests, e.bytes
	var live, square float64
	for _, g := range e.groups {
		p := g.estimate()
		e.Prefixes = append(e.Prefixes, p)
		e.Keys += p.Keys
		e.ReadKeys += p.ReadKeys
		live += float64(p.LiveBytes)
		square += float64(p.ErrorBytes) * float64(p.ErrorBytes)
	}
	e.LiveBytes, e.ErrorBytes = int64(live), root(square)
	slices.SortFunc(e.Prefixes, func(a, b EstimatedPrefix) int {
		return cmp.Or(cmp.Compare(b.LiveBytes, a.LiveBytes), cmp.Compare(a.Name, b.Name))
	})
}

// find finds the prefixes, and counts their keys. Between two prefixes it asks for one name, which from etcd 3.7 on is
// answered from the index, without reading the value. Keys that have fewer segments than others below them are between
// those, so it lists them, up to a point.
func (e *estimator) find() error {
	cursor, limit := []byte{0}, int64(1)
	counted, total := int64(0), int64(0)
	for {
		page, err := e.ask(probe.KeyRange{Key: cursor, End: []byte{0}, Limit: limit, KeysOnly: true,
			MostBytes: maxNameAnswer})
		switch {
		case err != nil:
			return err
		case len(page.Found) == 0:
			return nil
		}
		total = max(total, counted+page.Count)
		limit = 1
		end := false
		for _, kv := range page.Found {
			if end || bytes.Compare(kv.Key, cursor) < 0 {
				continue // of a prefix that is counted
			}
			length, kubernetes := probe.KeyPrefix(kv.Key, e.options.Depth)
			g := e.group(kv.Key[:length], kubernetes)
			full := len(e.groups) > maxTold || e.requests > maxFindRequests
			switch {
			case full, !e.isWhole(g.name) && g.listed >= maxPagesOfOne*namesPerPage && g.name == "":
				n, err := e.addRange(e.restGroup(), kv.Key, []byte{0})
				counted += n
				e.options.Report("counting keys", uint64(counted), uint64(total))
				return err
			case e.isWhole(g.name), g.listed >= maxPagesOfOne*namesPerPage:
				g.deeper = !e.isWhole(g.name)
				cursor = after([]byte(g.name))
				end = len(cursor) == 1 && cursor[0] == 0
				n, err := e.addRange(g, kv.Key, cursor)
				if err != nil {
					return err
				}
				counted += n
			default:
				g.list(kv.Key, cursor)
				cursor = append(bytes.Clone(kv.Key), 0)
				counted, limit = counted+1, namesPerPage
			}
		}
		e.options.Report("counting keys", uint64(counted), uint64(total))
		if end {
			return nil
		}
	}
}

// isWhole reports whether all keys that begin with a prefix have it, and none has a longer one.
func (e *estimator) isWhole(prefix string) bool {
	longer := append([]byte(prefix), bytes.Repeat([]byte("x/"), e.options.Depth+2)...)
	length, _ := probe.KeyPrefix(longer, e.options.Depth)
	return length == len(prefix)
}

// after returns the first key behind all that begin with a prefix; a zero byte, for the end of all keys, if there is
// none.
func after(prefix []byte) []byte {
	next := bytes.TrimRight(bytes.Clone(prefix), "\xff")
	if len(next) == 0 {
		return []byte{0}
	}
	next[len(next)-1]++
	return next
}

// group returns the group of a prefix.
func (e *estimator) group(prefix []byte, kubernetes bool) *group {
	name := string(prefix[:min(len(prefix), probe.MaxPrefixBytes)])
	g := e.byName[name]
	if g == nil {
		g = &group{name: name, kubernetes: kubernetes}
		e.byName[name] = g
		e.groups = append(e.groups, g)
	}
	return g
}

// restGroup returns the group of what is not told apart.
func (e *estimator) restGroup() *group {
	e.groups = slices.DeleteFunc(e.groups, func(g *group) bool { return len(g.parts) == 0 })
	g := &group{rest: true}
	e.groups = append(e.groups, g)
	return g
}

// addRange adds the keys of a range to a group, reads the first values, and returns how many keys there are.
func (e *estimator) addRange(g *group, first, end []byte) (int64, error) {
	keys, err := e.values(first, end, firstRun)
	if err != nil {
		return 0, err
	}
	p := &part{end: end}
	p.begin(g, keys)
	g.parts = append(g.parts, p)
	return keys.Count, nil
}

// measure reads sizes until they are good enough, or as many as it may.
func (e *estimator) measure() error {
	begin := e.requests
	mayAsk := func() bool { return e.requests < begin+maxSizeRequests && e.bytes < maxReadBytes }
	for nth := 0; nth < maxTold; nth++ { // each group's first part before the second of any
		for _, g := range e.groups {
			if nth < len(g.parts) && len(g.parts[nth].runs) == 0 && (nth == 0 || mayAsk()) {
				p := g.parts[nth]
				keys, err := e.values(p.first, p.end, firstRun)
				if err != nil {
					return err
				}
				p.begin(g, keys)
			}
		}
	}
	for mayAsk() {
		g := e.worst()
		if g == nil {
			return nil
		}
		if err := e.improve(g); err != nil {
			return err
		}
		e.options.Report("reading sizes", uint64(e.requests-begin), maxSizeRequests)
	}
	return nil
}

// worst returns the group whose sizes should be known better, and can be; nil if there is none.
func (e *estimator) worst() (worst *group) {
	total, most := 0.0, 0.0
	for _, g := range e.groups {
		live, _ := g.amount()
		total += live
	}
	for _, g := range e.groups {
		live, square := g.amount()
		off := float64(root(square))
		p := g.part()
		if p == nil || off <= goodTotalShare*total && off <= goodOwnShare*live {
			continue
		}
		if len(p.runs) < fewRuns {
			return g
		}
		if worst == nil || off > most {
			worst, most = g, off
		}
	}
	return worst
}
