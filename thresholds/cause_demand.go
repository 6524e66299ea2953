package thresholds

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/etcdoc/etcdoc/thresholds/window"
)

// What shows load where there is no past to compare with: a tenth of what etcd's own benchmarks reach (etcd.io, Performance:
// over 10,000 requests a second), and bytes that fill a link of 100 Mbit/s.
const (
	highRate           = 1000
	highBytesPerSecond = 10 << 20
	// minBurstBytesPerSecond is a rate below which bytes are no burst.
	minBurstBytesPerSecond = 1 << 20
	// minUsualSpan is over how long at least what was usual is taken, and usualSinceStart for how long a process must have run
	// for its mean since then to be that: much is asked of one that has just begun.
	minUsualSpan, minUptimeForUsual = 5 * time.Second, time.Minute
	// largeWriteBytes is large for what a write brings, in bytes: a tenth of the most that etcd takes (--max-request-bytes, 1.5 MiB).
	largeWriteBytes = 150 << 10
)

// A flow is a rate, and what it was before.
type flow struct {
	now, usual float64
	// known says that the rate is, and compared that usual is.
	known, usualKnown bool
}

// add is two flows together.
func (f flow) add(g flow) flow {
	return flow{f.now + g.now, f.usual + g.usual, f.known && g.known, f.usualKnown && g.usualKnown}
}

// surges reports that it is several times what it was, and by what factor; less than least is nothing.
func (f flow) surges(least float64) (factor float64, is bool) {
	factor = f.now / max(f.usual, least/burstFactor)
	return factor, f.usualKnown && f.now >= least && factor >= burstFactor
}

func (f flow) words(format func(float64) string) string {
	if !f.usualKnown {
		return format(f.now)
	}
	return fmt.Sprintf("%s (usually %s)", format(f.now), format(f.usual))
}

// What is asked of a member by its database's own counts (etcd_mvcc_*), where none of its gRPC calls are exposed: in place of a
// method.
const (
	countedRanges = "ranges"
	countedWrites = "puts, deletes and transactions"
)

// A demand is what clients ask of some members: calls of a gRPC method, and the bytes that go with them.
type demand struct {
	// members are the places of those of whom it is asked, the one of whom the most is first.
	members        []int
	method         string
	calls          flow
	sent, received flow
	// largeCalls says that its calls bring much each.
	largeCalls bool
}

// loadRatio is how much of what shows load it is; see highRate.
func (d *demand) loadRatio() float64 {
	return max(d.calls.now/highRate, d.sent.now/highBytesPerSecond, d.received.now/highBytesPerSecond)
}

// reads and writes report what its calls do to the database.
func (d *demand) reads() bool { return d.method == "Range" || d.method == countedRanges }
func (d *demand) writes() bool {
	return d.method == "Put" || d.method == "Txn" || d.method == "DeleteRange"
}

// receives takes in what its calls bring.
func (d *demand) setReceived(received flow) {
	d.received = received
	d.largeCalls = d.calls.now > 0 && received.now >= largeWriteBytes*d.calls.now
}

// flowOf is the rate of a counter now, and before a moment: over ten minutes, or since the process began.
func (r *diagnoser) flowOf(t *track, c *window.Counter, before time.Time) (f flow) {
	points := c.Range(t.metricsAt, r.settings.forMember(t).window)
	grown, known := window.Growth(points)
	if !known {
		return f
	}
	f.known = true
	f.now = grown / points[len(points)-1].At.Sub(points[0].At).Seconds()
	f.usual, f.usualKnown = usualRate(t, c, before)
	return f
}

// usualRate is what a counter's rate was in the ten minutes before a moment, or where they were not watched since the process
// began. Trouble begins before it is seen: the older half of that time counts.
func usualRate(t *track, c *window.Counter, before time.Time) (rate float64, known bool) {
	first := c.Oldest()
	points := c.Range(before, burstBaseline)
	start, knowsStart := t.startTime.Get()
	ran := first.At.Sub(unixTime(start))
	if knowsStart && first.Value == 0 && ran >= burstLead+minUsualSpan && first.At.After(before.Add(-burstBaseline)) { // it was 0 from its start on
		grown, _ := window.Growth(points)
		return grown / min(burstBaseline, max(ran, before.Sub(unixTime(start)))).Seconds(), true
	}
	if n := len(points); n >= 4 {
		points = points[:n/2]
	}
	if n := len(points); n >= 2 {
		if lasted := points[n-1].At.Sub(points[0].At); lasted >= minUsualSpan {
			past, _ := window.Growth(points)
			return past / lasted.Seconds(), true
		}
	}
	return first.Value / ran.Seconds(), knowsStart && ran >= minUptimeForUsual
}

