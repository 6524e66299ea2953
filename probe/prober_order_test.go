package probe

import (
	"slices"
	"testing"
)

// TestMembersAreInOrder of their names, with those behind the others that have none yet, and strays behind all.
func TestMembersAreInOrder(t *testing.T) {
	t.Parallel()
	members := []Member{{ID: 9, Membership: MembershipListed}, {Name: "b"}, {ID: 1, Membership: MembershipNeverStarted},
		{Name: "a", Membership: MembershipGone}, {Name: "a"}}
	slices.SortFunc(members, inOrder)
	var got []string
	for i := range members {
		got = append(got, members[i].Name+members[i].ID.String())
	}
	if want := []string{"a0", "b0", "1", "9", "a0"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
