package profile

import (
	"bytes"
	"errors"
	"fmt"
	"path"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

// A process is what a file says about a program that the host runs: its flags, by their names without dashes.
type process struct {
	file  string
	flags map[string]string
	// environment are further variables that are set for it.
	environment map[string]string
	// mounts are the host's paths of a container's volumes, by their paths in the container.
	mounts map[string]string
}

// hostPath returns the path on the host of a path that a process names.
func (p *process) hostPath(name string) string {
	if name == "" {
		return ""
	}
	best := ""
	for mount := range p.mounts {
		if within(mount, name) && len(mount) > len(best) {
			best = mount
		}
	}
	if best == "" {
		return name
	}
	return path.Join(p.mounts[best], strings.TrimPrefix(name, best))
}

// A pod is what etcdoc uses of a static pod's manifest.
type pod struct {
	Spec struct {
		Containers []container `yaml:"containers"`
		Volumes    []struct {
			Name     string `yaml:"name"`
			HostPath struct {
				Path string `yaml:"path"`
			} `yaml:"hostPath"`
		} `yaml:"volumes"`
	} `yaml:"spec"`
}

type container struct {
	Command []string `yaml:"command"`
	Args    []string `yaml:"args"`
	Env     []struct {
		Name  string `yaml:"name"`
		Value string `yaml:"value"`
	} `yaml:"env"`
	VolumeMounts []struct {
		Name      string `yaml:"name"`
		MountPath string `yaml:"mountPath"`
	} `yaml:"volumeMounts"`
}

// fromManifest returns how a static pod runs a program; nil if none of its containers does.
func fromManifest(file string, text []byte, program string) (*process, error) {
	var p pod
	if err := yaml.Unmarshal(text, &p); err != nil {
		return nil, fmt.Errorf("%s: it is no manifest of a pod: %w", file, err)
	}
	for _, c := range p.Spec.Containers {
		words := commandLine(append(append([]string{}, c.Command...), c.Args...))
		arguments, ok := argumentsOf(words, program)
		if !ok {
			continue
		}
		found := &process{file: file, environment: map[string]string{}, mounts: map[string]string{}}
		for _, variable := range c.Env {
			found.environment[variable.Name] = variable.Value
		}
		found.flags = parseFlags(arguments, found.environment)
		for _, mount := range c.VolumeMounts {
			for _, volume := range p.Spec.Volumes {
				if volume.Name == mount.Name && volume.HostPath.Path != "" {
					found.mounts[path.Clean(mount.MountPath)] = volume.HostPath.Path
				}
			}
		}
		return found, nil
	}
	return nil, nil
}

// commandLine splits the text of a shell script into words; it leaves a list of arguments alone.
func commandLine(words []string) (all []string) {
	for _, word := range words {
		if !strings.ContainsAny(word, " \n") || strings.HasPrefix(word, "--") && !strings.Contains(word, "\n") {
			all = append(all, word)
			continue
		}
		for part := range strings.FieldsSeq(strings.ReplaceAll(word, "\\\n", " ")) {
			all = append(all, strings.Trim(part, `"'`))
		}
	}
	return all
}

// argumentsOf returns the flags that follow a program's name: a script names other programs before and after it, each
// with flags of its own.
func argumentsOf(words []string, program string) (arguments []string, ok bool) {
	for i, word := range words {
		if path.Base(word) != program || i+1 < len(words) && !strings.HasPrefix(words[i+1], "-") {
			continue
		}
		for _, argument := range words[i+1:] {
			if argument == "||" || argument == "&&" || argument == ";" || argument == "|" || argument == "&" {
				break
			}
			arguments = append(arguments, argument)
		}
		return arguments, true
	}
	return nil, false
}

var variable = regexp.MustCompile(`\$(?:\{(\w+)\}|\((\w+)\)|(\w+))`)

// parseFlags reads --name=value, --name value and --name. It fills in variables; a flag with an unknown one is left
// out, because its value is not known.
func parseFlags(arguments []string, environment map[string]string) map[string]string {
	flags := make(map[string]string)
	for i := 0; i < len(arguments); i++ {
		if !strings.HasPrefix(arguments[i], "-") {
			continue
		}
		name, value, set := strings.Cut(strings.TrimLeft(arguments[i], "-"), "=")
		switch {
		case set:
		case i+1 < len(arguments) && !strings.HasPrefix(arguments[i+1], "-"):
			i++
			value = arguments[i]
		default:
			value = "true"
		}
		if value, known := expand(strings.Trim(value, `"'`), environment); known {
			flags[name] = value
		}
	}
	return flags
}

func expand(text string, environment map[string]string) (expanded string, known bool) {
	known = true
	expanded = variable.ReplaceAllStringFunc(text, func(match string) string {
		name := strings.Trim(match, "${}()")
		value, ok := environment[name]
		known = known && ok
		return value
	})
	return expanded, known
}

// etcdPrefix begins the environment variables that set etcd's flags.
const etcdPrefix = "ETCD_"

// withEnvironment adds the flags of etcd that ETCD_ variables set and its command line doesn't.
func withEnvironment(flags, environment map[string]string) map[string]string {
	all := make(map[string]string)
	for name, value := range environment {
		if rest, ok := strings.CutPrefix(name, etcdPrefix); ok {
			all[strings.ToLower(strings.ReplaceAll(rest, "_", "-"))] = value
		}
	}
	for name, value := range flags {
		all[name] = value
	}
	return all
}

// fromEnvironmentFile reads lines of NAME=value, as systemd and shells do.
func fromEnvironmentFile(text []byte) map[string]string {
	variables := make(map[string]string)
	for line := range strings.Lines(string(text)) {
		line = strings.TrimPrefix(strings.TrimSpace(line), "export ")
		if strings.HasPrefix(line, "#") {
			continue
		}
		if name, value, ok := strings.Cut(line, "="); ok {
			variables[strings.TrimSpace(name)] = strings.Trim(strings.TrimSpace(value), `"'`)
		}
	}
	return variables
}

// tlsSections are the mappings in etcd's configuration file whose keys are flags with a prefix.
var tlsSections = map[string]string{"client-transport-security": "", "peer-transport-security": "peer-"}

// fromConfigFile reads etcd's own configuration file (--config-file).
func fromConfigFile(file string, text []byte) (map[string]string, error) {
	var keys map[string]yaml.Node
	if err := yaml.NewDecoder(bytes.NewReader(text)).Decode(&keys); err != nil {
		return nil, fmt.Errorf("%s: it is no configuration of etcd: %w", file, err)
	}
	flags := make(map[string]string)
	for key, node := range keys {
		if prefix, ok := tlsSections[key]; ok && node.Kind == yaml.MappingNode {
			addScalars(flags, prefix, &node)
			continue
		}
		flags[key] = valueOf(&node)
	}
	return flags, nil
}

func addScalars(flags map[string]string, prefix string, mapping *yaml.Node) {
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		flags[prefix+mapping.Content[i].Value] = valueOf(mapping.Content[i+1])
	}
}

