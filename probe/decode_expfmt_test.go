package probe

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"google.golang.org/protobuf/proto"
)

// oddSeeds seeds the fuzz targets with expositions that are each unusual in one way.
var oddSeeds = []string{
	"# TYPE etcd_mvcc_put_total counter\netcd_mvcc_put_total 2\n",
	"# TYPE etcd_disk_wal_fsync_duration_seconds histogram\n" +
		"etcd_disk_wal_fsync_duration_seconds_bucket{le=\"+Inf\"} 2\n",
	"etcd_disk_wal_fsync_duration_seconds_bucket{le=\"+Inf\"} 2\n" +
		"etcd_disk_wal_fsync_duration_seconds_bucket{le=\"0.5\"} 1\n",
	"grpc_server_handled_total{grpc_code=\"OK\"} 1\netcd_network_active_peers{Remote=\"zz\"} 1",
	"etcd_server_id{server_id=\"\\",
	"# TYPE grpc_server_handled_total histogram\ngrpc_server_handled_total_bucket{le=\"1\"} 0\n",
	"{\"etcd_mvcc_put_total\",a=\"b\"} 2 # {trace_id=\"x\"} 1 1.5\n# EOF\n",
	"etcd_mvcc_put_total{a=\"1\"} 1 1700000000.5\netcd_mvcc_put_total{a=\"2\"} 2\netcd_server_has_leader{a=\"1\"} 1\n" +
		"etcd_server_has_leader{a=\"2\"} 1\n",
	"etcd_server_has_leader{foo-bar=\"x\\d\"} 1\r\netcd_cluster_version{cluster_version=\"3.5\"} 0\n" +
		"etcd_cluster_version{cluster_version=\"3.6\"} 1\n",
	"etcd_mvcc_put_total 1e999\netcd_mvcc_delete_total 0x1p4\netcd_mvcc_txn_total{a=\"\xff\"} 1\n",
	"\x18\x0a\x16etcd_server_has_leader",
}

// decodeTwice decodes a text on the fast path and with expfmt; fast is nil if the fast path does not accept all of
// it.
func decodeTwice(text []byte) (fast, record *Metrics, err error) {
	d := newDecoder()
	quick := &Metrics{Bytes: len(text)}
	if whole, err := d.decodeFast(quick, text); err == nil && whole && d.linesRead > 0 && d.finish(quick) {
		fast = quick
	}
	all, err := newDecoder().decodeAll("", bytes.NewReader(text), false)
	if len(all) == 1 {
		record = all[0].metrics
	}
	return fast, record, err
}

