package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/etcdoc/etcdoc/assets/schematest"
	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

// hostile has one of each kind of character that no face may print unescaped, and of those with a meaning in some
// output format.
const hostile = "a\x1b[2J\nOK b\r\t\x00\x7f\u0085\u009b31m\u202e\u2066\u2028\u200b" +
	"\ufeff\U000e0041\ufe0f\u3164\ue000\xff|'=;<b>#: \"\\"

// hostileSweeps are two sweeps of a cluster with a hostile text everywhere.
func hostileSweeps(text string) []probe.Sweep {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	failed := &probe.Error{Kind: probe.ErrOther, Text: text}
	certificate := &probe.Certificate{Subject: text, Issuer: text, NotBefore: now.AddDate(-1, 0, 0),
		NotAfter: now.Add(time.Hour)}
	var sweeps []probe.Sweep
	for i := range 2 {
		at := now.Add(time.Duration(i) * 3 * time.Second)
		s := probe.Sweep{
			At: at, Interval: 3 * time.Second, Cluster: 1, ClientCertificate: certificate,
			MemberList: probe.Fact[probe.MemberList]{Value: probe.MemberList{From: 1}, At: at, Err: failed},
			Alarms: probe.Fact[[]probe.Alarm]{Value: []probe.Alarm{{Type: text, Member: 1},
				{Type: "NOSPACE", Member: 2}}, At: at},
			Marks: []probe.Mark{{At: at, Text: text, Member: text, Window: time.Minute}},
		}
		for id := probe.MemberID(1); id <= 4; id++ {
			m := probe.Member{
				ID: id, Listed: true, Cluster: 1, Name: fmt.Sprintf("%d%s", id, text), Endpoint: "http://" + text,
				MetricsEndpoint: text,
				PeerURLs:        []string{text}, ClientURLs: []string{text}, ServedCertificate: certificate,
				Status: probe.Fact[probe.Status]{At: at, Value: probe.Status{
					ClusterID: 1, MemberID: id, Leader: 1, Version: text, StorageVersion: text, RaftTerm: 2,
					RaftIndex: 9,
					Errors:    []string{text}, Alarms: []probe.Alarm{{Type: text, Member: id}},
				}},
				Metrics: probe.Fact[*probe.Metrics]{At: at, Err: failed, Value: &probe.Metrics{
					ServerID: id, ServerVersion: text, ClusterVersion: text,
					Alarms: []probe.Alarm{{Type: text, Member: id}}, Features: map[string]bool{text: true},
				}},
				Peers: probe.Fact[[]probe.Peer]{At: at,
					Value: []probe.Peer{{ID: id, Name: text, ClientURLs: []string{text}}}},
			}
			switch id {
			case 3:
				m.Status.Err = failed
			case 4:
				m.ID, m.Name, m.Listed = 0, "", false
				m.Status = probe.Fact[probe.Status]{Err: failed}
				m.Metrics = probe.Fact[*probe.Metrics]{Err: failed}
			}
			s.Members = append(s.Members, m)
		}
		sweeps = append(sweeps, s)
	}
	return sweeps
}

// facesOf returns what every face prints about such a cluster, by face.
func facesOf(t *testing.T, text string) map[string]string {
	t.Helper()
	evaluator := thresholds.New(thresholds.Options{Immediate: true})
	var plain bytes.Buffer
	lines := &plainLog{w: &plain, name: text}
	var a thresholds.Assessment
	for _, s := range hostileSweeps(text) {
		a = evaluator.Observe(s)
		lines.observe(a)
	}
	lines.writeSummary()
	said := map[string]string{"plain": plain.String()}
	steps, err := thresholds.ParsePlan("stop " + a.Members[0].ID.String() + "; add new; restart new")
	if err != nil {
		t.Fatal(err)
	}
	sayPlan(t, &planQuestion{steps: steps, evaluator: evaluator}, &a, said)
	for _, asked := range []question{
		{failOn: thresholds.Warning},
		{failOn: thresholds.Warning, asks: thresholds.AskCanLose, names: []string{a.Members[0].Label}},
		{failOn: thresholds.Warning, asks: thresholds.AskCanLose, names: []string{probe.Printable(text)}},
	} {
		for _, format := range []string{"table", "wide", "json", "yaml", "nagios"} {
			var out bytes.Buffer
			face, err := faceOf(format, &out, thresholds.NewRuleSet(thresholds.Rules()))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := face(&out, &asked, &a); err != nil {
				t.Fatalf("%q as %s: %v", text, format, err)
			}
			said[format+" "+strings.Join(asked.names, ",")] = out.String()
		}
		said["progress "+strings.Join(asked.names, ",")] = asked.brief(&a)
	}
	return said
}

