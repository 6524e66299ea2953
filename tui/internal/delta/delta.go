// Package delta writes a value as its difference from an earlier one of the same type. A dashboard's assessments differ
// in few fields from sweep to sweep, so thousands of them fit where hundreds would, in bytes that the garbage collector
// need not look through.
//
// A value may consist of structs with exported fields, arrays, slices, pointers, strings, booleans, numbers,
// [time.Time] and [probe.Value]; whatever else it contains, such as a map, is kept as it is.
package delta

import (
	"encoding/binary"
	"reflect"
	"time"
)

// A Codec writes and reads the differences between values of a type.
type Codec[T any] struct{ root coder }

// NewCodec returns a codec for a type. Making one takes time: keep it.
func NewCodec[T any]() *Codec[T] { return &Codec[T]{newCoder(reflect.TypeFor[T]())} }

// A Log is a chain of values, each kept as its difference from the one before, the first from the zero value.
type Log struct {
	data []byte
	// ends are where each value ends in data.
	ends []uint32
	kept kept
}

// kept is what a log keeps as it is.
type kept struct {
	others []any
	zones  []*time.Location
}

// Len is how many values there are.
func (l *Log) Len() int { return len(l.ends) }

// Clip gives back the memory that no value needs.
func (l *Log) Clip() {
	l.data, l.ends = append([]byte(nil), l.data...), append([]uint32(nil), l.ends...)
}

// Append adds a value of a moment; was is the one appended before, the zero value for the first.
func (c *Codec[T]) Append(l *Log, at time.Time, was, now *T) {
	e := encoder{data: l.data, at: at, kept: &l.kept}
	c.root.encode(&e, reflect.ValueOf(was).Elem(), reflect.ValueOf(now).Elem())
	l.data = e.data
	l.ends = append(l.ends, uint32(len(l.data)))
}

// Read returns the nth value, which was appended with the same moment; was is the one before. It shares with was
// whatever is equal in both, and does not change it.
func (c *Codec[T]) Read(l *Log, n int, at time.Time, was T) T {
	begin := uint32(0)
	if n > 0 {
		begin = l.ends[n-1]
	}
	if data := l.data[begin:l.ends[n]]; len(data) > 0 {
		d := decoder{data: data, at: at, kept: &l.kept}
		c.root.decode(&d, reflect.ValueOf(&was).Elem())
	}
	return was
}

// A coder writes and reads values of one type.
type coder interface {
	// encode appends how now differs from was, and reports whether it does; it appends nothing if not.
	encode(e *encoder, was, now reflect.Value) bool
	// decode changes a copy of the value before into the one that was written. What the copy shares with the value
	// before is replaced, not changed.
	decode(d *decoder, v reflect.Value)
}

type encoder struct {
	data []byte
	at   time.Time
	kept *kept
}

func (e *encoder) byte(b byte)     { e.data = append(e.data, b) }
func (e *encoder) uint(n uint64)   { e.data = binary.AppendUvarint(e.data, n) }
func (e *encoder) int(n int64)     { e.data = binary.AppendVarint(e.data, n) }
func (e *encoder) string(s string) { e.uint(uint64(len(s))); e.data = append(e.data, s...) }

// bits reserves room for n bits, all 0, and returns where it begins.
func (e *encoder) bits(n int) int {
	start := len(e.data)
	for range (n + 7) / 8 {
		e.data = append(e.data, 0)
	}
	return start
}

func (e *encoder) set(start, bit int) { e.data[start+bit/8] |= 1 << (bit % 8) }

type decoder struct {
	data []byte
	at   time.Time
	kept *kept
}

func (d *decoder) byte() byte {
	b := d.data[0]
	d.data = d.data[1:]
	return b
}

func (d *decoder) uint() uint64 {
	n, size := binary.Uvarint(d.data)
	d.data = d.data[size:]
	return n
}

func (d *decoder) int() int64 {
	n, size := binary.Varint(d.data)
	d.data = d.data[size:]
	return n
}

func (d *decoder) bytes(n int) []byte {
	b := d.data[:n]
	d.data = d.data[n:]
	return b
}

// bits reads n bits.
func (d *decoder) bits(n int) flags { return flags(d.bytes((n + 7) / 8)) }

type flags []byte

func (b flags) has(bit int) bool { return b[bit/8]&(1<<(bit%8)) != 0 }
