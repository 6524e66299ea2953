package tui

import (
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/etcdoc/etcdoc/probe"
)

// TestWritesOnTheMemberPage: where most of what is in a member's log was written to, why that is not known, and nothing
// of a member whose log is not read.
func TestWritesOnTheMemberPage(t *testing.T) {
	t.Parallel()
	var fact probe.Fact[probe.Written]
	written := func(_ time.Duration, s *probe.Sweep, _ *world) {
		if s.Members[0].Written = fact; fact.Err == nil {
			s.Members[0].Written.At = s.At
		}
	}
	facts := func(member int) string {
		t.Helper()
		m := feed(t, newTestModel(nil), scenario{members: 3, sweeps: 5, fault: written}, 120, 40)
		lines := ansi.Strip(strings.Join(m.renderFactLines(&m.shown.members[member], 200), "\n"))
		_, found, has := strings.Cut(lines, "\nwrites")
		if !has {
			return ""
		}
		line, rest, _ := strings.Cut(found, "\n")
		if fact.Err != nil {
			line += rest
		}
		return strings.Join(strings.Fields(line), " ")
	}
	fact.Value = probe.Written{Over: time.Minute, Puts: 590, Deletes: 10, Bytes: 60 << 20, Granted: 30,
		Prefixes: []probe.WrittenPrefix{
			{Name: "/registry/events/", Puts: 420, Bytes: 30 << 20}, {Name: "\x1b[2J/", Puts: 60}, {Rest: true, Deletes: 6},
		}}
	for member, want := range []string{"in its log, last 1m 10/s 1M/s leases granted 0.5/s " +
		"/registry/events/ 7/s 512K/s 70% \\x1b[2J/ 1/s 0B/s 10% other prefixes 0.1/s 0B/s 1%", ""} {
		if got := facts(member); got != want {
			t.Errorf("member %d: %q, want %q", member, got, want)
		}
	}
	fact.Value = probe.Written{}
	if got := facts(0); got != "in its log from now on" {
		t.Errorf("at first %q", got)
	}
	fact.Err = &probe.Error{Kind: probe.ErrOther, Text: "its log is damaged at byte 7"}
	if got := facts(0); !strings.HasPrefix(got, "in its log ?") || !strings.Contains(got, "damaged at byte 7") {
		t.Errorf("damaged: %q", got)
	}
}
