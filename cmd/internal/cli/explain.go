package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/etcdoc/etcdoc/assets"
	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
	"github.com/etcdoc/etcdoc/thresholds/limits"
)

func newExplain(streams Streams, settings *Settings) *cobra.Command {
	return &cobra.Command{
		Use:   "explain [RULE|CAUSE]",
		Short: "Print the runbook of a rule or a cause: what it means, how to confirm it, what to do",
		Long: `explain prints the runbook of a rule or a cause, as findings and readings name
them ("help" in the JSON): what it means and from which limits on, how to confirm
it, what to do, what not to do, and the sources. It asks nobody. Without an
argument it lists all of them.`,
		Example: `  etcdoc explain
  etcdoc explain wal-fsync-slow
  etcdoc explain $(etcdoc check -o json | jq -r .reading.help)`,
		Args:              atMostOne,
		ValidArgsFunction: completing(explained),
		RunE: func(cmd *cobra.Command, args []string) error {
			width := widthOf(streams.Out)
			if len(args) == 0 {
				_, err := io.WriteString(streams.Out, runbookList(width))
				return err
			}
			id := strings.ToLower(args[0])
			if _, is := assets.RunbookOf(id); !is {
				return unknownName("rule or cause", args[0], explained(), cmd.CommandPath())
			}
			rules, err := settings.Load(cmd.Flags(), streams.Err)
			if err != nil { // in an incident, a page with the default limits is better than none
				warnf(streams.Err, "the limits below are the defaults: %v", err)
				rules = thresholds.Rules()
			}
			_, err = io.WriteString(streams.Out, runbookPage(id, rules, width))
			return err
		},
	}
}

// completing completes the first argument with names, which are made only then.
func completing(names func() []string) cobra.CompletionFunc {
	return func(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return names(), cobra.ShellCompDirectiveNoFileComp
	}
}

// atMostOne rejects a second argument.
func atMostOne(cmd *cobra.Command, args []string) error {
	if len(args) <= 1 {
		return nil
	}
	return fmt.Errorf("%s takes one argument, got %q too", cmd.CommandPath(), probe.Redacted(args[1]))
}

// unknownName is the error about an argument that is none of the names.
func unknownName(kind, name string, names []string, command string) error {
	near := limits.Nearest(strings.ToLower(name), names)
	if len(near) == 0 {
		return fmt.Errorf("no %s %.60q (%s lists them all)", kind, probe.Redacted(name), command)
	}
	return fmt.Errorf("no %s %.60q: want %s (%s lists them all)", kind, probe.Redacted(name),
		strings.Join(near, ", "), command)
}

// explained returns the ids of all rules and causes, each once.
func explained() []string {
	ids := append(ruleIDs(), causeIDs()...)
	slices.Sort(ids)
	return slices.Compact(ids)
}

func ruleIDs() (ids []string) {
	for _, r := range thresholds.Rules() {
		ids = append(ids, string(r.ID))
	}
	return ids
}

func causeIDs() (ids []string) {
	for _, cause := range thresholds.Causes() {
		ids = append(ids, string(cause))
	}
	return ids
}

// runbookList lists the rules in the order of their table, then the causes.
func runbookList(width int) string {
	b := &paragraphs{width: width}
	list := func(title string, ids []string) {
		b.add("", title)
		for _, id := range ids {
			page, _ := assets.RunbookOf(id)
			b.add("  "+pad(id, longestID, false)+"  ", page.Meaning)
		}
	}
	list("Rules, which findings name:", ruleIDs())
	b.WriteByte('\n')
	list("Causes, which readings name:", causeIDs())
	return b.String()
}

// longestID is the length of the longest id.
const longestID = len(thresholds.ClientCertificateExpires)
