package cli

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"unicode"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

func newMan(streams Streams) *cobra.Command {
	return &cobra.Command{
		Use:   "man [DIRECTORY]",
		Short: "Write etcdoc's man page to standard output, or those of all commands to a directory",
		Example: `  etcdoc man | man -l -
  etcdoc man /usr/local/share/man/man1`,
		Args: atMostOne,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				_, err := io.WriteString(streams.Out, manPage(cmd.Root()))
				return err
			}
			if err := writeManPages(args[0], cmd.Root()); err != nil {
				return fmt.Errorf("writing the man pages: %w", err)
			}
			return nil
		},
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return nil, cobra.ShellCompDirectiveFilterDirs
		},
	}
}

// writeManPages writes the page of a command and of those below it, as files of a directory that it makes.
func writeManPages(dir string, cmd *cobra.Command) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	path := filepath.Join(dir, manName(cmd)+".1")
	if err := os.WriteFile(path, []byte(manPage(cmd)), 0o644); err != nil { //nolint:gosec // everybody may read it
		return err
	}
	for _, sub := range pagesBelow(cmd) {
		if err := writeManPages(dir, sub); err != nil {
			return err
		}
	}
	return nil
}

// pagesBelow are the commands below another that have pages.
func pagesBelow(cmd *cobra.Command) (all []*cobra.Command) {
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() && !sub.IsAdditionalHelpTopicCommand() {
			all = append(all, sub)
		}
	}
	return all
}

func manName(cmd *cobra.Command) string { return strings.ReplaceAll(cmd.CommandPath(), " ", "-") }

// manPage is a command's page, in the macros of man(7). It has no date, so that every build writes the same.
func manPage(cmd *cobra.Command) string {
	cmd.InitDefaultHelpFlag()
	var b strings.Builder
	fmt.Fprintf(&b, ".TH %q 1 \"\" %q etcdoc\n.nh\n.ad l\n", strings.ToUpper(manName(cmd)), "etcdoc "+Version())
	fmt.Fprintf(&b, ".SH NAME\n%s \\- %s\n", roff(manName(cmd)), roff(cmd.Short))
	fmt.Fprintf(&b, ".SH SYNOPSIS\n\\fB%s\\fR\n", roff(cmd.UseLine()))
	if cmd.Long != "" {
		b.WriteString(".SH DESCRIPTION\n" + roffText(cmd.Long))
	}
	if cmd.Example != "" {
		b.WriteString(".SH EXAMPLES\n" + roffText(cmd.Example))
	}
	b.WriteString(roffFlags("OPTIONS", cmd.NonInheritedFlags()))
	b.WriteString(roffFlags("GLOBAL OPTIONS", cmd.InheritedFlags()))
	var also []string
	if cmd.HasParent() {
		also = append(also, manName(cmd.Parent()))
	}
	for _, sub := range pagesBelow(cmd) {
		also = append(also, manName(sub))
	}
	for i, name := range also {
		also[i] = "\\fB" + roff(name) + "\\fR(1)"
	}
	if len(also) > 0 {
		b.WriteString(".SH SEE ALSO\n" + strings.Join(also, ", ") + "\n")
	}
	return b.String()
}

// roffFlags is a section with each flag, what it takes, and its default.
func roffFlags(title string, flags *pflag.FlagSet) string {
	var b strings.Builder
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		alone := pflag.NewFlagSet("", pflag.ContinueOnError)
		alone.AddFlag(f)
		_, usage := pflag.UnquoteUsage(f)
		head, rest, _ := strings.Cut(alone.FlagUsages(), usage)
		fmt.Fprintf(&b, ".TP\n\\fB%s\\fR\n%s", roff(strings.TrimSpace(head)), roffText(usage+rest))
	})
	if b.Len() == 0 {
		return ""
	}
	return ".SH " + title + "\n" + b.String()
}

// roffText is text of paragraphs, and of indented lines, which stay as they are.
func roffText(text string) string {
	var b strings.Builder
	kept := false
	for line := range strings.SplitSeq(strings.Trim(text, "\n"), "\n") {
		if is := strings.HasPrefix(line, "  "); is != kept {
			b.WriteString(map[bool]string{true: ".nf\n", false: ".fi\n"}[is])
			kept = is
		}
		if strings.TrimSpace(line) == "" {
			b.WriteString(".PP\n")
			continue
		}
		b.WriteString(roff(line) + "\n")
	}
	if kept {
		b.WriteString(".fi\n")
	}
	return b.String()
}

// roff writes a line so that none of it is a command or an escape of roff, and hyphens can be copied as they are typed.
func roff(line string) string {
	var b strings.Builder
	if strings.HasPrefix(line, ".") || strings.HasPrefix(line, "'") {
		b.WriteString(`\&`)
	}
	for _, r := range line {
		switch {
		case r == '\\':
			b.WriteString(`\e`)
		case r == '-':
			b.WriteString(`\-`)
		case r > unicode.MaxASCII:
			fmt.Fprintf(&b, `\[u%04X]`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
