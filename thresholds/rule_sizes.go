package thresholds

import (
	"fmt"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// judgeSizes compares how much the voters' databases have in use, because they hold the same keys.
func judgeSizes(s *subject, _ time.Duration) measurement {
	least, most, known := s.extremeSizes()
	if !known {
		if m, missing := s.missingAnswer(); missing {
			return m
		}
		for i := range s.members {
			if s.members[i].Voter && !s.members[i].Vitals[DBInUse].IsKnown() {
				return measurement{
					notMeasurable: s.members[i].Label + " does not say how much of its database is in use",
				}
			}
		}
		return notApplicable // a single voter
	}
	largest := s.members[most].Vitals[DBInUse].Or(0)
	if largest < s.rule.Minimum {
		return notApplicable
	}
	smaller := 1 - s.members[least].Vitals[DBInUse].Or(0)/largest
	if m, missing := s.missingAnswer(); missing && smaller < s.lowestLimit() {
		return m
	}
	return measurement{value: probe.Known(smaller)}
}

// lowestLimit is the limit of the rule's lowest level.
func (s *subject) lowestLimit() float64 {
	for _, level := range graded {
		if limit, has := s.rule.Limit(level).Value.Get(); has {
			return limit
		}
	}
	return 0
}

// extremeSizes returns the voters with the least and the most in use; not known where fewer than two report it.
func (s *subject) extremeSizes() (least, most int, known bool) {
	n := 0
	for i := range s.members {
		m := &s.members[i]
		size, has := m.Vitals[DBInUse].Get()
		if !m.Voter || !has || !s.answers(i) || m.IsStale(DBInUse) {
			continue
		}
		if n++; n == 1 {
			least, most = i, i
		}
		if size < s.members[least].Vitals[DBInUse].Or(0) {
			least = i
		}
		if size > s.members[most].Vitals[DBInUse].Or(0) {
			most = i
		}
	}
	return least, most, n > 1
}

func saySizes(s *subject, m measurement) statement {
	least, most, _ := s.extremeSizes()
	in := func(i int) string { return Bytes.Format(s.members[i].Vitals[DBInUse].Or(0)) }
	return ofMembers(fmt.Sprintf("%s has %s in use, %s less than the %s of %s, though they hold the same keys",
		s.members[least].Label, in(least), Ratio.Format(m.value.Or(0)), in(most), s.members[most].Label)).
		brieflyOfAll(fmt.Sprintf("%s has %s less in use than %s", s.members[least].Short, Ratio.Format(m.value.Or(0)),
			s.members[most].Short))
}
