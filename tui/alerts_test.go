package tui

import (
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

// titledTerminal is an environment whose terminal takes titles.
func titledTerminal(more map[string]string) func(*Options) {
	return func(o *Options) {
		o.Notify = true
		o.Getenv = func(name string) string {
			if value, has := more[name]; has {
				return value
			}
			return map[string]string{"TERM": "xterm-256color"}[name]
		}
	}
}

// alertsOf takes in a sweep, and writes its alerts and its title.
func alertsOf(t *testing.T, m model, s probe.Sweep, out *strings.Builder) model {
	t.Helper()
	m.screen.terminal, m.alerts.titles.out = out, out
	m.now, m.seen.at = s.At, s.At
	a := m.judge.Observe(s)
	m.seen.live = observation{assessment: a, sweep: m.seen.live.sweep + 1}
	if !m.paused {
		m = m.show(&m.seen.live)
	} else {
		m = m.redacted()
	}
	m, alert := m.onAlert()
	m, title := m.withTitle()
	if alert != nil {
		if said, is := alert().(noticeMsg); is {
			t.Fatal(said.err)
		}
	}
	if title != nil {
		title()
	}
	return m
}

// worsening are sweeps of three members of which the last goes down.
func worsening(name string) []probe.Sweep {
	return scenario{members: 3, sweeps: 30, fault: func(ago time.Duration, s *probe.Sweep, _ *world) {
		if name != "" {
			s.Members[2].Name = name
		}
		if ago < 15*time.Second {
			down(s, 2)
		}
	}}.generate()
}

// TestAlerts: one bell and one notification for one worsening, and a title for each change.
func TestAlerts(t *testing.T) {
	var out strings.Builder
	m := resized(t, newTestModel(titledTerminal(nil)), 80, 24)
	for _, s := range worsening("") {
		m = alertsOf(t, m, s, &out)
	}
	if n := strings.Count(out.String(), "\a\x1b]9;etcdoc prod-eu1: WARN "); n != 1 {
		t.Errorf("%d notifications of a warning in %q", n, out.String())
	}
	for _, want := range []string{
		"\x1b]2;OK 3/3 prod-eu1 — etcdoc\a", "\x1b]2;WARN 2/3 prod-eu1 — etcdoc\a",
		"etcd-3", "not safe to lose: etcd-1, etcd-2",
	} {
		if strings.Count(out.String(), want) != 1 {
			t.Errorf("%q is not there once: %q", want, out.String())
		}
	}
	if !strings.Contains(m.titleText(), "WARN 2/3") {
		t.Errorf("the title is %q", m.titleText())
	}
	m.now = m.now.Add(time.Hour)
	if !strings.HasPrefix(m.titleText(), "STALE WARN 2/3") {
		t.Errorf("without sweeps the title is %q", m.titleText())
	}
}

// TestAlertsObeyTheKey, and are off while the screen is shared.
func TestAlertsObeyTheKey(t *testing.T) {
	sweeps := worsening("")
	for keys, want := range map[string]struct {
		rings, kept bool
	}{"": {true, true}, "n": {false, false}, "nn": {true, true}, "P": {false, true}, "Pn": {true, true},
		"nP": {false, false},
		"PP": {true, true}, "PnP": {true, true}} {
		var out strings.Builder
		m := resized(t, newTestModel(titledTerminal(nil)), 80, 24)
		m = alertsOf(t, m, sweeps[0], &out)
		m = press(t, m, strings.Split(keys, "")...)
		for _, s := range sweeps[1:] {
			m = alertsOf(t, m, s, &out)
		}
		if got := strings.Contains(out.String(), "\x1b]9;"); got != want.rings {
			t.Errorf("after %q a notification: %v", keys, got)
		}
		if m.choices().Notify != want.kept {
			t.Errorf("after %q the choice is %v", keys, m.choices().Notify)
		}
	}
	var out strings.Builder
	m := resized(t, newTestModel(titledTerminal(nil)), 80, 24)
	m = press(t, alertsOf(t, m, sweeps[0], &out), "P", "n")
	out.Reset()
	for i, s := range sweeps[1:] {
		if i == 3 {
			m = press(t, m, "space")
		}
		m = alertsOf(t, m, s, &out)
	}
	for _, secret := range secrets {
		if strings.Contains(out.String(), secret) {
			t.Errorf("an alert of a shared screen names %q: %q", secret, out.String())
		}
	}
	if !strings.Contains(out.String(), "member-c") {
		t.Errorf("the alert of a shared screen has no alias: %q", out.String())
	}
}

// TestAlertsCarryNoEscape of a cluster's or a user's.
func TestAlertsCarryNoEscape(t *testing.T) {
	const text = "[^\x00-\x1f\x7f-\u009f]+"
	title := regexp.MustCompile("\x1b\\]2;" + text + "\a")
	for name, notification := range map[string]string{
		"xterm":        "\a\x1b\\]9;" + text + "\a",
		"rxvt":         "\a\x1b\\]777;notify;[^;\x00-\x1f]+;" + text + "\a",
		"tmux":         "\a\x1bPtmux;\x1b\x1b\\]9;" + text + "\a\x1b\\\\",
		"screen.xterm": "\a\x1bP\x1b\\]9;" + text + "\a\x1b\\\\",
	} {
		more := map[string]string{"TERM": name}
		switch name {
		case "tmux":
			more["TMUX"] = "/tmp/tmux-0/default,1,0"
		case "screen.xterm":
			more["STY"] = "1.pts-0"
		}
		m := resized(t, newTestModel(func(o *Options) {
			titledTerminal(more)(o)
			o.Cluster = hostile
		}), 80, 24)
		var out strings.Builder
		for _, s := range worsening(hostile) {
			m = alertsOf(t, m, s, &out)
		}
		rest := out.String()
		if !regexp.MustCompile(notification).MatchString(rest) {
			t.Errorf("%s: no notification in %q", name, rest)
		}
		rest = title.ReplaceAllString(regexp.MustCompile(notification).ReplaceAllString(rest, ""), "")
		if rest != "" {
			t.Errorf("%s: besides titles and notifications there is %q", name, rest)
		}
	}
	var c thresholds.Change
	c.Worse, c.Headline = thresholds.Critical, hostile
	c.Unsafe = []thresholds.MemberRef{{Short: hostile}}
	if text := newTestModel(nil).alertText(&c); !probe.IsPrintable(text) {
		t.Errorf("%q", text)
	}
}

// TestTitlesKeepTheirOrder although commands run in any.
func TestTitlesKeepTheirOrder(t *testing.T) {
	var out strings.Builder
	w := &titles{out: &out}
	w.write(2, "newer")
	w.write(1, "older")
	if got := out.String(); got != "\x1b]2;newer\a" {
		t.Errorf("%q", got)
	}
}

// TestNoTitleOnAConsole that would show the sequence.
func TestNoTitleOnAConsole(t *testing.T) {
	for _, term := range []string{"", "dumb", "linux"} {
		m := newTestModel(titledTerminal(map[string]string{"TERM": term}))
		var out strings.Builder
		m = alertsOf(t, m, worsening("")[0], &out)
		m.alerts.keepTitle()()
		if out.Len() > 0 {
			t.Errorf("TERM=%q gets %q", term, out.String())
		}
	}
}

// TestChangesReachTheScreen: each sweep is observed, and what fails is said.
func TestChangesReachTheScreen(t *testing.T) {
	c := &recordedChanges{reports: make(chan error, 1)}
	m := resized(t, newTestModel(func(o *Options) { o.Changes = c }), 80, 24)
	for _, s := range worsening("")[:3] {
		m = m.withSweep(s)
	}
	if c.observed != 3 {
		t.Errorf("%d assessments of 3", c.observed)
	}
	c.reports <- errBrokenCommand
	m, cmd := m.Update(m.program.run.changesCmd(c)())
	if m.notice.err == nil || !strings.Contains(m.View(), "exit status 3") || cmd == nil {
		t.Errorf("the failure is not shown, or nobody waits for the next:\n%s", m.View())
	}
}

type recordedChanges struct {
	observed int
	reports  chan error
}

func (c *recordedChanges) Observe(*thresholds.Assessment) { c.observed++ }
func (c *recordedChanges) Reports() <-chan error          { return c.reports }

var errBrokenCommand = errors.New("--on-change: exit status 3")
