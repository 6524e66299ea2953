//go:build faults

package faults

import (
	"fmt"
	"slices"
	"strings"

	"github.com/etcdoc/etcdoc/probe/etcdtest"
	"github.com/etcdoc/etcdoc/thresholds"
)

// A found is a rule that must be breached, by a member or, without one, by the cluster.
type found struct {
	rule   thresholds.RuleID
	member *etcdtest.Member
}

func (f found) String() string {
	if f.member == nil {
		return string(f.rule)
	}
	return string(f.rule) + " " + f.member.Name
}

// An outcome is what the evaluator must eventually report about a fault.
type outcome struct {
	// what names the row in the table, after the stage's name.
	what string
	// cause is the reading's; empty: any, as long as every alarm is allowed. With anyAlarm, alarms may be any.
	cause thresholds.Cause
	// orElse are causes that are right as well, such as undetermined if it can't be known from here.
	orElse []thresholds.Cause
	// level is the least severe level allowed.
	level thresholds.Level
	// onTheWay are causes that may be read earlier or later, because they hold at that time.
	onTheWay []thresholds.Cause
	// findings must be there together with the cause, at any level but unknown, inhibited or not.
	findings []found
	// strict also forbids readings of other causes at notice; healthy is always allowed there.
	strict bool
	// ceiling, if set, is the most severe level allowed.
	ceiling thresholds.Level
	// anyAlarm allows any rule to be an alarm: alarms are facts, and the row is about the cause.
	anyAlarm bool
	// tolerated rules may be alarms, too, of any member. No other rule may.
	tolerated []thresholds.RuleID
	// verdicts are those of the members that matter.
	verdicts map[*etcdtest.Member]thresholds.Verdict
	// unsafe members may have any verdict but safe to lose.
	unsafe []*etcdtest.Member
	// needed are the members without whom every quorum needs a slow link: no sweep that says that a link is slow may
	// call one SAFE to lose.
	needed []*etcdtest.Member
	// check, if set, returns what else the assessment lacks; empty: nothing.
	check func(*observation) string
	// sweeps bounds how many it takes.
	sweeps int
}

// expect waits for the outcome of the newest change, and fails if another cause is read as a warning meanwhile, or
// another rule is an alarm.
func (s *stage) expect(o outcome) {
	s.Helper()
	s.hold()
	causeAt := 0
	misread := misreadings{observer: s.observer}
	for n := 1; n <= o.sweeps; n++ {
		l := s.observer.at(s.ctx, s.began+n-1)
		if l == nil {
			break
		}
		misread.take(&o, n, l, s.began+n-1)
		read := o.reads(l.Reading.Cause)
		if read && causeAt == 0 {
			causeAt = n
		}
		if read && o.missing(l) == "" {
			s.report.add(line{fault: s.title(o.what), cause: l.Reading.Cause, causeAt: causeAt, completeAt: n,
				observed: l})
			misread.complain(s, &o)
			return
		}
	}
	misread.complain(s, &o)
	l := s.observer.at(s.ctx, s.observer.count()-1)
	s.report.add(line{fault: s.title(o.what), cause: l.Reading.Cause, causeAt: causeAt, observed: l, failed: true})
	s.Errorf("%s: after %d sweeps the reading is %q, want %q (first read at sweep %d); missing: %s\n%s",
		s.title(o.what), o.sweeps, l.Reading.Cause, o.cause, causeAt, o.missing(l), l.trace)
}

func (s *stage) title(what string) string {
	if what == "" {
		return s.name
	}
	return s.name + ": " + what
}

// reads reports whether a cause is one that the outcome wants.
func (o *outcome) reads(c thresholds.Cause) bool {
	return o.cause == "" || c == o.cause || slices.Contains(o.orElse, c)
}

