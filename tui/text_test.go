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

func TestNumbers(t *testing.T) {
	for _, test := range []struct {
		n    float64
		unit thresholds.Unit
		want string
	}{
		{0, thresholds.Seconds, "0ms"}, {0.00005, thresholds.Seconds, "50µs"}, {0.0004, thresholds.Seconds, "0.4ms"},
		{0.003, thresholds.Seconds, "3ms"}, {0.0033, thresholds.Seconds, "3.3ms"}, {0.048, thresholds.Seconds, "48ms"},
		{0.9994, thresholds.Seconds, "999ms"}, {0.9996, thresholds.Seconds, "1s"}, {1.25, thresholds.Seconds, "1.2s"},
		{8.192, thresholds.Seconds, "8.2s"}, {-0.003, thresholds.Seconds, "-3ms"},
		{41 * 86400, thresholds.Seconds, "41d"},
		{0, thresholds.Bytes, "0B"}, {1023, thresholds.Bytes, "1K"}, {2.04e9, thresholds.Bytes, "1.9G"},
		{8 << 30, thresholds.Bytes, "8G"},
		{0.238, thresholds.Ratio, "24%"}, {1, thresholds.Ratio, "100%"},
		{412, thresholds.PerSecond, "412"}, {0.25, thresholds.PerSecond, "0.25"}, {0.05, thresholds.PerSecond, "0.05"},
		{0.2, thresholds.PerSecond, "0.2"},
		{0.0001, thresholds.PerSecond, "<0.01"}, {0.999, thresholds.PerSecond, "1"}, {2.4, thresholds.PerSecond, "2.4"},
		{0, thresholds.PerSecond, "0"},
		{999, thresholds.Count, "999"}, {1234, thresholds.Count, "1.2k"}, {8.1e6, thresholds.Count, "8.1M"},
	} {
		if got := plainTheme().number(probe.Known(test.n), test.unit); got != test.want {
			t.Errorf("%v %s: %q, want %q", test.n, test.unit, got, test.want)
		}
	}
	if got := plainTheme().number(probe.Value{}, thresholds.Count); got != "" {
		t.Errorf("an unknown value is %q", got)
	}
}

func TestDurations(t *testing.T) {
	for _, test := range []struct {
		d           time.Duration
		short, long string
	}{
		{-time.Second, "0s", "0s"}, {500 * time.Millisecond, "1s", "0.5s"}, {1200 * time.Millisecond, "1s", "1.2s"},
		{58 * time.Second, "58s", "58s"}, {5 * time.Minute, "5m", "5m00s"}, {192 * time.Second, "3m", "3m12s"},
		{3*time.Hour + 12*time.Minute, "3h", "3h12m"}, {52 * time.Hour, "2d", "2d04h"},
	} {
		if short(test.d) != test.short || long(test.d) != test.long {
			t.Errorf("%v: %q %q, want %q %q", test.d, short(test.d), long(test.d), test.short, test.long)
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

// TestWrap keeps every word and every line within the width.
func TestWrap(t *testing.T) {
	th := plainTheme()
	text := "DRAIN RISK etcd-1, etcd-2: quorum would need 日本語日本語 and averylongwordthatfitsnowhere at all"
	for width := 1; width < 100; width++ {
		for _, spans := range wrap(th, []span{{th.bold, text[:11]}, {th.plain, text[11:]}}, width, min(4, width-1)) {
			if spansWidth(spans) > width {
				t.Fatalf("%d: %q is wider", width, spans)
			}
		}
	}
	lines := wrap(th, []span{{th.plain, "one two three"}}, 7, 2)
	if len(lines) != 2 || lines[0][0].text != "one two" || lines[1][0].text != "  three" {
		t.Errorf("wrapped to %q", lines)
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
		"plain": "plain", "日本": "日本", "a\x1b[31mb": `a\x1b[31mb`, "two\nlines": `two\nlines`, "\u202eevil\u200b": `\u202eevil\u200b`, "\x9b31m": `\x9b31m`,
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
		30:  "MEMBER STATE DRAIN WAL p99",
		80:  "MEMBER ROLE STATE DRAIN WAL p99 COMMIT PEND LAG DB USED VERSION AGE",
		120: "MEMBER ROLE STATE DRAIN WAL p50 WAL p99 COMMIT PEND APPL/s LAG DB IN USE QUOTA USED RTT p99 VERSION AGE",
	} {
		var titles []string
		for _, c := range fitColumns(newTestModel(nil).columns(minNameWidth), "", width) {
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
