package probe

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// noon is the time of the first dump.
var noon = time.Date(2024, 11, 21, 12, 0, 0, 0, time.UTC)

// dumpText returns the exposition of a member that has applied some proposals.
func dumpText(id MemberID, applied int) string {
	text := fmt.Sprintf("# TYPE etcd_server_proposals_applied_total gauge\netcd_server_proposals_applied_total %d\n"+
		"etcd_server_has_leader 1\n", applied)
	if id != 0 {
		text += fmt.Sprintf("etcd_server_id{server_id=%q} 1\n", id)
	}
	return text
}

// writeDumps writes files by their path, and returns their folder.
func writeDumps(t *testing.T, files map[string]string) string {
	t.Helper()
	folder := t.TempDir()
	for name, text := range files {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// series adds a member's dumps at a fixed interval, except those that are left out.
func series(files map[string]string, member string, id MemberID, first time.Time, every time.Duration, n int,
	without ...int) {
next:
	for i := range n {
		for _, missing := range without {
			if missing == i {
				continue next
			}
		}
		at := first.Add(time.Duration(i) * every)
		files[fmt.Sprintf("%s/%d.%03d.prom", member, at.Unix(), at.Nanosecond()/1e6)] = dumpText(id, 100+i)
	}
}

// readDumps returns all sweeps of the dumps at a path.
func readDumps(t *testing.T, path string) []Sweep {
	t.Helper()
	d, err := OpenDumps(t.Context(), path, nil)
	if err != nil {
		t.Fatal(err)
	}
	var sweeps []Sweep
	for {
		s, err := d.Next(t.Context())
		if errors.Is(err, io.EOF) {
			if len(sweeps) != d.Span().Sweeps {
				t.Errorf("%d sweeps, and %d were announced", len(sweeps), d.Span().Sweeps)
			}
			return sweeps
		}
		if err != nil {
			t.Fatal(err)
		}
		sweeps = append(sweeps, s)
	}
}

// summary prints the members of a sweep as name:applied, with ! if the metrics are not fresh.
func summary(s *Sweep) string {
	var words []string
	for i := range s.Members {
		m := &s.Members[i]
		word := m.Name + ":?"
		if m.Metrics.Answered() {
			word = m.Name + ":" + m.Metrics.Value.ProposalsApplied.String()
		}
		if !m.Metrics.Fresh() {
			word += "!"
		}
		words = append(words, word)
	}
	return strings.Join(words, " ")
}

func TestDumpsOfAFileEach(t *testing.T) {
	t.Parallel()
	var packed bytes.Buffer
	zip := gzip.NewWriter(&packed)
	fmt.Fprint(zip, dumpText(3, 103))
	if err := zip.Close(); err != nil {
		t.Fatal(err)
	}
	folder := writeDumps(t, map[string]string{
		"etcd-1.prom": dumpText(1, 101), "etcd-2.txt": dumpText(2, 102), "etcd-3.metrics.gz": packed.String(),
		"etcd-4": strings.ReplaceAll(dumpText(4, 104), "\n", "\r\n"), "10.0.0.5": dumpText(5, 105),
		"etcd-6.prom": dumpText(0, 106),
		"etcd-1.log":  "a log", ".hidden.prom": "hidden",
	})
	sweeps := readDumps(t, folder)
	if len(sweeps) != 1 {
		t.Fatalf("%d sweeps, want 1", len(sweeps))
	}
	s := &sweeps[0]
	if got, want := summary(s), "10.0.0.5:105 etcd-1:101 etcd-2:102 etcd-3:103 etcd-4:104 etcd-6:106"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	for i, id := range []MemberID{5, 1, 2, 3, 4, 0} {
		m := &s.Members[i]
		if m.ID != id || m.Key() == "" || m.Status.Answered() || m.Status.Err == nil ||
			m.Status.Err.Kind != ErrNotInDump {
			t.Errorf("%s: id %s, key %q, status %+v; want %s, a key, and ErrNotInDump", m.Name, m.ID, m.Key(),
				m.Status, id)
		}
	}
	if s.Dumps == nil || s.Dumps.Files != 6 || s.Dumps.Sweeps != 1 || s.MemberList.Answered() {
		t.Errorf("%+v, member list %+v: want 6 dumps of one moment, and no member list", s.Dumps, s.MemberList)
	}
}

func TestDumpsOfOneMember(t *testing.T) {
	t.Parallel()
	files := map[string]string{}
	series(files, "etcd-1", 1, noon, 10*time.Second, 3)
	folder := writeDumps(t, files)
	tests := map[string]struct {
		path string
		last time.Time
		want []string
	}{
		"a folder": {filepath.Join(folder, "etcd-1"), noon.Add(20 * time.Second),
			[]string{"etcd-1:100", "etcd-1:101", "etcd-1:102"}},
		"one of its files": {
			filepath.Join(folder, "etcd-1", fmt.Sprintf("%d.000.prom", noon.Unix())), noon, []string{"etcd-1:100"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			sweeps := readDumps(t, test.path)
			if len(sweeps) != len(test.want) {
				t.Fatalf("%d sweeps, want %d", len(sweeps), len(test.want))
			}
			for i, want := range test.want {
				if got := summary(&sweeps[i]); got != want {
					t.Errorf("sweep %d: %s, want %s", i, got, want)
				}
			}
			if last := sweeps[len(sweeps)-1]; !last.At.Equal(test.last) ||
				!last.Members[0].Metrics.At.Equal(test.last) {
				t.Errorf("the last sweep is of %v, want %v", last.At, test.last)
			}
		})
	}
	t.Run("the age of a file", func(t *testing.T) {
		path := filepath.Join(folder, "etcd-7.prom")
		if err := os.WriteFile(path, []byte(dumpText(7, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, noon, noon); err != nil {
			t.Fatal(err)
		}
		if s := readDumps(t, path); len(s) != 1 || !s[0].At.Equal(noon) || summary(&s[0]) != "etcd-7:1" {
			t.Errorf("%+v, want etcd-7 at %v", s, noon)
		}
	})
	t.Run("standard input", func(t *testing.T) {
		d, err := openDumps(t.Context(), "-", strings.NewReader(dumpText(9, 1)), func() time.Time { return noon })
		if err != nil {
			t.Fatal(err)
		}
		if s, err := d.Next(t.Context()); err != nil || !s.At.Equal(noon) || s.Members[0].ID != 9 ||
			summary(&s) != "stdin:1" {
			t.Errorf("%+v, %v: want stdin of %v", s, err, noon)
		}
		if _, err := d.Next(t.Context()); !errors.Is(err, io.EOF) {
			t.Errorf("then %v, want io.EOF", err)
		}
	})
}

func TestDumpsInTime(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		offset2, every time.Duration
		without2       []int
		want           []string
	}{
		"together": {0, 10 * time.Second, nil, []string{
			"etcd-1:100 etcd-2:100", "etcd-1:101 etcd-2:101", "etcd-1:102 etcd-2:102", "etcd-1:103 etcd-2:103",
		}},
		"one a little later": {4 * time.Second, 10 * time.Second, nil, []string{
			"etcd-1:100 etcd-2:100", "etcd-1:101 etcd-2:101", "etcd-1:102 etcd-2:102", "etcd-1:103 etcd-2:103",
		}},
		"halfway between": {5 * time.Second, 10 * time.Second, nil, []string{
			"etcd-1:100 etcd-2:?!", "etcd-1:100 etcd-2:100", "etcd-1:101 etcd-2:100", "etcd-1:101 etcd-2:101",
			"etcd-1:102 etcd-2:101", "etcd-1:102 etcd-2:102", "etcd-1:103 etcd-2:102", "etcd-1:103 etcd-2:103",
		}},
		"one missing": {0, 10 * time.Second, []int{1}, []string{
			"etcd-1:100 etcd-2:100", "etcd-1:101 etcd-2:100!", "etcd-1:102 etcd-2:102", "etcd-1:103 etcd-2:103",
		}},
		"the last one missing, as of a collection that was stopped": {0, 10 * time.Second, []int{3}, []string{
			"etcd-1:100 etcd-2:100", "etcd-1:101 etcd-2:101", "etcd-1:102 etcd-2:102", "etcd-1:103 etcd-2:102",
		}},
		"the last ones missing": {0, 5 * time.Minute, []int{2, 3}, []string{
			"etcd-1:100 etcd-2:100", "etcd-1:101 etcd-2:101", "etcd-1:102 etcd-2:101!", "etcd-1:103 etcd-2:101!",
		}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			files := map[string]string{}
			series(files, "etcd-1", 1, noon, test.every, 4)
			series(files, "etcd-2", 2, noon.Add(test.offset2), test.every, 4, test.without2...)
			sweeps := readDumps(t, writeDumps(t, files))
			if len(sweeps) != len(test.want) {
				t.Fatalf("%d sweeps, want %d", len(sweeps), len(test.want))
			}
			for i := range sweeps {
				if got := summary(&sweeps[i]); got != test.want[i] {
					t.Errorf("sweep %d: %s, want %s", i, got, test.want[i])
				}
				if sweeps[i].Interval != test.every {
					t.Errorf("the interval is %v, want %v", sweeps[i].Interval, test.every)
				}
			}
		})
	}
}

func TestDumpMissing(t *testing.T) {
	t.Parallel()
	files := map[string]string{}
	series(files, "etcd-1", 1, noon, 10*time.Second, 4)
	series(files, "etcd-2", 2, noon, 10*time.Second, 2)
	series(files, "etcd-3", 3, noon.Add(10*time.Second), 10*time.Second, 3)
	folder := writeDumps(t, files)
	if err := os.Mkdir(filepath.Join(folder, "etcd-4"), 0o700); err != nil {
		t.Fatal(err)
	}
	sweeps := readDumps(t, folder)
	for _, test := range []struct {
		sweep, member int
		want          string
	}{
		{2, 1, "no dump of etcd-2 after 12:00:10Z"},
		{3, 1, "no dump of etcd-2 after 12:00:10Z"},
		{0, 2, "no dump of etcd-3 before 12:00:10Z"},
		{0, 3, "no dump of etcd-4"},
	} {
		m := &sweeps[test.sweep].Members[test.member].Metrics
		if m.Err == nil || m.Err.Kind != ErrNotInDump || !strings.Contains(m.Err.Text, test.want) {
			t.Errorf("sweep %d: %v, want %q", test.sweep, m.Err, test.want)
		}
	}
}

// TestDumpsThatCannotBeRead: an unreadable dump becomes the error of its member, with the file and the line.
func TestDumpsThatCannotBeRead(t *testing.T) {
	t.Parallel()
	folder := writeDumps(t, map[string]string{
		"empty.prom": "", "garbage.prom": "<html>\n</html>\n",
		"partly.prom":    dumpText(3, 103) + "etcd_server_is_leader maybe\n",
		"cut.prom":       dumpText(7, 107) + "etcd_server_is_leader 1\netcd_server_proposals_pending 1",
		"powershell.txt": "\xff\xfe#\x00", "unpacked.gz": "\x1f\x8b\x00", "well.prom": dumpText(6, 106),
	})
	if err := os.Symlink(filepath.Join(folder, "nowhere"), filepath.Join(folder, "link.prom")); err != nil {
		t.Fatal(err)
	}
	sweeps := readDumps(t, folder)
	if got, want := summary(&sweeps[0]),
		"cut:107 empty:?! garbage:?! link:?! partly:103 powershell:?! unpacked:?! well:106"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	wants := [][]string{
		nil, {"empty.prom", "is empty"}, {"garbage.prom", "no metric of etcd"}, {"link.prom", "no such file"},
		nil, {"powershell.txt", "UTF-16"}, {"unpacked.gz", "unpacking"}, nil,
	}
	for i, want := range wants {
		m := &sweeps[0].Members[i]
		if (m.Metrics.Err == nil) != (want == nil) {
			t.Errorf("%s: %v", m.Name, m.Metrics.Err)
		}
		for _, word := range want {
			if !strings.Contains(m.Metrics.Err.Text, word) || strings.Contains(m.Metrics.Err.Text, "\n") {
				t.Errorf("%s: %q, want %q in one line", m.Name, m.Metrics.Err.Text, word)
			}
		}
	}
}

// TestDumpsOfOthers: another program with families named like etcd's is no member, and is left out.
func TestDumpsOfOthers(t *testing.T) {
	t.Parallel()
	apiserver := "etcd_request_duration_seconds_count 1\netcd_mvcc_db_total_size_in_bytes 1\nprocess_open_fds 7\n"
	sweeps := readDumps(t, writeDumps(t,
		map[string]string{"kube-apiserver.prom": apiserver, "etcd-1.prom": dumpText(1, 101)}))
	if s := &sweeps[0]; summary(s) != "etcd-1:101" || s.Dumps.Files != 1 || len(s.Dumps.Skipped) != 1 ||
		!strings.HasSuffix(s.Dumps.Skipped[0].Path, "kube-apiserver.prom") {
		t.Errorf("%s, %+v", summary(s), s.Dumps)
	}
	path := filepath.Join(writeDumps(t, map[string]string{"etcd.prom": apiserver}), "etcd.prom")
	if _, err := OpenDumps(t.Context(), path, nil); err == nil ||
		!strings.Contains(err.Error(), "not a member's exposition") {
		t.Errorf("alone: %v", err)
	}
}

// TestDumpOfAnotherMember: a dump in the wrong member's folder is not used for that member.
func TestDumpOfAnotherMember(t *testing.T) {
	t.Parallel()
	files := map[string]string{}
	series(files, "etcd-1", 1, noon, 10*time.Second, 3)
	files[fmt.Sprintf("etcd-1/%d.000.prom", noon.Add(10*time.Second).Unix())] = dumpText(2, 1)
	s := readDumps(t, writeDumps(t, files))[1]
	if err := s.Members[0].Metrics.Err; summary(&s) != "etcd-1:100!" || err == nil ||
		!strings.Contains(err.Text, "member 2") {
		t.Errorf("%s, %v: want that it is member 2's", summary(&s), err)
	}
}

func TestOpenDumpsFails(t *testing.T) {
	t.Parallel()
	at := fmt.Sprint(noon.Unix())
	tests := map[string]struct {
		files map[string]string
		path  string
		want  []string
	}{
		"nothing there":    {nil, "missing", []string{"missing", "no such file or folder"}},
		"an empty folder":  {nil, "", []string{"no dumps", "etcd-1.prom", "RFC 3339"}},
		"nothing but logs": {map[string]string{"etcd.log": "x"}, "", []string{"no dumps"}},
		"all of it empty": {map[string]string{"etcd-1.prom": "", "etcd-2.prom": ""}, "",
			[]string{"none of the dumps can be read", "etcd-1.prom: it is empty"}},
		"no moment": {map[string]string{"etcd-1/first.prom": dumpText(1, 1)}, "",
			[]string{"etcd-1/first.prom", "unix time", "RFC 3339"}},
		"a folder too deep": {map[string]string{"etcd-1/a/" + at: dumpText(1, 1)}, "",
			[]string{"etcd-1/a", "no folders"}},
		"one moment twice": {map[string]string{"etcd-1/" + at: "", "etcd-1/2024-11-21T12-00-00Z.prom": ""}, "",
			[]string{at, "2024-11-21T12-00-00Z.prom", "same moment"}},
		"one name twice": {map[string]string{"etcd-1.prom": dumpText(1, 1), "etcd-1.txt": dumpText(2, 1)}, "",
			[]string{"etcd-1.prom", "etcd-1.txt", "both called etcd-1"}},
		"several members in a file": {
			map[string]string{"all.prom": dumpText(1, 1) + dumpText(2, 1) + dumpText(3, 1)}, "all.prom",
			[]string{"all.prom: metrics of 3 members in one file, one file a member"},
		},
		"several in a member's folder": {
			map[string]string{"etcd/" + at: dumpText(1, 1) + dumpText(2, 1)}, "",
			[]string{at + ": metrics of 2 members in one file, one file a member"},
		},
		"one member's dumps in a file": {
			map[string]string{"all.prom": dumpText(1, 1) + dumpText(1, 1)}, "all.prom",
			[]string{"2 expositions of one member in one file"},
		},
		"a member dumped twice": {
			map[string]string{"etcd-1.prom": dumpText(0xa1, 1), "etcd-2/" + at: dumpText(0xa1, 2)}, "",
			[]string{"etcd-1.prom", "etcd-2", "both dumps of member a1"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := OpenDumps(t.Context(), filepath.Join(writeDumps(t, test.files), test.path), nil)
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q does not say %q", err, want)
				}
			}
		})
	}
}