// TestDecodersAgree decodes what real etcds served: both decoders give the same in every format.
func TestDecodersAgree(t *testing.T) {
	t.Parallel()
	for _, file := range recordings(t) {
		text := exposition(t, file)
		fast, record, err := decodeTwice(text)
		if fast == nil || record == nil || err != nil {
			t.Fatalf("%s: fast path %v, expfmt %v, %v", file, fast != nil, record != nil, err)
		}
		if dump(fast) != dump(record) {
			t.Errorf("%s: the fast path says\n%s, expfmt\n%s", file, dump(fast), dump(record))
		}
		parser := expfmt.NewTextParser(model.UTF8Validation)
		parsed, err := parser.TextToMetricFamilies(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		for _, format := range []expfmt.Format{
			expfmt.NewFormat(expfmt.TypeOpenMetrics), expfmt.NewFormat(expfmt.TypeProtoDelim),
			expfmt.NewFormat(expfmt.TypeTextPlain),
		} {
			var b bytes.Buffer
			encoder := expfmt.NewEncoder(&b, format)
			for _, f := range parsed {
				if err := encoder.Encode(f); err != nil {
					t.Fatal(err)
				}
			}
			if closer, is := encoder.(expfmt.Closer); is {
				_ = closer.Close() // writes to memory
			}
			for _, contentType := range []string{string(format), "", "application/octet-stream"} {
				m, err := requireMember(single(newDecoder().decodeAll(contentType, bytes.NewReader(b.Bytes()), true)))
				if err != nil {
					t.Errorf("%s as %s: %v", file, format, err)
					continue
				}
				m.Bytes, m.Series = fast.Bytes, fast.Series
				if dump(m) != dump(fast) {
					t.Errorf("%s as %s says\n%s, want\n%s", file, format, dump(m), dump(fast))
				}
			}
		}
	}
}

// TestAnotherKindUnderAName: what protobuf has as another kind than etcd serves is absent, as in text, and not 0.
func TestAnotherKindUnderAName(t *testing.T) {
	t.Parallel()
	const scalar, histogram = "etcd_mvcc_db_total_size_in_bytes", "etcd_disk_wal_fsync_duration_seconds"
	gauge, observed := &dto.Gauge{Value: proto.Float64(7)}, &dto.Histogram{SampleCount: proto.Uint64(7),
		SampleSum: proto.Float64(7),
		Bucket:    []*dto.Bucket{{UpperBound: proto.Float64(1), CumulativeCount: proto.Uint64(7)}}}
	for name, swapped := range map[string]bool{"as served": false, "swapped": true} {
		families := []*dto.MetricFamily{
			{Name: proto.String(scalar), Type: dto.MetricType_GAUGE.Enum(), Metric: []*dto.Metric{{Gauge: gauge}}},
			{Name: proto.String(histogram), Type: dto.MetricType_HISTOGRAM.Enum(),
				Metric: []*dto.Metric{{Histogram: observed}}},
			{Name: proto.String("etcd_server_has_leader"), Type: dto.MetricType_GAUGE.Enum(),
				Metric: []*dto.Metric{{Gauge: gauge}}},
		}
		if swapped {
			families[0].Name, families[1].Name = families[1].Name, families[0].Name
		}
		var b bytes.Buffer
		encoder := expfmt.NewEncoder(&b, expfmt.NewFormat(expfmt.TypeProtoDelim))
		for _, f := range families {
			if err := encoder.Encode(f); err != nil {
				t.Fatal(err)
			}
		}
		format := string(expfmt.NewFormat(expfmt.TypeProtoDelim))
		m, err := requireMember(single(newDecoder().decodeAll(format, &b, true)))
		if err != nil {
			t.Fatal(err)
		}
		if m.DBSizeBytes.IsKnown() == swapped || m.WALFsync.IsKnown() == swapped {
			t.Errorf("%s: a size of %v and durations %+v", name, m.DBSizeBytes, m.WALFsync)
		}
	}
}

// FuzzDecodersAgree: whatever the fast path accepts, expfmt decodes to the same.
func FuzzDecodersAgree(f *testing.F) {
	for _, seed := range oddSeeds {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		fast, record, err := decodeTwice(text)
		var several *severalProcessesError
		switch {
		case fast == nil || errors.As(err, &several):
			return
		case record == nil:
			t.Fatalf("the fast path takes it, and expfmt does not: %v\n%s", err, dump(fast))
		}
		if record.ParseError != nil || dump(fast) != dump(record) {
			t.Errorf("the fast path says\n%s, expfmt\n%s", dump(fast), dump(record))
		}
	})
}

