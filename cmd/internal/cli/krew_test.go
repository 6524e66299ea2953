package cli

import (
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// TestKrewManifest holds the manifest to what krew asks of one (ValidatePlugin in its internal/index/validation), once
// its placeholders are filled in as make krew does.
func TestKrewManifest(t *testing.T) {
	t.Parallel()
	text := strings.ReplaceAll(readDoc(t, "assets/packages/krew.yaml"), "${VERSION}", "v1.2.3")
	sums := regexp.MustCompile(`\$\{SHA256_(\w+)_(\w+)\}`)
	var filled []string
	for _, sum := range sums.FindAllStringSubmatch(text, -1) {
		filled = append(filled, sum[1]+"-"+sum[2])
	}
	text = sums.ReplaceAllString(text, strings.Repeat("0a", 32))
	if strings.Contains(text, "$") {
		t.Errorf("it has placeholders that nobody fills in:\n%s", text)
	}
	var manifest struct {
		APIVersion string `yaml:"apiVersion"`
		Kind       string
		Metadata   struct{ Name string }
		Spec       struct {
			Version, Homepage    string
			ShortDescription     string `yaml:"shortDescription"`
			Description, Caveats string
			Platforms            []struct {
				Selector struct {
					MatchLabels struct{ OS, Arch string } `yaml:"matchLabels"`
				}
				URI, SHA256, Bin string
			}
		}
	}
	decoder := yaml.NewDecoder(strings.NewReader(text))
	decoder.KnownFields(true)
	if err := decoder.Decode(&manifest); err != nil {
		t.Fatal(err)
	}
	spec := manifest.Spec
	if manifest.APIVersion != "krew.googlecontainertools.github.com/v1alpha2" || manifest.Kind != "Plugin" ||
		manifest.Metadata.Name != "etcdoc" || spec.Version != "v1.2.3" {
		t.Errorf("it is no manifest of etcdoc v1.2.3: %+v", manifest)
	}
	// krew's index asks for a short description of at most 80 characters without a full stop.
	if short := spec.ShortDescription; short == "" || len(short) > 80 || strings.ContainsAny(short, "\r\n") ||
		strings.HasSuffix(short, ".") || spec.Description == "" {
		t.Errorf("its descriptions: %q, %q", short, spec.Description)
	}
	makefile := readDoc(t, "Makefile")
	if !strings.Contains(makefile, "KREW_SYSTEMS := linux darwin windows\n") ||
		!strings.Contains(makefile, "PROCESSORS := amd64 arm64\n") || len(filled) != 6 || len(spec.Platforms) != 6 {
		t.Errorf("make krew builds other platforms than %q", filled)
	}
	for i, p := range spec.Platforms {
		platform, bin := p.Selector.MatchLabels.OS+"-"+p.Selector.MatchLabels.Arch, "etcdoc"
		if p.Selector.MatchLabels.OS == "windows" {
			bin = "etcdoc.exe"
		}
		if !strings.HasSuffix(p.URI, "/v1.2.3/etcdoc-"+platform+".tar.gz") || p.Bin != bin || len(p.SHA256) != 64 ||
			filled[i] != platform {
			t.Errorf("%s: %+v", platform, p)
		}
	}
}

// TestNamedAsCalled: as a plug-in of kubectl, etcdoc's help says so.
func TestNamedAsCalled(t *testing.T) {
	t.Parallel()
	for argv0, want := range map[string]string{
		"/usr/bin/etcdoc": "etcdoc check", "etcdoc.exe": "etcdoc check", "/opt/my-etcdoc": "etcdoc check",
		"/root/.krew/bin/kubectl-etcdoc": "kubectl etcdoc check", "kubectl-etcdoc.exe": "kubectl etcdoc check",
		"kubectl-other": "etcdoc check",
	} {
		root := newRoot(Streams{}, false)
		nameAs(root, argv0)
		check, _, err := root.Find([]string{"check"})
		usage := want[:len(want)-6] + " [command]"
		if err != nil || check.CommandPath() != want || !strings.Contains(root.UsageString(), usage) {
			t.Errorf("%s: %q, want %q: %v\n%s", argv0, check.CommandPath(), want, err, root.UsageString())
		}
		if !strings.HasPrefix(check.Example, "  "+want+" -o wide\n") {
			t.Errorf("%s: its examples are\n%s", argv0, check.Example)
		}
	}
}
