package cli

import (
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/etcdoc/etcdoc/assets"
)

func newAssets(streams Streams) *cobra.Command {
	return &cobra.Command{
		Use:   "assets [NAME]",
		Short: "Print what etcdoc carries along: documentation, recipes, runbooks, the JSON Schema",
		Long: `assets prints a file that is embedded in etcdoc: a page of its documentation, a
recipe for other tools, a runbook in Markdown (see explain), or the JSON Schema of
-o json. The last part of a name is enough. Without an argument it lists them.`,
		Example: `  etcdoc assets
  etcdoc assets schema > etcdoc-v1.schema.json
  etcdoc assets docs/verdicts.md
  etcdoc assets drain.sh > drain.sh`,
		Args:              atMostOne,
		ValidArgsFunction: completing(assets.Names),
		RunE: func(cmd *cobra.Command, args []string) error {
			text := strings.Join(assets.Names(), "\n") + "\n"
			if len(args) == 1 {
				var is bool
				if text, is = assets.Read(args[0]); !is {
					return unknownName("asset", args[0], assets.Names(), cmd.CommandPath())
				}
			}
			_, err := io.WriteString(streams.Out, text)
			return err
		},
	}
}
