package thresholds

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/etcdoc/etcdoc/thresholds/window"
)

// A burst is a rate several times the median of the ten minutes before the symptoms began.
const (
	burstBaseline = 10 * time.Minute
	// burstLead is how long before the first symptom the baseline ends: queues take time to grow.
	burstLead   = 10 * time.Second
	burstFactor = 3
	// minBurstRate is the lowest rate per second that counts as a burst; minBurstSamples is how many samples the
	// baseline needs.
	minBurstRate, minBurstSamples = 20, 5
)

// burst diagnoses demand at several times the usual rate while no disk stands out.
func (r *diagnoser) burst() *diagnosis {
	signs := r.found(anyMember, ProposalsQueued, ApplyLagging, AppliesSlow, WALFsyncSlow, BackendCommitSlow,
		LinearizableReadSlow, SerializableReadSlow, ReadIndexesSlow, HeartbeatsFailing, AnswersSlow, GRPCSlow,
		GRPCRangeSlow, GRPCTxnSlow, RequestsMany)
	signs = slices.DeleteFunc(signs, (*Finding).provesLittle)
	if len(signs) == 0 || !r.disksAlike() {
		return nil
	}
	since := r.earliestSince(signs)
	if h := r.previous; h != nil && h.cause == CauseBurst { // the first sign of the same burst may be over
		since = earlier(since, h.since)
	}
	d := &diagnosis{root: signs[0], blamed: []string{}, symptom: true}
	if asked := r.surgedDemand(since); asked != nil {
		r.wordDemand(d, asked)
	} else if !r.wordWrites(d, since) {
		return nil
	}
	r.inhibit(d, anyMember, WALFsyncSlow, BackendCommitSlow, RequestsMany, SerializableReadSlow, LeasesChurning,
		AnswersSlow, PeerRTTSlow, LinkGrown)
	r.inhibit(d, anyMember, slowness[:]...)
	return d
}

// earliestSince is when the first of some findings began; now if there are none.
func (r *diagnoser) earliestSince(findings []*Finding) time.Time {
	since := r.now
	for _, f := range findings {
		since = earlier(since, f.Since)
	}
	return since
}

// wordWrites words a burst of applied proposals where no metric names their method. It reports whether there is one.
func (r *diagnoser) wordWrites(d *diagnosis, since time.Time) bool {
	writes, usual, _ := r.surge(ProposalsAppliedRate, since)
	if writes < burstFactor*usual || writes < minBurstRate {
		return false
	}
	d.cause = CauseBurst
	d.text = fmt.Sprintf("A burst of writes: %s are applied, %s were usual in the ten minutes before; the "+
		"disks are alike", PerSecond.Format(writes), PerSecond.Format(usual))
	d.next = "Find who writes: kube-apiserver's audit log or apiserver_request_total by verb and resource, else " +
		"the clients' own metrics; slow that client down."
	d.beyond = "The disks are alike"
	d.headline = fmt.Sprintf("Burst of writes: %s applied, usually %s", PerSecond.Format(writes),
		PerSecond.Format(usual))
	d.step = "Find who writes: kube-apiserver's audit log, clients' metrics"
	if m := r.mostQueued(); m != nil {
		d.step = "Find who writes through " + m.Short + ": ss -tn on the host"
		d.further = append(d.further, fmt.Sprintf("Most come through %s", m.Label))
		d.next = fmt.Sprintf("Find the clients that write through %s (%s): ss -tn on its host; kube-apiserver's "+
			"audit log. Slow them down.", m.Label, r.endpoint(m.Key))
	}
	d.step = cmp.Or(r.nameWriters(d), d.step)
	d.add(r.rates()...)
	return true
}

// disksAlike reports whether no disk is much slower than the others: load slows all of them. A disk that completes
// nothing although writes are pending may be slower.
func (r *diagnoser) disksAlike() bool {
	if len(r.unobservedDisks()) > 0 {
		return false
	}
	least, most := math.Inf(1), 0.0
	for i := range r.judgedMembers() {
		if m := &r.members[i]; !m.MetricsTooOld && m.Vitals[WALFsyncP99].IsKnown() {
			p99 := m.Vitals[WALFsyncP99].Or(0)
			least, most = min(least, p99), max(most, p99)
		}
	}
	limit := r.settings.rule(WALFsyncSlow).Notice.Value.Or(0)
	return most < limit || most < 4*least
}

