package kube

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	clientauthentication "k8s.io/client-go/pkg/apis/clientauthentication/v1"
)

// logsIn is a user whom this test's program logs in as a plug-in, which notes in a file what it is told.
func logsIn(t *testing.T, answer string) (user values, told string) {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	told = filepath.Join(t.TempDir(), "told")
	return values{"exec": values{"command": program, "args": []string{told}, "apiVersion": pluginV1,
		"env": []values{{"name": "ANSWER", "value": answer}}, "provideClusterInfo": true}}, told
}

func execCredential(status string) string {
	return fmt.Sprintf(`{"kind": "ExecCredential", "apiVersion": %q, "status": {%s}}`, pluginV1, status)
}

// runs are what a plug-in was told in each of its runs.
func runs(t *testing.T, told string) []string {
	t.Helper()
	text, err := os.ReadFile(told)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSpace(string(text)), "\n")
}

// TestPlugin runs once for all who ask, and anew when its token has expired or is refused.
func TestPlugin(t *testing.T) {
	t.Parallel()
	s := watch(t)
	cluster := s.cluster()
	cluster["extensions"] = []values{{"name": "other", "extension": 1},
		{"name": "client.authentication.k8s.io/exec", "extension": values{"audience": "x"}}}
	user, told := logsIn(t, execCredential(`"token": "t-%d"`))
	c, _, err := Access{Kubeconfig: kubeconfig(t, cluster, user)}.load()
	if err != nil {
		t.Fatal(err)
	}
	get := func() error { return c.do(t.Context(), http.MethodGet, "", core+"/nodes", nil, nil) }
	var all sync.WaitGroup
	for range 5 {
		all.Go(func() {
			if err := get(); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if ran := runs(t, told); len(ran) != 1 || s.header.Get("Authorization") != "Bearer t-1" {
		t.Errorf("%d runs, and it sends %q", len(ran), s.header.Get("Authorization"))
	}
	var request clientauthentication.ExecCredential
	if err := strictly(strings.NewReader(runs(t, told)[0]), &request); err != nil {
		t.Fatal(err)
	}
	if at := request.Spec.Cluster; at == nil || at.Server != s.URL ||
		string(at.CertificateAuthorityData) != string(s.authority) ||
		string(at.Config.Raw) != `{"audience":"x"}` || request.Spec.Interactive || request.APIVersion != pluginV1 {
		t.Errorf("it is told %s", runs(t, told)[0])
	}

	s.mu.Lock()
	s.refuses = "t-1"
	s.mu.Unlock()
	if err := get(); !isStatus(err, http.StatusUnauthorized) {
		t.Errorf("refused: %v", err)
	}
	if err := get(); err != nil || s.header.Get("Authorization") != "Bearer t-2" {
		t.Errorf("after that: %v, and it sends %q", err, s.header.Get("Authorization"))
	}
	p := c.rights.plugin
	p.kept.expires = time.Now()
	if err := get(); err != nil || s.header.Get("Authorization") != "Bearer t-3" {
		t.Errorf("expired: %v, and it sends %q", err, s.header.Get("Authorization"))
	}
}

// TestPluginsClientPair: a plug-in may return a client pair, and a time when it expires.
func TestPluginsClientPair(t *testing.T) {
	t.Parallel()
	s := watch(t)
	cert, _ := json.Marshal(string(s.cert))
	key, _ := json.Marshal(string(s.key))
	user, told := logsIn(t, execCredential(fmt.Sprintf(
		`"clientCertificateData": %s, "clientKeyData": %s, "expirationTimestamp": "2020-01-01T00:00:00Z"`, cert, key)))
	file := kubeconfig(t, s.cluster(), user)
	for range 2 {
		if err := ask(t, file); err != nil {
			t.Fatal(err)
		}
		if len(s.tls.PeerCertificates) == 0 || s.header.Get("Authorization") != "" {
			t.Errorf("it shows %d certificates and sends %q", len(s.tls.PeerCertificates), s.header.Get("Authorization"))
		}
	}
	if ran := runs(t, told); len(ran) < 2 {
		t.Error("it does not run again although what it returned has expired")
	}
}

// TestPluginErrors say which plug-in it is, and what to do.
func TestPluginErrors(t *testing.T) {
	t.Parallel()
	s := watch(t)
	for answer, want := range map[string]string{
		complain:           "fails, so log in with kubectl first: exit status 3: your session has expired",
		"no JSON":          "invalid character",
		`{"kind": "Pod"}`:  "it is Pod of , and the kubeconfig says ExecCredential of " + pluginV1,
		execCredential(""): "neither a token nor a client pair",
		`{"kind": "ExecCredential", "apiVersion": "` + pluginV1 + `"}`: "it has no status",
		execCredential(`"clientKeyData": "x"`):                         "clientCertificateData, clientKeyData: tls: ",
	} {
		t.Run(answer, func(t *testing.T) {
			t.Parallel()
			user, _ := logsIn(t, answer)
			err := ask(t, kubeconfig(t, s.cluster(), user))
			for _, want := range []string{want, user["exec"].(values)["command"].(string)} {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("%v, want %q", err, want)
				}
			}
		})
	}
	for hint, want := range map[string]string{"": "see whether PATH has it", "get it\n at  acme.com": "get it at acme.com"} {
		for _, command := range []string{"etcdoc-no-such-plug-in", "./etcdoc-no-such-plug-in"} {
			err := ask(t, kubeconfig(t, s.cluster(), values{"exec": values{
				"command": command, "apiVersion": pluginV1beta1, "installHint": hint}}))
			if err == nil || !strings.Contains(err.Error(), "etcdoc-no-such-plug-in of the kubeconfig is not there: ") ||
				!strings.HasSuffix(err.Error(), want) {
				t.Errorf("%v, want %q", err, want)
			}
		}
	}
}

// TestHungPlugin: nobody waits longer for a plug-in than for the API server.
func TestHungPlugin(t *testing.T) {
	t.Parallel()
	user, told := logsIn(t, hang)
	c, _, err := Access{Kubeconfig: kubeconfig(t, watch(t).cluster(), user)}.load()
	if err != nil {
		t.Fatal(err)
	}
	p := c.rights.plugin
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() {
		_, err := p.credential(ctx)
		ended <- err
	}()
	await(t, "that it runs", func() bool { _, err := os.Stat(told); return err == nil })
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "waiting for the plug-in "+p.command) {
		t.Errorf("%v", err)
	}
	p.mu.Lock()
	run := p.running
	p.mu.Unlock()
	if err := os.Remove(told); err != nil { // which ends it
		t.Fatal(err)
	}
	<-run.done
}
