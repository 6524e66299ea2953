package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

// A question is what a check is asked; its exit code is the answer.
type question struct {
	// failOn is the lowest level that counts as unhealthy.
	failOn thresholds.Level
	// canLose names the member whose verdict is the answer, by name, id or endpoint; empty means the cluster's level.
	canLose    string
	acceptRisk bool
	// hash means that the answer can't be healthy unless the members' data was compared.
	hash bool
	// quorum means that the answer can't be healthy unless a quorum was seen.
	quorum bool
	// stable is for how long the answer must have been healthy without a break; passing is since when it has been, and
	// noted when it was last looked at.
	stable         time.Duration
	passing, noted time.Time
}

// maxStableGap is the longest time between two sweeps that is no break: more may have happened meanwhile.
const maxStableGap = 5 * shortWindow

// note records whether an assessment goes on with what --stable asks for.
func (q *question) note(a *thresholds.Assessment) {
	if q.codeNow(a) != ExitHealthy {
		q.passing = time.Time{}
	} else if q.passing.IsZero() || a.At.Sub(q.noted) > maxStableGap {
		q.passing = a.At
	}
	q.noted = a.At
}

// steadyFor is for how long the answer has been healthy without a break.
func (q *question) steadyFor(a *thresholds.Assessment) time.Duration {
	if q.passing.IsZero() {
		return 0
	}
	return a.At.Sub(q.passing)
}

// code returns the exit code that answers the question.
func (q *question) code(a *thresholds.Assessment) int {
	code := q.codeNow(a)
	if code == ExitHealthy && q.steadyFor(a) < q.stable {
		return ExitUnhealthy
	}
	return code
}

// codeNow is the exit code, whatever was before.
func (q *question) codeNow(a *thresholds.Assessment) int {
	if q.canLose != "" {
		m, err := q.find(a)
		if err != nil {
			return ExitNotDone
		}
		switch m.CanLose.Verdict {
		case thresholds.LossSafe:
			return ExitHealthy
		case thresholds.LossRisk:
			if q.acceptRisk {
				return ExitHealthy
			}
			return ExitUnhealthy
		case thresholds.LossNo:
			return ExitUnhealthy
		default:
			return ExitNotDone
		}
	}
	code := codeOf(a, q.failOn)
	if code == ExitHealthy && (q.quorum && a.Undecided() || q.hash && a.Uncompared()) {
		return ExitNotDone // too little was seen to call it healthy
	}
	return code
}

// dependsOnProbes reports whether the answer would change if members turned out not to hear each other.
func (q *question) dependsOnProbes(a *thresholds.Assessment) bool {
	if q.canLose != "" {
		return q.code(a) == ExitNotDone
	}
	return q.code(a) == ExitHealthy
}

// codeOf returns the exit code of an assessment that is unhealthy from the level failOn on.
func codeOf(a *thresholds.Assessment, failOn thresholds.Level) int {
	switch {
	case a.Reading.Cause == thresholds.CauseNotTrusted:
		return ExitNotDone
	case a.Level >= failOn:
		return ExitUnhealthy
	default:
		return ExitHealthy
	}
}

// find returns the member that canLose names. Its error is a notYetError if a later sweep may find the member.
func (q *question) find(a *thresholds.Assessment) (*thresholds.Member, error) {
	var found []*thresholds.Member
	for i := range a.Members {
		if isNamed(&a.Members[i], q.canLose) {
			found = append(found, &a.Members[i])
		}
	}
	if err := q.checkOtherClusters(a, found); err != nil {
		return nil, err
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1:
		return nil, valueErrorf("can-lose", "%s: %d members are called that: name one by its id: %s",
			probe.Redacted(q.canLose), len(found), nameAll(found))
	case !a.Cluster.MemberListKnown:
		return nil, notYetError{valueErrorf("can-lose", "%s: the cluster's member list is not known: %s",
			probe.Redacted(q.canLose), a.Reading.Text)}
	}
	all := make([]*thresholds.Member, len(a.Members))
	for i := range a.Members {
		all[i] = &a.Members[i]
	}
	return nil, valueErrorf("can-lose", "%s: there is no such member; there are %s",
		probe.Redacted(q.canLose), nameAll(all))
}

// checkOtherClusters returns an error if the name in canLose may mean a member of another cluster: one answers that has
// a member of this name, or whose names are not known.
func (q *question) checkOtherClusters(a *thresholds.Assessment, found []*thresholds.Member) error {
	if len(found) > 1 || len(found) == 1 && hasIDOrEndpoint(found[0], q.canLose) {
		return nil
	}
	for i := range a.Members {
		m := &a.Members[i]
		if m.Other == nil || len(found) == 1 && found[0] == m {
			continue
		}
		if len(found) == 0 && !slices.Contains(m.Other.Names, q.canLose) {
			continue
		}
		if m.Other.Names == nil {
			return notYetError{valueErrorf("can-lose",
				"%s: %s is of another cluster (%s), and whether that has a member of this name is not known: "+
					"name the member by its id or an endpoint: %s",
				probe.Redacted(q.canLose), m.Label, m.Other.ID, nameAll(found))}
		}
		if slices.Contains(m.Other.Names, q.canLose) {
			return valueErrorf("can-lose", "%s: another cluster (%s, %s) has a member of this name: name the member "+
				"by its id or an endpoint: %s",
				probe.Redacted(q.canLose), m.Other.ID, m.Label, nameAll(append(found, m)))
		}
	}
	return nil
}

// isUnanswerable reports whether no later sweep can answer the question, because no member has the name in canLose.
func (q *question) isUnanswerable(a *thresholds.Assessment) bool {
	if q.canLose == "" {
		return false
	}
	_, err := q.find(a)
	var notYet notYetError
	return err != nil && !errors.As(err, &notYet)
}

// notYetError is an error that a later sweep may resolve.
type notYetError struct{ error }

func (e notYetError) Unwrap() error { return e.error }

// isNamed reports whether name is the member's name, its id, or one of its endpoints with or without the scheme.
func isNamed(m *thresholds.Member, name string) bool {
	return name == m.Label || hasIDOrEndpoint(m, name)
}

// hasIDOrEndpoint reports whether name is what only this member has: its id or one of its endpoints.
func hasIDOrEndpoint(m *thresholds.Member, name string) bool {
	if m.ID != 0 && strings.TrimPrefix(strings.ToLower(name), "0x") == m.ID.String() {
		return true
	}
	for _, endpoint := range m.Endpoints {
		if endpoint == strings.TrimSuffix(name, "/") || name != "" && probe.HostPort(endpoint) == name {
			return true
		}
	}
	return false
}

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

// A reply answers a question of its own, such as --can-lose. Its zero value is no reply.
type reply struct{ word, text string }

func (r reply) String() string { return fmt.Sprintf("%-8s %s", r.word, r.text) }

// verdict answers --can-lose and --stable. Without these flags it returns no reply.
func (q *question) verdict(a *thresholds.Assessment) reply {
	r := q.loss(a)
	if q.stable == 0 || q.codeNow(a) != ExitHealthy {
		return r
	}
	since := fmt.Sprintf("for %s of the %s of --stable", thresholds.FormatDuration(q.steadyFor(a)),
		thresholds.FormatDuration(q.stable))
	if q.canLose == "" {
		return reply{"STEADY", "it has been healthy " + since}
	}
	return reply{r.word, r.text + "; so " + since}
}

// loss answers --can-lose.
func (q *question) loss(a *thresholds.Assessment) reply {
	if q.canLose == "" {
		return reply{}
	}
	m, err := q.find(a)
	if err != nil {
		return reply{"UNKNOWN", err.Error()}
	}
	var text string
	switch m.CanLose.Verdict {
	case thresholds.LossSafe:
		text = m.Label + " may be lost now"
	case thresholds.LossRisk:
		text = "losing " + m.Label + " now is a risk"
		if q.acceptRisk {
			text += ", which is accepted"
		}
	case thresholds.LossNo:
		text = m.Label + " must not be lost now"
	default:
		text = "it is unknown whether " + m.Label + " may be lost now"
	}
	return reply{strings.ToUpper(m.CanLose.Verdict.String()), text + ": " + m.CanLose.Reason}
}

// brief returns the answer in one line.
func (q *question) brief(a *thresholds.Assessment) string {
	if verdict := q.verdict(a); verdict != (reply{}) {
		return verdict.String()
	}
	return strings.ToUpper(a.Level.String()) + "  " + a.Reading.Text
}

// changeKey identifies an answer: it only changes when there is news, not with times and numbers.
func (q *question) changeKey(a *thresholds.Assessment) string {
	key := a.Level.String() + " " + string(a.Reading.Cause)
	if q.canLose == "" {
		return key
	}
	return key + " " + q.verdict(a).word
}
