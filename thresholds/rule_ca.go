package thresholds

import (
	"slices"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// authoritySoon is when a CA's end is news, and no longer a fact to keep in mind: OpenShift's cluster-etcd-operator,
// etcdSignerCAExpirationCritical.
const authorityNewsWithin = 365 * day

// authority is the CA that expires first of those that the members' certificates stand on, with the members whose
// certificates do; nil where no member has shown one.
func (s *subject) authority() (first *probe.Certificate, of []string) {
	for i := range s.members {
		switch c := s.members[i].probed.ServedAuthority; {
		case c == nil || !s.isMember(i):
		case first == nil || c.NotAfter.Before(first.NotAfter):
			first, of = c, []string{s.members[i].Label}
		case *c == *first:
			of = append(of, s.members[i].Label)
		}
	}
	return first, of
}

func judgeAuthority(s *subject, _ time.Duration) measurement {
	if first, _ := s.authority(); first != nil {
		return measurement{value: probe.Known(first.NotAfter.Sub(s.now).Seconds())}
	}
	if m, is := s.missingAnswer(); is {
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
	first, of := s.authority()
	whose := "the members' certificates"
	if len(of) < len(s.members) {
		whose = "the certificate of " + join(of)
	}
	return plain("the CA of " + whose + " " + expiry(first, s.now))
}

// authorities are the findings about a CA that ends within the limit for certificates (urgent), or not.
func (r *diagnoser) authorityFindings(urgent bool) []*Finding {
	limit := r.settings.rule(CertificateExpiring).Notice.Value.Or(0)
	found := r.found("", AuthorityExpiring)
	if len(found) > 0 && (found[0].Value.Or(0) <= limit || found[0].Level > Notice) != urgent {
		return nil
	}
	return found
}

// isPermanent reports that a remark is no news: on what the cluster is by design, or on a CA that has over a year left.
func isPermanent(f *Finding) bool {
	return slices.Contains(permanentRules[:], f.Rule) || f.Rule == AuthorityExpiring && f.Value.Or(0) > authorityNewsWithin.Seconds()
}
