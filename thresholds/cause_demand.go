package thresholds

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/etcdoc/etcdoc/thresholds/window"
)

// Without a past to compare with, load shows at a tenth of what etcd's own benchmarks reach (etcd.io, Performance: over
// 10,000 requests a second), or at the bytes that fill a link of 100 Mbit/s.
const (
	highRate           = 1000
	highBytesPerSecond = 10 << 20
	// minBurstBytesPerSecond is the rate from which bytes may be a burst. minReadBurstRate is that of reads: fewer load
	// no member, and a script that asks in a loop makes dozens.
	minBurstBytesPerSecond, minReadBurstRate = 1 << 20, highRate / 10
	// largeWriteBytes is how much a large write carries: a tenth of the most that etcd accepts (--max-request-bytes,
	// 1.5 MiB).
	largeWriteBytes = 150 << 10
)

// These stand for a method if a member exposes no gRPC calls: its database's own counts (etcd_mvcc_*) show the demand.
const (
	countedRanges = "ranges"
	countedWrites = "puts, deletes and transactions"
)

// A demand is what clients ask of some members: calls of a gRPC method, and the bytes that go with them.
type demand struct {
	// members are the indices of the members that serve it, the busiest first.
	members        []int
	method         string
	calls          flow
	sent, received flow
	// largeCalls reports whether the average call carries largeWriteBytes or more.
	largeCalls bool
}

// loadRatio is the demand as a multiple of the rates that show load: see highRate.
func (d *demand) loadRatio() float64 {
	return max(d.calls.now/highRate, d.sent.now/highBytesPerSecond, d.received.now/highBytesPerSecond)
}

// reads and writes report whether the calls read from the database or write to it.
func (d *demand) reads() bool { return d.method == "Range" || d.method == countedRanges }
func (d *demand) writes() bool {
	return d.method == "Put" || d.method == "Txn" || d.method == "DeleteRange"
}

// setReceived sets the bytes that come with the calls.
func (d *demand) setReceived(received flow) {
	d.received = received
	d.largeCalls = d.calls.now > 0 && received.now >= largeWriteBytes*d.calls.now
}

// demands returns what clients ask of member i, by method, the most frequent first; what is not known is left out.
func (r *diagnoser) demands(i int, before time.Time) (all []demand) {
	t := r.members[i].track
	if r.members[i].MetricsStale {
		return nil
	}
	sent, received := r.flowOf(t, &t.tallies[bytesSent], before), r.flowOf(t, &t.tallies[bytesReceived], before)
	if len(t.grpc) == 0 {
		return r.countedDemands(i, sent, before)
	}
	top, topRise := -1, 0.0 // the method whose writes have risen most: the bytes received are attributed to it
	for id, method := range t.grpc {
		d := demand{members: []int{i}, method: id.Method, calls: r.flowOf(t, &method.ended.Counter, before)}
		switch {
		case !d.calls.known:
			continue
		case d.reads():
			d.sent = sent
		case d.writes():
			rise := d.calls.now - d.calls.usual
			if top < 0 || rise > topRise || rise == topRise && d.method < all[top].method {
				top, topRise = len(all), rise
			}
		case d.method == "LeaseGrant":
		default:
			continue
		}
		all = append(all, d)
	}
	if top >= 0 {
		all[top].setReceived(received)
	}
	slices.SortFunc(all, func(a, b demand) int {
		return cmp.Or(cmp.Compare(b.calls.now, a.calls.now), cmp.Compare(a.method, b.method))
	})
	return all
}

// pastDemands returns what clients asked of member i before a moment, if it is not known what they ask now.
func (r *diagnoser) pastDemands(i int, before time.Time) (all []demand) {
	t := r.members[i].track
	if t == nil || !r.members[i].MetricsStale {
		return nil
	}
	past := func(c *window.Counter) flow {
		f := r.flowOf(t, c, before)
		f.now, f.known = 0, true
		return f
	}
	for id, method := range t.grpc {
		all = append(all, demand{members: []int{i}, method: id.Method, calls: past(&method.ended.Counter),
			sent: past(&t.tallies[bytesSent]), received: past(&t.tallies[bytesReceived])})
	}
	return all
}

