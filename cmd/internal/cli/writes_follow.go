package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"golang.org/x/term"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/probe/wal"
	"github.com/etcdoc/etcdoc/thresholds"
)

// runFollow shows what is written to a log from now on, until the user ends it.
func (s *writesFlags) runFollow(ctx context.Context, streams Streams) (err error) {
	segments, err := s.segments()
	if err != nil {
		return err
	}
	f, err := wal.Follow(segments, s.options())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if _, err := f.Next(ctx); err != nil && ctx.Err() == nil { // what is there already
		return err
	}
	show := s.followLines(streams.Out)
	if screen, is := terminal(streams.Out); is {
		show = s.followTable(unescaped(streams.Out), func() (width, height int) {
			width, height, err := term.GetSize(int(screen.Fd()))
			if err != nil {
				return defaultWidth, defaultHeight
			}
			return width, height
		})
	}
	ticker := time.NewTicker(s.interval)
	defer ticker.Stop()
	for last := time.Now(); ; {
		select {
		case <-ctx.Done():
			return nil // it was ended as it is meant to be
		case now := <-ticker.C:
			w, err := f.Next(ctx)
			if ctx.Err() != nil {
				return nil
			}
			if err != nil {
				return err
			}
			if err := show(now, now.Sub(last), &w); err != nil {
				return fmt.Errorf("printing who writes: %w", err)
			}
			last = now
		}
	}
}

// A rateFace shows what was written in a time that ended at now.
type rateFace func(now time.Time, took time.Duration, w *wal.Writes) error

// defaultHeight is that of a terminal that does not tell it.
const defaultHeight = 24

// followTable draws a table again and again in the same place.
func (s *writesFlags) followTable(out io.Writer, screen func() (width, height int)) rateFace {
	drawn := 0
	return func(now time.Time, took time.Duration, w *wal.Writes) error {
		const around = 4 // the lines above and below the prefixes, and the one of the cursor
		width, height := screen()
		p := writesPage{spacePage{width: width, top: max(min(height-around, cmp.Or(s.top, height)), 1)}, s.by == "bytes"}
		b := &paragraphs{width: width}
		b.WriteString(truncate(s.followLine(now, took, w, 0), width) + "\n\n")
		p.printRates(b, w, took)
		text := printableLines(b.String())
		up := ""
		if drawn > 0 {
			up = fmt.Sprintf("\x1b[%dA\x1b[J", drawn)
		}
		drawn = strings.Count(text, "\n")
		_, err := io.WriteString(out, up+text)
		return err
	}
}

// followLines writes a line for each interval.
func (s *writesFlags) followLines(out io.Writer) rateFace {
	const prefixes = 3
	return func(now time.Time, took time.Duration, w *wal.Writes) error {
		_, err := fmt.Fprintln(out, s.followLine(now, took, w, prefixes))
		return err
	}
}

// followLine says how much was written in an interval, and where most of it went.
func (s *writesFlags) followLine(now time.Time, took time.Duration, w *wal.Writes, prefixes int) string {
	p := writesPage{byBytes: s.by == "bytes"}
	line := fmt.Sprintf("%s  %s writes/s, %s, %s entries/s", now.UTC().Format(plainTime),
		thresholds.Count.Format(perSecond(w.Total.Writes(), took)),
		thresholds.BytesPerSecond.Format(perSecond(w.Total.Bytes, took)),
		thresholds.Count.Format(perSecond(w.Entries, took)))
	all := p.sorted(w.Prefixes)
	for i := range all[:min(len(all), prefixes)] {
		line += fmt.Sprintf("  %s %s %s", probe.Printable(prefixName(all[i].Name, all[i].Rest)),
			thresholds.PerSecond.Format(perSecond(all[i].Writes(), took)),
			thresholds.BytesPerSecond.Format(perSecond(all[i].Bytes, took)))
	}
	for _, c := range w.Changes {
		line += fmt.Sprintf("  [%d: %s]", c.Index, probe.Printable(c.What))
	}
	return line
}

func perSecond(n int64, took time.Duration) float64 { return float64(n) / took.Seconds() }

// printRates writes how much is written to each prefix in a second.
func (p writesPage) printRates(b *paragraphs, w *wal.Writes, took time.Duration) {
	all := p.sorted(w.Prefixes)
	rate := func(n int64) string { return thresholds.Count.Format(perSecond(n, took)) }
	rows := [][]string{{"PREFIX", "PUTS/S", "DELETES/S", "BYTES/S", "PER PUT", "SHARE", ""}}
	for i := range all[:min(len(all), p.top)] {
		c := &all[i].Counts
		rows = append(rows, []string{prefixName(all[i].Name, all[i].Rest), rate(c.Puts), rate(c.Deletes),
			size(int64(perSecond(c.Bytes, took))), perWrite(c), share(p.bars(c), p.bars(&w.Total)),
			bar(p.bars(c), p.bars(&w.Total))})
	}
	printRows(b, rows, p.width, "PER PUT", "")
}
