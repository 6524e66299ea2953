package tui

import (
	"slices"
	"strconv"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"github.com/etcdoc/etcdoc/thresholds"
)

// drainPage is what is selected on the drain page.
type drainPage struct {
	// command is the id of the selected command; empty while a member is selected.
	command string
}

// drainLayout shares out the lines of the drain page. A part without height is not shown.
type drainLayout struct {
	headline, recovery int
	// rows are the members shown, one to a line; full gives each all of its lines instead.
	rows   int
	titled bool
	full   bool
	detail int // lines about the selected member, with their title
	steps  int // lines of the order and of the checks, with their title
	// beside says that the checks are to the right of the order, not below it.
	beside   bool
	commands int
	heading  bool // the commands have a title
	events   int  // lines of them, with a rule above
	footer   bool
}

// drainBesideWidth is the least width for the checks beside the order.
const drainBesideWidth = 72

// drainParts are the contents of the drain page, with as many lines as each would like.
type drainParts struct {
	headline, recovery      [][]span
	full                    []block // of each member, all that is known
	detail                  int     // the most lines that any member's detail takes
	order, checks, commands int
}

// newDrainLayout shares out the window: the verdicts first, then the order, then why, then the rest.
func newDrainLayout(width, height int, p *drainParts) drainLayout {
	members := len(p.full)
	l := drainLayout{beside: width >= drainBesideWidth}
	b := &budget{left: height - 1} // the header has one
	b.upTo(&l.headline, 1)
	b.upTo(&l.rows, min(members, 3))
	b.one(&l.footer)
	b.one(&l.titled)
	b.upTo(&l.recovery, min(len(p.recovery), 3))
	b.upTo(&l.rows, min(members, 5))
	b.upTo(&l.headline, min(len(p.headline), 2))
	steps := 1 + max(p.order, p.checks)
	if !l.beside {
		steps = 1 + p.order + 1 + p.checks
	}
	if b.left >= 4 {
		b.upTo(&l.steps, min(steps, 7))
	}
	b.upTo(&l.commands, p.commands)
	if b.left >= 2 {
		b.upTo(&l.detail, min(1+p.detail, 4))
	}
	b.upTo(&l.rows, min(members, 7))
	b.one(&l.heading)
	b.upTo(&l.headline, len(p.headline))
	b.upTo(&l.recovery, len(p.recovery))
	b.upTo(&l.detail, min(1+p.detail, b.left+l.detail))
	b.upTo(&l.steps, steps)
	b.upTo(&l.rows, members)
	all := 0
	for _, lines := range p.full {
		all += len(lines)
	}
	if all <= l.rows+l.detail+b.left && l.titled {
		b.left += l.rows + l.detail - all
		l.full, l.rows, l.detail = true, all, 0
	}
	if l.heading && b.left >= 5 {
		l.events = b.left
	}
	return l
}

// renderDrainPage says whether a member may go down now, in which order to go, and what to check before each step.
func (m model) renderDrainPage(width, height int) block {
	t := m.theme
	parts := m.drainParts(width)
	l := newDrainLayout(width, height, parts)
	b := block{m.renderHeader(width)}
	b = append(b, m.renderCut(parts.headline, width, l.headline)...)
	b = append(b, m.renderCut(parts.recovery, width, l.recovery)...)
	b = append(b, m.renderDrainVerdicts(parts, l, width)...)
	if l.detail > 0 {
		b = append(b, m.renderDrainDetail(width, l.detail)...)
	}
	if l.steps > 0 {
		b = append(b, m.renderDrainSteps(width, l)...)
	}
	if l.heading {
		b = append(b, m.renderTitle("COMMANDS", "copy one with "+m.keys.Copy.Help().Key+"; etcdoc runs none", width))
	}
	for i, c := range m.drainCommands()[:l.commands] {
		b = append(b, m.renderDrainCommand(c, i+1 == m.drainCommand(), width))
	}
	if l.events > 0 {
		b = append(b, m.renderRule(width))
		b = append(b, m.renderEvents(width, l.events-1)...)
	}
	if l.footer {
		b = append(b.pad(width, height-1), m.renderFooter(width))
	}
	return b.cut(t, width, height)
}

func (m model) drainParts(width int) *drainParts {
	p := &drainParts{
		headline: m.drainHeadline(width), recovery: m.drainRecovery(width),
		order: len(m.drainSteps()), checks: len(m.shown.assessment.Rolling.Checks), commands: len(m.drainCommands()),
	}
	for i := range m.shown.members {
		a := &m.shown.members[i]
		p.full = append(p.full, m.drainEntry(a, width))
		p.detail = max(p.detail, len(m.drainDetail(a, width)))
	}
	return p
}

