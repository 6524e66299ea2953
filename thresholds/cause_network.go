package thresholds

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// slowLinkSymptoms are what a slow link is diagnosed by.
type slowLinkSymptoms struct {
	trips      []*Finding // findings about round trips
	victims    []int      // followers that are slow through the leader
	slow, fast []pair
	reads      string // reads through the victims beside those through the others
}

// has reports whether member i is a victim or at an end of a slow link.
func (s *slowLinkSymptoms) has(i int) bool { return slices.Contains(s.victims, i) || s.atSlowEnd(i) }

func (s *slowLinkSymptoms) atSlowEnd(i int) bool {
	return slices.ContainsFunc(s.slow, func(p pair) bool { return p.has(i) })
}

// slowLink diagnoses members that take long to hear of each other, while their disks and processes are quick.
func (r *diagnoser) slowLink() *diagnosis {
	s := &slowLinkSymptoms{trips: r.found(anyMember, PeerRTTSlow, LinkGrown), victims: r.slowThroughLeader()}
	if len(s.trips) == 0 && len(s.victims) == 0 {
		return nil
	}
	limit := r.settings.rule(PeerRTTSlow).Notice.Value.Or(math.Inf(1))
	if !r.finds(anyMember, PeerRTTSlow) {
		limit = r.settings.rule(LinkGrown).Notice.Value.Or(limit)
	}
	pairs := r.roundTrips()
	var alike bool
	s.slow, s.fast, alike = compareLinks(pairs, limit)
	// High demand delays round trips, too: then a link is slow only if others are not.
	if r.highDemand(r.earliestSince(s.trips)) != nil &&
		(len(s.slow) == 0 || len(s.fast) == 0 || !r.finds(anyMember, PeerRTTSlow)) {
		return nil
	}
	if alike && r.finds(anyMember, PeerRTTSlow) {
		return r.slowNetwork(s.trips, pairs)
	}
	s.reads = r.compareReads(s.victims)
	d := &diagnosis{cause: CauseSlowLink, symptom: true}
	d.states(s.trips...)
	d.add(s.reads, r.whenObserved(s.slow), r.quickDisks())
	reads := &d.evidence[0]
	took := r.wordSlowLink(d, s, reads)
	r.inhibitBySlowLink(d, s)
	at := d.root.Member
	if len(d.blamed) == 1 {
		at = r.members[r.place(d.blamed[0])].MemberRef
	}
	d.next = fmt.Sprintf("Measure the path between the two hosts: ping, and mtr -rwc 50 PEER from %s; look for "+
		"what fills or shapes the link. Where members are that far apart by design: --heartbeat-interval of about "+
		"one round trip, --election-timeout of ten.",
		at.Label)
	d.step = r.settings.rule(PeerRTTSlow).stepFor(at)
	r.stalledLink(d, took)
	if len(s.slow) == 0 {
		r.orHungDisk(d, s.victims, reads)
	}
	if d.cause == CauseSlowLink && len(s.trips) == 0 && len(s.victims) == 1 && !r.settings.immediate {
		r.linkOrCPU(d, s.victims[0], reads)
	}
	return d
}

// wordSlowLink words which links are slow, names whom to blame, and returns how long a round trip or a read takes, in
// seconds. reads is the evidence that s.reads is.
func (r *diagnoser) wordSlowLink(d *diagnosis, s *slowLinkSymptoms, reads *Evidence) (took float64) {
	leader := r.cluster.Leader
	switch {
	case len(s.trips) > 0 && len(s.slow) == 0: // the rule saw older round trips than the newest
		d.before, took = "A link is slow: ", s.trips[0].Value.Or(0)
		d.headline = s.trips[0].Headline
	case len(s.slow) > 0:
		d.text, d.blamed = r.slowPairs(s.slow, s.fast), r.endKeys(s.slow, commonMember(s.slow))
		d.headline = r.slowPairsHeadline(s.slow, s.fast)
		d.beyond = upperFirst(otherPairs(s.slow, s.fast))
		return slices.MaxFunc(s.slow, func(p, q pair) int { return cmp.Compare(p.rttLower, q.rttLower) }).rttLower
	case len(s.victims) == 1:
		victim := &r.members[s.victims[0]]
		d.blamed = []string{victim.Key, leader.Key}
		d.text = fmt.Sprintf("The link between %s and the leader %s is slow: %s", victim.Label, leader.Label, s.reads)
		d.beyond = upperFirst(s.reads)
		slowest, _ := r.readTook(s.victims[0])
		d.headline = fitting(HeadlineWidth,
			"Slow link: "+victim.Short+" and leader "+leader.Short+", reads take "+Seconds.Format(slowest),
			"Slow link: "+victim.Short+" and "+leader.Short+", "+Seconds.Format(slowest))
		r.statesReads(d, s, reads)
	default:
		d.blamed = []string{leader.Key}
		d.text = fmt.Sprintf("The links of the leader %s are slow: %s", leader.Label, s.reads)
		d.beyond = upperFirst(s.reads)
		slowest, _ := r.readTook(s.victims[0])
		d.headline = "Links of the leader " + leader.Short + " are slow: reads take " + Seconds.Format(slowest)
		r.statesReads(d, s, reads)
	}
	if len(s.victims) > 0 {
		took, _ = r.readTook(s.victims[0])
	}
	return took
}

