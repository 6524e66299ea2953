package thresholds

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// apiServerBounds are the upper bounds of kube-apiserver's etcd_request_duration_seconds, up to 1 s.
func apiServerBounds() []float64 {
	return []float64{0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, math.Inf(1)}
}

// An apiServerActor is a kube-apiserver of a scene: what it has counted so far.
type apiServerActor struct {
	view      probe.APIServerView
	durations map[probe.EtcdRequest]probe.Histogram
	start     float64
}

func newAPIServerActor(host string) *apiServerActor {
	return &apiServerActor{
		view:      probe.APIServerView{URL: "https://" + host + ":6443", MetricsEvery: 5 * time.Second},
		durations: map[probe.EtcdRequest]probe.Histogram{}, start: float64(epoch.Unix()),
	}
}

// asks lets it make requests to etcd that take so long.
func (s *apiServerActor) asks(n float64, operation, resource string, took time.Duration) {
	kind := probe.EtcdRequest{Operation: operation, Resource: resource}
	h, has := s.durations[kind]
	if !has {
		h = probe.Histogram{Bounds: apiServerBounds(), Counts: make([]float64, len(apiServerBounds()))}
	}
	s.durations[kind] = observed(h, n, took)
}

// answer is its view at a moment: the checks pass, and the metrics are read.
func (s *apiServerActor) answer(at time.Time) *probe.APIServerView {
	v := s.view
	v.Ready = probe.Fact[probe.EtcdCheck]{Value: probe.EtcdCheck{OK: true}, At: at}
	v.Live = v.Ready
	m := &probe.APIServerMetrics{
		Requests: map[probe.EtcdRequest]probe.Histogram{}, Operations: map[string]probe.Histogram{}, CountsErrors: true,
		Databases: []probe.APIServerDatabase{{Name: "etcd-0", Bytes: 1 << 30}}, StartTime: probe.Known(s.start),
		ResourceBytes: map[string]float64{"pods": 5 << 20, "events": 50 << 20},
	}
	for kind, h := range s.durations {
		m.Requests[kind] = h
		sum := m.Operations[kind.Operation]
		if sum.Counts == nil {
			sum = probe.Histogram{Bounds: h.Bounds, Counts: make([]float64, len(h.Counts))}
		}
		for i := range h.Counts {
			sum.Counts[i] += h.Counts[i]
		}
		sum.Sum += h.Sum
		m.Operations[kind.Operation] = sum
	}
	v.Metrics = probe.Fact[*probe.APIServerMetrics]{Value: m, At: at}
	return &v
}

// withAPIServers runs a scene of three members that work, with API servers whose requests take so long; change alters
// what they answer.
func withAPIServers(t *testing.T, o Options, d time.Duration, get, update time.Duration,
	change func(s *scene, views []*probe.APIServerView)) (*scene, Assessment) {
	t.Helper()
	s := newScene(t, 3, o)
	servers := []*apiServerActor{newAPIServerActor("10.0.0.1"), newAPIServerActor("10.0.0.2")}
	a := s.run(d, func() {
		s.work(50, time.Millisecond)
		for _, m := range s.members {
			m.reads(s.now, time.Millisecond, time.Millisecond)
		}
		s.apiServers = nil
		for i, server := range servers {
			server.asks(200, "get", "pods", time.Millisecond)
			server.asks(200, "update", "leases.coordination.k8s.io", time.Millisecond)
			if i == 1 {
				server.asks(200, "get", "nodes", get)
				server.asks(200, "update", "nodes", update)
				server.asks(200, "list", "pods", 900*time.Millisecond)
			}
			s.apiServers = append(s.apiServers, server.answer(s.now))
		}
		if change != nil {
			change(s, s.apiServers)
		}
	})
	return s, a
}

// unready lets a check fail.
func unready(reason string) func(*scene, []*probe.APIServerView) {
	return func(s *scene, views []*probe.APIServerView) {
		if s.now.After(epoch.Add(5 * time.Second)) {
			views[1].Ready.At = s.now
			views[1].Ready.Value = probe.EtcdCheck{Reason: reason}
		}
	}
}

