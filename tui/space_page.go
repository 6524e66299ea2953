package tui

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/probe/keyspace"
	"github.com/etcdoc/etcdoc/thresholds"
)

// The columns of the prefixes.
const (
	spaceCell      = 8  // a number
	spaceName      = 20 // the cells of a prefix at least
	spaceBar       = 8  // those of a bar, or there are fewer columns
	spaceMostBar   = 60
	spaceWideCells = 120 // of a window with all columns
	spaceLowHeight = 18  // lines of a window where the parts of the database are in a line
)

// openSpace opens the page, or leads back from it.
func (m model) openSpace() model {
	m.space.top = 0
	return m.toggle(pageSpace)
}

// onSpaceKey begins an estimate, and scrolls.
func (m model) onSpaceKey(msg tea.KeyMsg) (model, tea.Cmd, bool) {
	if key.Matches(msg, m.keys.Open) {
		m, cmd := m.startEstimate()
		return m, cmd, true
	}
	last := 0
	if m.space.known {
		width, height := m.pageSize()
		last = max(len(m.space.estimate.Prefixes)-(height-3-len(m.spaceHead(width, height))), 0)
	}
	to, moved := m.keys.move(msg, min(m.space.top, last), last)
	m.space.top = to
	return m, nil, moved
}

// renderSpacePage draws what fills the database, how far the estimate of it is, or what that asks.
func (m model) renderSpacePage(width, height int) block {
	b := block{m.renderHeader(width)}
	b = append(b, m.spaceHead(width, height)...)
	if m.space.known {
		b = append(b, m.renderPrefixes(width, height-1-len(b))...)
	}
	return append(b.cut(m.theme, width, height-1), m.renderFooter(width))
}

// spaceHead is what is above the prefixes.
func (m model) spaceHead(width, height int) block {
	t, s := m.theme, &m.space
	var b block
	switch {
	case m.estimating():
		b = append(b, m.renderSpaceProgress(width))
	case s.err != nil:
		b = append(b, t.wrapped(width, " failed", t.clean(s.err.Error()))...)
	case !s.known && m.conn.space == nil:
		return t.wrapped(width, " space", "What fills the database is not known here: there is no live cluster to ask. "+
			"etcdoc space reads a snapshot, or the data directory of a member that does not run.")
	case !s.known:
		return t.wrapped(width, " space", m.spaceOffer())
	}
	if !s.known {
		return b
	}
	e := &s.estimate
	b = append(b, t.wrapped(width, " from", fmt.Sprintf("%s, %s, %s: %s keys counted, %s values read",
		m.shortName(s.source.MemberRef), s.source.Why, m.stamp(e.Began), t.count(e.Keys), t.count(e.ReadKeys)))...)
	return append(append(b, m.renderSpaceParts(width, height)...), m.renderRule(width))
}

// spaceOffer says what the key asks, and of whom.
func (m model) spaceOffer() string {
	sources := m.seen.live.assessment.DataSources(true)
	if len(sources) == 0 {
		return "What fills the database can be asked of a healthy member, and there is none now."
	}
	return fmt.Sprintf("What fills the database is only asked for here, by enter. %s, %s, then counts all its keys, and "+
		"sends some of the values: about a thousand requests in ten seconds. That tells what live values take, and not "+
		"history: etcdoc space --exact does.", m.shortName(sources[0].MemberRef), sources[0].Why)
}

// renderSpaceProgress shows how far an estimate is.
func (m model) renderSpaceProgress(width int) string {
	t, p := m.theme, &m.space.progress
	l := newLine(t, width)
	l.cell(t.dim, " asking", labelWidth, false)
	text := m.shortName(p.source.MemberRef)
	if p.of > 0 {
		share := float64(p.done) / float64(p.of)
		text += ", " + p.doing + " "
		l.add(t.plain, text)
		bar := min(l.room()-6, spaceMostBar/2)
		l.add(t.accent, t.hbar(share, bar))
		text = " " + t.notation().Number(share, thresholds.Ratio)
	}
	l.add(t.plain, text+" ")
	if hint := m.keys.shown(&m.keys.Back) + " stops it"; l.room() > textWidth(hint) {
		l.add(t.dim, hint)
	}
	return l.String()
}

// spaceColumns are the columns of the prefixes in a window.
type spaceColumns struct {
	name           int // cells of the name
	keys, metadata bool
}

func (m model) newSpaceColumns(width int) spaceColumns {
	c := spaceColumns{name: spaceName, keys: true, metadata: width >= spaceWideCells}
	for i := range m.space.estimate.Prefixes {
		c.name = max(c.name, textWidth(m.spaceName(&m.space.estimate.Prefixes[i]))+1)
	}
	c.keys = width-c.cells()-spaceName >= spaceBar
	c.name = min(c.name, max(width-c.cells()-spaceBar, spaceName))
	return c
}

// cells is how many the numbers take.
func (c *spaceColumns) cells() int {
	n := 3 // live, its error, its share
	if c.keys {
		n++
	}
	if c.metadata {
		n += 3
	}
	return n * spaceCell
}

// row draws a name, its numbers as far as there are columns for them, and a bar.
func (c *spaceColumns) row(t *theme, width int, s style, name string, numbers [7]string, share float64) string {
	l := newLine(t, width)
	l.cell(s, " "+fitLeft(t, name, c.name-1), c.name, false)
	for i, number := range numbers {
		if i == 0 && !c.keys || i > 3 && !c.metadata {
			continue
		}
		l.cell(s, number, spaceCell, true)
	}
	l.space(1)
	l.add(t.accent, t.hbar(share, min(l.room()-1, spaceMostBar)))
	return l.String()
}

