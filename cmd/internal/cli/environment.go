package cli

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
	"github.com/etcdoc/etcdoc/thresholds/limits"
)

// etcdctlFlag annotates the flags that etcdctl has too. Their variables begin with ETCDCTL_, all others with ETCDOC_.
const etcdctlFlag = "etcdoc_of_etcdctl"

// variable returns the name of a flag's environment variable.
func variable(f *pflag.Flag) string {
	prefix := "ETCDOC_"
	if _, ok := f.Annotations[etcdctlFlag]; ok {
		prefix = "ETCDCTL_"
	}
	return prefix + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
}

// fromEnvironment sets flags from their variables, unless they were given on the command line.
func (s *Settings) fromEnvironment(flags *pflag.FlagSet) error {
	var errs []error
	flags.VisitAll(func(f *pflag.Flag) {
		name := variable(f)
		value, set := os.LookupEnv(name)
		if f.Changed || aboutAnother(flags, f.Name) || slices.Contains(commandLineOnly, f.Name) || !set || value == "" {
			return
		}
		// f.Value.Set, not flags.Set: only a flag on the command line counts as changed.
		if err := f.Value.Set(value); err != nil {
			errs = append(errs, fmt.Errorf("environment variable %s=%q: want %s",
				name, probe.Redacted(value), wanted(f)))
		}
		s.origins[f.Name] = name
	})
	return errors.Join(errs...)
}

// aboutAnother reports whether the variable of a flag may be about another cluster than the one that the command line
// names: all that lead to a cluster or log in there. A password goes to the user that the cluster's section names.
func aboutAnother(flags *pflag.FlagSet, flag string) bool {
	on := flags.Lookup(onFlag)
	if on == nil || !on.Changed || !ofCluster(flag) {
		return false
	}
	return flag != "password" || flags.Lookup("user").Value.String() == ""
}

// limitVariables are the environment variables for critical limits, each in its rule's unit.
var limitVariables = [...]struct {
	name   string
	rule   thresholds.RuleID
	window time.Duration
}{
	{"FSYNC_LATENCY_SECONDS", thresholds.WALFsyncSlow, 0},
	{"BACKEND_COMMIT_LATENCY_SECONDS", thresholds.BackendCommitSlow, 0},
	{"MAX_LEADER_CHANGES_5M", thresholds.LeaderChanging, 5 * time.Minute},
	{"MAX_PENDING_PROPOSALS", thresholds.ProposalsQueued, 0},
	{"MAX_DB_SIZE_BYTES", thresholds.DBLarge, 0},
}

// limitsFromEnvironment returns rules with the critical limits from the environment.
func limitsFromEnvironment(rules []thresholds.Rule) ([]thresholds.Rule, error) {
	var errs []error
	for _, variable := range limitVariables {
		value := os.Getenv(variable.name)
		if value == "" {
			continue
		}
		changed, err := limits.SetCritical(rules, variable.rule, value, variable.window,
			"environment variable "+variable.name)
		if err != nil {
			errs = append(errs, fmt.Errorf("environment variable %s: %w", variable.name, err))
			continue
		}
		rules = changed
	}
	return rules, errors.Join(errs...)
}
