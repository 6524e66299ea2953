package tui

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"github.com/etcdoc/etcdoc/thresholds"
)

// eventFilter is which of the events their page shows, and which one is selected.
type eventFilter struct {
	// level is the least one that is shown.
	level thresholds.Level
	// of is the key of the member whose events are shown where byMember is set; empty for those of the cluster.
	of       string
	byMember bool
	// search is a text that is in them.
	search string
	// selected is the event that the cursor is on. Where it is not shown, the next older one is.
	selected eventID
}

// eventID tells events apart. It stays the same while an event goes on.
type eventID struct {
	at     time.Time
	kind   thresholds.EventKind
	level  thresholds.Level
	rule   thresholds.RuleID
	member string
	text   string // of a mark
}

func idOf(e *thresholds.Event) eventID {
	id := eventID{e.At, e.Kind, e.Level, e.Rule, e.Member.Key, ""}
	if e.Kind == thresholds.EventMark {
		id.text = e.Text
	}
	return id
}

// levelSteps are what the level key goes through.
var levelSteps = [...]thresholds.Level{thresholds.OK, thresholds.Notice, thresholds.Warning, thresholds.Critical}

// some says that not all events are shown.
func (f *eventFilter) some() bool { return f.level > thresholds.OK || f.byMember || f.search != "" }

// all is the filter that lets all events through; the selection stays.
func (f eventFilter) all() eventFilter { return eventFilter{selected: f.selected} }

// eventList is the indexes of the events that the filter leaves, newest first.
func (m model) eventList() []int {
	f, search := m.events, strings.ToLower(m.events.search)
	var list []int
	type subject struct {
		rule   thresholds.RuleID
		member string
	}
	passed := map[subject]bool{} // whether what began last did: its end does too
	for i := range m.shown.events {
		e := &m.shown.events[i]
		about := subject{e.Rule, e.Member.Key}
		passes := e.Level >= f.level || e.Kind == thresholds.EventMark || e.Rule != "" && e.Level == thresholds.OK && passed[about]
		if e.Rule != "" && e.Level > thresholds.OK {
			passed[about] = passes
		}
		unclaimed := e.Kind == thresholds.EventMark && e.Member.IsZero()
		if !passes || f.byMember && e.Member.Key != f.of && !unclaimed {
			continue
		}
		if search == "" || strings.Contains(strings.ToLower(m.searched(e)), search) {
			list = append(list, i)
		}
	}
	slices.Reverse(list)
	return list
}

// searched is what the search looks for a text in.
func (m model) searched(e *thresholds.Event) string {
	return m.eventWord(e).text + " " + m.who(e) + " " + e.Text + " " + string(e.Rule)
}

// who is whom an event happened to.
func (m model) who(e *thresholds.Event) string {
	switch {
	case e.Kind == thresholds.EventMark:
		return "you"
	case e.Member.IsZero():
		return "cluster"
	}
	return e.Member.Label
}

// eventAt is the place in a list of events of the one that is selected: of the next older one where it is not in it.
func (m model) eventAt(list []int) int {
	selected := m.events.selected
	for at, i := range list {
		if idOf(&m.shown.events[i]) == selected {
			return at
		}
	}
	for at, i := range list {
		if !selected.at.IsZero() && !m.shown.events[i].At.After(selected.at) {
			return at
		}
	}
	if selected.at.IsZero() {
		return 0
	}
	return max(len(list)-1, 0)
}

// selectedEvent is the event under the cursor; nil where there is none.
func (m model) selectedEvent() *thresholds.Event {
	list := m.eventList()
	if len(list) == 0 {
		return nil
	}
	return &m.shown.events[list[m.eventAt(list)]]
}

// withSelectedEvent holds on to the event under the cursor: it stays selected when new ones come in.
func (m model) withSelectedEvent() model {
	if e := m.selectedEvent(); e != nil {
		m.events.selected = idOf(e)
	}
	return m
}

// openEvents shows the events, the newest one selected at first.
func (m model) openEvents() model {
	if m = m.toggle(pageEvents); m.page() == pageEvents && m.events.selected.at.IsZero() {
		m = m.withSelectedEvent()
	}
	return m
}