// surge returns the member whose rate exceeds its own median before since by the largest factor, with both rates per
// second. Without any baseline the member is -1.
func (r *diagnoser) surge(v Vital, since time.Time) (now, usual float64, member int) {
	best := 0.0
	for i := range r.judgedMembers() {
		m := &r.members[i]
		rate, known := m.Vitals[v].Get()
		if !known || m.IsStale(v) {
			continue
		}
		median, known := r.usualOf(m.track, usualKey{vital: v, began: since}, func() (float64, bool) {
			return r.history.medianBefore(m.Key, v, since.Add(-burstLead))
		})
		if known && rate/max(median, 1) > best {
			best, now, usual, member = rate/max(median, 1), rate, median, i
		}
	}
	if best == 0 {
		return 0, 1, -1
	}
	return now, usual, member
}

// medianBefore returns the median of a vital in the burstBaseline before a moment. It is not known from fewer than
// minBurstSamples.
func (h *History) medianBefore(member string, v Vital, until time.Time) (median float64, known bool) {
	kept := h.members[member]
	if kept == nil {
		return 0, false
	}
	var past []float64
	begin := kept.raw.after(until.Add(-burstBaseline).UnixNano())
	for i := range kept.raw.after(until.UnixNano()) - begin {
		if value := kept.raw.value(begin+i, int(v)); !math.IsNaN(value) {
			past = append(past, value)
		}
	}
	if len(past) < minBurstSamples {
		return 0, false
	}
	return window.Median(past)
}

// mostQueued returns the member with most of the pending proposals; nil where none stands out. All members apply the
// same writes, so only the queue shows through which of them the writes arrive.
func (r *diagnoser) mostQueued() *memberState {
	var most *memberState
	sum := 0.0
	for i := range r.judgedMembers() {
		m := &r.members[i]
		if pending, known := m.Vitals[ProposalsPending].Get(); known && !m.MetricsTooOld {
			sum += pending
			if most == nil || pending > most.Vitals[ProposalsPending].Or(0) {
				most = m
			}
		}
	}
	if most == nil || most.Vitals[ProposalsPending].Or(0) < 5 || 2*most.Vitals[ProposalsPending].Or(0) < sum {
		return nil
	}
	return most
}

// rates returns the request rates of each member, one line per member.
func (r *diagnoser) rates() []string {
	var lines []string
	for i := range r.judgedMembers() {
		m := &r.members[i]
		writes, known := m.Vitals[WritesRate].Get()
		if !known || m.MetricsTooOld {
			continue
		}
		line := fmt.Sprintf("%s: %s puts, deletes and transactions", m.Label, PerSecond.Format(writes))
		if ranges, known := m.Vitals[RequestsRate].Minus(m.Vitals[WritesRate]).Get(); known {
			line += ", " + PerSecond.Format(ranges) + " ranges"
		}
		lines = append(lines, line)
	}
	return append(lines, r.inFlightEvidence()...)
}

// overload diagnoses queues that no disk, link or burst explains.
func (r *diagnoser) overload() *diagnosis {
	return r.loadOrNotClear(r.found(anyMember, ProposalsQueued, RequestsMany))
}

// loadOrNotClear diagnoses symptoms that nothing else explains: as load where demand is high, else as the causes that
// can't be ruled out.
func (r *diagnoser) loadOrNotClear(signs []*Finding) *diagnosis {
	d := newDiagnosis(CauseNotClear, signs)
	if d == nil {
		return nil
	}
	what := d.root.Words() + andMore(d.more, "finding")
	if d.root.Rule == LinearizableReadSlow && r.cluster.Leads(d.root.Member.Key) {
		what += "; it leads, and waits for its followers"
	}
	if asked := r.highDemand(r.earliestSince(signs)); asked != nil {
		r.wordDemand(d, asked)
		d.cause, d.candidates = CauseOverload, nil
		d.further = append(d.further, "Seen: "+what)
	} else {
		r.wordNotClear(d, what)
	}
	d.add(r.quickDisks())
	r.inhibit(d, anyMember, slowness[:]...)
	return d
}

func (r *diagnoser) applyLag() *diagnosis {
	d := newDiagnosis(CauseApplyLag, r.found(anyMember, ApplyLagging))
	if d != nil {
		d.add(r.rates()...)
		r.inhibit(d, d.root.Member.Key, slowness[:]...)
		r.inhibit(d, d.root.Member.Key, VoterUnhealthy, SerializableReadSlow)
		d.covered = append(d.covered, r.found("", QuorumAtRisk)...)
	}
	return d
}

