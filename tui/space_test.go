package tui

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/probe/keyspace"
	"github.com/etcdoc/etcdoc/thresholds"
)

// fakeSpace estimates what it is told.
type fakeSpace struct {
	estimate keyspace.Estimate
	err      error
	// asked gets the members that are asked; nil: nobody wants to know. until is waited for; nil: nothing.
	asked chan<- probe.MemberID
	until chan struct{}
}

func (f fakeSpace) EstimateSpace(
	ctx context.Context, member probe.MemberID, report func(doing string, done, of uint64),
) (keyspace.Estimate, error) {
	if f.asked != nil {
		f.asked <- member
	}
	report("counting keys", 1, 4)
	if f.until != nil {
		select {
		case <-f.until:
		case <-ctx.Done():
			return keyspace.Estimate{}, ctx.Err()
		}
	}
	return f.estimate, f.err
}

// someEstimate is what an estimate of a Kubernetes cluster may be.
func someEstimate() keyspace.Estimate {
	e := keyspace.Estimate{
		Began: epoch, Revision: 8_123_456, FirstRevision: 8_123_456, DatabaseBytes: 1900 << 20, UsedBytes: 1500 << 20,
		QuotaBytes: 2 << 30, ReadKeys: 3112,
	}
	add := func(name string, keys, live, off int64) {
		kubernetes := strings.HasPrefix(name, "/registry/")
		e.Prefixes = append(e.Prefixes, keyspace.EstimatedPrefix{
			Name: name, Kubernetes: kubernetes, Keys: keys, LiveBytes: live, ErrorBytes: off,
			LargestBytes: live / keys * 3, ReadKeys: 8, ManagedFieldsBytes: live / 4,
			AnnotationsBytes: live / 9, MetadataKnown: kubernetes,
		})
		e.Keys, e.LiveBytes = e.Keys+keys, e.LiveBytes+live
	}
	add("/registry/events/", 412_000, 610<<20, 21<<20)
	add("/registry/pods/", 31_200, 233<<20, 11<<20)
	add("/registry/kustomize.toolkit.fluxcd.io/kustomizations/", 3020, 41<<20, 5<<20)
	add("/registry/secrets/", 5100, 12<<20, 2<<20)
	for i := range 40 {
		add(fmt.Sprintf("/registry/kind-%02d/", i), 12, int64(400-i)<<10, 0)
	}
	add("app/sessions/", 900, 80<<10, 0)
	e.ErrorBytes = 24 << 20
	return e
}

// someSource is a member that was asked.
func someSource() thresholds.DataSource {
	return thresholds.DataSource{
		MemberRef: thresholds.MemberRef{Label: "etcd-1", Short: "etcd-1"}, Why: "the follower that answers fastest",
	}
}

// asking is the space page of a model while an estimate is made.
func asking(t *testing.T, space Space) (m model, cmd tea.Cmd) {
	t.Helper()
	m = watched(t, "healthy", 100, 30)
	m.conn.space = space
	m = press(t, m, "K")
	m, cmd = m.Update(keyMsg("enter"))
	return m, cmd
}

// deliver runs the commands of a batch, and delivers their messages, in turn.
func deliver(m model, cmd tea.Cmd) model {
	if cmd == nil {
		return m
	}
	switch msg := cmd().(type) {
	case nil:
	case tea.BatchMsg:
		for _, cmd := range msg {
			m = deliver(m, cmd)
		}
	default:
		next, more := m.Update(msg)
		m = deliver(next, more)
	}
	return m
}