// onEventsKey moves the selection, filters, and jumps to the moment of the selected event.
func (m model) onEventsKey(msg tea.KeyMsg) (model, tea.Cmd, bool) {
	switch k := m.keys; {
	case key.Matches(msg, k.LevelFilter):
		at := slices.Index(levelSteps[:], m.events.level)
		m.events.level = levelSteps[(at+1)%len(levelSteps)]
	case key.Matches(msg, k.MemberFilter):
		m.events = m.events.ofNext(m.shown.assessment.Members)
	case key.Matches(msg, k.AllEvents):
		m.events = m.events.all()
	case key.Matches(msg, k.Filter):
		m = m.askSearch()
	case key.Matches(msg, k.Write):
		return m, m.writeEventsCmd(), true
	case key.Matches(msg, k.Open):
		if e := m.selectedEvent(); e != nil {
			m = m.withSelectedEvent().goToTime(e.At)
			m.pages = nil
		}
	default:
		list := m.eventList()
		to, moved := m.keys.move(msg, m.eventAt(list), len(list)-1)
		if moved && len(list) > 0 {
			m.events.selected = idOf(&m.shown.events[list[to]])
		}
		return m, nil, moved
	}
	return m, nil, true
}

// ofNext goes through whose events are shown: everybody's, the cluster's, each member's.
func (f eventFilter) ofNext(members []thresholds.Member) eventFilter {
	at := -1
	if f.byMember && f.of != "" {
		at = slices.IndexFunc(members, func(a thresholds.Member) bool { return a.Key == f.of })
	}
	switch {
	case !f.byMember:
		f.byMember, f.of = true, ""
	case f.of != "" && at < 0, at+1 >= len(members):
		f.byMember, f.of = false, ""
	default:
		f.of = members[at+1].Key
	}
	return f
}

// askSearch asks for the text that events are searched for, and shows what is found while it is typed.
func (m model) askSearch() model {
	before := m.events.search
	search := func(m model, text string) model {
		m.events.search = strings.TrimSpace(text)
		return m
	}
	return m.ask(prompt{
		label:   "search",
		changed: search,
		done:    func(m model, text string) (model, tea.Cmd) { return search(m, text), nil },
		undone:  func(m model) model { return search(m, before) },
	}, before)
}

// renderEventsPage lists the events that the filter leaves, and the evidence of the selected one.
func (m model) renderEventsPage(width, height int) block {
	list, letters := m.eventList(), m.markLetters()
	at, c := m.eventAt(list), m.newEventColumns(list)
	return m.renderListPage(listPage{
		about: func(width int) string { return m.renderEventsAbout(len(list), width) },
		head:  func(width int) string { return m.renderEventsHead(c, width) },
		rows:  len(list), selected: at,
		none: func(width int) block {
			return block{lineOf(&m.theme, width, span{m.theme.dim, "  " + m.noEvents()})}
		},
		row: func(i, width int) string {
			return m.renderEventRow(&m.shown.events[list[i]], letters[list[i]], c, i == at, width)
		},
		detail: func(width int) block {
			if len(list) == 0 {
				return nil
			}
			return m.renderEventEvidence(list[at], letters[list[at]], width)
		},
	}, width, height)
}

// renderEventsAbout says how many events are shown, and by which filter.
func (m model) renderEventsAbout(shown, width int) string {
	t, f := &m.theme, &m.events
	l := newLine(t, width)
	l.add(t.bold, " "+strconv.Itoa(shown))
	l.add(t.plain, " of "+plural(len(m.shown.events), "event"))
	if f.level > thresholds.OK {
		l.add(t.dim, "  level ")
		l.add(t.accent, m.levelStep())
	}
	if f.byMember {
		l.add(t.dim, "  of ")
		l.add(t.accent, m.filteredWho())
	}
	if f.search != "" {
		l.add(t.dim, "  with ")
		l.add(t.accent, `"`+fitName(t, t.clean(f.search), max(width/4, 1))+`"`)
	}
	if f.some() {
		l.add(t.dim, "  ")
		l.add(t.bold, m.keys.AllEvents.Help().Key)
		l.add(t.dim, " all")
	}
	if len(m.shown.events) > 0 {
		l.cell(t.dim, "since "+m.stamp(m.shown.events[0].At)+" ", l.room(), true)
	}
	return l.String()
}

