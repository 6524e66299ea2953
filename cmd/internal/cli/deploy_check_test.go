package cli

import (
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/yaml"

	"github.com/etcdoc/etcdoc/assets"
	"github.com/etcdoc/etcdoc/cmd/internal/agent"
	"github.com/etcdoc/etcdoc/cmd/internal/kube"
	"github.com/etcdoc/etcdoc/probe/profile"
	"github.com/etcdoc/etcdoc/thresholds"
)

// deployed returns a file of assets/deploy.
func deployed(t *testing.T, name string) string {
	t.Helper()
	text, is := assets.Read("deploy/" + name)
	if !is {
		t.Fatalf("there is no asset %s", name)
	}
	return text
}

// objects decodes each document of a manifest strictly into the type of its kind.
func objects(t *testing.T, name string) map[string]any {
	t.Helper()
	all := map[string]any{}
	for document := range strings.SplitSeq(deployed(t, name), "\n---\n") {
		var about metav1.TypeMeta
		if err := yaml.Unmarshal([]byte(document), &about); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		into := map[string]any{
			"v1 ServiceAccount": new(corev1.ServiceAccount), "v1 ConfigMap": new(corev1.ConfigMap),
			"v1 Service": new(corev1.Service), "rbac.authorization.k8s.io/v1 Role": new(rbacv1.Role),
			"rbac.authorization.k8s.io/v1 RoleBinding":        new(rbacv1.RoleBinding),
			"rbac.authorization.k8s.io/v1 ClusterRole":        new(rbacv1.ClusterRole),
			"rbac.authorization.k8s.io/v1 ClusterRoleBinding": new(rbacv1.ClusterRoleBinding),
			"apps/v1 DaemonSet":                               new(appsv1.DaemonSet),
			"apps/v1 Deployment":                              new(appsv1.Deployment),
			"policy/v1 PodDisruptionBudget":                   new(policyv1.PodDisruptionBudget),
		}[about.APIVersion+" "+about.Kind]
		if into == nil {
			t.Fatalf("%s has a %s of %s", name, about.Kind, about.APIVersion)
		}
		if err := yaml.UnmarshalStrict([]byte(document), into); err != nil {
			t.Errorf("%s: %s: %v", name, about.Kind, err)
		}
		all[about.Kind] = into
	}
	return all
}

// selects reports whether a selector selects the pods of a template.
func selects(t *testing.T, selector *metav1.LabelSelector, pods map[string]string) bool {
	t.Helper()
	s, err := metav1.LabelSelectorAsSelector(selector)
	if err != nil {
		t.Fatal(err)
	}
	return !s.Empty() && s.Matches(labels.Set(pods))
}

// served reports whether the agent has an answer at a path.
func served(path string) bool {
	a := agent.New(agent.Options{Interval: time.Minute,
		Find: findMember, Healthy: func(*thresholds.Assessment) bool { return false }})
	w := httptest.NewRecorder()
	a.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w.Code != http.StatusNotFound
}

// TestManifestsOfTheAgent: each manifest decodes strictly; its flags, variables, paths and ports are the program's; it
// mounts, to be read alone, what its profile needs; and its pod may do nothing that it need not.
func TestManifestsOfTheAgent(t *testing.T) {
	t.Parallel()
	for _, d := range deployments() {
		name := d.Profile + "/etcdoc.yaml"
		all := objects(t, name)
		set := all["DaemonSet"].(*appsv1.DaemonSet)
		pod := set.Spec.Template.Spec
		c := pod.Containers[0]
		accepts(t, name, c.Args)
		for _, v := range c.Env {
			if strings.HasPrefix(v.Name, "ETCDOC_") && !isVariable(v.Name) {
				t.Errorf("%s: no flag has the variable %s", name, v.Name)
			}
		}
		if !slices.Contains(c.Args, "--listen=:"+agentPort) || c.Ports[0].ContainerPort != c.Ports[0].HostPort ||
			all["Service"].(*corev1.Service).Spec.Ports[0].Port != c.Ports[0].HostPort {
			t.Errorf("%s: ports: %v, %+v", name, c.Args, c.Ports)
		}
		for _, p := range []*corev1.Probe{c.LivenessProbe, c.ReadinessProbe} {
			if !served(p.HTTPGet.Path) || p.HTTPGet.Port.String() != c.Ports[0].Name {
				t.Errorf("%s: %+v", name, p.HTTPGet)
			}
		}
		s := c.SecurityContext
		if !*s.ReadOnlyRootFilesystem || *s.AllowPrivilegeEscalation || *s.RunAsUser != 0 ||
			!slices.Equal(s.Capabilities.Add, []corev1.Capability{"DAC_READ_SEARCH"}) || // etcd's files may be another user's
			!slices.Equal(s.Capabilities.Drop, []corev1.Capability{"ALL"}) {
			t.Errorf("%s: %+v", name, s)
		}
		if !selects(t, set.Spec.Selector, set.Spec.Template.Labels) ||
			!selects(t, metav1.SetAsLabelSelector(all["Service"].(*corev1.Service).Spec.Selector), set.Spec.Template.Labels) {
			t.Errorf("%s: not everything selects the pods", name)
		}
		checkRole(t, name, all)
		checkConfigMap(t, name, all["ConfigMap"].(*corev1.ConfigMap))
		checkMounts(t, name, d, pod)
	}
}