// statesReads notes that the text is about the reads through the slow members. reads is the evidence on them.
func (r *diagnoser) statesReads(d *diagnosis, s *slowLinkSymptoms, reads *Evidence) {
	reads.InText = true
	d.states(r.found(r.members[s.victims[0]].Key, LinearizableReadSlow)...)
}

// inhibitBySlowLink chooses the root, and inhibits what else waits for the slow links. The root is the most severe
// symptom: requests that wait for the leader may be more severe findings than the round trips are.
func (r *diagnoser) inhibitBySlowLink(d *diagnosis, s *slowLinkSymptoms) {
	symptoms, hub := slices.Clone(s.trips), commonMember(s.slow)
	for i := range r.members {
		m := &r.members[i]
		if slices.Contains(s.victims, i) || m.Role != RoleLeader && s.atSlowEnd(i) {
			symptoms = append(symptoms, r.found(m.Key, throughLeader[:]...)...)
		}
	}
	slices.SortStableFunc(symptoms, severestFirst)
	d.root = symptoms[0]
	for _, f := range symptoms[1:] {
		r.inhibit(d, f.Member.Key, f.Rule)
	}
	for i := range r.members {
		m := &r.members[i]
		if s.has(i) && (m.Role != RoleLeader || hub == i) || hub >= 0 && r.members[hub].Role == RoleLeader {
			r.inhibit(d, m.Key, slowness[:]...)
		}
	}
}

// slowThroughLeader returns the followers behind a slow link to the leader: their linearizable reads are slow, while
// their serializable reads, the leader's reads and those through another follower are quick. All of that must be
// known. A slow disk at either end, or quick round trips on the link, rules the link out.
func (r *diagnoser) slowThroughLeader() (followers []int) {
	leader := r.place(r.cluster.Leader.Key)
	if leader < 0 || r.diskSlowsReads(leader) ||
		r.finds(r.members[leader].Key, LinearizableReadSlow, ReadIndexesSlow) ||
		r.findsAlarm(r.members[leader].Key, HeartbeatsFailing) {
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
		if i == leader || m.State != StateOK || !r.finds(m.Key, throughLeader[:]...) || r.diskSlowsReads(i) ||
			r.finds(m.Key, SerializableReadSlow, NoLeader) {
			continue
		}
		read, known := r.readTook(i)
		alone, knowsAlone := m.Vitals[SerializableRead].Get()
		if known && knowsAlone && read >= limit && read >= 3*max(alone, leaders) && read >= slowerFactor*quickest &&
			alone < limit && r.previousReadSlow(i, limit) && !r.linkRuledOut(i, leader, read) {
			followers = append(followers, i)
		}
	}
	return followers
}

// throughLeader lists the symptoms of a follower that waits for the leader.
var throughLeader = [...]RuleID{LinearizableReadSlow, ReadIndexesSlow, AppliesSlow, ProposalsQueued}

// readTook returns how long the newest linearizable read through member i took. For a read that failed or has not
// ended it is at least what the finding shows.
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
	// rttSettleTime is after how long etcd's smoothed round trips show half of a link's delay: every 4 s etcd adds an
	// eighth of the newest to seven eighths of the last value (rafthttp: proberInterval, probing: α), and six of
	// those make over a half.
	rttSettleTime = 24 * time.Second
	// readsPerRTT is how many times the round trip shown by then a read through a slow link takes at most. A read
	// takes three times what the leader's own do, so two thirds of it are the link's, and half of those show.
	readsPerRTT = 3
)

// linkRuledOut reports whether the link between member i and the leader does not explain a read of that many seconds:
// its round trips, observed long enough after the symptoms began, are quick. A check does not know when they began.
func (r *diagnoser) linkRuledOut(i, leader int, read float64) bool {
	p, known := r.between(i, leader)
	if !known || readsPerRTT*p.rttUpper >= read {
		return false
	}
	began := r.earliestSince(r.found(r.members[i].Key, throughLeader[:]...))
	return r.settings.immediate || !p.track.rttCountAt.Before(began.Add(rttSettleTime))
}

// between returns the newest round trips between members i and j, the longer of those that the two ends observed.
func (r *diagnoser) between(i, j int) (pair, bool) {
	for _, p := range r.roundTrips() {
		if p.basis == "" && p.has(i) && p.has(j) {
			return p, true
		}
	}
	return pair{}, false
}

// previousReadSlow reports whether the read before the newest one through member i was slow, too. All members are
// read at about the same time, and one may show what slows all of them a round earlier. A check has only one read.
func (r *diagnoser) previousReadSlow(i int, limit float64) bool {
	last := &r.members[i].track.reads[0]
	return r.settings.immediate || !last.hasPrevious || last.previous.Seconds() >= limit
}

// quickestRead returns how long a linearizable read takes through the quickest follower, in seconds. It is unknown
// with fewer than two followers.
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

// compareReads words the reads through the slow members beside those through the others.
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
