package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/etcdoc/etcdoc/probe"
)

// redacted returns endpoints without users and passwords. It looks at all endpoints together, because a comma in a
// password splits one endpoint into two.
func redacted(endpoints []string) []string {
	all := strings.Join(endpoints, ",")
	shown := probe.Redacted(all)
	if shown == all {
		return endpoints
	}
	return strings.Split(shown, ",")
}

// checkNoUsers rejects URLs with a user in flags that are no endpoints, such as file paths: a system error would quote
// the URL with its password. Its own error leaves both out.
func checkNoUsers(flags *pflag.FlagSet) error {
	exempt := []string{"user", "password", "auth-jwt-token", "discovery-srv"} // see checkDomain
	var errs []error
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Value.Type() == "string" && !slices.Contains(exempt, f.Name) && hasUser(f.Value.String()) {
			errs = append(errs, valueErrorf(f.Name, "%w", userError(f.Value.String())))
		}
	})
	return errors.Join(errs...)
}

// hasUser reports whether text is a URL with a user in it.
func hasUser(text string) bool {
	scheme, rest, ok := strings.Cut(text, "://")
	return ok && !strings.ContainsAny(scheme, `/\ `) && strings.Contains(rest, "@")
}

// userError is the error for a URL with a user in it.
type userError string

func (u userError) Error() string {
	return fmt.Sprintf("%q: want no URL with a user in it; users are named with --user", probe.Redacted(string(u)))
}