// isVariable reports whether a flag of the agent has a variable.
func isVariable(name string) bool {
	cmd, _, err := newRoot(Streams{}, false).Find([]string{"serve"})
	is := false
	cmd.InheritedFlags().VisitAll(func(f *pflag.Flag) { is = is || variable(f) == name })
	cmd.Flags().VisitAll(func(f *pflag.Flag) { is = is || variable(f) == name })
	return err == nil && is
}

// checkRole: the pods' account may do what the agents ask of the API server, and no more.
func checkRole(t *testing.T, name string, all map[string]any) {
	t.Helper()
	var got []string
	for _, rule := range all["Role"].(*rbacv1.Role).Rules {
		for _, verb := range rule.Verbs {
			got = append(got, strings.TrimSpace(strings.Join([]string{rule.Resources[0], verb,
				strings.Join(rule.ResourceNames, " ")}, " ")))
		}
	}
	slices.Sort(got)
	want := []string{"events create", "events get", "events patch", "leases create", "leases get " + leaseName,
		"leases update " + leaseName, "pods list"}
	if !slices.Equal(got, want) {
		t.Errorf("%s: the Role allows %q, want %q", name, got, want)
	}
	binding := all["RoleBinding"].(*rbacv1.RoleBinding)
	account := all["DaemonSet"].(*appsv1.DaemonSet).Spec.Template.Spec.ServiceAccountName
	if binding.RoleRef.Name != all["Role"].(*rbacv1.Role).Name || binding.Subjects[0].Name != account ||
		all["ServiceAccount"].(*corev1.ServiceAccount).Name != account {
		t.Errorf("%s: the Role is not bound to %s: %+v", name, account, binding)
	}
	nodes, bound := all["ClusterRole"].(*rbacv1.ClusterRole), all["ClusterRoleBinding"].(*rbacv1.ClusterRoleBinding)
	if len(nodes.Rules) != 1 || !slices.Equal(nodes.Rules[0].Resources, []string{"nodes"}) ||
		!slices.Equal(nodes.Rules[0].Verbs, []string{"list"}) {
		t.Errorf("%s: the ClusterRole allows more than to list nodes: %+v", name, nodes.Rules)
	}
	if bound.RoleRef.Name != nodes.Name || bound.Subjects[0].Name != account {
		t.Errorf("%s: the ClusterRole is not bound to %s: %+v", name, account, bound)
	}
}

// checkConfigMap: the program takes the configuration with and without its limits.
func checkConfigMap(t *testing.T, name string, config *corev1.ConfigMap) {
	t.Helper()
	text := config.Data["config.yaml"]
	for _, text := range []string{text, regexp.MustCompile(`(?m)^#`).ReplaceAllString(text, "")} {
		file := filepath.Join(t.TempDir(), "config.yaml")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if code, out, errs := etcdoc(t, "config", "--check", file); code != ExitHealthy {
			t.Errorf("%s: its config.yaml: %d %s%s", name, code, out, errs)
		}
	}
}

// checkMounts: a host that has nothing but what is mounted shows the same etcd as a whole one.
func checkMounts(t *testing.T, name string, d deployment, pod corev1.PodSpec) {
	t.Helper()
	mounted := map[string]string{}
	for _, m := range pod.Containers[0].VolumeMounts {
		i := slices.IndexFunc(pod.Volumes, func(v corev1.Volume) bool { return v.Name == m.Name })
		if !m.ReadOnly || i < 0 {
			t.Errorf("%s: %+v", name, m)
			continue
		}
		if host := pod.Volumes[i].HostPath; host != nil {
			mounted[host.Path] = m.MountPath
		}
	}
	root, bare := t.TempDir(), t.TempDir()
	if err := os.CopyFS(root, os.DirFS(filepath.Join("../../../probe/profile/testdata", d.Profile))); err != nil {
		t.Fatal(err)
	}
	for _, m := range d.Mounts {
		if mounted[m.Path] != "/host"+m.Path {
			t.Errorf("%s mounts %s at %q", name, m.Path, mounted[m.Path])
		}
		if m.Type == "Directory" {
			writeClientPairs(t, filepath.Join(root, m.Path))
		}
	}
	for path := range mounted {
		copyInto(t, filepath.Join(root, path), filepath.Join(bare, path))
	}
	find := func(root string) profile.Host {
		h, err := profile.Find(profile.Options{Profile: profile.Name(d.Profile), Root: root, Now: time.Now()})
		if err != nil || h == nil || h.CertFile == "" || h.Flags == nil {
			t.Fatalf("%s: %+v, %v", name, h, err)
		}
		return profile.Host{Endpoints: h.Endpoints, MetricsAt: h.MetricsAt, Flags: h.Flags,
			CAFile: strings.TrimPrefix(h.CAFile, root), CertFile: strings.TrimPrefix(h.CertFile, root)}
	}
	if whole, part := find(root), find(bare); !reflect.DeepEqual(whole, part) {
		t.Errorf("%s: by what is mounted:\n%+v\nwant\n%+v", name, part, whole)
	}
}

