package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/etcdoc/etcdoc/cmd/internal/kube"
	"github.com/etcdoc/etcdoc/cmd/internal/kube/kubetest"
	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/probe/etcdtest"
	"github.com/etcdoc/etcdoc/thresholds"
)

// podsOf starts an API server with a pod for each member of a cluster, as kubeadm has them: the metrics are on a port
// of their own. The first one's node is cordoned.
func podsOf(t *testing.T, c *etcdtest.Cluster) *kubetest.Server {
	t.Helper()
	s := new(kubetest.Server)
	for i, m := range c.Members() {
		client, metrics := parse(t, m.ClientURL), parse(t, m.MetricsURL)
		pod := kubetest.Pod{
			Name: "etcd-node-" + m.Name, Node: "node-" + m.Name, IP: fmt.Sprintf("10.0.0.%d", i+1),
			Command: []string{"etcd", "--listen-client-urls=" + client.Scheme + "://127.0.0.1:2379",
				"--listen-metrics-urls=http://127.0.0.1:2381"},
			Ports: map[string]string{"2379": client.Host, "2381": metrics.Host},
		}
		s.Pods = append(s.Pods, pod)
		node := corev1.Node{ObjectMeta: metav1.ObjectMeta{
			Name: pod.Node, Labels: map[string]string{"node-role.kubernetes.io/control-plane": ""}}}
		node.Spec.Unschedulable = i == 0
		node.Status.Conditions = []corev1.NodeCondition{{Type: corev1.NodeReady, Status: corev1.ConditionTrue}}
		node.Status.NodeInfo.KubeletVersion = "v1.33.1"
		s.Nodes = append(s.Nodes, node)
	}
	return s.Start(t)
}

