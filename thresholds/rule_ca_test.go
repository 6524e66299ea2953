package thresholds

import (
	"strings"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

func TestAuthorityExpires(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		left  time.Duration
		level Level
		// cause is the reading's, remark whether its text mentions the CA.
		cause  Cause
		remark bool
	}{
		"over 2 years":  {730*day + time.Minute, OK, CauseHealthy, false},
		"2 years":       {730 * day, Notice, CauseHealthy, true},
		"over a year":   {365*day + time.Minute, Notice, CauseHealthy, true},
		"a year":        {365 * day, Notice, CauseHealthy, true},
		"over 30 days":  {30*day + time.Minute, Notice, CauseHealthy, true},
		"30 days":       {30 * day, Notice, CauseCertificate, true},
		"over 7 days":   {7*day + time.Minute, Notice, CauseCertificate, true},
		"7 days":        {7 * day, Warning, CauseCertificate, true},
		"over a day":    {day + time.Minute, Warning, CauseCertificate, true},
		"a day":         {day, Critical, CauseCertificate, true},
		"it is over":    {-time.Hour, Critical, CauseCertificate, true},
		"ten years yet": {3650 * day, OK, CauseHealthy, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, 3, Options{})
			s.run(2*time.Second, func() { s.work(50, time.Millisecond) })
			for _, m := range s.members {
				m.certificate = &probe.Certificate{Subject: "CN=" + m.name, NotAfter: s.now.Add(3650 * day)}
				m.authority = &probe.Certificate{Subject: "CN=ca", NotAfter: s.now.Add(test.left)}
			}
			a := s.observe()
			wants(t, &a, AuthorityExpiring, "", test.level)
			saysFinding(t, &a, AuthorityExpiring, "")
			if a.Reading.Cause != test.cause ||
				strings.Contains(a.Reading.Text, "CA of the members' certificates") != test.remark {
				t.Errorf("%s: %s", a.Reading.Cause, a.Reading.Text)
			}
		})
	}
}

// TestAuthorityOfSome: if only some members' CA is known, the finding names those members; if none is, the rule is
// unknown.
func TestAuthorityOfSome(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	for i, m := range s.members {
		m.certificate = &probe.Certificate{NotAfter: s.now.Add(3650 * day)}
		m.authority = &probe.Certificate{Subject: "CN=new", NotAfter: s.now.Add(3650 * day)}
		if i == 1 {
			m.authority = &probe.Certificate{Subject: "CN=old", NotAfter: s.now.Add(5 * day)}
		}
	}
	a := s.observe()
	wants(t, &a, AuthorityExpiring, "", Warning)
	saysFinding(t, &a, AuthorityExpiring, "")
	s.member(2).down = errRefused // what was known of it stays
	a = s.observe()
	wants(t, &a, AuthorityExpiring, "", Warning)
	for _, m := range s.members {
		m.authority = nil
	}
	a = s.observe()
	wants(t, &a, AuthorityExpiring, "", Unknown)
	fresh := newScene(t, 3, Options{})
	fresh.member(2).down = errRefused
	a = fresh.observe()
	wants(t, &a, AuthorityExpiring, "", Unknown)
	fresh.member(2).down, fresh.member(2).certificate = nil, &probe.Certificate{NotAfter: s.now.Add(3650 * day)}
	a = fresh.observe()
	wants(t, &a, AuthorityExpiring, "", OK)
	if !strings.Contains(strings.Join(a.Reading.NotLookedAt, "\n"), "without the CA above them") {
		t.Errorf("not looked at: %q", a.Reading.NotLookedAt)
	}
}
