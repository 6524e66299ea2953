package thresholds

import (
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

func TestCertificates(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		left  time.Duration
		level Level
	}{
		"31 days":        {31 * day, OK},
		"30 days":        {30 * day, Notice},
		"over 7 days":    {7*day + time.Minute, Notice},
		"7 days":         {7 * day, Warning},
		"over a day":     {day + time.Minute, Warning},
		"a day":          {day, Critical},
		"expired":        {-2 * time.Hour, Critical},
		"just under 30d": {30*day - time.Minute, Notice},
	}
	for _, test := range tests {
		s := newScene(t, 3, Options{})
		certificate := &probe.Certificate{Subject: "CN=x", NotAfter: s.now.Add(test.left)}
		s.member(2).certificate = certificate
		sweep := s.sweep()
		sweep.ClientCertificate = certificate
		a := s.evaluator.Observe(sweep)
		wants(t, &a, CertificateExpiring, "etcd-2", test.level)
		says(t, test.left.String(), finding(&a, CertificateExpiring, "etcd-2").Summary)
		wants(t, &a, ClientCertificateExpires, "", test.level)
		says(t, test.left.String()+", etcdoc's own", finding(&a, ClientCertificateExpires, "").Summary)
		wants(t, &a, CertificateExpiring, "etcd-1", OK)

		s.member(2).certificate.NotAfter = s.now.Add(365 * day) // renewed
		a = s.observe()
		wants(t, &a, CertificateExpiring, "etcd-2", OK)
		wants(t, &a, ClientCertificateExpires, "", OK)
	}
}

func TestCertificateOfAMemberThatIsDown(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.member(2).certificate = &probe.Certificate{Subject: "CN=x", NotAfter: s.now.Add(20 * day)}
	s.observe()
	s.member(2).down = errRefused
	a := s.observe()
	wants(t, &a, CertificateExpiring, "etcd-2", Unknown)
	s.now = s.now.Add(21 * day)
	a = s.observe()
	wants(t, &a, CertificateExpiring, "etcd-2", Critical)
	saysFinding(t, &a, CertificateExpiring, "etcd-2")
}

// clocks sets every member's clock off by that many seconds.
func clocks(s *scene, d time.Duration, offsets ...time.Duration) Assessment {
	return s.run(d, func() {
		for i, offset := range offsets {
			s.member(i + 1).metrics.Date = s.now.Add(offset).Truncate(time.Second)
		}
	})
}
