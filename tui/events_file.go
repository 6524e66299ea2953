package tui

import (
	"context"
	"fmt"
	"strings"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/etcdoc/etcdoc/thresholds"
)

// writeEventsCmd writes the events shown to a file of their own in the working directory.
func (m model) writeEventsCmd() tea.Cmd {
	text, n, name, shown := m.eventsMarkdown(), len(m.eventList()), m.fileName()+"-events", m.shownPath
	return m.program.run.command(func(context.Context) tea.Msg {
		paths, err := writeNew(name, content{".md", text})
		if err != nil {
			return noticeMsg{err: fmt.Errorf("writing the events: %w", err)}
		}
		return noticeMsg{text: "wrote " + shown(paths[0]) + " (" + thresholds.Plural(n, "event") + ")"}
	})
}

// eventsMarkdown is the events shown as a table, newest first, times in UTC.
func (m model) eventsMarkdown() string {
	list, letters := m.eventList(), m.markLetters()
	var b strings.Builder
	fmt.Fprintf(&b, "# Events of %s\n\n", m.markdown(m.clusterWords()))
	fmt.Fprintf(&b, "%d of %s", len(list), thresholds.Plural(len(m.shown.events), "event"))
	if f := &m.events.filter; f.some() {
		b.WriteString(": " + m.markdown(m.filterWords()))
	}
	fmt.Fprintf(&b, ". As of %s. Times are UTC.\n\n", stampUTC(m.shown.assessment.At))
	b.WriteString("| time | level | who | event | lasted |\n|---|---|---|---|---|\n")
	for _, i := range list {
		e := &m.shown.events[i]
		text := m.eventText(e)
		if letters[i] != "" {
			text = letters[i] + " " + text
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n",
			stampUTC(e.DatedAt()), m.eventWord(e).text, m.markdown(m.who(e)), m.markdown(text), m.lasted(e)[0])
	}
	a := &m.shown.assessment
	fmt.Fprintf(&b, "\nThe reading, as of %s: %s. %s\n", stampUTC(a.At), levelWord(a.Level), m.markdown(a.Reading.Text))
	if a.Reading.Next != "" {
		fmt.Fprintf(&b, "\nNext: %s\n", m.markdown(a.Reading.Next))
	}
	for i, text := range a.Reading.NotLookedAt {
		if i == 0 {
			b.WriteString("\nNot looked at:\n\n")
		}
		fmt.Fprintf(&b, "- %s\n", m.markdown(text))
	}
	return b.String()
}

func (m model) clusterWords() string {
	if m.conn.cluster != "" {
		return m.conn.cluster
	}
	return "cluster " + m.shown.assessment.Cluster.ID.String()
}

// filterWords describes the filter of the events.
func (m model) filterWords() string {
	var words []string
	if m.events.filter.level > thresholds.OK {
		words = append(words, "level "+m.levelStep())
	}
	if m.events.filter.byMember {
		words = append(words, "of "+m.filteredWho())
	}
	if m.events.filter.search != "" {
		words = append(words, "with \""+m.events.filter.search+"\"")
	}
	return strings.Join(words, ", ")
}

// markdown escapes a text for a table's cell: nothing in it starts another cell, a tag, or a line.
func (m model) markdown(text string) string {
	plain := m.theme.clean(text)
	return strings.NewReplacer("|", `\|`, "<", "&lt;", "`", "'", "*", `\*`).Replace(plain)
}

// stampUTC is a date and time for use outside of the screen.
func stampUTC(at time.Time) string { return at.UTC().Format("2006-01-02 15:04:05Z") }

// eventText is what happened, who announced it, and what holds now.
func (m model) eventText(e *thresholds.Event) string {
	text := e.Text + m.announced(e).tail()
	if e.Holds() != "" {
		text += "; " + e.Holds()
	}
	return text
}

// copyEvents copies the selected event.
func (m model) copyEvents() (what, text string) {
	e := m.selectedEvent()
	if e == nil {
		return "", ""
	}
	words := []string{stampUTC(e.DatedAt()), m.eventWord(e).text}
	if !e.Named {
		words = append(words, m.who(e)+":")
	}
	words = append(words, m.eventText(e))
	if lasted := m.lasted(e)[0]; lasted != "" {
		words = append(words, "("+lasted+")")
	}
	text = strings.Join(words, " ")
	if limit, has := m.limitLine(e); has {
		text += "; " + limit
	}
	if reported := m.reportedIn(e); reported != nil && e.Level > thresholds.OK {
		text += "; read then: " + reported.assessment.Reading.Text
	}
	return "event", m.theme.clean(text)
}

// limitLine is the limit that an event's rule breached, in one line.
func (m model) limitLine(e *thresholds.Event) (string, bool) {
	rule, known := m.rules.Rule(e.Rule)
	if !known {
		return "", false
	}
	_, level, has := rule.LimitFrom(e.Level)
	if !has {
		return "", false
	}
	return fmt.Sprintf("%s is %s %s (%s)", e.Rule, levelWord(level),
		rule.LimitWords(level, thresholds.Unit.Format), rule.SourceOf(level)), true
}
