package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/probe/backup"
	"github.com/etcdoc/etcdoc/probe/profile"
)

// hostFlags say where the etcd of etcdoc's own host is.
type hostFlags struct {
	profile, root string
	// backupDir is where the backups are; empty for those that are found.
	backupDir string
	// recent looks at the backups; nil without a folder of them.
	recent *backup.Recent
	// hidden is why the host's etcd may be there although nothing of it was found: a [profile.HiddenError] or
	// [profile.RefusedError]; nil if nothing suggests that.
	hidden error
	// walDir is where the log of the host's member is; empty if that is not known.
	walDir string
}

func (h *hostFlags) register(flags *pflag.FlagSet) {
	flags.StringVar(&h.profile, "profile", string(profile.Auto),
		"whose `layout` of files leads to the etcd on this host: "+strings.Join(profileNames(), ", ")+
			"; auto takes the one that is there, if no endpoint is given")
	flags.StringVar(&h.root, "root", "",
		"where the host's file system is mounted, in a container: `folder` before all paths of --profile")
	flags.StringVar(&h.backupDir, backupDirFlag, "",
		"`folder` on this host with snapshots of etcd, to judge their age and content, too (default: that of RKE2 and k3s)")
}

// backupPlace is the folder that is given, else the one that is found; empty without one.
func (h *hostFlags) backupPlace(given func(flag string) bool) string {
	if h.backupDir != "" {
		return h.backupDir
	}
	if host, err := h.find(given); err == nil && host != nil {
		return host.BackupDir
	}
	return ""
}

// backups looks at the backups in the folder that is given, else in one that was found; nil without one.
func (h *hostFlags) backups(found string) func(context.Context) (probe.Backups, error) {
	dir := cmp.Or(h.backupDir, found)
	if dir == "" {
		return nil
	}
	if absolute, err := filepath.Abs(dir); err == nil { // it is named on screens
		dir = absolute
	}
	recent := backup.NewRecent(dir)
	h.recent = recent
	return func(ctx context.Context) (probe.Backups, error) { return recent.Read(ctx, time.Now()) }
}

// readBackupsAtOnce lets the newest backups be read whole before a single look ends.
func (h *hostFlags) readBackupsAtOnce() {
	if h.recent != nil {
		h.recent.AtOnce()
	}
}

// backupDirFlag is the flag that names the folder of backups.
const backupDirFlag = "backup-dir"

func profileNames() []string {
	var names []string
	for _, name := range profile.Names() {
		names = append(names, string(name))
	}
	return names
}

// check returns an error if a flag has an unknown value, or conflicts with another one.
func (h *hostFlags) check(given func(flag string) bool) error {
	return errors.Join(oneOf("profile", h.profile, profile.Names()), h.checkRoot(given))
}

func (h *hostFlags) checkRoot(given func(flag string) bool) error {
	if h.root == "" {
		return nil
	}
	switch info, err := os.Stat(h.root); {
	case err != nil:
		return valueErrorf("root", "%q: %w", h.root, errors.Unwrap(err))
	case !info.IsDir():
		return valueErrorf("root", "%q is no folder", h.root)
	case h.isElsewhere(given) && given("root"):
		return valueErrorf("root", "does not go with given endpoints, unless --profile names a layout too")
	}
	return nil
}

// isElsewhere reports whether given endpoints lead to the cluster, and not the host's files.
func (h *hostFlags) isElsewhere(given func(flag string) bool) bool {
	return h.profile == string(profile.Auto) && (given("endpoints") || given("discovery-srv"))
}

// find returns the host's etcd; nil if there is none, or if it is not asked for. The endpoints that are given go before
// it.
func (h *hostFlags) find(given func(flag string) bool) (*profile.Host, error) {
	if err := h.check(given); err != nil || h.isElsewhere(given) {
		return nil, err
	}
	hostname, err := os.Hostname()
	if err != nil {
		hostname = "" // it only prefers one file to another
	}
	host, err := profile.Find(profile.Options{
		Profile: profile.Name(h.profile), Root: h.root, Hostname: hostname, Now: time.Now(),
	})
	var refused *profile.RefusedError
	var hidden *profile.HiddenError
	switch {
	case errors.As(err, &refused) && given("cert"), errors.As(err, &hidden):
		h.hidden = err
		return nil, nil
	case err != nil:
		return nil, err
	case host != nil && !given("cert") && !given("cacert"):
		return host, host.Err()
	}
	return host, nil
}

