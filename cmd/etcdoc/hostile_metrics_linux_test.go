package main

import (
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
)

// large is a piece of an endless body.
var large = strings.Repeat("x", 64<<10)

// An exposition is what a malicious endpoint answers in place of a member with that id, to the nth request. It ends
// when the client has gone.
type exposition func(w http.ResponseWriter, r *http.Request, id, n int)

// hostileMetrics are expositions of malicious endpoints.
var hostileMetrics = map[string]exposition{
	"a body without end": func(w http.ResponseWriter, _ *http.Request, _, _ int) { forever(w, "# HELP x "+large+"\n") },
	"a line without end": func(w http.ResponseWriter, _ *http.Request, _, _ int) { forever(w, large) },
	"help lines without end, in gzip": func(w http.ResponseWriter, _ *http.Request, _, _ int) {
		w.Header().Set("Content-Encoding", "gzip")
		forever(gzip.NewWriter(w), "# HELP x "+large+"\n")
	},
	"a byte at a time":    drip,
	"headers without end": endlessHeaders,
	"a gzip bomb": func(w http.ResponseWriter, _ *http.Request, _, _ int) {
		w.Header().Set("Content-Encoding", "gzip")
		forever(gzip.NewWriter(w), large)
	},
	"a deep status line": func(w http.ResponseWriter, _ *http.Request, _, _ int) {
		http.Error(w, large, http.StatusTeapot)
	},
	"series without end": func(w http.ResponseWriter, _ *http.Request, id, n int) {
		begin(w, id)
		for i := 0; ; i++ {
			if _, err := fmt.Fprintf(w, "other_%d_total{at=\"%d\"} 1\n", i, n); err != nil {
				return
			}
		}
	},
	"other labels each time": func(w http.ResponseWriter, _ *http.Request, id, n int) {
		begin(w, id)
		for i := range 40_000 {
			fmt.Fprintf(w, "grpc_server_handled_total{grpc_code=\"%d-%d-%s\",grpc_method=\"m\","+
				"grpc_service=\"s\",grpc_type=\"unary\"} 1\n", n, i, large[:200])
		}
	},
	"other names of labels each time": func(w http.ResponseWriter, _ *http.Request, id, n int) {
		begin(w, id)
		for i := range 45_000 {
			fmt.Fprintf(w, "grpc_server_handled_total{l_%d_%d_%s=\"%d\"} 1\n", n, i, large[:200], i)
		}
	},
	"large labels": func(w http.ResponseWriter, _ *http.Request, id, n int) {
		begin(w, id)
		for i := range 7000 {
			fmt.Fprintf(w, "etcd_server_feature_enabled{name=\"%d-%d-%s\",stage=\"\"} 1\n", n, i, large[:2000])
		}
	},
	"many labels that nobody knows": func(w http.ResponseWriter, _ *http.Request, id, n int) {
		begin(w, id)
		for i := range 16_000 {
			fmt.Fprintf(w, "grpc_server_handled_total{\"%d.%d\"=\"\"", n, i)
			for j := range 29 {
				fmt.Fprintf(w, ",l%d=\"%d-%d\"", j, n, i*29+j)
			}
			fmt.Fprint(w, "} 1\n")
		}
	},
	"a label without end": func(w http.ResponseWriter, _ *http.Request, id, _ int) {
		begin(w, id)
		fmt.Fprint(w, "etcd_server_feature_enabled{name=\"")
		forever(w, large)
	},
	"lines that are not as etcd writes them": func(w http.ResponseWriter, _ *http.Request, id, n int) {
		begin(w, id)
		for i := range 49_000 {
			fmt.Fprintf(w, "grpc_server_handled_total { \"a.%d\" = \"%s\\x\" } 1 # { } 1\n", i, large[:200+n%10])
		}
	},
	"a process for each value of a label": func(w http.ResponseWriter, _ *http.Request, _, n int) {
		for i := range 24_000 {
			fmt.Fprintf(w, "etcd_server_has_leader{instance=\"%d-%d\"} 1\n"+
				"etcd_server_id{server_id=\"%x\",instance=\"%d-%d\"} 1\n", n, i, i+1, n, i)
		}
	},
	"what is named anew each time": func(w http.ResponseWriter, _ *http.Request, id, n int) { crowd(w, id, n, n) },
	"as much as may be named":      func(w http.ResponseWriter, _ *http.Request, id, n int) { crowd(w, id, 0, n) },
	"distributions": func(w http.ResponseWriter, _ *http.Request, id, n int) {
		begin(w, id)
		for i := range 1000 {
			for j := range 45 {
				fmt.Fprintf(w, "grpc_server_handling_seconds_bucket{grpc_method=\"%d-%d\",le=\"%d\"} 1\n", n, i, j)
			}
			fmt.Fprintf(w, "grpc_server_handling_seconds_bucket{grpc_method=\"%d-%d\",le=\"+Inf\"} 1\n", n, i)
		}
	},
	"protobuf of a length without end": func(w http.ResponseWriter, _ *http.Request, _, _ int) {
		w.Header().Set("Content-Type", protobufType)
		_, _ = w.Write(protowire.AppendVarint(nil, 1<<40))
		forever(w, large)
	},
	"protobuf of many empty metrics": func(w http.ResponseWriter, _ *http.Request, _, _ int) {
		w.Header().Set("Content-Type", protobufType)
		_, _ = w.Write(family("etcd_server_has_leader", "\x22\x0b\x12\x09\x09\x00\x00\x00\x00\x00\x00\xf0\x3f"))
		for range 100 { // each of as many parts as a family may have, in the fewest bytes per metric
			_, _ = w.Write(family("grpc_server_handled_total", strings.Repeat("\x22\x00", 32<<10-100)))
		}
	},
	"protobuf of many empty buckets": func(w http.ResponseWriter, _ *http.Request, _, _ int) {
		w.Header().Set("Content-Type", protobufType)
		_, _ = w.Write(family("etcd_server_has_leader", "\x22\x0b\x12\x09\x09\x00\x00\x00\x00\x00\x00\xf0\x3f"))
		histogram := string(protowire.AppendString(protowire.AppendTag(nil, 7, protowire.BytesType),
			strings.Repeat("\x1a\x00", 32<<10-100)))
		for range 100 {
			_, _ = w.Write(family("etcd_disk_wal_fsync_duration_seconds",
				string(protowire.AppendString(protowire.AppendTag(nil, 4, protowire.BytesType), histogram))))
		}
	},
}