// missing returns what the assessment lacks of the outcome, besides the cause.
func (o *outcome) missing(l *observation) string {
	var missing []string
	if l.Level < o.level {
		missing = append(missing, o.level.String())
	}
	for _, want := range o.findings {
		if !slices.ContainsFunc(l.Findings, func(f thresholds.Finding) bool {
			return f.Rule == want.rule && f.Level != thresholds.Unknown && !f.Resolving() && about(&f, want.member)
		}) {
			missing = append(missing, want.String())
		}
	}
	for member, verdict := range o.verdicts {
		if m := l.member(member); m == nil {
			missing = append(missing, member.Name+" itself")
		} else if m.CanLose.Verdict != verdict {
			missing = append(missing, fmt.Sprintf("can-lose %s=%s (is %s: %s)", member.Name, verdict, m.CanLose.Verdict,
				m.CanLose.Reason))
		}
	}
	for _, member := range o.unsafe {
		if m := l.member(member); m != nil && m.CanLose.Verdict == thresholds.LossSafe {
			missing = append(missing, fmt.Sprintf("can-lose %s is safe: %s", member.Name, m.CanLose.Reason))
		}
	}
	if o.check != nil {
		if text := o.check(l); text != "" {
			missing = append(missing, text)
		}
	}
	return strings.Join(missing, ", ")
}

// member returns a member's assessment, or nil.
func (l *observation) member(of *etcdtest.Member) *thresholds.Member {
	for i := range l.Members {
		if uint64(l.Members[i].ID) == of.ID {
			return &l.Members[i]
		}
	}
	return nil
}

func about(f *thresholds.Finding, m *etcdtest.Member) bool {
	if m == nil {
		return f.Member.IsZero()
	}
	return uint64(f.Member.ID) == m.ID
}

// misreadings returns the causes and alarms that an outcome does not allow, each as it first appeared. Evidence of
// the right reading is allowed: reads that wait for a slow disk reveal it before its own rule fires.
type misreadings struct {
	observer *observer
	texts    []string
	seen     map[string]bool
}

// take checks the assessment with that number, which is the sweep-th since the newest change.
func (m *misreadings) take(o *outcome, sweep int, l *observation, number int) {
	note := func(key, text string) {
		if m.seen == nil {
			m.seen = map[string]bool{}
		}
		if !m.seen[key] {
			m.seen[key] = true
			m.texts = append(m.texts, fmt.Sprintf("sweep %d: %s", sweep, text))
		}
	}
	for _, member := range m.observer.falselySafe(number) {
		note("safe "+member.Key, fmt.Sprintf("FALSE SAFE: %s: %s", member.Label, member.CanLose.Reason))
	}
	if said := l.saysLinkSlow(); said != "" {
		for _, of := range o.needed {
			if lost := l.member(of); lost != nil && lost.CanLose.Verdict == thresholds.LossSafe {
				note("safe beside a slow link "+of.Name, fmt.Sprintf("%s is SAFE to lose (%s) while %s", of.Name,
					lost.CanLose.Reason, said))
			}
		}
	}
	if o.ceiling != 0 && l.Level > o.ceiling {
		note("ceiling", fmt.Sprintf("%s: %s %s", l.Level, l.Reading.Cause, l.Reading.Text))
	}
	right := l.Reading.Cause == o.cause || slices.Contains(o.orElse, l.Reading.Cause) || o.cause == "" && o.anyAlarm
	// Two possible causes are fine as long as the right one is among them; in the end the reading must be the right
	// one.
	perhaps := l.Reading.Cause == thresholds.CauseNotClear && slices.Contains(l.Reading.Candidates, o.cause)
	strictly := o.strict && l.Level == thresholds.Notice && l.Reading.Cause != thresholds.CauseHealthy
	if (l.Level >= thresholds.Warning || strictly) && !right && !perhaps &&
		!slices.Contains(o.onTheWay, l.Reading.Cause) {
		note(string(l.Reading.Cause), fmt.Sprintf("wrong cause %s: %s %q", l.Reading.Cause, l.Reading.Text,
			l.Reading.EvidenceTexts()))
	}
	for i := range l.Findings {
		f := &l.Findings[i]
		if f.Level < thresholds.Warning || o.anyAlarm || f.InhibitedBy != "" || o.allows(f) || right &&
			f.CoveredByReading {
			continue
		}
		note(string(f.Rule)+f.Member.Key, fmt.Sprintf("unexpected %s %s: %s; read as %s: %s", f.Level, f.Rule,
			f.Summary, l.Reading.Cause, l.Reading.Text))
	}
}

func (o *outcome) allows(f *thresholds.Finding) bool {
	return slices.Contains(o.tolerated, f.Rule) ||
		slices.ContainsFunc(o.findings, func(want found) bool { return want.rule == f.Rule && about(f, want.member) })
}

