package thresholds

import (
	"cmp"
	"time"
)

// methods are the methods that a rule is about.
type methodClass int

const (
	otherMethods methodClass = iota
	methodRange
	methodTxn
)

// has says whether a method is among them. Defragment, Hash and HashKV read the whole database, and take their time.
func (m methodClass) includes(name string) bool {
	switch name {
	case "Range":
		return m == methodRange
	case "Txn":
		return m == methodTxn
	case "Defragment", "Hash", "HashKV":
		return false
	}
	return m == otherMethods
}

func judgeGRPCSlow(of methodClass) func(*subject, time.Duration) measurement {
	return func(s *subject, window time.Duration) measurement {
		if m, ok := s.requireMetrics(); !ok {
			return m
		}
		if s.member.Metrics.Value.GRPCHandling == nil {
			return measurement{notMeasurable: "etcd measures how long calls take only with --metrics=extensive"}
		}
		m, method, known := s.slowestMethod(of, window)
		switch {
		case method != "":
			m.window = window
			return m
		case s.first && !known:
			return measurement{unknown: "a p99 needs two looks"}
		}
		return notApplicable // nobody called
	}
}

// slowestMethod is the slowest of the methods that were called in the window.
func (s *subject) slowestMethod(of methodClass, window time.Duration) (worst measurement, method string, known bool) {
	for id, t := range s.track.grpc {
		if !of.includes(id.Method) {
			continue
		}
		d, has := t.handling.Distribution(s.member.Metrics.At, window, s.settings.sinceStart)
		known = known || has
		m, any := latencyIn(&d, s.rule.Minimum)
		if !any {
			continue
		}
		if order := cmp.Compare(m.value.Or(0), worst.value.Or(0)); method == "" || order > 0 || order == 0 && id.Method < method {
			worst, method = m, id.Method
		}
	}
	return worst, method, known
}

func sayGRPCSlow(of methodClass) func(*subject, measurement) statement {
	return func(s *subject, m measurement) statement {
		_, method, _ := s.slowestMethod(of, m.window)
		return s.has(m.describe(method))
	}
}
