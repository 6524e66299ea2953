package tui

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
)

// HideableColumns are the titles of the table's columns that can be left out, in the table's order: all but those that
// say which member it is, how it is, and whether it may go.
func HideableColumns() []string { return columnTitles(false) }

// FixedColumns are the titles of the other columns.
func FixedColumns() []string { return columnTitles(true) }

func columnTitles(fixed bool) []string {
	var titles []string
	for _, c := range tableColumns(0, Units1024) {
		if c.isFixed() == fixed {
			titles = append(titles, c.title)
		}
	}
	return titles
}

// isFixed reports that a column is always there.
func (c *tableColumn) isFixed() bool { return c.rank <= lastFixedRank }

// lastFixedRank is the rank of the last column that is always there: MEMBER, STATE, DRAIN.
const lastFixedRank = 2

// isHidden reports that the user has left a column out.
func (o *overviewPage) isHidden(title string) bool {
	return slices.ContainsFunc(o.hidden, func(hidden string) bool { return strings.EqualFold(hidden, title) })
}

// onColumnsKey opens the list of columns.
func (m model) onColumnsKey(msg tea.KeyMsg) (model, bool) {
	if !key.Matches(msg, m.keys.Columns) {
		return m, false
	}
	return m.choose("columns", choices{
		title: "columns: the narrower the window, the fewer fit", all: m.columnChoices(), made: model.columnChoices,
		toggle: func(m model, at int) model {
			return m.withColumn(tableColumns(0, Units1024)[at])
		},
		taken: model.keepColumns, ends: m.columnsEnds(),
	}), true
}

// columnsEnds says for how long enter and esc leave the columns as they have been toggled.
func (m model) columnsEnds() string {
	if m.program.keepColumns == nil {
		return "enter esc this session only"
	}
	return "enter keep for next time  esc this session only"
}

// keepColumns keeps the columns for the next time, unless that is not wanted.
func (m model) keepColumns() (model, tea.Cmd) {
	keep, hidden, path := m.program.keepColumns, m.overview.hidden, m.shownPath(m.program.statePath)
	if keep == nil {
		return m, nil
	}
	return m, m.program.run.command(func(context.Context) tea.Msg {
		if err := keep(hidden); err != nil {
			return noticeMsg{err: fmt.Errorf("columns not kept: %w", err)}
		}
		return noticeMsg{text: "columns kept in " + path}
	})
}

// columnChoices are all columns, in the table's order.
func (m model) columnChoices() []choice {
	all := tableColumns(0, m.theme.units)
	entries := make([]choice, len(all))
	for i, c := range all {
		entries[i] = choice{kind: "[x]", text: fmt.Sprintf("%-8s %s", c.title, c.words())}
		switch {
		case c.isFixed():
			entries[i].kind = "always"
		case m.overview.isHidden(c.title):
			entries[i].kind = "[ ]"
		}
	}
	return entries
}

// withColumn leaves a column out, or no longer.
func (m model) withColumn(c tableColumn) model {
	switch {
	case c.isFixed():
	case m.overview.isHidden(c.title):
		m.overview.hidden = slices.DeleteFunc(slices.Clone(m.overview.hidden),
			func(hidden string) bool { return strings.EqualFold(hidden, c.title) })
	default:
		m.overview.hidden = append(slices.Clone(m.overview.hidden), c.title)
	}
	return m
}
