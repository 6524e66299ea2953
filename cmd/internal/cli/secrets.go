package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/etcdoc/etcdoc/probe"
)

// redacted are endpoints that may be shown: without users and passwords. They are looked at together, since a comma in a
// password makes two of one endpoint.
func redacted(endpoints []string) []string {
	all := strings.Join(endpoints, ",")
	shown := probe.Redacted(all)
	if shown == all {
		return endpoints
	}
	return strings.Split(shown, ",")
}

// checkNoUsers refuses URLs with a user in them as texts that are no endpoints, such as the paths of files: what would be
// said of them is in words of the system's, password and all. The error has none of it.
func checkNoUsers(flags *pflag.FlagSet) error {
	elsewhere := []string{"user", "password", "discovery-srv"} // see checkDomain
	var errs []error
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Value.Type() == "string" && !slices.Contains(elsewhere, f.Name) && hasUser(f.Value.String()) {
			errs = append(errs, valueErrorf(f.Name, "%w", userError(f.Value.String())))
		}
	})
	return errors.Join(errs...)
}

// hasUser reports that a text is a URL with a user in it.
func hasUser(text string) bool {
	scheme, rest, is := strings.Cut(text, "://")
	return is && !strings.ContainsAny(scheme, `/\ `) && strings.Contains(rest, "@")
}

// userError is said of a URL with a user in it.
type userError string

func (u userError) Error() string {
	return fmt.Sprintf("%q: want no URL with a user in it; users are named with --user", probe.Redacted(string(u)))
}