// valueOf returns a value as a flag would have it: a list with commas, a mapping as name=value.
func valueOf(node *yaml.Node) string {
	var parts []string
	switch node.Kind {
	case yaml.SequenceNode:
		for _, item := range node.Content {
			parts = append(parts, item.Value)
		}
	case yaml.MappingNode:
		for i := 0; i+1 < len(node.Content); i += 2 {
			parts = append(parts, node.Content[i].Value+"="+node.Content[i+1].Value)
		}
	default:
		if node.Tag == "!!null" {
			return ""
		}
		return node.Value
	}
	return strings.Join(parts, ",")
}

// unitOf returns the flags and the environment files that a systemd unit starts etcd with.
func unitOf(text []byte) (arguments, environmentFiles []string, environment map[string]string) {
	environment = make(map[string]string)
	lines := strings.ReplaceAll(string(text), "\\\n", " ")
	for line := range strings.Lines(lines) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		switch key {
		case "ExecStart":
			if words, ok := argumentsOf(commandLine([]string{strings.TrimLeft(value, "-@:+!") + " "}), "etcd"); ok {
				arguments = words
			}
		case "EnvironmentFile":
			environmentFiles = append(environmentFiles, strings.TrimPrefix(value, "-"))
		case "Environment":
			for pair := range strings.FieldsSeq(value) {
				if name, value, ok := strings.Cut(strings.Trim(pair, `"'`), "="); ok {
					environment[name] = value
				}
			}
		}
	}
	return arguments, environmentFiles, environment
}

var errNoEtcd = errors.New("nothing in it runs etcd")
