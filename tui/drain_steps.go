package tui

import (
	"fmt"
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"github.com/etcdoc/etcdoc/thresholds"
)

// drainStep is a line of the checklist.
type drainStep struct {
	thresholds.RollingStep
	// member is whose turn it is; nil where the leadership moves.
	member *thresholds.Member
}

// id names a step: it stays the same while others come and go.
func (s *drainStep) id() string {
	return string(s.Kind) + " " + s.From.Key + " " + s.Member.Key
}

// isNeverUp reports that the member has never run.
func (s *drainStep) isNeverUp() bool {
	return s.member != nil && s.member.Condition.Word == thresholds.ConditionNeverUp
}

// drainSteps are the steps of the whole change, and the rows that belong to no member of the cluster.
func (m model) drainSteps() []drainStep {
	a := &m.shown.assessment
	var steps []drainStep
	listed := make(map[string]bool, len(a.Members))
	for _, s := range a.Rolling.Steps {
		step := drainStep{RollingStep: s}
		if s.Kind == thresholds.StepMember {
			if step.member = a.Member(s.Member.Key); step.member == nil {
				continue
			}
			listed[s.Member.Key] = true
		}
		steps = append(steps, step)
	}
	for i := range a.Members {
		if ref := a.Members[i].MemberRef; !listed[ref.Key] {
			steps = append(steps, drainStep{member: &a.Members[i],
				RollingStep: thresholds.RollingStep{Kind: thresholds.StepMember, Member: ref}})
		}
	}
	return steps
}

// drainStepAt is the place of the selected step: a move of the leadership, or the selected member's turn.
func (m model) drainStepAt(steps []drainStep) int {
	at := 0
	for i := range steps {
		switch s := &steps[i]; {
		case s.id() == m.drain.step:
			return i
		case s.member != nil && s.Member.Key == m.selected:
			at = i
		}
	}
	return at
}

// stepWord is the state of a step, and its box.
func (m model) stepWord(s *drainStep) (box, word span) {
	t := m.theme
	open := span{t.dim, "[  ]"}
	switch s.State {
	case thresholds.StepDone:
		return span{t.level(thresholds.OK), "[ok]"}, span{t.level(thresholds.OK), "done"}
	case thresholds.StepNext:
		if phase := m.shown.assessment.Rolling.Phase; !phase.MayGoOn() {
			return open, t.phase(phase)
		}
		return open, span{t.accent, "NEXT"}
	case thresholds.StepAway:
		if s.isNeverUp() {
			return open, span{t.dim, "waiting"}
		}
		return open, span{t.level(thresholds.Warning), "away"}
	case thresholds.StepCatchingUp:
		return open, span{t.level(thresholds.Notice), "catchup"}
	case thresholds.StepWaiting:
		return open, span{t.dim, "waiting"}
	case thresholds.StepUnknown:
		return span{t.level(thresholds.Unknown), "[? ]"}, span{t.level(thresholds.Unknown), "?"}
	}
	if s.isNeverUp() {
		return span{text: "    "}, span{t.dim, "no part"} // in the change
	}
	return span{text: "    "}, span{t.dim, "-"}
}

// drainColumns are the widths of the columns of the checklist; 0: left out.
type drainColumns struct{ box, word, name, role, verdict int }

func newDrainColumns(steps []drainStep, m model, width int) drainColumns {
	c := drainColumns{word: len("waiting"), verdict: len("UNKNOWN")}
	for i := range steps {
		if s := &steps[i]; s.member != nil {
			c.name = max(c.name, min(ansi.StringWidth(m.shortName(s.Member)), maxNameWidth))
			word, _ := m.drainWord(s.member)
			c.verdict = max(c.verdict, len(word))
		}
	}
	c.name = min(c.name, max(width*4/15, minNameWidth)) // at 60 columns 16: no short name is cut a second time
	if width >= 72 {
		c.box = len("[ok]")
	}
	if width >= 100 {
		c.role = len("follower")
	}
	return c
}

// renderChecklist writes the steps; where they do not fit, those around the selected one.
func (m model) renderChecklist(width, height int) block {
	steps := m.drainSteps()
	if len(steps) == 0 {
		return block{lineOf(m.theme, width, span{m.theme.dim, " no member that could go"})}.cut(m.theme, width, height)
	}
	at, c := m.drainStepAt(steps), newDrainColumns(steps, m, width)
	apart := 0
	if m.spreads(len(steps), height) {
		apart = 1
	}
	row := func(i int) block { return block{m.renderStep(&steps[i], c, i == at, width)} }
	return scrolledList(len(steps), at, height, apart, width, row).pad(width, height)
}

