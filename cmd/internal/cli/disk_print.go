package cli

import (
	"fmt"
	"io"
	"math"
	"strings"
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/probe/disk"
	"github.com/etcdoc/etcdoc/thresholds"
)

// A diskPrinter writes a measurement and what it says of the disk.
type diskPrinter func(w io.Writer, r *disk.Result, speed *thresholds.DiskSpeed) error

func diskFace(format string, out io.Writer) (diskPrinter, error) {
	switch format {
	case "table", "simple", "wide":
		return func(w io.Writer, r *disk.Result, speed *thresholds.DiskSpeed) error {
			return printDisk(w, r, speed, widthOf(out))
		}, nil
	case "json":
		return func(w io.Writer, r *disk.Result, speed *thresholds.DiskSpeed) error {
			return writeJSON(w, newDiskDocument(r, speed))
		}, nil
	case "yaml":
		return func(w io.Writer, r *disk.Result, speed *thresholds.DiskSpeed) error {
			return writeYAML(w, newDiskDocument(r, speed))
		}, nil
	}
	return nil, valueErrorf("output", "%q: want table, json or yaml", format)
}

// diskTimes are the figures to judge a disk by.
func diskTimes(r *disk.Result) thresholds.DiskTimes {
	t := thresholds.DiskTimes{Writes: len(r.Syncs), PerSecond: r.PerSecond()}
	t.P50, _ = r.Quantile(0.5)
	t.P99, _ = r.Quantile(0.99)
	t.Longest, _ = r.Quantile(1)
	return t
}

func diskProgress(r *disk.Result, o *disk.Options) string {
	return fmt.Sprintf("%d of %d writes, %s of %s", len(r.Syncs), o.Writes,
		thresholds.FormatDuration(r.Took), thresholds.FormatDuration(o.Duration))
}

