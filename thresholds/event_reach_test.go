package thresholds

import (
	"slices"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// TestOutOfReachIsARow: members whose certificates no longer fit are no members that are down; the log says since when,
// why, and for how long they were not seen. One that was never seen is no change.
func TestOutOfReachIsARow(t *testing.T) {
	t.Parallel()
	const members = 3
	trusted := func(s *scene, is bool) {
		for i := range members {
			if s.member(i + 1).down = nil; !is {
				s.member(i + 1).down = &probe.Error{Kind: probe.ErrTLSAuthority, Text: "an unknown authority signed it"}
			}
		}
	}
	never := newScene(t, members, Options{})
	trusted(never, false)
	never.run(3*time.Second, nil)
	if n := count(never.evaluator, EventOutOfReach); n != 0 {
		t.Errorf("%d events of members that were never seen", n)
	}
	s := newScene(t, members, Options{})
	s.run(3*time.Second, nil)
	trusted(s, false)
	begin := s.now
	s.run(20*time.Second, nil)
	of := func() []Event {
		return slices.DeleteFunc(EventRows(s.evaluator.Events(maxEvents)), func(e Event) bool {
			return e.Kind != EventOutOfReach || e.Member.Label != "etcd-2"
		})
	}
	if rows := of(); len(rows) != 1 || !rows[0].Active || !rows[0].At.Equal(begin) || rows[0].Level != Unknown ||
		rows[0].Text != "etcd-2 can't be reached from here: an unknown authority signed it" {
		t.Errorf("while it is out of reach: %+v", rows)
	}
	trusted(s, true)
	s.observe()
	if rows := of(); len(rows) != 1 || rows[0].Active || rows[0].Over != "answers again" ||
		rows[0].Lasted != 20*time.Second {
		t.Errorf("once it answers: %+v", rows)
	}
	if n := count(s.evaluator, EventDown) + count(s.evaluator, EventUp); n != 0 {
		t.Errorf("%d events of members that are down", n)
	}
	checkEventWidths(t, s.evaluator.Events(maxEvents))
}
