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

// selectedEvent is the event under the cursor; nil where there is none.
func (m model) selectedEvent() *thresholds.Event {
	list := m.eventList()
	if len(list) == 0 {
		return nil
	}
	return &m.shown.events[list[m.eventAt(list)]]
}

// withSelectedEvent keeps the event under the cursor selected when new ones come in.
func (m model) withSelectedEvent() model {
	if e := m.selectedEvent(); e != nil {
		m.events.selected, m.events.selectedAt = idOf(e), e.DatedAt()
	}
	return m
}

// openEvents opens the events page on the newest event; while the view is paused, on the one selected before.
func (m model) openEvents() model {
	if m = m.toggle(pageEvents); m.page() != pageEvents {
		return m
	}
	if !m.paused {
		m.events.selected, m.events.selectedAt = 0, time.Time{}
	}
	return m.withSelectedEvent()
}

// onEventsKey moves the selection, filters, and jumps to the moment of the selected event.
func (m model) onEventsKey(msg tea.KeyMsg) (model, tea.Cmd, bool) {
	switch k := m.keys; {
	case key.Matches(msg, k.LevelFilter):
		at := slices.Index(levelSteps[:], m.events.filter.level)
		m.events.filter.level = levelSteps[(at+1)%len(levelSteps)]
	case key.Matches(msg, k.MemberFilter):
		m.events.filter = m.events.filter.ofNext(m.shown.assessment.Members)
	case key.Matches(msg, k.AllEvents):
		m.events.filter = eventFilter{}
	case key.Matches(msg, k.Filter):
		m = m.askSearch()
	case key.Matches(msg, k.Ack):
		m = m.onAck()
	case key.Matches(msg, k.Mute):
		m = m.onMute()
	case key.Matches(msg, k.Write):
		return m, m.writeEventsCmd(), true
	case key.Matches(msg, k.Open):
		if e := m.selectedEvent(); e != nil {
			m = m.withSelectedEvent().goToTime(e.SaidAt())
			m.pages = nil
		}
	default:
		if m, scrolled := m.onDetailKey(msg, model.eventsListPage); scrolled {
			return m, nil, true
		}
		list := m.eventList()
		to, moved := m.keys.move(msg, m.eventAt(list), len(list)-1)
		if moved && len(list) > 0 {
			e := &m.shown.events[list[to]]
			if to != m.eventAt(list) {
				m.detail.top = 0
			}
			m.events.selected, m.events.selectedAt = idOf(e), e.DatedAt()
		}
		return m, nil, moved
	}
	return m, nil, true
}

// askSearch prompts for a text to search for, and shows the matches while it is typed.
func (m model) askSearch() model {
	before := m.events.filter.search
	search := func(m model, text string) model {
		m.events.filter.search = strings.TrimSpace(text)
		return m
	}
	return m.ask(prompt{
		label:   "search",
		changed: search,
		done:    func(m model, text string) (model, tea.Cmd) { return search(m, text), nil },
		undone:  func(m model) model { return search(m, before) },
	}, before)
}

// renderEventsPage lists the events that pass the filter, and the evidence of the selected one.
func (m model) renderEventsPage(width, height int) block {
	return m.renderListPage(m.eventsListPage(width), width, height)
}

// eventsListPage is the page's list, and the evidence of the selected event.
func (m model) eventsListPage(width int) listPage {
	list, letters := m.eventList(), m.markLetters()
	at, c := m.eventAt(list), m.newEventColumns(list, width)
	return listPage{
		about: func(width int) string { return m.renderEventsAbout(len(list), width) },
		head:  func(width int) string { return m.renderEventsHead(c, width) },
		rows:  len(list), selected: at, least: min(leastEventList, width*2/3),
		none: func(width int) block {
			return block{lineOf(m.theme, width, span{m.theme.dim, "  " + m.noEvents()})}
		},
		row: func(i, width int) block {
			return m.renderEventRow(&m.shown.events[list[i]], letters[list[i]], c, i == at, width)
		},
		detail: func(width int) block {
			if len(list) == 0 {
				return nil
			}
			return m.renderEventEvidence(list[at], letters[list[at]], width)
		},
		below: func(width, height int) block {
			if len(list) == 0 {
				return nil
			}
			return m.renderEventMoment(&m.shown.events[list[at]], width, height)
		},
	}
}