// followerBehind diagnoses a member that receives entries more slowly than the leader commits them.
func (r *diagnoser) followerBehind() *diagnosis {
	behind := r.found(anyMember, FollowerLagging)
	for _, f := range r.found(anyMember, SnapshotInFlight) {
		if f.Level >= Warning {
			behind = append(behind, f)
		}
	}
	d := newDiagnosis(CauseFollower, behind)
	if d == nil {
		return nil
	}
	if d.root.Rule == FollowerLagging {
		d.beyond = "It falls further behind"
	}
	d.add(r.quickDisks())
	r.inhibit(d, d.root.Member.Key, slowness[:]...)
	r.inhibit(d, anyMember, SnapshotInFlight)
	return d
}

// learnerStuck diagnoses a learner that does not catch up far enough to be promoted.
func (r *diagnoser) learnerStuck() *diagnosis {
	d := newDiagnosis(CauseLearner, r.found(anyMember, LearnerStuck))
	if d == nil {
		return nil
	}
	d.beyond = "It " + d.root.What
	key := d.root.Member.Key
	r.inhibit(d, key, slowness[:]...)
	r.inhibit(d, anyMember, SnapshotInFlight)
	if i := r.place(key); i >= 0 {
		if with, without := r.peersOf(i); len(without) > 0 {
			d.add(haveWords(without) + " no connection with it")
		} else if len(with) > 0 {
			d.add(haveWords(with) + " a connection with it")
		}
		if id := r.members[i].ID; id != 0 {
			finish := fmt.Sprintf("Once it has caught up: %s. If it does not recover: %s, wipe its data, add it again.",
				etcdctl(r.otherEndpoint(key), "member promote "+id.String()),
				etcdctl(r.otherEndpoint(key), "member remove "+id.String()))
			d.next = "Look at its disk and at its link with the leader. " + r.cluster.withCommitCaveat(finish)
		}
	}
	return d
}

func (r *diagnoser) flapping() *diagnosis {
	d := newDiagnosis(CauseFlapping, r.found(anyMember, LeaderChanging))
	if d == nil {
		return nil
	}
	d.before, d.beyond = "Leadership does not stay: ", d.root.opening()
	d.headline = "Leadership does not stay: " + Plural(int(d.root.Value.Or(0)), "change")
	d.add(r.quickDisks())
	d.next = "Look at the disk and the CPU of the members that led (iostat -x 1, top), at the links between them, " +
		"and whether something moves the leadership on purpose: grep etcd's log for \"lost leader\" and " +
		"\"leadership transfer\"."
	r.inhibit(d, anyMember, slowness[:]...)
	r.inhibit(d, anyMember, NoLeader)
	return d
}

func (r *diagnoser) watchBacklog() *diagnosis {
	d := newDiagnosis(CauseWatchBacklog, r.found(anyMember, WatchBacklog))
	if d == nil {
		return nil
	}
	if i := r.place(d.root.Member.Key); i >= 0 {
		m := &r.members[i]
		if pending, known := m.Vitals[PendingEvents].Get(); known {
			d.headline = "Watchers of " + m.Short + " do not read: " + Count.Format(pending) + " events wait"
		}
		d.before = "Watchers do not read what there is for them (Watch): "
		if writes, known := m.Vitals[WritesRate].Get(); known && !m.MetricsStale {
			d.clauses = []string{PerSecond.Format(writes) + " puts, deletes and transactions make events"}
		}
		d.next = fmt.Sprintf("Find the clients with many or slow watches on %s (%s): ss -tn on its host shows "+
			"those that do not read (Send-Q).", m.Label, r.endpoint(m.Key))
	}
	r.inhibit(d, d.root.Member.Key, MemoryGrowing)
	return d
}

// failingRequests diagnoses failing requests that nothing else explains.
func (r *diagnoser) failingRequests() *diagnosis {
	return newDiagnosis(CauseRequests, r.found(anyMember, GRPCFailing, ProposalsFailing))
}

// slowRequests diagnoses slow requests that nothing else explains.
func (r *diagnoser) slowRequests() *diagnosis {
	signs := r.found(anyMember, LinearizableReadSlow, GRPCSlow, GRPCRangeSlow, GRPCTxnSlow, PeerRTTSlow, LinkGrown)
	for _, f := range r.found(anyMember, ReadIndexesSlow, AppliesSlow, HeartbeatsFailing) {
		if f.Level >= Warning { // lower ones are remarks
			signs = append(signs, f)
		}
	}
	slices.SortStableFunc(signs, severestFirst)
	return r.loadOrNotClear(signs)
}
