package thresholds

import (
	"fmt"
	"slices"

	"github.com/etcdoc/etcdoc/probe"
)

// membership diagnoses members that are not one cluster, or that disagree on its members.
func (r *diagnoser) membership() *diagnosis {
	d := newDiagnosis(CauseMembership, r.found("", ClusterForked, TwoLeaders, ClusterIDMismatch, MemberListMismatch))
	if d == nil {
		return r.removed()
	}
	d.next = r.adviseMembership(d.root)
	switch removed := r.shortsWhere(func(m *memberState) bool {
		return m.State == StateOK && m.probed.Membership == probe.MembershipRemoved
	}); {
	case r.sweep.Dumps != nil:
		d.step = "Look at the dumps of each cluster by themselves"
	case d.root.Rule == MemberListMismatch && len(removed) > 0:
		d.stepping(removed, func(who string) string { return "Stop etcd on " + who + ", and wipe the data there" })
	}
	d.covered = append(d.covered, r.found("", QuorumAtRisk)...)
	for i := range r.members {
		// Findings about voters of this cluster stand; those about anyone else are consequences.
		membership := r.members[i].probed.Membership
		if m := &r.members[i]; !m.Voter || membership == probe.MembershipForeign ||
			membership == probe.MembershipForked {
			r.inhibit(d, m.Key, withoutQuorum...)
			r.inhibitUnknown(d, m.Key, WALFsyncSlow, BackendCommitSlow)
		}
	}
	return d
}

// adviseMembership advises on members that are not one cluster. Only a member that is proven to have been removed is
// to be stopped and wiped.
func (r *diagnoser) adviseMembership(f *Finding) string {
	if r.sweep.Dumps != nil {
		return f.Advice
	}
	compare := "What each lists: " + etcdctl(anyEndpoint, "member list -w table") + " with one endpoint at a time."
	if f.Rule != MemberListMismatch {
		return f.Advice + " " + compare
	}
	if removed := r.labelsByMembership(probe.MembershipRemoved); len(removed) > 0 {
		return adviseRemoved(removed) + " " + compare
	}
	return f.Advice + " " + compare
}

// labelsByMembership returns the labels of the answering members that have that membership.
func (r *diagnoser) labelsByMembership(as probe.Membership) []string {
	return r.labelsWhere(func(m *memberState) bool { return m.State == StateOK && m.probed.Membership == as })
}

// adviseRemoved advises to stop and wipe members that have been removed.
func adviseRemoved(labels []string) string {
	return fmt.Sprintf("Stop %s and wipe %s: a quorum of the voters answers without %s, as of after %s left.",
		join(labels), pluralForm(len(labels), "its data directory", "their data directories"),
		pluralForm(len(labels), "it", "them"), pluralForm(len(labels), "it", "they"))
}

// removed diagnoses a running member that the member list does not have, where no membership finding shows it yet.
func (r *diagnoser) removed() *diagnosis {
	for i := range r.members {
		m := &r.members[i]
		if m.State != StateOK || !r.cluster.MemberListKnown || r.members[i].probed.Listed {
			continue
		}
		signs := r.found(m.Key, NoLeader, FollowerStuck, VoterUnhealthy)
		if len(signs) == 0 {
			continue
		}
		d := &diagnosis{cause: CauseMembership, root: signs[0], symptom: signs[0].Rule != VoterUnhealthy}
		switch member := r.members[i].probed; member.Membership {
		case probe.MembershipRemoved:
			d.text = m.Label + " was removed from the cluster, and runs on"
			d.headline = m.Short + " was removed from the cluster, and runs on"
			d.step = "Stop etcd on " + m.Short + ", and wipe the data there"
			d.next = adviseRemoved([]string{m.Label})
		case probe.MembershipForeign:
			d.text = fmt.Sprintf("%s is a member of another cluster (%s)", m.Label, member.Cluster)
			d.beyond = fmt.Sprintf("That cluster is %s", member.Cluster)
			d.next = "Give the endpoints of one cluster only (--endpoints)."
			d.headline, d.step = m.Short+" is a member of another cluster", r.settings.rule(ClusterIDMismatch).Step
		default:
			d.headline = m.Short + " runs, and is not in the member list"
			d.step = "Look again in a while; then compare etcdctl member list"
			d.text = m.Label + " runs, and the member list does not have it: it was removed, or the list lags"
			d.beyond = "It was removed, or the list lags"
			d.next = "Look again in a while; then at what each member lists: " +
				etcdctl(anyEndpoint, "member list -w table") + " with one endpoint at a time."
		}
		r.inhibit(d, m.Key, withoutQuorum...)
		r.inhibitUnknown(d, m.Key, WALFsyncSlow, BackendCommitSlow)
		return d
	}
	return nil
}

// certificate diagnoses certificates that are about to expire.
func (r *diagnoser) certificate() *diagnosis {
	expiring := append(r.found(anyMember, CertificateExpiring, ClientCertificateExpires), r.authorityFindings(true)...)
	slices.SortStableFunc(expiring, severestFirst)
	d := newDiagnosis(CauseCertificate, expiring)
	if d == nil {
		return nil
	}
	d.more = 0
	if labels := r.labels(d.covered); len(labels) > 0 {
		d.clauses = []string{"so do those of " + join(labels)}
	}
	for _, f := range d.covered {
		if f.Rule == AuthorityExpiring {
			d.clauses = append(d.clauses, "and "+f.Summary)
			d.states(f)
		}
	}
	if !d.root.Member.IsZero() {
		d.next = d.root.Advice + fmt.Sprintf(" See it: %s </dev/null | openssl x509 -noout -subject -dates.",
			openTLS(r.endpoint(d.root.Member.Key)))
	}
	return d
}

