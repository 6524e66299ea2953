package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v3"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
	"github.com/etcdoc/etcdoc/thresholds/limits"
)

// maxConfigBytes bounds a configuration file. One that sets everything has about 20 KB.
const maxConfigBytes = 1 << 20

// read finds and reads the configuration file. It returns no text if there is no file, and no path if there is no place
// for one.
func (s *Settings) read() (path string, text []byte, err error) {
	defer func() { s.path = path }()
	if path = s.file; path != "" {
		if hasUser(path) {
			return "", nil, valueErrorf("config", "%w", userError(path))
		}
		if text, err = readConfig(path); err != nil {
			return "", nil, fmt.Errorf("reading --config: %w", err)
		}
		return path, text, nil
	}
	if path = os.Getenv(configVariable); path != "" {
		if hasUser(path) {
			return "", nil, fmt.Errorf("%s: %w", configVariable, userError(path))
		}
		if text, err = readConfig(path); err != nil {
			return "", nil, fmt.Errorf("reading the configuration that %s names: %w", configVariable, err)
		}
		return path, text, nil
	}
	directory := os.Getenv("XDG_CONFIG_HOME")
	if home := os.Getenv("HOME"); directory == "" && home != "" {
		directory = filepath.Join(home, ".config")
	}
	if directory == "" {
		return "", nil, nil
	}
	path = filepath.Join(directory, "etcdoc", "config.yaml")
	text, err = readConfig(path)
	if s.missing = errors.Is(err, os.ErrNotExist); s.missing {
		return path, nil, nil
	}
	if err != nil {
		return "", nil, fmt.Errorf("reading the configuration (--config /dev/null goes without): %w", err)
	}
	return path, text, nil
}

func readConfig(path string) ([]byte, error) {
	if path == os.DevNull { // no configuration
		return nil, nil
	}
	return probe.ReadRegular(path, maxConfigBytes, "a configuration of etcdoc")
}

// LoadFile sets the flags that the command line leaves out from the text of a configuration file, and from its section
// of the cluster that --on names. Its error joins all mistakes in the file, each with its line.
func (s *Settings) LoadFile(flags *pflag.FlagSet, path string, text []byte) ([]thresholds.Rule, error) {
	rules, mistakes, chosenErr := s.readFile(flags, path, text)
	if err := errors.Join(mistakes, chosenErr); err != nil {
		return nil, s.explain(err)
	}
	return rules, nil
}

// readFile is LoadFile with two errors: of the file, and of the cluster that is chosen. It also sets the flags that are
// right, and returns the rules that are, where others are not.
func (s *Settings) readFile(
	flags *pflag.FlagSet, path string, text []byte,
) (rules []thresholds.Rule, mistakes, chosenErr error) {
	s.origins, s.named = map[string]string{}, nil
	path = probe.Printable(path) // errors quote it, and a limit's source does
	root, err := parseConfig(path, text)
	if err != nil {
		return thresholds.Rules(), err, nil
	}
	f := &fileReader{settings: s, flags: flags, path: path, known: sync.OnceValue(settable)}
	rules = f.read(root, thresholds.Rules())
	on := s.clusterOn(flags)
	for _, section := range f.clusters {
		f.section, f.flags = section.name, nil // check those that are not asked for, too
		if section.name == on {
			f.flags = flags
		}
		before := len(f.errs)
		judged := f.read(section.node, rules)
		if section.name != on {
			continue
		}
		rules = judged
		if err := s.adoptCluster(flags, section); len(f.errs) == before { // else a mistyped key may be what it lacks
			chosenErr = err
		}
	}
	if on != "" && !slices.Contains(s.named, on) {
		chosenErr = s.noCluster(on)
	}
	return rules, errors.Join(f.errs...), chosenErr
}

// fileReader reads a configuration file.
type fileReader struct {
	settings *Settings
	flags    *pflag.FlagSet // to set; nil to find mistakes only
	path     string
	known    func() *pflag.FlagSet
	section  string // the cluster whose section it reads; empty at the top
	clusters []section
	errs     []error
}

