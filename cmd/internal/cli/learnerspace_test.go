package cli

import (
	"fmt"
	"strings"
	"testing"

	"github.com/etcdoc/etcdoc/probe/etcdtest"
)

// TestLearnerThatIsFull: it was added before the keys were deleted, and can't be defragmented like the voters.
func TestLearnerThatIsFull(t *testing.T) {
	t.Parallel()
	const quota = 24 << 20
	c := etcdtest.New(t, etcdtest.Config{Args: []string{fmt.Sprintf("--quota-backend-bytes=%d", quota)}})
	learner, err := c.AddLearner(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	keys := 0
	for size := int64(0); size < quota*82/100; keys++ { // over a warning's limit, with room for what follows
		put, err := c.Client().Put(t.Context(), fmt.Sprintf("k%d", keys), strings.Repeat("v", 128<<10))
		if err != nil {
			t.Fatal(err)
		}
		for has := int64(0); has < put.Header.Revision; { // it gets the entries later than a quorum
			status, err := c.Client().Status(t.Context(), learner.ClientURL)
			if err != nil {
				t.Fatal(err)
			}
			has, size = status.Header.Revision, status.DbSize
		}
	}
	for i := range keys {
		if _, err := c.Client().Delete(t.Context(), fmt.Sprintf("k%d", i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Compact(t.Context()); err != nil {
		t.Fatal(err)
	}
	var voters []string
	for _, m := range c.Members() {
		if m != learner {
			voters = append(voters, m.ClientURL)
		}
	}
	for _, endpoint := range voters {
		if _, err := c.Client().Put(t.Context(), "after", "compaction"); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Client().Defragment(t.Context(), endpoint); err != nil {
			t.Fatal(err)
		}
	}
	_, a := checked(t, "--endpoints", strings.Join(voters, ","))
	if a.Reading.Cause != "quota-near" || strings.Contains(a.Reading.Next, "ENDPOINT") ||
		!strings.Contains(a.Reading.Next, "member promote ") {
		t.Errorf("%+v", a.Reading)
	}
}