// noEvents says why the list is empty.
func (m model) noEvents() string {
	if m.events.some() {
		return "no event passes the filter"
	}
	return "no changes yet"
}

// levelStep is the filter's level in a word: that one, and what is worse.
func (m model) levelStep() string {
	if m.events.level == thresholds.Critical {
		return levelWord(thresholds.Critical)
	}
	return levelWord(m.events.level) + "+"
}

// filteredWho is whose events are shown.
func (m model) filteredWho() string {
	if m.events.of == "" {
		return "the cluster"
	}
	for i := range m.shown.assessment.Members {
		if a := &m.shown.assessment.Members[i]; a.Key == m.events.of {
			return fitName(&m.theme, m.theme.clean(a.Label), maxNameWidth)
		}
	}
	return "a member that is gone"
}

// eventColumns are the widths of the list's columns.
type eventColumns struct{ time, who int }

const (
	maxWhoWidth  = 14
	eventLvlWide = 5
	leastText    = 16 // cells of what happened; with less, how long it lasted gives way
)

// newEventColumns makes the columns as wide as the events need.
func (m model) newEventColumns(list []int) eventColumns {
	c := eventColumns{who: len("cluster")}
	if len(list) > 0 { // the oldest is the likeliest to be of another day
		c.time = max(len(m.stamp(m.shown.events[list[len(list)-1]].At)), len(m.stamp(m.shown.events[list[0]].At)))
	}
	for i := range m.shown.assessment.Members {
		c.who = max(c.who, min(ansi.StringWidth(m.theme.clean(m.shown.assessment.Members[i].Label)), maxWhoWidth))
	}
	return c
}

func (m model) renderEventsHead(c eventColumns, width int) string {
	t := &m.theme
	l := newLine(t, width)
	l.space(cursorWidth)
	l.cell(t.dim, "TIME", c.time+1, false)
	l.cell(t.dim, "LVL", eventLvlWide, false)
	l.cell(t.dim, "WHO", c.who+1, false)
	l.add(t.dim, "EVENT")
	l.cell(t.dim, "LASTED ", l.room(), true)
	return l.String()
}

// renderEventRow is an event in the list of their page.
func (m model) renderEventRow(e *thresholds.Event, letter string, c eventColumns, selected bool, width int) string {
	t := &m.theme
	l, word, s := newLine(t, width), m.eventWord(e), t.plain
	if selected {
		s = t.selected
		l.add(t.accent, "> ")
	} else {
		l.space(cursorWidth)
	}
	l.cell(t.dim, m.stamp(e.At), c.time+1, false)
	l.cell(word.style, word.text, eventLvlWide, false)
	who := fitName(t, t.clean(m.who(e)), c.who)
	l.add(s, who)
	l.space(c.who + 1 - ansi.StringWidth(who))
	lasted := m.lasted(e)
	if l.room() < leastText+len(lasted)+2 {
		lasted = ""
	}
	text := newLine(t, l.room()-len(lasted)-2)
	if letter != "" {
		text.add(t.mark, letter+" ")
	}
	said := strings.TrimPrefix(eventText(e), m.who(e)) // who it happened to stands before it
	m.addEventText(text, strings.TrimPrefix(strings.TrimPrefix(said, ":"), " "), m.expectedTail(e))
	l.addRaw(text.String(), text.width)
	l.cell(t.dim, lasted+" ", l.room(), true)
	return l.String()
}

// stamp is the time of day, with the day where that is not the one of the moment shown.
func (m model) stamp(at time.Time) string {
	day := func(at time.Time) string {
		if m.local {
			return at.Local().Format("01-02")
		}
		return at.UTC().Format("01-02")
	}
	if d := day(at); d != day(m.moment()) {
		return d + " " + clock(at, m.local)
	}
	return clock(at, m.local)
}
