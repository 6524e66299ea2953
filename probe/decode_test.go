package probe

import (
	"bytes"
	"compress/gzip"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

var update = flag.Bool("update", false, "write the golden files anew")

// readMetrics decodes one exposition and returns what could not be read of it as an error.
func readMetrics(r io.Reader) (*Metrics, error) {
	m, err := single(newDecoder().decodeAll("", r, true))
	if err == nil && m.ParseError != nil {
		return m, m.ParseError
	}
	return m, err
}

// TestReadMetricsGolden decodes what etcd 3.7.3 really served.
func TestReadMetricsGolden(t *testing.T) {
	t.Parallel()
	for _, file := range recordings(t) {
		t.Run(filepath.Base(file), func(t *testing.T) {
			m, err := readMetrics(bytes.NewReader(exposition(t, file)))
			if err != nil {
				t.Fatal(err)
			}
			golden := strings.TrimSuffix(file, ".prom.gz") + ".golden"
			got := dump(m)
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("decoded differently than %s:\n%s", golden, got)
			}
		})
	}
}

// exposition unpacks a recorded exposition.
func exposition(tb testing.TB, file string) []byte {
	tb.Helper()
	packed, err := os.Open(file)
	if err != nil {
		tb.Fatal(err)
	}
	defer packed.Close()
	unzip, err := gzip.NewReader(packed)
	if err != nil {
		tb.Fatal(err)
	}
	text, err := io.ReadAll(unzip)
	if err != nil {
		tb.Fatal(err)
	}
	return text
}

// dump prints every field that is set, one per line.
func dump(m *Metrics) string {
	var out strings.Builder
	v := reflect.ValueOf(*m)
	for i := range v.NumField() {
		dumpField(&out, v.Type().Field(i).Name, v.Field(i))
	}
	return out.String()
}

func dumpField(out *strings.Builder, name string, v reflect.Value) {
	switch x := v.Interface().(type) {
	case Histogram:
		if x.IsKnown() {
			fmt.Fprintf(out, "%s: count %g, sum %.9g, bounds %g, counts %g\n", name, x.Count(), x.Sum, x.Bounds,
				x.Counts)
		}
		return
	case PeerMetrics:
		for i := range v.NumField() {
			dumpField(out, name+"."+v.Type().Field(i).Name, v.Field(i))
		}
		return
	case time.Time:
		return
	case *Error:
		if x == nil {
			return
		}
	}
	if v.Kind() == reflect.Map && !v.IsNil() {
		fmt.Fprintf(out, "%s: %d\n", name, v.Len())
		keys := v.MapKeys()
		slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
		for _, k := range keys {
			dumpField(out, fmt.Sprintf("%s[%v]", name, k), v.MapIndex(k))
		}
		return
	}
	fmt.Fprintf(out, "%s: %v\n", name, v)
}

