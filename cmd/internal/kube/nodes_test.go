package kube

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/etcdoc/etcdoc/cmd/internal/kube/kubetest"
	"github.com/etcdoc/etcdoc/probe"
)

// nodeAs is a node of the API, which RKE2 and k3s mark as one with etcd, and others as a control plane.
func nodeAs(name, label string, change func(*corev1.Node)) corev1.Node {
	n := corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: name, Annotations: map[string]string{},
		Labels: map[string]string{"node-role.kubernetes.io/" + label: ""}}}
	change(&n)
	return n
}

// TestNodes: what is read of the nodes that may run etcd, and of no other.
func TestNodes(t *testing.T) {
	t.Parallel()
	const mco = "machineconfiguration.openshift.io/"
	s := &kubetest.Server{
		Pods: []kubetest.Pod{{Name: "etcd-a", Node: "a", IP: "10.1.0.1"}},
		Nodes: []corev1.Node{
			nodeAs("a", "control-plane", func(n *corev1.Node) {
				n.Status.Addresses = []corev1.NodeAddress{
					{Type: corev1.NodeInternalIP, Address: "10.0.0.1"}, {Type: corev1.NodeExternalIP, Address: "192.0.2.1"}}
				n.Status.Conditions = []corev1.NodeCondition{{Type: corev1.NodeReady, Status: corev1.ConditionTrue}}
				n.Status.NodeInfo.KubeletVersion = "v1.33.1"
				n.Annotations[mco+"desiredDrain"], n.Annotations[mco+"lastAppliedDrain"] = "uncordon-x", "drain-x"
			}),
			nodeAs("b", "etcd", func(n *corev1.Node) {
				n.Spec.Unschedulable = true
				n.Status.Conditions = []corev1.NodeCondition{{Type: corev1.NodeReady, Status: corev1.ConditionUnknown},
					{Type: "EtcdIsVoter", Status: corev1.ConditionFalse}}
				n.Annotations["weave.works/kured-reboot-in-progress"] = "2026-01-01T00:00:00Z"
			}),
			nodeAs("c", "control-plane", func(n *corev1.Node) {
				n.Labels["node-role.kubernetes.io/etcd"] = ""
				n.Annotations[mco+"desiredDrain"], n.Annotations[mco+"lastAppliedDrain"] = "drain-y", "uncordon-x"
			}),
			nodeAs("d", "worker", func(*corev1.Node) {}),
		},
	}
	w := open(t, s.Start(t))
	nodes, err := w.nodes(t.Context())
	if err != nil || len(nodes) != 3 {
		t.Fatalf("%+v, %v", nodes, err)
	}
	a, b, c := nodes[0], nodes[1], nodes[2]
	if a.Name != "a" || a.Ready != probe.ConditionTrue || a.IsVoter != "" || a.Cordoned || a.DrainedBy != "" ||
		a.KubeletVersion != "v1.33.1" || !strings.HasPrefix(strings.Join(a.Addresses, " "), "10.0.0.1 10.1.0.1") ||
		strings.Contains(strings.Join(a.Addresses, " "), "192.0.2.1") {
		t.Errorf("%+v", a)
	}
	if b.Name != "b" || b.Ready != probe.ConditionUnknown || b.IsVoter != probe.ConditionFalse || !b.Cordoned ||
		b.DrainedBy != "kured" {
		t.Errorf("%+v", b)
	}
	if c.Name != "c" || c.Ready != "" || c.DrainedBy != "machine-config-operator" {
		t.Errorf("%+v", c)
	}
	s.Refuse("nodes", 403, "it is forbidden")
	if _, err := w.nodes(t.Context()); err == nil || !strings.Contains(err.Error(), "kubectl auth can-i list nodes") {
		t.Errorf("refused: %v", err)
	}
}