// renderEventsAbout counts the events shown, and names the filter.
func (m model) renderEventsAbout(shown, width int) string {
	t, f := m.theme, &m.events.filter
	l := newLine(t, width)
	l.add(t.bold, " "+strconv.Itoa(shown))
	l.add(t.plain, " of "+thresholds.Plural(len(m.shown.events), "event"))
	if n := m.countNew(); n > 0 {
		l.add(t.bold, "  "+t.newSign()+strconv.Itoa(n)+" new")
	}
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
	if m.events.filter.some() {
		return "no event passes the filter"
	}
	return "no changes yet"
}

// levelStep is the filter's level in a word.
func (m model) levelStep() string {
	if m.events.filter.level == thresholds.Critical {
		return levelWord(thresholds.Critical)
	}
	return levelWord(m.events.filter.level) + "+"
}

// filteredWho is whose events are shown.
func (m model) filteredWho() string {
	if m.events.filter.of == "" {
		return "the cluster"
	}
	if a := m.shown.assessment.Member(m.events.filter.of); a != nil {
		return m.shortName(a.MemberRef)
	}
	return "a member that is gone"
}

// eventColumns are the widths of the list's columns.
type eventColumns struct{ time, who int }

const (
	maxWhoWidth  = 16 // of a short name
	eventLvlWide = 5
	roomyEvents  = 100
	narrowWho    = 10 // the most for a name in a window narrower than roomyEvents
)

// newEventColumns makes the columns as wide as the events need.
func (m model) newEventColumns(list []int, width int) eventColumns {
	c := eventColumns{who: m.whoWidth()}
	for i := range m.shown.events {
		c.who = max(c.who, min(textWidth(m.whoShort(&m.shown.events[i])), maxWhoWidth))
	}
	if width < roomyEvents {
		c.who = min(c.who, narrowWho)
	}
	if len(list) > 0 { // the oldest is the likeliest to have a date
		c.time = max(len(m.stamp(m.shown.events[list[len(list)-1]].At)), len(m.stamp(m.shown.events[list[0]].At)))
	}
	return c
}

func (m model) renderEventsHead(c eventColumns, width int) string {
	t := m.theme
	l := newLine(t, width)
	l.space(cursorWidth)
	l.cell(t.dim, "TIME", c.time+1, false)
	l.cell(t.dim, "LVL", eventLvlWide, false)
	l.cell(t.dim, "WHO", c.who+1, false)
	l.add(t.dim, "EVENT")
	l.cell(t.dim, "LASTED ", l.room(), true)
	return l.String()
}

// leastEventList is how many columns the list takes beside the details where there are as many: without the details its
// rows say as much at 80 columns.
const leastEventList = 76

// mostMarkLines is how many lines a mark's words take in the list at most, leastMarkRoom how many cells they need for
// more than one.
const (
	mostMarkLines = 3
	leastMarkRoom = 16
)

// renderEventRow is an event in the list of the events page: a line, or several where a mark has so many words.
func (m model) renderEventRow(e *thresholds.Event, letter string, c eventColumns, selected bool, width int) block {
	t := m.theme
	l, word, s := newLine(t, width), m.eventWord(e), t.plain
	if selected {
		s = t.selected
		l.add(t.accent, ">")
	} else {
		l.space(1)
	}
	if m.isNew(e) {
		l.add(word.style, t.newSign())
	} else {
		l.space(1)
	}
	l.cell(t.dim, m.stamp(e.DatedAt()), c.time+1, false)
	l.cell(word.style, word.text, eventLvlWide, false)
	who := fitAlone(t, m.whoShort(e), c.who)
	l.add(s, who)
	l.space(c.who + 1 - ansi.StringWidth(who))
	by, begin := marginalia{letter, m.mutedTail(e)}, l.used
	words := m.markLines(e, &by, l.room())
	if len(words) < 2 {
		m.addEvent(l, e, by, m.eventForms(e, e.What, e.HeadlineWhat, e.BriefWhat), l.room()-1)
		return block{l.String()}
	}
	first := words[0][0].text
	m.addEvent(l, e, by, []eventForm{{first, ""}}, l.room()-1)
	b := block{l.String()}
	for _, line := range words[1:] {
		b = append(b, lineOf(t, width, append([]span{{text: blanks(begin + len(letter) + 1)}}, line...)...))
	}
	return b
}

// markLines are the words of a mark in as many lines as they take beside what is in the margin; nil for other events,
// and where most words would be broken.
func (m model) markLines(e *thresholds.Event, by *marginalia, room int) [][]span {
	room -= len(by.letter) + 1 + textWidth(by.muted) + textWidth(m.lasted(e)[0]) + 2
	if e.Kind != thresholds.EventMark || room < leastMarkRoom {
		return nil
	}
	return cutTo(wrap([]span{{m.theme.plain, m.brief(e.What)}}, room, 0), mostMarkLines)
}
