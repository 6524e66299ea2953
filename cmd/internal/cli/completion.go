package cli

import (
	"context"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
	"github.com/etcdoc/etcdoc/tui"
)

// completionPatience is how long a shell's user waits, after the tabulator, for the names of members.
const completionPatience = time.Second

// isCompletion reports whether arguments are a shell's request for what completes.
func isCompletion(args []string) bool {
	return len(args) > 0 && (args[0] == cobra.ShellCompRequestCmd || args[0] == cobra.ShellCompNoDescRequestCmd)
}

// complete has the shell offer values for a command's flags, and files for none but those that name one.
func complete(cmd *cobra.Command, settings *Settings, connection *connectionFlags) {
	words := map[string][]string{
		"profile": profileNames(), "output": {"table", "wide", "json", "yaml", "nagios"},
		"fail-on": {"notice", "unknown", "warning", "critical"},
		"color":   {string(tui.ColorAuto), string(tui.ColorAlways), string(tui.ColorNever)},
		"theme":   texts(tui.Themes()), "glyphs": texts(tui.GlyphSets()), "units": texts(tui.AllUnits()),
		"sort": texts(tui.Sorts()), "scale": texts(tui.Scales()),
	}
	members := func(cmd *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
		return inList(memberNames(cmd, settings, connection), typed), cobra.ShellCompDirectiveNoFileComp
	}
	offer := func(f *pflag.Flag) {
		function := cobra.NoFileCompletions
		switch {
		case f.Name == "can-lose":
			function = members
		case f.Name == "can-remove":
			function = func(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
				return memberNames(cmd, settings, connection), cobra.ShellCompDirectiveNoFileComp
			}
		case f.Name == onFlag:
			function = func(cmd *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
				_, _ = settings.Load(cmd.Flags(), io.Discard) // what could be read is offered
				names := inList(settings.named, typed)
				if !strings.Contains(typed, ",") {
					names = append(names, allClusters)
				}
				return names, cobra.ShellCompDirectiveNoFileComp
			}
		case f.Name == "hide-columns":
			function = func(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
				return inList(tui.HideableColumns(), typed), cobra.ShellCompDirectiveNoFileComp
			}
		case words[f.Name] != nil:
			function = cobra.FixedCompletions(words[f.Name], cobra.ShellCompDirectiveNoFileComp)
		case namesPath(f):
			return
		}
		_ = cmd.RegisterFlagCompletionFunc(f.Name, function) // it fails only for a flag that has one already
	}
	cmd.PersistentFlags().VisitAll(offer)
	cmd.LocalNonPersistentFlags().VisitAll(offer)
	if cmd.ValidArgsFunction == nil && len(cmd.ValidArgs) == 0 {
		cmd.ValidArgsFunction = cobra.NoFileCompletions
	}
	for _, sub := range cmd.Commands() {
		complete(sub, settings, connection)
	}
}

// inList are the names that go on a list of names with commas as far as it is typed, behind what is typed of it.
func inList(names []string, typed string) (lists []string) {
	before := typed[:strings.LastIndexByte(typed, ',')+1]
	listed := strings.Split(before, ",")
	for _, name := range names {
		if !slices.Contains(listed, name) {
			lists = append(lists, before+name)
		}
	}
	return lists
}

// planWordsAt returns the words that may stand at the end of a plan, whose text is args and then typed. It asks for
// members only where a name may stand.
func planWordsAt(args []string, typed string, members func() []string) (words []string) {
	text := strings.Join(append(slices.Clone(args), typed), " ")
	step := text[strings.LastIndexAny(text, ";\n")+1:]
	word := step[strings.LastIndexAny(step, " \t")+1:]
	switch before := strings.Fields(step[:len(step)-len(word)]); {
	case len(before) == 0:
		words = texts(thresholds.PlanVerbs())
	case len(before) == 2 && before[0] == string(thresholds.PlanAdd):
		words = []string{thresholds.AsLearner}
	case len(before) == 1 && before[0] != string(thresholds.PlanAdd):
		words = members()
	}
	for i := range words {
		words[i] = typed[:len(typed)-len(word)] + words[i]
	}
	return words
}

// namesPath reports whether a flag's value is a file or a folder, as its usage says.
func namesPath(f *pflag.Flag) bool {
	name, _ := pflag.UnquoteUsage(f)
	return name == "file" || name == "path" || name == "folder"
}

func texts[T ~string](all []T) []string {
	words := make([]string, len(all))
	for i, word := range all {
		words[i] = string(word)
	}
	return words
}

// memberNames returns the names of the members that the flags so far lead to. It asks nobody for a password, and says
// nothing where it fails: the shell has no place for that.
func memberNames(cmd *cobra.Command, settings *Settings, connection *connectionFlags) (names []string) {
	ctx, cancel := context.WithTimeout(cmd.Context(), completionPatience)
	defer cancel()
	if _, err := settings.Load(cmd.Flags(), io.Discard); err != nil {
		return nil
	}
	silent := NewStreams(ctx, strings.NewReader(""), io.Discard, io.Discard)
	config, err := connection.config(ctx, silent, settings.given(cmd.Flags()))
	if err != nil {
		return nil
	}
	prober, err := probe.New(config)
	if err != nil {
		return nil
	}
	defer prober.Close()
	sweep, err := prober.Next(ctx)
	if err != nil {
		return nil
	}
	sweep = sweep.Printable()
	for i := range sweep.Members {
		if m := &sweep.Members[i]; m.Listed {
			names = append(names, m.Label())
		}
	}
	return names
}