// TestDecodedAsExpfmtDoes compares the recorded expositions with Prometheus' own parser.
func TestDecodedAsExpfmtDoes(t *testing.T) {
	t.Parallel()
	for _, file := range recordings(t) {
		text := exposition(t, file)
		parser := expfmt.NewTextParser(model.UTF8Validation)
		all, err := parser.TextToMetricFamilies(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		m, err := readMetrics(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		read := 0
		for _, f := range families() {
			for _, name := range f.names {
				if parsed := all[name]; parsed != nil {
					read++
					checkFamily(t, &f, parsed)
				}
			}
		}
		if read < 50 {
			t.Errorf("%s has only %d decoded families", file, read)
		}
		series := 0
		for line := range strings.Lines(string(text)) {
			if !strings.HasPrefix(line, "#") {
				series++
			}
		}
		if m.Series != series || m.Bytes != len(text) {
			t.Errorf("%s has %d series in %d bytes, want %d in %d", file, m.Series, m.Bytes, series, len(text))
		}
	}
}

// checkFamily decodes a family as expfmt prints it, and compares the numbers series by series.
func checkFamily(t *testing.T, f *family, parsed *dto.MetricFamily) {
	t.Helper()
	for _, series := range parsed.GetMetric() {
		var text bytes.Buffer
		one := &dto.MetricFamily{Name: parsed.Name, Type: parsed.Type, Metric: []*dto.Metric{series}}
		if _, err := expfmt.MetricFamilyToText(&text, one); err != nil {
			t.Fatal(err)
		}
		m, err := readMetrics(&text)
		if err != nil {
			t.Errorf("%s: %v", parsed.GetName(), err)
			continue
		}
		got := dump(m)
		want := []string{fmt.Sprint(series.GetGauge().GetValue() + series.GetCounter().GetValue())}
		if h := series.GetHistogram(); h != nil {
			want = []string{fmt.Sprintf("count %d, sum %.9g,", h.GetSampleCount(), h.GetSampleSum())}
			for _, b := range h.GetBucket() {
				want = append(want, fmt.Sprintf("%g", b.GetUpperBound()), fmt.Sprint(b.GetCumulativeCount()))
			}
		} else if parsed.GetName() == grpcHandled || parsed.GetName() == grpcStarted ||
			strings.HasPrefix(f.names[0], "etcd_network_peer_received") {
			continue // series without a peer and without a value are left out
		} else if l := series.GetLabel(); len(l) == 1 && series.GetGauge().GetValue() == 1 &&
			strings.Contains(l[0].GetName(), "_") {
			want = []string{l[0].GetValue()} // the label holds the text
		}
		for _, w := range want {
			if !strings.Contains(got, w) && w != "0" {
				t.Errorf("%s: the decoded metrics lack %q:\n%s", parsed.GetName(), w, got)
			}
		}
	}
}

func recordings(tb testing.TB) []string {
	tb.Helper()
	files, err := filepath.Glob("testdata/*.prom.gz")
	if err != nil || len(files) == 0 {
		tb.Fatalf("no expositions in testdata: %v", err)
	}
	return files
}

// TestReadMetricsOfOldVersions decodes the names that etcd used before.
func TestReadMetricsOfOldVersions(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		text string
		want Metrics
	}{
		"3.3's counters are called debugging": {
			text: "# TYPE etcd_debugging_mvcc_put_total counter\netcd_debugging_mvcc_put_total 7\n" +
				"# TYPE etcd_debugging_mvcc_delete_total counter\netcd_debugging_mvcc_delete_total 3\n" +
				"# TYPE etcd_debugging_mvcc_txn_total counter\netcd_debugging_mvcc_txn_total 2\n" +
				"# TYPE etcd_debugging_mvcc_range_total counter\netcd_debugging_mvcc_range_total 9\n" +
				"# TYPE etcd_debugging_mvcc_db_total_size_in_bytes gauge\n" +
				"etcd_debugging_mvcc_db_total_size_in_bytes 2.5e+06\n",
			want: Metrics{Series: 5, Puts: Known(7), Deletes: Known(3), Txns: Known(2), Ranges: Known(9),
				DBSizeBytes: Known(2.5e6)},
		},
		"3.4 has both, and the new name is read": {
			text: "# TYPE etcd_debugging_mvcc_put_total counter\netcd_debugging_mvcc_put_total 1\n" +
				"# TYPE etcd_mvcc_put_total counter\netcd_mvcc_put_total 2\n",
			want: Metrics{Series: 2, Puts: Known(2)},
		},
		"file descriptors of the process come first": {
			text: "# TYPE os_fd_used gauge\nos_fd_used 11\n# TYPE os_fd_limit gauge\nos_fd_limit 1024\n" +
				"# TYPE process_open_fds gauge\nprocess_open_fds 12\n",
			want: Metrics{Series: 3, OpenFDs: Known(12), MaxFDs: Known(1024)},
		},
		"3.5 without what came later": {
			text: "# TYPE etcd_server_id gauge\netcd_server_id{server_id=\"8e9e05c52164694d\"} 1\n" +
				"# TYPE etcd_server_version gauge\netcd_server_version{server_version=\"3.5.9\"} 1\n" +
				"# TYPE etcd_disk_defrag_inflight gauge\netcd_disk_defrag_inflight 0\n",
			want: Metrics{Series: 3, ServerID: 0x8e9e05c52164694d, ServerVersion: "3.5.9", DefragInflight: Known(0)},
		},
		"3.6's alarms and features": {
			text: "# TYPE etcd_debugging_server_alarms gauge\n" +
				"etcd_debugging_server_alarms{alarm_type=\"NOSPACE\",server_id=\"a1\"} 1\n" +
				"etcd_debugging_server_alarms{alarm_type=\"CORRUPT\",server_id=\"a1\"} 0\n" +
				"# TYPE etcd_server_feature_enabled gauge\n" +
				"etcd_server_feature_enabled{name=\"X\",stage=\"BETA\"} 1\n" +
				"etcd_server_feature_enabled{name=\"Y\",stage=\"ALPHA\"} 0\n",
			want: Metrics{Series: 4, Alarms: []Alarm{{Type: "NOSPACE", Member: 0xa1}},
				Features: map[string]bool{"X": true, "Y": false}},
		},
		"a family whose name only begins alike is another": {
			text: "# TYPE etcd_mvcc_put_total counter\netcd_mvcc_put_total 2\n" +
				"# TYPE etcd_mvcc_put_total_bytes counter\netcd_mvcc_put_total_bytes 99\n" +
				"etcd_mvcc_put_total_count 98\netcd_mvcc_put 97\n",
			want: Metrics{Series: 4, Puts: Known(2)},
		},
		"NaN and the infinities are absent": {
			text: "etcd_server_has_leader NaN\netcd_server_is_leader +Inf\netcd_server_is_learner -Inf\n" +
				"etcd_server_proposals_pending 0\n",
			want: Metrics{Series: 4, ProposalsPending: Known(0)},
		},
		"labels are summed, NaN left out": {
			text: "# TYPE etcd_network_server_stream_failures_total counter\n" +
				"etcd_network_server_stream_failures_total{API=\"watch\",Type=\"send\"} 2\n" +
				"etcd_network_server_stream_failures_total{API=\"lease\",Type=\"receive\"} 3\n" +
				"etcd_network_server_stream_failures_total{API=\"lease\",Type=\"send\"} NaN\n",
			want: Metrics{Series: 3, StreamFailures: Known(5)},
		},
		"calls that were never made are left out": {
			text: "# TYPE grpc_server_handled_total counter\n" +
				"grpc_server_handled_total{grpc_code=\"OK\",grpc_method=\"Put\"," +
				"grpc_service=\"etcdserverpb.KV\",grpc_type=\"unary\"} 0\n",
			want: Metrics{Series: 1, GRPCHandled: map[GRPCCall]float64{}},
		},
		"calls that ended in ten": {
			text: "# TYPE grpc_server_handled_total counter\n" +
				"grpc_server_handled_total{grpc_code=\"OK\",grpc_method=\"Put\"," +
				"grpc_service=\"etcdserverpb.KV\",grpc_type=\"unary\"} 10\n",
			want: Metrics{Series: 1, GRPCHandled: map[GRPCCall]float64{
				{GRPCMethod{"etcdserverpb.KV", "Put", "unary"}, "OK"}: 10,
			}},
		},
		"peer 0 is nobody": {
			text: "# TYPE etcd_network_peer_received_bytes_total counter\n" +
				"etcd_network_peer_received_bytes_total{From=\"0\"} 5\n" +
				"etcd_network_peer_received_bytes_total{From=\"ff\"} 6",
			want: Metrics{Series: 2, Peers: map[MemberID]PeerMetrics{0xff: {ReceivedBytes: Known(6)}}},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := readMetrics(strings.NewReader(test.text))
			if err != nil {
				t.Fatal(err)
			}
			test.want.Bytes = len(test.text)
			if !reflect.DeepEqual(*got, test.want) {
				t.Errorf("decoded\n%+v, want\n%+v", *got, test.want)
			}
		})
	}
}

