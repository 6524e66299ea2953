package cli

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/probe/keyspace"
	"github.com/etcdoc/etcdoc/thresholds"
)

// An estimateReport is an estimate of what a live member's keys take.
type estimateReport struct {
	keyspace.Estimate
	source thresholds.DataSource
	quota  int64 // 0 if it is not known
	// reading is what there is to say about the cluster's space; nil if that is no problem.
	reading *thresholds.Reading
}

// estimate estimates what the keys of a member take. On a terminal it shows how far it is if that takes over a second.
func (s *spaceFlags) estimate(ctx context.Context, streams Streams, l *liveCluster) (r estimateReport, err error) {
	r.source, err = l.from(streams, func(reader *probe.MemberReader, source thresholds.DataSource) error {
		p := newReadProgress(streams.Err, source.Label)
		defer p.end()
		options := keyspace.EstimateOptions{Depth: s.depth, Seed: rand.Uint64()} //nolint:gosec // no secret
		if p.line != nil {
			options.Report = func(doing string, done, of uint64) { p.reporting(doing+" of")(done, of) }
		}
		r.Estimate, err = keyspace.EstimateUsage(ctx, reader, options)
		return err
	})
	if err == nil {
		r.reading, err = l.readingOf(ctx, r.Space(r.source.ID))
	}
	if r.quota, _ = s.quotaBytes(); r.quota == 0 { // checked
		if r.quota = r.QuotaBytes; r.quota <= 0 {
			r.quota = l.quotaOf(r.source)
		}
	}
	return r, err
}

// exit is the exit code as an error.
func (r *estimateReport) exit() error {
	if r.quota > 0 && r.DatabaseBytes >= r.quota {
		return exit{ExitUnhealthy}
	}
	return nil
}

func (p spacePage) printEstimate(w io.Writer, r *estimateReport) error {
	b := &paragraphs{width: p.width}
	revision := "revision " + count(r.Revision)
	if r.FirstRevision != r.Revision {
		revision = "revisions " + count(r.FirstRevision) + " to " + count(r.Revision)
	}
	b.add("", fmt.Sprintf("%s: %s, estimated %s from %s, in %s. All %s keys were counted, and the values of %s of them "+
		"were read.", probe.Printable(r.source.Label), revision, r.Began.UTC().Format(time.RFC3339), r.source.Why,
		thresholds.FormatDuration(r.Took), count(r.Keys), count(r.ReadKeys)))
	b.WriteByte('\n')
	r.printParts(b)
	b.WriteByte('\n')
	b.add("", "What history and tombstones take is not known: no member tells. With --exact, one sends its database. "+
		"Live values are within ± of what is shown, unless a few keys are far larger than those that were read.")
	b.WriteByte('\n')
	p.printEstimates(b, r)
	printSpaceReading(b, r.reading)
	_, err := io.WriteString(w, printableLines(b.String()))
	return err
}

// printSpaceReading writes what there is to say about a cluster's space, and what to do.
func printSpaceReading(b *paragraphs, r *thresholds.Reading) {
	if r == nil {
		return
	}
	b.WriteByte('\n')
	b.add("", probe.Printable(r.Text))
	b.add("Next: ", probe.Printable(r.Next))
}

// printParts writes of what the database consists.
func (r *estimateReport) printParts(b *paragraphs) {
	rows := [][]string{{"SIZE", size(r.DatabaseBytes), "±", "SHARE", ""}}
	for _, part := range []struct {
		name       string
		bytes, off int64
	}{
		{"live", r.LiveBytes, r.ErrorBytes},
		{"history, overhead, all else", max(r.UsedBytes-r.LiveBytes, 0), r.ErrorBytes},
		{"free pages", r.DatabaseBytes - r.UsedBytes, 0},
	} {
		rows = append(rows, []string{"  " + part.name, size(part.bytes), errorWords(part.off),
			share(part.bytes, r.DatabaseBytes), bar(part.bytes, r.DatabaseBytes)})
	}
	printRows(b, rows, 0)
	if r.quota > 0 {
		b.add("", "It takes "+share(r.DatabaseBytes, r.quota)+" of the quota, "+size(r.quota)+".")
	}
}

// errorWords write an error; nothing where there is none.
func errorWords(bytes int64) string {
	if bytes == 0 {
		return ""
	}
	return size(bytes)
}

