package agent

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/etcdoc/etcdoc/assets/schematest"
	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/probe/etcdtest"
	"github.com/etcdoc/etcdoc/thresholds"
)

// lines keeps what is logged.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// records are the fields of each line.
func (l *lines) records(t *testing.T) (all []map[string]any) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	for s := bufio.NewScanner(bytes.NewReader(l.text.Bytes())); s.Scan(); {
		record := map[string]any{}
		if err := json.Unmarshal(s.Bytes(), &record); err != nil {
			t.Fatalf("%v: %s", err, s.Text())
		}
		all = append(all, record)
	}
	return all
}

// count counts the lines with these values.
func (l *lines) count(t *testing.T, want map[string]string) (n int) {
	t.Helper()
	for _, r := range l.records(t) {
		fits := true
		for key, value := range want {
			fits = fits && r[key] == value
		}
		if fits {
			n++
		}
	}
	return n
}

// testOptions judge by the default rules.
func testOptions(source probe.Source, log *lines, interval time.Duration) Options {
	return Options{
		Source: source, Rules: thresholds.Rules(), Interval: interval,
		Find: func(a *thresholds.Assessment, name string) (*thresholds.Member, error) {
			i := slices.IndexFunc(a.Members, func(m thresholds.Member) bool { return m.Label == name })
			if i < 0 {
				return nil, errors.New("there is no such member")
			}
			return &a.Members[i], nil
		},
		Healthy: func(a *thresholds.Assessment) bool { return a.Level < thresholds.Warning },
		Log:     slog.New(slog.NewJSONHandler(log, nil)), HeartbeatInterval: time.Hour, ReportInterval: time.Hour,
		Version: "v1.2.3",
	}
}

// A running agent.
type running struct {
	*Agent
	log     *lines
	handler http.Handler
}

// watch runs an agent that asks some endpoints until the test ends.
func watch(t *testing.T, cluster bool, endpoints ...string) *running {
	t.Helper()
	return watchEvery(t, 300*time.Millisecond, cluster, endpoints...)
}

func watchEvery(t *testing.T, interval time.Duration, cluster bool, endpoints ...string) *running {
	t.Helper()
	prober, err := probe.New(probe.Config{Endpoints: endpoints, Cluster: cluster, Interval: interval})
	if err != nil {
		t.Fatal(err)
	}
	log := new(lines)
	o := testOptions(prober, log, interval)
	o.SetInterval = prober.SetInterval
	r := &running{Agent: New(o), log: log}
	r.handler = r.Handler()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		prober.Close()
	})
	return r
}

// get returns the answer at a path.
func (r *running) get(path string) (code int, body string) {
	w := httptest.NewRecorder()
	r.handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w.Code, w.Body.String()
}

// await waits until the answer at a path has a code.
func (r *running) await(t *testing.T, path string, want int) string {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		code, body := r.get(path)
		if code == want {
			return body
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s: %d %s, want %d", path, code, body, want)
		}
	}
}