// read reads a mapping of flags, and returns the rules with its limits.
func (r *fileReader) read(root *yaml.Node, rules []thresholds.Rule) []thresholds.Rule {
	lines := map[string]int{}
	for i := 0; root != nil && i+1 < len(root.Content); i += 2 {
		key, value := root.Content[i], resolved(root.Content[i+1])
		at := fmt.Sprintf("%s:%d", r.path, key.Line)
		line, repeated := lines[key.Value]
		lines[key.Value] = key.Line
		switch f := r.known().Lookup(key.Value); {
		case repeated:
			r.errs = append(r.errs, fmt.Errorf("%s: %s is there already, in line %d", at, key.Value, line))
		case key.Value == "thresholds":
			configured, err := limits.Configure(rules, value, r.path)
			if err == nil {
				rules = configured
				continue
			}
			r.errs = append(r.errs, err)
		case key.Value == clustersKey && r.section == "":
			r.readClusters(at, value)
		case slices.Contains(commandLineOnly, key.Value):
			r.errs = append(r.errs, fmt.Errorf("%s: %s is for the command line alone", at, key.Value))
		case f == nil && (key.Value == "rules" || isRule(rules, key.Value)):
			r.errs = append(r.errs, fmt.Errorf("%s: unknown key %q: write rules below thresholds, as in "+
				"thresholds: {wal-fsync-slow: {warning: 100ms}}", at, key.Value))
		case f == nil:
			r.errs = append(r.errs, unknownKeyError{at, key.Value, r.known()})
		case r.section != "" && !ofCluster(key.Value):
			r.errs = append(r.errs, fmt.Errorf("%s: %s is not about one cluster: set it at the top of the file", at,
				key.Value))
		default:
			r.assign(f, value, at)
		}
	}
	return rules
}

func isRule(rules []thresholds.Rule, id string) bool {
	return slices.ContainsFunc(rules, func(r thresholds.Rule) bool { return string(r.ID) == id })
}

// assign checks a value, and sets the flag unless the command line has.
func (r *fileReader) assign(f *pflag.Flag, value *yaml.Node, at string) {
	if err := assign(f, value); err != nil {
		r.errs = append(r.errs, fmt.Errorf("%s: %s: %w", at, f.Name, err))
		return
	}
	if r.flags == nil {
		return
	}
	if f = r.flags.Lookup(f.Name); f != nil && !f.Changed {
		r.settings.origins[f.Name] = at
		_ = assign(f, value) // as above
	}
}

func resolved(node *yaml.Node) *yaml.Node {
	if node.Kind == yaml.AliasNode {
		return node.Alias
	}
	return node
}

// yamlErrorPrefix begins an error of the YAML parser, which has no field for the line.
var yamlErrorPrefix = regexp.MustCompile(`^yaml: (?:line (\d+): )?`)

// parseConfig returns the mapping at the top of a configuration; nil if the text is empty.
func parseConfig(path string, text []byte) (*yaml.Node, error) {
	var document, second yaml.Node
	decoder := yaml.NewDecoder(strings.NewReader(string(text)))
	if err := decoder.Decode(&document); errors.Is(err, io.EOF) {
		return nil, nil
	} else if err != nil {
		line, what := mistake(text, err)
		return nil, fmt.Errorf("%s:%d: it is no YAML: %s", path, line, what)
	}
	if err := decoder.Decode(&second); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s:%d: a second document begins: want one", path, max(second.Line, 1))
	}
	root := document.Content[0]
	switch {
	case root.Tag == "!!null":
		return nil, nil
	case root.Kind != yaml.MappingNode:
		return nil, fmt.Errorf("%s:%d: want keys and values, such as interval: 2s", path, root.Line)
	}
	return root, nil
}

