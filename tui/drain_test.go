package tui

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

// TestDrainShowsEveryVerdictAndTheOrder at 80x24, of three members and of five.
func TestDrainShowsEveryVerdictAndTheOrder(t *testing.T) {
	t.Parallel()
	for name, want := range map[string][]string{
		"healthy": {
			"ORDER One by one: etcd-1, etcd-3", "IN THIS ORDER",
			"> [  ] NEXT    etcd-1 SAFE    leaves 2", "  [  ] waiting etcd-3 SAFE",
			"  [  ] waiting move the leadership from etcd-2 to etcd-3", "  [  ] waiting etcd-2 SAFE",
			"[ok]   3 of 3 voters healthy", "$ etcdoc check --can-lose etcd-1 && kubectl drain NODE",
			"enter copies the command",
		},
		"one-down": {
			"WAIT  Do not start: bring etcd-2 back first.", "  [  ] waiting etcd-1 RISK",
			"> [  ] away    etcd-2 down    for 58s", "  [  ] waiting etcd-4 RISK", "  [  ] waiting etcd-5 RISK",
			"  [  ] waiting etcd-3 RISK", "NOT YET", "[FAIL] no answer from etcd-2", "[FAIL] 4 of 5 voters healthy",
			"[?]",
		},
		"quorum-lost": {"etcd-2, etcd-3 back first", "  [  ] away    etcd-3 down", "[FAIL] no leader"},
	} {
		m := press(t, watched(t, name, 80, 24), "d")
		for _, part := range want {
			if screen := plainScreen(t, m, 80, 24); !strings.Contains(screen, part) {
				t.Errorf("%s: %q is missing:\n%s", name, part, screen)
			}
		}
	}
}

// TestDrainOpensAtWhatIsNotFinished: whoever is selected elsewhere.
func TestDrainOpensAtWhatIsNotFinished(t *testing.T) {
	t.Parallel()
	m := watched(t, "upgrade", 80, 24)
	if m.selected != m.shown.assessment.Members[0].Key {
		t.Fatalf("%s is selected, and not the member that has had its turn", m.selected)
	}
	m = press(t, m, "d")
	if screen := plainScreen(t, m, 80, 24); !strings.Contains(screen, "> [  ] away    etcd-3") {
		t.Errorf("the selection is elsewhere:\n%s", screen)
	}
	r := &m.shown.assessment.Rolling
	r.Steps = slices.Clone(r.Steps)
	for i := range r.Steps {
		r.Steps[i].State = thresholds.StepDone
	}
	if m = m.back().openDrain(); m.selected != m.shown.assessment.Members[2].Key || m.drain.step != "" {
		t.Errorf("where all are done, the selection goes to %s %q", m.selected, m.drain.step)
	}
}

// TestSafeByItselfIsNoPermission: wherever a member is safe to lose while a change has to wait, the overview says that
// too, whatever the size.
func TestSafeByItselfIsNoPermission(t *testing.T) {
	t.Parallel()
	m := watched(t, "slow-disk", 1, 1)
	if a := &m.shown.assessment; a.Rolling.Phase != thresholds.PhaseWait {
		t.Fatalf("the phase is %s", a.Rolling.Phase)
	}
	for width := 60; width <= 200; width += 10 {
		for height := 1; height <= 4; height++ {
			text := strings.Join(m.renderDrain(width, height), "\n")
			if text = ansi.Strip(text); !strings.Contains(text, "SAFE") || !strings.Contains(text, "WAIT") {
				t.Errorf("%dx%d: %s", width, height, text)
			}
		}
	}
	r := &m.shown.assessment.Rolling
	r.Phase, r.Wait = thresholds.PhaseOrder, ""
	if text := ansi.Strip(strings.Join(m.renderDrain(120, 4), "\n")); strings.Contains(text, "WAIT") {
		t.Errorf("nothing to wait for: %s", text)
	}
}

// TestRebuild: whether to rebuild is on the overview, and on the drain page in the lowest window with as many members
// as etcd recommends at most, once so many have been gone for long enough. Of those that have committed alike it is the
// one that has applied most.
func TestRebuild(t *testing.T) {
	t.Parallel()
	for _, page := range []struct {
		members, down, width, height int
		keys                         []string
		want                         string
	}{
		{7, 4, 60, 15, []string{"d"}, "REBUILD? From etcd-7"},
		{3, 2, 80, 24, nil, "Rebuild the cluster? From etcd-3"},
	} {
		for _, lost := range []time.Duration{8 * time.Second, 310 * time.Second} {
			m := press(t, feed(t, newTestModel(nil), scenario{members: page.members, sweeps: 320,
				fault: func(ago time.Duration, s *probe.Sweep, _ *world) {
					for i := range s.Members {
						if leaderless(s, i); i < page.down && ago < lost {
							down(s, i)
						}
					}
				}}, page.width, page.height), page.keys...)
			screen := plainScreen(t, m, page.width, page.height)
			if is := strings.Contains(screen, page.want); is != (lost > 5*time.Minute) {
				t.Errorf("lost for %s: asks whether to rebuild: %t\n%s", lost, is, screen)
			}
		}
	}
}

