package tui

import (
	"strings"

	"github.com/etcdoc/etcdoc/thresholds"
)

// drainCommand is a command for the user to copy; etcdoc runs none of them.
type drainCommand struct {
	// text is what is copied; shown is the text without the flags that lead to the cluster.
	text, shown string
	// why is the comment behind it.
	why string
}

// etcdocCheck is the command that checks this cluster with arguments.
func (m model) etcdocCheck(arguments, why string) drainCommand {
	c := drainCommand{text: "etcdoc check " + arguments, shown: "etcdoc check " + arguments, why: why}
	if len(m.conn.reach) > 0 {
		flags := make([]string, len(m.conn.reach))
		for i, flag := range m.conn.reach {
			flags[i] = shellWord(flag)
		}
		c.text = "etcdoc check " + strings.Join(flags, " ") + " " + arguments
		c.shown = "etcdoc check " + m.theme.ellipsis() + " " + arguments
	}
	return c
}

// stepCommand is the command for a step: to move the leadership, to go on where the member may go down, or to wait
// until all is well; without one, why.
func (m model) stepCommand(s *drainStep) (c drainCommand, whyNone string) {
	action, whyNone := m.shown.assessment.StepAction(&s.RollingStep)
	switch action {
	case thresholds.ActionMoveLeader:
		if !isShellPlain(s.Command, " ") {
			return drainCommand{}, "its address is not safe to paste"
		}
		return drainCommand{text: s.Command, shown: s.Command, why: "before its turn"}, ""
	case thresholds.ActionWait:
		return m.etcdocCheck("--wait 5m", "after each step"), ""
	case thresholds.ActionDrain:
		check := "--can-lose " + shellWord(s.member.Label)
		return m.etcdocCheck(check+" && kubectl drain NODE --ignore-daemonsets", "NODE: where it runs"), ""
	}
	return drainCommand{}, m.brief(whyNone)
}

// renderStepCommand is the command of a step, or why there is none, on as many lines as it takes.
func (m model) renderStepCommand(s *drainStep, width int) block {
	t := m.theme
	c, whyNone := m.stepCommand(s)
	sign, spans := " ", []span{{t.dim, "no command: " + whyNone}}
	if c.text != "" {
		sign, spans = " $ ", []span{{t.plain, t.clean(c.shown)}}
	}
	lines := wrap(spans, width-len(sign), 0)
	last := &lines[len(lines)-1]
	if why := "  # " + c.why; c.why != "" && spansWidth(*last)+len(why)+len(sign) <= width {
		*last = append(*last, span{t.dim, why})
	}
	var b block
	for _, line := range lines {
		b = append(b, lineOf(t, width, append([]span{{t.dim, sign}}, line...)...))
		sign = blanks(len(sign))
	}
	return b
}

// shellWord quotes a text so that a shell takes it for one word.
func shellWord(text string) string {
	text = new(theme).clean(text)
	if isShellPlain(text, "") {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

// isShellPlain reports that a text has nothing with a meaning to a shell: only letters, digits and the characters in
// also.
func isShellPlain(text, also string) bool {
	const plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789@%+=:,./_-"
	return text != "" && strings.Trim(text, plain+also) == ""
}
