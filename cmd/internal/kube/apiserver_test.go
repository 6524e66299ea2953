package kube

import (
	"bytes"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const (
	testNamespace = "kube-system"
	testToken     = "secret-1"
)

// An apiServer keeps Leases and Events as an API server does: it reads them strictly into the API's own types, and
// refuses an update of what has changed since.
type apiServer struct {
	t *testing.T
	*httptest.Server
	mu      sync.Mutex
	token   string
	version int
	objects map[string]metav1.Object
	// refuses answers 403 to what is about a kind, and calls counts the requests by method.
	refuses string
	calls   map[string]int
}

func newAPIServer(t *testing.T) *apiServer {
	t.Helper()
	s := &apiServer{t: t, token: testToken, objects: map[string]metav1.Object{}, calls: map[string]int{}}
	s.Server = httptest.NewTLSServer(s)
	t.Cleanup(s.Close)
	return s
}

// client returns the client of a pod whose service account is in a folder.
func (s *apiServer) client(t *testing.T, dir string) *Client {
	t.Helper()
	authority := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
	for name, text := range map[string]string{
		"namespace": testNamespace, "token": testToken + "\n", "ca.crt": string(authority),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	u, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	c, err := InCluster(func(name string) string {
		return map[string]string{"KUBERNETES_SERVICE_HOST": u.Hostname(), "KUBERNETES_SERVICE_PORT": u.Port()}[name]
	}, dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// failure ends a request with a status.
type failure struct {
	code    int32
	message string
}

func (s *apiServer) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls[q.Method]++
	w.Header().Set("Content-Type", "application/json")
	defer func() {
		if failed := recover(); failed != nil {
			f, is := failed.(failure)
			if !is {
				panic(failed)
			}
			w.WriteHeader(int(f.code))
			_ = json.NewEncoder(w).Encode(metav1.Status{Code: f.code, Message: f.message})
		}
	}()
	_ = json.NewEncoder(w).Encode(s.answer(q))
}

func (s *apiServer) answer(q *http.Request) metav1.Object {
	if q.Header.Get("Authorization") != "Bearer "+s.token {
		panic(failure{401, "Unauthorized"})
	}
	parts := strings.Split(q.URL.Path, "/")
	at := slices.Index(parts, "namespaces")
	if at < 0 || parts[at+1] != testNamespace {
		panic(failure{404, "no such namespace"})
	}
	group, kind, name := strings.Join(parts[1:at], "/"), parts[at+2], strings.Join(parts[at+3:], "/")
	if kind == s.refuses {
		panic(failure{403, kind + " is forbidden"})
	}
	in := s.read(q, group, kind)
	if q.Method == http.MethodPost {
		name = in.GetName()
	}
	kept := s.objects[kind+"/"+name]
	switch q.Method {
	case http.MethodPost:
		if kept != nil {
			panic(failure{409, name + " already exists"})
		}
	case http.MethodPut:
		if kept == nil || kept.GetResourceVersion() != in.GetResourceVersion() {
			panic(failure{409, "the object has been modified"})
		}
	default:
		if kept == nil {
			panic(failure{404, name + " not found"})
		}
		if q.Method == http.MethodGet {
			return kept
		}
		text, err := io.ReadAll(q.Body)
		if err == nil {
			err = json.Unmarshal(text, kept) // what a merge patch does to these fields
		}
		if err != nil || q.Header.Get("Content-Type") != "application/merge-patch+json" {
			panic(failure{400, fmt.Sprint("no patch: ", err)})
		}
		in = kept
	}
	s.version++
	in.SetResourceVersion(strconv.Itoa(s.version))
	s.objects[kind+"/"+name] = in
	return in
}

// read reads a whole object.
func (s *apiServer) read(q *http.Request, group, kind string) metav1.Object {
	var in metav1.Object
	switch {
	case group == "apis/coordination.k8s.io/v1" && kind == "leases":
		in = new(coordinationv1.Lease)
	case group == "api/v1" && kind == "events":
		in = new(corev1.Event)
	default:
		panic(failure{404, "no such kind: " + group + " " + kind})
	}
	if q.Method != http.MethodPost && q.Method != http.MethodPut {
		return in
	}
	if err := strictly(q.Body, in); err != nil {
		s.t.Errorf("%s %s: %v", q.Method, q.URL.Path, err)
		panic(failure{400, err.Error()})
	}
	return in
}

// strictly reads JSON without a field that into lacks.
func strictly(text io.Reader, into any) error {
	decoder := json.NewDecoder(text)
	decoder.DisallowUnknownFields()
	return decoder.Decode(into)
}

// events are those that are kept, by their reason.
func (s *apiServer) events() map[string]corev1.Event {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := map[string]corev1.Event{}
	for _, key := range slices.Sorted(maps.Keys(s.objects)) {
		if e, is := s.objects[key].(*corev1.Event); is {
			all[e.Reason] = *e
		}
	}
	return all
}

// logTo returns a log, and what has been written to it.
func logTo(t *testing.T) (*slog.Logger, func() string) {
	t.Helper()
	var mu sync.Mutex
	var text bytes.Buffer
	write := writerFunc(func(p []byte) (int, error) {
		mu.Lock()
		defer mu.Unlock()
		return text.Write(p)
	})
	return slog.New(slog.NewTextHandler(write, nil)), func() string {
		mu.Lock()
		defer mu.Unlock()
		return text.String()
	}
}

type writerFunc func(p []byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }
