package keyspace

import (
	"bytes"
	"encoding/binary"
	"math"
	"slices"

	"go.etcd.io/etcd/api/v3/mvccpb"
	"google.golang.org/protobuf/proto"

	"github.com/etcdoc/etcdoc/probe"
)

// A group are the keys with a prefix, in the ranges that they are in.
type group struct {
	name                     string
	kubernetes, rest, deeper bool
	parts                    []*part
	listed                   int64 // keys that were listed one by one
	// What was seen of the values that were read.
	largest, read, readBytes  int64
	managed, annotated, whole int64 // bytes: of metadata, and of all values whose metadata were read
}

// list adds a key that was listed, as a part of its own, or to that which ends where the key is the next one.
func (g *group) list(key, cursor []byte) {
	g.listed++
	end := append(bytes.Clone(key), 0)
	if n := len(g.parts); n > 0 && g.parts[n-1].first != nil && bytes.Equal(g.parts[n-1].end, cursor) {
		g.parts[n-1].keys++
		g.parts[n-1].end = end
		return
	}
	g.parts = append(g.parts, &part{first: bytes.Clone(key), end: end, keys: 1})
}

// A part is a range of keys of one group. Some runs of neighbouring keys were read, the first of them from the first
// key on, and there is a gap behind each.
type part struct {
	first []byte // of a part that was listed
	end   []byte // behind the last key
	keys  int64
	runs  []run
}

// A run are neighbouring keys that were read.
type run struct {
	first, last []byte
	keys, bytes int64
	// gap is how many keys there are between it and the next run, all of them before bound. failed is how often none of
	// them was found.
	gap    int64
	bound  []byte
	failed int
}

func (r *run) mean() float64 { return float64(r.bytes) / float64(max(r.keys, 1)) }

// begin makes the first run of a part.
func (p *part) begin(g *group, found probe.Keys) {
	p.keys = max(found.Count, int64(len(found.Found)))
	if len(found.Found) == 0 {
		return // they were deleted meanwhile
	}
	r := g.readRun(found.Found)
	r.gap, r.bound = p.keys-r.keys, p.end
	p.runs = []run{r}
}

// readRun notes the sizes of what was read, and keeps nothing of the values.
func (g *group) readRun(kvs []*mvccpb.KeyValue) run {
	r := run{first: kvs[0].Key, last: kvs[len(kvs)-1].Key, keys: int64(len(kvs))}
	for _, kv := range kvs {
		size := int64(revisionBytes + proto.Size(kv))
		r.bytes += size
		g.largest = max(g.largest, size)
		if g.kubernetes {
			if m, is := readMetadata(kv.Value); is == readable {
				g.managed += int64(m.managedFields)
				g.annotated += int64(m.annotations)
				g.whole += size
			}
		}
	}
	g.read, g.readBytes = g.read+r.keys, g.readBytes+r.bytes
	return r
}

// estimate returns what a group's keys take.
func (g *group) estimate() EstimatedPrefix {
	live, square := g.amount()
	p := EstimatedPrefix{
		Name: g.name, Kubernetes: g.kubernetes, Rest: g.rest, Deeper: g.deeper, LiveBytes: int64(live),
		ErrorBytes: root(square), LargestBytes: g.largest, ReadKeys: g.read,
	}
	for _, part := range g.parts {
		p.Keys += part.keys
	}
	if g.whole > 0 {
		p.MetadataKnown = true
		p.ManagedFieldsBytes = int64(live * float64(g.managed) / float64(g.whole))
		p.AnnotationsBytes = int64(live * float64(g.annotated) / float64(g.whole))
	}
	return p
}

// amount returns the bytes of a group, and the square of their error. The keys of a part of which none was read are
// taken to be as large as the others.
func (g *group) amount() (bytes, square float64) {
	for _, p := range g.parts {
		b, s := p.amount()
		if len(p.runs) == 0 {
			b = float64(p.keys) * float64(g.readBytes) / float64(max(g.read, 1))
			s = manyTimes * b * manyTimes * b
		}
		bytes, square = bytes+b, square+s
	}
	return bytes, square
}

// amount returns the bytes of a part, and the square of their error. The keys in a gap are taken to be as large as
// those in the runs before and behind it. How much neighbouring runs differ says how far off that may be, by their mean
// square successive difference (von Neumann 1941), which a trend over the keys does not enlarge as it does the
// variance. The error is at least what it would be if as many keys were twice as large as may have been missed: three
// in as many as were read.
func (p *part) amount() (live, square float64) {
	if len(p.runs) == 0 {
		return 0, 0
	}
	n := len(p.runs)
	weights := make([]float64, n) // how many keys each run stands for, beside its own
	read, missed := int64(0), 0.0
	for i := range p.runs {
		r := &p.runs[i]
		live, read = live+float64(r.bytes), read+r.keys
		next := min(i+1, n-1)
		weights[i] += float64(r.gap) / 2
		weights[next] += float64(r.gap) / 2
	}
	all, each, weight := 0.0, 0.0, 0.0
	for i := range p.runs {
		missed += weights[i] * p.runs[i].mean()
		before, behind := p.difference(i-1), p.difference(i)
		all += behind * behind
		each += weights[i] * weights[i] * max(before*before, behind*behind) / 2
		weight += weights[i] * weights[i]
	}
	if missed == 0 {
		return live, 0
	}
	off := manyTimes * missed // nothing is known of the others
	if n > 1 {
		variance := max(all/float64(2*(n-1))*weight, each)
		off = max(student(n-1)*math.Sqrt(variance), missed*min(1, 3/float64(read)))
	}
	return live + missed, off * off
}

