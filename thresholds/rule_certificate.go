package thresholds

import (
	"fmt"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// minuteUTC is the layout of a time in UTC to the minute.
const minuteUTC = "2006-01-02 15:04 UTC"

// judgeCertificate judges the time left to the client port's certificate. An expired one counts whether the member
// answers or not.
func judgeCertificate(s *subject, _ time.Duration) measurement {
	certificate := s.member.ServedCertificate
	if certificate != nil && !certificate.NotAfter.After(s.now) {
		return measurement{value: s.at.Vitals[CertificateExpiresIn]}
	}
	if m, ok := s.requireStatus(); !ok {
		return m
	}
	if certificate == nil {
		return notApplicable // without TLS nothing expires
	}
	return measurement{value: s.at.Vitals[CertificateExpiresIn]}
}

func sayCertificate(s *subject, _ measurement) statement {
	return s.has(fmt.Sprintf("the certificate of its client port %s", expiry(s.member.ServedCertificate, s.now))).
		briefly("certificate " + expiryBrief(s.member.ServedCertificate, s.now)).
		saying("It is that of the client port, " + validity(s.member.ServedCertificate))
}

func judgeClientCertificate(s *subject, _ time.Duration) measurement {
	certificate := s.sweep.ClientCertificate
	if certificate == nil {
		return notApplicable
	}
	return measurement{value: probe.Known(certificate.NotAfter.Sub(s.now).Seconds())}
}

func sayClientCertificate(s *subject, _ measurement) statement {
	return plain("etcdoc's own client certificate " + expiry(s.sweep.ClientCertificate, s.now)).
		brieflyOfAll("etcdoc's client certificate " + expiryBrief(s.sweep.ClientCertificate, s.now)).
		saying("It is " + validity(s.sweep.ClientCertificate))
}

// validity is until when a certificate is valid, and its subject.
func validity(c *probe.Certificate) string {
	return fmt.Sprintf("valid until %s (%s)", c.NotAfter.UTC().Format(minuteUTC), c.Subject)
}

// expiryBrief is expiry for a headline.
func expiryBrief(c *probe.Certificate, now time.Time) string {
	if left := c.NotAfter.Sub(now); left > 0 {
		return "expires in " + FormatDuration(left)
	}
	return "expired " + FormatDuration(now.Sub(c.NotAfter)) + " ago"
}

// expiry puts in words when a certificate expires or expired, and its subject.
func expiry(c *probe.Certificate, now time.Time) string {
	on := c.NotAfter.UTC().Format(minuteUTC)
	if left := c.NotAfter.Sub(now); left > 0 {
		return fmt.Sprintf("expires in %s, on %s (%s)", FormatDuration(left), on, c.Subject)
	}
	return fmt.Sprintf("expired %s ago, on %s (%s)", FormatDuration(now.Sub(c.NotAfter)), on, c.Subject)
}
