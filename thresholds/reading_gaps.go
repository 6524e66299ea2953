package thresholds

import (
	"fmt"
	"slices"
	"strings"
)

// notLookedAt says what the reading could not take into account.
func (r *reader) notLookedAt() []string {
	missing := []string{"the hosts: etcdoc asks etcd alone, and has seen no iostat, dmesg or kubelet"}
	if r.sweep.Dumps != nil {
		missing = append(missing, r.dumpedOnly()...)
	}
	for i := range r.a.Members {
		switch m := &r.a.Members[i]; {
		case m.State == StateDown:
			missing = append(missing, m.Label+": it is down")
		case m.State == StateLate:
			missing = append(missing, m.Label+": it has not answered yet")
		case m.MetricsTooOld && r.sweep.Members[i].Metrics.Err != nil:
			missing = append(missing, "disk, network and proposals of "+m.Label+": its metrics can't be read")
		case m.MetricsTooOld:
			missing = append(missing, "disk, network and proposals of "+m.Label+": its metrics are late")
		}
	}
	missing = append(missing, r.unmeasurable()...)
	switch {
	case r.options.SinceStart:
		missing = append(missing, "what is going on now: a single look knows only what was since each process began")
	case r.options.Immediate:
		missing = append(missing, "what was before this look, such as earlier leader changes")
	}
	return missing
}

// unmeasurable says which rules could not be judged for no fault of the members: those with the same reason about the
// same members in one line. What every line of a dump's reading says already is left out.
func (r *reader) unmeasurable() []string {
	type gap struct {
		why     string
		rules   []string
		members []string
	}
	var gaps []*gap
	ruleMembers := func(rule RuleID, why string) (members []string) {
		for _, m := range r.a.Unmeasured {
			if m.Rule == rule && m.Text == why && !m.Member.IsZero() {
				members = append(members, m.Member.Label)
			}
		}
		return members
	}
	for _, m := range r.a.Unmeasured {
		if m.Why == WhyNotDumped {
			continue
		}
		members := ruleMembers(m.Rule, m.Text)
		i := slices.IndexFunc(gaps, func(g *gap) bool { return g.why == m.Text && slices.Equal(g.members, members) })
		if i < 0 {
			gaps = append(gaps, &gap{why: m.Text, members: members})
			i = len(gaps) - 1
		}
		if !slices.Contains(gaps[i].rules, string(m.Rule)) {
			gaps[i].rules = append(gaps[i].rules, string(m.Rule))
		}
	}
	var lines []string
	for _, g := range gaps {
		of := ""
		if len(g.members) > 0 && len(g.members) < len(r.a.Members) {
			of = " of " + join(g.members)
		}
		lines = append(lines, fmt.Sprintf("%s%s: %s", strings.Join(g.rules, ", "), of, g.why))
	}
	return lines
}
