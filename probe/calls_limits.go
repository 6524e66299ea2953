package probe

import (
	"fmt"
	"slices"
	"strings"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
)

// What a member may say at most. None of it is etcd's limit, which has none: it is many times more than any cluster says,
// and little enough for an endpoint that is none to cost neither memory nor connections.
const (
	// mostAnswerBytes is how large an answer may be: a member list of seven takes 1 KB.
	maxAnswerBytes = 1 << 20
	// mostListed is how many members a list may name, each of which would be dialled: etcd's FAQ recommends seven at most.
	maxListedMembers = 100
	// mostNameBytes is how much of a name or version is kept: host names have 253 bytes at most.
	maxNameBytes = 256
	// mostURLs and mostURLBytes are how many URLs of a kind a member may advertise, and how long one may be; what is beyond is
	// left out, as a part of a URL leads elsewhere.
	maxURLs, maxURLBytes = 16, 1024
	// mostStatusErrors is how many errors of a Status are kept: it names each alarm of the cluster.
	maxStatusErrors = 2 * maxListedMembers
)

// tooMany is why a member list can't be used; nil where it can.
func checkListSize(r *pb.MemberListResponse) *Error {
	if n := len(r.GetMembers()); n > maxListedMembers {
		return &Error{ErrMalformed, fmt.Sprintf("its member list names %d members: this is no etcd member", n)}
	}
	return nil
}

// keptURLs are the URLs that are not beyond what a member may advertise, without users and passwords: whatever is known of
// advertised URLs comes through here.
func keptURLs(urls []string) []string {
	if len(urls) <= maxURLs && !slices.ContainsFunc(urls, needsTrimming) {
		return urls
	}
	kept := slices.DeleteFunc(slices.Clone(urls), isTooLong)
	kept = kept[:min(len(kept), maxURLs)]
	for i, u := range kept {
		kept[i] = withoutUser(u)
	}
	return kept
}

// isAmiss reports that a URL can't be kept as it is.
func needsTrimming(url string) bool { return isTooLong(url) || strings.Contains(url, "@") }

func isTooLong(url string) bool { return len(url) > maxURLBytes }

// keptErrors are the first errors of a Status, each as long as errors are.
func keptErrors(texts []string) []string {
	return truncateAll(texts[:min(len(texts), maxStatusErrors)])
}
