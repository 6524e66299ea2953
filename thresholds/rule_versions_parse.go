package thresholds

import (
	"strings"

	"github.com/coreos/go-semver/semver"
)

// parseVersion parses a version as etcd reports it: 3.6.4, 3.7.0-rc.1; a cluster version may lack the patch. It drops
// what a distribution adds after a plus sign.
func parseVersion(text string) (v semver.Version, ok bool) {
	text, _, _ = strings.Cut(strings.TrimPrefix(text, "v"), "+")
	if number, _, _ := strings.Cut(text, "-"); strings.Count(number, ".") == 1 {
		text = number + ".0" + text[len(number):]
	}
	err := v.Set(text)
	return v, err == nil
}

// A knownVersion is a version that has been parsed. Members say the same ones in every sweep.
type knownVersion struct {
	text   string
	parsed semver.Version
	valid  bool
}

// of parses a text unless it is the one that was parsed last.
func (v *knownVersion) of(text string) (parsed semver.Version, valid bool) {
	if v.text != text {
		v.text = text
		v.parsed, v.valid = parseVersion(text)
	}
	return v.parsed, v.valid
}

// A memberVersions are the versions that a member says: its own, that of its data, and that of the cluster.
type memberVersions struct{ own, storage, cluster knownVersion }

// ownVersion is the version that the member runs; false if it is not known.
func (m *memberState) ownVersion() (version semver.Version, valid bool) {
	return m.track.versions.own.of(m.Version)
}

// storageVersion is the version of the member's data.
func (m *memberState) storageVersion() (version semver.Version, valid bool) {
	return m.track.versions.storage.of(m.probed.Status.Value.StorageVersion)
}

// clusterVersion is the cluster's version by the member's metrics, which have been answered.
func (m *memberState) clusterVersion() (version semver.Version, valid bool) {
	return m.track.versions.cluster.of(m.probed.Metrics.Value.ClusterVersion)
}
