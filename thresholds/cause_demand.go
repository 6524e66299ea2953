package thresholds

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"
)

// What shows load where there is no past to compare with: a tenth of what etcd's own benchmarks reach (etcd.io, Performance:
// over 10,000 requests a second), and bytes that fill a link of 100 Mbit/s.
const (
	muchRate  = 1000
	muchBytes = 10 << 20
	// leastBytes is a rate below which bytes are no burst.
	leastBytes = 1 << 20
	// usualLeast is over how long at least what was usual is taken, and usualSinceStart for how long a process must have run
	// for its mean since then to be that: much is asked of one that has just begun.
	usualLeast, usualSinceStart = 5 * time.Second, time.Minute
	// largeWrite is large for what a write brings, in bytes: a tenth of the most that etcd takes (--max-request-bytes, 1.5 MiB).
	largeWrite = 150 << 10
)

// A flow is a rate, and what it was before.
type flow struct {
	now, usual float64
	// compared says that usual is known.
	compared bool
}

// surges reports that it is several times what it was, and by what factor; less than least is nothing.
func (f flow) surges(least float64) (factor float64, is bool) {
	factor = f.now / max(f.usual, least/burstFactor)
	return factor, f.compared && f.now >= least && factor >= burstFactor
}

func (f flow) words(format func(float64) string) string {
	if !f.compared {
		return format(f.now)
	}
	return fmt.Sprintf("%s (usually %s)", format(f.now), format(f.usual))
}

// A demand is what clients ask of a member: calls of a gRPC method, and the bytes that go with them.
type demand struct {
	member         int
	method         string
	calls          flow
	sent, received flow
	// large says that its calls bring much each.
	large bool
}

// flowOf is the rate of a counter now, and before a moment: over ten minutes, or since the process began.
func (r *reader) flowOf(t *track, c *counter, before time.Time) (f flow) {
	points := c.within(t.metricsAt, r.options.of(t).Window)
	grown, known := growthOf(points)
	if !known {
		return f
	}
	f.now = grown / points[len(points)-1].at.Sub(points[0].at).Seconds()
	f.usual, f.compared = usualRate(t, c, before)
	return f
}

// usualRate is what a counter's rate was in the ten minutes before a moment, or where they were not watched since the process
// began. Trouble begins before it is seen: the older half of that time counts.
func usualRate(t *track, c *counter, before time.Time) (rate float64, known bool) {
	first := c.spaced.points[c.spaced.head]
	points := c.within(before, burstPast)
	start, knowsStart := t.startTime.Get()
	ran := first.at.Sub(unixTime(start))
	if knowsStart && first.value == 0 && ran >= burstLead+usualLeast && first.at.After(before.Add(-burstPast)) { // it was 0 from its start on
		grown, _ := growthOf(points)
		return grown / min(burstPast, max(ran, before.Sub(unixTime(start)))).Seconds(), true
	}
	if n := len(points); n >= 4 {
		points = points[:n/2]
	}
	if n := len(points); n >= 2 {
		if lasted := points[n-1].at.Sub(points[0].at); lasted >= usualLeast {
			past, _ := growthOf(points)
			return past / lasted.Seconds(), true
		}
	}
	return first.value / ran.Seconds(), knowsStart && ran >= usualSinceStart
}

// demands are what clients ask of the member at a place, by method.
func (r *reader) demands(i int, before time.Time) (all []demand) {
	t := r.tracks[i]
	if r.a.Members[i].MetricsStale {
		return nil
	}
	sent, received := r.flowOf(t, &t.tallies[bytesSent], before), r.flowOf(t, &t.tallies[bytesReceived], before)
	most, risen := -1, 0.0 // of the methods that write, the one that is called more than usual: what is received is its
	for id, method := range t.grpc {
		name := id.Method
		d := demand{member: i, method: name, calls: r.flowOf(t, &method.all.counter, before)}
		switch name {
		case "Range":
			d.sent = sent
		case "Put", "Txn", "DeleteRange":
			if rise := d.calls.now - d.calls.usual; most < 0 || rise > risen || rise == risen && d.method < all[most].method {
				most, risen = len(all), rise
			}
		case "LeaseGrant":
		default:
			continue
		}
		all = append(all, d)
	}
	if most >= 0 {
		d := &all[most]
		d.received, d.large = received, d.calls.now > 0 && received.now >= largeWrite*d.calls.now
	}
	slices.SortFunc(all, func(a, b demand) int {
		return cmp.Or(cmp.Compare(b.calls.now, a.calls.now), cmp.Compare(a.method, b.method))
	})
	return all
}

