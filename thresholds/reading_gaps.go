package thresholds

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

const sinceStartGap = "what is going on now: a single sweep shows only what has happened since each process began"

// notLookedAt lists what the reading could not take into account.
func (r *diagnoser) notLookedAt() []string {
	missing := []string{"the hosts: etcdoc asks etcd alone, and has seen no iostat, dmesg or kubelet"}
	if s := r.sweep; s.RefusedUser != "" {
		missing = append(missing, fmt.Sprintf("what user %q may see: its login was refused (wrong name or password), and "+
			"the members answered the user of the client certificate (%s)", s.RefusedUser, s.ClientCertificate.Subject))
	}
	if r.sweep.Dumps != nil {
		missing = append(missing, r.dumpedOnly()...)
	}
	for i := range r.members {
		switch m := &r.members[i]; {
		case r.members[i].probed.IsStray():
		case m.State == StateDown:
			missing = append(missing, m.Label+": it "+m.downWords())
		case m.State == StateLate && m.busyWords() != "":
			missing = append(missing, m.Label+": it "+m.busyWords())
		case m.State == StateLate && m.NeverSeen:
			missing = append(missing, m.Label+": it has not answered yet")
		case m.State == StateLate:
			missing = append(missing, m.Label+": it does not answer in time")
		case m.State == StateOutOfReach:
			missing = append(missing, m.Label+": it is out of reach from here")
		case m.MetricsTooOld && r.members[i].probed.Metrics.Err != nil:
			missing = append(missing, "disk, network and proposals of "+m.Label+": its metrics can't be read")
		case m.MetricsTooOld:
			missing = append(missing, "disk, network and proposals of "+m.Label+": its metrics are late")
		}
	}
	for i := range r.members {
		if m := r.members[i].probed; m.Given && len(m.AlsoGiven) > 0 {
			missing = append(missing, fmt.Sprintf("%s: %s to %s, as %s does", join(m.AlsoGiven),
				pluralForm(len(m.AlsoGiven), "it leads", "they lead"), r.members[i].Label, m.Endpoint))
		}
		if m := r.members[i].probed; len(m.Silent) > 0 {
			missing = append(missing, fmt.Sprintf("%s: %s %s and then %s silent; etcdoc uses another address of that name",
				m.Endpoint, join(m.Silent), pluralForm(len(m.Silent), "accepts connections", "accept connections"),
				pluralForm(len(m.Silent), "stays", "stay")))
		}
		if rules := r.unjudged(r.members[i].Key); r.partlyRead(i) && len(rules) > 0 {
			missing = append(missing, "missing from the metrics of "+r.members[i].Label+
				": what shows "+r.conditions(rules))
		}
		if metrics, fresh := r.fresh(i); fresh && metrics.ParseError != nil {
			missing = append(missing, "unreadable in the metrics of "+r.members[i].Label+
				": "+metrics.ParseError.Text)
		}
	}
	for _, err := range r.sweep.SpareMetrics {
		missing = append(missing, "a metrics endpoint that can't be read, and that no member needs: "+err.Text)
	}
	missing = append(missing, r.notMeasurable()...)
	switch {
	case r.settings.sinceStart && r.cluster.dumped:
		missing = append(missing, sinceStartGap)
	case r.settings.sinceStart:
		missing = append(missing, sinceStartGap+" (--window 3s shows more)")
	case r.settings.immediate:
		missing = append(missing, "what happened before the first sweep, such as earlier leader changes")
	}
	if gap := r.corruptionGap(); gap != "" && !r.nobodyAnswers() {
		missing = append(missing, gap)
	}
	return missing
}

// notMeasurable lists the rules that could not be judged through no fault of the members: in one line those with the
// same reason about the same members. It leaves out WhyNotDumped, which every reading of dumps states.
func (r *diagnoser) notMeasurable() []string {
	var gaps []RuleGap
	for _, m := range r.unmeasured {
		if m.Why != WhyNotDumped {
			gaps = append(gaps, RuleGap{m.Rule, m.Text, m.Member.Label})
		}
	}
	var lines []string
	for _, g := range GroupGaps(gaps) {
		of := ""
		if len(g.Members) > 0 && len(g.Members) < len(r.members) {
			of = " of " + join(g.Members)
		}
		lines = append(lines, fmt.Sprintf("%s%s: %s", r.conditions(g.Rules), of, g.Reason))
	}
	return lines
}

// conditions lists what rules look for, in the words that people see elsewhere.
func (r *diagnoser) conditions(rules []RuleID) string {
	var names []string
	for _, id := range rules {
		if name := strconv.Quote(r.settings.rule(id).Brief); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}

// The feature gates of etcd's own corruption checks (E server/features/etcd_features.go, 3.6+; off by default).
const (
	compactHashCheck    = "CompactHashCheck"    // the leader compares hashes after compactions
	initialCorruptCheck = "InitialCorruptCheck" // a member compares its hash with the others' before it serves
)

// corruptionGap says that nobody compared the members' data; empty where somebody did. etcdoc compares hashes only
// when asked, and etcd's own checks are off by default. Before 3.6 the metrics do not show whether they are on.
func (r *diagnoser) corruptionGap() string {
	gap := ""
	if r.sweep.Hashes == nil {
		gap = "whether the members hold the same data: hashes are compared only when asked (etcdoc check --hash)"
		if r.sweep.Dumps != nil {
			gap = "whether the members hold the same data: a dump has no hashes"
		}
	}
	compaction, start := r.gateOff(compactHashCheck), r.gateOff(initialCorruptCheck)
	var off []string
	switch {
	case len(compaction) > 0 && slices.Equal(compaction, start):
		off = append(off, fmt.Sprintf("%s and %s are off%s",
			compactHashCheck, initialCorruptCheck, r.unlessAll(compaction)))
	default:
		for _, gate := range []struct {
			name    string
			members []string
		}{{compactHashCheck, compaction}, {initialCorruptCheck, start}} {
			if len(gate.members) > 0 {
				off = append(off, gate.name+" is off"+r.unlessAll(gate.members))
			}
		}
	}
	switch {
	case len(off) == 0:
		return gap
	case gap == "":
		return "etcd's own corruption checks: " + strings.Join(off, ", ")
	}
	return gap + "; of etcd's own checks " + strings.Join(off, ", ")
}

// gateOff returns the members whose metrics show that a feature gate is off.
func (r *diagnoser) gateOff(name string) (members []string) {
	for i := range r.judgedMembers() {
		if m, fresh := r.fresh(i); fresh {
			if on, known := m.Features[name]; known && !on {
				members = append(members, r.members[i].Label)
			}
		}
	}
	return members
}

// unlessAll names members, unless they are all.
func (r *diagnoser) unlessAll(members []string) string {
	if len(members) == r.countJudged() {
		return ""
	}
	return " at " + join(members)
}
