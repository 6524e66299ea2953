package cli

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

// A clusterSetup is how to look at one of the clusters of the configuration file.
type clusterSetup struct {
	settings   *Settings
	connection connectionFlags
	config     probe.Config
	rules      []thresholds.Rule
	// title is what to call it on the screen.
	title string
	// reach are the flags with which another etcdoc reaches it.
	reach []string
}

// setUpCluster reads how to look at a cluster of the configuration file. The flags of the command line that count for
// it go before what the file says. Nobody is asked for a password; remarks go to stderr.
func setUpCluster(
	ctx context.Context, commandLine *pflag.FlagSet, file, name string, counts func(flag string) bool, stderr io.Writer,
) (*clusterSetup, error) {
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	c := &clusterSetup{settings: &Settings{file: file}}
	c.register(flags)
	var copying error
	commandLine.Visit(func(f *pflag.Flag) {
		if to := flags.Lookup(f.Name); to != nil && counts(f.Name) {
			copying = errors.Join(copying, copyFlag(to, f))
		}
	})
	if err := errors.Join(copying, flags.Set(onFlag, name)); err != nil {
		return nil, err
	}
	var err error
	if c.rules, err = c.settings.Load(flags, stderr); err != nil {
		return nil, err
	}
	silent := NewStreams(ctx, strings.NewReader(""), io.Discard, stderr) // a prompt would come at a bad time
	if c.config, err = c.connection.config(ctx, silent, c.settings.given(flags)); err != nil {
		return nil, c.settings.explain(err)
	}
	c.reach = c.connection.commandLine(flags)
	return c, nil
}

// register adds the flags that a cluster's section may set, and those that choose it.
func (c *clusterSetup) register(flags *pflag.FlagSet) {
	c.connection.register(flags)
	c.settings.Register(flags)
	flags.StringVar(&c.title, "name", "", "")
}

// copyFlag gives a flag the value of another one, as if the command line had.
func copyFlag(to, from *pflag.Flag) error {
	to.Changed = true
	if list, is := from.Value.(pflag.SliceValue); is {
		return to.Value.(pflag.SliceValue).Replace(list.GetSlice())
	}
	return to.Value.Set(from.Value.String())
}

// aboutAnyCluster reports whether a flag of the command line also counts for clusters that it does not name: all others
// say which cluster to look at, and what to trust it with.
func aboutAnyCluster(flag string) bool {
	return slices.Contains([]string{"config", "dial-timeout", "command-timeout"}, flag)
}