// TestDrainStepsCanBeCopied: enter copies the command of the selected step, y the verdict.
func TestDrainStepsCanBeCopied(t *testing.T) {
	m := press(t, feed(t, newTestModel(func(o *Options) {
		o.Reach = []string{"--endpoints=https://a:2379", "--cacert=my ca.crt"}
	}),
		scenarios()["healthy"], 80, 24), "d")
	m.conn.poller = &recordedPoller{}
	var verdicts, commands []string
	for range 5 {
		what, text := m.copyDrain()
		verdicts = append(verdicts, what+": "+text)
		commands = append(commands, sentToClipboard(t, m, "enter"))
		m = press(t, m, "j")
	}
	verdict := func(name, left string) string {
		return name + "'s verdict: " + name + " at 2026-03-01 14:32:07Z: lose it now: SAFE " +
			"(leaves 2 healthy voters, quorum 2: then none to spare); remove it for good: RISK " +
			"(leaves 2 of 2 voters healthy, quorum 2: none to spare until another is added" + left + ")"
	}
	const (
		reach = "etcdoc check --endpoints=https://a:2379 '--cacert=my ca.crt' --can-lose "
		drain = " && kubectl drain NODE --ignore-daemonsets"
		move  = "etcdctl --endpoints=http://10.0.3.12:2379 move-leader 8e9e05c52164694f"
		leads = "; it leads: move the leadership first"
	)
	want := []string{verdict("etcd-1", ""), verdict("etcd-3", ""), "the command: " + move, verdict("etcd-2", leads),
		verdict("etcd-2", leads)}
	if !slices.Equal(verdicts, want) {
		t.Errorf("y copied\n%s\nwant\n%s", strings.Join(verdicts, "\n"), strings.Join(want, "\n"))
	}
	want = []string{reach + "etcd-1" + drain, reach + "etcd-3" + drain, move, reach + "etcd-2" + drain,
		reach + "etcd-2" + drain}
	if !slices.Equal(commands, want) {
		t.Errorf("enter copied\n%s\nwant\n%s", strings.Join(commands, "\n"), strings.Join(want, "\n"))
	}
	if m = press(t, m, "k", "k"); label(m) != "etcd-2" && m.drain.step != "" {
		t.Errorf("back up the selection is %q, step %q", label(m), m.drain.step)
	}
}

// sentToClipboard is what a key copies.
func sentToClipboard(t *testing.T, m model, name string) string {
	t.Helper()
	var out bytes.Buffer
	m.screen.terminal = &out
	_, cmd := m.Update(keyMsg(name))
	if cmd == nil {
		t.Fatalf("%s copies nothing", name)
	}
	cmd()
	return clipboardOf(t, out.String())
}

// upgrading is an upgrade in the middle: etcd-1 had its turn two minutes ago, and etcd-3 is away for 12 s as a mark
// announced.
func upgrading() scenario {
	return scenario{members: 3, sweeps: 300, fault: func(ago time.Duration, s *probe.Sweep, _ *world) {
		switch ago {
		case 150 * time.Second:
			s.Marks = []probe.Mark{{At: s.At, Text: "upgrade etcd-1", Member: "etcd-1", Window: 5 * time.Minute}}
		case 20 * time.Second:
			s.Marks = []probe.Mark{{At: s.At, Text: "upgrade etcd-3", Member: "etcd-3", Window: 5 * time.Minute}}
		}
		if ago <= 140*time.Second && ago > 120*time.Second {
			down(s, 0)
		}
		if ago <= 120*time.Second {
			anew(s, 0, 120*time.Second, ago, "3.6.15")
		}
		if ago <= 12*time.Second {
			down(s, 2)
		}
	}}
}

// anew gives a member another process, which began that long before the end, and another version.
func anew(s *probe.Sweep, j int, began, ago time.Duration, version string) {
	m := &s.Members[j]
	m.Metrics.Value.StartTime = probe.Known(float64(epoch.Add(-began - time.Second).Unix()))
	m.Metrics.Value.CPUSeconds = probe.Known((began - ago).Seconds())
	m.Status.Value.Version = version
}