var (
	// aboutStructure begins an error of the YAML parser's second stage, which numbers lines from 0: the first stage,
	// about tokens, numbers them from 1.
	aboutStructure = regexp.MustCompile(
		`^(?:did not find expected (?:'-'|key|node|',' or|<)|found undefined tag|found duplicate|found incompatible)`)
	// aboutCharacters is in errors about characters that no YAML may have, and aboutAnchor in those about an alias of
	// nothing: they name no line.
	aboutCharacters = regexp.MustCompile(`control characters|UTF-|Unicode`)
	aboutAnchor     = regexp.MustCompile(`^unknown anchor '(.*)' referenced`)
)

// mistake returns the line and the words of an error of the YAML parser.
func mistake(text []byte, err error) (line int, what string) {
	prefix := yamlErrorPrefix.FindStringSubmatch(err.Error())
	what = strings.TrimPrefix(err.Error(), prefix[0])
	line, _ = strconv.Atoi(prefix[1]) // none: the first, or what follows
	if aboutStructure.MatchString(what) {
		return line + 1, what
	}
	at := -1
	if alias := aboutAnchor.FindStringSubmatch(what); alias != nil {
		at = bytes.Index(text, []byte("*"+alias[1]))
	} else if aboutCharacters.MatchString(what) {
		at = strings.IndexFunc(string(text), func(r rune) bool {
			return r == utf8.RuneError || unicode.IsControl(r) && !strings.ContainsRune("\t\n\r\u0085", r)
		})
	}
	if line == 0 {
		line = 1 + bytes.Count(text[:max(at, 0)], []byte("\n"))
	}
	return line, what
}

// settable returns all commands' flags that a configuration file may set.
func settable() *pflag.FlagSet {
	all := pflag.NewFlagSet("", pflag.ContinueOnError)
	root := newRoot(Streams{}, false)
	for _, flags := range append([]*pflag.FlagSet{root.PersistentFlags(), root.Flags()}, commandFlags(root)...) {
		flags.VisitAll(func(f *pflag.Flag) {
			if !f.Hidden && !slices.Contains(commandLineOnly, f.Name) && all.Lookup(f.Name) == nil {
				all.AddFlag(f)
			}
		})
	}
	return all
}

func commandFlags(root *cobra.Command) []*pflag.FlagSet {
	var all []*pflag.FlagSet
	for _, cmd := range root.Commands() {
		all = append(all, cmd.Flags())
	}
	return all
}

// unknownKeyError makes its words, with a suggestion, only when it is printed: a file can have one on every line.
type unknownKeyError struct {
	at, key string
	known   *pflag.FlagSet
}

func (u unknownKeyError) Error() string {
	names := []string{"thresholds", clustersKey}
	u.known.VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	return fmt.Sprintf("%s: unknown key %.60q: %s", u.at, probe.Redacted(u.key), limits.Suggest(u.key, names))
}

// wanted says what a flag's value must be.
func wanted(f *pflag.Flag) string {
	return map[string]string{
		"bool": "true or false", "duration": "a duration such as 2s", "int": "a whole number",
		"stringSlice": "a list such as [a, b]", "string": "a text",
	}[f.Value.Type()]
}

// assign sets a flag to a value of a configuration file.
func assign(f *pflag.Flag, n *yaml.Node) error {
	wanted := wanted(f)
	list, isList := f.Value.(pflag.SliceValue)
	var items []string
	switch {
	case n.Tag == "!!null":
		return fmt.Errorf("it has no value: want %s", wanted)
	case n.Kind == yaml.SequenceNode && isList:
		for _, item := range n.Content {
			if item.Kind != yaml.ScalarNode || item.Tag == "!!null" {
				return fmt.Errorf("line %d: want %s", item.Line, wanted)
			}
			items = append(items, item.Value)
		}
	case n.Kind != yaml.ScalarNode:
		return fmt.Errorf("want %s", wanted)
	case isList:
		items = strings.Split(n.Value, ",")
	default:
		if err := f.Value.Set(n.Value); err != nil {
			return fmt.Errorf("%.60q: want %s", probe.Redacted(n.Value), wanted)
		}
		return nil
	}
	return list.Replace(items)
}
