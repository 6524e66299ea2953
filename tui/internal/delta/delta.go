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
	w := writer{data: l.data, at: at, kept: &l.kept}
	c.root.write(&w, reflect.ValueOf(was).Elem(), reflect.ValueOf(now).Elem())
	l.data = w.data
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
		r := reader{data: data, at: at, kept: &l.kept}
		c.root.read(&r, reflect.ValueOf(&was).Elem())
	}
	return was
}

// A coder writes and reads values of one type.
type coder interface {
	// write appends how now differs from was, and reports whether it does; it appends nothing if not.
	write(w *writer, was, now reflect.Value) bool
	// read changes a copy of the value before into the one that was written. What the copy shares with the value
	// before is replaced, not changed.
	read(r *reader, v reflect.Value)
}

type writer struct {
	data []byte
	at   time.Time
	kept *kept
}

func (w *writer) byte(b byte)     { w.data = append(w.data, b) }
func (w *writer) uint(n uint64)   { w.data = binary.AppendUvarint(w.data, n) }
func (w *writer) int(n int64)     { w.data = binary.AppendVarint(w.data, n) }
func (w *writer) string(s string) { w.uint(uint64(len(s))); w.data = append(w.data, s...) }

// bits reserves room for n bits, all 0, and returns where it begins.
func (w *writer) bits(n int) int {
	start := len(w.data)
	for range (n + 7) / 8 {
		w.data = append(w.data, 0)
	}
	return start
}

func (w *writer) set(start, bit int) { w.data[start+bit/8] |= 1 << (bit % 8) }

type reader struct {
	data []byte
	at   time.Time
	kept *kept
}

func (r *reader) byte() byte {
	b := r.data[0]
	r.data = r.data[1:]
	return b
}

func (r *reader) uint() uint64 {
	n, size := binary.Uvarint(r.data)
	r.data = r.data[size:]
	return n
}

func (r *reader) int() int64 {
	n, size := binary.Varint(r.data)
	r.data = r.data[size:]
	return n
}

func (r *reader) bytes(n int) []byte {
	b := r.data[:n]
	r.data = r.data[n:]
	return b
}

// bits reads n bits.
func (r *reader) bits(n int) flags { return flags(r.bytes((n + 7) / 8)) }

type flags []byte

func (b flags) has(bit int) bool { return b[bit/8]&(1<<(bit%8)) != 0 }