// demands are what clients ask of the member at a place, by method: as far as that is known.
func (r *diagnoser) demands(i int, before time.Time) (all []demand) {
	t := r.members[i].track
	if r.members[i].MetricsStale {
		return nil
	}
	sent, received := r.flowOf(t, &t.tallies[bytesSent], before), r.flowOf(t, &t.tallies[bytesReceived], before)
	if len(t.grpc) == 0 {
		return r.countedDemands(i, sent, before)
	}
	most, risen := -1, 0.0 // of the methods that write, the one that is called more than usual: what is received is its
	for id, method := range t.grpc {
		d := demand{members: []int{i}, method: id.Method, calls: r.flowOf(t, &method.ended.Counter, before)}
		switch {
		case !d.calls.known:
			continue
		case d.reads():
			d.sent = sent
		case d.writes():
			if rise := d.calls.now - d.calls.usual; most < 0 || rise > risen || rise == risen && d.method < all[most].method {
				most, risen = len(all), rise
			}
		case d.method == "LeaseGrant":
		default:
			continue
		}
		all = append(all, d)
	}
	if most >= 0 {
		all[most].setReceived(received)
	}
	slices.SortFunc(all, func(a, b demand) int {
		return cmp.Or(cmp.Compare(b.calls.now, a.calls.now), cmp.Compare(a.method, b.method))
	})
	return all
}

// countedDemands is what is asked of the member at a place by what its database counts. Ranges are its own; writes are those of the whole
// cluster, and no more is known of whom they are asked.
func (r *diagnoser) countedDemands(i int, sent flow, before time.Time) (all []demand) {
	t := r.members[i].track
	for of, method := range map[tally]string{rangesServed: countedRanges, writesServed: countedWrites} {
		if !t.tallies[of].EndsAt(t.metricsAt) {
			continue
		}
		d := demand{members: []int{i}, method: method, calls: r.flowOf(t, &t.tallies[of], before)}
		if d.reads() {
			d.sent = sent
		}
		if d.calls.known {
			all = append(all, d)
		}
	}
	return all
}

// minPartOfTop is the part of what is asked of the member of whom the most is, at least, that makes another one of those of whom it is.
const minPartOfTop = 0.1

// clusterDemands are the demands on all members of the cluster, by method. What is written through any of them is written by all.
func (r *diagnoser) clusterDemands(before time.Time) (all []demand) {
	each := map[string][]demand{}
	for i := range r.judgedMembers() {
		for _, d := range r.demands(i, before) {
			each[d.method] = append(each[d.method], d)
		}
	}
	for method, of := range each {
		slices.SortStableFunc(of, func(a, b demand) int { return cmp.Compare(b.loadRatio(), a.loadRatio()) })
		most := len(of)
		if method == countedWrites { // all apply the same
			most = 1
		}
		sum := of[0]
		for _, d := range of[1:most] {
			if d.loadRatio() < minPartOfTop*of[0].loadRatio() {
				break
			}
			sum.members = append(slices.Clip(sum.members), d.members...)
			sum.calls, sum.sent = sum.calls.add(d.calls), sum.sent.add(d.sent)
			sum.setReceived(sum.received.add(d.received))
		}
		all = append(all, sum)
	}
	slices.SortFunc(all, func(a, b demand) int { return cmp.Compare(a.method, b.method) })
	return all
}

// surges reports by what factor the demand is more than usual.
func (d *demand) surges() (factor float64, is bool) {
	for _, f := range []struct {
		flow
		least float64
	}{{d.calls, minBurstRate}, {d.sent, minBurstBytesPerSecond}, {d.received, minBurstBytesPerSecond}} {
		if by, surges := f.surges(f.least); surges && d.calls.now > 0 {
			factor, is = max(factor, by), true
		}
	}
	return factor, is
}

