package thresholds

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/coreos/go-semver/semver"

	"github.com/etcdoc/etcdoc/probe"
)

// A defect is known of the releases of a minor version before a patch.
type defect struct {
	minor, fixed int64 // 3.minor.fixed is the first release without it
	// shows reports whether the defect can show in this cluster; nil means in any.
	shows  func(*subject) bool
	value  float64 // of known-bad-version
	effect string
}

// defects returns those that etcd's changelogs (CHANGELOG/CHANGELOG-3.5.md to 3.7.md), its advisories and its upgrade
// guides warn of, the worst first. It leaves out what neither a cluster's state nor its metrics show: before 3.7
// members can diverge after a transaction with a range at an old revision, which Kubernetes does not send.
func defects() []defect {
	return []defect{
		{5, 3, nil, 2, "can lose data without notice when its process is killed under load"},
		{5, 26, upgradeBegunTo(6), 2, "is not ready for the upgrade to 3.6 that has begun: " +
			"removed members and learners of the past come alive under it"},
		{6, 11, upgradeBegunTo(7), 2, "is not ready for an upgrade to 3.7, which has begun"},
		{5, 32, upgradeBegunTo(6), 1, "is older than what etcd asks for before the upgrade to 3.6 that has begun"},
		{5, 6, nil, 1, "can corrupt its data when it crashes during a defragmentation"},
		{5, 14, nil, 1, "can go back to an older revision after a panic during a compaction"},
		{5, 23, nil, 1, "can corrupt its data when a snapshot arrives during a defragmentation"},
		{6, 5, nil, 1, "can corrupt its data when a snapshot arrives during a defragmentation"},
		{6, 4, (*subject).hasLearners, 1, "may not start when it replays a learner's promotion from its log"},
		{5, 31, (*subject).hasLearners, 1, "makes a voter of a learner whose peer URLs are changed"},
		{6, 12, (*subject).hasLearners, 1, "makes a voter of a learner whose peer URLs are changed"},
		{5, 28, (*subject).authenticates, 1,
			"lets authenticated users do what they have no permission for (CVE-2026-33413, CVE-2026-33343)"},
		{6, 9, (*subject).authenticates, 1,
			"lets authenticated users do what they have no permission for (CVE-2026-33413, CVE-2026-33343)"},
		{5, 33, (*subject).authenticates, 1, "lets who may read one key watch all keys after it (GHSA-xg4h-6gfc-h4m8)"},
		{6, 14, (*subject).authenticates, 1, "lets who may read one key watch all keys after it (GHSA-xg4h-6gfc-h4m8)"},
		{7, 1, (*subject).authenticates, 1, "lets who may read one key watch all keys after it (GHSA-xg4h-6gfc-h4m8)"},
		{5, 33, (*subject).servesTLS, 1,
			"stops accepting clients while one stalls its TLS handshake (GHSA-6vch-q96h-7gc3)"},
		{6, 14, (*subject).servesTLS, 1,
			"stops accepting clients while one stalls its TLS handshake (GHSA-6vch-q96h-7gc3)"},
		{7, 1, (*subject).servesTLS, 1,
			"stops accepting clients while one stalls its TLS handshake (GHSA-6vch-q96h-7gc3)"},
		{5, 22, nil, 1, "keeps the other members in its store when it is started with --force-new-cluster"},
		{6, 1, nil, 1, "keeps the other members in its store when it is started with --force-new-cluster"},
		{5, 25, (*subject).hasLearners, 1, "keeps learners in its store when it is started with --force-new-cluster"},
		{6, 6, (*subject).hasLearners, 1, "keeps learners in its store when it is started with --force-new-cluster"},
	}
}

// newestUnmaintained is the newest minor version of etcd 3 that gets no more fixes: support for 3.4 ended with the
// release of 3.6 (etcd.io/docs/v3.6/op-guide/versioning).
const newestUnmaintained = 4

// defects returns the known defects of a release that can show in this cluster, the worst first.
func (s *subject) defects(r semver.Version) []defect {
	return slices.DeleteFunc(defects(), func(d defect) bool {
		fixed := semver.Version{Major: 3, Minor: d.minor, Patch: d.fixed}
		return r.Major != 3 || r.Minor != d.minor || r.Compare(fixed) >= 0 || d.shows != nil && !d.shows(s)
	})
}

