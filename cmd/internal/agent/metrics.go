package agent

import (
	"runtime"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

// counts are the metrics that only grow while the agent runs.
type counts struct {
	sweeps      prometheus.Counter
	sweepErrors *prometheus.CounterVec
	duration    prometheus.Histogram
	alerts      *prometheus.CounterVec
	// firing are the alarms of the last sweep, and members whose errors are counted.
	firing  map[findingKey]bool
	members map[string]bool
}

// newCounts begins to count. A rule that may fire and has not counts 0: Prometheus' increase() does not see a series
// begin.
func newCounts(rules []thresholds.Rule) *counts {
	c := &counts{
		sweeps: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "etcdoc_sweeps_total", Help: "Sweeps that have ended.",
		}),
		sweepErrors: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "etcdoc_sweep_errors_total", Help: "Errors of a member's Status (kind of the error) and metrics (metrics-…).",
		}, []string{"member", "kind"}),
		duration: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "etcdoc_sweep_duration_seconds", Help: "How long sweeps take.",
			Buckets: prometheus.ExponentialBuckets(0.005, 2, 11),
		}),
		alerts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "etcdoc_alerts_total", Help: "How often a rule has begun to fire at warning or above.",
		}, []string{"rule"}),
		firing: map[findingKey]bool{}, members: map[string]bool{},
	}
	for i := range rules {
		if r := &rules[i]; r.Warning.Value.IsKnown() || r.Critical.Value.IsKnown() {
			c.alerts.WithLabelValues(string(r.ID))
		}
	}
	return c
}

// metricsPrefix begins the kind of a metrics error, in etcdoc_sweep_errors_total.
const metricsPrefix = "metrics-"

// begin counts no error of a new member: see newCounts.
func (c *counts) begin(label string) {
	for _, kind := range probe.ErrorKinds() {
		c.sweepErrors.WithLabelValues(label, string(kind))
		c.sweepErrors.WithLabelValues(label, metricsPrefix+string(kind))
	}
}

// add counts a sweep and what it shows.
func (c *counts) add(s *probe.Sweep, a *thresholds.Assessment) {
	c.sweeps.Inc()
	c.duration.Observe(s.Took.Seconds())
	members := make(map[string]bool, len(a.Members))
	for i := range s.Members {
		m, label := &s.Members[i], a.Members[i].Label
		if members[label] = true; !c.members[label] {
			c.begin(label)
		}
		if m.Status.Err != nil {
			c.sweepErrors.WithLabelValues(label, string(m.Status.Err.Kind)).Inc()
		}
		if m.Metrics.Err != nil {
			c.sweepErrors.WithLabelValues(label, metricsPrefix+string(m.Metrics.Err.Kind)).Inc()
		}
	}
	for label := range c.members {
		if !members[label] {
			c.sweepErrors.DeletePartialMatch(prometheus.Labels{"member": label})
		}
	}
	firing := make(map[findingKey]bool, len(a.Findings))
	for i := range a.Findings {
		f := &a.Findings[i]
		if key := (findingKey{f.Rule, f.Member.Key}); f.IsAlarm() {
			if firing[key] = true; !c.firing[key] {
				c.alerts.WithLabelValues(string(f.Rule)).Inc()
			}
		}
	}
	c.members, c.firing = members, firing
}

// descriptions are of the metrics that show the newest assessment.
type descriptions struct {
	healthy, level, interval, last, finding, tolerance, fit, up, canLose, build *prometheus.Desc
	apiServer, apiServerP99                                                     *prometheus.Desc
	vitals                                                                      []*prometheus.Desc
}

