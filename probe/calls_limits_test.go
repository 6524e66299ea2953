package probe

import (
	"fmt"
	"strings"
	"testing"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
)

// TestMemberListIsBounded: an impossibly long member list is refused whole, because half of it would have another
// quorum. Overlong parts of a valid list are truncated or dropped.
func TestMemberListIsBounded(t *testing.T) {
	t.Parallel()
	for n, fits := range map[int]bool{0: true, 1: true, maxListedMembers: true, maxListedMembers + 1: false,
		100_000: false} {
		r := &pb.MemberListResponse{Members: make([]*pb.Member, n)}
		if err := checkListSize(r); (err == nil) != fits || err != nil && err.Kind != ErrMalformed {
			t.Errorf("%d members: %v", n, err)
		}
	}
	var urls []string
	for i := range maxURLs + 3 {
		urls = append(urls, fmt.Sprintf("http://10.0.0.%d:2379", i))
	}
	long := "http://" + strings.Repeat("x", maxURLBytes)
	peers := readPeers(&pb.MemberListResponse{Members: []*pb.Member{
		{ID: 1, Name: strings.Repeat("n", maxNameBytes), ClientURLs: urls[:maxURLs], PeerURLs: []string{long, urls[0]}},
		{ID: 2, Name: strings.Repeat("n", maxNameBytes+1), ClientURLs: urls},
	}})
	if p := peers[0]; len(p.Name) != maxNameBytes || len(p.ClientURLs) != maxURLs || len(p.PeerURLs) != 1 ||
		p.PeerURLs[0] != urls[0] {
		t.Errorf("at the limit: %+v", p)
	}
	if p := peers[1]; len(p.Name) != maxNameBytes || !strings.HasSuffix(p.Name, "…") || len(p.ClientURLs) != maxURLs {
		t.Errorf("over the limit: %+v", p)
	}
}

func TestStatusIsBounded(t *testing.T) {
	t.Parallel()
	r := &pb.StatusResponse{Version: strings.Repeat("3", 1<<16)}
	for range maxStatusErrors + 1 {
		r.Errors = append(r.Errors, strings.Repeat("e", 1<<10))
	}
	r.Errors[0] = "memberID:5 alarm:NOSPACE"
	s := readStatus(r)
	if len(s.Version) > maxNameBytes || len(s.Errors) != maxStatusErrors || len(s.Errors[1]) > maxErrorBytes {
		t.Errorf("version of %d bytes, %d errors, the second of %d bytes", len(s.Version), len(s.Errors),
			len(s.Errors[1]))
	}
	if len(s.Alarms) != 1 || s.Alarms[0] != (Alarm{"NOSPACE", 5}) {
		t.Errorf("alarms %+v", s.Alarms)
	}
}
