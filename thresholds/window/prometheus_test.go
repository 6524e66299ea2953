package window

import (
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestPrometheus compares the series with a real Prometheus' answers about the same samples, to 1e-9: see
// testdata/prometheus/make.sh.
func TestPrometheus(t *testing.T) {
	t.Parallel()
	all := readSamples(t)
	for _, q := range readVectors(t) {
		t.Run(q.name, func(t *testing.T) {
			cases := all[q.metric]
			if len(q.want) == 0 || len(cases) == 0 {
				t.Fatalf("%d answers about %d cases", len(q.want), len(cases))
			}
			for name := range q.want {
				if cases[name] == nil {
					t.Errorf("%q is answered but has no samples", name)
				}
			}
			for name, samples := range cases {
				from := q.at.Add(-q.window)
				if slices.ContainsFunc(samples, func(s promSample) bool { return s.at.Equal(from) }) {
					t.Errorf("%q has a sample at the old end of the window, where Prometheus 2 and 3 differ", name)
				}
				want, answered := q.want[name]
				got, known := q.ask(samples)
				if math.IsNaN(want) { // as Prometheus answers if nothing was observed
					answered = false
				}
				if known != answered || known && math.Abs(got-want) > 1e-9*math.Abs(want) {
					t.Errorf("%q: got %v (known: %v), Prometheus gives %v (%v)", name, got, known, want, answered)
				}
			}
		})
	}
}

// promSample is a sample of a case; for a histogram, of one bucket.
type promSample struct {
	at    time.Time
	bound float64
	value float64
}

// promQuery is a query and what Prometheus answered, by case.
type promQuery struct {
	name, function, metric string
	at                     time.Time
	window                 time.Duration
	argument               float64 // the quantile, or how far ahead in seconds
	want                   map[string]float64
}

func (q *promQuery) ask(samples []promSample) (value float64, ok bool) {
	const keep = time.Hour
	if q.function == "histogram_quantile" {
		b := bucketsOf(samples, keep)
		d, known := b.Over(q.at, q.window)
		if !known {
			return 0, false
		}
		return d.Quantile(q.argument)
	}
	var c Counter
	var g Gauge
	for _, s := range samples {
		c.Add(s.at, s.value, keep)
		g.Series.Add(GaugeSample{g.Since(s.at), s.value}, keep) // every one, as Prometheus has them
	}
	switch q.function {
	case "rate":
		return c.Rate(q.at, q.window)
	case "increase":
		return c.Increase(q.at, q.window)
	case "deriv":
		return g.Deriv(q.at, q.window)
	}
	return 0, false
}

// bucketsOf joins the samples of the buckets, which come bucket by bucket, to histograms.
func bucketsOf(samples []promSample, keep time.Duration) *Histogram {
	var bounds []float64
	var times []time.Time
	counts := make(map[time.Time][]float64)
	for _, s := range samples {
		if !slices.Contains(bounds, s.bound) {
			bounds = append(bounds, s.bound)
		}
		if counts[s.at] == nil {
			times = append(times, s.at)
		}
		counts[s.at] = append(counts[s.at], s.value)
	}
	b := new(Histogram)
	for _, at := range times {
		b.Add(at, Buckets{Bounds: bounds, Counts: counts[at]}, keep)
	}
	return b
}

var (
	sampleLine = regexp.MustCompile(`^(\w+)\{case="([^"]*)"(?:,le="([^"]*)")?\} (\S+) (\S+)$`)
	queryLine  = regexp.MustCompile(`^> (\S+) (\w+)\((?:([\d.]+), rate\()?(\w+)\[(\w+)\](?:, (\d+))?\)+$`)
	answerLine = regexp.MustCompile(`^\{case="([^"]*)"\} => (\S+) @\[`)
)

// readSamples reads the samples by metric and case.
func readSamples(t *testing.T) map[string]map[string][]promSample {
	t.Helper()
	all := make(map[string]map[string][]promSample)
	for _, line := range promLines(t, "samples.txt") {
		m := sampleLine.FindStringSubmatch(line)
		if m == nil {
			t.Fatalf("samples.txt: what is %q?", line)
		}
		if all[m[1]] == nil {
			all[m[1]] = make(map[string][]promSample)
		}
		s := promSample{at: promTime(t, m[5]), value: promNumber(t, m[4])}
		if m[3] != "" {
			s.bound = promNumber(t, m[3])
		}
		all[m[1]][m[2]] = append(all[m[1]][m[2]], s)
	}
	return all
}

func readVectors(t *testing.T) []*promQuery {
	t.Helper()
	var queries []*promQuery
	for _, line := range promLines(t, "vectors.txt") {
		if m := queryLine.FindStringSubmatch(line); m != nil {
			window, err := time.ParseDuration(m[5])
			if err != nil {
				t.Fatal(err)
			}
			q := &promQuery{
				name: strings.TrimPrefix(line, "> "), function: m[2], metric: m[4],
				at: promTime(t, m[1]), window: window, want: make(map[string]float64),
			}
			if argument := m[3] + m[6]; argument != "" {
				q.argument = promNumber(t, argument)
			}
			queries = append(queries, q)
		} else if m := answerLine.FindStringSubmatch(line); m != nil && len(queries) > 0 {
			queries[len(queries)-1].want[m[1]] = promNumber(t, m[2])
		} else {
			t.Fatalf("vectors.txt: what is %q?", line)
		}
	}
	asked := promLines(t, "queries.txt")
	if !slices.EqualFunc(asked, queries, func(line string, q *promQuery) bool { return line == q.name }) {
		t.Fatal("vectors.txt does not answer queries.txt: run make.sh")
	}
	return queries
}

// promLines are the lines of a file of testdata/prometheus that are no comments.
func promLines(t *testing.T, name string) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "prometheus", name))
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(strings.Split(strings.TrimSpace(string(text)), "\n"), func(line string) bool {
		return strings.HasPrefix(line, "#")
	})
}

func promNumber(t *testing.T, s string) float64 {
	t.Helper()
	number, err := strconv.ParseFloat(s, 64)
	if err != nil {
		t.Fatal(err)
	}
	return number
}

// promTime parses a unix time in seconds. Prometheus has whole milliseconds.
func promTime(t *testing.T, s string) time.Time {
	t.Helper()
	return time.UnixMilli(int64(math.Round(promNumber(t, s) * 1000)))
}