// upgradeBegunTo returns a func that reports whether a member or the cluster itself already has the minor version, or
// a later one.
func upgradeBegunTo(minor int64) func(*subject) bool {
	return func(s *subject) bool { return s.anyMemberRuns(minor) }
}

// anyMemberRuns reports whether a member runs the minor version or a later one, or names it as the cluster version.
func (s *subject) anyMemberRuns(minor int64) bool {
	since := semver.Version{Major: 3, Minor: minor, PreRelease: "0"} // its pre-releases count
	for i := range s.members {
		if m := &s.members[i]; s.isMember(i) {
			runs, valid := m.ownVersion()
			if valid && runs.Compare(since) >= 0 {
				return true
			}
			if !m.probed.Metrics.Answered() {
				continue
			}
			if cluster, valid := m.clusterVersion(); valid && cluster.Compare(since) >= 0 {
				return true
			}
		}
	}
	return false
}

// hasLearners reports whether a member is a learner, or was one since a member's process started.
func (s *subject) hasLearners() bool {
	for i := range s.members {
		metrics := &s.members[i].probed.Metrics
		promoted := metrics.Answered() && metrics.Value.LearnerPromoteSuccesses.Or(0) > 0
		if s.isMember(i) && (s.members[i].Role == RoleLearner || s.members[i].probed.Learner || promoted) {
			return true
		}
	}
	return false
}

// authenticates reports whether the cluster shows that authentication is on: it denies something, or a login
// succeeded, which it does not while authentication is off.
func (s *subject) authenticates() bool {
	for i := range s.members {
		m := s.members[i].probed
		if !s.isMember(i) {
			continue
		}
		for _, err := range []*probe.Error{m.Status.Err, m.Linearizable.Err, m.Serializable.Err, m.Peers.Err} {
			if err != nil && err.Kind.IsDenied() {
				return true
			}
		}
		if !m.Metrics.Answered() {
			continue
		}
		for call, n := range m.Metrics.Value.GRPCHandled {
			if call.Method == "Authenticate" && call.Code == "OK" && n > 0 {
				return true
			}
		}
	}
	return false
}

// servesTLS reports whether the member shows a certificate to its clients.
func (s *subject) servesTLS() bool {
	return s.member.ServedCertificate != nil || strings.HasPrefix(s.member.Endpoint, "https://")
}

func judgeVersionBad(s *subject, _ time.Duration) measurement {
	if m, ok := s.requireStatus(); !ok {
		return m
	}
	r, ok := s.at.ownVersion()
	if !ok {
		return measurement{unknown: s.at.Label + " says that its version is " + inQuotes(s.at.Version), named: true}
	}
	if found := s.defects(r); len(found) > 0 {
		return measurement{value: probe.Known(found[0].value)}
	}
	return holds(r.Major < 3 || r.Major == 3 && r.Minor <= newestUnmaintained)
}

func sayVersionBad(s *subject, _ measurement) statement {
	r, _ := s.at.ownVersion()
	found := s.defects(r)
	if len(found) == 0 {
		return s.does(fmt.Sprintf("runs etcd %s, a line that gets no more fixes", s.at.Version)).
			briefly("runs "+s.at.Version+", which gets no more fixes", "runs a line that gets no more fixes")
	}
	worst := found[0]
	last := worst.fixed
	for _, d := range found {
		last = max(last, d.fixed)
	}
	text := fmt.Sprintf("runs etcd %s, which %s: 3.%d.%d fixes it", s.at.Version, worst.effect, r.Minor, worst.fixed)
	others := "the other known defect"
	if len(found) > 2 {
		others = fmt.Sprintf("all %d known defects", len(found))
	}
	switch {
	case len(found) > 1 && last > worst.fixed:
		text += fmt.Sprintf(", 3.%d.%d %s", r.Minor, last, others)
	case len(found) > 1:
		text += ", and " + others
	}
	return s.does(text).briefly(fmt.Sprintf("runs %s, bad: 3.%d.%d fixes it", s.at.Version, r.Minor, last),
		fmt.Sprintf("has a known defect: 3.%d.%d fixes it", r.Minor, last))
}

// firstStorageVersion is the first minor version that stores the version of its schema with the data.
const firstStorageVersion = 6