// TestDrainFollowsAChange: a member that restarts is away, then gets its tick by itself, and the selection stays with
// its member.
func TestDrainFollowsAChange(t *testing.T) {
	c := scenario{members: 3, sweeps: 60, fault: func(ago time.Duration, s *probe.Sweep, _ *world) {
		if ago == 45*time.Second {
			s.Marks = []probe.Mark{{At: s.At, Text: "upgrade", Member: "etcd-1", Window: 5 * time.Minute}}
		}
		switch {
		case ago > 30*time.Second && ago <= 40*time.Second:
			down(s, 0)
		case ago <= 30*time.Second:
			anew(s, 0, 30*time.Second, ago, "3.6.15")
		}
	}}
	sweeps := c.generate()
	m := press(t, resized(t, newTestModel(nil).withSweep(sweeps[0]), 80, 24), "d")
	at := 1
	until := func(ago time.Duration) string {
		for ; at < len(sweeps) && !sweeps[at].At.After(epoch.Add(-ago)); at++ {
			m = m.withSweep(sweeps[at])
		}
		return plainScreen(t, m, 80, 24)
	}
	for _, step := range []struct {
		ago  time.Duration
		want []string
	}{
		{44 * time.Second, []string{"> [  ] NEXT    etcd-1 SAFE    announced, 4m59s left"}},
		{35 * time.Second, []string{"WAIT  Not yet: etcd-1 is away. 0 of 3 done.",
			"> [  ] away    etcd-1 down    for 5s  announced, 4m50s left", "0 OF 3 DONE"}},
		{20 * time.Second, []string{"3.6.14 → 3.6.15: 1 OF 3",
			"> [ok] done    etcd-1 ", "3.6.14 → 3.6.15  was away 10s  10s ago"}},
	} {
		screen := until(step.ago)
		for _, want := range step.want {
			if !strings.Contains(screen, want) {
				t.Errorf("%s before the end %q is missing:\n%s", step.ago, want, screen)
			}
		}
	}
}

// TestDrainPageKeepsItsPlaces: whatever happens, no part of the page moves.
func TestDrainPageKeepsItsPlaces(t *testing.T) {
	for _, name := range []string{"one-down", "marked", "quorum-lost", "slow-disk"} {
		sweeps := scenarios()[name].generate()
		for _, size := range [...][2]int{{60, 15}, {80, 24}, {120, 40}, {200, 60}} {
			m := press(t, resized(t, newTestModel(nil).withSweep(sweeps[0]), size[0], size[1]), "d")
			l := m.drainLayout(size[0], size[1])
			for _, s := range sweeps[1:] {
				m = m.withSweep(s)
				lines := strings.Split(plainScreen(t, m, size[0], size[1]), "\n")
				if l.titled && !strings.HasPrefix(lines[1+l.text], "─ ") {
					t.Fatalf("%s at %v: no title in row %d:\n%s", name, size, 1+l.text, strings.Join(lines, "\n"))
				}
				if l.checks > 0 && !strings.Contains(lines[1+l.text+1+l.rows], "BEFORE EACH STEP") {
					t.Fatalf("%s at %v: the checks are not in row %d:\n%s", name, size, 2+l.text+l.rows,
						strings.Join(lines, "\n"))
				}
			}
		}
	}
}

// TestDrainIsAsOfTheCursor: boxes and verdicts are those of the displayed moment.
func TestDrainIsAsOfTheCursor(t *testing.T) {
	m := press(t, watched(t, "one-down", 80, 24), "d", "space")
	for range 70 {
		m = press(t, m, "[")
	}
	if screen := plainScreen(t, m, 80, 24); !strings.Contains(screen, "[ok]   5 of 5 voters healthy") ||
		!strings.Contains(screen, "AS OF") {
		t.Errorf("before the fault:\n%s", screen)
	}
}

