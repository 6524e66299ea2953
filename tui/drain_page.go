package tui

import (
	"cmp"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"github.com/etcdoc/etcdoc/thresholds"
)

// drainPage is what is selected on the drain page.
type drainPage struct {
	// step is the id of the selected move of the leadership; else the selected member's turn is selected.
	step string
}

// openDrain shows the checklist at the first step that is not finished; where all are, the selection stays.
func (m model) openDrain() model {
	m = m.open(pageDrain)
	m.drain.step = ""
	for _, s := range m.drainSteps() {
		if s.State != thresholds.StepDone && s.State != "" {
			return m.selectStep(&s)
		}
	}
	return m
}

// selectStep selects a member's turn with the member, or a move of the leadership.
func (m model) selectStep(s *drainStep) model {
	if s.member == nil {
		m.drain.step = s.id()
		return m
	}
	m.drain.step, m.selected = "", s.Member.Key
	return m
}

// renderDrainPage is the checklist of a change of all members: whose turn it is, whether that member may go down now,
// and what to check before each step.
func (m model) renderDrainPage(width, height int) block {
	t := m.theme
	steps := m.drainSteps()
	l := m.drainLayout(width, height)
	if l.vast {
		return m.renderVastDrain(&l, width, height)
	}
	b := block{m.renderHeader(width)}
	b = append(b, m.renderDrainTexts(width, l.text, l.checks == 0)...)
	if l.titled {
		b = append(b, m.checklistTitle(width, len(steps)-l.rows))
	}
	b = append(b, m.renderChecklist(width, l.rows)...)
	if l.checks > 0 && l.beside {
		b = append(b, m.renderDetailAndChecks(width, l.detail)...)
	} else {
		b = append(b, m.renderTitledChecks(width, l.checks)...)
		b = append(b, m.renderDrainDetail(width, l.detail)...)
	}
	if l.history > 0 {
		b = append(b, blanks(width))
		b = append(b, m.renderHistory(width, l.history-1).pad(width, l.history-1)...)
	}
	if l.events > 0 {
		b = append(b, m.renderRule(width))
		b = append(b, m.renderEvents(width, l.events-1)...)
	}
	if l.footer {
		b = append(b.pad(width, height-1).cut(t, width, height-1), m.renderFooter(width))
	}
	return b.cut(t, width, height)
}

// renderDetailAndChecks are the selected step, and beside it the checks.
func (m model) renderDetailAndChecks(width, height int) block {
	right := width * 2 / 5
	left := width - right - 1
	return beside(m.renderDrainDetail(left, height), " ", m.renderTitledChecks(right, height))
}

// renderTitledChecks are the checks under their title.
func (m model) renderTitledChecks(width, height int) block {
	if height <= 0 {
		return nil
	}
	checks := append(block{m.renderTitle("BEFORE EACH STEP", "", width)}, m.renderChecks(width, height-1)...)
	return checks.cut(m.theme, width, height)
}

// renderDrainTexts say what to do now, and whether to rebuild the cluster. Where counted is set and a line is left, it
// says how many of the checks pass.
func (m model) renderDrainTexts(width, height int, counted bool) block {
	r := &m.shown.assessment.Recovery
	what, recovery := m.drainHeadline(m.shown.assessment.Rolling.Text, width), m.drainRecovery(r.Text, width)
	if len(what)+len(recovery) > height {
		recovery = m.drainRecovery(cmp.Or(r.Headline, r.Text), width)
	}
	room := max(height-min(len(recovery), 1), 1)
	rolling := &m.shown.assessment.Rolling
	if len(what) > room { // the order is in the checklist
		what = m.drainHeadline(cmp.Or(rolling.Wait, "one by one, in the order below"), width)
	}
	if brief := m.drainHeadline(rolling.WaitBrief, width); len(what) > room && len(brief) <= room && rolling.Wait != "" {
		what = brief
	}
	what = cutTo(what, room)
	var b block
	for _, spans := range append(what, cutTo(recovery, height-len(what))...) {
		b = append(b, lineOf(m.theme, width, spans...))
	}
	if counted && len(b) < height {
		b = append(b, lineOf(m.theme, width, m.checkCount(width)...))
	}
	return b.pad(width, height)
}

// drainHeadline says what is next, or why to wait.
func (m model) drainHeadline(text string, width int) [][]span {
	t, r := m.theme, &m.shown.assessment.Rolling
	return m.withWord(t.phase(r.Phase), span{t.bold, m.brief(text)}, width)
}

// rebuildWord introduces whether to rebuild the cluster, and from whose data: etcdoc can't see that a member is gone
// for good.
const rebuildWord = "REBUILD?"

// drainRecovery says whether to rebuild the cluster, in full or in short; nothing while there is no reason to.
func (m model) drainRecovery(text string, width int) [][]span {
	t, r := m.theme, &m.shown.assessment.Recovery
	if !m.shown.assessment.RebuildInQuestion() {
		return nil
	}
	word := span{t.level(thresholds.Unknown), rebuildWord}
	if r.Warranted == thresholds.WarrantIfGone {
		word.style = t.level(thresholds.Critical)
	}
	return m.withWord(word, span{t.plain, m.brief(text)}, width)
}

// withWord is a text to the right of a word, on as many lines as it takes.
func (m model) withWord(word, text span, width int) [][]span {
	indent := max(verdictIndent, len(word.text)+1)
	lines := wrap([]span{text}, width-indent, 0)
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

// titleFrame is what a title takes with a note beside the two.
const titleFrame = len("- title - note -") - len("titlenote")

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

// onDrainKey selects a step, copies its command, or announces the outage of its member.
func (m model) onDrainKey(msg tea.KeyMsg) (model, tea.Cmd, bool) {
	steps := m.drainSteps()
	if len(steps) == 0 {
		return m, nil, false
	}
	at := m.drainStepAt(steps)
	s := &steps[at]
	switch {
	case key.Matches(msg, m.keys.Open):
		c, whyNone := m.stepCommand(s)
		if c.text == "" {
			return m.say("no command: "+whyNone, nil), nil, true
		}
		m, cmd := m.copyText("the command", c.text)
		return m, cmd, true
	case key.Matches(msg, m.keys.Mark):
		of := s.Member
		if s.member == nil {
			of = s.From
		}
		return m.askDrain(of), nil, true
	}
	to, moved := m.keys.move(msg, at, len(steps)-1)
	if !moved {
		return m, nil, false
	}
	return m.selectStep(&steps[to]), nil, true
}

// copyDrain copies the command of the selected move of the leadership, or the selected member's verdict.
func (m model) copyDrain() (what, text string) {
	steps := m.drainSteps()
	if len(steps) == 0 {
		return "", ""
	}
	s := &steps[m.drainStepAt(steps)]
	if s.member == nil {
		c, _ := m.stepCommand(s)
		return "the command", c.text
	}
	return m.theme.clean(s.Member.Label) + "'s verdict", m.verdictText(s.member)
}
