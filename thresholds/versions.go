package thresholds

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
)

// release is a version of etcd.
type release struct {
	major, minor, patch int
	// early is what a pre-release has after its number ("rc.1"); empty: it is none.
	early string
}

// parseRelease reads a version as etcd says it: 3.6.4, 3.7.0-rc.1; a cluster version may lack the patch. What a
// distribution adds after a plus sign is left out.
func parseRelease(text string) (r release, ok bool) {
	text, _, _ = strings.Cut(strings.TrimPrefix(text, "v"), "+")
	number, early, _ := strings.Cut(text, "-")
	parts := strings.Split(number, ".")
	if len(parts) != 2 && len(parts) != 3 {
		return release{}, false
	}
	numbers := [3]*int{&r.major, &r.minor, &r.patch}
	for i, part := range parts {
		n, err := strconv.ParseUint(part, 10, 16)
		if err != nil {
			return release{}, false
		}
		*numbers[i] = int(n)
	}
	r.early = early
	return r, true
}

// compare orders releases; a pre-release comes before what it leads to.
func (r release) compare(other release) int {
	if order := cmp.Or(cmp.Compare(r.major, other.major), cmp.Compare(r.minor, other.minor), cmp.Compare(r.patch, other.patch)); order != 0 {
		return order
	}
	switch {
	case r.early == other.early:
		return 0
	case r.early == "":
		return 1
	case other.early == "":
		return -1
	}
	return strings.Compare(r.early, other.early)
}

func (r release) String() string {
	text := fmt.Sprintf("%d.%d.%d", r.major, r.minor, r.patch)
	if r.early != "" {
		text += "-" + r.early
	}
	return text
}
