package thresholds

import (
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

type rollingJSON struct {
	Applies      bool     `json:"applies"` // there are several members to change one by one
	Phase        Phase    `json:"phase"`
	Order        []string `json:"order"`
	MoveLeaderTo *string  `json:"move_leader_to"`
	Text         string   `json:"text"`
	Next         string   `json:"next,omitempty"`
	// SafeWhileWaiting: a member is safe to lose by itself, which is no permission to begin or go on.
	SafeWhileWaiting bool `json:"safe_while_waiting,omitempty"`
	// Checks are the conditions before each step.
	Checks []checkJSON `json:"checks"`
	// Wait is why Phase is wait or unknown, WaitFrom where that comes from; Progress how far a change of versions has
	// come.
	Wait     string     `json:"wait,omitempty"`
	WaitFrom WaitFrom   `json:"wait_from,omitempty"`
	Progress string     `json:"progress,omitempty"`
	Began    time.Time  `json:"began,omitzero"` // when the first sign of the change was seen
	From     string     `json:"from_version,omitempty"`
	To       string     `json:"to_version,omitempty"`
	Steps    []stepJSON `json:"steps"`
}

type stepJSON struct {
	Step  StepKind  `json:"step"`
	State StepState `json:"state"`
	// Member is whose turn it is, or who is to lead after From.
	Member        string      `json:"member"`
	From          string      `json:"from,omitempty"`
	VersionBefore string      `json:"version_before,omitempty"`
	VersionNow    string      `json:"version_now,omitempty"`
	Since         time.Time   `json:"since,omitzero"`
	AwaySeconds   probe.Value `json:"away_seconds,omitzero"`
	Mark          string      `json:"mark,omitempty"`
	MarkUntil     time.Time   `json:"mark_until,omitzero"`
	Progress      string      `json:"progress,omitempty"`
	// Action is the command that fits now; WhyNone is why none does. Command is that of move-leader.
	Action  StepAction `json:"action"`
	WhyNone string     `json:"why_none,omitempty"`
	Command string     `json:"command,omitempty"`
}

type checkJSON struct {
	Check  RollingCheckName `json:"check"`
	Status CheckStatus      `json:"status"`
	Text   string           `json:"text"`
}

type recoveryJSON struct {
	Warranted Warrant `json:"warranted"`
	Newest    *string `json:"newest"`
	Text      string  `json:"text"`
}

func (a *Assessment) rollingJSON() rollingJSON {
	r := &a.Rolling
	out := rollingJSON{
		Applies: a.RollingApplies(), SafeWhileWaiting: a.SafeWhileWaiting(),
		Phase: r.Phase, Order: []string{}, Text: r.Text, Next: r.Next,
		Checks: []checkJSON{}, Wait: r.Wait, WaitFrom: r.WaitFrom, Progress: r.Progress,
		From: r.From, To: r.To, Steps: []stepJSON{},
	}
	if !r.Began.IsZero() {
		out.Began = r.Began.UTC()
	}
	for i := range r.Steps {
		step := r.Steps[i].json()
		step.Action, step.WhyNone = a.StepAction(&r.Steps[i])
		out.Steps = append(out.Steps, step)
	}
	for _, c := range r.Checks {
		out.Checks = append(out.Checks, checkJSON{c.Name, c.Status, c.Text})
	}
	for _, ref := range r.Order {
		out.Order = append(out.Order, ref.Label)
	}
	if !r.MoveLeaderTo.IsZero() {
		out.MoveLeaderTo = &r.MoveLeaderTo.Label
	}
	return out
}

func (s *RollingStep) json() stepJSON {
	out := stepJSON{
		Step: s.Kind, State: s.State, Member: s.Member.Label, From: s.From.Label, VersionBefore: s.Before,
		VersionNow: s.Now, Mark: s.Mark, Progress: s.Progress, Command: s.Command,
	}
	if !s.Since.IsZero() {
		out.Since = s.Since.UTC()
	}
	if !s.MarkUntil.IsZero() {
		out.MarkUntil = s.MarkUntil.UTC()
	}
	if s.Away > 0 {
		out.AwaySeconds = probe.Known(s.Away.Seconds())
	}
	return out
}