func (m *misreadings) complain(s *stage, o *outcome) {
	s.Helper()
	for _, text := range m.texts {
		s.Errorf("%s: %s", s.title(o.what), text)
	}
}

// expectRecovery waits until there is no alarm. Until then, what the outcome allowed may remain.
func (s *stage) expectRecovery(o outcome) {
	s.Helper()
	misread := misreadings{observer: s.observer}
	defer func() { misread.complain(s, &o) }()
	o.what = strings.TrimPrefix(o.what+", healed", ", ")
	for n := 1; n <= o.sweeps; n++ {
		l := s.observer.at(s.ctx, s.began+n-1)
		if l == nil {
			break
		}
		misread.take(&o, n, l, s.began+n-1)
		if l.Level <= thresholds.Notice && n > 2 { // the first two may have begun before the change took effect
			s.report.add(line{fault: s.title(o.what), cause: l.Reading.Cause, causeAt: n, completeAt: n, observed: l})
			return
		}
	}
	l := s.observer.at(s.ctx, s.observer.count()-1)
	s.report.add(line{fault: s.title(o.what), cause: l.Reading.Cause, observed: l, failed: true})
	s.Errorf("%s: after %d sweeps it is still %s: %s\n%s", s.title(o.what), o.sweeps, l.Level, l.Reading.Text, l.trace)
}

// saysLinkSlow names what says that a link is slow: the reading, a mark or a finding; empty if nothing does.
func (l *observation) saysLinkSlow() string {
	for i := range l.Findings {
		f := &l.Findings[i]
		if (f.Rule == thresholds.PeerRTTSlow || f.Rule == thresholds.LinkGrown) && f.Level != thresholds.Unknown &&
			!f.Resolving() {
			return fmt.Sprintf("%s of %s is %s", f.Rule, f.Member.Label, f.State)
		}
	}
	for i := range l.Members {
		if k := l.Members[i].Mark(thresholds.PeerRTTP99); k.State != "" {
			return fmt.Sprintf("the round trip of %s is marked: %s", l.Members[i].Label, k.State)
		}
	}
	if l.Reading.Cause == thresholds.CauseSlowLink && l.Level >= thresholds.Notice {
		return "the reading is: " + l.Reading.Headline
	}
	return ""
}

// waitsForLink names a member that is no SAFE loss because of how long commits would take, while no disk is slow.
func (l *observation) waitsForLink() string {
	for i := range l.Findings {
		if f := &l.Findings[i]; f.Rule == thresholds.WALFsyncSlow {
			return ""
		}
	}
	for i := range l.Members {
		if m := &l.Members[i]; m.CanLose.Verdict != thresholds.LossSafe &&
			m.CanLose.Ground == thresholds.GroundCommitLatency {
			return fmt.Sprintf("losing %s is %s: %s", m.Label, m.CanLose.Verdict, m.CanLose.Reason)
		}
	}
	return ""
}

// expectLinkOver waits until nothing says that a link is slow, and fails if a verdict still waits for one then, or
// anything says so again in as many sweeps as etcd's smoothed round trips may still show it.
func (s *stage) expectLinkOver(o outcome) {
	s.Helper()
	over := 0
	for n := 1; n <= o.sweeps+linkForgotten; n++ {
		l := s.observer.at(s.ctx, s.began+n-1)
		if l == nil {
			break
		}
		said, waits := l.saysLinkSlow(), l.waitsForLink()
		switch {
		case over > 0 && n > over+linkForgotten:
			return
		case over > 0 && said+waits != "":
			s.Errorf("%s: over at sweep %d, and at sweep %d: %s %s", s.title(o.what), over, n, said, waits)
			return
		case over == 0 && said == "" && n > 2:
			over = n
			s.report.add(line{fault: s.title("link over"), cause: l.Reading.Cause, causeAt: n, completeAt: n,
				observed: l})
			if waits != "" {
				s.Errorf("%s: nothing says that a link is slow, but %s", s.title(o.what), waits)
			}
		case over == 0 && n > o.sweeps:
			s.Errorf("%s: after %d sweeps still: %s", s.title(o.what), n, said)
			return
		}
	}
}

// linkForgotten is for how many sweeps a link that is over must stay so: etcd's smoothed round trips have fallen below
// all limits by then, and no window holds the older ones.
const linkForgotten = 70
