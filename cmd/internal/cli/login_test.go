package cli

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

// loggingIn is a world whose members answer nothing until they have checked a password.
type loggingIn struct {
	*world
	until time.Time
}

func (l *loggingIn) Next(ctx context.Context) (probe.Sweep, error) {
	s, err := l.world.Next(ctx)
	if time.Now().After(l.until) {
		return s, err
	}
	refused := &probe.Error{Kind: probe.ErrLogin, Text: "it answers, but has not answered etcdoc's login yet"}
	for i := range s.Members {
		m := &s.Members[i]
		m.Status = probe.Fact[probe.Status]{Err: refused}
		m.Linearizable, m.Serializable = probe.Fact[probe.Read]{Err: refused}, probe.Fact[probe.Read]{Err: refused}
	}
	return s, err
}

// TestCheckWaitsForItsLogin: on a busy host a login takes seconds, which says nothing about the member.
func TestCheckWaitsForItsLogin(t *testing.T) {
	for _, takes := range []time.Duration{0, 400 * time.Millisecond, 2 * time.Second, 6 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			w := &loggingIn{newWorld(1, time.Hour), time.Now().Add(takes)}
			a, err := newChecker(w, thresholds.Rules(), 3*time.Second, worldTimeout).check(t.Context(), true,
				&question{failOn: thresholds.Warning})
			if err != nil {
				t.Fatal(err)
			}
			q := question{failOn: thresholds.Warning, quorum: true}
			if code := q.code(&a); code != ExitHealthy {
				t.Errorf("a login of %v: exit code %d: %s", takes, code, a.Reading.Text)
			}
		})
	}
	synctest.Test(t, func(t *testing.T) {
		w := &loggingIn{newWorld(1, time.Hour), time.Now().Add(time.Hour)}
		began := time.Now()
		a, err := newChecker(w, thresholds.Rules(), 3*time.Second, worldTimeout).check(t.Context(), true,
			&question{failOn: thresholds.Warning})
		q := question{failOn: thresholds.Warning, quorum: true}
		if code := q.code(&a); err != nil || code != ExitNotDone || a.Reading.Cause != thresholds.CauseNotTrusted {
			t.Errorf("a login that never ends: %v, exit code %d, %s: %s", err, code, a.Reading.Cause, a.Reading.Text)
		}
		if took := time.Since(began); took > 3*worldTimeout {
			t.Errorf("it took %v", took)
		}
	})
}