// surges reports by what factor the demand is more than usual.
func (d *demand) surges() (factor float64, is bool) {
	for _, f := range []struct {
		flow
		least float64
	}{{d.calls, burstLeast}, {d.sent, leastBytes}, {d.received, leastBytes}} {
		if by, surges := f.surges(f.least); surges && d.calls.now > 0 {
			factor, is = max(factor, by), true
		}
	}
	return factor, is
}

// surged is the demand that is the highest multiple of what was usual before a moment; nil where none is so much more.
func (r *reader) surged(since time.Time) *demand {
	var chosen *demand
	most := 0.0
	for i := range r.ours() {
		for _, d := range r.demands(i, since.Add(-burstLead)) {
			factor, surges := d.surges()
			if d.method == "LeaseGrant" { // a write goes with each, and would not be there without it
				factor *= 2
			}
			if surges && factor > most {
				chosen, most = &d, factor
			}
		}
	}
	return chosen
}

// much is the demand that shows load where it is not known to be more than usual; nil where there is none.
func (r *reader) much() *demand {
	if d := r.surged(r.a.At); d != nil {
		return d
	}
	leases := r.options.rule(LeasesChurning).Notice.Value.Or(math.Inf(1))
	var chosen *demand
	most := 1.0
	for i := range r.ours() {
		for _, d := range r.demands(i, r.a.At) {
			share := max(d.calls.now/muchRate, d.sent.now/muchBytes, d.received.now/muchBytes)
			if d.method == "LeaseGrant" {
				share = max(share, d.calls.now/leases)
			}
			if d.calls.now > 0 && share >= most {
				chosen, most = &d, share
			}
		}
	}
	return chosen
}

// wordDemand names the load, with its method and rate.
func (r *reader) wordDemand(d *diagnosis, asked *demand) {
	m := &r.a.Members[asked.member]
	calls := asked.calls.words(PerSecond.Format) + " calls of " + asked.method
	switch {
	case asked.method == "LeaseGrant":
		d.cause = CauseOverload
		d.text = fmt.Sprintf("Leases churn: %s serves %s.", m.Label, calls)
		d.next = fmt.Sprintf("Find the client of %s (%s) that takes a lease for each of its keys: ss -tn on its host.", m.Label, r.endpoint(m.Key))
	case asked.method == "Range":
		d.cause = CauseOverload
		d.text = fmt.Sprintf("A storm of reads: %s serves %s, and sends its clients %s.", m.Label, calls, asked.sent.words(BytesPerSecond.Format))
		d.next = fmt.Sprintf("Find the clients of %s (%s): ss -tn on its host; under Kubernetes apiserver_request_total by verb and resource.", m.Label, r.endpoint(m.Key))
	case asked.large:
		d.cause = CauseLargeWrites
		d.text = fmt.Sprintf("Large transactions or values: %s serves %s, which bring %s each on average, %s.", m.Label, calls,
			Bytes.Format(asked.received.now/asked.calls.now), asked.received.words(BytesPerSecond.Format))
		d.next = fmt.Sprintf("Find the clients that write through %s (%s), and let them write less at once: ss -tn on its host; kube-apiserver's audit log.", m.Label, r.endpoint(m.Key))
	default:
		d.cause = CauseBurst
		d.text = fmt.Sprintf("A burst of writes: %s serves %s.", m.Label, calls)
		d.next = fmt.Sprintf("Find the clients that write through %s (%s): ss -tn on its host; kube-apiserver's audit log. Slow them down.", m.Label, r.endpoint(m.Key))
	}
	d.evidence = r.rates()
}
