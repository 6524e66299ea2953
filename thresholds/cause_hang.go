package thresholds

import (
	"fmt"
	"slices"
	"strings"
)

// hungDisk is about disks that hang: an fsync has begun and does not end.
func (r *diagnoser) hungDisk() *diagnosis {
	worst := -1
	var hung, labels []string
	for i := range r.judgedMembers() {
		t := r.members[i].track
		if t.hang.lasted == 0 {
			continue
		}
		hung, labels = append(hung, r.members[i].Key), append(labels, r.members[i].Label)
		if worst < 0 || t.hang.lasted > r.members[worst].track.hang.lasted {
			worst = i
		}
	}
	if worst < 0 {
		return nil
	}
	d := &diagnosis{cause: CauseSlowDisk, blamed: hung, root: r.worstSymptom(hung), symptom: true}
	if d.root == nil {
		return nil
	}
	m := &r.members[worst]
	d.states(r.found(m.Key, WALFsyncSlow)...)
	lasted := hangWords(r.members[worst].track.hang.lasted) + r.peerFsyncs(hung)
	d.text = fmt.Sprintf("%s of %s %s: %s", pluralForm(len(hung), "The disk", "The disks"), join(labels),
		pluralForm(len(hung), "hangs", "hang"), lasted)
	d.beyond = upperFirst(lasted)
	d.heading(r.shortsWith(hung), func(who string) string {
		return pluralForm(len(hung), "Disk of ", "Disks of ") + who + pluralForm(len(hung), " hangs", " hang") +
			": no fsync ended for " + FormatDuration(r.members[worst].track.hang.lasted)
	})
	d.step = "On " + m.Short + ": dmesg, iostat -x 1, ps -o stat,wchan -C etcd"
	if r.cluster.Leads(m.Key) {
		d.further = append(d.further, m.Label+" leads: no heartbeat leaves it meanwhile")
	}
	d.next = fmt.Sprintf("On the host of %s: dmesg (I/O errors, timeouts), iostat -x 1 (%%util, and nothing written), "+
		"the state of the process (ps -o stat,wchan -C etcd: D waits for the disk); then the storage behind it.",
		join(labels))
	d.caution = &caution{hung, labels, pluralForm(len(hung), "writes again", "write again")}
	for _, key := range hung {
		r.inhibit(d, key, WALFsyncSlow, BackendCommitSlow, AnswersSlow)
	}
	r.inhibitDiskSymptoms(d, hung)
	for _, f := range r.found("", QuorumAtRisk) { // a member that writes nothing does not count
		if !d.explains(f) {
			d.covered = append(d.covered, f)
		}
	}
	return d
}

// diskHangs reports whether the disk of a member hangs.
func (r *diagnoser) diskHangs(key string) bool {
	i := r.place(key)
	return i >= 0 && r.members[i].track.hang.lasted > 0
}

// worstSymptom returns the worst finding that the slow disks of some members cause, one about their WAL fsyncs before
// all others.
func (r *diagnoser) worstSymptom(slow []string) *Finding {
	for _, key := range slow {
		if disk := r.found(key, WALFsyncSlow); len(disk) > 0 {
			return disk[0]
		}
	}
	signs := []RuleID{
		BackendCommitSlow, MemberLate, MemberUnreachable, VoterUnhealthy, FollowerStuck, AppliesSlow, HeartbeatsFailing,
		ProposalsQueued, LinearizableReadSlow, SerializableReadSlow, ReadIndexesSlow, FollowerLagging, ProposalsFailing,
	}
	if r.feltEverywhere(slow) {
		if all := r.found(anyMember, signs...); len(all) > 0 {
			return all[0]
		}
	}
	var worst *Finding
	for _, key := range slow {
		if found := r.found(key, signs...); len(found) > 0 && (worst == nil || found[0].Level > worst.Level) {
			worst = found[0]
		}
	}
	return worst
}

// peerFsyncs says how long the fsyncs of all members but some take; nothing if none has ended lately.
func (r *diagnoser) peerFsyncs(except []string) string {
	var words []string
	for i := range r.judgedMembers() {
		m := &r.members[i]
		l := m.Latency(WALFsyncP99)
		if !l.IsKnown() || l.Last || m.MetricsTooOld || slices.Contains(except, m.Key) {
			continue
		}
		words = append(words, m.Label+" "+l.String())
	}
	if len(words) == 0 {
		return ""
	}
	return "; WAL fsync p99 of its peers: " + strings.Join(words, ", ")
}

// unobservedDisks returns the indices of the members that should write something and have ended no fsync: how slow
// their disks are is not known.
func (r *diagnoser) unobservedDisks() (places []int) {
	for i := range r.judgedMembers() {
		if r.awaitsFsync(i) {
			places = append(places, i)
		}
	}
	return places
}

// unobservedWords says why it is not known how slow some disks are.
func (r *diagnoser) unobservedWords(places []int) string {
	labels := make([]string, len(places))
	for n, i := range places {
		labels[n] = r.members[i].Label
	}
	return "no WAL fsync of " + join(labels) + " has ended lately although there is something to write"
}

// orHungDisk makes a diagnosis of the members at some indices unclear if one of them should write something and ends no
// fsync: its disk may hang as well. why is the observation, which the text quotes then.
func (r *diagnoser) orHungDisk(d *diagnosis, places []int, why *Evidence) {
	for _, i := range r.unobservedDisks() {
		m := &r.members[i]
		if !slices.Contains(places, i) || d.cause == CauseNotClear {
			continue
		}
		d.candidates = []Cause{d.cause, CauseSlowDisk}
		d.further, why.InText = nil, true
		because := fmt.Sprintf("because %s, and %s", why.Text, r.unobservedWords([]int{i}))
		d.beyond = upperFirst(because)
		d.text = fmt.Sprintf("Cause not clear: %s, or the disk of %s hangs, %s", d.cause.row().long, m.Label, because)
		d.cause = CauseNotClear
		d.next += fmt.Sprintf(" The disk of %s: iostat -x 1 (w_await, %%util), dmesg.", m.Label)
	}
}
