package delta

import (
	"math"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

type inner struct {
	Name string
	At   time.Time
}

type opaque struct{ n int }

// hiding has a field that is not exported.
type hiding struct {
	inner
	Texts []string
}

type value struct {
	Inner  inner
	Flag   bool
	Small  int8
	Large  int64
	ID     uint64
	Ratio  float64
	Known  probe.Value
	Values [70]probe.Value
	Texts  []string
	Nested [][]inner
	To     *inner
	Map    map[string]int
	Hidden opaque
	Any    any
}

var (
	start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	zone  = time.FixedZone("CET", 3600)
)

// chain are values that differ in every way that a value can.
func chain() []value {
	one := value{
		Inner: inner{"a", start}, Flag: true, Small: -1, Large: math.MinInt64, ID: math.MaxUint64, Ratio: 0.1,
		Known: probe.Known(0), Texts: []string{"one", "two", ""}, Nested: [][]inner{{{"x", start}}, nil, {}},
		To: &inner{}, Map: map[string]int{"a": 1}, Hidden: opaque{1}, Any: "any",
	}
	one.Values[0], one.Values[69] = probe.Known(-1.5), probe.Known(math.MaxFloat64)
	two := one
	two.Inner.At, two.Texts, two.To = start.In(zone), []string{"one", "twofold", "three"}, &inner{"to", start}
	two.Known, two.Large, two.Ratio = probe.Value{}, math.MaxInt64, math.NaN()
	three := two
	three.Texts, three.Nested, three.To = []string{}, [][]inner{{{"x", start}, {"y", time.Time{}}}}, nil
	three.Inner.At = time.Date(9999, 12, 31, 23, 59, 59, 999, zone)
	four := value{Ratio: 1, Any: nil, Texts: []string{"two", "one"}}
	return []value{{}, one, two, two, three, one, four, {}}
}

func TestEveryValueComesBack(t *testing.T) {
	codec := NewCodec[value]()
	var l Log
	var was value
	values := chain()
	for i := range values {
		codec.Append(&l, start.Add(time.Duration(i)*time.Second), &was, &values[i])
		was = values[i]
	}
	l.Clip()
	var got []value
	was = value{}
	for i := range l.Len() {
		was = codec.Read(&l, i, start.Add(time.Duration(i)*time.Second), was)
		got = append(got, was)
	}
	for i, want := range chain() { // made anew: reading must not change what was read before
		if math.IsNaN(want.Ratio) != math.IsNaN(got[i].Ratio) {
			t.Errorf("%d: the ratio is %v, want %v", i, got[i].Ratio, want.Ratio)
		}
		if math.IsNaN(want.Ratio) {
			want.Ratio, got[i].Ratio = 0, 0
		}
		if !reflect.DeepEqual(inUTC(got[i]), inUTC(want)) {
			t.Errorf("%d:\n%+v, want\n%+v", i, got[i], want)
		}
		if a, b := got[i].Inner.At.String(), want.Inner.At.String(); a != b {
			t.Errorf("%d: %s, want %s", i, a, b)
		}
	}
}

// inUTC makes times comparable by reflect.DeepEqual.
func inUTC(v value) value { v.Inner.At = v.Inner.At.UTC(); return v }

func TestEqualValuesTakeNothing(t *testing.T) {
	codec := NewCodec[value]()
	var l Log
	a, b := chain()[2], chain()[2]
	a.Ratio, b.Ratio = 0, 0
	codec.Append(&l, start, &value{}, &a)
	before := len(l.data)
	if codec.Append(&l, start.Add(time.Second), &a, &b); len(l.data) != before {
		t.Errorf("an equal value takes %d bytes", len(l.data)-before)
	}
	read := codec.Read(&l, 0, start, value{})
	if again := codec.Read(&l, 1, start, read); &again.Texts[0] != &read.Texts[0] || again.To != read.To {
		t.Error("an equal value does not share what it can")
	}
	b.Known = probe.Known(4)
	if codec.Append(&l, start, &a, &b); len(l.data)-before > 12 {
		t.Errorf("one number takes %d bytes", len(l.data)-before)
	}
}

// TestDurationsStayWhatTheyWere where the wall clock was set between two times that a monotonic clock measured.
func TestDurationsStayWhatTheyWere(t *testing.T) {
	codec := NewCodec[inner]()
	now := time.Now()
	began := now.Add(-time.Minute)
	var l Log
	codec.Append(&l, now, &inner{}, &inner{At: began})
	if got := codec.Read(&l, 0, now, inner{}); got.At != began {
		t.Errorf("%#v, want %#v", got.At, began)
	}
}

func TestUnexportedFieldsAreKeptWhole(t *testing.T) {
	codec := NewCodec[hiding]()
	var l Log
	want := hiding{inner: inner{Name: "x"}, Texts: slices.Repeat([]string{"y"}, 300)}
	codec.Append(&l, start, &hiding{}, &want)
	if got := codec.Read(&l, 0, start, hiding{}); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
}