// countedDemands returns the demand on member i by the counts of its database. Its ranges are its own, but its writes
// are the whole cluster's: which members the clients sent them to is not known.
func (r *diagnoser) countedDemands(i int, sent flow, before time.Time) (all []demand) {
	t := r.members[i].track
	for counter, method := range map[tally]string{rangesServed: countedRanges, writesServed: countedWrites} {
		if !t.tallies[counter].EndsAt(t.metricsAt) {
			continue
		}
		d := demand{members: []int{i}, method: method, calls: r.flowOf(t, &t.tallies[counter], before)}
		if d.reads() {
			d.sent = sent
		}
		if d.calls.known {
			all = append(all, d)
		}
	}
	return all
}

// minPartOfTop is how much of the busiest member's load another member must have to be named with it.
const minPartOfTop = 0.1

// clusterDemands returns the demands on all members of the cluster together, by method. Every member applies all
// writes, whichever member they came through. What is usual is that of members without demand too: clients of a member
// that is down go to another one, and that is no more than before.
func (r *diagnoser) clusterDemands(before time.Time) (all []demand) {
	byMethod := map[string][]demand{}
	for i := range r.judgedMembers() {
		for _, d := range append(r.demands(i, before), r.pastDemands(i, before)...) {
			byMethod[d.method] = append(byMethod[d.method], d)
		}
	}
	for method, demands := range byMethod {
		slices.SortStableFunc(demands, func(a, b demand) int { return cmp.Compare(b.loadRatio(), a.loadRatio()) })
		if method == countedWrites { // every member counts the same writes
			demands = demands[:1]
		}
		sum := demands[0]
		for _, d := range demands[1:] {
			if d.loadRatio() >= minPartOfTop*demands[0].loadRatio() {
				sum.members = append(slices.Clip(sum.members), d.members...)
			}
			sum.calls = sum.calls.add(d.calls)
			if d.sent.known {
				sum.sent = sum.sent.add(d.sent)
			}
			if d.received.known {
				sum.setReceived(sum.received.add(d.received))
			}
		}
		all = append(all, sum)
	}
	slices.SortFunc(all, func(a, b demand) int { return cmp.Compare(a.method, b.method) })
	return all
}

// surges reports whether the demand is a multiple of the usual one, and returns the highest factor.
func (d *demand) surges() (factor float64, surges bool) {
	leastCalls := float64(minBurstRate)
	if d.reads() {
		leastCalls = minReadBurstRate
	}
	for _, f := range []struct {
		flow
		least float64
	}{{d.calls, leastCalls}, {d.sent, minBurstBytesPerSecond}, {d.received, minBurstBytesPerSecond}} {
		if by, is := f.surges(f.least); is && d.calls.now > 0 {
			factor, surges = max(factor, by), true
		}
	}
	return factor, surges
}

// surgedDemand returns the demand that grew by the highest factor since a moment, on all members together, or of reads
// on one; nil if none surges.
func (r *diagnoser) surgedDemand(since time.Time) *demand {
	before := since.Add(-burstLead)
	all := r.clusterDemands(before)
	methods := len(all)
	for i := range r.judgedMembers() {
		for _, d := range r.demands(i, before) {
			if d.reads() {
				all = append(all, d)
			}
		}
	}
	var chosen *demand
	highest := 0.0
	for i := range all {
		d := &all[i]
		factor, surges := d.surges()
		switch d.method {
		case "LeaseGrant": // it outranks the writes that come with it
			factor *= 2
		case countedWrites: // see wordWrites
			continue
		}
		if surges && factor > highest {
			chosen, highest = d, factor
		}
	}
	for i := range all[:methods] { // other members serve more of the same as well
		if d := &all[i]; chosen != nil && d.method == chosen.method && slices.Contains(d.members, chosen.members[0]) {
			if _, surges := d.surges(); surges {
				return d
			}
		}
	}
	return chosen
}

// highDemand returns the demand that surges since the symptoms began, or else the one that shows load without a past to
// compare with; nil if there is none.
func (r *diagnoser) highDemand(since time.Time) *demand {
	if d := r.surgedDemand(since); d != nil {
		return d
	}
	leases := r.settings.rule(LeasesChurning).Notice.Value.Or(math.Inf(1))
	var chosen *demand
	highest := 1.0
	all := r.clusterDemands(since.Add(-burstLead))
	for i := range all {
		d := &all[i]
		ratio := d.loadRatio()
		if d.method == "LeaseGrant" {
			ratio = max(ratio, d.calls.now/leases)
		}
		if d.calls.now > 0 && ratio >= highest {
			chosen, highest = d, ratio
		}
	}
	return chosen
}