// guess says why the endpoint to begin with is only a guess, where neither the user nor the host's files name one.
func (h *hostFlags) guess() *probe.Error {
	const unnamed = "no endpoint is named"
	guess := &probe.Error{Kind: probe.ErrNotFound, Text: unnamed + ", and no etcd was found among this host's files"}
	var hidden *profile.HiddenError
	switch {
	case h.hidden != nil:
		guess.Text = unnamed + ", and " + h.hidden.Error()
		if !errors.As(h.hidden, &hidden) || len(hidden.Files) > 0 {
			guess.Kind = probe.ErrRootOnly
		}
	case h.profile == string(profile.None):
		guess.Text = unnamed
	}
	return guess
}

// adopt fills in what the user leaves out and the host's files say.
func adopt(config *probe.Config, host *profile.Host, given func(flag string) bool) {
	if !given("endpoints") && !given("discovery-srv") {
		config.Endpoints, config.OtherEndpoints = host.Endpoints, host.Others
		config.Host = &probe.HostEtcd{Unit: host.Profile.Unit()}
	}
	if !given("cacert") && !given("cert") && !given("key") {
		config.TLS.CAFile, config.TLS.CertFile, config.TLS.KeyFile = host.CAFile, host.CertFile, host.KeyFile
	}
	config.MetricsAt, config.Server = host.MetricsAt, host.Flags
}

// announce says in a line what was found, and then what else there is to know; endpoints are those to begin with.
func announce(stderr io.Writer, host *profile.Host, endpoints []string) {
	warnf(stderr, "%s", host.Summary(endpoints))
	for _, remark := range host.Remarks {
		warnf(stderr, "%s", remark)
	}
	for _, other := range otherClusters(host) {
		if !slices.ContainsFunc(other.urls, func(u string) bool { return slices.Contains(endpoints, u) }) {
			warnf(stderr, "another etcd holds %s: %s: --endpoints names it", other.holds, strings.Join(other.urls, ", "))
		}
	}
}

// otherCluster is another etcd that the host's files name, with what it holds.
type otherCluster struct {
	holds string
	urls  []string
}

// otherClusters returns the other clusters, in the order of what they hold.
func otherClusters(host *profile.Host) (all []otherCluster) {
	urls := make(map[string][]string)
	for _, u := range slices.Sorted(maps.Keys(host.Also)) {
		urls[host.Also[u]] = append(urls[host.Also[u]], u)
	}
	for _, holds := range slices.Sorted(maps.Keys(urls)) {
		all = append(all, otherCluster{holds, urls[holds]})
	}
	return all
}

// describeHost writes all that was found on the host, as comments of a configuration.
func describeHost(b *strings.Builder, host *profile.Host) {
	b.WriteString("\n# --- This host's etcd, by its files ---\n\n")
	line := func(name, value string) {
		if value != "" {
			fmt.Fprintf(b, "# %s: %s\n", name, probe.Printable(value))
		}
	}
	line("profile", string(host.Profile))
	line("found by", host.Source)
	line("endpoints", strings.Join(host.Endpoints, ", "))
	line("asked if no member answers there", strings.Join(host.Others, ", "))
	line("metrics besides the client port", strings.Replace(host.MetricsAt, "://:", "://HOST:", 1))
	line("cacert", host.CAFile)
	line("cert", host.CertFile)
	line("key", host.KeyFile)
	line("data directory", host.DataDir)
	line("backups", host.BackupDir)
	for _, other := range otherClusters(host) {
		line("another etcd", strings.Join(other.urls, ", ")+" ("+other.holds+")")
	}
	line("files that may not be read", strings.Join(host.Refused, ", "))
	for _, remark := range host.Remarks {
		line("remark", remark)
	}
	if host.Flags == nil {
		return
	}
	line("etcd's flags are in", host.Flags.Source)
	for _, name := range slices.Sorted(maps.Keys(host.Flags.All)) {
		line("  --"+name, host.Flags.All[name])
	}
}
