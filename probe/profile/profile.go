// Package profile finds the etcd of the host that etcdoc runs on. It reads what the host runs etcd with — static pods,
// etcd's own configuration, kube-apiserver's flags — and falls back on the paths that each distribution of Kubernetes
// is known to use.
package profile

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/probe/wal"
)

// Options say where to look.
type Options struct {
	// Profile is the distribution to look for; empty or Auto means any.
	Profile Name
	// Root is where the host's file system is; empty means /.
	Root string
	// Hostname is the host's name: some files are named after it.
	Hostname string
	// Now is the time at which a client certificate must be valid to be preferred.
	Now time.Time
}

// A Host is the etcd of a host. Its paths are ours: below Options.Root.
type Host struct {
	Profile Name
	// Source is the host's file that says how etcd runs, else the path that gave the distribution away.
	Source string
	// Endpoints are client URLs to begin with. Others are further members' likely client URLs, to be asked only if no
	// member answers at Endpoints.
	Endpoints, Others []string
	// MetricsAt is where the members serve metrics if not on their client port, as scheme://:PORT; empty if unknown.
	MetricsAt string
	// CAFile, CertFile and KeyFile are what a client needs; empty without TLS, or if no pair was found.
	CAFile, CertFile, KeyFile string
	// APIServer is the host's kube-apiserver; nil if no file says how it runs.
	APIServer *probe.APIServer
	// DataDir is the member's data directory.
	DataDir string
	// WALDir is where its log is.
	WALDir string
	// BackupDir is where the distribution keeps the snapshots that it takes; empty if it takes none, or none was taken
	// yet, or the folder may not be read.
	BackupDir string
	// Flags are etcd's flags on this host; nil if no file that could be read says them.
	Flags *probe.ServerFlags
	// Also are the client URLs of other etcd clusters on the host, with what each holds.
	Also map[string]string
	// Refused are files of the host that are there and may not be read.
	Refused []string
	// Remarks say what was passed over, and why.
	Remarks []string
}

// A RefusedError says that a host's etcd can't be reached for want of permission.
type RefusedError struct {
	Profile Name
	Files   []string
}

func (e *RefusedError) Error() string {
	return fmt.Sprintf("this host has files of %s's etcd that you may not read: %s: %s, or name --endpoints, "+
		"--cacert, --cert and --key", e.Profile, strings.Join(quoted(e.Files), ", "), probe.ReadAsRoot(os.Geteuid()))
}

// A HiddenError says that nothing of a host's etcd was found, and that it may be there all the same: some paths may not
// be read, or what is there makes no sense.
type HiddenError struct {
	Files   []string
	Remarks []string
}

func (e *HiddenError) Error() string {
	var parts []string
	if len(e.Files) > 0 {
		parts = append(parts, "you may not read "+strings.Join(quoted(e.Files), ", ")+
			": if etcd's files are there, "+probe.ReadAsRoot(os.Geteuid()))
	}
	return "no etcd was found among this host's files: " + strings.Join(append(parts, e.Remarks...), "; ")
}

func quoted(files []string) []string {
	all := make([]string, len(files))
	for i, file := range files {
		all[i] = fmt.Sprintf("%q", file)
	}
	return all
}

// Find looks for the host's etcd. Without one it returns nil; that is an error only if a profile is named, or a
// [HiddenError].
func Find(options Options) (*Host, error) {
	if options.Profile == None {
		return nil, nil
	}
	t := &tree{root: options.Root}
	var best *evidence
	var looked, remarks []string
	for i := range layouts {
		l := &layouts[i]
		if options.Profile != Auto && options.Profile != "" && options.Profile != l.name {
			continue
		}
		looked = l.paths()
		found := l.gather(t)
		for _, remark := range found.remarks {
			if !slices.Contains(remarks, remark) {
				remarks = append(remarks, remark)
			}
		}
		if found.strength > 0 && (best == nil || found.strength > best.strength) {
			best = found
		}
	}
	switch {
	case best != nil:
		return best.host(t, options)
	case options.Profile == Auto || options.Profile == "":
		if len(t.refused)+len(remarks) > 0 {
			return nil, &HiddenError{folders(t.refused), remarks}
		}
		return nil, nil
	case len(t.refused) > 0:
		return nil, &RefusedError{options.Profile, t.refused}
	default:
		for i, path := range looked {
			looked[i] = filepath.Join(options.Root, path)
		}
		if len(remarks) > 0 {
			return nil, fmt.Errorf("--profile %s: no etcd was found in its files: %s", options.Profile,
				strings.Join(remarks, "; "))
		}
		return nil, fmt.Errorf("--profile %s: this host has none of its files: looked for %s; --profile auto looks for "+
			"any other, --root DIR below another folder, and --endpoints names the members", options.Profile,
			strings.Join(quoted(looked), ", "))
	}
}