// judgeStorageVersion compares the version of the data's schema with the cluster version: etcd makes them the same
// within seconds (server/etcdserver/version/monitor.go, UpdateStorageVersionIfNeeded, every 4 s).
func judgeStorageVersion(s *subject, _ time.Duration) measurement {
	if m, ok := s.requireStatus(); !ok {
		return m
	}
	if runs, ok := s.at.ownVersion(); ok && runs.Major == 3 && runs.Minor < firstStorageVersion {
		return notApplicable
	}
	cluster, m, known := s.clusterVersion()
	switch {
	case !known:
		return m
	case cluster.Major == 3 && cluster.Minor < firstStorageVersion:
		return notApplicable // the data has no version until all members run 3.6
	}
	stored, ok := s.at.storageVersion()
	return holds(!ok || stored.Major != cluster.Major || stored.Minor != cluster.Minor)
}

func sayStorageVersion(s *subject, _ measurement) statement {
	stored := s.member.Status.Value.StorageVersion
	if stored == "" {
		stored = "none"
	}
	cluster, _, _ := s.clusterVersion()
	return s.has(fmt.Sprintf("the version of its data's schema is %s, that of the cluster %d.%d",
		stored, cluster.Major, cluster.Minor)).briefly(
		fmt.Sprintf("schema %s, the cluster's %d.%d", stored, cluster.Major, cluster.Minor),
		"another schema than the cluster's")
}

// clusterVersion returns the cluster version from the member's metrics; if they lack it and no downgrade is enabled,
// the lowest version of all members, as etcd decides it (server/etcdserver/version/monitor.go, decideClusterVersion).
// If neither is known, the measurement says why.
func (s *subject) clusterVersion() (lowest semver.Version, m measurement, known bool) {
	m, ok := s.requireMetrics()
	if ok {
		if reported := s.member.Metrics.Value.ClusterVersion; reported != "" {
			lowest, known = s.at.clusterVersion()
			text := s.at.Label + " says that the cluster's version is " + inQuotes(reported)
			return lowest, measurement{unknown: text, named: true}, known
		}
		m = s.notReported("its metrics do not say the cluster's version")
	}
	if _, _, enabled := s.downgrade(); enabled || !s.cluster.MemberListKnown {
		return semver.Version{}, m, false
	}
	for i := range s.members {
		if !s.isMember(i) {
			continue
		}
		runs, valid := s.members[i].ownVersion()
		if !valid || !s.answers(i) {
			return semver.Version{}, m, false
		}
		if !known || runs.Compare(lowest) < 0 {
			lowest, known = runs, true
		}
	}
	return lowest, m, known
}

// downgrade returns the target of an enabled downgrade, and whether some members have reached it and some have not.
func (s *subject) downgrade() (target string, underWay, enabled bool) {
	someArrived, someNot := false, false
	for i := range s.members {
		if status := &s.members[i].probed.Status; s.isMember(i) && s.answers(i) && status.Value.DowngradeEnabled {
			target, enabled = status.Value.DowngradeTarget, true
		}
	}
	to, ok := parseVersion(target)
	for i := range s.members {
		if r, valid := s.members[i].ownVersion(); valid && ok && s.isMember(i) && s.answers(i) {
			arrived := r.Major == to.Major && r.Minor == to.Minor
			someArrived, someNot = someArrived || arrived, someNot || !arrived
		}
	}
	return target, someArrived && someNot, enabled
}

// judgeDowngrade judges an enabled downgrade: 1 while it is under way, 2 if no member follows it.
func judgeDowngrade(s *subject, _ time.Duration) measurement {
	_, underWay, enabled := s.downgrade()
	switch {
	case enabled && underWay:
		return holds(true)
	case enabled:
		return measurement{value: probe.Known(2)}
	}
	for i := range s.members { // it is replicated: one member is enough to know that there is none
		if s.isMember(i) && s.answers(i) {
			return holds(false)
		}
	}
	if m, is := s.missingAnswer(); is {
		return m
	}
	return notApplicable
}

func sayDowngrade(s *subject, m measurement) statement {
	target, _, _ := s.downgrade()
	if m.value.Or(0) > 1 {
		return naming(fmt.Sprintf("a downgrade to %s is enabled, and no member is on its way: "+
			"until it is cancelled the cluster keeps to the protocol of %s", target, target)).
			brieflyOfAll("a downgrade to "+target+" is enabled, and nobody is on its way",
				"a downgrade is enabled, and nobody is on its way")
	}
	return plain(fmt.Sprintf("a downgrade to %s goes on", target))
}
