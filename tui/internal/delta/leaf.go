package delta

import (
	"math"
	"math/bits"
	"reflect"
	"slices"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

type boolCoder struct{}

func (boolCoder) write(_ *writer, was, now reflect.Value) bool { return was.Bool() != now.Bool() }
func (boolCoder) read(_ *reader, v reflect.Value)              { v.SetBool(!v.Bool()) }

type intCoder struct{}

func (intCoder) write(w *writer, was, now reflect.Value) bool {
	more := now.Int() - was.Int()
	if more != 0 {
		w.int(more)
	}
	return more != 0
}

func (intCoder) read(r *reader, v reflect.Value) { v.SetInt(v.Int() + r.int()) }

type uintCoder struct{}

func (uintCoder) write(w *writer, was, now reflect.Value) bool {
	more := int64(now.Uint() - was.Uint()) // small if it fell a little, too
	if more != 0 {
		w.int(more)
	}
	return more != 0
}

func (uintCoder) read(r *reader, v reflect.Value) { v.SetUint(v.Uint() + uint64(r.int())) }

// A number differs in the last bytes of its mantissa if at all; those of round numbers are 0. So the bytes are
// written the other way round: the varint is short for both.

func (w *writer) float(was, now float64) bool {
	differ := math.Float64bits(was) ^ math.Float64bits(now)
	if differ != 0 {
		w.uint(bits.ReverseBytes64(differ))
	}
	return differ != 0
}

func (r *reader) float(was float64) float64 {
	return math.Float64frombits(math.Float64bits(was) ^ bits.ReverseBytes64(r.uint()))
}

type floatCoder struct{}

func (floatCoder) write(w *writer, was, now reflect.Value) bool {
	return w.float(was.Float(), now.Float())
}
func (floatCoder) read(r *reader, v reflect.Value) { v.SetFloat(r.float(v.Float())) }

// valueCoder writes an absent value as NaN.
type valueCoder struct{}

func valueAt(v reflect.Value) *probe.Value { return v.Addr().Interface().(*probe.Value) }

func (valueCoder) write(w *writer, was, now reflect.Value) bool {
	before, after := valueAt(was), valueAt(now)
	return *before != *after && w.float(before.Or(math.NaN()), after.Or(math.NaN()))
}

func (valueCoder) read(r *reader, v reflect.Value) {
	value := valueAt(v)
	*value = probe.Known(r.float(value.Or(math.NaN())))
}

// stringCoder writes how many bytes at the beginning and at the end are as before, and those between.
type stringCoder struct{}

func (stringCoder) write(w *writer, was, now reflect.Value) bool {
	before, after := was.String(), now.String()
	if before == after {
		return false
	}
	first, most := 0, min(len(before), len(after))
	for first < most && before[first] == after[first] {
		first++
	}
	last := 0
	for last < most-first && before[len(before)-1-last] == after[len(after)-1-last] {
		last++
	}
	w.uint(uint64(first))
	w.uint(uint64(last))
	w.string(after[first : len(after)-last])
	return true
}

func (stringCoder) read(r *reader, v reflect.Value) {
	before := v.String()
	first, last := int(r.uint()), int(r.uint())
	middle := r.bytes(int(r.uint()))
	v.SetString(before[:first] + string(middle) + before[len(before)-last:])
}

// timeCoder writes a time as how long before the log's moment it was. So it keeps the monotonic clock reading that the
// moment has, and durations between the two stay what they were where the wall clock was set meanwhile. Times that are
// too far away are written by the wall clock.
type timeCoder struct{}

const (
	timeZero byte = iota
	timeBefore
	timeFar
)

// farAway is how far apart two times may be for their distance to fit a duration, with room to spare.
const farAway = 100 * 365 * 24 * time.Hour

func timeAt(v reflect.Value) *time.Time { return v.Addr().Interface().(*time.Time) }

func (timeCoder) write(w *writer, was, now reflect.Value) bool {
	before, after := timeAt(was), timeAt(now)
	if before.Equal(*after) && before.Location() == after.Location() {
		return false
	}
	ago := w.at.Sub(*after)
	switch {
	case after.IsZero() && after.Location() == time.UTC:
		w.byte(timeZero)
		return true
	case ago.Abs() < farAway:
		w.byte(timeBefore)
		w.int(int64(ago))
	default:
		w.byte(timeFar)
		w.int(after.Unix())
		w.uint(uint64(after.Nanosecond()))
	}
	zone := slices.Index(w.kept.zones, after.Location())
	if zone < 0 {
		zone = len(w.kept.zones)
		w.kept.zones = append(w.kept.zones, after.Location())
	}
	w.uint(uint64(zone))
	return true
}

func (timeCoder) read(r *reader, v reflect.Value) {
	own := timeAt(v)
	kind := r.byte()
	switch kind {
	case timeZero:
		*own = time.Time{}
		return
	case timeBefore:
		*own = r.at.Add(-time.Duration(r.int()))
	default:
		seconds := r.int()
		*own = time.Unix(seconds, int64(r.uint()))
	}
	if zone := r.kept.zones[r.uint()]; own.Location() != zone {
		*own = own.In(zone)
	}
}
