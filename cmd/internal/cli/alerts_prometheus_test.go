package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/assets"
	"github.com/etcdoc/etcdoc/probe/etcdtest"
)

// TestRealAlerts: three agents of three real members, a real Prometheus with the shipped rules and a real Alertmanager:
// the alert about a member that is killed is sent, once for all agents, and resolved when the member is back.
func TestRealAlerts(t *testing.T) {
	t.Parallel()
	prometheus, alertmanager := program(t, "prometheus"), program(t, "prometheus-alertmanager")
	c := etcdtest.New(t, etcdtest.Config{Size: 3})
	received := &notifications{}
	receiver := httptest.NewServer(received)
	t.Cleanup(receiver.Close)
	var agents []string
	for _, endpoint := range c.Endpoints() {
		agents = append(agents, serveAgent(t, endpoint))
	}
	dir := t.TempDir()
	config := func(name, text string) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	manager, server := freeAddress(t), freeAddress(t)
	start(t, alertmanager, "--config.file="+config("alertmanager.yml", fmt.Sprintf(`
route: {receiver: test, group_by: [alertname, member], group_wait: 0s, group_interval: 1s, repeat_interval: 1h}
receivers: [{name: test, webhook_configs: [{url: %q, send_resolved: true}]}]
`, receiver.URL)), "--storage.path="+filepath.Join(dir, "alertmanager"), "--web.listen-address="+manager,
		"--cluster.listen-address=")
	rules, _ := assets.Read("prometheus/alerts.yaml")
	config("alerts.yaml", rules)
	start(t, prometheus, "--config.file="+config("prometheus.yml", fmt.Sprintf(`
global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: [alerts.yaml]
alerting: {alertmanagers: [{static_configs: [{targets: [%q]}]}]}
scrape_configs: [{job_name: etcdoc, static_configs: [{targets: ["%s"]}]}]
`, manager, strings.Join(agents, `","`))), "--storage.tsdb.path="+filepath.Join(dir, "prometheus"),
		"--web.listen-address="+server)

	awaitOK(t, "http://"+manager+"/-/ready")
	awaitOK(t, "http://"+server+"/-/ready")
	for _, agent := range agents {
		awaitOK(t, "http://"+agent+"/fit")
	}
	victim := c.Members()[2]
	if err := victim.Kill(); err != nil {
		t.Fatal(err)
	}
	want := "EtcdMemberUnreachable of " + victim.Name
	received.await(t, want, "firing")
	promtool(t, bytes.NewReader(get(t, "http://"+agents[0]+"/metrics")), "check", "metrics")
	if err := victim.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	received.await(t, want, "resolved")
}

// serveAgent runs an agent that knows one member, and returns its address.
func serveAgent(t *testing.T, endpoint string) string {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	read, log := io.Pipe()
	ended := make(chan int, 1)
	go func() {
		code := Run(ctx, []string{"serve", "--cluster", "--interval", "1s", "--endpoints", endpoint, "--listen", "127.0.0.1:0",
			"--log-format", "json", "--kubernetes", "off"}, strings.NewReader(""), io.Discard, log)
		_ = log.Close()
		ended <- code
	}()
	t.Cleanup(func() {
		cancel()
		if code := <-ended; code != ExitHealthy {
			t.Errorf("the agent of %s ends with %d", endpoint, code)
		}
	})
	lines := json.NewDecoder(read)
	var record struct{ Msg, Address string }
	for record.Msg != "serving" {
		if err := lines.Decode(&record); err != nil {
			t.Fatal(err)
		}
	}
	go func() { _, _ = io.Copy(io.Discard, read) }()
	return record.Address
}

// start runs a program until the test ends.
func start(t *testing.T, path string, args ...string) {
	t.Helper()
	var output bytes.Buffer
	cmd := exec.Command(path, args...)
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		if err := cmd.Wait(); err != nil || t.Failed() {
			t.Logf("%s: %v\n%s", path, err, output.Bytes())
		}
	})
}

// freeAddress is one that nobody listens at.
func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

func get(t *testing.T, url string) []byte {
	t.Helper()
	answer, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// awaitOK waits until somebody answers 200.
func awaitOK(t *testing.T, url string) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		answer, err := http.Get(url)
		if err == nil {
			answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				return
			}
			err = errors.New(answer.Status)
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s: %v", url, err)
		}
	}
}

// notifications are what an Alertmanager has sent, in its order.
type notifications struct {
	mu  sync.Mutex
	all []string
}

func (n *notifications) ServeHTTP(_ http.ResponseWriter, q *http.Request) {
	var sent struct {
		Alerts []struct {
			Status string
			Labels map[string]string
		}
	}
	err := json.NewDecoder(q.Body).Decode(&sent)
	n.mu.Lock()
	defer n.mu.Unlock()
	if err != nil {
		n.all = append(n.all, err.Error())
	}
	for _, a := range sent.Alerts {
		n.all = append(n.all, fmt.Sprintf("%s of %s %s", a.Labels["alertname"], a.Labels["member"], a.Status))
	}
}

// await waits until an alert is sent with a status.
func (n *notifications) await(t *testing.T, alert, status string) {
	t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(50 * time.Millisecond) {
		n.mu.Lock()
		all := strings.Join(n.all, "\n")
		n.mu.Unlock()
		count := strings.Count(all, alert+" "+status)
		if count > 1 {
			t.Errorf("%s is %s %d times:\n%s", alert, status, count, all)
		}
		if count > 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s is not %s:\n%s", alert, status, all)
		}
	}
}