// TestAPIServerLatency: the rules judge the slowest operation about one key of the slowest API server; lists, which may
// be large, are only shown.
func TestAPIServerLatency(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	for _, test := range []struct {
		name        string
		get, update time.Duration
		slow, gets  Level
	}{
		{"quick", ms, ms, OK, OK},
		{"slow gets", 20 * ms, ms, OK, Notice},
		{"slow updates", ms, 90 * ms, OK, OK},
		{"slower updates", ms, 150 * ms, Warning, OK},
		{"all", 300 * ms, 700 * ms, Warning, Notice},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, a := withAPIServers(t, Options{}, 40*time.Second, test.get, test.update, nil)
			wants(t, &a, APIServerSlow, "", test.slow)
			wants(t, &a, APIServerGetSlow, "", test.gets)
			wants(t, &a, APIServerCutOff, "", OK)
			if test.slow != OK {
				saysFinding(t, &a, APIServerSlow, "")
				if a.Reading.Cause != CauseAPIServer {
					t.Errorf("the cause is %s", a.Reading.Cause)
				}
				saysReading(t, &a)
			}
			if test.gets != OK {
				saysFinding(t, &a, APIServerGetSlow, "")
			}
			says(t, "line", a.APIServers[1].Line())
			if r := a.APIServers[1].Resources; len(r) != 2 || r[0].Resource != "events" {
				t.Errorf("the largest resources are %v", r)
			}
		})
	}
}

// TestAPIServerCutOff: an API server that does not reach etcd is critical, and the reading tells it from an etcd that
// is down.
func TestAPIServerCutOff(t *testing.T) {
	t.Parallel()
	s, a := withAPIServers(t, Options{}, 30*time.Second, time.Millisecond, time.Millisecond,
		unready("context deadline exceeded"))
	wants(t, &a, APIServerCutOff, "", Critical)
	saysFinding(t, &a, APIServerCutOff, "")
	if a.Reading.Cause != CauseAPIServer {
		t.Errorf("the cause is %s", a.Reading.Cause)
	}
	saysReading(t, &a)
	for i := range a.Members {
		if m := &a.Members[i]; m.CanLose.Verdict != LossRisk || m.CanLose.Ground != GroundIncident {
			t.Errorf("%s: %s (%s): want no loss during an incident", m.Label, m.CanLose.Verdict, m.CanLose.Ground)
		}
	}
	s.kill(1, 2)
	a = s.run(30*time.Second, func() { unready("context deadline exceeded")(s, s.apiServers) })
	if f := finding(&a, APIServerCutOff, ""); f.InhibitedBy == "" || a.Reading.Cause == CauseAPIServer {
		t.Errorf("without a quorum the cause is %s, and the finding is inhibited by %q", a.Reading.Cause, f.InhibitedBy)
	}
}