func newDescriptions() *descriptions {
	return &descriptions{
		healthy: describe("healthy", "Whether the newest sweep passes the check: 1 or 0."),
		level:   describe("level", "The worst level: 0 ok, 1 notice, 2 unknown, 3 warning, 4 critical."),
		interval: describe("sweep_interval_seconds",
			"The time between two sweeps that the agent was started with."),
		last:    describe("last_sweep_timestamp_seconds", "When the newest sweep ended, in unix time."),
		finding: describe("finding", "A finding: 1, or 0 where another finding explains it or it is muted.", "rule", "member", "level"),
		tolerance: describe("quorum_tolerance",
			"How many more voters may fail; negative without a quorum; absent unless the health of all is known."),
		fit:     describe("fit", "Whether this node's member would carry the cluster on if another were lost: 1 or 0."),
		up:      describe("member_up", "Whether the member answers: 1 or 0.", "member"),
		canLose: describe("can_lose", "The verdict on losing the member now: 1 for the one that holds.", "member", "verdict"),
		apiServer: describe("apiserver_reaches_etcd",
			"Whether the kube-apiserver's own checks of etcd pass: 1 or 0; absent while that is not known.", "apiserver"),
		apiServerP99: describe("apiserver_etcd_p99_seconds",
			"p99 of its requests to etcd in the window; absent with too few.", "apiserver", "operation"),
		build:  describe("build_info", "The version of etcdoc and of Go: always 1.", "version", "goversion"),
		vitals: describeVitals(),
	}
}

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("etcdoc_"+name, help, labels, nil)
}

// describeVitals describes each vital of the JSON.
func describeVitals() []*prometheus.Desc {
	all := make([]*prometheus.Desc, len(thresholds.Vitals{}))
	for v := range all {
		name := thresholds.Vital(v).String()
		all[v] = describe("member_"+name, "The member's vital "+name+" in the JSON; absent while it is not known.", "member")
	}
	return all
}

// Describe sends no description: which metrics there are depends on what is known.
func (a *Agent) Describe(chan<- *prometheus.Desc) {}

// Collect sends what the newest assessment says. Of one that is too old it sends only the time, and that nobody
// is fit.
func (a *Agent) Collect(out chan<- prometheus.Metric) {
	d := a.descriptions
	a.counts.sweeps.Collect(out)
	a.counts.sweepErrors.Collect(out)
	a.counts.duration.Collect(out)
	a.counts.alerts.Collect(out)
	send := func(desc *prometheus.Desc, value float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, value, labels...)
	}
	send(d.build, 1, a.options.Version, runtime.Version())
	send(d.interval, a.options.Interval.Seconds())
	r, err := a.report(freshFor)
	send(d.fit, one(a.fit(r, err) == nil))
	if newest := a.newest.Load(); newest != nil {
		send(d.last, float64(newest.assessment.At.UnixMilli())/1000)
	}
	if err != nil {
		send(d.healthy, 0)
		send(d.level, float64(thresholds.Unknown))
		return
	}
	now := &r.assessment
	send(d.healthy, one(a.options.Healthy(now)))
	send(d.level, float64(now.Level))
	if n, known := now.Cluster.Tolerance().Get(); known {
		send(d.tolerance, n)
	}
	for i := range now.Findings {
		f := &now.Findings[i]
		send(d.finding, one(f.InhibitedBy == "" && r.mutes.Of(f) == nil), string(f.Rule), f.Member.Label, f.Level.String())
	}
	for i := range now.Members {
		d.collectMember(&now.Members[i], send)
	}
	for i := range now.APIServers {
		d.collectAPIServer(&now.APIServers[i], send)
	}
}

func (d *descriptions) collectAPIServer(s *thresholds.APIServer, send func(*prometheus.Desc, float64, ...string)) {
	if s.Reaches != thresholds.ReachUnknown {
		send(d.apiServer, one(s.Reaches == thresholds.Reaches), s.URL)
	}
	for i := range s.Operations {
		o := &s.Operations[i]
		if p99, known := o.Latency.P99.Get(); known {
			send(d.apiServerP99, p99, s.URL, o.Operation)
		}
	}
}

func (d *descriptions) collectMember(m *thresholds.Member, send func(*prometheus.Desc, float64, ...string)) {
	send(d.up, one(m.State == thresholds.StateOK), m.Label)
	for verdict := thresholds.LossUnknown; verdict <= thresholds.LossNo; verdict++ {
		send(d.canLose, one(m.CanLose.Verdict == verdict), m.Label, verdict.String())
	}
	for v, value := range m.Vitals {
		if number, known := value.Get(); known && m.Stands(thresholds.Vital(v)) {
			send(d.vitals[v], number, m.Label)
		}
	}
}

func one(is bool) float64 {
	if is {
		return 1
	}
	return 0
}
