package agent

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/cmd/internal/kube"
	"github.com/etcdoc/etcdoc/thresholds"
)

// A share is an agent of several: its log, its events, and whether it falls to it to speak.
type share struct {
	t      *testing.T
	text   bytes.Buffer
	events []string
	speaks bool
	cut    bool // from the API server
	mutes  thresholds.Mutes
	*journal
	now time.Time
}

func newShare(t *testing.T, speaks bool) *share {
	s := &share{t: t, speaks: speaks, now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	s.journal = newJournal(&Options{
		Log:               slog.New(slog.NewJSONHandler(&s.text, nil)),
		HeartbeatInterval: time.Hour, ReportInterval: time.Hour,
		Speaks: func() bool { return s.speaks }, Sends: func() bool { return !s.cut }, HandoverTime: time.Minute,
		Record: func(e kube.Event) { s.events = append(s.events, e.Reason) },
	})
	return s
}

// see shows it findings 20 s later, and returns what it logs about them and which events it has.
func (s *share) see(findings ...thresholds.Finding) (said, events string) {
	s.t.Helper()
	s.text.Reset()
	s.events = nil
	s.now = s.now.Add(20 * time.Second)
	for i := range findings {
		findings[i].Since = s.now
	}
	a := &thresholds.Assessment{At: s.now, Findings: findings}
	s.mutes = s.mutes.After(a, s.now)
	s.write(a, s.mutes, &thresholds.Member{MemberRef: ownMember})
	for line := range strings.Lines(s.text.String()) {
		var record struct{ Msg, Rule, Member, State string }
		if err := json.Unmarshal([]byte(line), &record); err != nil {
			s.t.Fatal(err)
		}
		if what, is := strings.CutPrefix(record.Msg, "finding "); is {
			said += strings.TrimSpace(what+" "+record.Rule+" "+record.Member) + "; "
			if (what == "resolves") != (record.State == "resolved") {
				s.t.Errorf("a line whose state is %q: %s", record.State, line)
			}
		}
	}
	return strings.TrimSuffix(said, "; "), strings.Join(s.events, " ")
}

var ownMember, otherMember = thresholds.MemberRef{Key: "1", Label: "own"}, thresholds.MemberRef{Key: "2", Label: "other"}

func fired(rule thresholds.RuleID, level thresholds.Level, m thresholds.MemberRef) thresholds.Finding {
	return thresholds.Finding{Rule: rule, Level: level, Member: m, State: thresholds.AlertFiring, Summary: "it is so"}
}

// TestWhoSays: an agent that does not speak for all says what its own member has, and nothing else; what it takes over
// it says then, with what resolved while nobody may have said so.
func TestWhoSays(t *testing.T) {
	t.Parallel()
	own := fired(thresholds.WALFsyncSlow, thresholds.Warning, ownMember)
	other := fired(thresholds.WALFsyncSlow, thresholds.Critical, otherMember)
	cluster := fired(thresholds.QuorumAtRisk, thresholds.Critical, thresholds.MemberRef{})
	brief := fired(thresholds.DBFragmented, thresholds.Warning, otherMember)
	s := newShare(t, false)
	for _, step := range []struct {
		what         string
		speaks       bool
		findings     []thresholds.Finding
		said, events string
	}{
		{"its own", false, []thresholds.Finding{own, other, cluster, brief}, "fires wal-fsync-slow own", "EtcdWalFsyncSlow"},
		{"nothing new", false, []thresholds.Finding{own, other, cluster, brief}, "", ""},
		{"another's is over", false, []thresholds.Finding{own, other, cluster}, "", ""},
		{"takes over", true, []thresholds.Finding{own, other, cluster},
			"resolves db-fragmentation other; fires wal-fsync-slow other; fires quorum-at-risk",
			"EtcdDbFragmentationResolved EtcdWalFsyncSlowCritical EtcdQuorumAtRiskCritical"},
		{"still so", true, []thresholds.Finding{own, other, cluster}, "", ""},
		{"the other's is over", true, []thresholds.Finding{own, cluster}, "resolves wal-fsync-slow other",
			"EtcdWalFsyncSlowResolved"},
		{"loses the lease", false, []thresholds.Finding{own, cluster}, "", ""},
		{"its own is over", false, nil, "resolves wal-fsync-slow own", "EtcdWalFsyncSlowResolved"},
		{"a minute passes", false, nil, "", ""},
		{"a minute passes", false, nil, "", ""},
		{"a minute passes", false, nil, "", ""},
		{"takes over too late", true, nil, "", ""},
	} {
		s.speaks = step.speaks
		if said, events := s.see(step.findings...); said != step.said || events != step.events {
			t.Errorf("%s: %q and events %q, want %q and %q", step.what, said, events, step.said, step.events)
		}
	}
}

// TestTakeoverOfWhatFiresAgain: whoever takes over says of what fires again only that it fires, and of what resolves at
// that moment the same as of what resolved before.
func TestTakeoverOfWhatFiresAgain(t *testing.T) {
	t.Parallel()
	down := fired(thresholds.MemberUnreachable, thresholds.Warning, otherMember)
	brief := fired(thresholds.DBFragmented, thresholds.Warning, otherMember)
	s := newShare(t, false)
	s.see(down, brief)
	s.see(brief)
	s.speaks = true
	said, events := s.see(down)
	if want := "resolves db-fragmentation other; fires member-unreachable other"; said != want {
		t.Errorf("it says %q, want %q", said, want)
	}
	if want := "EtcdDbFragmentationResolved EtcdMemberUnreachable"; events != want {
		t.Errorf("events %q, want %q", events, want)
	}
	if said, events = s.see(); said != "resolves member-unreachable other" || events != "EtcdMemberUnreachableResolved" {
		t.Errorf("over: %q, events %q", said, events)
	}
}

// TestCutOffSendsNoEvents: an agent that does not reach the API server logs all that it sees, and sends no Event about
// the cluster or another member, until it reaches it again.
func TestCutOffSendsNoEvents(t *testing.T) {
	t.Parallel()
	own := fired(thresholds.NoLeader, thresholds.Critical, ownMember)
	lost := fired(thresholds.QuorumLost, thresholds.Critical, thresholds.MemberRef{})
	s := newShare(t, true)
	s.cut = true
	if said, events := s.see(own, lost); said != "fires no-leader own; fires quorum-lost" || events != "EtcdNoLeaderCritical" {
		t.Errorf("cut off: %q, events %q", said, events)
	}
	if said, events := s.see(own); said != "resolves quorum-lost" || events != "" {
		t.Errorf("over: %q, events %q", said, events)
	}
	s.see(own, lost)
	s.cut = false
	if said, events := s.see(own, lost); said != "" || events != "EtcdQuorumLostCritical" {
		t.Errorf("back: %q, events %q", said, events)
	}
}

// TestSaysNothingOfWhatCantBeJudged: of a member that is down the log says that, and not of each rule that it can't be
// judged; what fired before is over once that is seen.
func TestSaysNothingOfWhatCantBeJudged(t *testing.T) {
	t.Parallel()
	disk := fired(thresholds.WALFsyncSlow, thresholds.Warning, ownMember)
	down := fired(thresholds.MemberUnreachable, thresholds.Warning, ownMember)
	unknown := func(rule thresholds.RuleID) thresholds.Finding {
		f := fired(rule, thresholds.Unknown, ownMember)
		f.InhibitedBy = thresholds.MemberUnreachable
		return f
	}
	s := newShare(t, true)
	for i, step := range []struct {
		findings []thresholds.Finding
		want     string
	}{
		{[]thresholds.Finding{disk}, "fires wal-fsync-slow own"},
		{[]thresholds.Finding{down, unknown(thresholds.WALFsyncSlow), unknown(thresholds.ApplyLagging)},
			"fires member-unreachable own"},
		{nil, "resolves"},
	} {
		said, _ := s.see(step.findings...)
		if said != step.want && (step.findings != nil || strings.Count(said, step.want) != 2 ||
			!strings.Contains(said, "resolves wal-fsync-slow own")) {
			t.Errorf("step %d: %q, want %q", i, said, step.want)
		}
	}
}

// TestEventsOfFindings: an event is about what raises an alarm, says that it gets worse, and that it is over.
func TestEventsOfFindings(t *testing.T) {
	t.Parallel()
	explained := fired(thresholds.BackendCommitSlow, thresholds.Warning, ownMember)
	explained.InhibitedBy = thresholds.WALFsyncSlow
	at := func(level thresholds.Level) []thresholds.Finding {
		return []thresholds.Finding{fired(thresholds.WALFsyncSlow, level, ownMember), explained}
	}
	s := newShare(t, true)
	for i, step := range []struct {
		findings []thresholds.Finding
		want     string
	}{
		{at(thresholds.Notice), ""},
		{at(thresholds.Warning), "EtcdWalFsyncSlow"},
		{at(thresholds.Critical), "EtcdWalFsyncSlowCritical"},
		{at(thresholds.Warning), ""},
		{at(thresholds.Notice), ""},
		{nil, "EtcdWalFsyncSlowResolved"},
		{at(thresholds.Notice), ""},
		{nil, ""},
	} {
		if _, events := s.see(step.findings...); events != step.want {
			t.Errorf("step %d: %q, want %q", i, events, step.want)
		}
	}
}

// TestMuteEnds: a finding whose mute ends is logged at its own level, and is an event, whether the mute's time is over
// or another member has it, too.
func TestMuteEnds(t *testing.T) {
	t.Parallel()
	own := fired(thresholds.MemberUnreachable, thresholds.Warning, ownMember)
	other := fired(thresholds.MemberUnreachable, thresholds.Warning, otherMember)
	const event = "EtcdMemberUnreachable"
	for _, c := range []struct {
		what         string
		last         []thresholds.Finding
		said, events string
	}{
		{"its time is over", []thresholds.Finding{own}, "unmuted member-unreachable own", event},
		{"another member joins", []thresholds.Finding{own, other},
			"unmuted member-unreachable own; fires member-unreachable other", event + " " + event},
	} {
		s := newShare(t, true)
		s.mutes = thresholds.Mutes{{Rule: thresholds.MemberUnreachable, Until: s.now.Add(50 * time.Second)}}
		if said, events := s.see(own); said != "fires member-unreachable own" || events != "" ||
			!strings.Contains(s.text.String(), "muted_until") || strings.Contains(s.text.String(), `"WARN"`) {
			t.Errorf("%s: before: events %q and\n%s", c.what, events, &s.text)
		}
		if said, events := s.see(own); said != "" || events != "" {
			t.Errorf("%s: nothing new: %q and events %q", c.what, said, events)
		}
		if said, events := s.see(c.last...); said != c.said || events != c.events ||
			strings.Count(s.text.String(), `"WARN"`) != len(c.last) {
			t.Errorf("%s: events %q, want %q, and\n%s", c.what, events, c.events, &s.text)
		}
	}
}

// TestFlappingBelowALevel: a notice that resolves and fires again by turns is logged once.
func TestFlappingBelowALevel(t *testing.T) {
	t.Parallel()
	s := newShare(t, true)
	fires := fired(thresholds.WALFsyncSlow, thresholds.Notice, ownMember)
	resolves := fires
	resolves.State, resolves.PreviousLevel = thresholds.AlertResolving, thresholds.Notice
	for i, want := range []string{"fires wal-fsync-slow own", "", ""} {
		for _, f := range []thresholds.Finding{fires, resolves} {
			if said, _ := s.see(f); said != want {
				t.Errorf("turn %d, %s: %q, want %q", i, f.State, said, want)
			}
			want = ""
		}
	}
	if said, _ := s.see(); said != "resolves wal-fsync-slow own" {
		t.Errorf("over: %q", said)
	}
}

// TestWindowsBegunAnew: a sweep after which nothing can be said of rates is news at the start alone.
func TestWindowsBegunAnew(t *testing.T) {
	t.Parallel()
	s := newShare(t, true)
	for i, step := range []struct {
		cause thresholds.Cause
		news  bool
	}{
		{thresholds.CauseFirstSweep, true}, {thresholds.CauseHealthy, true}, {thresholds.CauseFirstSweep, false},
		{thresholds.CauseHealthy, false}, {thresholds.CauseSlowDisk, true},
	} {
		s.text.Reset()
		s.now = s.now.Add(time.Second)
		s.write(&thresholds.Assessment{At: s.now, Reading: thresholds.Reading{Cause: step.cause}}, nil, nil)
		if news := strings.Contains(s.text.String(), `"msg":"reading"`); news != step.news {
			t.Errorf("step %d, %s: it is news: %t", i, step.cause, news)
		}
	}
}

// TestSaysThatItsMemberIsNotKnown: an agent that does not know its own member is never fit; the log says so once, with
// the reason, and once that it is over.
func TestSaysThatItsMemberIsNotKnown(t *testing.T) {
	t.Parallel()
	s := newShare(t, false)
	for _, step := range []struct {
		err  error
		want string
	}{
		{nil, ""}, {errors.New("nobody: there is no such member"), "nobody: there is no such member"},
		{errors.New("nobody: there is no such member"), ""}, {nil, "is known now"}, {nil, ""},
	} {
		s.text.Reset()
		s.writeOwn(step.err)
		if said := s.text.String(); !strings.Contains(said, step.want) || (said == "") != (step.want == "") ||
			strings.Contains(said, "WARN") != (step.err != nil && said != "") {
			t.Errorf("%v: %q, want %q", step.err, said, step.want)
		}
	}
}
