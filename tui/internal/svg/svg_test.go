package svg

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
)

func TestRender(t *testing.T) {
	for name, test := range map[string]struct {
		frame string
		want  []string
	}{
		"plain":   {"a b", []string{`x="12" y="25" textLength="25.2"`, ">a b</text>"}},
		"escaped": {`<&">`, []string{"&lt;&amp;&#34;&gt;"}},
		"colour": {"\x1b[31mred\x1b[0m plain",
			[]string{`fill="#f0616d">red<`, `x="37.2"`, `fill="#d6d8dd"> plain<`}},
		"bright":    {"\x1b[94mb\x1b[39mp", []string{`fill="#86bbff">b<`, `fill="#d6d8dd">p<`}},
		"256":       {"\x1b[38;5;208mo\x1b[38;5;244mg", []string{`fill="#ff8700">o<`, `fill="#808080">g<`}},
		"rgb":       {"\x1b[38;2;1;2;255mx", []string{`fill="#0102ff">x<`}},
		"bold":      {"\x1b[1;31mb\x1b[22mn", []string{`font-weight="bold">b<`, `fill="#f0616d">n<`}},
		"faint":     {"\x1b[2mf", []string{`fill-opacity="0.65">f<`}},
		"underline": {"\x1b[4mu", []string{`text-decoration="underline">u<`}},
		"reverse": {"\x1b[7;33m w \x1b[m", []string{
			`<rect x="12" y="12" width="25.2" height="17" fill="#e5b567"/>`, `fill="#14161b"> w<`,
		}},
		"reverse blanks":   {"\x1b[7m  \x1b[0m", []string{`<rect x="12" y="12" width="16.8"`}},
		"over a line":      {"\x1b[31ma\nb", []string{`fill="#f0616d">b<`, `y="42"`}},
		"wide characters":  {"日本x\x1b[1my", []string{`textLength="42"`, `x="54"`}},
		"other sequences":  {"a\x1b[2Jb\x1b]0;t\ac", []string{">abc<"}},
		"nothing":          {"", []string{`width="32.4" height="41"`}},
		"colours out of 8": {"\x1b[38;5;999;1mx\x1b[38mz", []string{">x<", ">z<"}},
	} {
		t.Run(name, func(t *testing.T) {
			picture := Dark().Render(test.frame, "a <title>")
			for _, want := range append(test.want, "<title>a &lt;title&gt;</title>") {
				if !strings.Contains(picture, want) {
					t.Errorf("%s is missing:\n%s", want, picture)
				}
			}
			checkWellFormed(t, picture)
		})
	}
}

func checkWellFormed(t *testing.T, picture string) {
	t.Helper()
	decoder := xml.NewDecoder(strings.NewReader(picture))
	for {
		if _, err := decoder.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatalf("%v:\n%s", err, picture)
		}
	}
}

func FuzzRender(f *testing.F) {
	f.Add("\x1b[38;5;1;48;2;1;2;3m\x1b[;;mx\x1b[7m\xff日")
	f.Fuzz(func(t *testing.T, frame string) { checkWellFormed(t, Light().Render(frame, frame)) })
}
