package cli

import (
	"bytes"
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe/etcdtest"
)

// hangGuard bounds what should end by itself.
const hangGuard = 2 * time.Minute

// heard is a stream that signals when a word has been written to it.
type heard struct {
	mu   sync.Mutex
	text bytes.Buffer
	word string
	ch   chan struct{}
}

func listenFor(word string) *heard { return &heard{word: word, ch: make(chan struct{})} }

func (h *heard) Write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	before := strings.Contains(h.text.String(), h.word)
	n, err := h.text.Write(p)
	if !before && strings.Contains(h.text.String(), h.word) {
		close(h.ch)
	}
	return n, err
}

func (h *heard) String() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.text.String()
}

// waiting runs a check that waits, until stderr says that it does; end awaits its outcome.
func waiting(ctx context.Context, t *testing.T, args ...string) (end func() (code int, stdout, stderr string)) {
	t.Helper()
	var stdout bytes.Buffer
	stderr, ended := listenFor("waiting"), make(chan int, 1)
	go func() { ended <- Run(ctx, args, strings.NewReader(""), &stdout, stderr) }()
	select {
	case <-stderr.ch:
	case code := <-ended:
		t.Fatalf("it did not wait: exit code %d, %q, %q", code, stderr, stdout.String())
	case <-time.After(hangGuard):
		t.Fatal("the check neither waits nor ends")
	}
	return func() (int, string, string) {
		t.Helper()
		select {
		case code := <-ended:
			return code, stdout.String(), stderr.String()
		case <-time.After(hangGuard):
			t.Fatalf("it goes on waiting: %s", stderr)
		}
		return 0, "", ""
	}
}

// lenient keeps a slow disk of this machine out of tests about members that come and go.
func lenient(t *testing.T) string {
	t.Helper()
	return configFile(t, `
thresholds:
  wal-fsync-slow: off
  backend-commit-slow: off
  slow-applies: off
  slow-read-indexes: off
  heartbeat-failures: off
  linearizable-read-slow: off
  serializable-read-slow: off
  peer-rtt-slow: off
  proposals-pending: off
  apply-lag: off
`)
}

// TestWait checks a member that is down until it is back.
func TestWait(t *testing.T) {
	t.Parallel()
	c := etcdtest.New(t, etcdtest.Config{})
	config := lenient(t)
	if err := c.Members()[2].Kill(); err != nil {
		t.Fatal(err)
	}
	waitForLeader(t, c)

	code, stdout, _ := etcdoc(t, "--once", "--config", config, "--endpoints", endpoints(c), "--wait", "100ms")
	if code != ExitUnhealthy || !strings.Contains(stdout, "member-unreachable") {
		t.Errorf("nobody comes back: exit code %d, %s", code, stdout)
	}
	code, stdout, stderr := etcdoc(t, "--once", "--endpoints", endpoints(c), "--wait", "1h", "--can-lose", "etcd-9")
	if code != ExitNotDone || stdout != "" || !strings.Contains(stderr, "there is no such member; there are etcd-1 (") {
		t.Errorf("a member that does not exist: exit code %d, %q, %q", code, stderr, stdout)
	}

	ctx, interrupt := context.WithCancel(t.Context())
	end := waiting(ctx, t, "--once", "--config", config, "--endpoints", endpoints(c), "--wait", "1h")
	interrupt()
	if code, stdout, stderr := end(); code != ExitNotDone || !strings.Contains(stdout, "member-unreachable") ||
		!strings.Contains(stderr, "interrupted") {
		t.Errorf("interrupted: exit code %d, %q, %q", code, stderr, stdout)
	}

	end = waiting(t.Context(), t, "--once", "--config", config, "--endpoints", endpoints(c), "--wait", "1h")
	endVerdict := waiting(t.Context(), t, "--once", "--config", config, "--endpoints", endpoints(c), "--wait", "1h",
		"--can-lose", "etcd-1", "--accept-risk")
	endPlan := waiting(t.Context(), t, "plan", "restart etcd-1", "--config", config, "--endpoints", endpoints(c),
		"--accept-risk", "--wait", "1h", "--stable", "1s")
	if err := c.Members()[2].Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	if code, stdout, stderr := end(); code != ExitHealthy || strings.Contains(stdout, "DOWN") ||
		!strings.Contains(stderr, "etcd-3") || strings.Contains(stderr, "\x1b") {
		t.Errorf("it is back: exit code %d, %q, %q", code, stderr, stdout)
	}
	if code, stdout, stderr := endVerdict(); code != ExitHealthy || !strings.Contains(stderr, "waiting: NO ") {
		t.Errorf("it is back, and etcd-1 may be lost: exit code %d, %q, %q", code, stderr, stdout)
	}
	if code, stdout, stderr := endPlan(); code != ExitHealthy || !strings.Contains(stdout, "--stable") ||
		!strings.Contains(stderr, "waiting: NO ") {
		t.Errorf("it is back, and etcd-1 may be restarted: exit code %d, %q, %q", code, stderr, stdout)
	}
	for want, wrong := range map[string][]string{
		"there is no such member":         {"restart etcd-9", "--wait", "1h"},
		"goes with a --wait that is long": {"restart etcd-1", "--wait", "1ms", "--stable", "1s"},
	} {
		args := append([]string{"plan", "--endpoints", endpoints(c), "--window", "0"}, wrong...)
		code, stdout, stderr := etcdoc(t, args...)
		if code != ExitNotDone || stdout != "" || !strings.Contains(stderr, want) {
			t.Errorf("%q: exit code %d, %q, %q", args, code, stderr, stdout)
		}
	}
}

