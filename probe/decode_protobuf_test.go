package probe

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
)

// TestParts: the decoder counts the allocations that a protobuf family needs before it decodes it.
func TestParts(t *testing.T) {
	t.Parallel()
	message := func(field protowire.Number, inside string) string {
		return string(protowire.AppendString(protowire.AppendTag(nil, field, protowire.BytesType), inside))
	}
	number := string(protowire.AppendVarint(protowire.AppendTag(nil, 1, protowire.VarintType), 7))
	fixed := string(protowire.AppendFixed64(protowire.AppendTag(nil, 1, protowire.Fixed64Type), 7))
	for name, test := range map[string]struct {
		message string
		want    int
	}{
		"nothing":       {"", 0},
		"numbers":       {number + fixed, 0},
		"empty metrics": {strings.Repeat(message(4, ""), 1000), 1000},
		"empty buckets": {message(4, message(7, strings.Repeat(message(3, ""), 1000))), 1002},
		"labels of exemplars": {message(4,
			message(7, message(3, message(2, strings.Repeat(message(1, ""), 1000))))), 1004},
		"numbers and what follows": {number + message(4, fixed+message(3, fixed)), 2},
		"broken":                   {message(4, "") + "\x22\xff", 1},
	} {
		if got := countParts([]byte(test.message), familyDepth); got != test.want {
			t.Errorf("%s: %d parts, want %d", name, got, test.want)
		}
	}
}
