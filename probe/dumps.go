package probe

import (
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"
)

// Dumps is a source of expositions that were written to files, one sweep for each moment at which they were taken.
// What only a live member can tell is missing: Status, reads, the member list. One goroutine owns it; it holds no
// file open between two calls, and reads a sweep's dumps when their turn comes.
type Dumps struct {
	sources []*dumpSource
	span    DumpSpan
	// interval is the median distance between two dumps of a member; 0 where no member has two.
	interval time.Duration
	// moments are all dumps, oldest first, and next is the first one that no sweep has had yet.
	timeline []timedDump
	next     int
	decoder  *decoder
}

// DumpSpan is what a [Dumps] has.
type DumpSpan struct {
	// Files is how many dumps there are, and Sweeps how many moments they are of.
	Files, Sweeps int
	// First and Last are when the oldest and the newest dump were taken.
	First, Last time.Time
	// Skipped is what there is beside them, and of no member, or of one more than can be shown: the first by name, and
	// MoreSkipped how many there are besides.
	Skipped     []Skipped
	MoreSkipped int
}

// Dumped is a member's own series of dumps: it may be dumped less often than the others, and from another moment on.
type Dumped struct {
	// Interval is the median distance between two of its dumps, or where it has one alone, of all: see [Dumps.Interval].
	Interval time.Duration
	// Span is how long it is from the first to the last.
	Span time.Duration
}

// Skipped is a file or folder that nothing is judged by, and why.
type Skipped struct{ Path, Reason string }

// moment is a dump's place in time.
type timedDump struct {
	at     time.Time
	source int
	dump   *dumpFile
}

// A dumpSource is a file or folder of dumps, which are sorted by time: of one member, or of several that a label tells
// apart.
type dumpSource struct {
	label, from string
	dumps       []dumpFile
	members     []*dumpedMember
	series      Dumped
	// perhaps says that nothing in its name says that it is a dump.
	maybeOther bool
}

// dumpedMember is a member whose expositions were dumped.
type dumpedMember struct {
	from  *dumpSource
	label string
	// source is the value of the label that tells it from others in the same dumps; empty: there are none.
	source string
	// id is 0 where none of its dumps says it.
	id      MemberID
	metrics Fact[*Metrics]
	// read is the name of the newest dump that was read.
	read string
}

// OpenDumps finds the expositions at a path. They are text, or that packed by gzip.
//
//   - A file (etcd-1.prom) is one member's, called as the file is, and as old as the file; or it has several members', as
//     Prometheus' /federate writes them, which are called by the label that tells them apart (instance, pod, node …).
//   - A folder has a file for each member, ending in .prom, .txt, .metrics or nothing; or a folder for each member with
//     files named by when they were taken, as unix time (also with a fraction, in ms, µs or ns) or RFC 3339 (also with
//   - or _ for its colons); or some of both. A folder with nothing but files named so is one member's. Hidden files
//     are left out, and nothing is looked for any deeper.
//   - "-" is one member's exposition on stdin, of now.
//
// It fails when a name can't be made sense of, when two dumps are of one member and moment, when nothing tells the members
// in one file apart, and when none can be read. Metrics of other programs, texts that are none, pipes and devices are left out: see
// [DumpSpan].
// A dump that can't be read later on is that member's error at that moment. ctx bounds this call alone.
func OpenDumps(ctx context.Context, path string, stdin io.Reader) (*Dumps, error) {
	return openDumps(ctx, path, stdin, time.Now)
}

func openDumps(ctx context.Context, path string, stdin io.Reader, now func() time.Time) (*Dumps, error) {
	sources, leftOut, err := findDumps(ctx, path, stdin, now)
	if err != nil {
		return nil, err
	}
	d := &Dumps{sources: sources, decoder: newDecoder()}
	for _, out := range leftOut {
		d.skip(out.Path, out.Reason)
	}
	d.decoder.wholeLines = true
	if err := d.identify(ctx); err != nil {
		return nil, err
	}
	d.arrange()
	return d, nil
}

// Span is what there is.
func (d *Dumps) Span() DumpSpan { return d.span }

// Interval is the median distance between two dumps of a member; 0 where no member has two.
func (d *Dumps) Interval() time.Duration { return d.interval }

// arrange puts the dumps in the order of time.
func (d *Dumps) arrange() {
	var all []time.Duration
	for i, source := range d.sources {
		var own []time.Duration
		for j := range source.dumps {
			d.timeline = append(d.timeline, timedDump{source.dumps[j].at, i, &source.dumps[j]})
			if j > 0 {
				own = append(own, source.dumps[j].at.Sub(source.dumps[j-1].at))
				source.series.Span += own[j-1]
			}
		}
		all = append(all, own...)
		source.series.Interval = median(own)
	}
	slices.SortStableFunc(d.timeline, func(a, b timedDump) int { return a.at.Compare(b.at) })
	d.interval = median(all)
	for _, source := range d.sources {
		if source.series.Interval == 0 {
			source.series.Interval = d.interval
		}
	}
	d.span.Files = len(d.timeline)
	d.span.First, d.span.Last = d.timeline[0].at, d.timeline[len(d.timeline)-1].at
	for i := 0; i < len(d.timeline); i = d.sweepEnd(i) {
		d.span.Sweeps++
	}
}