// TestNamesCannotBecomeCommands puts shell metacharacters wherever a cluster could.
func TestNamesCannotBecomeCommands(t *testing.T) {
	for name, want := range map[string]string{
		"etcd-1.eu_west": "etcd-1.eu_west", "$(reboot)": "'$(reboot)'", "a'; reboot '": `'a'\''; reboot '\'''`,
		"": "''", "a\x1b[2J\nb": `'a\x1b[2J\nb'`,
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
	steps := m.drainSteps()
	for i := range steps {
		if c, _ := m.stepCommand(&steps[i]); strings.Contains(c.text, "reboot") {
			t.Errorf("to copy: %s", c.text)
		}
	}
}

// TestNothingIsDrainedWhileWaiting: while the phase permits no step, no command drains a member or moves the
// leadership; the line says why, and so does the key.
func TestNothingIsDrainedWhileWaiting(t *testing.T) {
	waited := 0
	for name := range scenarios() {
		m := press(t, watched(t, name, 120, 40), "d")
		r := &m.shown.assessment.Rolling
		if r.Phase.MayGoOn() {
			continue
		}
		steps := m.drainSteps()
		for i := range steps {
			c, whyNone := m.stepCommand(&steps[i])
			if strings.Contains(c.text, "drain") || strings.Contains(c.text, "move-leader") ||
				(c.text == "") != (whyNone != "") {
				t.Errorf("%s, %s: to copy: %q, why none: %q", name, r.Phase, c.text, whyNone)
			}
			if r.Wait == "" || whyNone != m.brief(r.Wait) {
				continue
			}
			waited++
			m := m.selectStep(&steps[i])
			line, want := ansi.Strip(m.renderStepCommand(&steps[i], 400)[0]), "no command: "+whyNone
			if !strings.Contains(line, want) {
				t.Errorf("%s: the line %q lacks %q", name, line, want)
			}
			if m, cmd := m.Update(keyMsg("enter")); cmd != nil || m.notice.text != want {
				t.Errorf("%s: enter says %q, want %q", name, m.notice.text, want)
			}
		}
	}
	if waited == 0 {
		t.Error("no scenario has to wait")
	}
}

// TestDrainShowsTheWholeCommand also in the smallest window with long names.
func TestDrainShowsTheWholeCommand(t *testing.T) {
	t.Parallel()
	for _, n := range []int{3, 5, 7} {
		m := press(t, feed(t, newTestModel(nil), scenario{members: n, sweeps: 60,
			fault: func(_ time.Duration, s *probe.Sweep, _ *world) { rename(s, longNames()["end"]) }}, 60, 15), "d")
		screen := plainScreen(t, m, 60, 15)
		_, command, _ := strings.Cut(screen, "$ etcdoc check --can-lose")
		if !strings.Contains(command, "kubectl drain NODE") || strings.Contains(command, "more line") {
			t.Errorf("%d members: the command is cut:\n%s", n, screen)
		}
	}
}

// TestDrainCountsTheChecks that it has no room for, on the line that a short text leaves.
func TestDrainCountsTheChecks(t *testing.T) {
	t.Parallel()
	m := press(t, watched(t, "one-down", 60, 15), "d")
	if l := m.drainLayout(60, 15); l.checks > 0 || l.text != 2 {
		t.Fatalf("the layout is %+v", l)
	}
	checks := m.shown.assessment.Rolling.Checks
	lines := strings.Split(ansi.Strip(strings.Join(m.renderDrainTexts(60, 2, true), "\n")), "\n")
	want := fmt.Sprintf("of %d checks ok; [FAIL] ", len(checks))
	if !strings.HasPrefix(lines[0], "WAIT ") || !strings.Contains(lines[1], want) {
		t.Errorf("%q is missing:\n%s", want, strings.Join(lines, "\n"))
	}
	m.shown.assessment.Rolling.Checks = slices.Clone(checks)
	for i := range checks {
		m.shown.assessment.Rolling.Checks[i].Status = thresholds.CheckOK
	}
	if got := ansi.Strip(m.checkCount(60)[1].text); got != fmt.Sprintf("%d of %[1]d checks ok", len(checks)) {
		t.Errorf("where all pass it says %q", got)
	}
}

// TestEvidenceSaysWhatIsLeftOut: a line counts what it has no room for, and of a member that never answered there are
// no values, but why.
func TestEvidenceSaysWhatIsLeftOut(t *testing.T) {
	t.Parallel()
	m := watched(t, "seven", 200, 60)
	item := []span{{text: "etcd-1 NOT CONNECTED"}}
	for width, want := range map[int]string{20: "links    +3", 40: "CONNECTED  +2", 54: "CONNECTED  +2", 80: "CONNECTED"} {
		line := strings.TrimRight(ansi.Strip(m.itemLine(width, "links", [][]span{item, item, item})), " ")
		if !strings.HasSuffix(line, want) {
			t.Errorf("%d columns: %q, want %q at its end", width, line, want)
		}
	}
	never := m.shown.assessment.Members[1]
	never.NeverSeen, never.Errors = true, []*probe.Error{{Kind: probe.ErrRefused}}
	lines := ansi.Strip(strings.Join(m.drainEvidence(&never, 80, mostEvidence), "\n"))
	if !strings.Contains(lines, "never answered: connection refused") || strings.Contains(lines, "WAL p99") {
		t.Errorf("it says\n%s", lines)
	}
}
