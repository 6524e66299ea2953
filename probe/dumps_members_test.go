package probe

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// federated returns the exposition in which a Prometheus federates several targets, with the targets' labels on each
// line.
func federated(by string, targets map[string]string) string {
	var b strings.Builder
	for target, text := range targets {
		for line := range strings.Lines(text) {
			line = strings.TrimSuffix(line, "\n")
			series, value, is := strings.Cut(line, " ")
			if !is || series[0] == '#' {
				continue
			}
			place := fmt.Sprintf("%s=%q,job=\"etcd\"", by, target)
			if name, inner, has := strings.Cut(strings.TrimSuffix(series, "}"), "{"); has {
				series = name + "{" + inner + "," + place + "}"
			} else {
				series += "{" + place + "}"
			}
			fmt.Fprintf(&b, "%s %s 1732150800000\n", series, value)
		}
	}
	return b.String()
}

// TestDumpsOfSeveralMembers: whichever label differs tells the members apart, and nothing is summed over members.
func TestDumpsOfSeveralMembers(t *testing.T) {
	t.Parallel()
	other := "process_open_fds 7\ngo_goroutines 9\n" // not etcd
	for _, by := range []string{"instance", "pod", "node", "host", "member", "exported_instance", "server_id"} {
		text := federated(by, map[string]string{"x-1": dumpText(1, 101), "x-2": dumpText(2, 102),
			"x-3": dumpText(0, 103), "prometheus": other})
		path := filepath.Join(writeDumps(t, map[string]string{"federate.prom": text}), "federate.prom")
		if by == "server_id" { // etcd's own label
			if _, err := OpenDumps(t.Context(), path, nil); err == nil {
				t.Errorf("by %s: it is read", by)
			}
			continue
		}
		s := readDumps(t, path)[0]
		if got, want := summary(&s), "x-1:101 x-2:102 x-3:103"; got != want {
			t.Errorf("by %s: %s, want %s", by, got, want)
		}
		if !s.At.Equal(time.UnixMilli(1732150800000)) {
			t.Errorf("by %s: it is of %v, want the time that its samples say", by, s.At)
		}
		if s.Members[0].ID != 1 || s.Members[1].ID != 2 || s.Members[2].ID != 0 ||
			s.Members[0].Key() == s.Members[2].Key() {
			t.Errorf("by %s: %+v", by, s.Members)
		}
	}
}

// TestSeriesOfSeveralMembers: members may be missing from some dumps, and appear later.
func TestSeriesOfSeveralMembers(t *testing.T) {
	t.Parallel()
	files := make(map[string]string)
	for i, has := range []string{"12", "123", "1", "13", "23"} {
		targets := make(map[string]string)
		for _, member := range has {
			targets["etcd-"+string(member)] = dumpText(MemberID(member-'0'), 100+i)
		}
		files[fmt.Sprintf("%d.prom", noon.Add(time.Duration(i)*15*time.Second).Unix())] = federated("pod", targets)
	}
	want := []string{
		"etcd-1:100 etcd-2:100", "etcd-1:101 etcd-2:101 etcd-3:101", "etcd-1:102 etcd-2:101! etcd-3:101!",
		"etcd-1:103 etcd-2:101! etcd-3:103", "etcd-1:103! etcd-2:104 etcd-3:104",
	}
	sweeps := readDumps(t, writeDumps(t, files))
	for i := range sweeps {
		if got := summary(&sweeps[i]); got != want[i] {
			t.Errorf("sweep %d: %s, want %s", i, got, want[i])
		}
	}
	if err := sweeps[4].Members[0].Metrics.Err; err == nil || err.Kind != ErrNotInDump ||
		!strings.Contains(err.Text, "has no metrics of etcd-1") {
		t.Errorf("a member that is missing: %v", err)
	}
}

// TestOneAmongSeveral: the first dump has a member alone; later ones have two scrapes of a member.
func TestOneAmongSeveral(t *testing.T) {
	t.Parallel()
	twice := map[string]string{"10.0.0.1:2379": dumpText(1, 101), "10.0.0.1:2381": dumpText(1, 101),
		"10.0.0.2:2381": dumpText(2, 101)}
	folder := writeDumps(t, map[string]string{
		fmt.Sprintf("%d.prom", noon.Unix()): federated("instance",
			map[string]string{"10.0.0.1:2379": dumpText(1, 100)}),
		fmt.Sprintf("%d.prom", noon.Add(15*time.Second).Unix()): federated("instance", twice),
		fmt.Sprintf("%d.prom", noon.Add(2*15*time.Second).Unix()): federated("instance",
			map[string]string{"10.0.0.1:2379": dumpText(1, 102)}),
	})
	sweeps := readDumps(t, folder)
	if got := summary(&sweeps[1]); got != "10.0.0.1:2379:101 10.0.0.2:2381:101" {
		t.Errorf("two scrapes of one: %s", got)
	}
	if got := summary(&sweeps[2]); got != "10.0.0.1:2379:102 10.0.0.2:2381:101!" {
		t.Errorf("alone again: %s", got)
	}
}

// TestUnreadableDumpsAreFew: unreadable files never add more members than the limit, and never displace a readable
// one. The rest is left out, the first of them by name.
func TestUnreadableDumpsAreFew(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ readable, junk, members, leftOut int }{
		"as many as may be": {1, maxDumpedMembers - 1, maxDumpedMembers, 0},
		"one more":          {1, maxDumpedMembers, maxDumpedMembers, 1},
		"many":              {2, 5000, maxDumpedMembers, 5002 - maxDumpedMembers},
		"none but readable": {maxDumpedMembers, 3, maxDumpedMembers, 3},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			files := make(map[string]string)
			for i := range test.readable {
				files[fmt.Sprintf("well-%d.prom", i)] = dumpText(MemberID(i+1), 100)
			}
			for i := range test.junk {
				files[fmt.Sprintf("junk-%d.prom", i)] = "hello" // these come first
			}
			s := readDumps(t, writeDumps(t, files))[0]
			readable := 0
			for i := range s.Members {
				if s.Members[i].Metrics.Fresh() {
					readable++
				}
			}
			if len(s.Members) != test.members || readable != test.readable {
				t.Errorf("%d members, %d of them readable; want %d, %d", len(s.Members), readable, test.members,
					test.readable)
			}
			if got := len(s.Dumps.Skipped) + s.Dumps.MoreSkipped; got != test.leftOut ||
				len(s.Dumps.Skipped) != min(test.leftOut, maxSkipped) {
				t.Errorf("%d are left out, %d of them by name; want %d", got, len(s.Dumps.Skipped), test.leftOut)
			}
			for _, out := range s.Dumps.Skipped {
				if !strings.Contains(out.Path, "junk-") || !strings.Contains(out.Reason, "can be read") {
					t.Errorf("left out: %+v", out)
				}
			}
		})
	}
}
