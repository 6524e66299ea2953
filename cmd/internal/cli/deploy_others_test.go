package cli

import (
	"compress/gzip"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/etcdoc/etcdoc/assets"
	"github.com/etcdoc/etcdoc/thresholds"
)

// TestKustomizationsExist: what they name is there.
func TestKustomizationsExist(t *testing.T) {
	t.Parallel()
	for _, name := range assets.Names() {
		if filepath.Base(name) != "kustomization.yaml" {
			continue
		}
		var k struct {
			metav1.TypeMeta `json:",inline"`
			Resources       []string
			Images          []struct{ Name, NewName, NewTag string }
			Replicas        []struct {
				Name  string
				Count int
			}
			Patches []struct{ Path string }
		}
		text, _ := assets.Read(name)
		if err := yaml.UnmarshalStrict([]byte(text), &k); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		named := k.Resources
		for _, p := range k.Patches {
			named = append(named, p.Path)
		}
		for _, alternative := range regexp.MustCompile(`# (?:- )?(\.\./[\w-]+)`).FindAllStringSubmatch(text, -1) {
			named = append(named, alternative[1])
		}
		for _, resource := range named {
			if _, err := os.Stat(filepath.Join(root, "assets", filepath.Dir(name), resource)); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		for _, image := range k.Images {
			if !strings.Contains(deployed(t, "rke2/etcdoc.yaml"), "image: "+image.Name+":"+image.NewTag) {
				t.Errorf("%s: no image is %s", name, image.Name)
			}
		}
	}
}

// TestComposeFiles mount what the manifests do, and call the program as it is.
func TestComposeFiles(t *testing.T) {
	t.Parallel()
	for _, d := range deployments() {
		var file struct {
			Services map[string]struct {
				Image, User string
				Command     []string
				Environment map[string]string
				NetworkMode string   `json:"network_mode"`
				ReadOnly    bool     `json:"read_only"`
				CapDrop     []string `json:"cap_drop"`
				CapAdd      []string `json:"cap_add"`
				SecurityOpt []string `json:"security_opt"`
				MemLimit    string   `json:"mem_limit"`
				Restart     string
				Volumes     []struct {
					Type, Source, Target string
					ReadOnly             bool `json:"read_only"`
					Bind                 struct {
						CreateHostPath bool `json:"create_host_path"`
					}
				}
			}
		}
		name := d.Profile + "/compose.yaml"
		if err := yaml.UnmarshalStrict([]byte(deployed(t, name)), &file); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		s := file.Services["etcdoc"]
		accepts(t, name, s.Command)
		if s.Environment["ETCDOC_PROFILE"] != d.Profile || s.Environment["ETCDOC_ROOT"] != "/host" || len(s.Volumes) != len(d.Mounts) ||
			s.User != "0" || !slices.Equal(s.CapDrop, []string{"ALL"}) || !slices.Equal(s.CapAdd, []string{"DAC_READ_SEARCH"}) {
			t.Errorf("%s: %+v", name, s)
		}
		for i, v := range s.Volumes {
			if v.Source != d.Mounts[i].Path || v.Target != "/host"+v.Source || !v.ReadOnly || v.Bind.CreateHostPath {
				t.Errorf("%s: %+v", name, v)
			}
		}
	}
}

// TestDockerfile: the image is the static program, where the manifests expect it.
func TestDockerfile(t *testing.T) {
	t.Parallel()
	var instructions []string
	for line := range strings.Lines(deployed(t, "Dockerfile")) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			instructions = append(instructions, line)
		}
	}
	want := []string{"FROM scratch", "COPY etcdoc /etcdoc", `ENTRYPOINT ["/etcdoc"]`}
	if !slices.Equal(instructions, want) {
		t.Errorf("%q, want %q", instructions, want)
	}
}

// TestCommandsOfDeployments: the calls of the program that its manifests and their page show are accepted.
func TestCommandsOfDeployments(t *testing.T) {
	t.Parallel()
	page := readDoc(t, "assets/docs/kubernetes.md")
	texts, checked := map[string][]string{"kubernetes.md": regexp.MustCompile("(?ms)^```\n.*?^```$").FindAllString(page, -1)}, 0
	for _, name := range assets.Names() {
		if strings.HasPrefix(name, "deploy/") {
			text, _ := assets.Read(name)
			texts[name] = regexp.MustCompile(`(?m)^#   .*$`).FindAllString(text, -1)
		}
	}
	shown := strings.NewReplacer("ds/etcdoc", "ds/NAME", " etcdoc:dev check", " etcdoc check", "exec etcdoc", "exec NAME")
	for name, lines := range texts {
		for _, line := range lines {
			for _, args := range etcdocCommands(shown.Replace(strings.TrimLeft(line, "# "))) {
				accepts(t, name, args)
				checked++
			}
		}
	}
	if checked < 20 {
		t.Errorf("only %d commands are shown", checked)
	}
}