func (p spacePage) printEstimates(b *paragraphs, r *estimateReport) {
	shown := r.Prefixes
	if p.top > 0 && len(shown) > p.top {
		shown = shown[:p.top]
	}
	metadata := false
	for i := range shown {
		metadata = metadata || shown[i].MetadataKnown
	}
	titles := []string{"PREFIX", "KEYS", "LIVE", "±", "LARGEST READ"}
	if metadata {
		titles = append(titles, "MANAGED", "ANNOTATIONS")
	}
	rows := [][]string{append(titles, "SHARE", "")}
	for i := range shown {
		e := &shown[i]
		cells := []string{estimateName(e), count(e.Keys), size(e.LiveBytes), errorWords(e.ErrorBytes),
			size(e.LargestBytes)}
		if metadata {
			managed, annotations := "-", "-"
			if e.MetadataKnown {
				managed, annotations = size(e.ManagedFieldsBytes), size(e.AnnotationsBytes)
			}
			cells = append(cells, managed, annotations)
		}
		rows = append(rows, append(cells, share(e.LiveBytes, r.LiveBytes), bar(e.LiveBytes, r.LiveBytes)))
	}
	if len(r.Prefixes) > 1 {
		total := make([]string, len(rows[0]))
		total[0] = "all " + count(int64(len(r.Prefixes))) + " prefixes"
		copy(total[1:], []string{count(r.Keys), size(r.LiveBytes), errorWords(r.ErrorBytes)})
		rows = append(rows, total)
	}
	printRows(b, rows, p.tableWidth(), "LARGEST READ", "", "ANNOTATIONS", "MANAGED", "KEYS")
	if rest := len(r.Prefixes) - len(shown); rest > 0 {
		b.add("", fmt.Sprintf("%s more with less: --top 0 shows all.", count(int64(rest))))
	}
}

// estimateName is how a prefix of an estimate is called.
func estimateName(e *keyspace.EstimatedPrefix) string {
	name := prefixName(e.Name, e.Rest)
	if e.Deeper {
		name += "…"
	}
	return name
}

type estimateJSON struct {
	Schema        string               `json:"schema"`
	At            time.Time            `json:"at"`
	Member        *sourceJSON          `json:"member"`
	FirstRevision int64                `json:"first_revision"`
	Revision      int64                `json:"revision"`
	Seconds       float64              `json:"seconds"`
	Requests      int64                `json:"requests"`
	ReadKeys      int64                `json:"read_keys"`
	ReadBytes     int64                `json:"read_bytes"`
	Database      estimateDatabaseJSON `json:"database"`
	Keys          int64                `json:"keys"`
	LiveBytes     int64                `json:"live_bytes"`
	ErrorBytes    int64                `json:"error_bytes"`
	Estimates     []estimatedJSON      `json:"estimates"`
}

type estimateDatabaseJSON struct {
	SizeBytes  int64  `json:"size_bytes"`
	UsedBytes  int64  `json:"used_bytes"`
	FreeBytes  int64  `json:"free_bytes"`
	QuotaBytes *int64 `json:"quota_bytes"`
}

type estimatedJSON struct {
	Prefix             string `json:"prefix"`
	Kubernetes         bool   `json:"kubernetes"`
	Rest               bool   `json:"rest"`
	Deeper             bool   `json:"deeper"`
	Keys               int64  `json:"keys"`
	LiveBytes          int64  `json:"live_bytes"`
	ErrorBytes         int64  `json:"error_bytes"`
	ReadKeys           int64  `json:"read_keys"`
	LargestReadBytes   int64  `json:"largest_read_bytes"`
	ManagedFieldsBytes *int64 `json:"managed_fields_bytes,omitempty"`
	AnnotationsBytes   *int64 `json:"annotations_bytes,omitempty"`
}

func estimateDocument(r *estimateReport) estimateJSON {
	d := estimateJSON{
		Schema: thresholds.Schema, At: r.Began.UTC(), Member: sourceDocument(&r.source), FirstRevision: r.FirstRevision,
		Revision: r.Revision, Seconds: r.Took.Seconds(), Requests: r.Requests, ReadKeys: r.ReadKeys,
		ReadBytes: r.ReadBytes,
		Database: estimateDatabaseJSON{
			r.DatabaseBytes, r.UsedBytes, r.DatabaseBytes - r.UsedBytes, knownQuota(r.quota),
		},
		Keys: r.Keys, LiveBytes: r.LiveBytes, ErrorBytes: r.ErrorBytes, Estimates: []estimatedJSON{},
	}
	for i := range r.Prefixes {
		e := &r.Prefixes[i]
		p := estimatedJSON{
			Prefix: probe.Printable(e.Name), Kubernetes: e.Kubernetes, Rest: e.Rest, Deeper: e.Deeper, Keys: e.Keys,
			LiveBytes: e.LiveBytes, ErrorBytes: e.ErrorBytes, ReadKeys: e.ReadKeys, LargestReadBytes: e.LargestBytes,
		}
		if e.MetadataKnown {
			p.ManagedFieldsBytes, p.AnnotationsBytes = &e.ManagedFieldsBytes, &e.AnnotationsBytes
		}
		d.Estimates = append(d.Estimates, p)
	}
	return d
}

// writeEstimateCSV writes a line for each prefix.
func writeEstimateCSV(w io.Writer, r *estimateReport) error {
	out := csv.NewWriter(w) // Flush keeps the errors of Write
	_ = out.Write([]string{"prefix", "keys", "live_bytes", "error_bytes", "read_keys", "largest_read_bytes"})
	for i := range r.Prefixes {
		e := &r.Prefixes[i]
		cells := []string{estimateName(e)}
		for _, n := range []int64{e.Keys, e.LiveBytes, e.ErrorBytes, e.ReadKeys, e.LargestBytes} {
			cells = append(cells, strconv.FormatInt(n, 10))
		}
		_ = out.Write(cells)
	}
	out.Flush()
	return out.Error()
}