// TestOddLinesCostNothingElse: one line that etcd would not write leaves all other families intact.
func TestOddLinesCostNothingElse(t *testing.T) {
	t.Parallel()
	const name = "etcd_network_peer_sent_failures_total"
	const around = "etcd_server_has_leader 1\nLINE\netcd_mvcc_delete_total 3\n"
	long, many := strings.Repeat("x", maxLabelValue+1), strings.Repeat(`a="b",`, maxLabels+1)
	for i := range maxLabels + 1 {
		many = strings.Replace(many, `a="`, fmt.Sprintf(`l%d="`, i), 1)
	}
	tests := map[string]struct {
		line string
		read bool
	}{
		"as it should be":           {name + `{To="a2"} 7`, true},
		"a label with a dash":       {name + `{To="a2",foo-bar="x"} 7`, true},
		"a label with a dot":        {name + `{foo.bar="x",To="a2"} 7`, true},
		"a label in quotes":         {name + `{"foo.bar"="x",To="a2"} 7`, true},
		"a label in umlauts":        {name + `{größe="x",To="a2"} 7`, true},
		"a name in braces":          {`{"` + name + `",To="a2"} 7`, true},
		"an escape that is none":    {name + `{path="C:\data",To="a2"} 7`, true},
		"no UTF-8":                  {name + "{v=\"\xff\",To=\"a2\"} 7", true},
		"an exemplar":               {name + `{To="a2"} 7 # {trace_id="4}2"} 0.5 1732150800.123`, true},
		"a timestamp and exemplar":  {name + `{To="a2"} 7 1732150800.5 # {} 1`, true},
		"a timestamp in seconds":    {name + `{To="a2"} 7 1732150800.123`, true},
		"a timestamp of its own":    {name + `{To="a2"} 7 1732150800000`, true},
		"a comma at the end":        {name + `{To="a2",} 7`, true},
		"carriage return":           {name + "{To=\"a2\"} 7\r", true},
		"no member":                 {name + `{To="zz"} 7`, false},
		"a label twice":             {name + `{To="a2",To="a3"} 7`, false},
		"a reserved label":          {name + `{To="a2",__name__="x"} 7`, false},
		"no value":                  {name + `{To="a2"}`, false},
		"a word for a value":        {name + `{To="a2"} seven`, false},
		"another base":              {name + `{To="a2"} 0x1p2`, false},
		"a word for a timestamp":    {name + `{To="a2"} 7 now`, false},
		"too much":                  {name + `{To="a2"} 7 1 2`, false},
		"no closing quote":          {name + `{To="a2} 7`, false},
		"no closing brace":          {name + `{To="a2" 7`, false},
		"no equals sign":            {name + `{To"a2"} 7`, false},
		"a label that is too long":  {name + `{To="a2",x="` + long + `"} 7`, false},
		"labels that are too many":  {name + `{To="a2",` + many + `} 7`, false},
		"a value that is too large": {name + `{To="a2"} 1e999`, false},
	}
	for title, test := range tests {
		t.Run(title, func(t *testing.T) {
			text := strings.Replace(around, "LINE", test.line, 1)
			m, err := requireMember(single(newDecoder().decodeAll("text/plain; version=0.0.4", strings.NewReader(text),
				true)))
			if err != nil || m.Deletes != Known(3) || m.HasLeader != Known(1) {
				t.Fatalf("got %+v, %v", m, err)
			}
			failures, known := m.Peers[0xa2].SentFailures.Get()
			if known != test.read || test.read && failures != 7 {
				t.Errorf("%s: %g, %v", test.line, failures, known)
			}
			if (m.ParseError == nil) != test.read || m.ParseError != nil &&
				(!strings.Contains(m.ParseError.Text, "line 2") || len(m.ParseError.Text) > 512) {
				t.Errorf("%s: unread is %v", test.line, m.ParseError)
			}
		})
	}
}

// TestPartOfAFamilyIsNone: a sum or a distribution with an unreadable line would be wrong, so its family is absent.
func TestPartOfAFamilyIsNone(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"a histogram": "etcd_disk_wal_fsync_duration_seconds_bucket{le=\"0.1\"} x\n" +
			"etcd_disk_wal_fsync_duration_seconds_bucket{le=\"+Inf\"} 3\n",
		"a sum": "etcd_network_server_stream_failures_total{API=\"a\"} 1\n" +
			"etcd_network_server_stream_failures_total{API=\"b\"} x\n",
		"calls": "grpc_server_handled_total{grpc_code=\"OK\"} 1\n" +
			"grpc_server_handled_total{grpc_code=\"Unavailable\"} x\n",
		"features": "etcd_server_feature_enabled{name=\"a\"} 1\netcd_server_feature_enabled{name=\"b\"} x\n",
		"alarms": "etcd_debugging_server_alarms{server_id=\"a1\",alarm_type=\"x\"} 1\n" +
			"etcd_debugging_server_alarms{server_id=\"z\"} 1\n",
		"an id": "etcd_server_id{server_id=\"a1\"} 1\netcd_server_id{server_id=\"a1\"} x\n",
	}
	for name, text := range tests {
		m, err := readMetrics(strings.NewReader(text + "etcd_server_has_leader 1\n"))
		if m == nil || err == nil || m.ParseError == nil {
			t.Errorf("%s: %+v, %v", name, m, err)
			continue
		}
		if m.WALFsync.IsKnown() || m.StreamFailures.IsKnown() || m.GRPCHandled != nil || m.Features != nil ||
			m.Alarms != nil || m.ServerID != 0 {
			t.Errorf("%s: half of it is taken for the whole: %+v", name, m)
		}
	}
}

func wantShort(t *testing.T, name string) {
	t.Helper()
	if len(name) > maxNameBytes {
		t.Errorf("a name has %d B", len(name))
	}
}