func TestHistogramsThatAreNone(t *testing.T) {
	t.Parallel()
	const name = "etcd_disk_wal_fsync_duration_seconds"
	lines := func(samples ...string) string {
		return "# TYPE " + name + " histogram\n" + strings.Join(samples, "\n") + "\n"
	}
	tests := map[string]struct {
		text string
		want string // part of the error; empty: the histogram is valid
	}{
		"whole": {lines(name+`_bucket{le="0.1"} 1`, name+`_bucket{le="+Inf"} 3`, name+"_sum 2.5", name+"_count 3"), ""},
		"empty": {lines(name+`_bucket{le="0.1"} 0`, name+`_bucket{le="+Inf"} 0`, name+"_sum 0", name+"_count 0"), ""},
		"without +Inf": {
			lines(name+`_bucket{le="0.1"} 1`, name+`_bucket{le="0.2"} 3`, name+"_sum 2.5", name+"_count 3"), "+Inf",
		},
		"not cumulative": {
			lines(name+`_bucket{le="0.1"} 4`, name+`_bucket{le="+Inf"} 3`, name+"_sum 2.5", name+"_count 3"),
			"not cumulative",
		},
		"bounds in the order of their text": {
			lines(name+`_bucket{le="+Inf"} 3`, name+`_bucket{le="0.2"} 2`, name+`_bucket{le="16"} 3`,
				name+`_bucket{le="2"} 2`, name+"_sum 2.5", name+"_count 3"), "",
		},
		"a bound twice": {
			lines(name+`_bucket{le="0.1"} 1`, name+`_bucket{le="0.10"} 1`, name+`_bucket{le="+Inf"} 3`, name+"_sum 2.5",
				name+"_count 3"), "duplicate",
		},
		"another count": {
			lines(name+`_bucket{le="0.1"} 1`, name+`_bucket{le="+Inf"} 3`, name+"_sum 2.5", name+"_count 4"), "count",
		},
		"sum is no number": {
			lines(name+`_bucket{le="0.1"} 1`, name+`_bucket{le="+Inf"} 3`, name+"_sum NaN", name+"_count 3"), "sum",
		},
		"only a count": {lines(name + "_count 3"), "without buckets"},
		"different buckets by label": {
			lines(name+`_bucket{a="1",le="0.1"} 1`, name+`_bucket{a="1",le="+Inf"} 1`, name+`_count{a="1"} 1`,
				name+`_bucket{a="2",le="0.2"} 1`, name+`_bucket{a="2",le="+Inf"} 1`, name+`_count{a="2"} 1`),
			"different buckets",
		},
	}
	for title, test := range tests {
		t.Run(title, func(t *testing.T) {
			m, err := readMetrics(strings.NewReader(test.text +
				"# TYPE etcd_mvcc_put_total counter\netcd_mvcc_put_total 2\n"))
			if m == nil || m.Puts != Known(2) {
				t.Fatalf("readable lines are missing: %+v, %v", m, err)
			}
			if test.want == "" {
				if err != nil || !m.WALFsync.IsKnown() {
					t.Fatalf("got %+v, %v", m.WALFsync, err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), name) {
				t.Errorf("the error is %v, want one that names %s and says %q", err, name, test.want)
			}
			if m.WALFsync.IsKnown() {
				t.Errorf("it was decoded anyway: %+v", m.WALFsync)
			}
		})
	}
}

func TestLabelledHistogramsAreSummed(t *testing.T) {
	t.Parallel()
	const name = "etcd_server_apply_duration_seconds"
	text := "# TYPE " + name + " histogram\n" +
		name + `_bucket{op="Put",le="0.1"} 1` + "\n" + name + `_bucket{op="Put",le="+Inf"} 3` + "\n" +
		name + `_sum{op="Put"} 2.5` + "\n" + name + `_count{op="Put"} 3` + "\n" +
		name + `_bucket{op="Txn",le="0.1"} 10` + "\n" + name + `_bucket{op="Txn",le="+Inf"} 10` + "\n" +
		name + `_sum{op="Txn"} 0.5` + "\n" + name + `_count{op="Txn"} 10` + "\n"
	m, err := readMetrics(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	want := Histogram{Bounds: []float64{0.1, math.Inf(1)}, Counts: []float64{11, 13}, Sum: 3}
	if !reflect.DeepEqual(m.ApplyDuration, want) {
		t.Errorf("got %+v, want %+v", m.ApplyDuration, want)
	}
}

func TestMalformedExpositions(t *testing.T) {
	t.Parallel()
	bad := "# HELP etcd_mvcc_put_total x\n# TYPE etcd_mvcc_put_total counter\netcd_mvcc_put_total 2\n\n" +
		"unwanted_total 1\n" +
		"# TYPE etcd_server_has_leader gauge\netcd_server_has_leader eleven\netcd_mvcc_delete_total 3\n"
	m, err := readMetrics(strings.NewReader(bad))
	if err == nil || !strings.Contains(err.Error(), "line 7") || !strings.Contains(err.Error(), "eleven") {
		t.Errorf("the error is %v, want one that names line 7 and quotes it", err)
	}
	if m == nil || m.Puts != Known(2) || m.Deletes != Known(3) || m.HasLeader.IsKnown() {
		t.Errorf("decoded %+v, want the lines before and after the malformed one", m)
	}

	for _, text := range []string{"", "<html>\n", "node_load1 0.5\n", "etcd_server_has_leader eleven\n"} {
		if m, err := readMetrics(strings.NewReader(text)); m != nil || err == nil {
			t.Errorf("%q gives %+v, %v", text, m, err)
		}
	}

	cut := errors.New("cut off")
	m, err = readMetrics(io.MultiReader(strings.NewReader("etcd_mvcc_put_total 2\netcd_mvcc_delete_total 1"),
		iotest.ErrReader(cut)))
	if !errors.Is(err, cut) {
		t.Errorf("the error is %v, want %v", err, cut)
	}
	if m == nil || m.Puts != Known(2) || m.Deletes.IsKnown() {
		t.Errorf("decoded %+v, want the line that was whole", m)
	}
}

func TestCaps(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		text  string
		fails bool
	}{
		"series at the cap":   {"etcd_server_has_leader 1\n" + strings.Repeat("x 1\n", maxSeries-1), false},
		"series over the cap": {"etcd_server_has_leader 1\n" + strings.Repeat("x 1\n", maxSeries), true},
		"bytes at the cap":    {"etcd_server_has_leader 1\n" + strings.Repeat("#", maxBody-25), false},
		"bytes over the cap":  {"etcd_server_has_leader 1\n" + strings.Repeat("#", maxBody-24), true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if _, err := readMetrics(strings.NewReader(test.text)); (err != nil) != test.fails {
				t.Errorf("the error is %v", err)
			}
		})
	}
}