// drainHeadline says in which order to go, or why to wait.
func (m model) drainHeadline(width int) [][]span {
	t, r := m.theme, &m.shown.assessment.Rolling
	word := span{t.level(thresholds.OK), "ORDER"}
	switch {
	case r.Unknown:
		word = span{t.level(thresholds.Unknown), "?"}
	case r.Blocked != "":
		word = span{t.level(thresholds.Warning), "WAIT"}
	}
	return m.withWord(word, span{t.bold, m.brief(r.Text)}, width)
}

// drainRecovery says whether to rebuild the cluster; nothing while there is no reason to.
func (m model) drainRecovery(width int) [][]span {
	t, r := m.theme, &m.shown.assessment.Recovery
	if r.Warranted == thresholds.WarrantNo || r.Warranted == "" || !m.shown.assessment.Cluster.MemberListKnown {
		return nil
	}
	word := span{t.level(thresholds.Unknown), "REBUILD?"}
	if r.Warranted == thresholds.WarrantIfGone {
		word.style = t.level(thresholds.Critical)
	}
	return m.withWord(word, span{t.plain, m.brief(r.Text)}, width)
}

// withWord is a text to the right of a word, on as many lines as it takes.
func (m model) withWord(word, text span, width int) [][]span {
	indent := max(verdictIndent, len(word.text)+1)
	lines := wrap(m.theme, []span{text}, width-indent, 0)
	for i := range lines {
		begin := []span{{text: blanks(indent)}}
		if i == 0 {
			begin = []span{word, {text: blanks(indent - len(word.text))}}
		}
		lines[i] = append(begin, lines[i]...)
	}
	return lines
}

// renderCut writes as many lines as there is room for, with an ellipsis where it cuts.
func (m model) renderCut(lines [][]span, width, height int) block {
	if height <= 0 {
		return nil
	}
	if len(lines) > height {
		lines = cutLines(lines, height)
	}
	var b block
	for _, spans := range lines {
		b = append(b, lineOf(m.theme, width, spans...))
	}
	return b
}

// renderTitle is a rule with a title and a note.
func (m model) renderTitle(title, note string, width int) string {
	t := m.theme
	l := newLine(t, width)
	l.add(t.faint, t.rule())
	l.add(t.bold, " "+title+" ")
	rest := l.room() - len(note) - 3
	if note == "" || rest < 1 {
		l.add(t.faint, strings.Repeat(t.rule(), max(l.room(), 0)))
		return l.String()
	}
	l.add(t.faint, strings.Repeat(t.rule(), rest))
	l.add(t.dim, " "+note+" ")
	l.add(t.faint, t.rule())
	return l.String()
}

// drainCommand is the number of the selected command, from 1; 0 while a member is selected.
func (m model) drainCommand() int {
	if m.drain.command == "" {
		return 0
	}
	return slices.IndexFunc(m.drainCommands(), func(c drainCommand) bool { return c.id == m.drain.command }) + 1
}

// onDrainKey selects a member or a command below them.
func (m model) onDrainKey(msg tea.KeyMsg) (model, tea.Cmd, bool) {
	members := m.shown.members
	if len(members) == 0 {
		return m, nil, false
	}
	if key.Matches(msg, m.keys.Open) && m.drainCommand() == 0 {
		return m.openMember(), nil, true
	}
	at := max(m.selection(), 0)
	if key.Matches(msg, m.keys.Mark) {
		return m.askMark(members[at].MemberRef, "drain "+members[at].Label), nil, true
	}
	if n := m.drainCommand(); n > 0 {
		at = len(members) - 1 + n
	}
	commands := m.drainCommands()
	to, moved := m.keys.move(msg, at, len(members)-1+len(commands))
	switch {
	case !moved:
		return m, nil, false
	case to < len(members):
		m.drain.command, m.selected = "", members[to].Key
	default:
		m.drain.command = commands[to-len(members)].id
	}
	return m, nil, true
}

// copyDrain copies the selected command, or the selected member's verdict.
func (m model) copyDrain() (what, text string) {
	if n := m.drainCommand(); n > 0 {
		return "command " + strconv.Itoa(n), m.drainCommands()[n-1].text
	}
	a := m.selectedMember()
	if a == nil {
		return "", ""
	}
	return m.theme.clean(a.Label) + "'s verdict", m.verdictText(a)
}
