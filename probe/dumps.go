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

// Dumps is a [Source] of expositions saved in files: one sweep per time at which they were taken. It lacks what only a
// live member can answer: Status, reads, the member list. One goroutine owns it. It keeps no file open between calls
// and reads dumps only when their sweep comes.
type Dumps struct {
	sources []*dumpSource
	span    DumpSpan
	// interval is the median time between two dumps of a member; 0 if no member has two.
	interval time.Duration
	// timeline holds all dumps, oldest first; next is the first one not yet in a sweep.
	timeline []timedDump
	next     int
	decoder  *decoder
}

// DumpSpan says what a [Dumps] contains.
type DumpSpan struct {
	// Files counts the dumps, and Sweeps the times that they were taken at.
	Files, Sweeps int
	// First and Last are the times of the oldest and the newest dump.
	First, Last time.Time
	// Skipped are the other files and folders, and members beyond the maximum: the first ones by name. MoreSkipped
	// counts the rest.
	Skipped     []Skipped
	MoreSkipped int
}

// Dumped describes one member's dumps: a member may be dumped less often than the others, or start later.
type Dumped struct {
	// Interval is the median time between two of its dumps; that of all dumps if it has only one: see [Dumps.Interval].
	Interval time.Duration
	// Span is the time from the first to the last.
	Span time.Duration
}

// Skipped is a file or folder that does not count, and why.
type Skipped struct{ Path, Reason string }

// timedDump is a dump on the time line.
type timedDump struct {
	at     time.Time
	source int
	dump   *dumpFile
}

// A dumpSource is a file or folder of dumps, sorted by time: of one member, or of several that a label distinguishes.
type dumpSource struct {
	label, from string
	dumps       []dumpFile
	members     []*dumpedMember
	series      Dumped
	// maybeOther says that its name does not show whether it is a dump.
	maybeOther bool
}

// dumpedMember is a member with dumps.
type dumpedMember struct {
	from  *dumpSource
	label string
	// source is the label value that distinguishes it in its dumps; empty if it is alone there.
	source string
	// id is 0 if none of its dumps says it.
	id      MemberID
	metrics Fact[*Metrics]
	// read is the name of its newest dump read.
	read string
}

// OpenDumps finds the expositions at a path. They are plain text or gzip.
//
//   - A file (etcd-1.prom) is one member's, named after the file and as old as the file. Or it holds several members,
//     as Prometheus' /federate writes them, named by the label that distinguishes them (instance, pod, node …).
//   - A folder has a file per member, ending in .prom, .txt, .metrics or nothing; or a folder per member with files
//     named by the time they were taken, as unix time (with a fraction, or in ms, µs or ns) or RFC 3339 (also with -
//     or _ for its colons); or both. A folder with only files named that way is one member's. Hidden files are skipped,
//     and deeper folders are not searched.
//   - "-" is one member's current exposition on stdin.
//
// It fails if a name makes no sense, if two dumps are of one member and time, if nothing distinguishes the members in
// one file, or if no dump can be read. It skips other programs' metrics, other text, pipes and devices: see [DumpSpan].
// A dump that can't be read later is an error of its member at that time. ctx bounds only this call.
func OpenDumps(ctx context.Context, path string, stdin io.Reader) (*Dumps, error) {
	return openDumps(ctx, path, stdin, time.Now)
}

func openDumps(ctx context.Context, path string, stdin io.Reader, now func() time.Time) (*Dumps, error) {
	sources, skipped, err := findDumps(ctx, path, stdin, now)
	if err != nil {
		return nil, err
	}
	d := &Dumps{sources: sources, decoder: newDecoder()}
	for _, out := range skipped {
		d.skip(out.Path, out.Reason)
	}
	d.decoder.wholeLines = true
	if err := d.identify(ctx); err != nil {
		return nil, err
	}
	d.arrange()
	return d, nil
}

// Span says what there is.
func (d *Dumps) Span() DumpSpan { return d.span }

// Interval is the median time between two dumps of a member; 0 if no member has two.
func (d *Dumps) Interval() time.Duration { return d.interval }

// arrange sorts the dumps by time.
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
		source.series.Interval = lowerMedian(own)
	}
	slices.SortStableFunc(d.timeline, func(a, b timedDump) int { return a.at.Compare(b.at) })
	d.interval = lowerMedian(all)
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

// lowerMedian returns the median duration, the lower of the middle two, because the longer one may be a gap; 0 if there
// are none.
func lowerMedian(of []time.Duration) time.Duration {
	if len(of) == 0 {
		return 0
	}
	slices.Sort(of)
	return of[(len(of)-1)/2]
}

// sweepEnd returns the end of the sweep that begins at an index of the timeline: dumps within half an interval belong
// to one sweep, at most one per member.
func (d *Dumps) sweepEnd(from int) int {
	together := d.interval / 2
	if d.interval == 0 {
		together = math.MaxInt64 // one dump of each member, collected in turn
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

// Next implements [Source]. It returns io.EOF after the last sweep.
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
			Status: Fact[Status]{Err: &Error{Kind: ErrNotInDump,
				Text: "a dump of metrics has no Status"}},
		})
	}
	return s, nil
}

// members returns all dumped members, by label.
func (d *Dumps) members() []*dumpedMember {
	var all []*dumpedMember
	for _, source := range d.sources {
		all = append(all, source.members...)
	}
	slices.SortStableFunc(all, func(a, b *dumpedMember) int { return strings.Compare(a.label, b.label) })
	return all
}

// grace is how old the newest dump of a source may be at the time of a sweep. A dump a little later than the others' is
// no gap, and a second never is, because names in whole seconds are that coarse. A member dumped less often (three
// dumps show that) is not due in every sweep. At the end, somebody may have stopped collecting before it was the
// member's turn.
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

// markMissing records that the member has no dump at a time, if its newest one is older than grace.
func (m *dumpedMember) markMissing(now time.Time, grace time.Duration) {
	dumps := m.from.dumps
	after, found := slices.BinarySearchFunc(dumps, now, func(d dumpFile, t time.Time) int { return d.at.Compare(t) })
	switch {
	case found || after > 0 && now.Sub(dumps[after-1].at) <= grace:
	case after > 0:
		m.metrics.Err = &Error{Kind: ErrNotInDump,
			Text: fmt.Sprintf("no dump of %s after %s", m.label, clock(dumps[after-1].at, now))}
	case len(dumps) > 0:
		m.metrics.Err = &Error{Kind: ErrNotInDump,
			Text: fmt.Sprintf("no dump of %s before %s", m.label, clock(dumps[0].at, now))}
	default:
		m.metrics.Err = &Error{Kind: ErrNotInDump,
			Text: fmt.Sprintf("no dump of %s: %s is empty", m.label, m.from.from)}
	}
}

// clock formats a time for a reader at another time: without the date if it is the same day.
func clock(at, now time.Time) string {
	at, now = at.UTC(), now.UTC()
	if at.Truncate(24 * time.Hour).Equal(now.Truncate(24 * time.Hour)) {
		return at.Format("15:04:05Z")
	}
	return at.Format(time.RFC3339)
}
