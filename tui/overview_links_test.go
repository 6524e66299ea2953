package tui

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"github.com/etcdoc/etcdoc/probe"
)

// linked shows a healthy cluster in which each round trip is one of its own, and etcd-1 has lost etcd-3.
func linked(t *testing.T, width, height int) model {
	t.Helper()
	m := recorded().scenarios["healthy"]()
	now := m.seen.live
	now.assessment.Members = slices.Clone(now.assessment.Members)
	for i := range now.assessment.Members {
		a := &now.assessment.Members[i]
		a.Peers = slices.Clone(a.Peers)
		for j := range a.Peers {
			p := &a.Peers[j]
			to := int(p.ID - now.assessment.Members[0].ID)
			p.RoundTripP50 = probe.Known(0.001 * float64(10*(i+1)))
			p.RoundTripP99 = probe.Known(0.001 * float64(10*(i+1)+to+1))
			p.RoundTripLow, p.RoundTripHigh = probe.Value{}, probe.Value{} // they stand in different buckets
			if i == 0 && to == 2 {
				p.Active = probe.Known(0)
			}
		}
	}
	return resized(t, m.show(&now), width, height)
}

// TestRoundTripMatrix: each member's column has its round trips, to the member that the line names.
func TestRoundTripMatrix(t *testing.T) {
	t.Parallel()
	m := linked(t, 200, 60)
	f := m.newGridFrame(139, minChartColumns)
	lines := strings.Split(ansi.Strip(m.View()), "\n")
	for to := range 3 {
		row := ""
		for _, l := range lines {
			if strings.HasPrefix(l, fmt.Sprintf(" RTT→etcd-%d", to+1)) {
				row = l
			}
		}
		if row == "" {
			t.Fatalf("no line for etcd-%d:\n%s", to+1, ansi.Strip(m.View()))
		}
		for from := range 3 {
			want := fmt.Sprintf("%d–%dms ×2", 10*(from+1), 10*(from+1)+to+1)
			switch {
			case from == to:
				want = "·"
			case from == 0 && to == 2:
				want = "NOT CONNECTED"
			}
			at := gridLabelWidth + from*(f.column+f.gap)
			if cell := strings.TrimSpace(ansi.Cut(row, at, at+f.column)); cell != want {
				t.Errorf("from etcd-%d to etcd-%d it says %q, want %q", from+1, to+1, cell, want)
			}
		}
	}
}

// TestLinkByRoom: with little room a round trip keeps its p99, and a lost connection stays in words.
func TestLinkByRoom(t *testing.T) {
	t.Parallel()
	m := linked(t, 200, 60)
	a, b, c := &m.shown.members[0], &m.shown.members[1], &m.shown.members[2]
	for width, want := range map[int][2]string{
		20: {"10–12ms ×2", "NOT CONNECTED"}, 10: {"10–12ms ×2", "CUT"}, 8: {"12ms ×2", "CUT"}, 5: {"12ms", "CUT"},
	} {
		if got := [2]string{m.linkCell(a, b, width).text, m.linkCell(a, c, width).text}; got != want {
			t.Errorf("in %d cells it says %q, want %q", width, got, want)
		}
	}
	stale := *a
	stale.MetricsStale = true
	if got := m.linkCell(&stale, b, 20).text; got != "~10–12ms ×2" {
		t.Errorf("the last known round trip is %q", got)
	}
	stale.Peers = nil
	if got := m.linkCell(&stale, b, 20).text; got != "-" {
		t.Errorf("an unreported round trip is %q", got)
	}
}

// TestMemberPageHasEverythingAtAnySize: what has no room in the window is a page down or more below, and no further.
func TestMemberPageHasEverythingAtAnySize(t *testing.T) {
	t.Parallel()
	for _, size := range [][2]int{{60, 15}, {80, 24}, {120, 40}, {200, 60}} {
		m := press(t, linked(t, size[0], size[1]), "enter")
		first, all := m.View(), ansi.Strip(m.View())
		last := ""
		for range 20 {
			if m = press(t, m, "pgdown"); m.View() == last {
				break
			}
			last = m.View()
			all += "\n" + ansi.Strip(last)
		}
		if m = press(t, m, "pgdown"); m.View() != last && last != "" {
			t.Errorf("%v: the page does not end", size)
		}
		for _, want := range []string{
			"puts/s", "ranges/s", "txns/s", "deletes/s", "lease ops/s", "client in/s", "client out/s", "peer in/s",
			"peer out/s", "RTT", "to 10–12ms ×2", "from 20–21ms ×2", "open files", "/metrics", "no events of its own",
		} {
			if !strings.Contains(strings.Join(strings.Fields(all), " "), want) {
				t.Errorf("%v: %q is nowhere on the page", size, want)
			}
		}
		for range 20 {
			m = press(t, m, "pgup")
		}
		if m.View() != first {
			t.Errorf("%v: a page up does not lead back to the beginning", size)
		}
	}
}
