package tui

import (
	"strings"

	"github.com/etcdoc/etcdoc/thresholds"
)

// drainCommand is a command for the user to copy; etcdoc runs none of them.
type drainCommand struct {
	// id names the command and its member: it stays the same while others come and go.
	id, text string
	// shown is the text without the flags that lead to the cluster.
	shown, why string
}

// etcdocCheck is the command that checks this cluster with arguments; why is the comment behind it.
func (m model) etcdocCheck(id, arguments, why string) drainCommand {
	c := drainCommand{id: id, text: "etcdoc check " + arguments, shown: "etcdoc check " + arguments, why: why}
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

// drainCommands are the commands that help now, among them the selected member's.
func (m model) drainCommands() []drainCommand {
	var commands []drainCommand
	a, cluster := m.selectedMember(), &m.shown.assessment.Cluster
	if a != nil && a.State != thresholds.StateDown && cluster.Tolerance() >= 0 {
		check := "--can-lose " + shellWord(a.Label)
		if v := a.CanLose.Verdict; v == thresholds.LossNo || v == thresholds.LossUnknown {
			check += " --wait 10m"
		}
		check += " && kubectl drain NODE --ignore-daemonsets"
		commands = append(commands, m.etcdocCheck("can-lose "+a.Key, check, "NODE: where it runs"))
	}
	commands = append(commands, m.etcdocCheck("wait", "--wait 5m", "after each step"))
	if next := m.shown.assessment.Rolling.Next; isShellPlain(next, " ") {
		commands = append(commands, drainCommand{id: "move", text: next, shown: next, why: "before the leader's turn"})
	}
	return commands
}

func (m model) renderDrainCommand(c drainCommand, selected bool, width int) string {
	t := m.theme
	l := newLine(t, width)
	if selected {
		l.add(t.accent, "> ")
	}
	l.space(cursorWidth - l.used)
	l.add(t.dim, "$ ")
	s := t.plain
	if selected {
		s = t.selected
	}
	l.add(s, t.clean(c.shown))
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
