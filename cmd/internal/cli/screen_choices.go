package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/etcdoc/etcdoc/tui"
)

// choices returns the flags that keys can change.
func (s *ScreenFlags) choices() tui.Choices {
	return tui.Choices{
		Interval: s.interval, Window: s.history, Theme: tui.Theme(s.theme), Glyphs: tui.Glyphs(s.glyphs),
		Units: tui.Units(s.units), Sort: tui.Sort(s.sort), Scale: tui.Scale(s.scale), Local: s.local,
		Notify: s.notify, Hidden: s.hidden,
	}
}

// chosenByKey names the flags that keys can change.
var chosenByKey = [...]string{
	"interval", "history", "theme", "glyphs", "units", "sort", "scale", "local",
	"notify", "hide-columns",
}

// changedChoices returns the flags that keys have changed, without the columns, which a key of theirs keeps.
func (s *ScreenFlags) changedChoices(now tui.Choices) []setting {
	var changed []setting
	before := s.choices()
	for _, c := range []struct {
		flag        string
		before, now any
	}{
		{"interval", before.Interval, now.Interval}, {"history", before.Window, now.Window},
		{"theme", before.Theme, now.Theme}, {"glyphs", before.Glyphs, now.Glyphs},
		{"units", before.Units, now.Units}, {"sort", before.Sort, now.Sort},
		{"scale", before.Scale, now.Scale}, {"local", before.Local, now.Local}, {"notify", before.Notify, now.Notify},
	} {
		if c.before != c.now {
			changed = append(changed, setting{c.flag, fmt.Sprint(c.now)})
		}
	}
	return changed
}

// rememberChoices writes what keys have changed to the state file, and reports it on stderr.
func (s *ScreenFlags) rememberChoices(stderr io.Writer, path string, now tui.Choices) error {
	chosen := s.changedChoices(now)
	if len(chosen) == 0 {
		return nil
	}
	if err := writeState(path, chosen); err != nil {
		return fmt.Errorf("--remember: writing %s: %w", path, err)
	}
	var words []string
	for _, c := range chosen {
		words = append(words, c.key+": "+c.value)
	}
	warnf(stderr, "remembered %s in %s", strings.Join(words, ", "), path)
	return nil
}

// columnsKeeper keeps columns in the state file; nil where nothing is kept.
func (s *ScreenFlags) columnsKeeper() func(hidden []string) error {
	if !s.keeps {
		return nil
	}
	return func(hidden []string) error { return keepColumns(s.statePath, hidden) }
}