// folders are the files' folders, without those that are below another one.
func folders(files []string) (all []string) {
	var dirs []string
	for _, file := range files {
		dirs = append(dirs, filepath.Dir(file))
	}
	slices.Sort(dirs)
	for _, dir := range dirs {
		if !slices.ContainsFunc(all, func(above string) bool { return strings.HasPrefix(dir+"/", above+"/") }) {
			all = append(all, dir)
		}
	}
	return all
}

// How strongly a host's files speak for a layout.
const (
	hasPaths  = 1 + iota // only paths that the distribution is known for
	hasClient            // kube-apiserver's flags
	hasServer            // what etcd runs with
)

// evidence is what a host has of a layout.
type evidence struct {
	layout *layout
	// strength is 0 if the host has nothing of it.
	strength int
	// source is the path that gave the layout away.
	source string
	// server is how the host runs etcd, client how it runs kube-apiserver; nil if unknown.
	server, client *process
	remarks        []string
}

// paths returns all that gives a layout away.
func (l *layout) paths() []string {
	all := slices.Concat(l.manifests, l.configs, l.environments, l.units, l.apiservers, l.marks)
	for _, id := range l.identities {
		all = append(all, id.cert)
	}
	return all
}

// gather returns what the host has of a layout.
func (l *layout) gather(t *tree) *evidence {
	e := &evidence{layout: l}
	if l.requires != "" && !t.exists(l.requires) {
		return e
	}
	l, err := l.moved(t)
	if err != nil {
		e.remarks = append(e.remarks, err.Error())
	}
	e.layout = l
	for _, file := range l.manifests {
		e.take(t, hasServer, file, &e.server, func(text []byte) (*process, error) {
			return fromManifest(file, text, "etcd")
		})
	}
	for _, file := range l.configs {
		e.take(t, hasServer, file, &e.server, func(text []byte) (*process, error) {
			flags, err := fromConfigFile(file, text)
			return &process{file: file, flags: flags}, err
		})
	}
	for _, file := range l.environments {
		e.take(t, hasServer, file, &e.server, func(text []byte) (*process, error) {
			variables := fromEnvironmentFile(text)
			if len(withEnvironment(nil, variables)) == 0 {
				return nil, errNoEtcd
			}
			return &process{file: file, environment: variables}, nil
		})
	}
	for _, file := range l.units {
		e.take(t, hasServer, file, &e.server, func(text []byte) (*process, error) { return fromUnit(t, file, text) })
	}
	for _, file := range l.apiservers {
		e.take(t, hasClient, file, &e.client, func(text []byte) (*process, error) {
			return fromManifest(file, text, "kube-apiserver")
		})
	}
	for _, path := range l.marks {
		e.mark(t, path)
	}
	for _, id := range l.identities {
		for _, pair := range id.expand(t, "") {
			e.mark(t, pair.cert)
		}
	}
	e.readConfigFile(t)
	return e
}

// take reads a file that says how a program runs, unless an earlier one has said it.
func (e *evidence) take(t *tree, strength int, file string, into **process, read func([]byte) (*process, error)) {
	if *into != nil || !t.exists(file) {
		return
	}
	text, err := t.read(file)
	if err == nil && text != nil {
		*into, err = read(text)
		switch {
		case errors.Is(err, errNoEtcd), *into == nil && err == nil && strength != hasClient:
			err = fmt.Errorf("%s: %w", file, errNoEtcd)
		case *into == nil && err == nil:
			err = fmt.Errorf("%s: nothing in it runs kube-apiserver", file)
		}
	}
	if err != nil {
		*into = nil
		e.remarks = append(e.remarks, err.Error())
		return
	}
	e.found(strength, file)
}

