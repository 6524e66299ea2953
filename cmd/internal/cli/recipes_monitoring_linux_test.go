package cli

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe/etcdtest"
)

// checkPlugins runs Nagios' and Icinga's commands for a cluster with etcd-3 down.
func checkPlugins(t *testing.T, c *etcdtest.Cluster) {
	t.Parallel()
	w := newWorkshop(t, c)
	paths := func(command string) string {
		return regexp.MustCompile(`/etc/[a-z0-9]+/etcd/`).ReplaceAllString(
			strings.NewReplacer("/usr/bin/", w.folder+"/bin/", "$ARG1$", endpoints(c), "$ARG2$", "etcd-2",
				"$etcd_endpoints$", endpoints(c), "$etcd_can_lose$", "etcd-2").Replace(command), w.folder+"/")
	}
	for from, to := range map[string]string{
		c.Certs.CAFile: "ca.crt", c.Certs.CertFile: "client.crt", c.Certs.KeyFile: "client.key",
	} {
		if err := os.Symlink(from, filepath.Join(w.folder, to)); err != nil {
			t.Fatal(err)
		}
	}
	commands := nagiosCommands(t)
	icinga := icingaCommand(t)
	for name, want := range map[string]struct {
		command string
		code    int
	}{
		"check_etcd":          {commands["check_etcd"], 1},
		"check_etcd_can_lose": {commands["check_etcd_can_lose"], 2},
		"Icinga 2":            {icinga, 2},
	} {
		code, output, _ := w.run(paths(want.command), "ETCDCTL_CACERT=", "ETCDCTL_CERT=", "ETCDCTL_KEY=")
		if code != want.code || strings.Count(output, "\n") != 1 || !strings.Contains(output, "|") {
			t.Errorf("%s: exit code %d, want %d, and a line with perfdata: %s", name, code, want.code, output)
		}
	}
}

// nagiosCommands are the command lines of nagios.cfg, by name.
func nagiosCommands(t *testing.T) map[string]string {
	t.Helper()
	text := strings.ReplaceAll(recipe(t, "nagios.cfg"), "\\\n", " ")
	commands := map[string]string{}
	for _, found := range regexp.MustCompile(`(?s)define command \{(.*?)\n\}`).FindAllStringSubmatch(text, -1) {
		fields := map[string]string{}
		for line := range strings.Lines(strings.TrimSpace(found[1])) {
			key, value, _ := strings.Cut(strings.TrimSpace(line), " ")
			fields[key] = strings.TrimSpace(value)
		}
		commands[fields["command_name"]] = fields["command_line"]
	}
	used := regexp.MustCompile(`(?m)^\s+check_command\s+([^!\s]+)`).FindStringSubmatch(text)
	if len(commands) != 2 || used == nil || commands[used[1]] == "" {
		t.Errorf("nagios.cfg has the commands %q, and uses %q", slices.Sorted(maps.Keys(commands)), used)
	}
	return commands
}

// icingaCommand is the command line that icinga2.conf makes when all its variables are set.
func icingaCommand(t *testing.T) string {
	t.Helper()
	text := recipe(t, "icinga2.conf")
	command := regexp.MustCompile(`command = \[ (.*) \]`).FindStringSubmatch(text)
	if command == nil {
		t.Fatal("icinga2.conf has no command")
	}
	words := strings.Split(strings.ReplaceAll(command[1], `"`, ""), ", ")
	for _, argument := range regexp.MustCompile(`"(--[a-z-]+)" = "\$(\w+)\$"`).FindAllStringSubmatch(text, -1) {
		value := "$" + argument[2] + "$"
		if set := regexp.MustCompile(`vars\.` + argument[2] + ` = "([^"]+)"\n`).FindStringSubmatch(text); set != nil {
			value = set[1]
		}
		words = append(words, argument[1], value)
	}
	return quoted(words...)
}

// checkTextfile runs kured's script for a cluster with etcd-3 down, and compares its metrics with the alerts.
func checkTextfile(t *testing.T, c *etcdtest.Cluster) {
	t.Parallel()
	w := newWorkshop(t, c)
	w.write("kured-textfile.sh", recipe(t, "kured-textfile.sh"))
	var rules struct {
		Groups []struct {
			Name  string
			Rules []struct {
				Alert, Expr         string
				Labels, Annotations map[string]string
			}
		}
	}
	decodeRecipe(t, "kured-rules.yaml", &rules)
	for member, want := range map[string]int{"etcd-2": 1, "etcd-3": 0, "etcd-9": 2} {
		if code, output, _ := w.run("./kured-textfile.sh . " + member); code != 0 || output != "" &&
			want != ExitNotDone {
			t.Errorf("%s: exit code %d: %s", member, code, output)
		}
		text, err := os.ReadFile(filepath.Join(w.folder, "etcdoc.prom"))
		if err != nil {
			t.Fatal(err)
		}
		values := map[string]float64{}
		for line := range strings.Lines(string(text)) {
			if name, value, is := strings.Cut(strings.TrimSpace(line), " "); is && name != "#" {
				if values[name], err = strconv.ParseFloat(value, 64); err != nil {
					t.Errorf("%s: %v", line, err)
				}
			}
		}
		age := time.Since(time.Unix(int64(values["etcdoc_can_lose_time_seconds"]), 0))
		if code, is := values["etcdoc_can_lose_code"]; !is || code != float64(want) || age < 0 || age > time.Minute {
			t.Errorf("%s: %v old, want the code %d:\n%s", member, age, want, text)
		}
		for _, rule := range rules.Groups[0].Rules {
			for _, name := range regexp.MustCompile(`etcdoc_\w+`).FindAllString(rule.Expr, -1) {
				if _, is := values[name]; !is {
					t.Errorf("%s asks for %s, which nobody writes", rule.Alert, name)
				}
			}
		}
	}
	if left, err := filepath.Glob(filepath.Join(w.folder, "etcdoc.??????")); err != nil || len(left) > 0 {
		t.Errorf("it leaves %q behind: %v", left, err)
	}
	checkKured(t, rules.Groups[0].Rules[0].Alert, rules.Groups[0].Rules[1].Alert)
}

// checkKured: the alerts that kured waits for are those of the rules.
func checkKured(t *testing.T, alerts ...string) {
	t.Helper()
	var patch struct {
		Spec struct {
			Template struct {
				Spec struct {
					Containers []struct {
						Name    string
						Command []string
					}
				}
			}
		}
	}
	decodeRecipe(t, "kured.yaml", &patch)
	flags := map[string]string{}
	for _, arg := range patch.Spec.Template.Spec.Containers[0].Command[1:] {
		name, value, _ := strings.Cut(arg, "=")
		flags[name] = value
	}
	filter := regexp.MustCompile(flags["--alert-filter-regexp"])
	if flags["--alert-filter-match-only"] != "true" || flags["--prometheus-url"] == "" || filter.MatchString("Watchdog") {
		t.Errorf("kured waits for more than these alerts: %q", flags)
	}
	for _, alert := range alerts {
		if !filter.MatchString(alert) {
			t.Errorf("%s does not block kured", alert)
		}
	}
}
