package kube

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/probe/profile"
)

// A Way leads through the API server to the ports of etcd's pods. Its methods may be called by several goroutines.
type Way struct {
	api *Client
	// context is the name of the kubeconfig's context; empty in a pod.
	context string
	// spdyOnly says that a forward over a WebSocket failed where one over SPDY did not.
	spdyOnly atomic.Bool

	mu sync.Mutex
	// pods are etcd's, by the last list that came. It was last asked for at listed, and unlisted is why none came then.
	pods     []etcdPod
	listed   time.Time
	unlisted *probe.Error
	// missing names those that the API server has not known any more since that list.
	missing map[string]bool
	states  map[string]*podState
}

// podState is how it last went with forwards to a pod.
type podState struct {
	mu sync.Mutex
	// failures counts those since the last success. Until retry, the next attempt is not due; why is the last failure.
	failures int
	retry    time.Time
	why      *probe.Error
	// broken is when a forward last broke.
	broken time.Time

	// checking guards what follows: when the last check of the way began, and what it found.
	checking sync.Mutex
	checked  time.Time
	found    *probe.Error
}

const (
	// firstRetry and lastRetry bound how long a forward that failed is not tried again.
	firstRetry = 250 * time.Millisecond
	lastRetry  = 8 * time.Second
	// relistAfter is the least time between two looks for pods.
	relistAfter = 5 * time.Second
	// brokenFor is how long a forward that broke explains failures, although a new one can be opened: another API
	// server may have taken over at once.
	brokenFor = 2 * time.Second
	// checkTimeout is how long the way may take to show that it is there.
	checkTimeout = 1500 * time.Millisecond
)

func (s *podState) noteBroken() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.broken = time.Now()
}

// Open finds etcd's pods by the API server that a kubeconfig names.
func Open(ctx context.Context, access Access) (*Way, error) {
	api, name, err := access.load()
	if err != nil {
		return nil, err
	}
	w := &Way{api: api, context: name, states: map[string]*podState{}, missing: map[string]bool{}}
	if err = api.rights.prepare(ctx); err == nil {
		w.pods, err = api.findPods(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", w.name(), err)
	}
	w.listed = time.Now()
	return w, nil
}

func (w *Way) name() string {
	if w.context == "" {
		return w.api.base.String()
	}
	return "context " + w.context
}

// Use lets a configuration go this way to the pods.
func (w *Way) Use(config *probe.Config) {
	config.Names = map[string]string{}
	for i := range w.pods {
		config.Endpoints = append(config.Endpoints, w.pods[i].endpoint)
		config.Names[probe.Hostname(w.pods[i].endpoint)] = w.pods[i].node
		if config.MetricsAt == "" {
			config.MetricsAt = w.pods[i].metricsAt
		}
	}
	config.DialContext, config.Way, config.Proxy, config.Nodes = w.DialContext, w.Gone, nil, w.nodes
	config.Lookup = func(_ context.Context, hostPort string) ([]string, error) {
		return []string{hostPort}, nil // whatever this host's DNS says of it, it is one pod
	}
	if config.TLS.CertFile == "" && strings.HasPrefix(w.pods[0].endpoint, "https:") {
		config.PairFrom = w.PairFrom()
	}
}

// Summary says in a line which pods were found.
func (w *Way) Summary() string {
	var names []string
	for i := range w.pods {
		names = append(names, w.pods[i].name)
	}
	return fmt.Sprintf("%s: etcd's pods in %s, through the API server: %s", w.name(), w.pods[0].namespace,
		strings.Join(names, ", "))
}

// nodeName matches what may stand in a command to copy.
const nodeName = `^[A-Za-z0-9][A-Za-z0-9.-]*$`

// PairFrom says how to get the client pair and the CA, which the API server does not hand out.
func (w *Way) PairFrom() string {
	p, node := &w.pods[0], "NODE"
	if regexp.MustCompile(nodeName).MatchString(p.node) {
		node = p.node
	}
	ca, cert, key := profile.Pair(p.layout)
	dir := path.Dir(ca)
	for !strings.HasPrefix(cert, dir+"/") {
		dir = path.Dir(dir)
	}
	below := func(file string) string {
		return strings.ReplaceAll(strings.TrimPrefix(file, dir+"/"), "*", node)
	}
	ca, cert, key = below(ca), below(cert), below(key)
	return fmt.Sprintf("ssh %s sudo tar -cC %s %s %s %s | tar -x, then --cacert %[3]s --cert %[4]s --key %[5]s",
		node, dir, ca, cert, key)
}

// DialContext opens a connection with a port of the pod that an address leads to.
func (w *Way) DialContext(ctx context.Context, _, to string) (net.Conn, error) {
	// Give up first: a dial that times out says nothing of the way.
	if deadline, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Until(deadline)*3/4)
		defer cancel()
	}
	host, port, err := net.SplitHostPort(to)
	if err != nil {
		return nil, err
	}
	p, err := w.podAt(ctx, host)
	if err != nil {
		return nil, err
	}
	return w.open(ctx, p, to, port)
}