// median is the median of durations, the lower one of two: the longer may be a gap. 0 where there are none.
func median(of []time.Duration) time.Duration {
	if len(of) == 0 {
		return 0
	}
	slices.Sort(of)
	return of[(len(of)-1)/2]
}

// sweepEnd is where the sweep ends that begins at an index of moments: dumps that were taken within half an interval
// are of one, at most one of a member.
func (d *Dumps) sweepEnd(from int) int {
	together := d.interval / 2
	if d.interval == 0 {
		together = math.MaxInt64 // one dump of each member, collected one after the other
	}
	begin := d.timeline[from].at
	had := make(map[int]bool, len(d.sources))
	for i := from; i < len(d.timeline); i++ {
		m := &d.timeline[i]
		if had[m.source] || i > from && m.at.Sub(begin) >= together {
			return i
		}
		had[m.source] = true
	}
	return len(d.timeline)
}

// Next implements [Source]: the next moment's sweep, and io.EOF after the last.
func (d *Dumps) Next(ctx context.Context) (Sweep, error) {
	if err := ctx.Err(); err != nil {
		return Sweep{}, err
	}
	if d.next == len(d.timeline) {
		return Sweep{}, io.EOF
	}
	sweep := d.timeline[d.next:d.sweepEnd(d.next)]
	d.next += len(sweep)
	first, last := sweep[0].at, sweep[len(sweep)-1].at
	for i := range sweep {
		d.load(d.sources[sweep[i].source], sweep[i].dump)
	}
	s := Sweep{At: first, Took: last.Sub(first), Interval: d.interval, Dumps: &d.span}
	for _, m := range d.members() {
		m.markMissing(last, d.grace(m.from))
		s.Members = append(s.Members, Member{
			ID: m.id, Name: m.label, MetricsEndpoint: m.read, Metrics: m.metrics, Dumped: m.from.series,
			Status: Fact[Status]{Err: &Error{ErrNotInDump, "a dump of metrics does not have the member's Status"}},
		})
	}
	return s, nil
}

// members are all members that were dumped, by label.
func (d *Dumps) members() []*dumpedMember {
	var all []*dumpedMember
	for _, source := range d.sources {
		all = append(all, source.members...)
	}
	slices.SortStableFunc(all, func(a, b *dumpedMember) int { return strings.Compare(a.label, b.label) })
	return all
}

// grace is how old the newest dump of a source may be at the moment of the sweep. One that is taken a little later than the
// others' is no gap yet, and neither is a second, which names in whole seconds may be off by. Who is dumped less often than
// the others, as it takes three dumps to show, is not due in every sweep. At the end the collection may have been stopped
// before it was the member's turn.
func (d *Dumps) grace(of *dumpSource) time.Duration {
	interval := d.interval
	if len(of.dumps) > 2 {
		interval = of.series.Interval
	}
	switch {
	case d.interval == 0:
		return math.MaxInt64
	case d.next == len(d.timeline), interval >= d.interval*3/2:
		return interval + max(interval/4, time.Second)
	default:
		return max(d.interval*3/4, time.Second)
	}
}

// miss notes that there is no dump of the member at a moment, where its newest one is older than grace.
func (m *dumpedMember) markMissing(now time.Time, grace time.Duration) {
	dumps := m.from.dumps
	after, found := slices.BinarySearchFunc(dumps, now, func(d dumpFile, t time.Time) int { return d.at.Compare(t) })
	switch {
	case found || after > 0 && now.Sub(dumps[after-1].at) <= grace:
	case after > 0:
		m.metrics.Err = &Error{ErrNotInDump, fmt.Sprintf("no dump of %s after %s", m.label, clock(dumps[after-1].at, now))}
	case len(dumps) > 0:
		m.metrics.Err = &Error{ErrNotInDump, fmt.Sprintf("no dump of %s before %s", m.label, clock(dumps[0].at, now))}
	default:
		m.metrics.Err = &Error{ErrNotInDump, fmt.Sprintf("no dump of %s: %s is empty", m.label, m.from.from)}
	}
}

// clock writes a moment as of another one: without the date where that is the same.
func clock(at, now time.Time) string {
	at, now = at.UTC(), now.UTC()
	if at.Truncate(24 * time.Hour).Equal(now.Truncate(24 * time.Hour)) {
		return at.Format("15:04:05Z")
	}
	return at.Format(time.RFC3339)
}