// diskQuantiles are the shares whose times are printed, by their names.
var diskQuantiles = [...]struct {
	name  string
	share float64
}{{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p99.9", 0.999}, {"longest", 1}}

// printDisk writes a measurement for people: whether the disk is fast enough, why, and how the times are distributed.
func printDisk(w io.Writer, r *disk.Result, speed *thresholds.DiskSpeed, width int) error {
	b := &paragraphs{width: width}
	b.add(lead(strings.ToUpper(speed.Level.String())), probe.Printable(r.Dir)+" is "+speed.Headline+": "+speed.Text+".")
	if speed.Serves != "" {
		b.add(lead("Load"), fmt.Sprintf("%s one after the other: %s.",
			thresholds.PerSecond.Format(r.PerSecond()), speed.Serves))
	}
	if d := r.Device; d != nil {
		b.add(lead("Device"), fmt.Sprintf("%s was busy for %.0f%% of the time, with %.1f requests at once, those of other "+
			"programs included.", probe.Printable(d.Name), 100*d.Busy, d.Queue))
	}
	if r.Whole {
		b.add(lead("Note"), "This system has no fdatasync: each write made the whole file durable, which takes longer.")
	}
	var figures []string
	for _, q := range diskQuantiles {
		d, known := r.Quantile(q.share)
		if enough := q.share == 1 || float64(len(r.Syncs))*(1-q.share) >= 1; known && enough {
			figures = append(figures, q.name+" "+thresholds.Seconds.Format(d.Seconds()))
		}
	}
	b.WriteByte('\n')
	b.add("fdatasync  ", strings.Join(figures, ", "))
	writeDiskHistogram(b, r, width)
	b.WriteByte('\n')
	b.add("", fmt.Sprintf("%s of %d bytes in %s.", thresholds.Plural(len(r.Syncs), "write"), r.RecordBytes,
		thresholds.FormatDuration(r.Took)))
	_, err := io.WriteString(w, printableLines(b.String()))
	return err
}

// writeDiskHistogram draws how many syncs took how long, with a line at the limit that etcd recommends. The buckets
// double, as those of etcd's metric do, and end at that limit, so that none holds both sides of it.
func writeDiskHistogram(b *paragraphs, r *disk.Result, width int) {
	const recommended, label, count = 10 * time.Millisecond, 12, 10
	bounds := diskBounds(r, recommended)
	at, most := 0, 1
	counts := make([]int, len(bounds))
	for i, bound := range bounds {
		for at < len(r.Syncs) && r.Syncs[at] <= bound {
			counts[i]++
			at++
		}
		most = max(most, counts[i])
	}
	room := max(width, minWidth) - label - count - 2*len(columnGap)
	for i, bound := range bounds {
		if i > 0 && bounds[i-1] == recommended {
			fmt.Fprintf(b, "%s%s 10 ms, recommended\n", strings.Repeat(" ", label+len(columnGap)), strings.Repeat("-", 10))
		}
		bar := int(math.Ceil(float64(room) * float64(counts[i]) / float64(most)))
		line := pad("≤ "+thresholds.Seconds.Format(bound.Seconds()), label, true) + columnGap +
			pad(strings.Repeat("█", bar), room, false) + columnGap + pad(fmt.Sprint(counts[i]), count, true)
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
}

// diskBounds are the upper bounds of the buckets from the shortest sync to the longest, which double from one to the
// next; one of them is the limit, if they reach it.
func diskBounds(r *disk.Result, limit time.Duration) (bounds []time.Duration) {
	shortest, known := r.Quantile(0)
	longest, _ := r.Quantile(1)
	if !known {
		return nil
	}
	bound := limit
	for bound/2 >= shortest && bound > time.Microsecond {
		bound /= 2
	}
	for bound < shortest {
		bound *= 2
	}
	for ; ; bound *= 2 {
		bounds = append(bounds, bound)
		if bound >= longest {
			return bounds
		}
	}
}

// diskDocument is the JSON of a measurement.
type diskDocument struct {
	Schema      string      `json:"schema"`
	Directory   string      `json:"directory"`
	Level       string      `json:"level"`
	Headline    string      `json:"headline"`
	Text        string      `json:"text"`
	Serves      string      `json:"serves,omitempty"`
	Writes      int         `json:"writes"`
	RecordBytes int         `json:"record_bytes"`
	Seconds     float64     `json:"seconds"`
	PerSecond   float64     `json:"writes_per_second,omitempty"`
	P50         float64     `json:"p50_seconds"`
	P90         float64     `json:"p90_seconds"`
	P99         float64     `json:"p99_seconds"`
	P999        float64     `json:"p999_seconds"`
	Longest     float64     `json:"longest_seconds"`
	Device      *diskDevice `json:"device,omitempty"`
	WholeFile   bool        `json:"whole_file,omitempty"`
}

type diskDevice struct {
	Name  string  `json:"name"`
	Busy  float64 `json:"busy"`
	Queue float64 `json:"queue"`
}

func newDiskDocument(r *disk.Result, speed *thresholds.DiskSpeed) *diskDocument {
	seconds := func(share float64) float64 {
		d, _ := r.Quantile(share)
		return d.Seconds()
	}
	d := &diskDocument{
		Schema: thresholds.Schema, Directory: probe.Printable(r.Dir), Level: speed.Level.String(),
		Headline: speed.Headline, Text: speed.Text, Serves: speed.Serves,
		Writes: len(r.Syncs), RecordBytes: r.RecordBytes,
		Seconds: r.Took.Seconds(), PerSecond: r.PerSecond(), P50: seconds(0.5), P90: seconds(0.9), P99: seconds(0.99),
		P999: seconds(0.999), Longest: seconds(1), WholeFile: r.Whole,
	}
	if r.Device != nil {
		d.Device = &diskDevice{probe.Printable(r.Device.Name), r.Device.Busy, r.Device.Queue}
	}
	return d
}
