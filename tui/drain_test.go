package tui

import (
	"slices"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/etcdoc/etcdoc/probe"
)

// TestDrainShowsEveryVerdictAndTheOrder at 80x24, of three members and of five.
func TestDrainShowsEveryVerdictAndTheOrder(t *testing.T) {
	t.Parallel()
	for name, want := range map[string][]string{
		"healthy": {
			"> etcd-1 follower SAFE", "  etcd-2 LEADER   SAFE", "  etcd-3 follower SAFE",
			"  1 etcd-1 ", "  2 etcd-3 ", "  3 move the leadership to etcd-3", "  4 etcd-2 ",
			"[ok] 3 of 3 voters healthy",
			"$ etcdctl --endpoints=http://10.0.3.12:2379 move-leader",
		},
		"one-down": {
			"> etcd-1 follower RISK", "  etcd-2 ?        down", "  etcd-3 LEADER   RISK", "  etcd-4 follower RISK",
			"  etcd-5 follower RISK",
			"NOT YET", "  1 etcd-1 ", "  5 etcd-3 ", "[no] no answer from etcd-2", "[no] 4 of 5 voters healthy", "[?]",
		},
		"quorum-lost": {"REBUILD? Only if 2 of 3 voters are gone for good", "etcd-2, etcd-3 back first",
			"  etcd-3 ?        NO", "[no] no leader"},
	} {
		m := press(t, watched(t, name, 80, 24), "d")
		for _, part := range want {
			if screen := plainScreen(t, m, 80, 24); !strings.Contains(screen, part) {
				t.Errorf("%s: %q is missing:\n%s", name, part, screen)
			}
		}
	}
}

// TestDrainSelectsMembersThenCommands in one list, each of which can be copied.
func TestDrainSelectsMembersThenCommands(t *testing.T) {
	m := press(t, feed(t, newTestModel(func(o *Options) {
		o.Reach = []string{"--endpoints=https://a:2379", "--cacert=my ca.crt"}
	}),
		scenarios()["healthy"], 80, 24), "d")
	var copied []string
	for range 7 {
		what, text := m.copyDrain()
		copied = append(copied, what+": "+text)
		m = press(t, m, "j")
	}
	verdict := func(name, left string) string {
		return name + "'s verdict: " + name + " at 2026-03-01 14:32:07Z: lose it now: SAFE (leaves 2 healthy voters, quorum 2: then none to spare); " +
			"remove it for good: RISK (leaves 2 of 2 voters healthy, quorum 2: none to spare until another is added" + left + ")"
	}
	const reach = "etcdoc check --endpoints=https://a:2379 '--cacert=my ca.crt'"
	want := []string{
		verdict("etcd-1", ""), verdict("etcd-2", "; it leads: move the leadership first"), verdict("etcd-3", ""),
		"command 1: " + reach + " --can-lose etcd-3 && kubectl drain NODE --ignore-daemonsets",
		"command 2: " + reach + " --wait 5m",
		"command 3: etcdctl --endpoints=http://10.0.3.12:2379 move-leader 8e9e05c52164694f",
		"command 3: etcdctl --endpoints=http://10.0.3.12:2379 move-leader 8e9e05c52164694f",
	}
	if !slices.Equal(copied, want) {
		t.Errorf("copied\n%s\nwant\n%s", strings.Join(copied, "\n"), strings.Join(want, "\n"))
	}
	if m = press(t, m, "k", "k", "k"); label(m) != "etcd-3" || m.drainCommand() != 0 {
		t.Errorf("back up the selection is %q, command %d", label(m), m.drainCommand())
	}
}

// TestDrainCommandStays: the same command stays selected when others appear before it, and none is selected once it
// is gone.
func TestDrainCommandStays(t *testing.T) {
	c := scenario{members: 3, sweeps: 30, fault: func(ago time.Duration, s *probe.Sweep, _ *world) {
		if ago > 5*time.Second && ago < 15*time.Second {
			down(s, 2)
		}
	}}
	sweeps := c.generate()
	m := newTestModel(nil)
	for _, s := range sweeps[:20] {
		m = m.withSweep(s)
	}
	m, _ = update(t, m, tea.WindowSizeMsg{Width: 120, Height: 40})
	m = press(t, m, "G", "d", "j")
	const wait = "etcdoc check --wait 5m"
	if _, text := m.copyDrain(); !strings.HasSuffix(text, "--wait 5m") || strings.Contains(text, "can-lose") {
		t.Fatalf("below a member that is down, %q is selected, want %q", text, wait)
	}
	for _, s := range sweeps[20:] {
		m = m.withSweep(s)
	}
	if _, text := m.copyDrain(); !strings.HasSuffix(text, "--wait 5m") || strings.Contains(text, "can-lose") {
		t.Errorf("once the member is back %q is selected, want %q", text, wait)
	}
	if m = press(t, m, "k", "esc", "k", "d"); m.drainCommand() != 0 {
		t.Errorf("the page opens on command %d, want the member", m.drainCommand())
	}
}

// TestDrainIsAsOfTheCursor: boxes and verdicts are those of the displayed moment.
func TestDrainIsAsOfTheCursor(t *testing.T) {
	m := press(t, watched(t, "one-down", 80, 24), "d", "space")
	for range 70 {
		m = press(t, m, "[")
	}
	if screen := plainScreen(t, m, 80, 24); !strings.Contains(screen, "[ok] 5 of 5 voters healthy") ||
		!strings.Contains(screen, "AS OF") {
		t.Errorf("before the fault:\n%s", screen)
	}
}

// TestNamesCannotBecomeCommands puts shell metacharacters wherever a cluster could.
func TestNamesCannotBecomeCommands(t *testing.T) {
	for name, want := range map[string]string{
		"etcd-1.eu_west": "etcd-1.eu_west", "$(reboot)": "'$(reboot)'", "a'; reboot '": `'a'\''; reboot '\'''`, "": "''", "a\x1b[2J\nb": `'a\x1b[2J\nb'`,
	} {
		if got := shellWord(name); got != want {
			t.Errorf("%q becomes %s, want %s", name, got, want)
		}
	}
	c := scenario{members: 3, sweeps: 30, fault: func(_ time.Duration, s *probe.Sweep, _ *world) {
		s.Members[1].ClientURLs = []string{"http://$(reboot):2379"}
		s.Members[1].Endpoint = "http://$(reboot):2379"
	}}
	m := feed(t, newTestModel(nil), c, 80, 24)
	for _, c := range m.drainCommands() {
		if strings.Contains(c.text, "reboot") {
			t.Errorf("to copy: %s", c.text)
		}
	}
}
