package thresholds

import "slices"

// anyMember stands for the cluster and all members when looking up findings.
const anyMember = "*"

// found returns the breaches of some rules by a member (its key, "" for the cluster, or anyMember) that nothing
// inhibits yet. The worst come first, equally bad ones in the order of the rules given.
func (r *diagnoser) found(member string, rules ...RuleID) []*Finding {
	var found []*Finding
	for _, rule := range rules {
		for _, i := range r.indexed().places(member, rule) {
			f := &r.findings[i]
			if f.isBreach() && f.InhibitedBy == "" {
				found = append(found, f)
			}
		}
	}
	slices.SortStableFunc(found, severestFirst)
	return found
}

// finds reports whether a member breaches one of some rules.
func (r *diagnoser) finds(member string, rules ...RuleID) bool {
	return len(r.found(member, rules...)) > 0
}

// findsAlarm reports whether a member breaches one of some rules with more than a notice.
func (r *diagnoser) findsAlarm(member string, rules ...RuleID) bool {
	found := r.found(member, rules...)
	return len(found) > 0 && found[0].Level >= Warning
}

// inhibit adds the findings that follow from the root: breaches and rules that can't be judged. A notice does not
// explain an alarm.
func (r *diagnoser) inhibit(d *diagnosis, member string, rules ...RuleID) {
	d.scopes = append(d.scopes, scope{member, rules})
	for _, f := range r.indexed().find(member, rules) {
		switch {
		case f == d.root || f.InhibitedBy != "" || f.Resolving():
		case d.root.Level < Warning && f.Level > Notice, member == anyMember && r.inDifferentClusters(d.root, f):
		case d.explains(f):
		default:
			d.inhibited = append(d.inhibited, f)
		}
	}
}

// inhibitUnknown adds the rules that can't be judged because of the root.
func (r *diagnoser) inhibitUnknown(d *diagnosis, member string, rules ...RuleID) {
	for _, f := range r.indexed().find(member, rules) {
		if f.Level == Unknown && f.InhibitedBy == "" && d.root.Level >= Warning {
			d.inhibited = append(d.inhibited, f)
		}
	}
}
