package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// release is set by the linker in release builds (-ldflags "-X ….release=v1.2.3"). Other builds use Go's build
// information.
var release string

// Version returns the version of this build.
func Version() string {
	if release != "" {
		return release
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	version := info.Main.Version
	if version == "" || version == "(devel)" {
		version = "devel"
	}
	return version
}

func newVersion(streams Streams) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version of etcdoc",
		Args:  noArguments,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintf(streams.Out, "etcdoc %s (%s %s/%s, etcd client %s)\n",
				Version(), runtime.Version(), runtime.GOOS, runtime.GOARCH, moduleVersion("go.etcd.io/etcd/client/v3"))
			return err
		},
	}
}

// moduleVersion returns the version of a module in this build.
func moduleVersion(path string) string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, module := range info.Deps {
			if module.Path == path {
				return module.Version
			}
		}
	}
	return "unknown"
}
