package thresholds

import (
	"time"

	"github.com/coreos/go-semver/semver"

	"github.com/etcdoc/etcdoc/probe"
)

// judgeVersions compares the members' versions: 1 where they differ, 2 where they differ by more than one minor
// version.
func judgeVersions(s *subject, _ time.Duration) measurement {
	var least, most semver.Version
	seen, malformed := false, ""
	for i := range s.members {
		if !s.isMember(i) || !s.answers(i) {
			continue
		}
		v, ok := s.members[i].ownVersion()
		switch {
		case !ok:
			malformed = s.members[i].Label + " says that its version is " + inQuotes(s.members[i].Version)
			continue
		case !seen:
			least, most, seen = v, v, true
		}
		if v.Compare(least) < 0 {
			least = v
		}
		if v.Compare(most) > 0 {
			most = v
		}
	}
	if seen && least.Compare(most) != 0 {
		if least.Major != most.Major || most.Minor-least.Minor > 1 {
			return measurement{value: probe.Known(2)}
		}
		return holds(true)
	}
	if m, missing := s.missingAnswer(); missing {
		return m
	}
	if malformed != "" {
		return measurement{unknown: malformed}
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
	text, brief := "versions are mixed: ", "members run "+Plural(len(versions), "version")
	if m.value.Or(0) > 1 {
		text, brief = "versions are more than one minor apart: ", "versions are more than one minor apart"
	}
	return plain(text + groupedByValue(versions, func(version string) string { return version })).brieflyOfAll(brief)
}