func FuzzReadMetrics(f *testing.F) {
	for _, seed := range oddSeeds {
		f.Add([]byte(seed))
	}
	d := newDecoder()
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := single(d.decodeAll("", bytes.NewReader(text), true))
		if m == nil && err == nil {
			t.Error("neither metrics nor an error")
		}
		if m == nil {
			return
		}
		again, _ := single(newDecoder().decodeAll("", bytes.NewReader(text), true))
		if dump(m) != dump(again) {
			t.Errorf("a decoder that was used before says\n%s, a new one\n%s", dump(m), dump(again))
		}
	})
}

// BenchmarkDecode decodes a real exposition, and reports how many times faster that is than expfmt on all of it.
func BenchmarkDecode(b *testing.B) {
	text := exposition(b, "testdata/etcd-3.7.3-leader-of-three.prom.gz")
	d := newDecoder()
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := single(d.decodeAll("", bytes.NewReader(text), true)); err != nil {
			b.Fatal(err)
		}
	}
	own := b.Elapsed() / time.Duration(b.N)
	b.StopTimer()
	parser := expfmt.NewTextParser(model.UTF8Validation)
	began, rounds := time.Now(), max(b.N/5, 1)
	for range rounds {
		if _, err := parser.TextToMetricFamilies(bytes.NewReader(text)); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(time.Since(began)/time.Duration(rounds))/float64(own), "x-expfmt")
}
