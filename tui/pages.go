package tui

import (
	"slices"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
)

// page is what the window shows under its header.
type page int

// The pages. All others are opened from the overview.
const (
	pageOverview page = iota
	pageMember
	pageEvents
	pageDrain
	pageFindings
	pageZoom
	pageCompare
	pageReading
	pageSpace
	pageCount
)

// pageName is how messages and the palette call a page.
func (m model) pageName(p page) string {
	return [pageCount]string{"overview", "member", "events", "drain", "findings", "zoom", "compare", "reading", "space"}[p]
}

// keyOf is the key that opens a page from any other; nil for a page without one.
func (k *keyMap) keyOf(p page) *key.Binding {
	return [pageCount]*key.Binding{
		nil, nil, &k.Events, &k.Drain, &k.Findings, &k.Zoom, &k.Compare, &k.Reading, &k.Space,
	}[p]
}

// goToPage opens a page from anywhere, as its key does on the overview.
func (m model) goToPage(p page) model {
	switch {
	case p == pageOverview:
		m.pages = nil
		return m.arrange()
	case p == m.page():
		return m
	case p == pageEvents:
		return m.openEvents()
	case p == pageCompare:
		return m.openCompare()
	case p == pageMember:
		return m.openMember()
	case p == pageZoom:
		return m.openMember().open(pageZoom)
	}
	m.drain.step = ""
	return m.open(p)
}

// pane is a page's behaviour.
type pane struct {
	// title is in the header behind the cluster's name.
	title func(model) string
	// render draws the whole window: height lines of width cells.
	render func(m model, width, height int) block
	// onKey takes the keys of this page; false says that the key is none of them.
	onKey func(model, tea.KeyMsg) (model, tea.Cmd, bool)
	// keys are the hints in the footer.
	keys func(*keyMap) []hint
	// copies is the text for the copy key, and its name; both empty where there is nothing to copy.
	copies func(model) (what, text string)
}

// pane is that of the page that is shown.
func (m model) pane() pane {
	titled := func(title string) func(model) string { return func(model) string { return title } }
	switch m.page() {
	case pageMember:
		return pane{model.memberTitle, model.renderMemberPage, model.onMemberKey, (*keyMap).memberHints,
			model.copyMember}
	case pageZoom:
		return pane{model.zoomTitle, model.renderZoomPage, model.onZoomKey, (*keyMap).zoomHints, model.copyMember}
	case pageEvents:
		return pane{titled("events"), model.renderEventsPage, model.onEventsKey, (*keyMap).eventsHints,
			model.copyEvents}
	case pageDrain:
		return pane{titled("drain"), model.renderDrainPage, model.onDrainKey, (*keyMap).drainHints, model.copyDrain}
	case pageFindings:
		return pane{titled("findings"), model.renderFindingsPage, model.onFindingsKey, (*keyMap).findingsHints,
			model.copyFindings}
	case pageCompare:
		return pane{titled("compare"), model.renderComparePage, model.onCompareKey, (*keyMap).compareHints,
			model.copyCompare}
	case pageReading:
		return pane{titled("reading"), model.renderReadingPage, model.onReadingKey, (*keyMap).readingHints,
			model.copyReading}
	case pageSpace:
		return pane{titled("space"), model.renderSpacePage, model.onSpaceKey, (*keyMap).spaceHints, model.copySpace}
	default:
		return pane{titled(""), model.renderOverview, model.onOverviewKey, (*keyMap).overviewHints, model.copyOverview}
	}
}

// page is what is shown.
func (m model) page() page {
	if len(m.pages) == 0 {
		return pageOverview
	}
	return m.pages[len(m.pages)-1]
}

// open shows a page. It goes back to one that is open already, so that the way back never leads through a page twice.
func (m model) open(p page) model {
	if at := slices.Index(m.pages, p); at >= 0 {
		m.pages = slices.Clone(m.pages[:at+1])
		return m
	}
	m.pages, m.detail.top = append(slices.Clone(m.pages), p), 0
	return m
}

// back shows the page that this one was opened from.
func (m model) back() model {
	m.pages = slices.Clone(m.pages[:max(len(m.pages)-1, 0)])
	return m
}

// onPageKey takes the keys that open a page or lead back.
func (m model) onPageKey(msg tea.KeyMsg) (model, tea.Cmd, bool) {
	switch k := m.keys; {
	case key.Matches(msg, k.Back) && m.page() == pageSpace && m.estimating():
		return m.stopEstimate(), nil, true
	case key.Matches(msg, k.Back) && m.paused:
		return m.follow(), nil, true
	case key.Matches(msg, k.Back) && m.page() != pageOverview:
		return m.back(), nil, true
	case key.Matches(msg, k.Events):
		return m.openEvents(), nil, true
	case key.Matches(msg, k.Drain):
		if m.page() == pageDrain {
			return m.back(), nil, true
		}
		return m.openDrain(), nil, true
	case key.Matches(msg, k.Reading):
		m.reading.top = 0
		return m.toggle(pageReading), nil, true
	case key.Matches(msg, k.Findings):
		return m.toggle(pageFindings), nil, true
	case key.Matches(msg, k.Space):
		return m.openSpace(), nil, true
	}
	return m, nil, false
}

// toggle opens a page, or leads back from it.
func (m model) toggle(p page) model {
	if m.page() == p {
		return m.back()
	}
	return m.open(p)
}
