package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

// Plain writes a line for every change that the evaluator sees, until ctx ends or the source has no more. Nothing
// is ever overwritten: it suits a log, a pipe and a screen reader.
func Plain(ctx context.Context, source probe.Source, evaluator *thresholds.Evaluator, w io.Writer) error {
	said := ""
	for {
		sweep, err := source.Next(ctx)
		if ctx.Err() != nil || errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("looking at the cluster: %w", err)
		}
		a := evaluator.Observe(sweep)
		for _, event := range a.Events {
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
	}
}

func plainLine(w io.Writer, e thresholds.Event) error {
	word := strings.ToUpper(e.Level.String())
	if e.Kind == thresholds.EventMark {
		word = "MARK"
	}
	_, err := fmt.Fprintf(w, "%s  %-8s  %s\n", e.At.UTC().Format("15:04:05Z"), word, e.Text)
	return err
}