// TestAgentOfEachNode: the agent of a killed member, and each one without a quorum, says that its member is not fit;
// those of the others go on; all recover by themselves. Each finding is logged once when it fires and once when it is
// over.
func TestAgentOfEachNode(t *testing.T) {
	t.Parallel()
	c := etcdtest.New(t, etcdtest.Config{Size: 3})
	var agents []*running
	for _, endpoint := range c.Endpoints() {
		agents = append(agents, watch(t, false, endpoint))
	}
	members := c.Members()
	for _, a := range agents {
		a.await(t, "/fit", http.StatusOK)
		a.await(t, "/health", http.StatusOK)
	}
	kill := func(m *etcdtest.Member) {
		if err := m.Kill(); err != nil {
			t.Fatal(err)
		}
	}
	kill(members[2])
	agents[2].await(t, "/fit", http.StatusServiceUnavailable)
	agents[2].await(t, "/health", http.StatusServiceUnavailable)
	for _, a := range agents[:2] {
		a.await(t, "/fit", http.StatusOK) // after an election, if that was the leader
	}
	kill(members[1])
	for _, a := range agents {
		body := a.await(t, "/fit", http.StatusServiceUnavailable)
		if strings.Count(body, "\n") != 1 {
			t.Errorf("no line with the reason: %q", body)
		}
	}
	for _, m := range members[1:] {
		if err := m.Restart(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for i, a := range agents {
		a.await(t, "/fit", http.StatusOK)
		a.await(t, "/livez", http.StatusOK)
		down := map[string]string{"msg": "finding fires", "rule": string(thresholds.MemberUnreachable)}
		over := map[string]string{"msg": "finding resolves", "rule": string(thresholds.MemberUnreachable)}
		want := min(i, 1)
		if fired, resolved := a.log.count(t, down), a.log.count(t, over); fired != want || resolved != want {
			t.Errorf("%s: fired %d times, resolved %d times, want %d", members[i].Name, fired, resolved, want)
		}
	}
}

// TestAgentOfACluster: an agent that asks all members answers for each.
func TestAgentOfACluster(t *testing.T) {
	t.Parallel()
	c := etcdtest.New(t, etcdtest.Config{Size: 3})
	members := c.Members()
	a := watch(t, true, members[0].ClientURL)
	path := "/can-lose/" + members[1].Name
	a.await(t, path, http.StatusOK)
	a.await(t, "/can-lose/nobody", http.StatusNotFound)
	if code, body := a.get("/fit"); code != http.StatusServiceUnavailable {
		t.Errorf("fit although nobody says who: %d %s", code, body)
	}
	if n := a.log.count(t, map[string]string{"level": "WARN",
		"msg": "which member is this node's is not known: /fit answers 503"}); n != 1 {
		t.Errorf("the log says %d times that nobody says who", n)
	}
	if problems, err := testutil.CollectAndLint(a); err != nil || len(problems) > 0 {
		t.Errorf("promlint: %v %v", problems, err)
	}
	down := fmt.Sprintf("etcdoc_member_up{member=%q} 0", members[2].Name)
	finding := fmt.Sprintf("etcdoc_finding{level=\"warning\",member=%q,rule=\"member-unreachable\"} 1", members[2].Name)
	if _, body := a.get("/metrics"); strings.Contains(body, down) || strings.Contains(body, finding) {
		t.Errorf("%s is down:\n%s", members[2].Name, body)
	}
	if err := members[2].Kill(); err != nil {
		t.Fatal(err)
	}
	if body := a.await(t, path, http.StatusServiceUnavailable); !strings.HasPrefix(body, "NO: ") {
		t.Errorf("want NO: %s", body)
	}
	has := func(text string, want bool) string {
		t.Helper()
		for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
			_, body := a.get("/metrics")
			fresh := strings.Contains(body, "etcdoc_quorum_tolerance ")
			if fresh && strings.Contains(body, text) == want {
				return body
			}
			if time.Now().After(deadline) {
				t.Fatalf("%q there: %t\n%s", text, !want, body)
			}
		}
	}
	has(down, true)
	checkDocumented(t, has(finding, true)) // every metric is there then
	has("etcdoc_alerts_total{rule=\"member-unreachable\"} 1", true)
	has("etcdoc_alerts_total{rule=\"quorum-lost\"} 0", true)
	if err := members[2].Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	has(finding, false)
	a.await(t, path, http.StatusOK)
	schematest.Check(t, []byte(a.await(t, "/health", http.StatusOK)))
	if page := a.await(t, "/", http.StatusOK); !strings.Contains(page, members[1].Name) {
		t.Errorf("the page does not name %s:\n%s", members[1].Name, page)
	}
}

// checkDocumented: the page about the agent names every metric of an exposition but the vitals, and no other.
func checkDocumented(t *testing.T, body string) {
	t.Helper()
	page, err := os.ReadFile("../../../assets/docs/agent.md")
	if err != nil {
		t.Fatal(err)
	}
	name := regexp.MustCompile(`(?m)^# TYPE (etcdoc_\w+)`)
	row := regexp.MustCompile("(?m)^\\| `(etcdoc_\\w+)`")
	named := func(pattern *regexp.Regexp, in string) (names []string) {
		for _, found := range pattern.FindAllStringSubmatch(in, -1) {
			vital, is := strings.CutPrefix(found[1], "etcdoc_member_")
			ofAPIServer := strings.HasPrefix(found[1], "etcdoc_apiserver_") // which TestAPIServerMetrics holds
			if !ofAPIServer && (!is || vital == "up") {
				names = append(names, found[1])
			}
		}
		slices.Sort(names)
		return names
	}
	if there, written := named(name, body), named(row, string(page)); !slices.Equal(there, written) {
		t.Errorf("agent.md names %q, and there are %q", written, there)
	}
}

// stalling returns one sweep of a member, and then nothing.
type stalling struct {
	sweep probe.Sweep
	begun bool
}

func (s *stalling) Next(ctx context.Context) (probe.Sweep, error) {
	if !s.begun {
		s.begun = true
		return s.sweep, nil
	}
	<-ctx.Done()
	return probe.Sweep{}, ctx.Err()
}

// TestStaleIsNeverFine: once sweeps stop, nothing is healthy, fit or safe, and the agent is not live.
func TestStaleIsNeverFine(t *testing.T) {
	t.Parallel()
	now := time.Now()
	source := &stalling{sweep: probe.Sweep{At: now, Interval: 10 * time.Millisecond, Members: []probe.Member{
		{ID: 1, Name: "etcd-1", Status: probe.Fact[probe.Status]{At: now}},
	}}}
	log := new(lines)
	o := testOptions(source, log, 10*time.Millisecond)
	o.Healthy = func(*thresholds.Assessment) bool { return true }
	r := &running{Agent: New(o), log: log}
	r.handler = r.Handler()
	for _, path := range []string{"/fit", "/health", "/readyz", "/can-lose/etcd-1"} {
		if code, body := r.get(path); code != http.StatusServiceUnavailable {
			t.Errorf("before the first sweep, %s: %d %s", path, code, body)
		}
	}
	go func() { _ = r.Run(t.Context()) }()
	for _, path := range []string{"/livez", "/fit", "/health", "/can-lose/etcd-1"} {
		r.await(t, path, http.StatusServiceUnavailable)
	}
	_, body := r.get("/metrics")
	for _, want := range []string{"etcdoc_healthy 0", "etcdoc_fit 0", "etcdoc_level 2", "etcdoc_sweeps_total 1"} {
		if !strings.Contains(body, want+"\n") {
			t.Errorf("no %q in\n%s", want, body)
		}
	}
	if strings.Contains(body, "etcdoc_member_up") {
		t.Errorf("old values in\n%s", body)
	}
}
