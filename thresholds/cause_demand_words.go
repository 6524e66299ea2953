package thresholds

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/clipperhouse/displaywidth"
)

// writesWords names many writes: a burst only where they are a multiple of the usual rate.
func (d *demand) writesWords() string {
	if d.calls.risen() {
		return "A burst of writes"
	}
	return "Many writes"
}

// wordDemand names the load, with its method and rate.
func (r *diagnoser) wordDemand(d *diagnosis, load *demand) {
	servers := slices.Sorted(slices.Values(load.members))
	labels, at := make([]string, len(servers)), make([]string, len(servers))
	for n, i := range servers {
		m := &r.members[i]
		labels[n], at[n] = m.Label, fmt.Sprintf("%s (%s)", m.Label, r.endpoint(m.Key))
	}
	them, hosts := join(at), pluralForm(len(servers), "its host", "their hosts")
	calls := load.calls.words(PerSecond.Format) + " calls of " + load.method
	if load.method == countedRanges || load.method == countedWrites {
		calls = load.calls.words(PerSecond.Format) + " " + load.method
	}
	d.beyond = ""
	who := join(labels) + pluralForm(len(servers), " serves ", " serve ")
	said := who + calls
	switch {
	case load.method == "LeaseGrant":
		d.cause = CauseOverload
		d.text = fmt.Sprintf("Leases churn: %s%s", who, calls)
		d.next = fmt.Sprintf("Find the client of %s that takes a lease for each of its keys: ss -tn on %s.", them,
			hosts)
	case load.reads():
		d.cause = CauseOverload
		if load.sent.known {
			sent := load.sent.words(BytesPerSecond.Format)
			calls += ", and " + pluralForm(len(servers), "sends its", "send their") + " clients " + sent
			d.beyond, said = "The clients are sent "+sent, who+calls
		}
		d.text = fmt.Sprintf("A storm of reads: %s%s", who, calls)
		d.next = fmt.Sprintf("Find the clients of %s: ss -tn on %s; "+
			"under Kubernetes apiserver_request_total by verb and resource.", them, hosts)
	case load.largeCalls:
		d.cause = CauseLargeWrites
		d.text = fmt.Sprintf("Large transactions or values: %s%s, which bring %s each on average, %s", who, calls,
			Bytes.Format(load.received.now/load.calls.now), load.received.words(BytesPerSecond.Format))
		d.beyond = "They are " + calls
		d.next = fmt.Sprintf("Find the clients that write through %s, and let them write less at once: "+
			"ss -tn on %s; kube-apiserver's audit log.", them, hosts)
	case load.method == countedWrites:
		d.cause = CauseBurst
		said = calls + " are applied"
		d.text = load.writesWords() + ": " + said
		d.next = "Find who writes: kube-apiserver's audit log or apiserver_request_total by verb and resource, " +
			"else the clients' own metrics; slow that client down."
	default:
		d.cause = CauseBurst
		if load.calls.usualKnown && !load.calls.risen() {
			d.cause = CauseOverload
		}
		d.text = fmt.Sprintf("%s: %s%s", load.writesWords(), who, calls)
		d.next = fmt.Sprintf("Find the clients that write through %s: "+
			"ss -tn on %s; kube-apiserver's audit log. Slow them down.", them, hosts)
	}
	d.add(r.rates()...)
	if whole := r.headDemand(d, load); !whole {
		d.beyond = said
	}
	if !load.reads() {
		d.step = cmp.Or(r.nameWriters(d), d.step)
	}
}

// headDemand is the headline and the first step of a load. whole reports that the headline names all members and says
// what is usual.
func (r *diagnoser) headDemand(d *diagnosis, load *demand) (whole bool) {
	who := r.shortsAt(slices.Sorted(slices.Values(load.members)))
	rate := PerSecond.Format(load.calls.now) + " " + load.method
	if load.method == countedWrites {
		rate = PerSecond.Format(load.calls.now) + " writes applied"
	}
	usually, many := "", "Many writes"
	if load.calls.risen() {
		many = "Burst of writes"
		usually = ", usually " + PerSecond.Format(load.calls.usual)
	}
	kind := many + " through "
	d.stepping(who, func(who string) string {
		return "Find the clients of " + who + ": ss -tn on " + pluralForm(len(load.members), "the host", "the hosts")
	})
	switch {
	case load.method == "LeaseGrant":
		kind = "Leases churn on "
		d.stepping(who, func(who string) string { return stepAt(r.settings.rule(LeasesChurning).Step, who) })
	case load.reads():
		kind = "Storm of reads on "
	case load.largeCalls:
		kind, usually = "Large writes through ", ""
		rate = Bytes.Format(load.received.now/load.calls.now) + " each, " + BytesPerSecond.Format(load.received.now)
	case load.method == countedWrites:
		d.headline = fitting(HeadlineWidth, many+": "+rate+usually, many+": "+rate)
		d.step = "Find who writes: kube-apiserver's audit log, clients' metrics"
		return displaywidth.String(many+": "+rate+usually) <= HeadlineWidth
	}
	all := []string{}
	for _, names := range who.forms() {
		all = append(all, kind+names+": "+rate+usually, kind+names+": "+rate)
	}
	d.headline = fitting(HeadlineWidth, all...)
	return displaywidth.String(all[0]) <= HeadlineWidth
}
