package cli

import (
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/etcdoc/etcdoc/assets"
	"github.com/etcdoc/etcdoc/probe/profile"
)

func newAssets(streams Streams) *cobra.Command {
	return &cobra.Command{
		Use:   "assets [NAME]",
		Short: "Print what etcdoc carries along: docs, manifests, recipes, runbooks, JSON Schema",
		Long: `assets prints a file that is embedded in etcdoc: a page of its documentation, a
manifest for Kubernetes, a recipe for other tools, a runbook in Markdown (see
explain), or the JSON Schema of -o json. The last part of a name is enough;
--profile names the distribution where a file depends on it. Without an argument
it lists them.`,
		Example: `  etcdoc assets
  etcdoc assets etcdoc.yaml --profile rke2 | kubectl apply -f -
  etcdoc assets schema > etcdoc-v1.schema.json
  etcdoc assets docs/verdicts.md
  etcdoc assets drain.sh > drain.sh`,
		Args:              atMostOne,
		ValidArgsFunction: completing(assets.Names),
		RunE: func(cmd *cobra.Command, args []string) error {
			text := listOfAssets()
			if len(args) == 1 {
				var err error
				if text, err = readAsset(cmd, args[0]); err != nil {
					return err
				}
			}
			_, err := io.WriteString(streams.Out, text)
			return err
		},
	}
}

// listOfAssets names all files, with what each is.
func listOfAssets() string {
	var b strings.Builder
	names, width := assets.Names(), 0
	for _, name := range names {
		width = max(width, len(name))
	}
	for _, name := range names {
		fmt.Fprintf(&b, "%-*s  %s\n", width, name, assets.Title(name))
	}
	return b.String()
}

// readAsset returns a file by its name, or by a part of it and --profile.
func readAsset(cmd *cobra.Command, name string) (string, error) {
	found, chosen := assets.Find(name), cmd.Flag("profile").Value.String()
	if len(found) == 0 {
		return "", unknownName("asset", name, assets.Names(), cmd.CommandPath())
	}
	if err := oneOf("profile", chosen, profile.Names()); err != nil {
		return "", err
	}
	// The same file for several distributions is in their folders; one of the same name elsewhere is not meant.
	dir := func(file string) string { return path.Base(path.Dir(file)) }
	dirs := slices.DeleteFunc(slices.Clone(found), func(file string) bool {
		return !slices.Contains(profile.Names(), profile.Name(dir(file)))
	})
	if len(dirs) > 1 {
		found = dirs
	}
	all := strings.Join(found, ", ")
	switch {
	case chosen == string(profile.Auto):
	case len(found) > 1:
		found = slices.DeleteFunc(found, func(file string) bool { return dir(file) != chosen })
	case len(dirs) == 1 && dir(found[0]) != chosen:
		return "", valueErrorf("profile", "%q: %s is for %s", chosen, name, dir(found[0]))
	}
	switch len(found) {
	case 0:
		return "", valueErrorf("profile", "%q: there is no %s for it: want one of %s", chosen, name, all)
	case 1:
		text, _ := assets.Read(found[0])
		return text, nil
	}
	return "", fmt.Errorf("%q may be any of %s: give the whole name, or --profile", name, all)
}
