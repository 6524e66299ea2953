package cli

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

func newMan(streams Streams) *cobra.Command {
	return &cobra.Command{
		Use:   "man [DIRECTORY]",
		Short: "Write etcdoc's man page to standard output, or those of all commands to a directory",
		Example: `  etcdoc man | man -l -
  etcdoc man /usr/local/share/man/man1`,
		Args: atMostOne,
		RunE: func(cmd *cobra.Command, args []string) error {
			root := cmd.Root()
			root.DisableAutoGenTag = true // it would make every build different
			header := &doc.GenManHeader{Section: "1", Source: "etcdoc " + Version(), Manual: "etcdoc"}
			if len(args) == 0 {
				return doc.GenMan(root, header, streams.Out)
			}
			if err := os.MkdirAll(args[0], 0o755); err != nil {
				return fmt.Errorf("writing the man pages: %w", err)
			}
			if err := doc.GenManTree(root, header, args[0]); err != nil {
				return fmt.Errorf("writing the man pages: %w", err)
			}
			return nil
		},
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return nil, cobra.ShellCompDirectiveFilterDirs
		},
	}
}
