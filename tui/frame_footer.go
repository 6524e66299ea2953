package tui

// renderFooter shows as many keys of the page as fit; while paused, the time shown.
func (m model) renderFooter(width int) string {
	return m.withEcho(width, func(width int) string {
		if m.paused {
			return m.renderBanner(width)
		}
		l := newLine(m.theme, width)
		m.addHints(l, m.pane().keys(m.keys))
		return l.String()
	})
}

// renderBanner gives the time shown while the view is paused.
func (m model) renderBanner(width int) string {
	t := m.theme
	l := newLine(t, width)
	at, newest := m.shown.assessment.At, m.seen.live.assessment.At
	text := " AS OF " + m.clock(at)
	if ago := newest.Sub(at); ago > 0 {
		text += ", " + t.duration(ago) + " before the newest"
	}
	l.add(t.loud, text+" ")
	k := m.keys
	m.addHints(l, []hint{
		k.hint(&k.Back, &k.Pause).as("live"),
		k.hint(&k.Earlier, &k.Later).as("sweep"),
		k.hint(&k.EventBefore, &k.EventAfter),
		k.hint(&k.Oldest, &k.Live),
		k.hint(&k.Help),
	})
	return l.String()
}

// renderLastLine is the prompt or the notice, which take the window's last line from anything else.
func (m model) renderLastLine(width int) (line string, has bool) {
	switch {
	case m.clusters.isOpening():
		return m.renderOpening(width), true
	case m.prompt.open():
		return m.renderPrompt(width), true
	case m.screen.height == 1 && m.paused: // the only line says that it is paused
		return "", false
	case m.notice.text != "" || m.notice.err != nil:
		return m.withEcho(width, m.renderNotice), true
	default:
		return "", false
	}
}

// addHints adds as many hints as there is room for.
func (m model) addHints(l *line, hints []hint) {
	t := m.theme
	for _, h := range hints {
		keys := m.keys.shown(h.bindings...)
		if keys == "" || len(keys)+len(h.does)+3 > l.room() {
			continue
		}
		l.space(1)
		l.add(t.bold, keys)
		l.add(t.dim, " "+h.does)
		l.space(1)
	}
}
