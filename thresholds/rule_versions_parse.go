package thresholds

import (
	"strings"

	"github.com/coreos/go-semver/semver"
)

// parseVersion parses a version as etcd reports it: 3.6.4, 3.7.0-rc.1; a cluster version may lack the patch. It drops
// what a distribution adds after a plus sign.
func parseVersion(text string) (v semver.Version, ok bool) {
	if v, ok = plainVersion(text); ok || text == "" {
		return v, ok
	}
	text, _, _ = strings.Cut(strings.TrimPrefix(text, "v"), "+")
	if number, _, _ := strings.Cut(text, "-"); strings.Count(number, ".") == 1 {
		text = number + ".0" + text[len(number):]
	}
	err := v.Set(text)
	return v, err == nil
}

// plainVersion parses the versions of releases, "3.6.14" or "3.6", without memory of its own: every sweep has dozens.
func plainVersion(text string) (v semver.Version, ok bool) {
	numbers := [...]*int64{&v.Major, &v.Minor, &v.Patch}
	at, digits := 0, 0
	for i := range len(text) {
		switch c := text[i]; {
		case c >= '0' && c <= '9' && digits < 9:
			*numbers[at] = *numbers[at]*10 + int64(c-'0')
			digits++
		case c == '.' && digits > 0 && at+1 < len(numbers):
			at, digits = at+1, 0
		default:
			return semver.Version{}, false
		}
	}
	return v, at > 0 && digits > 0
}
