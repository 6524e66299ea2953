package thresholds

import (
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

type planJSON struct {
	Schema string    `json:"schema"`
	At     time.Time `json:"at"`
	// Verdict and what follows are the worst of the steps'.
	Verdict  Verdict           `json:"verdict"`
	Ground   Ground            `json:"ground,omitempty"`
	Reason   string            `json:"reason"`
	Headline string            `json:"headline"`
	Steps    []plannedStepJSON `json:"steps"`
}

type plannedStepJSON struct {
	Step    string   `json:"step"` // as it was written
	Verb    PlanVerb `json:"verb"`
	Member  string   `json:"member"`
	Learner bool     `json:"learner,omitempty"`
	// Judged is false after a step that must not be done. Then there is no verdict.
	Judged   bool          `json:"judged"`
	Verdict  *Verdict      `json:"verdict,omitempty"`
	Ground   Ground        `json:"ground,omitempty"`
	Reason   string        `json:"reason,omitempty"`
	Headline string        `json:"headline,omitempty"`
	Before   planStateJSON `json:"before"`
	After    planStateJSON `json:"after"`
}

type planStateJSON struct {
	Voters    *int        `json:"voters"` // null while the member list is not known, as are the next four
	Learners  *int        `json:"learners"`
	Healthy   *int        `json:"healthy_voters"`
	Unknown   *int        `json:"unknown_voters"`
	Quorum    *int        `json:"quorum"`
	Tolerance probe.Value `json:"tolerance"` // null while it is not known
	Leader    *string     `json:"leader"`    // null: nobody, or whoever is elected
}

// Document is what an encoder writes as the JSON of a plan that was judged at a moment.
func (p *Plan) Document(at time.Time) any {
	out := &planJSON{
		Schema: Schema, At: at.UTC(), Verdict: p.Verdict, Ground: p.Ground, Reason: p.Reason, Headline: p.Headline,
		Steps: []plannedStepJSON{},
	}
	for i := range p.Steps {
		s := &p.Steps[i]
		step := plannedStepJSON{
			Step: s.String(), Verb: s.Verb, Member: s.Member.Label, Learner: s.Learner, Judged: s.Judged,
			Before: s.Before.json(), After: s.After.json(),
		}
		if s.Judged {
			step.Verdict, step.Ground, step.Reason, step.Headline = &s.Verdict, s.Ground, s.Reason, s.Headline
		}
		out.Steps = append(out.Steps, step)
	}
	return out
}

func (s *PlanState) json() planStateJSON {
	out := planStateJSON{Tolerance: s.Tolerance()}
	if s.MemberListKnown {
		out.Voters, out.Learners, out.Healthy = new(s.Voters), new(s.Learners), new(s.Healthy)
		out.Unknown, out.Quorum = new(s.Unknown), new(s.Quorum)
	}
	if !s.Leader.IsZero() {
		out.Leader = &s.Leader.Label
	}
	return out
}
