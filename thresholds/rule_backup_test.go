package thresholds

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// aged are backups as of now that were taken so long ago.
func (s *scene) aged(change func(b *probe.Backups), ages ...time.Duration) {
	b := probe.Backups{Dir: "/backups", At: s.now, Files: wholeBackups(ages...)}
	for i := range b.Files {
		b.Files[i].Taken = s.now.Add(-ages[i])
	}
	if change != nil {
		change(&b)
	}
	s.backups = &probe.Fact[probe.Backups]{At: s.now, Value: b}
}

// TestBackupRules judges the backups on this host at the limit and around it, and says how the cluster stands by them.
func TestBackupRules(t *testing.T) {
	t.Parallel()
	const hour = time.Hour
	state := func(state probe.BackupState, problem string) func(b *probe.Backups) {
		return func(b *probe.Backups) {
			f := &b.Files[0]
			f.State, f.Problem, f.Content = state, problem, nil
		}
	}
	limit := DefaultBackupAge
	for name, test := range map[string]struct {
		set                     func(s *scene)
		missing, stale, corrupt Level
		unmeasured              RuleID
	}{
		"nobody looks": {set: func(*scene) {}},
		"not yet": {set: func(s *scene) { s.backups = &probe.Fact[probe.Backups]{Pending: s.now} },
			unmeasured: BackupMissing},
		"it does not answer": {set: func(s *scene) {
			s.backups = &probe.Fact[probe.Backups]{Pending: s.now.Add(-time.Hour)}
		}, missing: Unknown},
		"no folder": {set: func(s *scene) {
			s.backups = &probe.Fact[probe.Backups]{Err: &probe.Error{Text: "no such file or directory"}}
		}, missing: Unknown},
		"none":           {set: func(s *scene) { s.aged(nil) }, missing: Warning},
		"something else": {set: func(s *scene) { s.aged(func(b *probe.Backups) { b.Others, b.Other = 2, "a.gpg" }) }, missing: Unknown},
		"just young":     {set: func(s *scene) { s.aged(nil, limit-time.Second) }},
		"at the limit":   {set: func(s *scene) { s.aged(nil, limit) }, stale: Warning},
		"just old":       {set: func(s *scene) { s.aged(nil, limit+time.Second) }, stale: Warning},
		"just ahead":     {set: func(s *scene) { s.aged(nil, -5*time.Minute) }},
		"in the future":  {set: func(s *scene) { s.aged(nil, -hour) }, stale: Unknown},
		"damaged":        {set: func(s *scene) { s.aged(state(probe.BackupDamaged, "truncated"), hour, 2*hour) }, corrupt: Warning},
		"damaged before": {set: func(s *scene) {
			s.aged(func(b *probe.Backups) { b.Files[1].State = probe.BackupDamaged }, hour, 2*hour)
		}},
		"all are damaged": {set: func(s *scene) { s.aged(state(probe.BackupDamaged, "truncated"), hour) }, missing: Warning, corrupt: Warning},
		"shrunk":          {set: func(s *scene) { s.aged(func(b *probe.Backups) { b.Files[0].Content.Keys = 10 }, hour, 2*hour) }, corrupt: Warning},
		"not read yet":    {set: func(s *scene) { s.aged(state(probe.BackupUnchecked, ""), hour, 2*hour) }, unmeasured: BackupCorrupt},
		"no room for it":  {set: func(s *scene) { s.aged(state(probe.BackupUnchecked, "no space left"), hour) }, corrupt: Unknown},
		"not readable":    {set: func(s *scene) { s.aged(state(probe.BackupUnread, "permission denied"), hour) }, missing: Unknown},
		"the newest is not readable": {set: func(s *scene) {
			s.aged(state(probe.BackupUnread, "permission denied"), hour, 2*hour)
		}, corrupt: Unknown},
		"overdue alone": {set: func(s *scene) { s.aged(nil, 20*hour, 21*hour, 22*hour, 23*hour) }},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, 3, Options{})
			test.set(s)
			a := s.observe()
			wants(t, &a, BackupMissing, "", test.missing)
			wants(t, &a, BackupStale, "", test.stale)
			wants(t, &a, BackupCorrupt, "", test.corrupt)
			worst := max(test.missing, test.stale, test.corrupt)
			if a.Level < worst || worst >= Warning && a.Reading.Cause != CauseBackup {
				t.Errorf("%s: the whole is %s, by %s", name, a.Level, a.Reading.Cause)
			}
			if test.unmeasured != "" && !slices.ContainsFunc(a.Unmeasured, func(u Unmeasured) bool {
				return u.Rule == test.unmeasured
			}) {
				t.Errorf("%s: %s is not among what is not measured: %+v", name, test.unmeasured, a.Unmeasured)
			}
			for _, rule := range []RuleID{BackupMissing, BackupStale, BackupCorrupt} {
				if a.Finding(rule, "") != nil {
					saysFinding(t, &a, rule, "")
				}
			}
			if worst >= Warning {
				says(t, "reading", a.Reading.Headline+"\n"+a.Reading.Text+"\n"+a.Reading.Step+"\n"+a.Reading.Next)
			}
			if line := a.Backups.Line(); (line == "") != (a.Backups == nil) || strings.Contains(line, "  ") {
				t.Errorf("%s: %q", name, line)
			}
		})
	}
}

// TestBackupsOfOneLook: where nobody reads on, a backup that was not read whole is unknown, and never fine.
func TestBackupsOfOneLook(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{Immediate: true})
	s.aged(func(b *probe.Backups) {
		b.Files[0].State, b.Files[0].Content, b.More = probe.BackupUnchecked, nil, true
	},
		time.Hour)
	a := s.observe()
	wants(t, &a, BackupCorrupt, "", Unknown)
	saysFinding(t, &a, BackupCorrupt, "")
	if !a.AwaitsBackups {
		t.Error("a check does not wait for it")
	}
	s.aged(nil, time.Hour)
	if a = s.observe(); a.AwaitsBackups {
		t.Error("a check waits for nothing")
	}
	wants(t, &a, BackupCorrupt, "", OK)
}

// TestBackupsVerdictsStay: a backup that is missing lets nobody call a member unsafe to lose.
func TestBackupsVerdictsStay(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.aged(nil)
	a := s.run(time.Minute, func() { s.work(50, time.Millisecond) })
	if a.Level != Warning {
		t.Errorf("the whole is %s", a.Level)
	}
	for i := range a.Members {
		if m := &a.Members[i]; m.CanLose.Verdict != LossSafe {
			t.Errorf("%s: %s, %s", m.Label, m.CanLose.Verdict, m.CanLose.Reason)
		}
	}
}