// TestAPIServerUnknown: what could not be asked of an API server is unknown or not looked at, and never fine; it is no
// verdict about etcd.
func TestAPIServerUnknown(t *testing.T) {
	t.Parallel()
	down := &probe.Error{Kind: probe.ErrRefused, Text: "https://10.0.0.2:6443: connection refused"}
	forbidden := &probe.Error{Kind: probe.ErrPermission, Text: "https://10.0.0.2:6443: it takes the right to get /metrics"}
	fail := func(v *probe.APIServerView, err *probe.Error) {
		v.Ready, v.Live = probe.Fact[probe.EtcdCheck]{Err: err}, probe.Fact[probe.EtcdCheck]{Err: err}
		v.Metrics = probe.Fact[*probe.APIServerMetrics]{Err: err}
	}
	for _, test := range []struct {
		name   string
		change func(*scene, []*probe.APIServerView)
		level  Level // of the rule about the checks
		gap    string
	}{
		{"out of reach", func(_ *scene, v []*probe.APIServerView) { fail(v[1], down) }, Unknown, ""},
		{"metrics forbidden", func(_ *scene, v []*probe.APIServerView) {
			v[1].Metrics = probe.Fact[*probe.APIServerMetrics]{Err: forbidden}
		}, OK, "system:monitoring"},
		{"all forbidden", func(_ *scene, v []*probe.APIServerView) { fail(v[1], forbidden) }, OK, "system:monitoring"},
		{"never asked", func(_ *scene, v []*probe.APIServerView) { fail(v[1], nil) }, Unknown, ""},
		{"metrics too old", func(_ *scene, v []*probe.APIServerView) {
			v[1].Metrics.At = epoch
		}, OK, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, a := withAPIServers(t, Options{}, 40*time.Second, time.Millisecond, time.Millisecond, test.change)
			wants(t, &a, APIServerCutOff, "", test.level)
			for _, rule := range []RuleID{APIServerSlow, APIServerGetSlow} {
				want := Unknown
				if test.gap != "" {
					want = OK
				}
				wants(t, &a, rule, "", want)
			}
			gaps := strings.Join(a.Reading.NotLookedAt, "\n")
			if test.gap != "" && !strings.Contains(gaps, test.gap) {
				t.Errorf("not looked at: %s", gaps)
			}
			for _, m := range a.Members {
				if m.CanLose.Verdict != LossSafe {
					t.Errorf("%s: %s", m.Label, m.CanLose.Verdict)
				}
			}
			says(t, "headline", a.Reading.Headline+" | "+a.APIServers[1].Line())
		})
	}
}

// TestAPIServerRestarts: what one process has counted is not compared with what the next one has, behind one address.
func TestAPIServerRestarts(t *testing.T) {
	t.Parallel()
	server := newAPIServerActor("10.0.0.1")
	other := newAPIServerActor("10.0.0.1")
	other.start++
	other.asks(1e6, "get", "pods", 700*time.Millisecond)
	s := newScene(t, 3, Options{})
	a := s.run(60*time.Second, func() {
		s.work(50, time.Millisecond)
		server.asks(200, "get", "pods", time.Millisecond)
		s.apiServers = []*probe.APIServerView{server.answer(s.now)}
		if s.now.Sub(epoch) > 40*time.Second {
			other.asks(200, "get", "pods", time.Millisecond)
			s.apiServers = []*probe.APIServerView{other.answer(s.now)}
		}
	})
	wants(t, &a, APIServerGetSlow, "", OK)
	if ops := a.APIServers[0].Operations; len(ops) != 1 || ops[0].Latency.P99.Or(1) > 0.005 {
		t.Errorf("operations: %+v", ops)
	}
}

// TestAPIServerAfterABreak: what was counted while nobody looked is not of now.
func TestAPIServerAfterABreak(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	server := newAPIServerActor("10.0.0.1")
	work := func() {
		s.work(50, time.Millisecond)
		server.asks(200, "get", "pods", time.Millisecond)
		s.apiServers = []*probe.APIServerView{server.answer(s.now)}
	}
	s.run(30*time.Second, work)
	server.asks(1e6, "get", "pods", 700*time.Millisecond)
	s.now = s.now.Add(time.Hour)
	a := s.run(30*time.Second, work)
	if ops := a.APIServers[0].Operations; len(ops) != 1 || ops[0].Latency.P99.Or(1) > 0.005 {
		t.Errorf("operations: %+v", ops)
	}
}

// TestAPIServersLine counts those that reach etcd, and those of which that is not known.
func TestAPIServersLine(t *testing.T) {
	t.Parallel()
	for want, reach := range map[string][]Reach{
		"":                                nil,
		"API server: reaches etcd":        {Reaches},
		"2 API servers reach etcd":        {Reaches, Reaches},
		"1 of 2 API servers reach etcd":   {Reaches, ReachesNot},
		"API server: does not reach etcd": {ReachesNot},
		"0 of 2 API servers reach etcd, not known of 1": {ReachUnknown, ReachesNot},
	} {
		var a Assessment
		for _, r := range reach {
			a.APIServers = append(a.APIServers, APIServer{Reaches: r})
		}
		if line := a.APIServersLine(); line != want {
			t.Errorf("%v: %q, want %q", reach, line, want)
		}
	}
}
