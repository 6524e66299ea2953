package cli

import (
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/etcdoc/etcdoc/assets"
	"github.com/etcdoc/etcdoc/probe/etcdtest"
)

func recipe(t *testing.T, name string) string {
	t.Helper()
	text, is := assets.Read("recipes/" + name)
	if !is {
		t.Fatalf("there is no recipe %s", name)
	}
	return text
}

// decodeRecipe decodes a recipe in YAML strictly: what the type does not have, the tool does not know.
func decodeRecipe(t *testing.T, name string, into any) {
	t.Helper()
	decoder := yaml.NewDecoder(strings.NewReader(recipe(t, name)))
	decoder.KnownFields(true)
	if err := decoder.Decode(into); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

// A guard is a recipe that lets something happen to etcd-2 once etcd can spare it.
type guard struct {
	script string // the recipe as the tool runs it
	does   string // the calls of fakes when it may happen
}

// guards are the recipes of that kind. The parts of their tools that are not here are read as their documentation says.
var guards = map[string]func(*testing.T) guard{
	"drain.sh": func(t *testing.T) guard {
		call := quoted("sh", "-c", recipe(t, "drain.sh"), "drain.sh", "node-2", "etcd-2")
		return guard{call, "kubectl drain node-2 --ignore-daemonsets\n"}
	},
	"system-upgrade-controller.yaml": planGuard,
	"ansible-rolling-restart.yaml":   playbookGuard,
	"systemd-upgrade.conf": func(t *testing.T) guard {
		unit := unitOf(t, "systemd-upgrade.conf")
		return guard{unit["ExecStartPre"] + " && upgrade", "upgrade\n"}
	},
	"systemd-reboot.service": func(t *testing.T) guard {
		unit := unitOf(t, "systemd-reboot.service")
		return guard{unit["ExecStartPre"] + " && " + unit["ExecStart"], "systemctl --no-block reboot\n"}
	},
	"gitlab-ci.yml":       gitlabGuard,
	"github-workflow.yml": githubGuard,
}

func planGuard(t *testing.T) guard {
	type container struct {
		Image         string
		Command, Args []string
	}
	var plan struct {
		APIVersion string `yaml:"apiVersion"`
		Kind       string
		Metadata   struct{ Name, Namespace string }
		Spec       struct {
			Concurrency           int
			JobActiveDeadlineSecs int `yaml:"jobActiveDeadlineSecs"`
			Version               string
			NodeSelector          struct {
				MatchExpressions []struct{ Key, Operator string } `yaml:"matchExpressions"`
			} `yaml:"nodeSelector"`
			Tolerations        []struct{ Key, Operator, Effect string }
			ServiceAccountName string `yaml:"serviceAccountName"`
			Prepare, Upgrade   *container
			Cordon             bool
		}
	}
	decodeRecipe(t, "system-upgrade-controller.yaml", &plan)
	spec := plan.Spec
	if plan.APIVersion != "upgrade.cattle.io/v1" || plan.Kind != "Plan" || spec.Concurrency != 1 || !spec.Cordon ||
		spec.Version == "" || spec.Upgrade == nil || spec.Upgrade.Image == "" || spec.Prepare == nil {
		t.Fatalf("no plan for one node at a time: %+v", plan)
	}
	wait := waitOf(t, spec.Prepare.Args)
	if deadline := time.Duration(spec.JobActiveDeadlineSecs) * time.Second; deadline < 3*wait {
		t.Errorf("the job ends after %v, and three attempts wait for %v each", deadline, wait)
	}
	command := spec.Prepare.Command
	if len(command) != 3 || command[0] != "chroot" || command[1] != "/host" {
		t.Fatalf("%q does not run the host's etcdoc", command)
	}
	return guard{quoted(append(command[2:], spec.Prepare.Args...)...) + " && upgrade", "upgrade\n"}
}

// waitOf returns the value of --wait.
func waitOf(t *testing.T, args []string) time.Duration {
	t.Helper()
	i := slices.Index(args, "--wait")
	if i < 0 || i+1 == len(args) {
		t.Fatalf("%q does not wait", args)
	}
	wait, err := time.ParseDuration(args[i+1])
	if err != nil {
		t.Fatal(err)
	}
	return wait
}

func playbookGuard(t *testing.T) guard {
	var plays []struct {
		Name, Hosts    string
		Serial         int
		AnyErrorsFatal bool `yaml:"any_errors_fatal"`
		Become         bool
		Vars           map[string]string
		Tasks          []struct {
			Name        string
			Command     *struct{ Argv []string }      `yaml:"ansible.builtin.command"`
			Service     *struct{ Name, State string } `yaml:"ansible.builtin.service"`
			ChangedWhen *bool                         `yaml:"changed_when"`
		}
	}
	decodeRecipe(t, "ansible-rolling-restart.yaml", &plays)
	if len(plays) != 1 || plays[0].Serial != 1 || !plays[0].AnyErrorsFatal || plays[0].Hosts != "etcd" {
		t.Fatalf("no play that goes from host to host: %+v", plays)
	}
	vars := plays[0].Vars
	fill := func(word string) string {
		for range 2 { // a variable's value may have another one
			for name, value := range vars {
				word = strings.ReplaceAll(word, "{{ "+name+" }}", value)
			}
		}
		return strings.ReplaceAll(word, "{{ inventory_hostname }}", "etcd-2")
	}
	var steps []string
	for _, task := range plays[0].Tasks {
		switch {
		case task.Command != nil:
			if task.ChangedWhen == nil || *task.ChangedWhen {
				t.Errorf("%s: it only reads", task.Name)
			}
			for i, word := range task.Command.Argv {
				task.Command.Argv[i] = fill(word)
			}
			steps = append(steps, quoted(task.Command.Argv...))
		case task.Service != nil && task.Service.State == "restarted":
			steps = append(steps, "restart "+fill(task.Service.Name))
		default:
			t.Errorf("%s: unknown task", task.Name)
		}
	}
	return guard{strings.Join(steps, " && "), "restart etcd\n"}
}

func gitlabGuard(t *testing.T) guard {
	var jobs map[string]struct {
		Tags          []string
		ResourceGroup string `yaml:"resource_group"`
		Timeout       string
		Script        []string
		Artifacts     struct {
			When  string
			Paths []string
		}
	}
	decodeRecipe(t, "gitlab-ci.yml", &jobs)
	if len(jobs) != 1 || jobs["change-node"].ResourceGroup == "" {
		t.Fatalf("not one job at a time: %+v", jobs)
	}
	return guard{"set -e\n" + strings.Join(jobs["change-node"].Script, "\n"), "change-node.sh etcd-2\n"}
}

func githubGuard(t *testing.T) guard {
	var workflow struct {
		Name string
		On   struct {
			Dispatch struct {
				Inputs map[string]struct {
					Description string
					Required    bool
				}
			} `yaml:"workflow_dispatch"`
		}
		Concurrency string
		Jobs        map[string]struct {
			RunsOn  []string `yaml:"runs-on"`
			Timeout int      `yaml:"timeout-minutes"`
			Env     map[string]string
			Steps   []struct{ Name, Uses, Run string }
		}
	}
	decodeRecipe(t, "github-workflow.yml", &workflow)
	if workflow.Concurrency == "" || len(workflow.Jobs) != 1 {
		t.Fatalf("not one run at a time: %+v", workflow)
	}
	var steps []string
	for _, step := range workflow.Jobs["change"].Steps {
		if step.Run != "" {
			steps = append(steps, "sh -e -c "+quoted(step.Run))
		}
	}
	return guard{strings.Join(steps, " && "), "change-node.sh etcd-2\n"}
}

// unitOf reads a unit of systemd or a drop-in, and fails where it is none.
func unitOf(t *testing.T, name string) map[string]string {
	t.Helper()
	unit, section := map[string]string{}, false
	for line := range strings.Lines(recipe(t, name)) {
		line = strings.TrimSpace(line)
		key, value, is := strings.Cut(line, "=")
		switch {
		case line == "" || line[0] == '#':
		case line[0] == '[' && strings.HasSuffix(line, "]"):
			section = true
		case is && section && unit[key] == "":
			unit[key] = value
		default:
			t.Errorf("%s has the line %q", name, line)
		}
	}
	wait := waitOf(t, strings.Fields(unit["ExecStartPre"]))
	if limit, err := time.ParseDuration(strings.Replace(unit["TimeoutStartSec"], "min", "m", 1)); err != nil ||
		limit <= wait {
		t.Errorf("%s ends after %q, and waits for %v", name, unit["TimeoutStartSec"], wait)
	}
	return unit
}

// TestRecipesGuard runs each recipe against real clusters: what it guards happens with all members healthy, and neither
// with another member down, nor where nothing is known.
func TestRecipesGuard(t *testing.T) {
	t.Parallel()
	c := etcdtest.New(t, etcdtest.Config{TLS: etcdtest.MutualTLS})
	if err := c.MoveLeader(t.Context(), c.Members()[0]); err != nil {
		t.Fatal(err)
	}
	ask := func(t *testing.T, name, wait string, wantCode int, variables ...string) {
		t.Parallel()
		w, g := newWorkshop(t, c), guards[name](t)
		script := strings.NewReplacer("/usr/bin/", w.folder+"/bin/", "127.0.0.1:2379", "etcd-2").Replace(g.script)
		code, output, calls := w.run(hurried(script, wait), append(variables, "ETCD_MEMBER=etcd-2")...)
		if want := map[bool]string{true: g.does}[wantCode == ExitHealthy]; code != wantCode || calls != want {
			t.Errorf("exit code %d, want %d; it did %q, want %q:\n%s", code, wantCode, calls, want, output)
		}
	}
	t.Run("healthy", func(t *testing.T) {
		for name := range guards {
			t.Run(name, func(t *testing.T) { ask(t, name, "2m", ExitHealthy) })
		}
	})
	if err := c.Members()[2].Kill(); err != nil {
		t.Fatal(err)
	}
	waitForLeader(t, c)
	for name := range guards {
		t.Run("another is down/"+name, func(t *testing.T) { ask(t, name, "1s", ExitUnhealthy) })
		t.Run("unknown/"+name, func(t *testing.T) {
			ask(t, name, "1s", ExitNotDone, "ETCDCTL_ENDPOINTS=https://127.0.0.1:1")
		})
	}
	t.Run("plug-ins", func(t *testing.T) { checkPlugins(t, c) })
	t.Run("textfile", func(t *testing.T) { checkTextfile(t, c) })
}