// TestAssetsHaveTitles: the list says of each file what it is, in a line.
func TestAssetsHaveTitles(t *testing.T) {
	t.Parallel()
	code, out, _ := etcdoc(t, "assets")
	if code != ExitHealthy {
		t.Fatal(code)
	}
	for i, line := range strings.Split(strings.TrimSuffix(out, "\n"), "\n") {
		fields := strings.Fields(line)
		if len(fields) < 2 || fields[0] != assets.Names()[i] {
			t.Errorf("%q", line)
		}
	}
}

// TestAssetsOfAProfile: what differs between distributions needs one to be named, and not two.
func TestAssetsOfAProfile(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]string{
		"etcdoc.yaml":                           "2 give the whole name, or --profile",
		"etcdoc.yaml --profile k0s":             "2 want one of deploy/k3s/etcdoc.yaml, deploy/kubeadm/etcdoc.yaml",
		"etcdoc --profile rke2":                 "0 value: rke2",
		"etcdoc.yaml --profile rke2":            "0 value: rke2",
		"compose.yaml --profile k3s":            "0 ETCDOC_PROFILE: k3s",
		"deploy/kubeadm/etcdoc.yaml":            "0 value: kubeadm",
		"deploy/k3s/etcdoc.yaml --profile k3s":  "0 value: k3s",
		"deploy/rke2/etcdoc.yaml --profile k3s": `2 --profile "k3s": deploy/rke2/etcdoc.yaml is for rke2`,
		"guard.yaml --profile rke2":             "0 maxUnavailable: 1",
		"kustomization.yaml --profile rke2":     "0 agents on rke2",
		"deploy/guard-small/kustomization.yaml": "0 guard-small.yaml",
	} {
		code, out, errs := etcdoc(t, append([]string{"assets"}, strings.Fields(args)...)...)
		wantCode, text, _ := strings.Cut(want, " ")
		if wantCode != string(rune('0'+code)) || !strings.Contains(out+errs, text) {
			t.Errorf("assets %s: %d %.300s%s", args, code, out, errs)
		}
	}
}

// TestDashboardOfGrafana: every metric that it draws is one of the agent's, or of a real etcd's.
func TestDashboardOfGrafana(t *testing.T) {
	t.Parallel()
	var dashboard struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
		Annotations struct{ List []struct{ Expr string } }
	}
	text := deployed(t, "grafana.json")
	if err := json.Unmarshal([]byte(text), &dashboard); err != nil {
		t.Fatal(err)
	}
	there := metricsOfEtcd(t)
	page := readDoc(t, "assets/docs/agent.md") // its table is held to a real agent's metrics
	for _, name := range regexp.MustCompile("(?m)^\\| `(etcdoc_\\w+)`").FindAllStringSubmatch(page, -1) {
		there[name[1]] = true
	}
	for v := range thresholds.Vital(len(thresholds.Vitals{})) {
		there["etcdoc_member_"+v.String()] = true
	}
	var expressions []string
	for _, p := range dashboard.Panels {
		for _, target := range p.Targets {
			expressions = append(expressions, target.Expr)
		}
	}
	for _, a := range dashboard.Annotations.List {
		expressions = append(expressions, a.Expr)
	}
	if len(expressions) < 20 {
		t.Errorf("%d expressions", len(expressions))
	}
	metric := regexp.MustCompile(`\b(?:etcdoc|etcd|grpc|process)_\w+`)
	for _, expression := range append(expressions, regexp.MustCompile(`label_values\([^)]*\)`).FindAllString(text, -1)...) {
		for _, name := range metric.FindAllString(expression, -1) {
			if name = strings.TrimSuffix(name, "_bucket"); !there[name] && name != "grpc_code" {
				t.Errorf("%s: there is no metric %s", expression, name)
			}
		}
	}
}

// metricsOfEtcd are the names of a real member's metrics.
func metricsOfEtcd(t *testing.T) map[string]bool {
	t.Helper()
	file, err := os.Open(filepath.Join(root, "probe/testdata/etcd-3.7.3-leader-of-three.prom.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	text, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(text)
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for name := range families {
		names[name] = true
	}
	return names
}
