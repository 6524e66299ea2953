package kube

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/etcdoc/etcdoc/cmd/internal/kube/kubetest"
)

// TestReadyGuards: a guard counts that is ready and not being deleted; without the right to look, none does.
func TestReadyGuards(t *testing.T) {
	t.Parallel()
	label, value, _ := strings.Cut(GuardSelector, "=")
	s := &kubetest.Server{
		Namespace: "kube-system", Labels: map[string]string{"component": "etcd", label: value},
		Pods: []kubetest.Pod{
			{Name: "guard-a", Node: "a", IP: "10.0.0.1"}, {Name: "guard-b", Node: "b", IP: "10.0.0.2", NotReady: true},
			{Name: "guard-c", Node: "c", IP: "10.0.0.3", Deleted: true}, {Name: "guard-d", Node: "d", IP: "10.0.0.4"},
		},
	}
	w := open(t, s.Start(t))
	w.api.Namespace = s.Namespace
	if got, err := w.api.ReadyGuards(t.Context()); err != nil || !slices.Equal(got, []string{"a", "d"}) {
		t.Errorf("%q, %v", got, err)
	}
	s.Refuse("pods", http.StatusForbidden, "no")
	got, err := w.api.ReadyGuards(t.Context())
	if err == nil || !strings.Contains(err.Error(), "kubectl auth can-i list pods -n kube-system") || got != nil {
		t.Errorf("%q, %v", got, err)
	}
}
