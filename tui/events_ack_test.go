package tui

import (
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/etcdoc/etcdoc/thresholds"
)

// withLevel is the model after a sweep in which its findings about the disk of a member have a level.
func withLevel(m model, rule thresholds.RuleID, member string, level thresholds.Level) model {
	a := m.seen.live.assessment
	a.Findings = append([]thresholds.Finding{}, a.Findings...)
	for i := range a.Findings {
		if f := &a.Findings[i]; f.Rule == rule && f.Member.Key == member {
			f.Level = level
		}
	}
	m.seen.live.assessment = a
	return m
}

// mutedThing opens the events, and mutes what the selected one is about for an hour.
func mutedThing(t *testing.T, m model) (model, *thresholds.Event) {
	t.Helper()
	m = press(t, m, "e")
	for range 10 { // to one that goes on
		if e := m.selectedEvent(); e.Rule != "" && m.shown.assessment.Finding(e.Rule, e.Member.Key) != nil {
			break
		}
		m = press(t, m, "j")
	}
	m = press(t, m, "M", "down", "enter")
	return m, m.selectedEvent()
}

// TestMute: what is muted raises no alert, and is marked; the level stays. It ends with its time, with a key, and when
// the finding gets worse.
func TestMute(t *testing.T) {
	m, e := mutedThing(t, watched(t, "slow-disk", 120, 40))
	f := m.shown.assessment.Finding(e.Rule, e.Member.Key)
	if f == nil || m.mutes() == nil || !m.mutes()(f) {
		t.Fatalf("%+v is not muted: %q", e, m.notice.text)
	}
	until := m.now.Add(time.Hour).UTC().Format("15:04Z")
	if !strings.Contains(ansi.Strip(m.View()), "muted until "+until) || !strings.Contains(m.notice.text, until) {
		t.Errorf("the list does not say until when:\n%s", ansi.Strip(m.View()))
	}
	if overview := press(t, m, "esc"); !strings.HasPrefix(ansi.Strip(overview.View()), "WARN") {
		t.Errorf("the overview hides its level:\n%s", ansi.Strip(overview.View()))
	}
	if m.withoutEndedMutes().mutes() == nil {
		t.Error("the mute ends at once")
	}
	if worse := withLevel(m, e.Rule, e.Member.Key, thresholds.Critical); worse.withoutEndedMutes().mutes() != nil &&
		worse.withoutEndedMutes().mutes()(f) {
		t.Error("the mute goes on after a finding that got worse")
	}
	if milder := withLevel(m, e.Rule, e.Member.Key, thresholds.Notice); milder.withoutEndedMutes().mutes() == nil {
		t.Error("the mute ends when the finding gets milder")
	}
	late := m
	if late.now = m.now.Add(time.Hour); late.withoutEndedMutes().mutes() != nil && late.withoutEndedMutes().mutes()(f) {
		t.Error("the mute goes on after its time")
	}
	if m = press(t, m, "M", "down", "down", "down", "enter"); strings.Contains(m.View(), "muted until") {
		t.Errorf("it stays muted:\n%s", ansi.Strip(m.View()))
	}
	if m = press(t, watched(t, "healthy", 80, 24), "e", "M"); m.prompt.open() || m.notice.text == "" {
		t.Error("what raises no alert can be muted")
	}
}

// TestAcknowledge: an acknowledged event is not new, until it gets worse.
func TestAcknowledge(t *testing.T) {
	m := press(t, watched(t, "slow-disk", 120, 40), "e")
	before := m.countNew()
	for range 10 {
		if m.isNew(m.selectedEvent()) {
			break
		}
		m = press(t, m, "j")
	}
	e := *m.selectedEvent()
	if before == 0 || !strings.Contains(ansi.Strip(m.View()), "•"+string(rune('0'+before))+" new") {
		t.Fatalf("%d are new:\n%s", before, ansi.Strip(m.View()))
	}
	acked := press(t, m, "a")
	if acked.countNew() != before-1 || acked.isNew(&e) {
		t.Errorf("%d are new after one of %d is acknowledged", acked.countNew(), before)
	}
	if e.Level = thresholds.Critical; !acked.isNew(&e) && idOf(&e) == idOf(acked.selectedEvent()) {
		t.Error("it is not new although it got worse")
	}
	if again := press(t, acked, "a"); again.countNew() != before {
		t.Error("a second key does not undo it")
	}
	if m = press(t, watched(t, "healthy", 80, 24), "e", "a"); m.countNew() != 0 || m.notice.text == "" {
		t.Error("there is something to acknowledge in a healthy cluster")
	}
}
