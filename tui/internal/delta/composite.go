package delta

import (
	"reflect"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// newCoder returns the coder of a type.
func newCoder(t reflect.Type) coder {
	switch t {
	case reflect.TypeFor[time.Time]():
		return timeCoder{}
	case reflect.TypeFor[probe.Value]():
		return valueCoder{}
	}
	switch t.Kind() {
	case reflect.Bool:
		return boolCoder{}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return intCoder{}
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return uintCoder{}
	case reflect.Float32, reflect.Float64:
		return floatCoder{}
	case reflect.String:
		return stringCoder{}
	case reflect.Struct:
		return newStructCoder(t)
	case reflect.Array:
		return arrayCoder{t.Len(), newCoder(t.Elem())}
	case reflect.Slice:
		return sliceCoder{t, reflect.New(t.Elem()).Elem(), newCoder(t.Elem())}
	case reflect.Pointer:
		return pointerCoder{t, reflect.New(t.Elem()).Elem(), newCoder(t.Elem())}
	}
	return otherCoder{}
}

// structCoder writes which fields differ, and these.
type structCoder []coder

func newStructCoder(t reflect.Type) coder {
	c := make(structCoder, t.NumField())
	for i := range c {
		if !t.Field(i).IsExported() {
			return otherCoder{}
		}
		c[i] = newCoder(t.Field(i).Type)
	}
	return c
}

func (c structCoder) encode(e *encoder, was, now reflect.Value) (differs bool) {
	start := e.bits(len(c))
	for i, field := range c {
		if field.encode(e, was.Field(i), now.Field(i)) {
			e.set(start, i)
			differs = true
		}
	}
	if !differs {
		e.data = e.data[:start]
	}
	return differs
}

func (c structCoder) decode(d *decoder, v reflect.Value) {
	differ := d.bits(len(c))
	for i, field := range c {
		if differ.has(i) {
			field.decode(d, v.Field(i))
		}
	}
}

// arrayCoder writes which elements differ, and these.
type arrayCoder struct {
	n       int
	element coder
}

func (c arrayCoder) encode(e *encoder, was, now reflect.Value) (differs bool) {
	start := e.bits(c.n)
	for i := range c.n {
		if c.element.encode(e, was.Index(i), now.Index(i)) {
			e.set(start, i)
			differs = true
		}
	}
	if !differs {
		e.data = e.data[:start]
	}
	return differs
}

func (c arrayCoder) decode(d *decoder, v reflect.Value) {
	differ := d.bits(c.n)
	for i := range c.n {
		if differ.has(i) {
			c.element.decode(d, v.Index(i))
		}
	}
}

// sliceCoder writes the length plus 1 (0: nil), which elements differ from those before at the same places, and these.
// New places differ from the zero value.
type sliceCoder struct {
	of      reflect.Type
	zero    reflect.Value
	element coder
}

func (c sliceCoder) encode(e *encoder, was, now reflect.Value) bool {
	begin, n := len(e.data), now.Len()
	if now.IsNil() {
		if was.IsNil() {
			return false
		}
		e.uint(0)
		return true
	}
	differs := was.IsNil() || was.Len() != n
	if !differs && (n == 0 || was.UnsafePointer() == now.UnsafePointer()) {
		return false
	}
	e.uint(uint64(n) + 1)
	start := e.bits(n)
	for i := range n {
		before := c.zero
		if i < was.Len() {
			before = was.Index(i)
		}
		if c.element.encode(e, before, now.Index(i)) {
			e.set(start, i)
			differs = true
		}
	}
	if !differs {
		e.data = e.data[:begin]
	}
	return differs
}

func (c sliceCoder) decode(d *decoder, v reflect.Value) {
	n := int(d.uint()) - 1
	if n < 0 {
		v.SetZero()
		return
	}
	own := reflect.MakeSlice(c.of, n, n)
	reflect.Copy(own, v)
	differ := d.bits(n)
	for i := range n {
		if differ.has(i) {
			c.element.decode(d, own.Index(i))
		}
	}
	v.Set(own)
}

// pointerCoder writes what a pointer points to.
type pointerCoder struct {
	of      reflect.Type
	zero    reflect.Value
	element coder
}

const (
	pointsNowhere byte = iota
	pointsToSame       // as before, or the zero value after nil
	pointsToOther
)

func (c pointerCoder) encode(e *encoder, was, now reflect.Value) bool {
	switch {
	case was.UnsafePointer() == now.UnsafePointer():
		return false
	case now.IsNil():
		e.byte(pointsNowhere)
		return true
	}
	before := c.zero
	if !was.IsNil() {
		before = was.Elem()
	}
	start := len(e.data)
	e.byte(pointsToOther)
	if c.element.encode(e, before, now.Elem()) {
		return true
	}
	if was.IsNil() {
		e.data[start] = pointsToSame
		return true
	}
	e.data = e.data[:start]
	return false
}

func (c pointerCoder) decode(d *decoder, v reflect.Value) {
	kind := d.byte()
	if kind == pointsNowhere {
		v.SetZero()
		return
	}
	own := reflect.New(c.of.Elem())
	if !v.IsNil() {
		own.Elem().Set(v.Elem())
	}
	if kind == pointsToOther {
		c.element.decode(d, own.Elem())
	}
	v.Set(own)
}

// otherCoder keeps what it can't write.
type otherCoder struct{}

func (otherCoder) encode(e *encoder, was, now reflect.Value) bool {
	if reflect.DeepEqual(was.Interface(), now.Interface()) {
		return false
	}
	e.uint(uint64(len(e.kept.others)))
	e.kept.others = append(e.kept.others, now.Interface())
	return true
}

func (otherCoder) decode(d *decoder, v reflect.Value) {
	other := reflect.ValueOf(d.kept.others[d.uint()])
	if !other.IsValid() { // a nil interface
		v.SetZero()
		return
	}
	v.Set(other)
}
