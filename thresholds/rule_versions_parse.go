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