func parse(t *testing.T, raw string) *url.URL {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// TestCheckThroughTheAPIServer: a whole check of a real cluster, with and without the client pair.
func TestCheckThroughTheAPIServer(t *testing.T) {
	t.Parallel()
	c := etcdtest.New(t, etcdtest.Config{TLS: etcdtest.MutualTLS, Metrics: true})
	s := podsOf(t, c)
	reach := []string{"check", "--window", "0", "--kubeconfig", s.Kubeconfig(), "--tls-server-name", "localhost",
		"--dial-timeout", "20s", "--command-timeout", "20s"} // no answer is late here
	pair := []string{"--cacert", c.Certs.CAFile, "--cert", c.Certs.CertFile, "--key", c.Certs.KeyFile}

	code, out, errs := etcdoc(t, append(append([]string{"-o", "json", "--apiserver", "auto"}, reach...), pair...)...)
	if code != ExitHealthy {
		t.Fatalf("exit code %d: %s%s", code, out, errs)
	}
	var document struct {
		Cluster struct{ Voters int }
		Members []struct {
			Name, State     string
			Endpoints       []string
			MetricsEndpoint string `json:"metrics_endpoint"`
			Node            struct {
				Name, Ready string
				Cordoned    bool
			}
		}
		APIServers []struct {
			ReachesEtcd string `json:"reaches_etcd"`
		} `json:"api_servers"`
	}
	if err := json.Unmarshal([]byte(out), &document); err != nil {
		t.Fatal(err)
	}
	if document.Cluster.Voters != 3 || len(document.Members) != 3 {
		t.Errorf("not all members are there: %+v", document)
	}
	if len(document.APIServers) != 1 || document.APIServers[0].ReachesEtcd != "yes" {
		t.Errorf("the API server was not asked with the kubeconfig's rights: %+v", document.APIServers)
	}
	for i, m := range document.Members {
		if m.Node.Name != "node-"+m.Name || m.Node.Ready != "True" || m.Node.Cordoned != (i == 0) {
			t.Errorf("its node is %+v: %+v", m.Node, m)
		}
		if m.State != "ok" || !strings.HasPrefix(m.Endpoints[0], "https://10.0.0.") ||
			!strings.HasPrefix(m.MetricsEndpoint, "http://10.0.0.") {
			t.Errorf("it is reached otherwise: %+v", m)
		}
	}
	if !strings.Contains(errs, "context test: etcd's pods in kube-system, through the API server: etcd-node-") {
		t.Errorf("it does not say what it found: %q", errs)
	}

	code, out, errs = etcdoc(t, reach...)
	if code != ExitNotDone || !strings.Contains(out, "\nnode-etcd-2 ") || !strings.Contains(out+errs, "ssh node-etcd-1 sudo tar -cC /etc/kubernetes/pki/etcd ca.crt") {
		t.Errorf("without a client pair: exit code %d: %s%s", code, out, errs)
	}
}

// TestNoWayIsNoFault: where no forward is allowed, nothing is known of the members; none is down.
func TestNoWayIsNoFault(t *testing.T) {
	t.Parallel()
	c := etcdtest.New(t, etcdtest.Config{Size: 1, Metrics: true})
	s := podsOf(t, c)
	s.Refuse("portforward", 403, "no rights here")
	code, out, errs := etcdoc(t, "check", "--window", "0", "--kubeconfig", s.Kubeconfig())
	if code != ExitNotDone || strings.Contains(out, "is down") || !strings.Contains(out, "create pods/portforward") {
		t.Errorf("exit code %d: %s%s", code, out, errs)
	}
	s.Refuse("pods", 403, "no rights here")
	code, out, errs = etcdoc(t, "check", "--kube", "--kubeconfig", s.Kubeconfig())
	if code != ExitNotDone || out != "" || !strings.Contains(errs, "kubectl auth can-i list pods -n kube-system") {
		t.Errorf("no pods may be listed: exit code %d: %s%s", code, out, errs)
	}
}

// TestKubeFlags: what does not go together, or is not there.
func TestKubeFlags(t *testing.T) {
	t.Parallel()
	s := new(kubetest.Server).Start(t)
	file := s.Kubeconfig()
	for name, test := range map[string]struct {
		args []string
		want string
	}{
		"endpoints too":       {[]string{"--kube", "--kubeconfig", file, "--endpoints", "x:1"}, "--endpoints does not go with --kube"},
		"a host's files too":  {[]string{"--context", "test", "--profile", "kubeadm"}, "--profile does not go with --kube"},
		"no such file":        {[]string{"--kubeconfig", file + "x"}, "--kubeconfig " + file + "x: reading the kubeconfig: "},
		"no such context":     {[]string{"--kubeconfig", file, "--context", "prod"}, `--context prod: reading the kubeconfig: context "prod"`},
		"no pods":             {[]string{"--kubeconfig", file}, "there is no pod of etcd"},
		"no pods for a plan":  {[]string{"plan", "restart a", "--kubeconfig", file}, "there is no pod of etcd"},
		"off, and one's file": {[]string{"--kube=false", "--kubeconfig", file, "--endpoints", "x:y"}, `endpoint "x:y"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			args := test.args
			if args[0] != "plan" {
				args = append([]string{"check"}, args...)
			}
			code, _, errs := etcdoc(t, args...)
			if code != ExitNotDone || !strings.Contains(errs, test.want) {
				t.Errorf("exit code %d: %q, want %q", code, errs, test.want)
			}
		})
	}
}

// follow sweeps until an assessment is done.
func follow(t *testing.T, p *probe.Prober, e *thresholds.Evaluator, done func(*thresholds.Assessment) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		sweep, err := p.Next(ctx)
		if err != nil {
			t.Fatal(err)
		}
		a := e.Observe(sweep)
		for _, m := range a.Members {
			if m.State == thresholds.StateDown {
				t.Errorf("%s is down: %s: %v", m.Label, a.Reading.Text, m.Errors)
			}
		}
		if done(&a) {
			return
		}
	}
}

// TestTheWayComesBack: while the API server is gone, or does not reach a node, members are out of reach, and never
// down. They are back without anybody's doing.
func TestTheWayComesBack(t *testing.T) {
	t.Parallel()
	c := etcdtest.New(t, etcdtest.Config{Metrics: true})
	s := podsOf(t, c)
	way, err := kube.Open(t.Context(), kube.Access{Kubeconfig: s.Kubeconfig()})
	if err != nil {
		t.Fatal(err)
	}
	config := probe.Config{Cluster: true, Interval: 100 * time.Millisecond}
	way.Use(&config)
	p, err := probe.New(config)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	e := thresholds.New(thresholds.Options{})
	outOfReach := func(n int) func(*thresholds.Assessment) bool {
		return func(a *thresholds.Assessment) bool {
			count := 0
			for _, m := range a.Members {
				if m.State == thresholds.StateOutOfReach {
					count++
				}
			}
			return len(a.Members) == 3 && count == n && a.Answering() == 3-n
		}
	}
	healthy := func(a *thresholds.Assessment) bool { return outOfReach(0)(a) && a.Cluster.MemberListKnown }
	follow(t, p, e, healthy)
	s.Stop()
	follow(t, p, e, func(a *thresholds.Assessment) bool { return outOfReach(3)(a) && a.Nowhere() })
	s.Restart()
	follow(t, p, e, healthy)

	s.Refuse("portforward/"+s.Pods[0].Name, 500, "error dialing backend: i/o timeout")
	s.Stop() // ends its forwards, too
	s.Restart()
	follow(t, p, e, outOfReach(1))
	s.Refuse("portforward/"+s.Pods[0].Name, 0, "")
	follow(t, p, e, healthy)
}