// renderSpaceParts shows of what the database consists, as far as is known.
func (m model) renderSpaceParts(width, height int) block {
	t, e := m.theme, &m.space.estimate
	parts := []struct {
		name       string
		bytes, off int64
	}{
		{"live", e.LiveBytes, e.ErrorBytes}, {"history, all else", max(e.UsedBytes-e.LiveBytes, 0), e.ErrorBytes},
		{"free pages", e.DatabaseBytes - e.UsedBytes, 0},
	}
	whole := t.size(e.DatabaseBytes)
	if e.QuotaBytes > 0 {
		whole += " of " + t.size(e.QuotaBytes) + " quota"
	}
	if height < spaceLowHeight {
		items := [][]span{{{t.bold, whole}}}
		for _, p := range parts {
			items = append(items, []span{{t.dim, p.name + " "}, {t.plain, t.size(p.bytes)}})
		}
		return t.flow(width, " size", items)
	}
	c := m.newSpaceColumns(width)
	b := block{lineOf(t, width, span{t.dim, " size" + blanks(labelWidth-len(" size"))}, span{t.bold, whole})}
	for _, p := range parts {
		share := float64(p.bytes) / float64(max(e.DatabaseBytes, 1))
		numbers := [7]string{1: t.size(p.bytes), 2: t.errorCell(p.off), 3: t.notation().Number(share, thresholds.Ratio)}
		b = append(b, c.row(t, width, t.plain, p.name, numbers, share))
	}
	return b
}

// renderPrefixes lists the prefixes, the largest first.
func (m model) renderPrefixes(width, height int) block {
	t, all := m.theme, m.space.estimate.Prefixes
	rows := max(height-1, 0)
	from := min(m.space.top, max(len(all)-rows, 0))
	shown := all[from:min(from+rows, len(all))]
	c := m.newSpaceColumns(width)
	place := fmt.Sprintf("PREFIX %d-%d of %d", min(from+1, len(all)), from+len(shown), len(all))
	head := [7]string{"KEYS", "LIVE", t.pick("±", "+-"), "SHARE", "LARGEST", "MANAGED", "ANNOT."}
	b := block{c.row(t, width, t.dim, place, head, 0)}
	live := float64(max(m.space.estimate.LiveBytes, 1))
	for i := range shown {
		p := &shown[i]
		share := float64(p.LiveBytes) / live
		numbers := [7]string{t.count(p.Keys), t.size(p.LiveBytes), t.errorCell(p.ErrorBytes),
			t.notation().Number(share, thresholds.Ratio), t.size(p.LargestBytes), "", ""}
		if p.MetadataKnown {
			numbers[5], numbers[6] = t.size(p.ManagedFieldsBytes), t.size(p.AnnotationsBytes)
		}
		b = append(b, c.row(t, width, t.plain, m.spaceName(p), numbers, share))
	}
	return b.pad(width, height)
}

// spaceName is how a prefix is called. On a shared screen it is a number, unless it is one that every Kubernetes has.
func (m model) spaceName(p *keyspace.EstimatedPrefix) string {
	switch {
	case p.Rest:
		return "(other prefixes)"
	case p.Name == "":
		return "(without a slash)"
	case m.present.on && (!p.Kubernetes || strings.Contains(p.Name, ".")):
		for i := range m.space.estimate.Prefixes {
			if m.space.estimate.Prefixes[i].Name == p.Name {
				return fmt.Sprintf("prefix-%d", i+1)
			}
		}
	}
	name := m.theme.printable(p.Name)
	if p.Deeper {
		name += m.theme.ellipsis()
	}
	return name
}

// copySpace copies the prefixes.
func (m model) copySpace() (what, text string) {
	if !m.space.known {
		return "", ""
	}
	var b strings.Builder
	for i := range m.space.estimate.Prefixes {
		p := &m.space.estimate.Prefixes[i]
		fmt.Fprintf(&b, "%s\t%d keys\t%s\t%s\n", m.spaceName(p), p.Keys, m.theme.size(p.LiveBytes),
			m.theme.errorCell(p.ErrorBytes))
	}
	return "prefixes", b.String()
}

// size writes a number of bytes, and count one of things, in at most six cells.
func (t *theme) size(bytes int64) string {
	return t.number(probe.Known(float64(bytes)), thresholds.Bytes)
}
func (t *theme) count(n int64) string { return t.number(probe.Known(float64(n)), thresholds.Count) }

// errorCell writes how far off a size may be; nothing where it is exact.
func (t *theme) errorCell(bytes int64) string {
	if bytes == 0 {
		return ""
	}
	return t.pick("±", "+-") + t.size(bytes)
}

// fitLeft cuts the beginning of a text that is too wide: the end of a prefix says most.
func fitLeft(t *theme, text string, width int) string {
	if over := textWidth(text) - width; over > 0 {
		return ansi.TruncateLeft(text, over+textWidth(t.ellipsis()), t.ellipsis())
	}
	return text
}

// hbar draws a share as a bar from left to right, of so many cells in all.
func (t *theme) hbar(share float64, cells int) string {
	if cells <= 0 || share <= 0 {
		return ""
	}
	if t.glyphs == GlyphsASCII {
		return strings.Repeat("#", max(int(share*float64(cells)+0.5), 1))
	}
	eighths := max(int(share*float64(cells)*8+0.5), 1)
	return strings.Repeat("█", eighths/8) + [...]string{"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"}[eighths%8]
}