// surgedDemand is the demand that is the highest multiple of what was usual before a moment, of those on one member and on all
// together; nil where none is so much more.
func (r *diagnoser) surgedDemand(since time.Time) *demand {
	before := since.Add(-burstLead)
	all := r.clusterDemands(before)
	groups := len(all)
	for i := range r.judgedMembers() {
		all = append(all, r.demands(i, before)...)
	}
	var chosen *demand
	most := 0.0
	for i := range all {
		d := &all[i]
		factor, surges := d.surges()
		switch d.method {
		case "LeaseGrant": // a write goes with each, and would not be there without it
			factor *= 2
		case countedWrites: // see wordWrites
			continue
		}
		if surges && factor > most {
			chosen, most = d, factor
		}
	}
	for i := range all[:groups] { // more of the same is asked of others as well
		if d := &all[i]; chosen != nil && d.method == chosen.method && slices.Contains(d.members, chosen.members[0]) {
			if _, surges := d.surges(); surges {
				return d
			}
		}
	}
	return chosen
}

// highDemand is the demand that shows load where it is not known to be more than usual; nil where there is none.
func (r *diagnoser) highDemand() *demand {
	if d := r.surgedDemand(r.now); d != nil {
		return d
	}
	leases := r.settings.rule(LeasesChurning).Notice.Value.Or(math.Inf(1))
	var chosen *demand
	most := 1.0
	all := r.clusterDemands(r.now)
	for i := range all {
		d := &all[i]
		share := d.loadRatio()
		if d.method == "LeaseGrant" {
			share = max(share, d.calls.now/leases)
		}
		if d.calls.now > 0 && share >= most {
			chosen, most = d, share
		}
	}
	return chosen
}

// wordDemand names the load, with its method and rate.
func (r *diagnoser) wordDemand(d *diagnosis, asked *demand) {
	m := &r.members[asked.members[0]]
	calls := asked.calls.words(PerSecond.Format) + " calls of " + asked.method
	if asked.method == countedRanges || asked.method == countedWrites {
		calls = asked.calls.words(PerSecond.Format) + " " + asked.method
	}
	who := m.Label + " serves "
	if len(asked.members) > 1 {
		labels := make([]string, len(asked.members))
		for n, i := range slices.Sorted(slices.Values(asked.members)) {
			labels[n] = r.members[i].Label
		}
		who = join(labels) + " serve "
	}
	switch {
	case asked.method == "LeaseGrant":
		d.cause = CauseOverload
		d.text = fmt.Sprintf("Leases churn: %s%s", who, calls)
		d.next = fmt.Sprintf("Find the client of %s (%s) that takes a lease for each of its keys: ss -tn on its host.", m.Label, r.endpoint(m.Key))
	case asked.reads():
		d.cause = CauseOverload
		if asked.sent.known {
			calls += ", and " + sends(len(asked.members)) + asked.sent.words(BytesPerSecond.Format)
		}
		d.text = fmt.Sprintf("A storm of reads: %s%s", who, calls)
		d.next = fmt.Sprintf("Find the clients of %s (%s): ss -tn on its host; under Kubernetes apiserver_request_total by verb and resource.", m.Label, r.endpoint(m.Key))
	case asked.largeCalls:
		d.cause = CauseLargeWrites
		d.text = fmt.Sprintf("Large transactions or values: %s%s, which bring %s each on average, %s", who, calls,
			Bytes.Format(asked.received.now/asked.calls.now), asked.received.words(BytesPerSecond.Format))
		d.next = fmt.Sprintf("Find the clients that write through %s (%s), and let them write less at once: ss -tn on its host; kube-apiserver's audit log.", m.Label, r.endpoint(m.Key))
	case asked.method == countedWrites:
		d.cause = CauseBurst
		d.text = fmt.Sprintf("A burst of writes: %s are applied", calls)
		d.next = "Find who writes: kube-apiserver's audit log or apiserver_request_total by verb and resource, else the clients' own metrics; slow that client down."
	default:
		d.cause = CauseBurst
		d.text = fmt.Sprintf("A burst of writes: %s%s", who, calls)
		d.next = fmt.Sprintf("Find the clients that write through %s (%s): ss -tn on its host; kube-apiserver's audit log. Slow them down.", m.Label, r.endpoint(m.Key))
	}
	d.evidence = r.rates()
}

// sends words that so many members send their clients something.
func sends(members int) string {
	if members > 1 {
		return "send their clients "
	}
	return "sends its clients "
}
