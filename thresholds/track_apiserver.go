package thresholds

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds/window"
)

// An apiServerTrack is what the evaluator remembers of a kube-apiserver across sweeps.
type apiServerTrack struct {
	// failingSince is since when one of its checks of etcd has failed without a break; zero while none does.
	failingSince time.Time
	// startTime is that of its process. Behind one address there may be several processes in turn: what one has counted
	// is not compared with what another has.
	startTime probe.Value
	metricsAt time.Time
	gap       time.Duration // between the newest two scrapes
	scrapes   int           // of this process
	// operations and kinds are the durations of its requests by operation, and by operation and resource.
	operations map[string]*apiRequests
	kinds      map[probe.EtcdRequest]*window.Histogram
}

// apiRequests are the requests of one operation.
type apiRequests struct {
	durations window.Histogram
	errors    window.Counter
}

// An apiServerState is the work on one API server of a sweep.
type apiServerState struct {
	APIServer // the result
	view      *probe.APIServerView
	track     *apiServerTrack
	// window is what its latencies are taken over: the evaluator's, or what it takes to hold two scrapes.
	window time.Duration
	// asked and read are why not; see APIServer.Unasked and APIServer.Unread.
	asked, read Why
}

// followAPIServers records the answers of the API servers, and drops what is remembered of others.
func (e *Evaluator) followAPIServers(f *frame) {
	if len(f.sweep.APIServers) == 0 {
		e.apiServers = nil
		return
	}
	tracks := make(map[string]*apiServerTrack, len(f.sweep.APIServers))
	f.apiServers = make([]apiServerState, len(f.sweep.APIServers))
	for i := range f.sweep.APIServers {
		view := &f.sweep.APIServers[i]
		t := e.apiServers[view.URL]
		if t == nil {
			t = new(apiServerTrack)
		}
		tracks[view.URL] = t
		t.follow(view, &f.settings)
		f.apiServers[i] = newAPIServerState(view, t, &f.settings, f.now)
	}
	e.apiServers = tracks
}

// follow records the newest metrics.
func (t *apiServerTrack) follow(v *probe.APIServerView, o *settings) {
	m := v.Metrics.Value
	if !v.Metrics.Answered() || !v.Metrics.At.After(t.metricsAt) {
		return
	}
	// As after a host has slept: what lies between says nothing of now.
	apart := v.Metrics.At.Sub(t.metricsAt) > max(o.window, apiScrapesLate*v.MetricsEvery)
	if t.scrapes == 0 || m.StartTime != t.startTime || apart {
		*t = apiServerTrack{failingSince: t.failingSince, startTime: m.StartTime,
			operations: make(map[string]*apiRequests), kinds: make(map[probe.EtcdRequest]*window.Histogram)}
	} else {
		t.gap = v.Metrics.At.Sub(t.metricsAt)
	}
	t.metricsAt = v.Metrics.At
	t.scrapes++
	keep := t.window(o) + t.gap
	for operation, h := range m.Operations {
		of := t.operation(operation)
		of.durations.Add(v.Metrics.At, window.Buckets(h), keep)
	}
	for kind, h := range m.Requests {
		of := t.kinds[kind]
		if of == nil {
			of = new(window.Histogram)
			t.kinds[kind] = of
		}
		of.Add(v.Metrics.At, window.Buckets(h), keep)
	}
	if !m.CountsErrors {
		return
	}
	failed := make(map[string]float64)
	for kind, n := range m.Errors {
		failed[kind.Operation] += n
	}
	for operation, of := range t.operations {
		of.errors.Add(v.Metrics.At, failed[operation], keep)
	}
}

func (t *apiServerTrack) operation(name string) *apiRequests {
	of := t.operations[name]
	if of == nil {
		of = new(apiRequests)
		t.operations[name] = of
	}
	return of
}

// window is the evaluator's, or a longer one that holds the newest two scrapes: a large API server is asked rarely.
func (t *apiServerTrack) window(o *settings) time.Duration { return max(o.window, 2*t.gap+t.gap/4) }

func newAPIServerState(v *probe.APIServerView, t *apiServerTrack, o *settings, now time.Time) apiServerState {
	s := apiServerState{
		APIServer: APIServer{URL: v.URL, Label: v.Label(), Reaches: ReachUnknown},
		view:      v, track: t, window: t.window(o),
	}
	s.setReach(o, now)
	s.setMetrics(o, now)
	return s
}

