package cli

import (
	"slices"
	"testing"

	"github.com/spf13/pflag"
)

// TestGivenFlags lead another etcdoc to the same cluster, and give no password away.
func TestGivenFlags(t *testing.T) {
	var c connectionFlags
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	c.register(flags)
	flags.String("config", "", "")
	flags.Bool("local", false, "")
	if err := flags.Parse([]string{"--endpoints", "https://a:1,https://b:1", "--cacert=my ca.crt",
		"--user", "root:secret", "--password=secret", "--local", "--config=x.yaml", "--cluster=false"}); err != nil {
		t.Fatal(err)
	}
	want := []string{"--cacert=my ca.crt", "--cluster=false", "--config=x.yaml", "--endpoints=https://a:1,https://b:1",
		"--user=root"}
	if got := c.commandLine(flags); !slices.Equal(got, want) {
		t.Errorf("given are %q, want %q", got, want)
	}
}
