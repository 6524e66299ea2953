package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

// A clusterResult is what a check says of one of several clusters.
type clusterResult struct {
	name       string
	assessment thresholds.Assessment
	reply      reply
	err        error // why it could not be checked
	code       int
}

// several returns the clusters of the configuration file that --on names; nil unless it names more than one.
func (s *Settings) several(flags *pflag.FlagSet) ([]string, error) {
	on := flags.Lookup(onFlag).Value.String()
	switch {
	case on == allClusters && len(s.named) == 0:
		return nil, s.explain(s.noCluster(on))
	case on == allClusters:
		return s.named, nil
	case !strings.Contains(on, ","):
		return nil, nil
	}
	var names []string
	for name := range strings.SplitSeq(on, ",") {
		name = strings.TrimSpace(name)
		if !slices.Contains(s.named, name) {
			return nil, s.explain(s.noCluster(name))
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names, nil
}

// one returns an error if --on names several clusters. what is the beginning of its sentence about what takes only one,
// such as "a plan is about".
func (s *Settings) one(flags *pflag.FlagSet, what string) error {
	names, err := s.several(flags)
	if names != nil {
		return valueErrorf(onFlag, "%q: %s one cluster: name one of %s", s.on, what, strings.Join(s.named, ", "))
	}
	return err
}

// checkSeveral returns an error if a flag can't be about several clusters.
func (s *Settings) checkSeveral(flags *pflag.FlagSet, check *checkFlags, names []string) error {
	given := s.given(flags)
	for _, flag := range []string{"can-lose", "can-remove", "wait", "stable", "input", "endpoints", "discovery-srv"} {
		// Endpoints of the environment or of the file's top don't count for a cluster that has its own.
		if ofCluster(flag) && flags.Changed(flag) || !ofCluster(flag) && given(flag) {
			return valueErrorf(flag, "is about one cluster: --on names %d", len(names))
		}
	}
	if check.output == "nagios" {
		return valueErrorf("output", "nagios is about one cluster: make a command for each, with --on NAME")
	}
	return nil
}

// checkClusters checks several clusters at the same time. It prints a line for each, the worst first, and exits with
// the code of the worst.
func checkClusters(cmd *cobra.Command, streams Streams, settings *Settings, check *checkFlags, names []string) error {
	if err := settings.checkSeveral(cmd.Flags(), check, names); err != nil {
		return err
	}
	results := make([]clusterResult, len(names))
	var checks sync.WaitGroup
	for i, name := range names {
		c, err := prepareCluster(cmd, settings, check, name) // one after the other: they share the command's flags
		if err != nil {
			results[i] = clusterResult{name: name, err: err, code: ExitNotDone}
			continue
		}
		checks.Go(func() { results[i] = c.check(cmd.Context()) })
	}
	checks.Wait()
	if err := cmd.Context().Err(); err != nil {
		return errors.New("interrupted")
	}
	slices.SortStableFunc(results, func(a, b clusterResult) int {
		return cmp.Or(cmp.Compare(b.rank(), a.rank()), cmp.Compare(b.assessment.Level, a.assessment.Level))
	})
	if err := printClusters(streams.Out, check.output, results); err != nil {
		return err
	}
	if worst := results[0].code; worst != ExitHealthy {
		return exit{worst}
	}
	return nil
}

// A clusterCheck is a check of one of several clusters, ready to run.
type clusterCheck struct {
	*clusterSetup
	name      string
	question  *question
	window    time.Duration
	stopEarly bool
}

// prepareCluster prepares the check of one cluster: by its section of the configuration, which the flags of the command
// line override.
func prepareCluster(cmd *cobra.Command, settings *Settings, check *checkFlags, name string) (*clusterCheck, error) {
	every := func(string) bool { return true }
	c, err := setUpCluster(cmd.Context(), cmd.Flags(), settings.file, name, every, io.Discard)
	if err != nil {
		return nil, err
	}
	q, err := check.question(cmd.Flags().Changed, &c.connection)
	if err != nil {
		return nil, err
	}
	c.connection.host.readBackupsAtOnce()
	c.config.Interval, c.config.HashKV = check.window, check.hash
	return &clusterCheck{c, name, q, check.window, !cmd.Flags().Changed("window")}, nil
}

func (c *clusterCheck) check(ctx context.Context) clusterResult {
	r := clusterResult{name: c.name, code: ExitNotDone}
	prober, err := probe.New(c.config)
	if err != nil {
		r.err = c.settings.explain(err)
		return r
	}
	defer prober.Close()
	checker := newChecker(prober, c.rules, c.window, c.config.CommandTimeout)
	c.question.judge = checker.evaluator
	r.assessment, r.err = checker.check(ctx, c.stopEarly, c.question)
	if r.err == nil {
		r.code = c.question.code(&r.assessment)
		r.reply = c.question.verdict(&r.assessment)
		r.assessment = *c.question.answered(&r.assessment)
	}
	return r
}

// rank orders exit codes: unhealthy is worse than not checked, which is worse than healthy.
func (r *clusterResult) rank() int {
	return slices.Index([]int{ExitHealthy, ExitNotDone, ExitUnhealthy}, r.code)
}

// level is the word for the cluster's level; "?" if it could not be checked.
func (r *clusterResult) level() string {
	if r.err != nil {
		return thresholds.Unknown.Word()
	}
	if r.reply != (reply{}) {
		return r.reply.word
	}
	return r.assessment.Level.Word()
}

// text says in a line how the cluster is.
func (r *clusterResult) text() string {
	if r.err != nil {
		return strings.Join(messages(r.err), "; ")
	}
	if r.reply != (reply{}) {
		return r.reply.text
	}
	c := &r.assessment.Cluster
	text := c.Margin + ". " + r.assessment.Reading.Headline
	if step := r.assessment.Reading.Step; step != "" && r.assessment.Level > thresholds.Notice {
		text += ". Next: " + step
	}
	return text
}

// printClusters writes the results in a format of the check.
func printClusters(w io.Writer, format string, results []clusterResult) error {
	switch format {
	case "json":
		return writeJSON(w, documentOf(results))
	case "yaml":
		return writeYAML(w, documentOf(results))
	}
	width, levels := 0, 4
	for i := range results {
		width, levels = max(width, len([]rune(results[i].name))), max(levels, len(results[i].level()))
	}
	for i := range results {
		r := &results[i]
		if _, err := fmt.Fprintf(w, "%-*s  %s  %s\n", levels, r.level(), pad(r.name, width, false), r.text()); err != nil {
			return err
		}
	}
	return nil
}

// A clustersDocument is the JSON of a check of several clusters.
type clustersDocument struct {
	Schema   string            `json:"schema"`
	Clusters []clusterDocument `json:"clusters"`
}

// A clusterDocument is the document of one cluster among several.
type clusterDocument struct {
	On string `json:"on"`
	// ExitCode is that of a check of this cluster alone.
	ExitCode   int                    `json:"exit_code"`
	Error      string                 `json:"error,omitempty"`
	Assessment *thresholds.Assessment `json:"assessment,omitempty"`
}

func documentOf(results []clusterResult) clustersDocument {
	document := clustersDocument{Schema: "etcdoc/v1"}
	for i := range results {
		r := &results[i]
		one := clusterDocument{On: r.name, ExitCode: r.code}
		if r.err != nil {
			one.Error = strings.Join(messages(r.err), "; ")
		} else {
			one.Assessment = &r.assessment
		}
		document.Clusters = append(document.Clusters, one)
	}
	return document
}