// setReach decides whether the API server reaches etcd: not if one of its checks fails.
func (s *apiServerState) setReach(o *settings, now time.Time) {
	checks := [...]*probe.Fact[probe.EtcdCheck]{&s.view.Ready, &s.view.Live}
	answered := 0
	for _, check := range checks {
		switch {
		case check.Answered() && check.Err == nil && ageOf(check, now) <= max(o.maxFactAge(), apiCheckAge):
			answered++
			if !check.Value.OK && s.Reaches != ReachesNot {
				s.Reaches, s.Reason = ReachesNot, check.Value.Reason
			}
		case check.Err != nil && s.Unasked == "":
			s.Unasked, s.asked = check.Err.Text, WhyOutOfReach
			if check.Err.Kind == probe.ErrPermission {
				s.asked = WhyRefused
			}
		}
	}
	switch {
	case s.Reaches == ReachesNot:
		s.Unasked, s.asked = "", ""
		if s.track.failingSince.IsZero() {
			s.track.failingSince = now
		}
		s.Since = s.track.failingSince
		return
	case answered == len(checks):
		s.Reaches = Reaches
	case s.Unasked == "":
		s.Unasked, s.asked = s.Name()+" has not answered yet", WhyLate
	}
	s.track.failingSince = time.Time{}
}

// apiScrapesLate is how many scrapes may be late before what follows is compared with nothing older.
const apiScrapesLate = 3

// apiCheckAge is how old the result of a check may be: two more have been due since.
const apiCheckAge = 3 * readsEvery

// setMetrics derives what the metrics show.
func (s *apiServerState) setMetrics(o *settings, now time.Time) {
	metrics := &s.view.Metrics
	if metrics.Answered() {
		s.MetricsAge = ageOf(metrics, now)
	}
	tooOld := !metrics.Answered() || s.MetricsAge > max(o.maxFactAge(), 2*s.view.MetricsEvery)
	switch {
	case metrics.Err != nil && metrics.Err.Kind == probe.ErrPermission:
		s.Unread, s.read, s.MayNotRead = metrics.Err.Text+adviseRights, WhyRefused, true
		return
	case tooOld && metrics.Err != nil:
		s.Unread, s.read = metrics.Err.Text, WhyOutOfReach
		return
	case tooOld && metrics.Answered():
		s.Unread, s.read = fmt.Sprintf("the newest metrics of %s are %s old", s.Name(), FormatDuration(s.MetricsAge)), WhyLate
		return
	case tooOld:
		s.Unread, s.read = "the metrics of "+s.Name()+" have not been answered yet", WhyLate
		return
	}
	s.Databases = metrics.Value.Databases
	for resource, bytes := range metrics.Value.ResourceBytes {
		s.Resources = append(s.Resources, ResourceSize{resource, bytes})
	}
	slices.SortFunc(s.Resources, func(a, b ResourceSize) int {
		return cmp.Or(cmp.Compare(b.Bytes, a.Bytes), cmp.Compare(a.Resource, b.Resource))
	})
	s.Resources = s.Resources[:min(len(s.Resources), LargestResources)]
	s.setOperations(o)
}

// adviseRights says how to let etcdoc read what it may not.
const adviseRights = ": let it, by the role that Kubernetes has for that: kubectl create clusterrolebinding etcdoc-monitoring " +
	"--clusterrole=system:monitoring --serviceaccount=NAMESPACE:NAME"

func (s *apiServerState) setOperations(o *settings) {
	t := s.track
	for _, name := range slices.Sorted(maps.Keys(t.operations)) {
		of := t.operations[name]
		d, known := of.durations.Distribution(t.metricsAt, s.window, o.sinceStart)
		if !known || !of.durations.EndsAt(t.metricsAt) {
			continue
		}
		op := APIServerOperation{Operation: name, Latency: newLatency(&d, minAPIObservations)}
		if !of.errors.IsEmpty() {
			op.ErrorRate = valueOf(of.errors.Rate(t.metricsAt, s.window))
		}
		s.Operations = append(s.Operations, op)
	}
	for kind, durations := range t.kinds {
		d, known := durations.Distribution(t.metricsAt, s.window, o.sinceStart)
		if !known || d.Observations < minAPIObservations {
			continue
		}
		i, has := slices.BinarySearchFunc(s.Operations, kind.Operation,
			func(o APIServerOperation, name string) int { return cmp.Compare(o.Operation, name) })
		if !has {
			continue
		}
		op, l := &s.Operations[i], newLatency(&d, minAPIObservations)
		if order := cmp.Compare(l.P99.Or(0), op.SlowestLatency.P99.Or(0)); order > 0 ||
			order == 0 && (op.Slowest == "" || kind.Resource < op.Slowest) {
			op.Slowest, op.SlowestLatency = kind.Resource, l
		}
	}
}

// minAPIObservations is how many requests a p99 takes, as in the rules about members.
const minAPIObservations = 100

// apiServerResults hands over how the API servers see etcd.
func (f *frame) apiServerResults() (all []APIServer) {
	for i := range f.apiServers {
		all = append(all, f.apiServers[i].APIServer)
	}
	return all
}