// TestSpaceIsAskedForOnce: nothing is asked before the key for it; then a follower is, with its progress on the screen.
func TestSpaceIsAskedForOnce(t *testing.T) {
	t.Parallel()
	asked := make(chan probe.MemberID, 2)
	until := make(chan struct{})
	m, cmd := asking(t, fakeSpace{estimate: someEstimate(), asked: asked, until: until})
	if !m.estimating() || len(asked) > 0 {
		t.Fatalf("it is asked before its command runs: %v", m.space)
	}
	if again, more := m.Update(keyMsg("enter")); more != nil || again.space.run != m.space.run {
		t.Error("it is asked twice")
	}
	estimate, is := cmd().(tea.BatchMsg)
	if !is || len(estimate) != 2 {
		t.Fatalf("%v", estimate)
	}
	made := make(chan tea.Msg, 1)
	go func() { made <- estimate[0]() }()
	m, _ = m.Update(estimate[1]()) // its report
	if view := ansi.Strip(m.View()); !strings.Contains(view, "counting keys") || !strings.Contains(view, "25%") ||
		!strings.Contains(view, "esc stops it") {
		t.Errorf("the progress:\n%s", view)
	}
	close(until)
	m, _ = m.Update(<-made)
	leader := m.shown.assessment.Cluster.Leader.ID
	if id := <-asked; id == leader || id == 0 {
		t.Errorf("%s is asked, which leads", id)
	}
	view := ansi.Strip(m.View())
	for _, want := range []string{"/registry/events/", "412", "610M", "±21M", "quota", "history, all else", "1-"} {
		if !strings.Contains(view, want) {
			t.Errorf("it does not say %q:\n%s", want, view)
		}
	}
	if view := ansi.Strip(press(t, m, "G").View()); !strings.Contains(view, "app/sessions/") {
		t.Errorf("it does not scroll to the end:\n%s", view)
	}
	if what, text := m.pane().copies(m); what == "" || strings.Count(text, "\n") != 45 {
		t.Errorf("%s: %s", what, text)
	}
}

// TestSpaceStops: esc ends what is asked, and only then leads back; what comes later changes nothing.
func TestSpaceStops(t *testing.T) {
	t.Parallel()
	until := make(chan struct{})
	m, cmd := asking(t, fakeSpace{estimate: someEstimate(), until: until})
	m = press(t, m, "esc")
	if m.estimating() || m.page() != pageSpace {
		t.Fatalf("esc does not stop it: %v, page %v", m.space, m.page())
	}
	m = deliver(m, cmd) // it ends by its context
	if m.space.known || m.space.err != nil {
		t.Errorf("what was stopped is shown: %+v", m.space)
	}
	if m = press(t, m, "esc"); m.page() != pageOverview {
		t.Errorf("esc does not lead back from page %v", m.page())
	}
}

// TestSpaceFails: an error is said, and the estimate before it stays.
func TestSpaceFails(t *testing.T) {
	t.Parallel()
	m, cmd := asking(t, fakeSpace{estimate: someEstimate()})
	m = deliver(m, cmd)
	m.conn.space = fakeSpace{err: &probe.Error{Kind: probe.ErrPermission, Text: "permission denied"}}
	m, cmd = m.Update(keyMsg("enter"))
	m = deliver(m, cmd)
	if view := ansi.Strip(m.View()); !strings.Contains(view, "permission denied") || !strings.Contains(view, "610M") {
		t.Errorf("%s", view)
	}
	m.conn.space = nil
	if m, cmd = m.Update(keyMsg("enter")); cmd != nil || m.estimating() {
		t.Error("there is somebody to ask in a replay")
	}
	m.conn.space = fakeSpace{}
	m.seen.live.assessment = thresholds.Assessment{}
	if m, cmd = m.Update(keyMsg("enter")); cmd != nil || m.estimating() {
		t.Error("there is somebody to ask where nobody answers")
	}
}

// TestSpaceOfAnotherCluster: what was asked of a cluster is not awaited once another one is shown.
func TestSpaceOfAnotherCluster(t *testing.T) {
	t.Parallel()
	m, _ := asking(t, fakeSpace{})
	run := m.space.run
	m.conn.turn++
	if m, _ = m.Update(spaceMsg{run: run, err: errors.New("closed")}); m.estimating() || m.space.err != nil {
		t.Errorf("%+v", m.space)
	}
	if m, cmd := m.Update(keyMsg("enter")); cmd == nil || !m.estimating() {
		t.Error("it can't be asked anew")
	}
}

// TestSpaceOnASharedScreen hides what the prefixes are called, but for those that every Kubernetes has.
func TestSpaceOnASharedScreen(t *testing.T) {
	t.Parallel()
	m, cmd := asking(t, fakeSpace{estimate: someEstimate()})
	m = press(t, deliver(m, cmd), "P")
	if m.page() != pageSpace {
		m = press(t, m, "K")
	}
	view := ansi.Strip(m.View())
	if strings.Contains(view, "fluxcd") || !strings.Contains(view, "/registry/events/") ||
		!strings.Contains(view, "prefix-3") {
		t.Errorf("%s", view)
	}
}
