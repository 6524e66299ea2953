//go:build unix

package cli

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/spf13/pflag"
	"go.uber.org/goleak"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

// screenText is what a terminal was sent so far, and signals when there is more.
type screenText struct {
	mu   sync.Mutex
	text bytes.Buffer
	news chan struct{}
}

func (s *screenText) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.text.Write(p)
	select {
	case s.news <- struct{}{}:
	default:
	}
	return len(p), nil
}

// sent is what was sent behind the first n bytes, and how many there are now.
func (s *screenText) sent(n int) (text string, now int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()[n:], s.text.Len()
}

// TestSwitchOnATerminal runs the dashboard on two real clusters in turn: each keeps its events and marks, a cluster
// with unreadable certificates leaves the present one, and nothing is left at the end.
func TestSwitchOnATerminal(t *testing.T) {
	file := twoClusters(t, "  broken: {endpoints: [\"https://127.0.0.1:1\"], cacert: /nowhere/ca.crt}\n")
	others := goleak.IgnoreCurrent() // the clusters that tests share
	ptmx, tty, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	if err := pty.Setsize(ptmx, &pty.Winsize{Rows: 40, Cols: 120}); err != nil {
		t.Fatal(err)
	}
	screen, read := &screenText{news: make(chan struct{}, 1)}, make(chan struct{})
	go func() {
		defer close(read)
		_, _ = io.Copy(screen, ptmx) // until it is closed
	}()
	ended := make(chan int, 1)
	go func() { ended <- Run(t.Context(), []string{"--config", file, "--on", "one"}, tty, tty, tty) }()
	seen := 0
	// after presses keys, and waits for texts that come after them.
	after := func(keys string, wants ...string) {
		t.Helper()
		_, seen = screen.sent(0)
		if _, err := ptmx.WriteString(keys); err != nil {
			t.Fatal(err)
		}
		deadline := time.After(patience)
		for _, want := range wants {
			for text, _ := screen.sent(seen); !strings.Contains(text, want); text, _ = screen.sent(seen) {
				select {
				case <-screen.news:
				case <-deadline:
					t.Fatalf("after %q the screen lacks %q: %q", keys, want, text)
				}
			}
		}
	}
	after("", "1/1 healthy")
	after("m", "mark A")
	after("in one\r", "in one")
	for range 3 {
		after("C", "clusters, and how each was")
		after("three\r", "3/3 healthy", "the large one")
		after("Cbroken\r", "did not switch to broken", "/nowhere/ca.crt")
		after("Cone\r", "1/1 healthy", "in one")
	}
	after("q", "etcdoc watched the large one", "etcdoc watched one", "in one")
	select {
	case code := <-ended:
		if code != ExitHealthy {
			t.Errorf("exit code %d", code)
		}
	case <-time.After(patience):
		t.Fatal("the dashboard does not end")
	}
	tty.Close()
	ptmx.Close()
	<-read
	goleak.VerifyNone(t, others)
}

// TestWhatCountsForAnotherCluster: its section and the top of the file, but nothing that the command line or the
// environment say of the first one.
func TestWhatCountsForAnotherCluster(t *testing.T) {
	file := twoClusters(t, "  asks: {endpoints: [\"127.0.0.1:1\"], user: root}\n")
	t.Setenv("ETCDCTL_USER", "stranger:s3cret")
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	var connection connectionFlags
	var settings Settings
	connection.register(flags)
	settings.Register(flags)
	err := flags.Parse([]string{"--config", file, "--endpoints", "127.0.0.1:3", "--cacert", "/nowhere/first.crt",
		"--command-timeout", "3s", "--insecure-skip-tls-verify"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := settings.Load(flags, io.Discard); err != nil {
		t.Fatal(err)
	}
	first := &clusterSetup{settings: &settings, config: probe.Config{Endpoints: connection.endpoints}}
	s := newSwitcher(&settings, flags, first, func() {})
	defer s.Close()
	s.begin(io.Discard, "", nil)
	if want := []string{"127.0.0.1:3", "nobody", "one", "three", "asks"}; !slices.Equal(s.Names(), want) ||
		s.Current() != want[0] {
		t.Errorf("the clusters are %q, the first %q", s.Names(), s.Current())
	}
	target, err := s.Open(t.Context(), "three")
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"--command-timeout=3s", "--config=" + file, "--on=three"}; target.Cluster != "the large one" ||
		target.Unverified || !slices.Equal(target.Reach, want) ||
		!slices.Equal(target.Endpoints, threeVoters.Use(t).Endpoints()[1:2]) {
		t.Errorf("the cluster is %q at %q, reached by %q", target.Cluster, target.Endpoints, target.Reach)
	}
	if c := s.known["three"].setup.config; c.User != "" || c.TLS.CAFile != "" || c.CommandTimeout != 3*time.Second ||
		c.DialTimeout != 200*time.Millisecond {
		t.Errorf("it is reached as %+v", c)
	}
	quota, _ := thresholds.NewRuleSet(target.Rules).Rule(thresholds.DBQuotaNear)
	if !quota.IsOff() {
		t.Error("its limits are not those of its section")
	}
	target.Close()
	target.Close()
	if _, err := s.Open(t.Context(), "asks"); err == nil || !strings.Contains(err.Error(), "has no password") ||
		!strings.Contains(err.Error(), "config.yaml:10") {
		t.Errorf("a user without a password: %v", err)
	}
}