// writeClientPairs writes client pairs as the distributions name them.
func writeClientPairs(t *testing.T, dir string) {
	t.Helper()
	server := httptest.NewTLSServer(nil)
	defer server.Close()
	pair := server.TLS.Certificates[0]
	key, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err == nil {
		err = os.MkdirAll(dir, 0o700)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"ca.crt", "server-ca.crt", "client.crt", "client.key", "healthcheck-client.crt",
		"healthcheck-client.key"} {
		block := &pem.Block{Type: "CERTIFICATE", Bytes: pair.Certificate[0]}
		if filepath.Ext(name) == ".key" {
			block = &pem.Block{Type: "PRIVATE KEY", Bytes: key}
		}
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// copyInto copies a file or a folder.
func copyInto(t *testing.T, from, to string) {
	t.Helper()
	info, err := os.Stat(from)
	if err == nil && info.IsDir() {
		err = os.CopyFS(to, os.DirFS(from))
	} else if err == nil {
		var text []byte
		if text, err = os.ReadFile(from); err == nil {
			if err = os.MkdirAll(filepath.Dir(to), 0o700); err == nil {
				err = os.WriteFile(to, text, 0o600)
			}
		}
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestManifestOfTheGuard: a guard is where an agent is and no other guard, is ready while the agent's /fit says so, and
// does not come back to a node that is drained; the budget is about them.
func TestManifestOfTheGuard(t *testing.T) {
	t.Parallel()
	agents := objects(t, "rke2/etcdoc.yaml")["DaemonSet"].(*appsv1.DaemonSet)
	all := objects(t, "guard/guard.yaml")
	guard, budget := all["Deployment"].(*appsv1.Deployment), all["PodDisruptionBudget"].(*policyv1.PodDisruptionBudget)
	small := objects(t, "guard-small/guard-small.yaml")["PodDisruptionBudget"].(*policyv1.PodDisruptionBudget)
	pod, pods := guard.Spec.Template.Spec, guard.Spec.Template.Labels
	near, far := pod.Affinity.PodAffinity.RequiredDuringSchedulingIgnoredDuringExecution[0],
		pod.Affinity.PodAntiAffinity.RequiredDuringSchedulingIgnoredDuringExecution[0]
	if !selects(t, near.LabelSelector, agents.Spec.Template.Labels) || !selects(t, far.LabelSelector, pods) ||
		!selects(t, guard.Spec.Selector, pods) || !selects(t, budget.Spec.Selector, pods) ||
		selects(t, budget.Spec.Selector, agents.Spec.Template.Labels) || guard.Namespace != agents.Namespace ||
		kube.GuardSelector != labels.Set(pods).String() {
		t.Error("selectors and labels don't fit")
	}
	probe := pod.Containers[0].ReadinessProbe
	port := agents.Spec.Template.Spec.Containers[0].Ports[0].HostPort
	if !served(probe.HTTPGet.Path) || probe.HTTPGet.Port.IntVal != port || !pod.HostNetwork ||
		probe.PeriodSeconds != 1 || probe.FailureThreshold != 1 {
		t.Errorf("it asks the agent: %+v", probe)
	}
	cordon := corev1.Taint{Key: corev1.TaintNodeUnschedulable, Effect: corev1.TaintEffectNoSchedule}
	for i := range pod.Tolerations {
		if to := &pod.Tolerations[i]; to.Key == cordon.Key || to.Key == "" {
			t.Errorf("it comes back to a node that is drained: %+v", to)
		}
	}
	if budget.Spec.MaxUnavailable.IntVal != 1 || *budget.Spec.UnhealthyPodEvictionPolicy != policyv1.IfHealthyBudget {
		t.Errorf("%+v", budget.Spec)
	}
	small.Spec.MaxUnavailable = budget.Spec.MaxUnavailable
	if !reflect.DeepEqual(small, budget) || !strings.Contains(deployed(t, "guard-small/guard-small.yaml"), "maxUnavailable: 0") {
		t.Errorf("the small one is not the same with 0: %+v", small)
	}
}
