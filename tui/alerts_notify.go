package tui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"github.com/etcdoc/etcdoc/thresholds"
)

// alerts are for when nobody looks at the screen.
type alerts struct {
	terminal alertTerminal
	titles   *titles
	// title is the newest one, titled its number.
	title  string
	titled int
	// on says that something worse rings and notifies. elsewhere is what it was before the screen was shared, and will
	// be afterwards.
	on, elsewhere bool
}

// The longest texts of a title and a notification in cells: more is cut by those who show it.
const (
	titleName   = 40
	notifyWidth = 160
)

// onAlert looks for what got worse in the newest sweep, and returns the command that says so.
func (m model) onAlert() (model, tea.Cmd) {
	live := &m.seen.live.assessment
	watch, change := m.alerted.With(live, m.mutes())
	m.alerted = watch
	if !change.IsWorse() || !m.alerts.on {
		return m, nil
	}
	out, sequence := m.screen.terminal, m.alerts.terminal.notification(m.alertName(), m.alertText(&change))
	return m, m.program.run.command(func(context.Context) tea.Msg {
		if _, err := io.WriteString(out, sequence); err != nil {
			return noticeMsg{err: fmt.Errorf("notifying: %w", err)}
		}
		return nil
	})
}

// alertName is the title of a notification.
func (m model) alertName() string { return "etcdoc " + m.liveName() }

// liveName is the cluster's name, or its id in the newest sweep.
func (m model) liveName() string {
	name := m.conn.cluster
	if id := m.seen.live.assessment.Cluster.ID; name == "" && id != 0 {
		name = id.String()
	}
	return fitName(m.theme, m.theme.clean(name), titleName)
}

// alertText is what got worse: the level with the headline, and who must not be lost.
func (m model) alertText(c *thresholds.Change) string {
	var parts []string
	if c.Worse > thresholds.OK {
		parts = append(parts, levelWord(c.Worse)+" "+m.theme.clean(c.Headline))
	}
	if len(c.Unsafe) > 0 {
		names := make([]string, len(c.Unsafe))
		for i := range c.Unsafe {
			names[i] = m.theme.clean(c.Unsafe[i].Short)
		}
		parts = append(parts, "not safe to lose: "+strings.Join(names, ", "))
	}
	return fit(m.theme, strings.Join(parts, "; "), notifyWidth)
}

// withTitle returns the command that sets the title, if that has changed.
func (m model) withTitle() (model, tea.Cmd) {
	title := m.titleText()
	if !m.alerts.terminal.titled || title == m.alerts.title {
		return m, nil
	}
	m.alerts.title, m.alerts.titled = title, m.alerts.titled+1
	number, titles := m.alerts.titled, m.alerts.titles
	return m, m.program.run.command(func(context.Context) tea.Msg {
		titles.write(number, title)
		return nil
	})
}

// titleText is the terminal's title: the level and the healthy voters now, even while the view is paused.
func (m model) titleText() string {
	words := []string{}
	if live := &m.seen.live.assessment; m.seen.live.known() {
		switch {
		case errors.Is(m.conn.ended, io.EOF):
			words = append(words, "END")
		case m.conn.ended != nil || m.overdue():
			words = append(words, "STALE")
		}
		well, of := live.Counted()
		words = append(words, strings.ToUpper(levelWord(live.Level)), strconv.Itoa(well)+"/"+strconv.Itoa(of))
	}
	if name := m.liveName(); name != "" {
		words = append(words, name)
	}
	return strings.Join(append(words, m.theme.dashWord(), "etcdoc"), " ")
}

// dashWord divides the parts of a title.
func (t *theme) dashWord() string { return t.pick("—", "-") }

// onNotifyKey turns notifications on or off.
func (m model) onNotifyKey(msg tea.KeyMsg) (model, tea.Cmd, bool) {
	if !key.Matches(msg, m.keys.Notify) {
		return m, nil, false
	}
	m.alerts.on = !m.alerts.on
	if !m.present.on {
		m.alerts.elsewhere = m.alerts.on
	}
	if m.alerts.on {
		return m.say("notify: on: a bell and a notification when it gets worse", nil), nil, true
	}
	return m.say("notify: off", nil), nil, true
}

// whilePresenting is the alerts of a screen that has begun to be shared, or no longer is: nobody else must see
// notifications.
func (a alerts) whilePresenting(on bool) alerts {
	a.on = a.elsewhere && !on
	return a
}
