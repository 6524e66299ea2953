package thresholds

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// slowLink is about members that take long to hear of each other, while their disks and their processes are quick.
func (r *diagnoser) slowLink() *diagnosis {
	trips := r.found(anyMember, PeerRTTSlow, LinkGrown)
	victims := r.slowThroughLeader()
	if len(trips) == 0 && len(victims) == 0 {
		return nil
	}
	limit := r.settings.rule(PeerRTTSlow).Notice.Value.Or(math.Inf(1))
	if !r.finds(anyMember, PeerRTTSlow) {
		limit = r.settings.rule(LinkGrown).Notice.Value.Or(limit)
	}
	pairs := r.roundTrips()
	slow, fast, alike := compareLinks(pairs, limit)
	// Where much is asked, all wait, round trips too: a link is slow where others are not.
	if r.highDemand() != nil && (len(slow) == 0 || len(fast) == 0 || !r.finds(anyMember, PeerRTTSlow)) {
		return nil
	}
	if alike && r.finds(anyMember, PeerRTTSlow) {
		return r.slowNetwork(trips, pairs)
	}
	d, reads := &diagnosis{cause: CauseSlowLink}, r.compareReads(victims)
	took := 0.0
	switch {
	case len(trips) > 0 && len(slow) == 0: // what the rule saw is older than the newest round trips
		d.before, took = "A link is slow: ", trips[0].Value.Or(0)
	case len(slow) > 0:
		d.text, d.blamed = r.slowPairs(slow, fast), r.endKeys(slow, commonMember(slow))
		took = slices.MaxFunc(slow, func(p, q pair) int { return cmp.Compare(p.rttLower, q.rttLower) }).rttLower
	case len(victims) == 1:
		d.blamed = []string{r.members[victims[0]].Key, r.cluster.Leader.Key}
		d.text = fmt.Sprintf("The link between %s and the leader %s is slow: %s", r.members[victims[0]].Label, r.cluster.Leader.Label, reads)
		d.evidenceInText = reads
	default:
		d.blamed = []string{r.cluster.Leader.Key}
		d.text = fmt.Sprintf("The links of the leader %s are slow: %s", r.cluster.Leader.Label, reads)
		d.evidenceInText = reads
	}
	// What waits for the leader may be worse by its own limits than the link is by its.
	signs, hub := slices.Clone(trips), commonMember(slow)
	for i := range r.members {
		m := &r.members[i]
		if slices.Contains(victims, i) || m.Role != RoleLeader && slices.ContainsFunc(slow, func(p pair) bool { return p.has(i) }) {
			signs = append(signs, r.found(m.Key, throughLeader[:]...)...)
		}
	}
	slices.SortStableFunc(signs, severestFirst)
	d.root = signs[0]
	for _, f := range signs[1:] {
		r.inhibit(d, f.Member.Key, f.Rule)
	}
	for i := range r.members {
		m := &r.members[i]
		hit := slices.Contains(victims, i) || slices.ContainsFunc(slow, func(p pair) bool { return p.has(i) })
		if hit && (m.Role != RoleLeader || hub == i) || hub >= 0 && r.members[hub].Role == RoleLeader {
			r.inhibit(d, m.Key, slowness[:]...)
		}
	}
	d.evidence = []string{reads, r.quickDisks()}
	host := r.members[r.place(d.root.Member.Key)].Label
	if len(victims) > 0 && len(slow) == 0 {
		took, _ = r.readTook(victims[0])
	}
	d.next = fmt.Sprintf("Measure the path between the two hosts: ping, and mtr -rwc 50 PEER from %s; look for what fills or shapes the link. Where members are that far apart by design: --heartbeat-interval of about one round trip, --election-timeout of ten.", host)
	r.stalledLink(d, took)
	if len(slow) == 0 {
		r.orHungDisk(d, victims, reads)
	}
	if d.cause == CauseSlowLink && len(trips) == 0 && len(victims) == 1 && !r.settings.immediate {
		r.linkOrCPU(d, victims[0], reads)
	}
	return d
}

// slowThroughLeader are the followers through which linearizable reads are slow while what they answer alone is quick,
// and the leader's own are, and those through another follower: what is slow is between. All of that must be known. A slow
// disk, here or there, would explain it, too, and a link whose round trips are quick does not.
func (r *diagnoser) slowThroughLeader() (followers []int) {
	leader := r.place(r.cluster.Leader.Key)
	if leader < 0 || r.writesSlowly(leader) ||
		r.finds(r.members[leader].Key, LinearizableReadSlow, ReadIndexesSlow) || r.findsAlarm(r.members[leader].Key, HeartbeatsFailing) {
		return nil
	}
	limit := r.settings.rule(LinearizableReadSlow).Notice.Value.Or(electionTimeout.Seconds())
	leaders, knowsLeaders := r.members[leader].Vitals[LinearizableRead].Get()
	quickest, knowsOthers := r.quickestRead(leader)
	if !knowsLeaders || !knowsOthers {
		return nil
	}
	for i := range r.judgedMembers() {
		m := &r.members[i]
		if i == leader || m.State != StateOK || !r.finds(m.Key, throughLeader[:]...) || r.writesSlowly(i) || r.finds(m.Key, SerializableReadSlow, NoLeader) {
			continue
		}
		read, known := r.readTook(i)
		alone, knowsAlone := m.Vitals[SerializableRead].Get()
		if known && knowsAlone && read >= limit && read >= 3*max(alone, leaders) && read >= slowerFactor*quickest && alone < limit &&
			r.readSlowly(i, limit) && !r.linkRuledOut(i, leader, read) {
			followers = append(followers, i)
		}
	}
	return followers
}