// sayPlan adds what is printed of a plan, or why it can't be judged: the text may be what another member is called.
func sayPlan(t *testing.T, plan *planQuestion, a *thresholds.Assessment, said map[string]string) {
	t.Helper()
	p, err := plan.judge(a)
	if err != nil {
		said["a plan's error"] = err.Error()
		return
	}
	for _, format := range []string{"table", "json", "yaml"} {
		var out bytes.Buffer
		print, err := planFace(format, &out)
		if err != nil {
			t.Fatal(err)
		}
		if err := print(&out, &p, plan.said(&p, a), a.At); err != nil {
			t.Fatal(err)
		}
		said["plan as "+format] = out.String()
	}
}

// checkFaces checks that no face prints anything that a terminal obeys.
func checkFaces(t *testing.T, text string) {
	t.Helper()
	for name, said := range facesOf(t, text) {
		format, _, _ := strings.Cut(name, " ")
		if shown := printableLines(said); shown != said || strings.ContainsAny(said, "\t") {
			t.Errorf("%s of %q has characters that a terminal obeys or hides:\n%q", format, text, said)
		}
		switch format {
		case "json":
			schematest.Check(t, []byte(said))
		case "yaml":
			var document map[string]any
			if err := yaml.Unmarshal([]byte(said), &document); err != nil || document["schema"] == nil {
				t.Errorf("of %q: it is no YAML: %v\n%s", text, err, said)
			}
		case "nagios":
			checkPlugin(t, text, said)
		}
	}
}

// checkPlugin checks that a plug-in's output is one line with one bar before the perfdata: 'label'=value;….
func checkPlugin(t *testing.T, text, said string) {
	t.Helper()
	if strings.Count(said, "\n") != 1 || !strings.HasSuffix(said, "\n") || strings.Count(said, "|") > 1 ||
		!strings.HasPrefix(said, "ETCD ") {
		t.Errorf("of %q: it is no line of a plug-in: %q", text, said)
	}
	_, drawn, _ := strings.Cut(said, " | ")
	for i, part := range strings.Split(drawn, "'") {
		if i%2 == 0 && strings.Count(part, "=") != 1 && strings.TrimSpace(part) != "" {
			t.Errorf("of %q: perfdata %q is not 'label'=value", text, drawn)
		}
	}
}

func TestNoFaceObeysACluster(t *testing.T) {
	t.Parallel()
	var controls strings.Builder
	for r := rune(0); r < 0xa0; r++ {
		controls.WriteRune(r)
	}
	for _, text := range []string{hostile, controls.String(), "\n", "\u009b", "|'x'=1;1;1", "- a: b\n# c"} {
		checkFaces(t, text)
	}
}

// TestPlainHasALineForEachChange: no text of a cluster begins a line of its own.
func TestPlainHasALineForEachChange(t *testing.T) {
	for line := range strings.Lines(facesOf(t, "x\n12:00:00Z  OK        forged\n")["plain"]) {
		if strings.HasPrefix(line, "12:00:00Z  OK        forged") {
			t.Errorf("a name has written a line: %q", line)
		}
	}
}

func FuzzNoFaceObeysACluster(f *testing.F) {
	f.Add(hostile)
	f.Add("etcd-1")
	f.Add("1") // the id of a member, too
	f.Fuzz(checkFaces)
}

// FuzzOutward: escaping does not depend on how a text is split into writes.
func FuzzOutward(f *testing.F) {
	f.Add(hostile, 3)
	f.Add("日本\xe6\x97", 1)
	f.Fuzz(func(t *testing.T, text string, cut int) {
		cut = min(max(cut, 1), 64)
		var whole, parts bytes.Buffer
		for _, w := range []struct {
			to  io.Writer
			cut int
		}{{&escapingWriter{to: &whole}, max(len(text), 1)}, {&escapingWriter{to: &parts}, cut}} {
			for part := range slices.Chunk([]byte(text), w.cut) {
				if n, err := w.to.Write(part); n != len(part) || err != nil {
					t.Fatal(n, err)
				}
			}
		}
		if whole.String() != parts.String() || printableLines(parts.String()) != parts.String() {
			t.Errorf("%q: %q in one, %q in pieces of %d", text, whole.String(), parts.String(), cut)
		}
	})
}

