package thresholds

import (
	"slices"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// authorityNewsWithin is the time to a CA's expiry below which it is news rather than a permanent remark: OpenShift's
// cluster-etcd-operator, etcdSignerCAExpirationCritical.
const authorityNewsWithin = 365 * day

// authority returns the CA that expires first among those that signed the members' certificates, and the labels of the
// members whose certificates it signed; nil where no member has shown a CA.
func (b *cohort) authority() (first *probe.Certificate, signed []string) {
	for i := range b.members {
		switch c := b.members[i].probed.ServedAuthority; {
		case c == nil || !b.isMember(i):
		case first == nil || c.NotAfter.Before(first.NotAfter):
			first, signed = c, []string{b.members[i].Label}
		case c.Equal(first):
			signed = append(signed, b.members[i].Label)
		}
	}
	return first, signed
}

func judgeAuthority(s *subject, _ time.Duration) measurement {
	if first, _ := s.authority(); first != nil {
		return measurement{value: probe.Known(first.NotAfter.Sub(s.now).Seconds())}
	}
	if m, missing := s.missingAnswer(); missing {
		return m
	}
	for i := range s.members {
		if s.isMember(i) && s.members[i].probed.ServedCertificate != nil {
			return measurement{notMeasurable: "the members' certificates were shown without the CA above them"}
		}
	}
	return notApplicable // without TLS nothing expires
}

func sayAuthority(s *subject, _ measurement) statement {
	first, signed := s.authority()
	whose := "the members' certificates"
	if len(signed) < len(s.members) {
		whose = "the certificate of " + join(signed)
	}
	return plain("the CA of " + whose + " " + expiry(first, s.now)).
		brieflyOfAll("a CA of the members' certificates " + expiryBrief(first, s.now)).
		saying("It is that of " + whose + ", " + validity(first))
}

// authorityFindings returns the findings about a CA: with urgent those that reach the notice limit of certificates or
// are worse than a notice, else the others.
func (r *diagnoser) authorityFindings(urgent bool) []*Finding {
	limit := r.settings.rule(CertificateExpiring).Notice.Value.Or(0)
	found := r.found("", AuthorityExpiring)
	if len(found) > 0 && (found[0].Value.Or(0) <= limit || found[0].Level > Notice) != urgent {
		return nil
	}
	return found
}

// isPermanent reports whether a remark is no news: it is about the cluster's design, or a CA that has over a year left.
func isPermanent(f *Finding) bool {
	return slices.Contains(permanentRules[:], f.Rule) ||
		f.Rule == AuthorityExpiring && f.Value.Or(0) > authorityNewsWithin.Seconds()
}
