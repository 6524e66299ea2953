package cli

import (
	"fmt"
	"strings"
	"testing"

	"github.com/etcdoc/etcdoc/probe/etcdtest"
)

// TestLearnerThatIsFull: it was added before the keys were deleted, the voters are defragmented, and it can't be.
func TestLearnerThatIsFull(t *testing.T) {
	c := etcdtest.New(t, etcdtest.Config{Args: []string{"--quota-backend-bytes=16777216"}})
	learner, err := c.AddLearner(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i := range 9 {
		if _, err := c.Client().Put(t.Context(), fmt.Sprintf("k%d", i), strings.Repeat("v", 1<<20)); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 9 {
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
	if strings.Contains(a.Reading.Next, "ENDPOINT") || !strings.Contains(a.Reading.Next, "takes no defragmentation as a learner") {
		t.Errorf("%+v", a.Reading)
	}
}