const protobufType = "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"

// family is a metric family in delimited protobuf, its metrics already encoded.
func family(name, metrics string) []byte {
	message := protowire.AppendString(protowire.AppendTag(nil, 1, protowire.BytesType), name)
	return protowire.AppendBytes(nil, append(message, metrics...))
}

// begin writes what makes an exposition a member's.
func begin(w io.Writer, id int) {
	fmt.Fprintf(w, "etcd_server_id{server_id=\"%x\"} 1\netcd_server_has_leader 1\n", id)
}

// forever writes the same again and again.
func forever(w io.Writer, text string) {
	for {
		if _, err := io.WriteString(w, text); err != nil {
			return
		}
	}
}

func drip(w http.ResponseWriter, r *http.Request, _, _ int) {
	for r.Context().Err() == nil {
		if _, err := io.WriteString(w, "x"); err != nil {
			return
		}
		if f, is := w.(http.Flusher); is {
			f.Flush()
		}
		select {
		case <-r.Context().Done():
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func endlessHeaders(w http.ResponseWriter, _ *http.Request, _, _ int) {
	hijacker, is := w.(http.Hijacker)
	if !is {
		return
	}
	c, _, err := hijacker.Hijack()
	if err != nil {
		return
	}
	defer c.Close()
	_, err = io.WriteString(c, "HTTP/1.1 200 OK\r\n")
	for i := 0; err == nil; i++ {
		_, err = fmt.Fprintf(c, "X-%d: %s\r\n", i, large[:1000])
	}
}

// crowd names as many peers, features, methods, codes and alarms as the limits of an exposition allow, different ones
// for each kind; all count up with n.
func crowd(w io.Writer, id, kind, n int) {
	begin(w, id)
	const most = 62 // besides those that begin names
	peer := func(i int) int { return 1000 + 10*(kind*most+i) }
	long := large[:1900]
	distribution := func(name, label string) {
		for le := range 30 {
			fmt.Fprintf(w, "%s_bucket{%s,le=\"%d\"} %d\n", name, label, le, n*(le+1))
		}
		fmt.Fprintf(w, "%s_bucket{%s,le=\"+Inf\"} %d\n%s_sum{%s} %d\n%s_count{%s} %d\n", name, label, n*31, name, label,
			n, name, label, n*31)
	}
	for i := range most {
		fmt.Fprintf(w, "etcd_network_peer_sent_failures_total{To=\"%x\"} %d\n", peer(i), n)
	}
	for i := range most {
		distribution("etcd_network_peer_round_trip_time_seconds", fmt.Sprintf("To=\"%x\"", peer(i)))
	}
	for i := range most {
		fmt.Fprintf(w, "etcd_server_feature_enabled{name=\"%d-%d-%s\",stage=\"\"} 1\n", kind, i, long)
	}
	for i := range most {
		for _, code := range [...]string{"OK", "Unknown", "FailedPrecondition", "ResourceExhausted", "Internal",
			"Unavailable", "DataLoss"} {
			fmt.Fprintf(w, "grpc_server_handled_total{grpc_code=%q,grpc_method=\"m%d-%d\","+
				"grpc_service=\"s\",grpc_type=\"unary\"} %d\n", code, kind, i, n*(i+1))
		}
	}
	for i := range most {
		distribution("grpc_server_handling_seconds",
			fmt.Sprintf("grpc_method=\"m%d-%d\",grpc_service=\"s\",grpc_type=\"unary\"", kind, i))
	}
	for i := range most {
		fmt.Fprintf(w, "etcd_debugging_server_alarms{alarm_type=\"a%d-%d-%s\",server_id=\"%x\"} 1\n", kind, i, long,
			peer(i))
		fmt.Fprintf(w, "family_%d_%d_total 1\n", kind, i)
	}
}