func (e *evidence) found(strength int, path string) {
	if strength > e.strength {
		e.strength, e.source = strength, path
	}
}

// mark takes a path for a sign of the layout.
func (e *evidence) mark(t *tree, pattern string) {
	if found := t.glob(pattern); len(found) > 0 {
		e.found(hasPaths, found[0])
	}
}

// readConfigFile follows --config-file: etcd ignores all other flags then.
func (e *evidence) readConfigFile(t *tree) {
	if e.server == nil {
		return
	}
	file := e.server.hostPath(withEnvironment(e.server.flags, e.server.environment)["config-file"])
	if file == "" {
		return
	}
	text, err := t.read(file)
	if err == nil && text != nil {
		var flags map[string]string
		if flags, err = fromConfigFile(file, text); err == nil {
			e.server = &process{file: file, flags: flags, mounts: e.server.mounts}
			e.source = file
			return
		}
	}
	if err != nil {
		e.remarks = append(e.remarks, err.Error())
	}
}

func fromUnit(t *tree, file string, text []byte) (*process, error) {
	arguments, files, environment := unitOf(text)
	for _, name := range files {
		more, err := t.read(name)
		if err != nil {
			return nil, err
		}
		for name, value := range fromEnvironmentFile(more) {
			environment[name] = value
		}
	}
	if len(arguments) == 0 && len(withEnvironment(nil, environment)) == 0 {
		return nil, errNoEtcd
	}
	return &process{file: file, flags: parseFlags(arguments, environment), environment: environment}, nil
}

// host puts together what the evidence says.
func (e *evidence) host(t *tree, options Options) (*Host, error) {
	h := &Host{Profile: e.layout.name, Source: e.source, MetricsAt: e.layout.metrics, Also: e.layout.also,
		Remarks: e.remarks}
	dataDir := e.layout.dataDir
	if e.server != nil {
		h.Flags = probe.NewServerFlags(e.server.file, withEnvironment(e.server.flags, e.server.environment))
		h.MetricsAt = metricsAt(h.Flags.ListenMetricsURLs, h.MetricsAt)
		if h.Flags.DataDir != "" {
			dataDir = e.server.hostPath(h.Flags.DataDir)
		}
	}
	if found := t.glob(dataDir); len(found) > 0 {
		h.DataDir = t.at(found[0])
		h.WALDir = wal.Dir(h.DataDir)
	}
	if h.Flags != nil && h.Flags.All["wal-dir"] != "" {
		h.WALDir = t.at(e.server.hostPath(h.Flags.All["wal-dir"]))
	}
	if e.layout.name == K3s && e.server == nil && h.DataDir == "" && t.exists(e.layout.home+sqlite) {
		return nil, fmt.Errorf("k3s keeps its data in SQLite on this host (%s): there is no etcd to look at",
			e.layout.home+sqlite)
	}
	if dir := e.layout.backups; dir != "" {
		if _, err := os.ReadDir(t.at(dir)); err == nil {
			h.BackupDir = t.at(dir)
		}
	}
	h.APIServer = e.apiServer(t)
	e.chooseEndpoints(h)
	if slices.ContainsFunc(h.Endpoints, isHTTPS) {
		e.chooseIdentity(t, options, h)
	}
	h.Refused = t.refused
	return h, nil
}

// Err returns why the host's etcd can't be reached by what was found; nil if it can.
func (h *Host) Err() error {
	if len(h.Refused) > 0 && h.CertFile == "" && slices.ContainsFunc(h.Endpoints, isHTTPS) {
		return &RefusedError{h.Profile, h.Refused}
	}
	return nil
}

// Summary says in a line what was found, and why; endpoints are those to begin with, which the user may have given.
func (h *Host) Summary(endpoints []string) string {
	text := fmt.Sprintf("profile %s (%s): %s", h.Profile, h.Source, strings.Join(endpoints, ", "))
	if h.CertFile != "" {
		text += ", as " + filepath.Base(h.CertFile)
	}
	return text
}
