package thresholds

import (
	"cmp"
	"time"
)

// methodClass is the class of methods that a rule judges.
type methodClass int

const (
	otherMethods methodClass = iota
	methodRange
	methodTxn
)

// includes reports whether a method belongs to the class. Defragment, Hash and HashKV belong to none: they read the
// whole database, which takes long.
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

func judgeGRPCSlow(class methodClass) func(*subject, time.Duration) measurement {
	return func(s *subject, window time.Duration) measurement {
		if m, ok := s.requireMetrics(); !ok {
			return m
		}
		if s.member.Metrics.Value.GRPCHandling == nil {
			return measurement{notMeasurable: "etcd measures how long calls take only with --metrics=extensive"}
		}
		m, method, known := s.slowestMethod(class, window)
		switch {
		case method != "":
			m.window = window
			return m
		case s.first && !known:
			return needsTwoSweeps(MissingQuantile, false)
		}
		return notApplicable // no calls
	}
}

// slowestMethod returns the slowest method of a class in the window, empty where none was called. known reports whether
// the window has two expositions of any of them.
func (s *subject) slowestMethod(
	class methodClass, window time.Duration,
) (worst measurement, method string, known bool) {
	for id, t := range s.track.grpc {
		if !class.includes(id.Method) {
			continue
		}
		d, covered := t.handling.Distribution(s.member.Metrics.At, window, s.settings.sinceStart)
		known = known || covered
		m, any := latencyIn(&d, s.rule.Minimum)
		if !any {
			continue
		}
		order := cmp.Compare(m.value.Or(0), worst.value.Or(0))
		if method == "" || order > 0 || order == 0 && id.Method < method {
			worst, method = m, id.Method
		}
	}
	return worst, method, known
}

func sayGRPCSlow(class methodClass) func(*subject, measurement) statement {
	return func(s *subject, m measurement) statement {
		_, method, _ := s.slowestMethod(class, m.window)
		return s.has(m.describe(method)).briefly(m.brief(method), m.brief("a call"))
	}
}
