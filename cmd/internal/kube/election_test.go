package kube

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
)

// A memory keeps a Lease as an API server does.
type memory struct {
	t       *testing.T
	mu      sync.Mutex
	version int
	kept    *lease
	// err is what it answers instead.
	err error
}

func (m *memory) get(context.Context) (*lease, error) { return m.answer(nil, false) }

func (m *memory) create(_ context.Context, l *lease) (*lease, error) { return m.answer(l, true) }

func (m *memory) update(_ context.Context, l *lease) (*lease, error) { return m.answer(l, false) }

func (m *memory) answer(in *lease, create bool) (*lease, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case m.err != nil:
		return nil, m.err
	case m.kept == nil && !create:
		return nil, &StatusError{http.StatusNotFound, "not found"}
	case create && m.kept != nil, in != nil && !create && in.version() != m.kept.version():
		return nil, &StatusError{http.StatusConflict, "another was first"}
	case in != nil:
		m.keep(in)
	}
	return m.copy(new(lease)), nil
}

// keep keeps what is written. The caller holds mu.
func (m *memory) keep(in *lease) {
	m.version++
	m.kept = in
	m.kept = m.copy(new(lease))
	m.kept.Metadata["resourceVersion"] = strconv.Itoa(m.version)
}

// copy copies the Lease by way of the API's own type.
func (m *memory) copy(into *lease) *lease {
	text, err := json.Marshal(m.kept)
	var typed coordinationv1.Lease
	if err == nil {
		err = strictly(bytes.NewReader(text), &typed)
	}
	if err == nil {
		text, err = json.Marshal(typed)
	}
	if err == nil {
		err = json.Unmarshal(text, into)
	}
	if err != nil {
		m.t.Error(err)
	}
	return into
}

// fail makes it answer an error; nil: it works again.
func (m *memory) fail(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.err = err
}

// steal writes another holder into the Lease.
func (m *memory) steal(holder string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	stolen := *m.kept
	stolen.Spec.HolderIdentity = holder
	m.keep(&stolen)
}

// A candidate runs in an election.
type candidate struct {
	*Election
	log  func() string
	stop func()
}

func stand(t *testing.T, m leases, name string) *candidate {
	t.Helper()
	log, text := logTo(t)
	c := &candidate{Election: &Election{leases: m, namespace: testNamespace, name: "etcdoc", identity: name, log: log}, log: text}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- c.Run(ctx) }()
	c.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return c
}

// roles checks what the candidates are.
func roles(t *testing.T, when string, want map[*candidate]Role) {
	t.Helper()
	synctest.Wait()
	for c, role := range want {
		if got := c.Role(); got != role {
			t.Errorf("%s: %s is %s, want %s", when, c.identity, got, role)
		}
	}
}

// oneLeads checks that one of the candidates leads, and the others know that.
func oneLeads(t *testing.T, when string, all ...*candidate) {
	t.Helper()
	synctest.Wait()
	count := map[Role]int{}
	for _, c := range all {
		count[c.Role()]++
	}
	if count[Leading] != 1 || count[Following] != len(all)-1 {
		t.Errorf("%s: %v", when, count)
	}
}

// inElection runs a test with two candidates, of whom the first leads.
func inElection(t *testing.T, test func(t *testing.T, m *memory, a, b *candidate)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		m := &memory{t: t}
		a := stand(t, m, "a")
		synctest.Wait()
		b := stand(t, m, "b")
		defer a.stop()
		defer b.stop()
		roles(t, "at first", map[*candidate]Role{a: Leading, b: Following})
		time.Sleep(10 * time.Minute)
		roles(t, "after a while", map[*candidate]Role{a: Leading, b: Following})
		if transitions := m.kept.Spec.LeaseTransitions; transitions != 0 {
			t.Errorf("%d transitions", transitions)
		}
		test(t, m, a, b)
	})
}

// TestLeaseGivenUp: the next agent takes over in its turn when the leader ends.
func TestLeaseGivenUp(t *testing.T) {
	inElection(t, func(t *testing.T, _ *memory, a, b *candidate) {
		a.stop()
		roles(t, "given up", map[*candidate]Role{a: Undecided})
		time.Sleep(renewEvery)
		roles(t, "after that", map[*candidate]Role{b: Leading})
		if got := strings.Count(b.log(), "msg="); got != 2 {
			t.Errorf("b says %d things, want what it was and what it is:\n%s", got, b.log())
		}
	})
}

// TestLeaseExpired: when the leader is gone without a word, another agent leads once the Lease has expired, not before,
// and nobody speaks for all meanwhile.
func TestLeaseExpired(t *testing.T) {
	inElection(t, func(t *testing.T, m *memory, a, b *candidate) {
		a.stop()
		killed := newLease(testNamespace, "etcdoc") // what a killed pod leaves behind
		killed.Spec = leaseSpec{HolderIdentity: "a", LeaseDurationSeconds: 30}
		m.mu.Lock()
		m.keep(killed)
		m.mu.Unlock()
		time.Sleep(leaseDuration - time.Second)
		roles(t, "before it expires", map[*candidate]Role{b: Following})
		time.Sleep(renewEvery + time.Second)
		roles(t, "once it has expired", map[*candidate]Role{b: Leading})
		if transitions := m.kept.Spec.LeaseTransitions; transitions != 1 {
			t.Errorf("%d transitions, want 1", transitions)
		}
	})
}

// TestLeaseStolen: whoever loses the Lease to another stops within the time of a renewal, and takes it back when the
// other one is gone.
func TestLeaseStolen(t *testing.T) {
	inElection(t, func(t *testing.T, m *memory, a, b *candidate) {
		m.steal("thief")
		time.Sleep(renewEvery)
		roles(t, "stolen", map[*candidate]Role{a: Following, b: Following})
		time.Sleep(leaseDuration + time.Second)
		oneLeads(t, "once the thief is gone", a, b)
	})
}

// TestLeaseLost: while the API server is out of reach, the leader leads no longer than the Lease lasts; then every
// agent says what it sees, and one leads again when the API server is back.
func TestLeaseLost(t *testing.T) {
	inElection(t, func(t *testing.T, m *memory, a, b *candidate) {
		m.fail(errors.New("connection refused"))
		time.Sleep(leaseDuration + time.Second)
		roles(t, "lost", map[*candidate]Role{a: CutOff, b: CutOff})
		time.Sleep(renewEvery)
		if got := strings.Count(a.log(), "connection refused"); got != 1 {
			t.Errorf("a says it %d times:\n%s", got, a.log())
		}
		m.fail(nil)
		time.Sleep(renewEvery)
		oneLeads(t, "back", a, b)
	})
}

// TestLeaseForbidden: without permission each agent says all, and says once that it is so.
func TestLeaseForbidden(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &memory{t: t, err: &StatusError{http.StatusForbidden, "leases is forbidden"}}
		a := stand(t, m, "a")
		defer a.stop()
		roles(t, "refused", map[*candidate]Role{a: Alone})
		time.Sleep(time.Hour)
		if got := strings.Count(a.log(), "forbidden"); got != 1 {
			t.Errorf("it says so %d times:\n%s", got, a.log())
		}
	})
}

// TestNobodyLeadsTwice: of many agents that begin at once, one leads.
func TestNobodyLeadsTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &memory{t: t}
		var all []*candidate
		for i := range 9 {
			all = append(all, stand(t, m, strconv.Itoa(i)))
		}
		time.Sleep(renewEvery)
		oneLeads(t, "at first", all...)
		for _, c := range all {
			c.stop()
		}
	})
}