// renderStep is a step on one line: its state, whose turn it is, whether that member may go down now, and where it
// stands.
func (m model) renderStep(s *drainStep, c drainColumns, selected bool, width int) string {
	t, l := m.theme, newLine(m.theme, width)
	if selected {
		l.add(t.accent, "> ")
	}
	l.space(cursorWidth - l.used)
	box, word := m.stepWord(s)
	if c.box > 0 {
		l.cell(box.style, box.text, c.box, false)
		l.space(1)
	}
	l.cell(word.style, word.text, c.word, false)
	l.space(1)
	if s.member == nil {
		text := "move the leadership from " + m.shortName(s.From) + " to " + m.shortName(s.Member)
		for _, shorter := range [...]string{
			"leadership from " + m.shortName(s.From) + " to " + m.shortName(s.Member),
			"leadership to " + m.shortName(s.Member),
		} {
			if ansi.StringWidth(text) > l.room() {
				text = shorter
			}
		}
		l.add(t.leader, text)
		m.addParts(l, s.Details(m.shown.assessment.At))
		return l.String()
	}
	name := m.nameCell(s.member, c.name)
	l.cell(name.style, name.text, c.name, false)
	l.space(1)
	if c.role > 0 {
		role := m.roleCell(s.member)
		l.cell(role.style, role.text, c.role, false)
		l.space(1)
	}
	verdict, style := m.drainWord(s.member)
	l.cell(style, verdict, c.verdict, false)
	m.addParts(l, m.stepParts(s, l.room()))
	return l.String()
}

// stepParts are what else there is to say of a member's turn, the most important first: unless it is safe to lose the
// member, why. What the row has no room for is left out.
func (m model) stepParts(s *drainStep, room int) []string {
	lose := &s.member.CanLose
	parts, version := s.Details(m.shown.assessment.At), m.stepVersion(s, room)
	if note := nodeNote(s.member.Node); note != "" {
		parts = append([]string{note}, parts...)
	}
	reason := lose.Headline
	if reason == "" || ansi.StringWidth(lose.Reason)+2 <= room-partsWidth(parts)-partsWidth([]string{version}) {
		reason = lose.Reason
	}
	going := s.State == thresholds.StepAway || s.State == thresholds.StepCatchingUp
	switch {
	case s.State == thresholds.StepAway && s.member.LostAlready():
		parts = append(parts, version)
	case lose.Verdict == thresholds.LossSafe && going:
		parts = append(parts, version, reason)
	case lose.Verdict == thresholds.LossSafe:
		parts = append(append([]string{version}, parts...), reason)
	case !going && partsWidth([]string{version, reason}) <= room: // the version stays in its column
		return append([]string{version, reason}, parts...)
	default:
		return append([]string{reason, version}, parts...)
	}
	return wholeFirst(parts, room)
}

// stepVersion is the member's version before and now, where the change is one of versions or there is room.
func (m model) stepVersion(s *drainStep, room int) string {
	if m.shown.assessment.Rolling.To == "" && room <= 80 {
		return ""
	}
	version := s.VersionWords()
	if s.member.VersionIsStale() && version != "" {
		version = string(thresholds.SignLast) + version
	}
	return version
}

// wholeFirst puts the first of the parts first that has room whole.
func wholeFirst(parts []string, room int) []string {
	for i, part := range parts {
		if part != "" && ansi.StringWidth(part)+1 <= room {
			return slices.Concat(parts[i:i+1], parts[:i], parts[i+1:])
		}
	}
	return parts
}

func partsWidth(parts []string) (width int) {
	for _, part := range parts {
		if part != "" {
			width += ansi.StringWidth(part) + 2
		}
	}
	return width
}

// addParts adds as many parts as fit whole; the first one in any case.
func (m model) addParts(l *line, parts []string) {
	first := true
	for _, part := range parts {
		part = m.brief(part)
		if part == "" || !first && ansi.StringWidth(part)+2 > l.room() {
			continue
		}
		l.space(min(1, l.room()))
		if !first {
			l.space(min(1, l.room()))
		}
		l.add(m.theme.plain, part)
		first = false
	}
}

// checklistTitle names the checklist, and says how far the change has come.
func (m model) checklistTitle(width, hidden int) string {
	r := &m.shown.assessment.Rolling
	title := "IN THIS ORDER"
	done, members := r.Done()
	switch {
	case r.UnderWay() && r.To != "":
		title = fmt.Sprintf("%s %s %s: %d OF %d", r.From, m.theme.pick("→", "->"), r.To, done, members)
	case r.UnderWay():
		title = fmt.Sprintf("%d OF %d DONE", done, members)
	case r.Phase == thresholds.PhaseWait:
		title = "NOT YET; AFTER THAT IN THIS ORDER"
	case !r.Phase.MayGoOn():
		title = "ONCE THAT IS KNOWN, IN THIS ORDER"
	}
	var notes []string
	if hidden > 0 {
		notes = append(notes, hiddenNote(hidden))
	}
	if m.shown.assessment.SafeWhileWaiting() {
		notes = append(notes, "SAFE: by itself")
	}
	if !r.Began.IsZero() && r.UnderWay() {
		notes = append(notes, "began "+m.stamp(r.Began))
	}
	title = m.theme.clean(title)
	for len(notes) > 1 && ansi.StringWidth(title)+len(strings.Join(notes, "; "))+titleFrame > width {
		notes = notes[:len(notes)-1]
	}
	return m.renderTitle(title, strings.Join(notes, "; "), width)
}
