package kube

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/etcdoc/etcdoc/cmd/internal/kube/kubetest"
	"github.com/etcdoc/etcdoc/probe"
)

// TestOpenSaysWhy there are no pods.
func TestOpenSaysWhy(t *testing.T) {
	t.Parallel()
	node := func(kubelet, image string) []corev1.Node {
		return []corev1.Node{{Status: corev1.NodeStatus{
			NodeInfo: corev1.NodeSystemInfo{KubeletVersion: kubelet, OSImage: image}}}}
	}
	for name, test := range map[string]struct {
		server *kubetest.Server
		refuse string
		want   []string
	}{
		"k3s":       {&kubetest.Server{Nodes: node("v1.33.1+k3s1", "Ubuntu")}, "", []string{"k3s", "sudo etcdoc"}},
		"Talos":     {&kubetest.Server{Nodes: node("v1.33.1", "Talos (v1.10.1)")}, "", []string{"Talos", "--endpoints"}},
		"a managed": {&kubetest.Server{Nodes: node("v1.33.1-eks", "Bottlerocket")}, "", []string{"component=etcd", "managed"}},
		"no nodes":  {&kubetest.Server{}, "nodes", []string{"component=etcd"}},
		"no rights": {&kubetest.Server{}, "pods", []string{"list pods", "pods/portforward", "kubectl auth can-i", "it is forbidden"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := test.server.Start(t)
			if test.refuse != "" {
				s.Refuse(test.refuse, 403, "it is forbidden")
			}
			_, err := Open(t.Context(), Access{Kubeconfig: s.Kubeconfig()})
			if err == nil {
				t.Fatal("it found pods")
			}
			for _, want := range append(test.want, "context test") {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q does not say %q", err, want)
				}
			}
		})
	}
}

// TestPodsOfDistributions: where a distribution's pods serve, and whose certificates fit.
func TestPodsOfDistributions(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		server            *kubetest.Server
		pod               kubetest.Pod
		endpoint, metrics string
		pair              string
	}{
		"kubeadm": {pod: kubetest.Pod{
			Command: []string{"etcd", "--listen-client-urls=https://127.0.0.1:2379,https://10.0.0.1:2379",
				"--listen-metrics-urls=http://127.0.0.1:2381"},
			Annotations: map[string]string{advertised: "https://10.0.0.1:2379"},
		}, endpoint: "https://10.0.0.1:2379", metrics: "http://:2381", pair: "/etc/kubernetes/pki/etcd ca.crt healthcheck-client.crt healthcheck-client.key"},
		"RKE2": {pod: kubetest.Pod{
			Command: []string{"etcd", "--config-file=/var/lib/rancher/rke2/server/db/etcd/config"},
		}, endpoint: "https://10.0.0.1:2379", pair: "/var/lib/rancher/rke2/server/tls/etcd server-ca.crt client.crt client.key"},
		"OpenShift": {server: &kubetest.Server{Namespace: "openshift-etcd", Labels: map[string]string{"app": "etcd"}},
			pod: kubetest.Pod{Command: []string{"/bin/sh", "-c", "exec etcd \\\n  --listen-client-urls=https://0.0.0.0:2379,unixs://x:0 \\\n" +
				"  --listen-metrics-urls=https://0.0.0.0:9978 ||  mv /x /y"}},
			endpoint: "https://10.0.0.1:2379", metrics: "https://:9978", pair: "/etc/kubernetes/static-pod-resources/etcd-certs configmaps/etcd-all-bundles/server-ca-bundle.crt secrets/"},
		"without TLS, another port": {pod: kubetest.Pod{Command: []string{"etcd", "--listen-client-urls", "http://$(IP):4001"}},
			endpoint: "https://10.0.0.1:2379", pair: "healthcheck-client.key"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test.pod.Name, test.pod.Node, test.pod.IP = "etcd-a", "a", "10.0.0.1"
			if test.server == nil {
				test.server = new(kubetest.Server)
			}
			test.server.Pods = []kubetest.Pod{test.pod}
			w := open(t, test.server.Start(t))
			var config probe.Config
			w.Use(&config)
			if len(config.Endpoints) != 1 || config.Endpoints[0] != test.endpoint || config.MetricsAt != test.metrics {
				t.Errorf("it is asked at %q, metrics at %q", config.Endpoints, config.MetricsAt)
			}
			if !strings.Contains(config.PairFrom, test.pair) || !strings.Contains(config.PairFrom, "ssh a sudo tar -cC ") {
				t.Errorf("the pair is from %q", config.PairFrom)
			}
		})
	}
}

// TestNoShellInACommand: what an API server calls a node does not get into a command to copy.
func TestNoShellInACommand(t *testing.T) {
	t.Parallel()
	s := &kubetest.Server{Pods: []kubetest.Pod{{Name: "etcd-a", Node: "a;reboot", IP: "10.0.0.1"}}}
	if from := open(t, s.Start(t)).PairFrom(); !strings.HasPrefix(from, "ssh NODE sudo tar ") ||
		strings.Contains(from, "reboot") {
		t.Errorf("the pair is from %q", from)
	}
}