// difference returns by how much the keys in a run and in the next one differ in size.
func (p *part) difference(i int) float64 {
	if i < 0 || i+1 >= len(p.runs) {
		return 0
	}
	return p.runs[i+1].mean() - p.runs[i].mean()
}

// manyTimes is how much larger than the first ones other keys may be where no others were read.
const manyTimes = 10

// student returns the quantile of Student's distribution that 998 of 1000 values are within, at so many degrees of
// freedom. Sizes have no normal distribution, so that this is further than 99 of 100 would have to be.
func student(degrees int) float64 {
	quantiles := [...]float64{318, 22.3, 10.2, 7.17, 5.89, 5.21, 4.79, 4.50, 4.30, 4.14, 4.02, 3.93, 3.85, 3.79, 3.73}
	switch {
	case degrees <= len(quantiles):
		return quantiles[degrees-1]
	case degrees < 30:
		return quantiles[len(quantiles)-1]
	}
	return 3.39
}

func root(square float64) int64 { return int64(math.Ceil(math.Sqrt(square))) }

// part returns the part of a group that has the largest error and can be improved; nil if there is none.
func (g *group) part() (worst *part) {
	most := -1.0
	for _, p := range g.parts {
		if _, square := p.amount(); square > most && p.gap() >= 0 {
			worst, most = p, square
		}
	}
	return worst
}

// gap returns the run behind which the gap is of which least is known; -1 if there is none.
func (p *part) gap() int {
	worst, most := -1, 0.0
	for i := range p.runs {
		r := &p.runs[i]
		if r.gap == 0 || r.failed >= maxFailed {
			continue
		}
		differ := max(math.Abs(p.difference(i-1)), math.Abs(p.difference(i)))
		if unknown := float64(r.gap) * (differ + r.mean()/4); unknown > most {
			worst, most = i, unknown
		}
	}
	return worst
}

// improve reads more of a group: all of it, if that is little, else another run.
func (e *estimator) improve(g *group) error {
	p := g.part()
	at := p.gap()
	r := &p.runs[at]
	if len(p.runs) == 1 {
		if missing := float64(r.gap) * r.mean(); missing <= wholeBytes && r.gap <= maxWholeKeys {
			return e.extend(g, p, at)
		}
		if err := e.tighten(r); err != nil {
			return err
		}
	}
	length := min(max(int64(runBytes/max(r.mean(), 1)), minRun), maxRun)
	for range maxSplitAttempts {
		from := between(r.last, r.bound, e.random.Uint64())
		if from == nil {
			break
		}
		found, err := e.values(from, r.bound, length)
		if err != nil {
			return err
		}
		if len(found.Found) == 0 { // all are before that
			r.bound = from
			continue
		}
		p.insert(g, at, found)
		return nil
	}
	r.failed++
	return nil
}

// extend reads what comes behind a run, up to the bound.
func (e *estimator) extend(g *group, p *part, at int) error {
	r := &p.runs[at]
	found, err := e.values(append(bytes.Clone(r.last), 0), r.bound, r.gap)
	if err != nil {
		return err
	}
	if len(found.Found) == 0 {
		r.gap = 0
		return nil
	}
	r.gap = max(r.gap, found.Count)
	p.insert(g, at, found)
	return nil
}

// insert adds a run that was found in a gap. One that begins it becomes a part of the run before.
func (p *part) insert(g *group, at int, found probe.Keys) {
	more, r := g.readRun(found.Found), &p.runs[at]
	behind := max(found.Count-more.keys, 0)
	if found.Count >= r.gap {
		r.last, r.keys, r.bytes, r.gap = more.last, r.keys+more.keys, r.bytes+more.bytes, behind
		return
	}
	more.gap, more.bound = behind, r.bound
	r.gap, r.bound = r.gap-found.Count, more.first
	p.runs = slices.Insert(p.runs, at+1, more)
}

// tighten lowers the bound of a gap to what all keys in it begin with, as far as that is also how the run before it
// ends.
func (e *estimator) tighten(r *run) error {
	low, high := commonLength(r.last, r.bound)+1, len(r.last)
	for low < high {
		length := (low + high + 1) / 2
		bound := bytes.Clone(r.last[:length])
		if bound[length-1] == math.MaxUint8 {
			return nil
		}
		bound[length-1]++
		found, err := e.ask(probe.KeyRange{Key: bound, End: r.bound, CountOnly: true, MostBytes: maxNameAnswer})
		if err != nil {
			return err
		}
		if found.Count > 0 {
			high = length - 1
			continue
		}
		low, r.bound = length, bound
	}
	return nil
}

func commonLength(a, b []byte) int {
	n := 0
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	return n
}

// between returns a text between two, chosen by a random number; nil if there is no room. An upper bound of a zero byte
// stands for the end of all keys.
func between(a, b []byte, random uint64) []byte {
	if len(b) == 1 && b[0] == 0 {
		b = bytes.Repeat([]byte{math.MaxUint8}, 9)
	}
	shared := commonLength(a, b)
	low, high := fraction(a[shared:]), fraction(b[shared:])
	if high <= low || high-low < 2 {
		return nil
	}
	at := low + 1 + random%(high-low-1)
	return binary.BigEndian.AppendUint64(bytes.Clone(a[:shared]), at)
}

// fraction is the beginning of a text as a number.
func fraction(text []byte) uint64 {
	var first [8]byte
	copy(first[:], text)
	return binary.BigEndian.Uint64(first[:])
}
