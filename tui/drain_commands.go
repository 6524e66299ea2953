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

// stepCommand is the command for a step: to move the leadership, to go on when the member may go down, or to wait until
// all is well; false where there is none.
func (m model) stepCommand(s *drainStep) (drainCommand, bool) {
	switch {
	case s.member == nil && s.State != thresholds.StepDone:
		return drainCommand{text: s.Command, shown: s.Command, why: "before its turn"}, isShellPlain(s.Command, " ")
	case s.member == nil, s.State == thresholds.StepDone, s.State == thresholds.StepAway,
		s.State == thresholds.StepCatchingUp, s.member.State == thresholds.StateDown:
		return m.etcdocCheck("--wait 5m", "after each step"), true
	case m.shown.assessment.Cluster.Tolerance() < 0:
		return drainCommand{}, false
	}
	check := "--can-lose " + shellWord(s.member.Label)
	if v := s.member.CanLose.Verdict; v == thresholds.LossNo || v == thresholds.LossUnknown {
		check += " --wait 10m"
	}
	return m.etcdocCheck(check+" && kubectl drain NODE --ignore-daemonsets", "NODE: where it runs"), true
}

// renderStepCommand is the command of a step, and what copies it.
func (m model) renderStepCommand(s *drainStep, width int) string {
	t := m.theme
	l := newLine(t, width)
	c, has := m.stepCommand(s)
	if !has {
		why := " no command: the quorum is lost"
		if s.member == nil {
			why = " no command: the leadership should not move now"
		}
		l.add(t.dim, why)
		return l.String()
	}
	l.add(t.dim, " $ ")
	l.add(t.plain, t.clean(c.shown))
	if why := "  # " + c.why; len(why) <= l.room() {
		l.add(t.dim, why)
	}
	return l.String()
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