// TestHostileExpositions: whatever an endpoint serves, the memory kept for it is bounded.
func TestHostileExpositions(t *testing.T) {
	t.Parallel()
	fill := func(line func(i int) string) string {
		var b strings.Builder
		b.WriteString("etcd_server_has_leader 1\n")
		for i := 1; i < maxSeries && b.Len() < maxBody-maxLabelValue-200; i++ {
			b.WriteString(line(i))
		}
		return b.String()
	}
	tests := map[string]string{
		"many peers": fill(func(i int) string {
			return fmt.Sprintf("etcd_network_active_peers{Remote=\"%x\"} 1\n", i)
		}),
		"many methods": fill(func(i int) string {
			return fmt.Sprintf("grpc_server_handled_total{grpc_method=\"%d\"} 1\n", i)
		}),
		"many codes": fill(func(i int) string {
			return fmt.Sprintf("grpc_server_handled_total{grpc_code=\"%d\"} 1\n", i)
		}),
		"many buckets": fill(func(i int) string {
			return fmt.Sprintf("etcd_disk_wal_fsync_duration_seconds_bucket{le=\"%d\"} 1\n", i)
		}) + "etcd_disk_wal_fsync_duration_seconds_bucket{le=\"+Inf\"} 1\n",
		"long names": "etcd_server_has_leader 1\n" +
			"etcd_server_feature_enabled{name=\"" + strings.Repeat("n", 2000) + "\"} 1\n" +
			"etcd_debugging_server_alarms{alarm_type=\"" + strings.Repeat("a", 2000) + "\",server_id=\"1\"} 1\n" +
			"grpc_server_handling_seconds_bucket{grpc_method=\"" + strings.Repeat("m", 2000) + "\",le=\"+Inf\"} 1\n",
		"many processes": fill(func(i int) string {
			return fmt.Sprintf("etcd_server_has_leader{instance=\"%d\"} 1\n", i)
		}),
		"many slow methods": fill(func(i int) string {
			return fmt.Sprintf("grpc_server_handling_seconds_bucket{grpc_method=\"%d\",le=\"+Inf\"} 1\n", i)
		}),
		"many features": fill(func(i int) string {
			return fmt.Sprintf("etcd_server_feature_enabled{name=\"%d\"} 1\n", i)
		}),
		"many alarms": fill(func(i int) string {
			return fmt.Sprintf("etcd_debugging_server_alarms{alarm_type=\"%d\",server_id=\"1\"} 1\n", i)
		}),
		"many types": fill(func(i int) string {
			return fmt.Sprintf("etcd_server_request_duration_seconds_bucket{type=\"%d\",le=\"+Inf\"} 1\n", i)
		}),
		"long words": fill(func(i int) string {
			return fmt.Sprintf("etcd_server_version{server_version=\"%d%s\"} 0\n", i, strings.Repeat("v", 2000))
		}),
		"long series": fill(func(i int) string {
			return fmt.Sprintf("etcd_disk_wal_fsync_duration_seconds_bucket{x=\"%d%s\",le=\"+Inf\"} 1\n", i,
				strings.Repeat("v", 2000))
		}),
		"a line of labels": "etcd_server_has_leader 1\netcd_mvcc_put_total{" + strings.Repeat(`a="",`, 1<<20) + "} 1\n",
		"broken lines":     fill(func(int) string { return "etcd_mvcc_put_total x\n" }),
		"many versions": fill(func(i int) string {
			return fmt.Sprintf("etcd_server_version{server_version=\"%d\"} 1\n", i)
		}),
	}
	for name, text := range tests {
		t.Run(name, func(t *testing.T) {
			d := newDecoder()
			m, _ := single(d.decodeAll("", strings.NewReader(text), true))
			if len(d.series)+len(d.interned) > maxKept || d.keptBytes > maxKeptBytes || d.body.Cap() > 2*maxKeptBytes {
				t.Errorf("it keeps %d series, %d words, %d B, and a buffer of %d B", len(d.series), len(d.interned),
					d.keptBytes, d.body.Cap())
			}
			if m == nil {
				return
			}
			if len(m.Peers) > maxKinds || len(m.GRPCHandled) > maxCalls || len(m.GRPCHandling) > maxMethods ||
				len(m.GRPCStarted) > maxMethods ||
				len(m.Features) > maxKinds || len(m.Alarms) > maxKinds || len(m.RequestDuration) > maxKinds {
				t.Errorf("it returns %d peers, %d calls, %d features, %d alarms", len(m.Peers), len(m.GRPCHandled),
					len(m.Features), len(m.Alarms))
			}
			if n := len(m.WALFsync.Bounds); n > maxBuckets {
				t.Errorf("it returns a distribution of %d buckets", n)
			}
			for name := range m.Features {
				wantShort(t, name)
			}
			for method := range m.GRPCHandling {
				wantShort(t, method.Method)
			}
			for _, alarm := range m.Alarms {
				wantShort(t, alarm.Type)
			}
			if m.ParseError != nil && len(m.ParseError.Text) > 512 {
				t.Errorf("it says %q", m.ParseError.Text)
			}
		})
	}
}
