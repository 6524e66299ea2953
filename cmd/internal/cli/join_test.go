package cli

import (
	"bytes"
	"context"
	"encoding/pem"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/etcdoc/etcdoc/cmd/internal/agent"
	"github.com/etcdoc/etcdoc/probe"
)

// TestServeJoinsOthers: the agent shares what it says with others where it is in a pod that says its name; else the log
// says once why not, and it says all itself.
func TestServeJoinsOthers(t *testing.T) {
	t.Parallel()
	server := httptest.NewTLSServer(nil)
	defer server.Close()
	u, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, text := range map[string][]byte{
		"namespace": []byte("kube-system"), "token": []byte("secret"),
		"ca.crt": pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	pod := map[string]string{
		"KUBERNETES_SERVICE_HOST": u.Hostname(), "KUBERNETES_SERVICE_PORT": u.Port(), "POD_NAME": "etcdoc-a",
	}
	without := map[string]string{"KUBERNETES_SERVICE_HOST": u.Hostname(), "KUBERNETES_SERVICE_PORT": u.Port()}
	for name, test := range map[string]struct {
		kubernetes, serviceAccount string
		variables                  map[string]string
		joins                      bool
		log                        string
	}{
		"off":                       {kubernetesOff, dir, pod, false, ""},
		"no pod":                    {kubernetesAuto, dir, nil, false, "outside Kubernetes"},
		"no service account":        {kubernetesAuto, t.TempDir(), pod, false, "outside Kubernetes"},
		"a pod that lacks its name": {kubernetesAuto, dir, without, false, "POD_NAME"},
		"a pod":                     {kubernetesAuto, dir, pod, true, ""},
	} {
		var text bytes.Buffer
		options := agent.Options{Log: newLog(&text, logText)}
		serve := serveFlags{kubernetes: test.kubernetes}
		config := new(probe.Config)
		getenv := func(name string) string { return test.variables[name] }
		auto := &apiServerFlags{urls: []string{apiServerAuto}}
		hasAccount := test.variables != nil && test.serviceAccount == dir
		if reads := auto.nodes(getenv, test.serviceAccount) != nil; reads != hasAccount {
			t.Errorf("%s: a dashboard with --apiserver auto reads nodes: %t", name, reads)
		}
		if (&apiServerFlags{}).nodes(getenv, test.serviceAccount) != nil {
			t.Errorf("%s: a dashboard that nobody told to reads nodes", name)
		}
		run := serve.join(&options, config, getenv, test.serviceAccount)
		if joins := options.Speaks != nil && options.Record != nil && len(run) == 2; joins != test.joins ||
			!joins && (options.Speaks != nil || len(run) > 0) {
			t.Errorf("%s: joins: %t", name, joins)
		}
		if reads := config.Nodes != nil; reads != (test.joins || test.log == "POD_NAME") {
			t.Errorf("%s: it reads nodes: %t", name, reads)
		}
		if lines := strings.Count(text.String(), "\n"); !strings.Contains(text.String(), test.log) ||
			lines != min(len(test.log), 1) {
			t.Errorf("%s: %d lines: %s", name, lines, &text)
		}
		if !test.joins {
			continue
		}
		if options.Speaks() {
			t.Errorf("%s: it speaks before it knows of the others", name)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := together(ctx, run...); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
