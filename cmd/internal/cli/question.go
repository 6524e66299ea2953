package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

// A question is what a check is asked, and so what its exit code answers.
type question struct {
	// failOn is the level from which the cluster counts as unhealthy.
	failOn thresholds.Level
	// canLose is the member whose verdict alone is asked for: its name, id or an endpoint; empty: how the cluster is.
	canLose    string
	acceptRisk bool
	// hash says that a healthy answer needs to have compared the members' data.
	hash bool
	// quorum says that a healthy answer needs to have seen the quorum.
	quorum bool
}

// code is the exit code that answers the question.
func (q *question) code(a *thresholds.Assessment) int {
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
		return ExitNotDone // nothing wrong was seen, because too little was
	}
	return code
}

// isOpen reports that the answer would be another one if members turned out not to hear each other.
func (q *question) dependsOnProbes(a *thresholds.Assessment) bool {
	if q.canLose != "" {
		return q.code(a) == ExitNotDone
	}
	return q.code(a) == ExitHealthy
}

// codeOf is the exit code that an assessment asks for, where failOn is the level from which it is unhealthy.
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

// find is the member whose verdict is asked for. Where it is not there the error says whether that is for good.
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
		return nil, valueErrorf("can-lose", "%s: %d members are called that: name one by its id: %s", probe.Redacted(q.canLose), len(found), nameAll(found))
	case !a.Cluster.MemberListKnown:
		return nil, notYetError{valueErrorf("can-lose", "%s: the cluster's member list is not known: %s", probe.Redacted(q.canLose), a.Reading.Text)}
	}
	all := make([]*thresholds.Member, len(a.Members))
	for i := range a.Members {
		all[i] = &a.Members[i]
	}
	return nil, valueErrorf("can-lose", "%s: there is no such member; there are %s", probe.Redacted(q.canLose), nameAll(all))
}

// elsewhere is why the member can't be told by its name: another cluster answers, and has one of that name, or it is not known that it
// has none.
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
			return notYetError{valueErrorf("can-lose", "%s: %s is of another cluster (%s), and whether that has a member of this name is not known: name the member by its id or an endpoint: %s",
				probe.Redacted(q.canLose), m.Label, m.Other.ID, nameAll(found))}
		}
		if slices.Contains(m.Other.Names, q.canLose) {
			return valueErrorf("can-lose", "%s: another cluster (%s, %s) has a member of this name: name the member by its id or an endpoint: %s",
				probe.Redacted(q.canLose), m.Other.ID, m.Label, nameAll(append(found, m)))
		}
	}
	return nil
}

// notYetError is an error that a later look may not have.
type notYetError struct{ error }

func (e notYetError) Unwrap() error { return e.error }

// named reports that a member goes by a name: its own, its id, or one of its endpoints, with or without the scheme.
func isNamed(m *thresholds.Member, name string) bool {
	return name == m.Label || hasIDOrEndpoint(m, name)
}

// addressed reports that a member is named by what no other one has: its id, or one of its endpoints.
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

// A reply is what a check says to the question that was asked; its zero value is that none was.
type reply struct{ word, text string }

func (a reply) String() string { return fmt.Sprintf("%-8s %s", a.word, a.text) }

// verdict answers --can-lose; the zero value where that was not asked.
func (q *question) verdict(a *thresholds.Assessment) reply {
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
		text = "it can't be told whether " + m.Label + " may be lost now"
	}
	return reply{strings.ToUpper(m.CanLose.Verdict.String()), text + ": " + m.CanLose.Reason}
}

// brief is the answer in a line.
func (q *question) brief(a *thresholds.Assessment) string {
	if verdict := q.verdict(a); verdict != (reply{}) {
		return verdict.String()
	}
	return strings.ToUpper(a.Level.String()) + "  " + a.Reading.Text
}

// gist is what of the answer makes news when it changes: times and numbers do not.
func (q *question) changeKey(a *thresholds.Assessment) string {
	gist := a.Level.String() + " " + string(a.Reading.Cause)
	if q.canLose == "" {
		return gist
	}
	return gist + " " + q.verdict(a).word
}
