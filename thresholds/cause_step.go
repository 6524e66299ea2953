package thresholds

import "strings"

// stepFor is the first thing to do about a breach by a member; about the cluster if its Key is empty.
func (r *Rule) stepFor(m MemberRef) string { return stepNaming(r.Step, m) }

// stepOfRule is the first step of a finding without what its announcement or its cause say: the rule's, or what its
// reason for not being judged asks for. It is empty if time alone helps.
func (f *Finding) stepOfRule(r *Rule) string {
	step := r.Step
	if f.Level == Unknown {
		step = f.Why.step()
	}
	if f.Missing.ofAPIServer() {
		return stepAt(step, "the API server")
	}
	return stepNaming(step, f.Member)
}

// stepNaming puts the member's name into a step.
func stepNaming(step string, m MemberRef) string {
	name := m.Short
	if m.IsZero() {
		name = "the members"
	}
	return stepAt(step, name)
}

// stepAt puts names into a step.
func stepAt(step, who string) string { return strings.ReplaceAll(step, "{member}", who) }

// onHosts words what to run on the hosts of some members.
func onHosts(commands string) func(who string) string {
	return func(who string) string { return "On " + who + ": " + commands }
}

// spaceStep is the first of the steps that free database space.
func (r *diagnoser) spaceStep(steps []Step) string {
	if len(steps) == 0 {
		return ""
	}
	step := map[Step]string{
		StepRaiseQuota: "raise --quota-backend-bytes to what the others have",
		StepCompact:    "compact, then defragment one member after another",
		StepDelete:     r.deleteStep(),
		StepDefragment: "defragment one member after another, the leader last",
		StepDisarm:     "lift the alarm: etcdctl alarm disarm",
	}[steps[0]]
	if len(steps) > 1 && steps[len(steps)-1] == StepDisarm {
		step += ", then disarm"
	}
	if r.cluster.MemberListKnown && !r.cluster.commits() && steps[0] != StepRaiseQuota {
		return fitting(StepWidth, "Regain the quorum; then "+step,
			"Regain the quorum: it must commit what frees space")
	}
	return upperFirst(step)
}

// deleteStep is the step that deletes keys, of the prefix that takes most if that is known.
func (r *diagnoser) deleteStep() string {
	const step = "delete keys that nobody needs; compact, defragment"
	if _, first := r.whatFills(); first != "" {
		return fitting(StepWidth-len(", then disarm"), "delete what nobody needs of "+first, step)
	}
	return step
}

// rootHeadline is the headline of the finding that a diagnosis is about: in the rule's words for that, if it has any.
func (r *diagnoser) rootHeadline(f *Finding) string {
	words := r.settings.rule(f.Rule).headline
	value, known := f.Value.Get()
	valued := strings.Contains(words, "{value}")
	switch {
	case words == "", f.Level == Unknown, f.Resolving(), valued && !known, f.Rule == CertificateExpiring && value <= 0:
	default:
		amount := ""
		if valued {
			amount = f.Unit.Format(value)
		}
		return strings.NewReplacer("{member}", f.Member.Short, "{value}", amount).Replace(words)
	}
	if f.Member.IsZero() && !f.NameFirst {
		return upperFirst(f.Headline)
	}
	return f.Headline
}
