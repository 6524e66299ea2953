package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

// Plain writes a line for every change that the evaluator sees, until ctx ends or the source has no more. Nothing
// is ever overwritten: it suits a log, a pipe and a screen reader.
func Plain(ctx context.Context, source probe.Source, evaluator *thresholds.Evaluator, w io.Writer) error {
	said := ""
	var before time.Time // of the sweep before
	for {
		sweep, err := source.Next(ctx)
		if ctx.Err() != nil || errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("looking at the cluster: %w", err)
		}
		a := evaluator.Observe(sweep)
		events := slices.Clone(a.Events)
		for i := range events {
			if e := &events[i]; e.At.Before(before) { // it has held for a while before it counted
				e.Text += ", since " + e.At.UTC().Format(plainTime)
				e.At = a.At
			}
		}
		slices.SortStableFunc(events, func(e, f thresholds.Event) int { return e.At.Compare(f.At) })
		for _, event := range events {
			if err := plainLine(w, event); err != nil {
				return err
			}
		}
		if verdict := a.Level.String() + string(a.Reading.Cause); verdict != said && a.Reading.Cause != thresholds.CauseFirstLook {
			said = verdict
			if err := plainLine(w, thresholds.Event{At: a.At, Level: a.Level, Text: a.Reading.Text}); err != nil {
				return err
			}
		}
		before = a.At
	}
}

// plainTime is how a line begins.
const plainTime = "15:04:05Z"

func plainLine(w io.Writer, e thresholds.Event) error {
	word := strings.ToUpper(e.Level.String())
	if e.Kind == thresholds.EventMark {
		word = "MARK"
	}
	_, err := fmt.Fprintf(w, "%s  %-8s  %s\n", e.At.UTC().Format(plainTime), word, e.Text)
	return err
}
