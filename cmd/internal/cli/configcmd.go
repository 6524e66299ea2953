package cli

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v3"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/probe/profile"
	"github.com/etcdoc/etcdoc/thresholds"
	"github.com/etcdoc/etcdoc/thresholds/limits"
)

func newConfig(streams Streams, settings *Settings, connection *connectionFlags) *cobra.Command {
	c := &configCommand{settings: settings, connection: connection}
	cmd := &cobra.Command{
		Use:   "config",
		Short: "Print the configuration in effect, with every rule and its limits",
		Args:  noArguments,
		RunE:  func(cmd *cobra.Command, _ []string) error { return c.run(cmd, streams) },
	}
	c.screen.register(cmd.Flags())
	c.check.register(cmd.Flags())
	c.serve.registerOwn(cmd.Flags())
	cmd.Flags().BoolVar(&c.defaults, "defaults", false, "print the defaults alone")
	cmd.Flags().BoolVar(&c.sample, "sample", false, "print a configuration to begin with: the defaults, commented out")
	cmd.Flags().StringVar(&c.file, "check", "", "say what a run would refuse of a configuration `file`")
	return cmd
}

// A configCommand prints the configuration in effect, the defaults, or what is wrong with a file.
type configCommand struct {
	settings   *Settings
	connection *connectionFlags
	screen     ScreenFlags
	check      checkFlags
	serve      serveFlags
	// defaults, sample and file exclude each other: what to print, or to check, other than what is in effect.
	defaults, sample bool
	file             string
}

func (c *configCommand) run(cmd *cobra.Command, streams Streams) error {
	if err := c.checkFlags(cmd); err != nil {
		return err
	}
	if c.file != "" {
		values := &fileValues{c.settings, c.connection, &c.screen, &c.check, &c.serve}
		return values.report(cmd, streams, c.file)
	}
	var b strings.Builder
	if c.defaults || c.sample {
		if err := c.settings.print(&b, cmd.Flags(), thresholds.Rules()); err != nil {
			return err
		}
	} else if err := c.printInEffect(&b, cmd, streams); err != nil {
		return err
	}
	text := b.String()
	if c.sample {
		text = commentedOut(text) + sampleClusters
	}
	_, err := io.WriteString(streams.Out, text)
	return err
}

// checkFlags returns an error if flags of the command exclude each other.
func (c *configCommand) checkFlags(cmd *cobra.Command) error {
	if c.defaults && c.sample || c.file != "" && (c.defaults || c.sample) {
		return errors.New("--check, --defaults and --sample: give one of them")
	}
	name := changedFlag(cmd, new(connectionFlags).register, new(ScreenFlags).register, new(checkFlags).register,
		new(serveFlags).registerOwn)
	if name != "" && (c.defaults || c.sample || c.file != "") {
		return valueErrorf(name, "does not go with --defaults, --sample or --check")
	}
	return nil
}

// printInEffect prints the configuration in effect, and what was found of etcd on this host.
func (c *configCommand) printInEffect(b *strings.Builder, cmd *cobra.Command, streams Streams) error {
	rules, err := c.settings.Load(cmd.Flags(), streams.Err)
	if err != nil {
		return err
	}
	if err := c.settings.one(cmd.Flags(), "the configuration in effect is that of"); err != nil {
		return err
	}
	if err := errors.Join(c.screen.Check(), c.connection.checkDomain(c.settings.given(cmd.Flags()))); err != nil {
		return c.settings.explain(err)
	}
	given := c.settings.given(cmd.Flags())
	host, err := c.connection.host.find(given)
	if err := cmp.Or(err, c.connection.host.hidden); err != nil {
		warnf(streams.Err, "%v", err)
	}
	c.settings.found = foundValues(host, given)
	if err := c.settings.print(b, cmd.Flags(), rules); err != nil {
		return err
	}
	if host != nil {
		describeHost(b, host)
	}
	return nil
}

// foundValue is what this host's files say of a flag that is not given, and which layout they have.
type foundValue struct {
	value  any
	layout profile.Name
}

// foundValues are what is taken from a host's files.
func foundValues(host *profile.Host, given func(flag string) bool) map[string]foundValue {
	if host == nil {
		return nil
	}
	var config probe.Config
	adopt(&config, host, given)
	found := make(map[string]foundValue)
	for name, value := range map[string]string{
		"cacert": config.TLS.CAFile, "cert": config.TLS.CertFile, "key": config.TLS.KeyFile,
	} {
		if value != "" {
			found[name] = foundValue{value, host.Profile}
		}
	}
	if len(config.Endpoints) > 0 {
		found["endpoints"] = foundValue{config.Endpoints, host.Profile}
	}
	return found
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
				errs = append(errs, s.printFlag(b, f, userHasPassword(flags)))
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

// printFlag writes a flag's usage and value, commented out if it is empty, or if a file with it would keep a run from
// taking what the host's files say. It leaves out passwords, and says where there is one: userHasPassword is about
// --user.
func (s *Settings) printFlag(b *strings.Builder, f *pflag.Flag, userHasPassword bool) error {
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
		by := ""
		if value != "" {
			by = f.Name
		} else if f.Name == "password" && userHasPassword {
			by = "user"
		}
		if by != "" {
			fmt.Fprintf(b, "# (one is set by %s, and is not shown)\n", cmp.Or(s.origins[by], "--"+by))
		}
		value = ""
	case "can-remove":
		value = probe.Redacted(f.Value.String())
	case "user":
		value, _, _ = strings.Cut(f.Value.String(), ":")
	}
	found, isFound := s.found[f.Name]
	if isFound {
		value = found.value
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
	line := strings.TrimSuffix(string(text), "\n")
	switch origin := s.origins[f.Name]; {
	case f.Changed:
		line += "  # set by --" + f.Name
	case origin != "":
		line += "  # set by " + origin
	case isFound:
		line = "#" + line + "  # found by the profile " + string(found.layout)
	case f.Name == "endpoints":
		line = "#" + line + "  # unless the etcd of this host is found"
	}
	b.WriteString(line + "\n")
	return nil
}

func isEmptyList(value any) bool {
	list, is := value.([]string)
	return is && len(list) == 0
}
