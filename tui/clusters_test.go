package tui

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

// namedClusters are clusters whose sources hold. Those in broken can't be opened.
type namedClusters struct {
	all    []string
	broken map[string]error
	// opened and closed are the names of the clusters, in their order; pollers are theirs, by name.
	opened, closed []string
	pollers        map[string]*recordedPoller
}

func newNamedClusters() *namedClusters {
	return &namedClusters{all: []string{"prod", "staging", "attic"},
		broken:  map[string]error{"attic": errors.New("reading /nowhere/ca.crt: no such file")},
		pollers: map[string]*recordedPoller{}}
}

func (c *namedClusters) Names() []string { return c.all }
func (c *namedClusters) Current() string { return c.all[0] }

func (c *namedClusters) Open(_ context.Context, name string) (Target, error) {
	if err := c.broken[name]; err != nil {
		return Target{}, err
	}
	c.opened, c.pollers[name] = append(c.opened, name), &recordedPoller{}
	rules := slices.DeleteFunc(thresholds.Rules(), func(r thresholds.Rule) bool {
		return r.ID == thresholds.DBQuotaNear
	})
	return Target{Source: &replay{hold: true}, Poller: c.pollers[name], Cluster: name + "-eu9", Rules: rules,
		Endpoints: []string{"10.9.0.1:2379"}, Reach: []string{"--on=" + name},
		Close: func() { c.closed = append(c.closed, name) }}, nil
}

// withClusters makes a dashboard that can switch.
func withClusters(o *Options) {
	c := newNamedClusters()
	o.Clusters, o.Close = c, func() { c.closed = append(c.closed, "prod, the first") }
}

// switched chooses another cluster, opens it, and ends the source of the one before.
func switched(t *testing.T, m model, name string) model {
	t.Helper()
	m = typed(t, press(t, m, "C"), name)
	m, open := m.Update(keyMsg("enter"))
	if open == nil || !m.clusters.isOpening() {
		t.Fatalf("%s is not opened:\n%s", name, ansi.Strip(m.View()))
	}
	m, cmd := m.Update(open())
	if m.conn.on != name {
		return m
	}
	commands, is := cmd().(tea.BatchMsg)
	if !is {
		t.Fatalf("%s asks for no sweep", name)
	}
	commands[0]() // the others wait for what the tests deliver themselves
	return m
}

// at delivers a sweep of the cluster that is shown, at a time.
func (m model) at(t *testing.T, s probe.Sweep, at time.Time) model {
	t.Helper()
	shift(&s, at.Sub(s.At))
	m, _ = m.Update(sweepMsg{sweep: s, at: at, turn: m.conn.turn})
	return m
}

// TestSwitch goes to another cluster and back: each has its own name, rules, events, marks and selection, the source
// that is left is closed, and what was seen before is shown with its age until there is something newer.
func TestSwitch(t *testing.T) {
	t.Parallel()
	m := feed(t, newTestModel(withClusters), scenario{members: 3, sweeps: 30}, 120, 40)
	all := m.clusters.all.(*namedClusters)
	m = press(t, m, "j", "e", "m")
	m = press(t, typed(t, m, "before the move"), "enter")
	m = switched(t, m, "staging")
	screen := ansi.Strip(m.View())
	if !strings.Contains(screen, "staging-eu9") || !strings.Contains(screen, "10.9.0.1:2379") ||
		!strings.Contains(screen, "no member has answered") || m.page() != pageOverview || m.selected != "" {
		t.Errorf("a cluster that is new shows\n%s", screen)
	}
	if !slices.Equal(all.closed, []string{"prod, the first"}) {
		t.Errorf("closed are %v", all.closed)
	}
	late := sweepMsg{sweep: scenario{members: 5, sweeps: 1}.generate()[0], at: epoch}
	if m, _ = m.Update(late); m.seen.live.known() {
		t.Error("a sweep of the cluster that was left counts for the new one")
	}
	for i, s := range (scenario{members: 5, sweeps: 10}).generate() {
		m = m.at(t, s, epoch.Add(time.Duration(i+2)*time.Second))
	}
	if len(m.shown.members) != 5 || len(m.marks.made)+len(m.marks.pending) != 0 || len(m.shown.events) != 1 {
		t.Errorf("the other cluster has %d members, marks %v, events %v", len(m.shown.members), m.marks, m.shown.events)
	}
	if _, judged := m.rules.Rule(thresholds.DBQuotaNear); judged {
		t.Error("it is judged by the first cluster's rules")
	}
	m, _ = m.Update(tickMsg{epoch.Add(12 * time.Minute)})
	m = switched(t, m, "prod")
	screen = ansi.Strip(m.View())
	for _, want := range []string{"connecting 0s", "Last seen 12m ago, at 14:32:07Z: ok, 3/3 healthy", "DRAIN UNKNOWN"} {
		if !strings.Contains(screen, want) {
			t.Errorf("back at the first cluster %q is missing:\n%s", want, screen)
		}
	}
	if strings.Contains(screen, "SAFE") || strings.Contains(m.titleText(), "OK") {
		t.Errorf("what was seen before passes for now: %q\n%s", m.titleText(), screen)
	}
	if marks := all.pollers["prod"].marks; len(marks) != 1 || marks[0].Text != "before the move" {
		t.Errorf("the mark that no sweep brought is lost: %v", marks)
	}
	for i, s := range (scenario{members: 3, sweeps: 3}).generate() {
		m = m.at(t, s, epoch.Add(12*time.Minute+time.Duration(i)*time.Second))
	}
	if label(m) != "etcd-2" || m.page() != pageEvents || m.seen.session.Sweeps != 33 {
		t.Errorf("back at the first cluster: %q selected, page %v, %d sweeps", label(m), m.page(), m.seen.session.Sweeps)
	}
	if screen = ansi.Strip(m.View()); !strings.Contains(screen, "watching 3 members again after 12m00s") {
		t.Errorf("no event says that nobody watched:\n%s", screen)
	}
	if !slices.Equal(all.closed, []string{"prod, the first", "staging"}) {
		t.Errorf("closed are %v", all.closed)
	}
}

