package cli

import (
	"context"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/pflag"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/tui"
)

// A switcher opens clusters of the configuration file for the dashboard, which closes each once it shows another one.
type switcher struct {
	names       []string
	current     string
	commandLine *pflag.FlagSet
	file        string
	interval    time.Duration
	// endFirst ends the source of the cluster that etcdoc was started for.
	endFirst func()
	// log gets remarks and what onChange writes, the command of --on-change; empty for none.
	log      io.Writer
	onChange string

	mu    sync.Mutex // guards the rest; one cluster is opened at a time
	known map[string]*switched
	ends  []func() // that end the sources
}

// switched is a cluster that was opened at least once.
type switched struct {
	setup   *clusterSetup
	changes *onChange // nil without --on-change
}

// newSwitcher returns what switches from the cluster that etcdoc was started for; nil if the file has no other one.
func newSwitcher(settings *Settings, commandLine *pflag.FlagSet, first *clusterSetup, endFirst func()) *switcher {
	if len(settings.named) == 0 {
		return nil
	}
	s := &switcher{
		names: settings.named, current: settings.on, commandLine: commandLine, file: settings.file, endFirst: endFirst,
		interval: first.config.Interval, known: make(map[string]*switched),
	}
	if s.current == "" { // the one of the flags, the environment, or the top of the file
		s.current = strings.Join(redacted(first.config.Endpoints), ", ")
		if first.title != "" {
			s.current = first.title
		}
		if slices.Contains(s.names, s.current) {
			s.current += " (at the start)"
		}
		s.names = append([]string{s.current}, s.names...)
	}
	s.known[s.current] = &switched{setup: first}
	return s
}

// begin tells the switcher where remarks go, and what runs --on-change for the first cluster; nil for nothing.
func (s *switcher) begin(log io.Writer, onChange string, run *onChange) {
	s.log, s.onChange, s.known[s.current].changes = log, onChange, run
}

// Names returns the clusters of the file, behind the one that etcdoc was started for if that is none of them.
func (s *switcher) Names() []string { return s.names }

// Current returns the cluster that etcdoc was started for.
func (s *switcher) Current() string { return s.current }

// Open prepares to look at a cluster: as its section says, or as it was opened before.
func (s *switcher) Open(ctx context.Context, name string) (tui.Target, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.known[name]
	if c == nil {
		setup, err := setUpCluster(ctx, s.commandLine, s.file, name, aboutAnyCluster, s.log)
		if err != nil {
			return tui.Target{}, err
		}
		setup.config.Interval = s.interval
		c = &switched{setup: setup}
	}
	prober, err := probe.New(c.setup.config)
	if err != nil {
		return tui.Target{}, c.setup.settings.explain(err)
	}
	if c.changes == nil && s.onChange != "" {
		c.changes = newOnChange(s.onChange, s.log).start()
	}
	s.known[name] = c
	end := sync.OnceFunc(prober.Close)
	s.ends = append(s.ends, end)
	target := c.setup.target(prober, prober)
	target.Close = end
	if c.changes != nil {
		target.Changes = c.changes
	}
	return target, nil
}

// Close ends all that is still open.
func (s *switcher) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, end := range s.ends {
		end()
	}
	for _, c := range s.known {
		if c.changes != nil {
			c.changes.Close()
		}
	}
}

// target is the cluster as the dashboard shows it.
func (c *clusterSetup) target(source probe.Source, poller tui.Poller) tui.Target {
	return tui.Target{
		Source: source, Poller: poller, Rules: c.rules, Cluster: c.title, Endpoints: c.config.Endpoints,
		Reach: c.reach, Unverified: c.connection.insecureSkipVerify, Space: estimatorOf(source),
	}
}
