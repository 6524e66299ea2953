package thresholds

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

func judgeMetricsUnavailable(s *subject, _ time.Duration) measurement {
	if s.at.State == StateDown || s.at.State == StateLate || s.at.State == StateOutOfReach {
		m, _ := s.requireStatus()
		return m
	}
	m := holds(s.member.Metrics.Err != nil || s.at.MetricsTooOld)
	switch elsewhere := s.servedElsewhere(); {
	case m.value.Or(0) > 0 && !elsewhere:
		m.value = probe.Known(metricsExpected)
	case elsewhere: // waiting would not make them appear, and all that they lack would be unknown meanwhile
		m.certain = true
	}
	if m.value.Or(0) == 0 && s.metricsAreSlow() {
		m = holds(true)
	}
	if inDump(s.member) {
		m.certain = true // a dump does not grow
	}
	return m
}

// metricsAreSlow reports whether reading the member's metrics takes longer than an election timeout while its other
// answers are quick: the process is not slow, but the way to its metrics is, or generating them.
func (s *subject) metricsAreSlow() bool {
	took, pulses := s.member.Metrics.Took, s.cohort.answersOf(s.place).pulses
	return !inDump(s.member) && took >= electionTimeout && len(pulses) > 0 &&
		slices.Max(pulses) < took.Seconds()/answersFactor
}

// hasNoMetrics reports whether the member's metrics have never been read and nothing serves them where etcdoc expects
// them, which is not the member's fault: k3s and RKE2 serve them on each host's loopback only.
func (s *subject) hasNoMetrics() bool {
	if !s.metricsNeverRead() {
		return false
	}
	switch s.member.Metrics.Err.Kind {
	case probe.ErrUnsupported, probe.ErrRefused, probe.ErrUnreachable, probe.ErrClosed:
		return true
	}
	return false
}

// servedElsewhere is hasNoMetrics, or that what answers there has never given a member's exposition: a page, a body
// without end, a connection that is reset.
func (s *subject) servedElsewhere() bool {
	if s.hasNoMetrics() {
		return true
	}
	return s.metricsNeverRead() &&
		(s.member.Metrics.Err.Kind == probe.ErrMalformed || s.member.Metrics.Err.Kind == probe.ErrTLS)
}

func (s *subject) metricsNeverRead() bool {
	return s.member.Metrics.Err != nil && !s.member.Metrics.Answered() && !inDump(s.member)
}

// servesLoopbackOnly returns the member on etcdoc's own host, if that serves metrics there for its own host alone; nil
// if not, or if that is not known.
func (s *subject) servesLoopbackOnly() *memberState {
	for i := range s.members {
		m := &s.members[i]
		if m.probed.Flags == nil || len(m.probed.Flags.ListenMetricsURLs) == 0 || m.probed == s.member {
			continue
		}
		forOthers := func(u string) bool { return !probe.IsLoopback(u) }
		if !slices.ContainsFunc(m.probed.Flags.ListenMetricsURLs, forOthers) {
			return m
		}
	}
	return nil
}

func sayMetricsUnavailable(s *subject, _ measurement) statement {
	switch metrics := &s.member.Metrics; {
	case !metrics.Partial || s.at.MetricsTooOld:
	case metrics.Err.Kind == probe.ErrTimeout:
		return naming(fmt.Sprintf("the metrics of %s were cut off after %s: what came by then is judged",
			s.at.Label, Seconds.Format(metrics.Took.Seconds()))).
			briefly("metrics cut off after " + Seconds.Format(metrics.Took.Seconds()))
	default:
		return naming(fmt.Sprintf("the metrics of %s broke off (%s): what came before is judged",
			s.at.Label, metrics.Err.Text)).briefly("metrics broke off: "+metrics.Err.Kind.Words(), "metrics broke off")
	}
	if err := s.member.Metrics.Err; err != nil {
		return naming(fmt.Sprintf("the metrics of %s can't be read: %s", s.at.Label, err.Text)).
			briefly("metrics unreadable: "+err.Kind.Words(), "metrics unreadable")
	}
	if !s.at.MetricsTooOld {
		return naming(fmt.Sprintf("the metrics of %s take %s, and Status meanwhile %s at most",
			s.at.Label, Seconds.Format(s.member.Metrics.Took.Seconds()),
			Seconds.Format(slices.Max(s.cohort.answersOf(s.place).pulses)))).
			briefly("metrics take " + Seconds.Format(s.member.Metrics.Took.Seconds()))
	}
	since := s.member.Metrics.Pending
	if since.IsZero() { // no request is pending
		since = s.member.Metrics.At
	}
	return naming(fmt.Sprintf("the metrics of %s have not been answered for %s",
		s.at.Label, FormatDuration(max(0, s.now.Sub(since))))).withDuration().
		briefly("metrics late by "+FormatDuration(max(0, s.now.Sub(since))), "metrics late")
}

// adviseMetricsUnavailable is the advice about metrics that can't be read, take long or break off.
func adviseMetricsUnavailable(s *subject) string {
	if s.member.Metrics.Err != nil && !s.member.Metrics.Partial || s.at.MetricsTooOld {
		without := fmt.Sprintf("Without them the disk, the network and the proposals of %s can't be judged. ", s.at.Label)
		if own := s.servesLoopbackOnly(); own != nil && s.hasNoMetrics() {
			return fmt.Sprintf("%s%s, on this host, serves its own on loopback only (--listen-metrics-urls=%s, in %s). "+
				"If %s does too, let each serve them on its host's address; in k3s and RKE2 that is "+
				"etcd-expose-metrics: true in config.yaml.", without, own.Label,
				strings.Join(own.probed.Flags.ListenMetricsURLs, ","), own.probed.Flags.Source, s.at.Label)
		}
		if err := s.member.Metrics.Err; err != nil && err.Kind == probe.ErrTLSName {
			return without + "Name where they are served with --metrics-endpoints, by a name that the certificate there is for."
		}
		return without + "Name where they are served with --metrics-endpoints."
	}
	return "Look at what serves or forwards them: a proxy, a busy exporter, a long way. " +
		"Prometheus gives a scrape up after 10 s, where scrape_timeout says nothing else."
}
