package thresholds

import (
	"fmt"
	"slices"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// Backups is what is known of the backups on etcdoc's host.
type Backups struct {
	Dir string
	BackupsVerdict
	// Age is how old the newest one is; unknown without one.
	Age probe.Value
}

// FaultLevel is that of what the rules about backups judge: schedules count nothing for them.
func (b *Backups) FaultLevel() Level {
	level := OK
	for i := range b.Problems {
		if p := &b.Problems[i]; p.Level > Notice {
			level = max(level, p.Level)
		}
	}
	return level
}

// Line says in at most 24 columns how the backups are; empty without any that somebody looks at.
func (b *Backups) Line() string {
	switch {
	case b == nil:
		return ""
	case b.problem(BackupsMissing) != nil:
		return "none"
	case !b.Age.IsKnown():
		return "?"
	}
	text := FormatDuration(time.Duration(b.Age.Or(0)*float64(time.Second))) + " old"
	if b.problem(BackupsCorrupt, BackupsShrunk) != nil {
		text += ", bad"
	}
	return text
}

// backupsOf judges the backups of a sweep; nil if nobody looks at any, or nothing is known of them yet.
func backupsOf(f *frame) *Backups {
	fact := f.sweep.Backups
	if fact == nil || !fact.Answered() {
		return nil
	}
	maxAge := ageLimit(f.settings.rule(BackupStale))
	b := &Backups{Dir: fact.Value.Dir, BackupsVerdict: JudgeBackups(&fact.Value, f.now, maxAge)}
	if b.Newest != nil && !IsAhead(b.Newest, f.now) {
		b.Age = probe.Known(f.now.Sub(b.Newest.Taken).Seconds())
	}
	return b
}

// BackupAge is how old the newest backup may be by the rule about it.
func BackupAge(rules RuleSet) time.Duration {
	rule, _ := rules.Rule(BackupStale)
	return ageLimit(rule)
}

// ageLimit is the limit of a rule about an age from which on it warns; without one any age will do.
func ageLimit(r *Rule) time.Duration {
	for _, limit := range []Limit{r.Warning, r.Critical} {
		if seconds, has := limit.Value.Get(); has {
			return time.Duration(min(seconds, maxAgeSeconds) * float64(time.Second))
		}
	}
	return maxAgeSeconds * time.Second
}

// maxAgeSeconds is more than any backup is old: a hundred years.
const maxAgeSeconds = 100 * 365 * 24 * 60 * 60

// problem is the worst of a kind that the backups have; nil if they have none.
func (b *Backups) problem(faults ...BackupFault) *BackupProblem {
	i := slices.IndexFunc(b.Problems, func(p BackupProblem) bool { return slices.Contains(faults, p.Fault) })
	if i < 0 {
		return nil
	}
	return &b.Problems[i]
}

// awaitsBackups reports whether a further sweep may say more of the backups.
func awaitsBackups(fact *probe.Fact[probe.Backups]) bool {
	return fact != nil && fact.Err == nil && (!fact.Answered() || fact.Value.More)
}

// requireBackups returns ok if the backups are known, else why they are not.
func (s *subject) requireBackups() (m measurement, ok bool) {
	switch fact := s.sweep.Backups; {
	case fact == nil:
		return notApplicable, false
	case s.rule.ID != BackupMissing && (fact.Err != nil || s.backups == nil):
		return notApplicable, false // that says so
	case fact.Err != nil:
		return measurement{unknown: "the backups on this host can't be looked at: " + fact.Err.Text}, false
	case s.backups == nil && s.now.Sub(fact.Pending) < s.settings.window:
		return measurement{notMeasurable: "the backups on this host have not been looked at yet"}, false
	case s.backups == nil:
		return measurement{unknown: "the folder of backups on this host does not answer"}, false
	}
	return measurement{}, true
}

func judgeBackupMissing(s *subject, _ time.Duration) measurement {
	if m, ok := s.requireBackups(); !ok {
		return m
	}
	if p := s.backups.problem(BackupsUnread); p != nil && s.backups.Newest == nil {
		return measurement{unknown: "the backups in " + s.backups.Dir + " are not known: " + p.Text}
	}
	return holds(s.backups.problem(BackupsMissing) != nil)
}

func sayBackupMissing(s *subject, _ measurement) statement {
	dir := s.backups.Dir
	if s.backups.problem(BackupsCorrupt) != nil {
		return plain("every snapshot of etcd in " + dir + " is damaged").brieflyOfAll(s.backups.Headline).
			saying("They are in " + dir)
	}
	return plain("there is no snapshot of etcd in " + dir).brieflyOfAll(s.backups.Headline).
		saying("None was found in " + dir)
}

func judgeBackupStale(s *subject, _ time.Duration) measurement {
	if m, ok := s.requireBackups(); !ok {
		return m
	}
	switch {
	case s.backups.Newest == nil:
		return notApplicable
	case !s.backups.Age.IsKnown():
		return measurement{unknown: "the time of the newest backup, " + s.backups.Newest.Name + ", is in the future: how " +
			"old it is is not known"}
	}
	return measurement{value: probe.Known(max(s.backups.Age.Or(0), 0)), since: s.backups.Newest.Taken}
}

func sayBackupStale(s *subject, m measurement) statement {
	by := "by the file's time"
	if s.backups.Newest.ByName {
		by = "by its name"
	}
	is := fmt.Sprintf("%s in %s, %s", s.backups.Newest.Name, s.backups.Dir, by)
	return plain(fmt.Sprintf("the newest backup is %s old: %s", m.duration(), is)).withDuration().
		brieflyOfAll("the newest backup is " + m.duration() + " old").saying("It is " + is)
}

func judgeBackupCorrupt(s *subject, _ time.Duration) measurement {
	if m, ok := s.requireBackups(); !ok {
		return m
	}
	b := s.backups
	switch {
	case s.corruptBackup() != nil:
		return holds(true)
	case b.Newest == nil:
		return notApplicable
	case b.problem(BackupsUnread) != nil:
		p := b.problem(BackupsUnread)
		return measurement{unknown: p.Name + " is newer than " + b.Newest.Name + ", and " + p.Text}
	case b.Newest.State == probe.BackupUnchecked && b.Newest.Problem != "":
		return measurement{unknown: "the newest backup, " + b.Newest.Name + ", could not be read whole: " +
			b.Newest.Problem}
	case b.Newest.State == probe.BackupUnchecked && s.settings.immediate: // nobody reads on
		return measurement{unknown: "the newest backup, " + b.Newest.Name + ", was not read whole in time: etcdoc backup " +
			b.Dir + " reads it"}
	case b.Newest.State == probe.BackupUnchecked:
		return measurement{notMeasurable: "the newest backup, " + b.Newest.Name + ", was not read whole yet"}
	}
	return holds(false)
}

// corruptBackup is what is wrong with the newest backup, if it is damaged or has shrunk.
func (s *subject) corruptBackup() *BackupProblem {
	b := s.backups
	for i := range b.Problems {
		p := &b.Problems[i]
		newer := p.Fault == BackupsCorrupt && (b.Newest == nil || p.Taken.After(b.Newest.Taken))
		if newer || p.Fault == BackupsShrunk {
			return p
		}
	}
	return nil
}

func sayBackupCorrupt(s *subject, _ measurement) statement {
	p := s.corruptBackup()
	brief := "the newest backup is damaged"
	if p.Fault == BackupsShrunk {
		brief = "the newest backup has shrunk"
	}
	is := p.Name + " in " + s.backups.Dir + ": " + p.Text
	return plain(brief + ": " + is).brieflyOfAll(brief).saying("It is " + is)
}
