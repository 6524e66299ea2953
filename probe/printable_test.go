package probe

import (
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"
)

func TestPrintable(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                       "",
		"etcd-1":                 "etcd-1",
		`C:\dir`:                 `C:\dir`,
		"日本 ≤ 16 ms → é":         "日本 ≤ 16 ms → é",
		"e\u0301":                "e\u0301", // a combining mark on a letter is visible
		"a\nOK b":                `a\nOK b`,
		"a\r\tb\x00":             `a\r\tb\x00`,
		"\x1b[2J":                `\x1b[2J`,
		"\x7f":                   `\x7f`,
		"\u0085\u009b31m":        `\u0085\u009b31m`,
		"\x9b31m":                `\x9b31m`, // no UTF-8 by itself, but CSI to some terminals
		"\u202egnp.exe":          `\u202egnp.exe`,
		"\u2066a\u2069":          `\u2066a\u2069`,
		"a\u200b\u200d\u2060b":   `a\u200b\u200d\u2060b`,
		"a\u2028b\u2029":         `a\u2028b\u2029`,
		"\ufeffa\u00ad":          `\ufeffa\u00ad`,
		"\U000e0041\U000e007f":   `\U000e0041\U000e007f`,
		"a\u00a0b\u3000":         `a\u00a0b\u3000`,
		"\ue000\U000f0000":       `\ue000\U000f0000`,
		"\u3164\u115f\u034f":     `\u3164\u115f\u034f`,
		"a\ufe0f\U000e0100":      `a\ufe0f\U000e0100`,
		"\ufdd0\U0010ffff":       `\ufdd0\U0010ffff`,
		"\xff\xc3(\xed\xa0\x80":  `\xff\xc3(\xed\xa0\x80`,
		"the character \ufffd":   "the character \ufffd",
		"\u0600\u06dd\U000110bd": `\u0600\u06dd\U000110bd`,
	} {
		if got := Printable(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
		if got := IsPrintable(text); got != (text == want) {
			t.Errorf("%q: IsPrintable is %t", text, got)
		}
	}
}

// FuzzPrintable holds what faces rely on: the result is one line of UTF-8 without invisible characters or anything
// that moves a cursor, printable text stays unchanged, and a second pass changes nothing.
func FuzzPrintable(f *testing.F) {
	f.Add("etcd-1")
	f.Add("a\nb\x1b[31m\u009b\u202e\u2028\ufeff\U000e0041\xff\xf0\x9f")
	f.Fuzz(func(t *testing.T, text string) {
		got := Printable(text)
		if !utf8.ValidString(got) {
			t.Fatalf("%q: %q is no UTF-8", text, got)
		}
		for _, r := range got {
			if unicode.In(r, unicode.C, unicode.Zl, unicode.Zp, unicode.Other_Default_Ignorable_Code_Point,
				unicode.Variation_Selector) {
				t.Fatalf("%q: %q has %U", text, got, r)
			}
		}
		if again := Printable(got); again != got {
			t.Fatalf("%q: %q, and then %q", text, got, again)
		}
		if !IsPrintable(got) || IsPrintable(text) != (got == text) {
			t.Fatalf("%q: IsPrintable does not agree with %q", text, got)
		}
		shown := func(r rune) rune {
			if isPrintable(r) && r != utf8.RuneError {
				return r
			}
			return -1
		}
		rest := got
		for _, r := range strings.Map(shown, text) {
			at := strings.IndexRune(rest, r)
			if at < 0 {
				t.Fatalf("%q: %q lacks %q", text, got, r)
			}
			rest = rest[at+utf8.RuneLen(r):]
		}
	})
}

// hostile has one of each kind of character that no face may print unescaped.
const hostile = "a\x1b[2J\nOK\r\t\x00\x7f\u009b\u202e\u2028\u200b\ufeff\U000e0041\ufe0f\u3164\ue000\xff|'=;<b>"

// TestSweepPrintableHasEveryText sets every text of a sweep by reflection, so that a new field cannot be forgotten.
func TestSweepPrintableHasEveryText(t *testing.T) {
	t.Parallel()
	var s, untouched Sweep
	fill(reflect.ValueOf(&s).Elem(), hostile)
	fill(reflect.ValueOf(&untouched).Elem(), hostile)
	got := s.Printable()
	eachText(reflect.ValueOf(got), "Sweep", func(path, text string) {
		if !IsPrintable(text) {
			t.Errorf("%s is %q", path, text)
		}
	})
	if !reflect.DeepEqual(s, untouched) {
		t.Error("the sweep that it was made of has changed")
	}
	if again := got.Printable(); !reflect.DeepEqual(again, got) {
		t.Error("Printable changes a printable sweep")
	}
}

func TestSweepPrintableKeepsWhatIsPrintable(t *testing.T) {
	t.Parallel()
	var s Sweep
	fill(reflect.ValueOf(&s).Elem(), "etcd-1")
	if got := s.Printable(); !reflect.DeepEqual(got, s) {
		t.Errorf("%+v, want %+v", got, s)
	}
}

// fill sets every string, and gives slices and maps one element.
func fill(v reflect.Value, text string) {
	switch v.Kind() {
	case reflect.String:
		if v.Type() == reflect.TypeFor[string]() { // named string types hold etcdoc's own words
			v.SetString(text)
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), text)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0), text)
	case reflect.Map:
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(key, text)
		fill(value, text)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(key, value)
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return
		}
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fill(v.Field(i), text)
			}
		}
	}
}

// eachText visits the texts in a value.
func eachText(v reflect.Value, path string, visit func(path, text string)) {
	switch v.Kind() {
	case reflect.String:
		visit(path, v.String())
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			eachText(v.Elem(), path, visit)
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			eachText(v.Index(i), path+"[]", visit)
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			eachText(key, path+"[key]", visit)
			eachText(v.MapIndex(key), path+"[]", visit)
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return
		}
		for i := range v.NumField() {
			eachText(v.Field(i), path+"."+v.Type().Field(i).Name, visit)
		}
	}
}
