package tui

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/etcdoc/etcdoc/thresholds"
)

// writeEventsCmd writes the events shown to a file of their own in the working directory.
func (m model) writeEventsCmd() tea.Cmd {
	text, n, name := m.eventsMarkdown(), len(m.eventList()), m.eventsFileName()
	return m.run.command(func(context.Context) tea.Msg {
		path, err := writeNew(name, ".md", text)
		if err != nil {
			return noticeMsg{err: fmt.Errorf("writing the events: %w", err)}
		}
		return noticeMsg{text: plural(n, "event") + " written to " + path}
	})
}

// eventsFileName is the file's name without what follows the dot: of the cluster, and of the moment shown.
func (m model) eventsFileName() string {
	name := m.cluster
	if name == "" {
		name = m.shown.assessment.Cluster.ID.String()
	}
	return "etcdoc-" + fileWord(m.theme.clean(name)) + "-" + m.moment().UTC().Format("20060102T150405Z") + "-events"
}

// fileWord makes a name fit to be a part of a file's name everywhere.
func fileWord(name string) string {
	word := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-', r == '_', r == '.':
			return r
		}
		return '-'
	}, name)
	if word = strings.Trim(word, "-."); word == "" {
		return "cluster"
	}
	return word
}

// writeNew writes a file that was not there: where the name is taken, with a number behind it. It returns the full path.
func writeNew(name, suffix, text string) (string, error) {
	const most = 100
	for n := 1; n <= most; n++ {
		path := name + suffix
		if n > 1 {
			path = name + "-" + strconv.Itoa(n) + suffix
		}
		full, err := filepath.Abs(path)
		if err != nil {
			return "", err
		}
		file, err := os.OpenFile(full, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return "", err
		}
		_, err = file.WriteString(text)
		if err = errors.Join(err, file.Close()); err != nil {
			return "", err
		}
		return full, nil
	}
	return "", fmt.Errorf("%s and %d more of that name are there already: remove some", name+suffix, most-1)
}

// eventsMarkdown is the events shown as a table, newest first, times in UTC.
func (m model) eventsMarkdown() string {
	list, letters := m.eventList(), m.markLetters()
	var b strings.Builder
	fmt.Fprintf(&b, "# Events of %s\n\n", m.markdown(m.clusterWords()))
	fmt.Fprintf(&b, "%d of %s", len(list), plural(len(m.shown.events), "event"))
	if f := &m.events; f.some() {
		b.WriteString(": " + m.markdown(m.filterWords()))
	}
	fmt.Fprintf(&b, ". As of %s. Times are UTC.\n\n", stampUTC(m.moment()))
	b.WriteString("| time | level | who | event | lasted |\n|---|---|---|---|---|\n")
	for _, i := range list {
		e := &m.shown.events[i]
		text := strings.TrimSpace(letters[i] + " " + eventText(e) + m.expectedTail(e))
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", stampUTC(e.At), m.eventWord(e).text, m.markdown(m.who(e)), m.markdown(text), m.lasted(e))
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
	if m.cluster != "" {
		return m.cluster
	}
	return "the cluster"
}

// filterWords is the filter of the events in words.
func (m model) filterWords() string {
	var words []string
	if m.events.level > thresholds.OK {
		words = append(words, "level "+m.levelStep())
	}
	if m.events.byMember {
		words = append(words, "of "+m.filteredWho())
	}
	if m.events.search != "" {
		words = append(words, "with \""+m.events.search+"\"")
	}
	return strings.Join(words, ", ")
}

// markdown makes text from outside a part of a line: nothing in it begins a cell, a tag, or another line.
func (m model) markdown(text string) string {
	plain := m.theme.clean(text)
	return strings.NewReplacer("|", `\|`, "<", "&lt;", "`", "'", "*", `\*`).Replace(plain)
}

// stampUTC is a time with its date, for what is read elsewhere.
func stampUTC(at time.Time) string { return at.UTC().Format("2006-01-02 15:04:05Z") }

// copyEvents copies the selected event.
func (m model) copyEvents() (what, text string) {
	e := m.selectedEvent()
	if e == nil {
		return "", ""
	}
	words := []string{stampUTC(e.At), m.eventWord(e).text, m.who(e) + ":", eventText(e) + m.expectedTail(e)}
	if lasted := m.lasted(e); lasted != "" {
		words = append(words, "("+lasted+")")
	}
	text = strings.Join(words, " ")
	if limit, has := m.limitLine(e); has {
		text += "; " + limit
	}
	if told := m.told(e); told != nil && e.Level > thresholds.OK {
		text += "; read then: " + told.assessment.Reading.Text
	}
	return "event", m.theme.clean(text)
}

// limitLine is the limit that an event's rule crossed, in one line.
func (m model) limitLine(e *thresholds.Event) (string, bool) {
	rule, known := m.rules[e.Rule]
	if !known {
		return "", false
	}
	limit, level, has := limitOf(&rule, e.Level)
	if !has {
		return "", false
	}
	return string(e.Rule) + " is " + levelWord(level) + " " + limitWords(&rule, limit) + " (" + rule.SourceOf(level) + ")", true
}
