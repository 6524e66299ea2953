package tui

import (
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/muesli/termenv"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

func plainTheme() *theme {
	th := newTheme(termenv.Ascii, false, appearance{glyphs: GlyphsBlock})
	return th
}

// TestNumbers: the theme says how a cell writes a number; how it rounds is tested where that is done.
func TestNumbers(t *testing.T) {
	block, ascii := plainTheme(), newTheme(termenv.Ascii, false, appearance{glyphs: GlyphsASCII})
	for want, got := range map[string]string{
		"50µs":  block.number(probe.Known(0.00005), thresholds.Seconds),
		"50us":  ascii.number(probe.Known(0.00005), thresholds.Seconds),
		"3m05s": block.duration(185 * time.Second),
		"3m":    block.coarse(185 * time.Second),
		"":      block.number(probe.Value{}, thresholds.Count),
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestFitName(t *testing.T) {
	for _, test := range []struct {
		name  string
		width int
		want  string
	}{{"etcd-1", 6, "etcd-1"}, {"etcd-prod-eu1-node-7", 11, "etcd-…ode-7"}, {"etcd-1", 3, "et…"}, {"etcd-1", 1, "…"},
		{"etcd-1", 0, ""}} {
		if got := fitName(plainTheme(), test.name, test.width); got != test.want {
			t.Errorf("%q in %d: %q, want %q", test.name, test.width, got, test.want)
		}
	}
}

// TestWrap keeps every word, and every line within the width.
func TestWrap(t *testing.T) {
	th := plainTheme()
	text := "DRAIN RISK etcd-1, etcd-2: quorum would need 日本語日本語 and averylongwordthatfitsnowhere at all"
	for width := 2; width < 100; width++ {
		var kept strings.Builder
		for _, spans := range wrap([]span{{th.bold, text[:11]}, {th.plain, text[11:]}}, width, min(4, width-2)) {
			if spansWidth(spans) > width {
				t.Fatalf("%d: %q is wider", width, spans)
			}
			for _, s := range spans {
				kept.WriteString(s.text)
			}
		}
		if without := strings.NewReplacer(" ", ""); without.Replace(kept.String()) != without.Replace(text) {
			t.Fatalf("%d: kept %q", width, kept.String())
		}
	}
	for _, test := range []struct {
		text  string
		width int
		want  string
	}{
		{"one two three", 7, "one two|  three"},
		{"$ etcdctl --endpoints=http://a:1,http://b:2 defrag", 25,
			"$ etcdctl|  --endpoints=http://a:1,|  http://b:2 defrag"},
		{"see /etc/kubernetes/pki/etcd/server.crt there", 20, "see|  /etc/kubernetes/|  pki/etcd/|  server.crt there"},
		{"one every 30 s, at ≤ 5% of it", 12, "one every|  30 s, at|  ≤ 5% of it"},
	} {
		var lines []string
		for _, spans := range wrap([]span{{th.plain, test.text}}, test.width, 2) {
			lines = append(lines, spans[0].text)
		}
		if got := strings.Join(lines, "|"); got != test.want {
			t.Errorf("%q in %d: %q, want %q", test.text, test.width, got, test.want)
		}
	}
	var line strings.Builder
	for _, s := range wrap([]span{{th.bold, "mean 12 ms"}, {th.plain, "; resolved"}}, 80, 0)[0] {
		line.WriteString(s.text)
	}
	if got := line.String(); got != "mean 12 ms; resolved" {
		t.Errorf("a unit with a semicolon of another style: %q", got)
	}
}

func TestLineIsExactlyAsWideAsAsked(t *testing.T) {
	th := plainTheme()
	for width := range 12 {
		l := newLine(th, width)
		l.add(th.bold, "日本")
		l.cell(th.plain, "right", 4, true)
		l.space(3)
		l.add(th.plain, "and more")
		if got := ansi.StringWidth(l.String()); got != width {
			t.Errorf("width %d, want %d", got, width)
		}
	}
}

func TestClean(t *testing.T) {
	th := plainTheme()
	for text, want := range map[string]string{
		"plain": "plain", "日本": "日本", "a\x1b[31mb": `a\x1b[31mb`, "two\nlines": `two\nlines`,
		"\u202eevil\u200b": `\u202eevil\u200b`, "\x9b31m": `\x9b31m`,
	} {
		if got := th.clean(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	ascii := newTheme(termenv.Ascii, false, appearance{glyphs: GlyphsASCII})
	if got := ascii.clean("≤ 16 ms → 日"); got != "<= 16 ms -> ?" {
		t.Errorf("in ASCII: %q", got)
	}
}

func TestAround(t *testing.T) {
	for _, test := range []struct{ at, n, total, from, to int }{
		{0, 5, 3, 0, 3}, {0, 3, 9, 0, 3}, {4, 3, 9, 3, 6}, {8, 3, 9, 6, 9}, {-1, 3, 9, 0, 3}, {2, 0, 9, 2, 2},
	} {
		if from, to := around(test.at, test.n, test.total); from != test.from || to != test.to {
			t.Errorf("around(%d, %d, %d) = %d, %d", test.at, test.n, test.total, from, to)
		}
	}
}

// TestColumnsByWidth: at each width, the columns that people need most.
func TestColumnsByWidth(t *testing.T) {
	for width, want := range map[int]string{
		10:  "MEMBER",
		30:  "MEMBER STATE DRAIN",
		80:  "MEMBER ROLE STATE DRAIN WAL p99 COMMIT PEND LAG DB QUOTA AGE",
		120: "MEMBER ROLE STATE DRAIN WAL p99 COMMIT PEND APPL/s LAG DB IN USE DB MAX QUOTA RTT p99 VERSION AGE",
	} {
		var titles []string
		for _, c := range fitColumns(newTestModel(nil).columns(minNameWidth, width), "", width) {
			titles = append(titles, c.title)
		}
		if got := strings.Join(titles, " "); got != want {
			t.Errorf("at %d: %s\nwant %s", width, got, want)
		}
	}
}

// TestRanksOfColumns: every column has a rank of its own, without gaps, or fitColumns would lose some.
func TestRanksOfColumns(t *testing.T) {
	seen := map[int]string{}
	columns := tableColumns(minNameWidth, Units1024)
	for _, c := range columns {
		if other, twice := seen[c.rank]; twice || c.rank >= len(columns) {
			t.Errorf("%s has rank %d, as %q", c.title, c.rank, other)
		}
		seen[c.rank] = c.title
	}
}
