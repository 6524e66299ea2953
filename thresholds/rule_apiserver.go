package thresholds

import (
	"fmt"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// judgeAPIServerReach judges whether every API server that is asked reaches etcd. One that can't be reached itself says
// nothing about etcd: it is unknown.
func judgeAPIServerReach(s *subject, _ time.Duration) measurement {
	if len(s.apiServers) == 0 {
		return notApplicable
	}
	var open *apiServerState
	for i := range s.apiServers {
		switch server := &s.apiServers[i]; {
		case server.Reaches == ReachesNot:
			m := holds(true)
			m.since = server.Since
			switch {
			case countAnswering(s.results) == 0:
				m.inhibitedBy = ClusterUnreachable
			case !s.cluster.QuorumSeen:
				m.inhibitedBy = QuorumLost
			}
			return m
		case server.Reaches == ReachUnknown && (open == nil || open.asked == WhyRefused):
			open = server
		}
	}
	if open != nil {
		return open.missing(MissingAPIServer, open.Unasked, open.asked)
	}
	return holds(false)
}

// missing is the measurement of a rule that lacks a fact of the API server.
func (s *apiServerState) missing(fact MissingFact, text string, why Why) measurement {
	if why == WhyRefused { // nobody's fault
		return measurement{notMeasurable: text, why: why}
	}
	return measurement{unknown: text, named: true, why: why, missing: fact, missingOf: s.URL}
}

// cutOffAPIServers are those that do not reach etcd.
func (f *frame) cutOffAPIServers() (all []*apiServerState) {
	for i := range f.apiServers {
		if f.apiServers[i].Reaches == ReachesNot {
			all = append(all, &f.apiServers[i])
		}
	}
	return all
}

func sayAPIServerReach(s *subject, _ measurement) statement {
	cutOff := s.cutOffAPIServers()
	first := cutOff[0]
	reason := ""
	if first.Reason != "" {
		reason = ": " + first.Reason
	}
	return ofMembers(first.Name()+" does not reach etcd"+reason+andMore(len(cutOff)-1, "API server")).brieflyOfAll(
		fmt.Sprintf("API server %s does not reach etcd", first.Label), "API server does not reach etcd").
		saying(upperFirst(first.Reason))
}

// slowestRequests returns the operation of an API server, of some, whose p99 is the longest; nil without any. Requests
// that are too few for a p99 are judged by their mean: one slow request is no slow way.
func (s *subject) slowestRequests(of func(operation string) bool) (server *apiServerState, op *APIServerOperation,
	worst measurement) {
	for i := range s.apiServers {
		at := &s.apiServers[i]
		for k := range at.Operations {
			o := &at.Operations[k]
			if !of(o.Operation) {
				continue
			}
			d, known := at.track.operations[o.Operation].durations.Distribution(at.track.metricsAt, at.window,
				s.settings.sinceStart)
			m, observed := latencyIn(&d, s.rule.Minimum)
			if m.observations > 0 {
				m.value = m.mean
			}
			if known && observed && (op == nil || m.value.Or(0) > worst.value.Or(0)) {
				server, op, worst = at, o, m
				worst.window, worst.tooFewSamples = at.window, m.observations > 0
			}
		}
	}
	return server, op, worst
}

// judgeAPIServerLatency judges the slowest of some operations. It is not fine while the metrics of an API server are
// not known.
func judgeAPIServerLatency(of func(operation string) bool) func(*subject, time.Duration) measurement {
	return func(s *subject, _ time.Duration) measurement {
		if len(s.apiServers) == 0 {
			return notApplicable
		}
		_, op, worst := s.slowestRequests(of)
		if op != nil && s.rule.breaches(worst.value) {
			return worst
		}
		var open *apiServerState
		for i := range s.apiServers {
			if server := &s.apiServers[i]; server.read != "" && (open == nil || open.read == WhyRefused) {
				open = server
			}
		}
		if open != nil {
			m := open.missing(MissingAPIServerMetrics, open.Unread, open.read)
			if m.unknown != "" && open.Reaches == ReachUnknown {
				m.inhibitedBy = APIServerCutOff
			}
			return m
		}
		for i := range s.apiServers {
			if server := &s.apiServers[i]; server.track.scrapes < 2 && !s.settings.sinceStart {
				m := needsTwoSweeps(MissingQuantile, false)
				m.missingOf = server.URL
				return m
			}
		}
		if op == nil {
			return notApplicable // no such request has ended
		}
		return worst
	}
}

// breaches reports whether a value has reached the rule's lowest limit.
func (r *Rule) breaches(value probe.Value) bool {
	for _, level := range graded {
		if limit, limited := r.Limit(level).Value.Get(); limited {
			return value.IsKnown() && r.Breached(value.Or(0), limit)
		}
	}
	return false
}

func sayAPIServerLatency(of func(operation string) bool) func(*subject, measurement) statement {
	return func(s *subject, m measurement) statement {
		server, op, _ := s.slowestRequests(of)
		text := server.Name() + ": " + m.describe(op.Operation)
		if op.Slowest != "" {
			text += fmt.Sprintf(", longest for %s (%s)", op.Slowest, op.SlowestLatency)
		}
		if s.settings.sinceStart {
			text += ", since its process began"
		}
		brief := m.brief(op.Operation)
		return ofMembers(text).brieflyOfAll(
			fmt.Sprintf("API server %s: %s", server.Label, brief), "API server: "+brief)
	}
}
