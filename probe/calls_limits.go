package probe

import (
	"fmt"
	"slices"
	"strings"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
)

// Limits on a member's answers. etcd itself has none. They are many times what any cluster needs, and small enough that
// an endpoint which is no etcd costs neither memory nor connections.
const (
	// maxAnswerBytes bounds an answer: a member list of seven takes 1 KB.
	maxAnswerBytes = 1 << 20
	// maxListedMembers bounds a member list, since each member would be dialled. etcd's FAQ recommends at most seven.
	maxListedMembers = 100
	// maxNameBytes bounds a name or version: host names have at most 253 bytes.
	maxNameBytes = 256
	// maxURLs and maxURLBytes bound the URLs of a kind that a member may advertise, and the length of each. Longer URLs
	// are dropped, because a part of a URL leads elsewhere.
	maxURLs, maxURLBytes = 16, 1024
	// maxStatusErrors bounds the errors of a Status, which name each alarm of the cluster.
	maxStatusErrors = 2 * maxListedMembers
)

// checkListSize returns why a member list can't be used; nil if it can.
func checkListSize(r *pb.MemberListResponse) *Error {
	if n := len(r.GetMembers()); n > maxListedMembers {
		return &Error{Kind: ErrMalformed, Text: fmt.Sprintf(
			"its member list has %d members: this is not an etcd member", n)}
	}
	return nil
}

// keptURLs returns the advertised URLs within the limits, without users and passwords. Every advertised URL passes
// through here.
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

// needsTrimming reports whether a URL can't be kept as it is.
func needsTrimming(url string) bool { return isTooLong(url) || strings.Contains(url, "@") }

func isTooLong(url string) bool { return len(url) > maxURLBytes }

// keptErrors returns the first errors of a Status, each truncated.
func keptErrors(texts []string) []string {
	return truncateAll(texts[:min(len(texts), maxStatusErrors)])
}
