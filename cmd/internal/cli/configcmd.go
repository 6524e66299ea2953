package cli

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v3"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
	"github.com/etcdoc/etcdoc/thresholds/limits"
)

func newConfig(streams Streams, settings *Settings, connection *connectionFlags) *cobra.Command {
	var screen ScreenFlags
	var check checkFlags
	var serve serveFlags
	var defaults, sample bool
	var file string
	cmd := &cobra.Command{
		Use:   "config",
		Short: "Print the configuration in effect, with every rule and its limits",
		Args:  noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			rules := thresholds.Rules()
			if defaults && sample || file != "" && (defaults || sample) {
				return errors.New("--check, --defaults and --sample: give one of them")
			}
			name := changedFlag(cmd, new(connectionFlags).register, new(ScreenFlags).register, new(checkFlags).register,
				new(serveFlags).registerOwn)
			if name != "" && (defaults || sample || file != "") {
				return valueErrorf(name, "does not go with --defaults, --sample or --check")
			}
			if file != "" {
				values := &fileValues{settings, connection, &screen, &check, &serve}
				return values.report(cmd, streams, file)
			}
			defaults := defaults || sample
			if !defaults {
				var err error
				if rules, err = settings.Load(cmd.Flags(), streams.Err); err != nil {
					return err
				}
				if err := settings.one(cmd.Flags(), "the configuration in effect is that of"); err != nil {
					return err
				}
				if err := errors.Join(screen.Check(), connection.checkDomain()); err != nil {
					return settings.explain(err)
				}
			}
			var b strings.Builder
			if err := settings.print(&b, cmd.Flags(), rules); err != nil {
				return err
			}
			if !defaults {
				switch host, err := connection.host.find(settings.given(cmd.Flags())); {
				case err != nil:
					warnf(streams.Err, "%v", err)
				case host != nil:
					describeHost(&b, host)
				}
			}
			text := b.String()
			if sample {
				text = commentedOut(text) + sampleClusters
			}
			_, err := io.WriteString(streams.Out, text)
			return err
		},
	}
	screen.register(cmd.Flags())
	check.register(cmd.Flags())
	serve.registerOwn(cmd.Flags())
	cmd.Flags().BoolVar(&defaults, "defaults", false, "print the defaults alone")
	cmd.Flags().BoolVar(&sample, "sample", false, "print a configuration to begin with: the defaults, commented out")
	cmd.Flags().StringVar(&file, "check", "", "say what a run would refuse of a configuration `file`")
	return cmd
}

// commentedOut turns the lines of a configuration that set something into comments, without a space before the key.
func commentedOut(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		if strings.TrimSpace(line) != "" && !strings.HasPrefix(line, "#") {
			b.WriteString("#")
		}
		b.WriteString(line)
	}
	return b.String()
}

// sampleClusters ends a sample of a configuration.
const sampleClusters = `
# --- Several clusters, for --on: each with what leads to it, and limits of its own ---

#clusters:
#  prod:
#    endpoints: [https://10.0.0.1:2379]
#    cacert: /etc/etcd/prod/ca.crt
#    thresholds: {wal-fsync-slow: {warning: 50ms}}
#  staging:
#    endpoints: [https://10.1.0.1:2379]
`

// print writes the flags' values and the rules as a configuration file.
func (s *Settings) print(b *strings.Builder, flags *pflag.FlagSet, rules []thresholds.Rule) error {
	b.WriteString("# The configuration of etcdoc. What is left out has its default; flags and environment variables " +
		"win over it.\n")
	for _, section := range []struct {
		title    string
		register func(*pflag.FlagSet)
	}{
		{"Which cluster, and how to reach it", func(flags *pflag.FlagSet) {
			new(Settings).registerOn(flags)
			new(connectionFlags).register(flags)
		}},
		{"The dashboard", new(ScreenFlags).register},
		{"The check (--once)", new(checkFlags).register},
		{"The node agent (etcdoc serve)", new(serveFlags).registerOwn},
	} {
		fmt.Fprintf(b, "\n# --- %s ---\n\n", section.title)
		names := pflag.NewFlagSet("", pflag.ContinueOnError)
		names.SortFlags = false
		section.register(names)
		var errs []error
		names.VisitAll(func(f *pflag.Flag) {
			if f = flags.Lookup(f.Name); f != nil && !f.Hidden {
				errs = append(errs, s.printFlag(b, f))
			}
		})
		if err := errors.Join(errs...); err != nil {
			return err
		}
	}
	if len(s.named) > 0 {
		fmt.Fprintf(b, "\n# Clusters in %s, for --on: %s\n", s.path, strings.Join(s.named, ", "))
	}
	b.WriteString("\n# --- The rules: when a finding is a notice, a warning, critical ---\n\nthresholds:\n")
	b.WriteString(limits.Write(rules, thresholds.Rules()))
	return nil
}

// printFlag writes a flag's usage and value, commented out if it is empty. It leaves out passwords.
func (s *Settings) printFlag(b *strings.Builder, f *pflag.Flag) error {
	_, usage := pflag.UnquoteUsage(f)
	fmt.Fprintf(b, "# %s\n", usage)
	var value any
	switch list, isList := f.Value.(pflag.SliceValue); {
	case isList:
		value = redacted(list.GetSlice())
	case f.Value.Type() == "string":
		value = f.Value.String()
	default:
		value = yaml.Node{Kind: yaml.ScalarNode, Value: f.Value.String()}
	}
	switch f.Name {
	case "password", "auth-jwt-token":
		if value != "" {
			b.WriteString("# (one is set, and is not shown)\n")
			value = ""
		}
	case "can-remove":
		value = probe.Redacted(f.Value.String())
	case "user":
		value, _, _ = strings.Cut(f.Value.String(), ":")
	}
	if value == "" || isEmptyList(value) {
		fmt.Fprintf(b, "#%s:\n", f.Name)
		return nil
	}
	var node yaml.Node
	if err := node.Encode(value); err != nil {
		return fmt.Errorf("writing %s: %w", f.Name, err)
	}
	node.Style |= yaml.FlowStyle
	text, err := yaml.Marshal(map[string]*yaml.Node{f.Name: &node})
	if err != nil {
		return fmt.Errorf("writing %s: %w", f.Name, err)
	}
	b.WriteString(strings.TrimSuffix(string(text), "\n"))
	switch origin := s.origins[f.Name]; {
	case f.Changed:
		fmt.Fprintf(b, "  # set by --%s", f.Name)
	case origin != "":
		fmt.Fprintf(b, "  # set by %s", origin)
	}
	b.WriteByte('\n')
	return nil
}

func isEmptyList(value any) bool {
	list, is := value.([]string)
	return is && len(list) == 0
}
