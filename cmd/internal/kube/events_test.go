package kube

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// recording runs a recorder of a pod until the test ends.
func recording(t *testing.T, c *Client, pod string) (*Recorder, func() string) {
	t.Helper()
	log, text := logTo(t)
	r := NewRecorder(c, Pod{pod, "uid-of-" + pod}, log)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return r, text
}

// await waits until a condition holds.
func await(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waiting for %s", what)
		}
	}
}

func down(at time.Time) Event {
	return Event{"member-unreachable 1", "EtcdMemberUnreachable", "critical: etcd-1 is down", true, at}
}

// TestEvents: what several agents see is one Event, which counts what comes again later.
func TestEvents(t *testing.T) {
	t.Parallel()
	s := newAPIServer(t)
	c := s.client(t, t.TempDir())
	a, _ := recording(t, c, "etcdoc-a")
	b, _ := recording(t, c, "etcdoc-b")
	began := time.Now()
	count := func(reason string, want int32) func() bool {
		return func() bool { return s.events()[reason].Count == want }
	}
	a.Record(down(began))
	await(t, "the first", count("EtcdMemberUnreachable", 1))
	e := s.events()["EtcdMemberUnreachable"]
	if e.Type != corev1.EventTypeWarning || e.InvolvedObject.Name != "etcdoc-a" || e.InvolvedObject.Kind != "Pod" ||
		e.InvolvedObject.UID != "uid-of-etcdoc-a" || e.InvolvedObject.Namespace != e.Namespace ||
		e.Message != "critical: etcd-1 is down" || e.Source.Component != "etcdoc" ||
		e.LastTimestamp.Unix() != began.Unix() || e.FirstTimestamp != e.LastTimestamp {
		t.Errorf("%+v", e)
	}
	b.Record(down(began.Add(2 * time.Second)))
	b.Record(Event{"member-unreachable 1", "EtcdMemberUnreachableResolved", "resolved", false, began})
	await(t, "the second", count("EtcdMemberUnreachableResolved", 1))
	if all := s.events(); len(all) != 2 || all["EtcdMemberUnreachable"].Count != 1 ||
		all["EtcdMemberUnreachableResolved"].Type != corev1.EventTypeNormal {
		t.Errorf("%+v", all)
	}
	b.Record(down(began.Add(time.Hour)))
	await(t, "that it comes again", count("EtcdMemberUnreachable", 2))
	if e := s.events()["EtcdMemberUnreachable"]; e.LastTimestamp.Unix() != began.Add(time.Hour).Unix() ||
		e.FirstTimestamp.Unix() != began.Unix() {
		t.Errorf("%+v", e)
	}
}

// TestEventsAreLimited: of a flood, a burst is sent, and the log has the rest. A long text is cut.
func TestEventsAreLimited(t *testing.T) {
	t.Parallel()
	s := newAPIServer(t)
	r, log := recording(t, s.client(t, t.TempDir()), "etcdoc-a")
	const flood = burst + 10
	for i := range flood {
		r.Record(Event{"rule", strings.Repeat("E", i+1), strings.Repeat("…", maxMessage), true, time.Now()})
	}
	await(t, "the rest", func() bool { return strings.Count(log(), "is lost") == flood-burst })
	all := s.events()
	if len(all) != burst || len(all["E"].Message) > maxMessage || len(all["E"].Message) < maxMessage-3 {
		t.Errorf("%d events, a message of %d bytes", len(all), len(all["E"].Message))
	}
}

// TestEventsForbidden: the log says so once, and the agent goes on.
func TestEventsForbidden(t *testing.T) {
	t.Parallel()
	s := newAPIServer(t)
	s.refuses = "events"
	r, log := recording(t, s.client(t, t.TempDir()), "etcdoc-a")
	for range 3 {
		r.Record(down(time.Now()))
	}
	await(t, "three refusals", func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.calls["POST"] == 3
	})
	if got := strings.Count(log(), "events is forbidden"); got != 1 {
		t.Errorf("said %d times:\n%s", got, log())
	}
}

// TestLeaseWithTheAPIServer: the election works with an API server's own types, errors and renewed tokens.
func TestLeaseWithTheAPIServer(t *testing.T) {
	t.Parallel()
	s := newAPIServer(t)
	dir := t.TempDir()
	c := s.client(t, dir)
	log, _ := logTo(t)
	a, b := NewElection(c, "etcdoc", "a", log), NewElection(c, "etcdoc", "b", log)
	a.attempt(t.Context())
	b.attempt(t.Context())
	if a.Role() != Leading || b.Role() != Following {
		t.Errorf("a is %s, b %s", a.Role(), b.Role())
	}
	s.mu.Lock()
	s.token = "secret-2"
	s.mu.Unlock()
	a.attempt(t.Context())
	if !isStatus(a.err, 401) || a.Role() != Leading {
		t.Errorf("with an old token: %v, %s", a.err, a.Role())
	}
	if err := os.WriteFile(filepath.Join(dir, "token"), []byte("secret-2"), 0o600); err != nil {
		t.Fatal(err)
	}
	a.attempt(t.Context())
	a.release(t.Context())
	b.attempt(t.Context())
	if a.err != nil || b.Role() != Leading {
		t.Errorf("after it is given up: %v, b is %s", a.err, b.Role())
	}
}

// TestInCluster: outside a pod there is no client, and within one a broken service account is an error that names the
// file.
func TestInCluster(t *testing.T) {
	t.Parallel()
	nowhere := func(string) string { return "" }
	inPod := func(string) string { return "1" }
	dir := t.TempDir()
	if _, err := InCluster(nowhere, dir); !errors.Is(err, ErrOutside) {
		t.Error(err)
	}
	if _, err := InCluster(inPod, dir); !errors.Is(err, ErrOutside) {
		t.Error(err)
	}
	for _, file := range []string{"namespace", "ca.crt"} {
		if err := os.WriteFile(filepath.Join(dir, file), []byte("none"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := InCluster(inPod, dir); err == nil || errors.Is(err, ErrOutside) ||
			!strings.Contains(err.Error(), "ca.crt") {
			t.Errorf("with %s: %v", file, err)
		}
	}
}
