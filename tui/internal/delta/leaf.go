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

func (boolCoder) encode(_ *encoder, was, now reflect.Value) bool { return was.Bool() != now.Bool() }
func (boolCoder) decode(_ *decoder, v reflect.Value)             { v.SetBool(!v.Bool()) }

type intCoder struct{}

func (intCoder) encode(e *encoder, was, now reflect.Value) bool {
	more := now.Int() - was.Int()
	if more != 0 {
		e.int(more)
	}
	return more != 0
}

func (intCoder) decode(d *decoder, v reflect.Value) { v.SetInt(v.Int() + d.int()) }

type uintCoder struct{}

func (uintCoder) encode(e *encoder, was, now reflect.Value) bool {
	more := int64(now.Uint() - was.Uint()) // small if it fell a little, too
	if more != 0 {
		e.int(more)
	}
	return more != 0
}

func (uintCoder) decode(d *decoder, v reflect.Value) { v.SetUint(v.Uint() + uint64(d.int())) }

// A number differs in the last bytes of its mantissa if at all; those of round numbers are 0. So the bytes are
// written the other way round: the varint is short for both.

func (e *encoder) float(was, now float64) bool {
	differ := math.Float64bits(was) ^ math.Float64bits(now)
	if differ != 0 {
		e.uint(bits.ReverseBytes64(differ))
	}
	return differ != 0
}

func (d *decoder) float(was float64) float64 {
	return math.Float64frombits(math.Float64bits(was) ^ bits.ReverseBytes64(d.uint()))
}

type floatCoder struct{}

func (floatCoder) encode(e *encoder, was, now reflect.Value) bool {
	return e.float(was.Float(), now.Float())
}
func (floatCoder) decode(d *decoder, v reflect.Value) { v.SetFloat(d.float(v.Float())) }

// valueCoder writes an absent value as NaN.
type valueCoder struct{}

func valueAt(v reflect.Value) *probe.Value { return v.Addr().Interface().(*probe.Value) }

func (valueCoder) encode(e *encoder, was, now reflect.Value) bool {
	before, after := valueAt(was), valueAt(now)
	return *before != *after && e.float(before.Or(math.NaN()), after.Or(math.NaN()))
}

func (valueCoder) decode(d *decoder, v reflect.Value) {
	value := valueAt(v)
	*value = probe.Known(d.float(value.Or(math.NaN())))
}

// stringCoder writes how many bytes at the beginning and at the end are as before, and those between.
type stringCoder struct{}

func (stringCoder) encode(e *encoder, was, now reflect.Value) bool {
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
	e.uint(uint64(first))
	e.uint(uint64(last))
	e.string(after[first : len(after)-last])
	return true
}

func (stringCoder) decode(d *decoder, v reflect.Value) {
	before := v.String()
	first, last := int(d.uint()), int(d.uint())
	middle := d.bytes(int(d.uint()))
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

func (timeCoder) encode(e *encoder, was, now reflect.Value) bool {
	before, after := timeAt(was), timeAt(now)
	if before.Equal(*after) && before.Location() == after.Location() {
		return false
	}
	ago := e.at.Sub(*after)
	switch {
	case after.IsZero() && after.Location() == time.UTC:
		e.byte(timeZero)
		return true
	case ago.Abs() < farAway:
		e.byte(timeBefore)
		e.int(int64(ago))
	default:
		e.byte(timeFar)
		e.int(after.Unix())
		e.uint(uint64(after.Nanosecond()))
	}
	zone := slices.Index(e.kept.zones, after.Location())
	if zone < 0 {
		zone = len(e.kept.zones)
		e.kept.zones = append(e.kept.zones, after.Location())
	}
	e.uint(uint64(zone))
	return true
}

func (timeCoder) decode(d *decoder, v reflect.Value) {
	own := timeAt(v)
	kind := d.byte()
	switch kind {
	case timeZero:
		*own = time.Time{}
		return
	case timeBefore:
		*own = d.at.Add(-time.Duration(d.int()))
	default:
		seconds := d.int()
		*own = time.Unix(seconds, int64(d.uint()))
	}
	if zone := d.kept.zones[d.uint()]; own.Location() != zone {
		*own = own.In(zone)
	}
}
