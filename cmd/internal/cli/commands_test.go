package cli

import (
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// shellWords splits a line of shell into words. Operators and comments' signs are words of their own, quotes are
// removed, and what is in them stays together.
func shellWords(line string) (words []string) {
	var word strings.Builder
	var quote rune
	begun := false
	end := func() {
		if begun {
			words = append(words, word.String())
		}
		word.Reset()
		begun = false
	}
	for _, c := range line {
		switch {
		case quote != 0 && c == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(c)
		case c == '"' || c == '\'':
			quote, begun = c, true
		case c == ' ' || c == '\t':
			end()
		case strings.ContainsRune("|&;<>()", c), c == '#' && !begun:
			end()
			words = append(words, string(c))
		default:
			word.WriteRune(c)
			begun = true
		}
	}
	end()
	return words
}

// etcdocCommands returns the arguments of each call of etcdoc in lines of shell, or of a file that has such lines after
// a prompt, a dash or a key.
func etcdocCommands(text string) (commands [][]string) {
	for line := range strings.Lines(strings.ReplaceAll(text, "\\\n", " ")) {
		words := shellWords(strings.TrimSpace(line))
		if comment := slices.Index(words, "#"); comment >= 0 {
			words = words[:comment]
		}
		for i, word := range words {
			name := word[strings.LastIndex(word, "=")+1:]
			if path.Base(name) != "etcdoc" || i > 0 && words[i-1] == "install" {
				continue
			}
			args := words[i+1:]
			if end := slices.IndexFunc(args, func(w string) bool {
				return strings.Contains("|&;<>()", w)
			}); end >= 0 {
				args = args[:end]
			}
			commands = append(commands, args)
		}
	}
	return commands
}

func TestEtcdocCommands(t *testing.T) {
	for text, want := range map[string]string{
		`$ etcdoc check --can-lose etcd-2 && kubectl drain node-2`: "check --can-lose etcd-2",
		"etcdoc check \\\n  --wait 5m # until it is healthy":       "check --wait 5m",
		`ExecStartPre=/usr/bin/etcdoc check --wait 10m`:            "check --wait 10m",
		`etcdoc check --can-lose "$member" >/dev/null || code=$?`:  "check --can-lose $member",
		`- run: etcdoc check -o json > etcd.json`:                  "check -o json",
		`etcdoc --once || echo "etcdoc says no"`:                   "--once",
		`# etcdoc check`:                                           "none",
		`sudo install bin/etcdoc /usr/local/bin/`:                  "none",
	} {
		got := "none"
		if commands := etcdocCommands(text); len(commands) > 0 {
			got = strings.Join(commands[0], " ")
		}
		if got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

// accepts reports as an error of the test what the command tree does not accept of a command line that is in a file.
// Words in capitals stand for what a reader puts there.
func accepts(t *testing.T, where string, args []string) {
	t.Helper()
	args = slices.Clone(args)
	for i, arg := range args {
		if arg == "DURATION" {
			args[i] = "1m"
		}
	}
	cmd, rest, err := newRoot(Streams{}, false).Find(args)
	if err == nil {
		err = cmd.ParseFlags(rest)
	}
	if err == nil {
		err = cmd.ValidateArgs(cmd.Flags().Args())
	}
	if err != nil {
		t.Errorf("%s has \"etcdoc %s\": %v", where, strings.Join(args, " "), err)
	}
}

// codeSpan matches a span of code of Markdown that is a call of etcdoc.
var codeSpan = regexp.MustCompile("`(etcdoc [^`\n]+)`")

// TestCommandsInProseExist: every call of etcdoc in the documentation, in a block or within a sentence, and in the
// commands' own help has commands and flags that there are.
func TestCommandsInProseExist(t *testing.T) {
	t.Parallel()
	pages := filesOf(t, "*.md", "", "assets/docs", "assets/runbooks", "probe", "thresholds", "tui", "cmd")
	checked := 0
	check := func(where, text string) {
		for _, args := range etcdocCommands(text) {
			accepts(t, where, args)
			checked++
		}
	}
	for _, page := range pages {
		where := strings.TrimPrefix(page, root+"/")
		text := readDoc(t, where)
		for _, block := range shellBlocks(text) {
			check(where, block)
		}
		for _, span := range codeSpan.FindAllStringSubmatch(prose(text), -1) {
			check(where, span[1])
		}
	}
	tree := newRoot(Streams{}, false)
	for _, cmd := range append(tree.Commands(), tree) {
		check(cmd.CommandPath()+" --help", cmd.Example)
	}
	if checked < 60 {
		t.Errorf("only %d commands were checked", checked)
	}
}

// shellBlocks returns the fenced blocks of a page that are shell: their commands, without prompts and output.
func shellBlocks(page string) (blocks []string) {
	fenced := regexp.MustCompile("(?ms)^```(console|sh|bash|shell)\n(.*?)^```$")
	for _, block := range fenced.FindAllStringSubmatch(page, -1) {
		if block[1] != "console" {
			blocks = append(blocks, block[2])
			continue
		}
		var commands strings.Builder
		for line := range strings.Lines(block[2]) {
			if command, is := strings.CutPrefix(line, "$ "); is {
				commands.WriteString(command)
			}
		}
		blocks = append(blocks, commands.String())
	}
	return blocks
}

// TestConfigSaysThatThereIsAPassword, whether it has a flag of its own or came with the user, and does not show it.
func TestConfigSaysThatThereIsAPassword(t *testing.T) {
	t.Parallel()
	file := configFile(t, "user: root:secret\n")
	for name, test := range map[string]struct {
		args []string
		by   string
	}{
		"with the user":   {[]string{"config", "--user", "root:secret"}, "--user"},
		"of its own":      {[]string{"config", "--user", "root", "--password", "secret"}, "--password"},
		"with the file's": {[]string{"config", "--config", file}, file + ":1"},
	} {
		code, out, errs := etcdoc(t, append(test.args, "--profile", "none")...)
		if code != ExitHealthy || strings.Contains(out, "secret") ||
			!strings.Contains(out, "# (one is set by "+test.by+", and is not shown)\n#password:\n") {
			t.Errorf("%s: %d: %s\n%s", name, code, errs, out)
		}
	}
	if _, out, _ := etcdoc(t, "config", "--user", "root", "--profile", "none"); strings.Contains(out, "one is set") {
		t.Errorf("a user without a password:\n%s", out)
	}
}