// TestCanLose asks for the verdict on members of a real cluster: by name, id and endpoint.
func TestCanLose(t *testing.T) {
	t.Parallel()
	c := etcdtest.New(t, etcdtest.Config{})
	config := lenient(t)
	ask := func(member string, more ...string) (int, string) {
		t.Helper()
		args := []string{"check", "--config", config, "--endpoints", endpoints(c), "--can-lose", member}
		code, stdout, stderr := etcdoc(t, append(args, more...)...)
		return code, stdout + stderr
	}
	for _, member := range []string{"etcd-2", c.Endpoints()[1]} {
		// On a busy machine metrics may be late in one look: nothing is safe by it.
		if code, said := ask(member, "--wait", "1m"); code != ExitHealthy ||
			!strings.HasPrefix(said, "SAFE      etcd-2 may be lost now: leaves 2 healthy voters") {
			t.Errorf("%s of three healthy ones: exit code %d\n%s", member, code, said)
		}
	}
	if err := c.Members()[0].Kill(); err != nil {
		t.Fatal(err)
	}
	waitForLeader(t, c)
	if code, said := ask("etcd-2"); code != ExitUnhealthy ||
		!strings.HasPrefix(said, "NO        etcd-2 must not be lost now: quorum would be lost") {
		t.Errorf("with another one down: exit code %d\n%s", code, said)
	}
	if code, said := ask("etcd-1"); code != ExitHealthy ||
		!strings.HasPrefix(said, "SAFE      etcd-1 may be lost now: it is down already") ||
		!strings.Contains(said, "\nWARNING   etcd-1 is down") {
		t.Errorf("the one that is down: exit code %d\n%s", code, said)
	}
}

// TestWaitForStable ends once the answer has been good for that long, and says so.
func TestWaitForStable(t *testing.T) {
	c := threeVoters.Use(t)
	end := waiting(t.Context(), t, "--once", "--config", lenient(t), "--endpoints", endpoints(c), "--can-lose",
		"etcd-2", "--accept-risk", "--wait", "1h", "--stable", "2s")
	code, stdout, stderr := end()
	if code != ExitHealthy || !strings.Contains(stdout, "--stable") || !strings.Contains(stderr, "of --stable") {
		t.Errorf("exit code %d: %s%s", code, stdout, stderr)
	}
	for _, args := range [][]string{{"--stable", "1m"}, {"--wait", "1m", "--stable", "2m"}, {"--stable", "-1s"}} {
		if code, _, errs := etcdoc(t, append([]string{"check", "--window", "0"}, args...)...); code != ExitNotDone ||
			!strings.Contains(errs, "--stable") {
			t.Errorf("%q: exit code %d: %s", args, code, errs)
		}
	}
}