// Gone returns why the way to an endpoint's pod is gone; nil if a new forward can be opened, or nothing is known of the
// pod.
func (w *Way) Gone(endpoint string) *probe.Error {
	p := w.known(probe.Hostname(endpoint))
	if p == nil {
		return nil
	}
	s, asked := w.state(p), time.Now()
	s.checking.Lock()
	defer s.checking.Unlock()
	if s.checked.After(asked) { // while this one waited
		return s.found
	}
	s.checked, s.found = time.Now(), nil
	s.mu.Lock()
	broken := s.broken
	s.mu.Unlock()
	if time.Since(broken) < brokenFor {
		s.found = noWay("the connection with it ended")
		return s.found
	}
	ctx, cancel := context.WithTimeout(context.Background(), checkTimeout)
	defer cancel()
	_, port, _ := net.SplitHostPort(probe.HostPort(endpoint))
	c, err := w.open(ctx, p, probe.HostPort(endpoint), port)
	if err == nil {
		_ = c.Close()
	} else {
		errors.As(err, &s.found)
	}
	return s.found
}

func (w *Way) known(host string) *etcdPod {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := range w.pods {
		if slices.Contains(w.pods[i].hosts, host) {
			p := w.pods[i]
			return &p
		}
	}
	return nil
}

// podAt returns the pod that a host leads to. It looks for pods anew if there is none, or the API server does not know
// that one any more: members come and go.
func (w *Way) podAt(ctx context.Context, host string) (*etcdPod, error) {
	p := w.known(host)
	w.mu.Lock()
	wanted := p == nil || w.missing[p.name]
	due := wanted && time.Since(w.listed) >= relistAfter
	if due {
		w.listed = time.Now()
	}
	why := w.unlisted
	w.mu.Unlock()
	if due {
		pods, err := w.api.findPods(ctx)
		if errors.Is(err, context.Canceled) { // nobody wants it any more, which says nothing of the pods
			return nil, err
		}
		why = whyNoPods(err)
		w.mu.Lock()
		w.unlisted = why
		if err == nil {
			w.pods = pods
			clear(w.missing)
		}
		w.mu.Unlock()
		p = w.known(host)
	}
	switch {
	case p != nil: // without a list, a forward says why
		return p, nil
	case why != nil:
		return nil, why
	}
	return nil, &probe.Error{Kind: probe.ErrNoPod, Text: fmt.Sprintf("no pod of etcd has the address %s: a pod that is gone, "+
		"or a member that runs in none (kubectl get pods -A -o wide -l component=etcd)", host)}
}

func (w *Way) noteMissing(p *etcdPod) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.missing[p.name] = true
}

func (w *Way) state(p *etcdPod) *podState {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := w.states[p.name]
	if s == nil {
		s = new(podState)
		w.states[p.name] = s
	}
	return s
}

// open opens a forward, unless one to the same pod has just failed.
func (w *Way) open(ctx context.Context, p *etcdPod, to, port string) (net.Conn, error) {
	s := w.state(p)
	s.mu.Lock()
	if time.Now().Before(s.retry) {
		defer s.mu.Unlock()
		return nil, s.why
	}
	s.mu.Unlock()
	c, err := w.forward(ctx, p, port)
	if errors.Is(err, context.Canceled) { // nobody wants it any more, which says nothing of the way
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.why = whyNoForward(err, p)
		if s.why.Kind == probe.ErrNoPod {
			w.noteMissing(p)
		}
		pause := min(firstRetry<<min(s.failures, 10), lastRetry)
		s.failures++
		s.retry = time.Now().Add(pause/2 + rand.N(pause/2))
		return nil, s.why
	}
	s.failures, s.retry = 0, time.Time{}
	c.(*forwarded).remote = address(to)
	return c, nil
}
