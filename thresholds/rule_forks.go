package thresholds

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// judgeForks judges whether members form another cluster under the same cluster id.
func judgeForks(s *subject, _ time.Duration) measurement {
	if m, missing := s.missingAnswer(); missing && len(s.sweep.Forks) == 0 {
		return m
	}
	m := holds(len(s.sweep.Forks) > 0)
	m.certain = true
	return m
}

func sayForks(s *subject, _ measurement) statement {
	clusters := []string{s.votersOf(&s.sweep.MemberList.Value)}
	for i := range s.sweep.Forks {
		clusters = append(clusters, s.votersOf(&s.sweep.Forks[i]))
	}
	return plain(fmt.Sprintf("%s under one id: %s", Plural(len(clusters), "cluster"), strings.Join(clusters, "; "))).
		brieflyOfAll(fmt.Sprintf("%s under one id, each with its own members", Plural(len(clusters), "cluster")))
}

// votersOf names the members that have a list as theirs, and says how many voters it has.
func (s *subject) votersOf(list *probe.MemberList) string {
	names := s.labelsWhere(func(m *memberState) bool { return m.ID != 0 && slices.Contains(list.Witnesses, m.ID) })
	switch {
	case len(names) == 0:
		return "one of " + Plural(list.Voters, "voter")
	case list.Voters == 1:
		return names[0] + " alone"
	case len(names) == 1:
		return fmt.Sprintf("%s, of %d voters", names[0], list.Voters)
	default:
		return fmt.Sprintf("%s together, of %d voters", join(names), list.Voters)
	}
}