// TestTheTimeElsewhereIsAGap in the charts, and the summary leaves it out.
func TestTheTimeElsewhereIsAGap(t *testing.T) {
	t.Parallel()
	m := feed(t, newTestModel(withClusters), scenario{members: 3, sweeps: 120}, 120, 40)
	m = switched(t, m, "staging")
	m, _ = m.Update(tickMsg{epoch.Add(2 * time.Minute)})
	m = switched(t, m, "prod")
	for i, s := range (scenario{members: 3, sweeps: 60}).generate() {
		m = m.at(t, s, epoch.Add(2*time.Minute+time.Duration(i)*time.Second))
	}
	a := &m.shown.members[0]
	const columns = 30
	values := m.judge.Columns(a.Key, thresholds.DBSize, m.shown.assessment.At, 5*time.Minute, columns)
	gap := 0
	for _, v := range values[:columns-8] {
		if !v.IsKnown() {
			gap++
		}
	}
	if gap < 10 || !values[columns-1].IsKnown() { // 2 of 5 minutes, and the minute before the first sweep
		t.Errorf("the time elsewhere is not blank in the charts: %v", values)
	}
	summary := m.summary()
	for _, want := range []string{"etcdoc saw no answer of 10.9.0.1:2379 in 1m59s.\n\netcdoc watched prod-eu9 for ",
		" of 4m58s: 180 sweeps"} {
		if !strings.Contains(summary, want) {
			t.Errorf("the summary lacks %q:\n%s", want, summary)
		}
	}
}

// TestTheCursorWaits: a view that was paused is as it was, and live again only with a newer sweep.
func TestTheCursorWaits(t *testing.T) {
	t.Parallel()
	m := feed(t, newTestModel(withClusters), scenario{members: 3, sweeps: 30}, 120, 40)
	m = press(t, m, "[", "[")
	before := m.shown.assessment.At
	m = switched(t, switched(t, m, "staging"), "prod")
	if !m.paused || m.shown.assessment.At != before || !strings.Contains(m.View(), "PAUSED") {
		t.Errorf("the view of %v is not the one that was left:\n%s", before, ansi.Strip(m.View()))
	}
	m = press(t, m, "esc")
	if screen := ansi.Strip(m.View()); m.shown.known() || !strings.Contains(screen, "connecting") {
		t.Errorf("live, without a sweep, it shows\n%s", screen)
	}
	if m = press(t, m, "["); !m.paused || m.shown.sweep != 30 {
		t.Errorf("[ leads to sweep %d, want the newest one that was seen", m.shown.sweep)
	}
}

// TestNoSwitch: what can't be opened is said in words, and what was given up is closed; the cluster stays.
func TestNoSwitch(t *testing.T) {
	t.Parallel()
	start := feed(t, newTestModel(withClusters), scenario{members: 3, sweeps: 30}, 120, 40)
	all := start.clusters.all.(*namedClusters)
	m := switched(t, start, "attic")
	if m.conn.on != "prod" || !strings.Contains(m.View(), "did not switch to attic: reading /nowhere/ca.crt") ||
		!strings.Contains(m.View(), "LIVE") || len(all.closed) > 0 {
		t.Errorf("closed %v, and the screen\n%s", all.closed, ansi.Strip(m.View()))
	}
	m = typed(t, press(t, start, "C"), "stag")
	m, open := m.Update(keyMsg("enter"))
	if m = press(t, m, "e", "m"); !strings.Contains(m.View(), "opening staging") || m.page() != pageOverview {
		t.Errorf("while a cluster is opened:\n%s", ansi.Strip(m.View()))
	}
	m = press(t, m, "esc")
	m, closing := m.Update(open())
	if closing == nil || m.conn.on != "prod" {
		t.Fatal("a cluster that was given up is shown, or stays open")
	}
	closing()
	if !slices.Equal(all.closed, []string{"staging"}) {
		t.Errorf("closed are %v", all.closed)
	}
	if m = press(t, press(t, start, "C"), "enter"); m.clusters.isOpening() || m.conn.on != "prod" {
		t.Error("the cluster that is shown is opened again")
	}
	m = press(t, feed(t, newTestModel(nil), scenario{members: 3, sweeps: 2}, 80, 24), "C")
	if m.prompt.open() || !strings.Contains(m.View(), "no other cluster") {
		t.Errorf("without clusters:\n%s", ansi.Strip(m.View()))
	}
}

// TestClustersSayHowTheyWere: the list has the level of each that was seen, with its age.
func TestClustersSayHowTheyWere(t *testing.T) {
	t.Parallel()
	m := feed(t, newTestModel(withClusters), scenarios()["one-down"], 120, 40)
	m = switched(t, m, "staging")
	m, _ = m.Update(tickMsg{epoch.Add(7 * time.Minute)})
	for _, open := range []string{"C", ":"} {
		screen := ansi.Strip(typed(t, press(t, m, open), "prod").View())
		if !strings.Contains(screen, "WARN 7m") || strings.Contains(screen, "attic") {
			t.Errorf("%s lists\n%s", open, screen)
		}
	}
	if here := m.lastSeen("staging"); here != "here" {
		t.Errorf("the cluster that is shown, without a sweep, is %q", here)
	}
	if never := m.lastSeen("attic"); never != "" {
		t.Errorf("a cluster that was never seen is %q", never)
	}
}