// throughLeader are the symptoms of a follower that waits for the leader.
var throughLeader = [...]RuleID{LinearizableReadSlow, ReadIndexesSlow, AppliesSlow, ProposalsQueued}

// readTook is how long the newest linearizable read through the member at a place took; one that has not ended or has failed
// took no less than it is found to.
func (r *diagnoser) readTook(i int) (seconds float64, known bool) {
	seconds, known = r.members[i].Vitals[LinearizableRead].Get()
	for _, f := range r.found(r.members[i].Key, LinearizableReadSlow) {
		if value, has := f.Value.Get(); has {
			seconds, known = max(seconds, value), true
		}
	}
	return seconds, known
}

const (
	// shownAfter is when etcd's smoothed round trips show half of what a link takes: every 4 s an eighth of the newest is added to
	// seven eighths of what was (rafthttp: proberInterval, probing: α), which six of them make over a half.
	rttSettleTime = 24 * time.Second
	// shownShare is the share of a read through a slow link that its round trips show by then: a read takes three times what the
	// leader's own do, so that two thirds of it are the link's.
	readsPerRTT = 3
)

// linkRuledOut reports that it is not the link between two members that makes a read through one of them take so long, in seconds: the
// newest round trips were observed since that began, and are quick. A check does not know when it began.
func (r *diagnoser) linkRuledOut(i, leader int, read float64) bool {
	p, known := r.between(i, leader)
	if !known || readsPerRTT*p.rttUpper >= read {
		return false
	}
	began := r.now
	for _, f := range r.found(r.members[i].Key, throughLeader[:]...) {
		if f.Since.Before(began) {
			began = f.Since
		}
	}
	return r.settings.immediate || !p.track.rttCountAt.Before(began.Add(rttSettleTime))
}

// between are the newest round trips between the members at two places: the slower of those that the two ends observed.
func (r *diagnoser) between(i, j int) (pair, bool) {
	for _, p := range r.roundTrips() {
		if p.basis == "" && p.has(i) && p.has(j) {
			return p, true
		}
	}
	return pair{}, false
}

// readSlowly reports that the read before the newest one through a member took long as well: members are asked at about the same
// time, and of what slows all of them one may show it a round earlier. A check has but one to go by.
func (r *diagnoser) readSlowly(i int, limit float64) bool {
	last := &r.members[i].track.reads[0]
	return r.settings.immediate || !last.hasPrevious || last.previous.Seconds() >= limit
}

// quickestRead is how long a linearizable read takes through the quickest of two or more followers; not known where there are
// fewer.
func (r *diagnoser) quickestRead(leader int) (seconds float64, known bool) {
	var all []float64
	for i := range r.judgedMembers() {
		if took, known := r.readTook(i); known && i != leader && r.members[i].State == StateOK {
			all = append(all, took)
		}
	}
	if len(all) < 2 {
		return 0, false
	}
	return slices.Min(all), true
}

// compareReads holds the reads through some members against those through the others.
func (r *diagnoser) compareReads(slow []int) string {
	if len(slow) == 0 {
		return ""
	}
	var others []string
	for i := range r.judgedMembers() {
		if took, known := r.members[i].Vitals[LinearizableRead].Get(); known && !slices.Contains(slow, i) {
			others = append(others, r.members[i].Label+" "+Seconds.Format(took))
		}
	}
	m := &r.members[slow[0]]
	took, _ := r.readTook(slow[0])
	text := fmt.Sprintf("a linearizable read through %s takes %s", m.Label, Seconds.Format(took))
	if alone, known := m.Vitals[SerializableRead].Get(); known {
		text += ", one of its own data " + Seconds.Format(alone)
	}
	if len(others) > 0 {
		text += "; through the others: " + strings.Join(others, ", ")
	}
	return text
}

// farEnds are the members at the other ends of the links that a member has.
func (r *diagnoser) farEnds(links []pair, of int) (labels []string) {
	for _, p := range links {
		labels = append(labels, r.members[p.a+p.b-of].Label)
	}
	return labels
}

// slowPairs says which pairs are slow: one, those around one member, or all.
func (r *diagnoser) slowPairs(slow, fast []pair) string {
	worst := slices.MaxFunc(slow, func(p, q pair) int { return cmp.Compare(p.rttLower, q.rttLower) })
	took := worst.took()
	if len(fast) > 0 {
		next := slices.MaxFunc(fast, func(p, q pair) int { return cmp.Compare(p.rttUpper, q.rttUpper) })
		took += fmt.Sprintf(", the other pairs not over %s", Seconds.Format(next.rttUpper))
	}
	switch hub := commonMember(slow); {
	case hub >= 0:
		to := "to all others"
		if slices.ContainsFunc(fast, func(p pair) bool { return p.has(hub) }) {
			to = "to " + join(r.farEnds(slow, hub))
		}
		return fmt.Sprintf("The links of %s are slow, %s: %s", r.members[hub].Label, to, took)
	case len(slow) == 1 && len(fast) == 0:
		return fmt.Sprintf("The link between %s is slow: %s; no other one has been observed", r.linkName(slow[0]), took)
	case len(slow) == 1:
		return fmt.Sprintf("The link between %s is slow: %s", r.linkName(slow[0]), took)
	default:
		return fmt.Sprintf("%d of %d links are slow, the slowest between %s: %s", len(slow), len(slow)+len(fast), r.linkName(worst), took)
	}
}
