package tui

import (
	"strings"

	"github.com/etcdoc/etcdoc/thresholds"
)

// drainCommand is a command to copy: etcdoc runs none of them.
type drainCommand struct {
	// id is what the command is for, and of whom: it stays when others come and go.
	id, text string
	// shown is the text without the flags that lead to the cluster.
	shown, why string
}

// etcdocCheck is a check of the cluster that is watched, with arguments, and what comes after it.
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

// drainCommands are those that help at this moment, the selected member's among them.
func (m model) drainCommands() []drainCommand {
	var commands []drainCommand
	if a := m.selectedMember(); a != nil && a.State != thresholds.StateDown && m.shown.assessment.Cluster.Tolerance() >= 0 {
		check := "--can-lose " + shellWord(a.Label)
		if v := a.CanLose.Verdict; v == thresholds.LossNo || v == thresholds.LossUnknown {
			check += " --wait 10m"
		}
		commands = append(commands, m.etcdocCheck("can-lose "+a.Key, check+" && kubectl drain NODE --ignore-daemonsets", "NODE: where it runs"))
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

// shellWord is a text that a shell takes for one word, as it is.
func shellWord(text string) string {
	text = new(theme).clean(text)
	if isShellPlain(text, "") {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

// isShellPlain reports that a shell gives no meaning to anything in a text: letters, digits, and what else is.
func isShellPlain(text, also string) bool {
	return text != "" && strings.Trim(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789@%+=:,./_-"+also) == ""
}