// clock diagnoses wrong clocks: a member's, or this host's.
func (r *diagnoser) clock() *diagnosis {
	d := newDiagnosis(CauseClock, r.found(anyMember, ClockDrifting, ObserverClock))
	if d == nil {
		return nil
	}
	d.next = "On this host: chronyc tracking (or timedatectl timesync-status). The times that etcdoc shows are its own."
	if labels := r.labels(append(d.covered, d.root)); len(labels) > 0 {
		d.next = fmt.Sprintf("On the host of %s: chronyc tracking (or timedatectl timesync-status). Leases and "+
			"certificates depend on the clock.", join(labels))
	}
	return d
}

// versions diagnoses versions that do not go together, or should not run.
func (r *diagnoser) versions() *diagnosis {
	severe := slices.DeleteFunc(r.found(anyMember, VersionsMixed, VersionBad, DowngradeEnabled, StorageVersionDiffers),
		func(f *Finding) bool { return f.Level < Warning })
	d := newDiagnosis(CauseVersions, severe)
	if d == nil {
		return nil
	}
	if d.root.Rule == VersionsMixed { // which lists them
		d.beyond = upperFirst(r.runVersions())
	} else {
		d.add(r.runVersions())
	}
	if i := r.place(d.root.Member.Key); d.root.Rule == VersionBad && i >= 0 {
		d.headline = d.root.Member.Short + " runs " + r.members[i].Version + ", which has severe known bugs"
	}
	return d
}

// backup diagnoses backups that are missing, too old or damaged.
func (r *diagnoser) backup() *diagnosis {
	return newDiagnosis(CauseBackup, r.found("", BackupMissing, BackupStale, BackupCorrupt))
}

// runVersions lists the version that each member runs.
func (r *diagnoser) runVersions() string {
	text := ""
	for i := range r.judgedMembers() {
		if m := &r.members[i]; m.Version != "" {
			if text != "" {
				text += ", "
			}
			text += m.Label + " " + m.Version
		}
	}
	return "versions: " + text
}

func (r *diagnoser) fileDescriptors() *diagnosis {
	d := newDiagnosis(CauseFDs, r.found(anyMember, FDsExhausted))
	if d != nil {
		d.next = fmt.Sprintf("On the host of %s: ss -tn state established '( sport = :2379 )' shows who is "+
			"connected; raise LimitNOFILE in etcd's unit.", d.root.Member.Label)
	}
	return d
}

func (r *diagnoser) memory() *diagnosis {
	d := newDiagnosis(CauseMemory, r.found(anyMember, MemoryGrowing))
	if d == nil {
		return nil
	}
	if i := r.place(d.root.Member.Key); i >= 0 {
		m := &r.members[i]
		for _, v := range []struct {
			vital  Vital
			format string
		}{
			{DBSize, "%s: the database is %s"},
			{Watchers, "%s: %s watchers"}, {PendingEvents, "%s: %s events are not sent yet"},
		} {
			if value, known := m.Vitals[v.vital].Get(); known {
				d.add(fmt.Sprintf(v.format, m.Label, v.vital.Unit().Format(value)))
			}
		}
	}
	return d
}

// metrics diagnoses members whose metrics can't be read.
func (r *diagnoser) metrics() *diagnosis {
	unread := r.found(anyMember, MetricsUnavailable)
	if len(unread) == 0 || unread[0].Level < Warning { // metrics served elsewhere leave the cluster healthy
		return nil
	}
	d := newDiagnosis(CauseMetrics, unread)
	d.quorum = true
	var whole, parts []*Finding
	for _, f := range unread {
		switch i := r.place(f.Member.Key); {
		case i >= 0 && r.partlyRead(i):
			parts = append(parts, f)
		case f.Level >= Warning:
			whole = append(whole, f)
		}
	}
	var texts []string
	if len(whole) > 0 {
		text := whole[0].opening()
		if i := r.place(whole[0].Member.Key); i >= 0 && r.members[i].probed.Metrics.Err != nil {
			d.beyond = upperFirst(r.members[i].probed.Metrics.Err.Text)
		}
		if labels := r.labels(whole[1:]); len(labels) > 0 {
			text += "; nor can those of " + join(labels)
		}
		texts = append(texts, text, "Disk, network and proposals are not judged there")
		d.states(whole[0])
	}
	for _, f := range parts {
		text := f.opening()
		d.states(f)
		if rules := r.unjudged(f.Member.Key); len(rules) > 0 {
			text += "; what shows " + r.conditions(rules) + " is missing"
		}
		texts = append(texts, text)
	}
	d.text, d.further = texts[0], texts[1:]
	if len(whole) == 0 {
		d.beyond = texts[0]
	}
	if len(whole) > 1 {
		d.heading(r.shortsAbout(whole), func(who string) string { return "Metrics of " + who + " can't be read" })
	}
	return d
}

// partlyRead reports whether only a part of member i's newest exposition was read, and is judged.
func (r *diagnoser) partlyRead(i int) bool {
	metrics := &r.members[i].probed.Metrics
	return metrics.Partial && metrics.Err != nil && !r.members[i].MetricsTooOld
}

// unjudged returns the rules that can't be judged about a member because their metrics could not be read.
func (r *diagnoser) unjudged(member string) (rules []RuleID) {
	for f := range about(r.findings, member) {
		if f.Why == WhyUnreadable && !slices.Contains(rules, f.Rule) {
			rules = append(rules, f.Rule)
		}
	}
	return rules
}
