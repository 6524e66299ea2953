package thresholds

import (
	"time"

	"github.com/coreos/go-semver/semver"

	"github.com/etcdoc/etcdoc/probe"
)

// judgeVersions compares what the members run: 1 where that differs, 2 where by more than one minor version.
func judgeVersions(s *subject, _ time.Duration) measurement {
	var least, most semver.Version
	seen, unread := false, ""
	for i := range s.members {
		if !s.isMember(i) || !s.answers(i) {
			continue
		}
		r, ok := parseVersion(s.members[i].Version)
		switch {
		case !ok:
			unread = s.members[i].Label + " says that its version is " + inQuotes(s.members[i].Version)
			continue
		case !seen:
			least, most, seen = r, r, true
		}
		if r.Compare(least) < 0 {
			least = r
		}
		if r.Compare(most) > 0 {
			most = r
		}
	}
	if seen && least.Compare(most) != 0 {
		if least.Major != most.Major || most.Minor-least.Minor > 1 {
			return measurement{value: probe.Known(2)}
		}
		return holds(true)
	}
	if m, is := s.missingAnswer(); is {
		return m
	}
	if unread != "" {
		return measurement{unknown: unread}
	}
	return holds(false)
}

func sayVersions(s *subject, m measurement) statement {
	versions := make(map[string][]string)
	for i := range s.members {
		if s.isMember(i) && s.answers(i) {
			versions[s.members[i].Version] = append(versions[s.members[i].Version], s.members[i].Label)
		}
	}
	text := "versions are mixed: "
	if m.value.Or(0) > 1 {
		text = "versions are more than one minor apart: "
	}
	return plain(text + groupedByValue(versions, func(version string) string { return version }))
}
