package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/etcdoc/etcdoc/thresholds"
)

// find returns the members that the question names. Its error is a notYetError if a later sweep may find them.
func (q *question) find(a *thresholds.Assessment) ([]*thresholds.Member, error) {
	members := make([]*thresholds.Member, len(q.names))
	shown := redacted(q.names)
	for i, name := range q.names {
		m, err := findMember(a, name)
		if err != nil {
			return nil, valueErrorf(string(q.asks), "%s: %w", shown[i], err)
		}
		if at := slices.Index(members[:i], m); at >= 0 {
			return nil, valueErrorf(string(q.asks), "%s: %s is named already (%s); there are %s", shown[i], m.Label,
				shown[at], nameAll(membersOf(a)))
		}
		members[i] = m
	}
	return members, nil
}

func membersOf(a *thresholds.Assessment) []*thresholds.Member {
	all := make([]*thresholds.Member, len(a.Members))
	for i := range a.Members {
		all[i] = &a.Members[i]
	}
	return all
}

// findMember returns the member that a name means. Its error continues a sentence that begins with the name; it is a
// notYetError if a later sweep may find the member.
func findMember(a *thresholds.Assessment, name string) (*thresholds.Member, error) {
	var found []*thresholds.Member
	for _, m := range membersOf(a) {
		if m.IsCalled(name) {
			found = append(found, m)
		}
	}
	if err := checkOtherClusters(a, found, name); err != nil {
		return nil, err
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1:
		return nil, fmt.Errorf("%d members are called that: name one by its id: %s", len(found), nameAll(found))
	case !a.Cluster.MemberListKnown:
		return nil, notYetError{fmt.Errorf("the cluster's member list is not known: %s", a.Reading.Text)}
	}
	return nil, fmt.Errorf("there is no such member; there are %s", nameAll(membersOf(a)))
}

// checkOtherClusters returns an error if a name may mean a member of another cluster: one answers that has a member of
// this name, or whose names are not known.
func checkOtherClusters(a *thresholds.Assessment, found []*thresholds.Member, name string) error {
	if len(found) > 1 || len(found) == 1 && found[0].HasIDOrEndpoint(name) {
		return nil
	}
	for i := range a.Members {
		m := &a.Members[i]
		if m.Other == nil || len(found) == 1 && found[0] == m {
			continue
		}
		if len(found) == 0 && !slices.Contains(m.Other.Names, name) {
			continue
		}
		if m.Other.Names == nil {
			return notYetError{fmt.Errorf(
				"%s is of another cluster (%s), and whether that has a member of this name is not known: "+
					"name the member by its id or an endpoint: %s",
				m.Label, m.Other.ID, nameAll(found))}
		}
		if slices.Contains(m.Other.Names, name) {
			return fmt.Errorf("another cluster (%s, %s) has a member of this name: name the member "+
				"by its id or an endpoint: %s",
				m.Other.ID, m.Label, nameAll(append(found, m)))
		}
	}
	return nil
}

// isUnanswerable reports whether no later sweep can answer the question, because it names no member.
func (q *question) isUnanswerable(a *thresholds.Assessment) bool {
	_, err := q.find(a)
	var notYet notYetError
	return err != nil && !errors.As(err, &notYet)
}

// notYetError is an error that a later sweep may resolve.
type notYetError struct{ error }

func (e notYetError) Unwrap() error { return e.error }

// nameAll lists members by name and id.
func nameAll(members []*thresholds.Member) string {
	names := make([]string, len(members))
	for i, m := range members {
		names[i] = m.Label
		if m.ID != 0 {
			names[i] += " (" + m.ID.String() + ")"
		}
	}
	return strings.Join(names, ", ")
}