// TestMessagesAreLines: each of several errors has exactly one line.
func TestMessagesAreLines(t *testing.T) {
	for _, test := range []struct {
		err  error
		want []string
	}{
		{errors.New("one\netcdoc: forged"), []string{`one\netcdoc: forged`}},
		{errors.Join(errors.New("a"), errors.Join(errors.New("b\x1b"), errors.New("c"))), []string{"a", `b\x1b`, "c"}},
		{fmt.Errorf("%w: because of %w", errors.New("a"), errors.New("b\nc")), []string{`a: because of b\nc`}},
		{fmt.Errorf("doing it: %w", errors.Join(errors.New("a"), errors.New("b"))), []string{`doing it: a\nb`}},
	} {
		if got := messages(test.err); !slices.Equal(got, test.want) {
			t.Errorf("%q: %q, want %q", test.err, got, test.want)
		}
	}
}

// TestMostMessages: the first of many mistakes are printed, and the number of the others.
func TestMostMessages(t *testing.T) {
	t.Parallel()
	for n, last := range map[int]string{maxMessages - 1: "mistake 18", maxMessages: "mistake 19",
		maxMessages + 1: "and 1 more", 20_000: "and 19980 more"} {
		errs := make([]error, n)
		for i := range errs {
			errs[i] = fmt.Errorf("mistake %d", i)
		}
		for _, err := range []error{errors.Join(errs...),
			errors.Join(errors.Join(errs[:n/2]...), errors.Join(errs[n/2:]...))} {
			got := messages(err)
			if len(got) != min(n, maxMessages+1) || got[0] != "mistake 0" || got[len(got)-1] != last {
				t.Errorf("%d mistakes have %d lines: %q", n, len(got), got)
			}
		}
	}
	var keys, rules strings.Builder
	rules.WriteString("thresholds:\n")
	for i := range 20_000 {
		fmt.Fprintf(&keys, "k%d: 1\n", i)
		fmt.Fprintf(&rules, " r%d: 1\n", i)
	}
	for _, text := range []string{keys.String(), rules.String()} {
		path := filepath.Join(t.TempDir(), "config.yaml")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		for most, args := range map[int][]string{
			maxMessages: {"check", "--config", path}, maxListed: {"config", "--check", path},
		} {
			var out, errs bytes.Buffer
			code := Run(t.Context(), args, strings.NewReader(""), &out, &errs)
			if lines := strings.Count(errs.String(), "\n"); code != ExitNotDone || lines != most+1 ||
				!strings.HasSuffix(errs.String(), fmt.Sprintf("\nand %d more\n", 20_000-most)) {
				t.Errorf("%v: exit code %d, %d lines: %.3000s", args, code, lines, errs.String())
			}
		}
	}
}

// TestUsersTextIsPrintable gives hostile text wherever the command line, the environment or a file is quoted.
func TestUsersTextIsPrintable(t *testing.T) {
	folder := t.TempDir()
	name := strings.NewReplacer("\x00", "", "/", "").Replace(hostile)
	config := filepath.Join(folder, name+".yaml")
	text := "endpoints: [127.0.0.1:1]\npassword: secret\n" + `"key\x9b\u202e\n": 1` +
		"\nfail-on: \"x\\n\\u202e\"\nthresholds:\n  \"rule\\u2028\": {warning: 1}\n"
	bundle := filepath.Join(folder, "bundle")
	dump := filepath.Join(bundle, name+".prom")
	for path, text := range map[string]string{config: text,
		dump: "etcd_server_has_leader 1\netcd_server_version{server_version=\"\u202e\"} 1\nodd\x9b\n"} {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	once := []string{"check", "--window", "0", "--dial-timeout", "100ms", "--command-timeout", "100ms"}
	for _, args := range [][]string{
		{"check", "--config", config}, {"check", "--config", config + "x"}, {"config", "--config", config},
		{name}, {"check", name}, {"check", "--" + name}, {"check", "-o", name}, {"check", "--window", name},
		{"--once=" + name},
		append(once, "--endpoints", name), append(once, "--can-lose", name), append(once, "--cacert", name),
		append(once, "--endpoints", "127.0.0.1:1", "--user", name),
		{"--plain", "--theme", name}, {"config", "--name", name},
		{"check", "--input", bundle}, {"check", "--input", bundle, "-o", "json"},
		{"check", "--input", bundle, "-o", "yaml"},
		{"check", "--input", bundle, "-o", "nagios"}, {"check", "--input", bundle, "-o", "wide"},
		{"check", "--input", filepath.Join(folder, name)},
	} {
		var out, errs bytes.Buffer
		Run(t.Context(), args, strings.NewReader(""), &out, &errs)

		if both := out.String() + errs.String(); printableLines(both) != both || both == "" {
			t.Errorf("%q says %q", args, both)
		}
		for line := range strings.Lines(errs.String()) {
			if strings.HasPrefix(line, "OK b") {
				t.Errorf("%q: a line is forged: %q", args, errs.String())
			}
		}
	}
}
