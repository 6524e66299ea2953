package thresholds

import (
	"fmt"
	"strings"

	"github.com/coreos/go-semver/semver"
)

// RebuildCaveats say what --force-new-cluster gets wrong in an etcd whose version may only be known as major.minor, as
// the database of a member that does not run has it.
func RebuildCaveats(version string) (caveats []string) {
	whole := version
	isMinor := strings.Count(version, ".") == 1
	if isMinor {
		whole += ".0"
	}
	r, err := semver.NewVersion(strings.TrimPrefix(whole, "v"))
	if err != nil {
		return []string{"Before 3.5.22 and 3.6.1, --force-new-cluster keeps what HardState.Commit says alone and may leave " +
			"members behind; before 3.5.25 and 3.6.6 it may leave learners behind. See which etcd it is (etcd --version)."}
	}
	for _, fix := range rebuildFixes {
		if r.Major != fix.members.Major || r.Minor != fix.members.Minor {
			continue
		}
		if isMinor || r.Compare(fix.members) < 0 {
			caveats = append(caveats, fmt.Sprintf("etcd %d.%d before %s keeps what HardState.Commit says alone, and may leave "+
				"other members behind: see with etcdctl member list, and remove those.", r.Major, r.Minor, fix.members))
		}
		if isMinor || r.Compare(fix.learners) < 0 {
			caveats = append(caveats, fmt.Sprintf("etcd %d.%d before %s may leave learners behind: remove them, too.",
				r.Major, r.Minor, fix.learners))
		}
	}
	if r.Compare(rebuildFixes[0].members) < 0 && len(caveats) == 0 {
		caveats = append(caveats, fmt.Sprintf("etcd %d.%d keeps what HardState.Commit says alone, and may leave other members "+
			"behind: see with etcdctl member list, and remove those.", r.Major, r.Minor))
	}
	return caveats
}
