package thresholds

import (
	"slices"
	"strings"
	"testing"

	"github.com/etcdoc/etcdoc/probe"
)

// compared is a cluster whose members' data was compared twice; a member's hash and compact revision are each a
// letter.
func compared(t *testing.T, rounds int, hashes, compacts string) (*scene, Assessment) {
	s := newScene(t, len(hashes), Options{Immediate: true})
	for i := range hashes {
		m := s.member(i + 1)
		m.hash, m.compact = uint32(hashes[i]), int64(compacts[i])
	}
	s.observe()
	var a Assessment
	for s.hashes = 1; s.hashes <= rounds; s.hashes++ {
		s.observe() // a sweep with the same comparison counts once
		a = s.observe()
	}
	s.hashes--
	return s, a
}

func TestHashes(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		rounds           int
		hashes, compacts string
		corrupt, unknown string // members
	}{
		"alike":                          {2, "aaa", "111", "", ""},
		"one alone":                      {2, "aab", "111", "3", ""},
		"one alone, the leader":          {2, "baa", "111", "1", ""},
		"seen once":                      {1, "aab", "111", "", "3"},
		"two of five alike":              {2, "aabbb", "11111", "12", ""},
		"two alone":                      {2, "aaabc", "11111", "45", ""},
		"one and one":                    {2, "ab", "11", "12", ""},
		"all differ":                     {2, "abc", "111", "123", ""},
		"two and two":                    {2, "aabb", "1111", "1234", ""},
		"compacted differently":          {2, "aab", "112", "", "3"},
		"compacted each differently":     {2, "abc", "123", "", "123"},
		"majority of those alike to it":  {2, "aabb", "1112", "3", "4"},
		"a single member":                {2, "a", "1", "", ""},
		"a pair compacted another way":   {2, "aabb", "1122", "", ""},
		"a pair that differs, undecided": {2, "aabc", "1122", "34", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s, a := compared(t, test.rounds, test.hashes, test.compacts)
			for i := range s.members {
				label := s.member(i + 1).name
				want := OK
				switch n := label[len(label)-1:]; {
				case strings.Contains(test.corrupt, n):
					want = Critical
				case strings.Contains(test.unknown, n):
					want = Unknown
				}
				f := finding(&a, HashMismatch, label)
				if f.Level != want {
					t.Errorf("%s: %s %q, want %s", label, f.Level, f.Summary, want)
				}
				saysFinding(t, &a, HashMismatch, label)
			}
			saysReading(t, &a)
			if (a.Reading.Cause == CauseCorruption) != (test.corrupt != "") || a.Uncompared() != (test.unknown != "") {
				t.Errorf("cause %s, uncompared %v", a.Reading.Cause, a.Uncompared())
			}
		})
	}
}

// TestHashesNeedTwoInARow: a difference that is gone at the next comparison is none.
func TestHashesNeedTwoInARow(t *testing.T) {
	t.Parallel()
	s, a := compared(t, 1, "aab", "111")
	wants(t, &a, HashMismatch, "etcd-3", Unknown)
	s.member(3).hash = 'a'
	s.hashes++
	a = s.observe()
	wants(t, &a, HashMismatch, "etcd-3", OK)
	s.member(3).hash = 'b'
	s.hashes++
	a = s.observe()
	wants(t, &a, HashMismatch, "etcd-3", Unknown)
	s.hashes++
	a = s.observe()
	wants(t, &a, HashMismatch, "etcd-3", Critical)
}

// TestHashesThatCanNotBeHad: a requested hash that is not available is unknown, with its reason.
func TestHashesThatCanNotBeHad(t *testing.T) {
	t.Parallel()
	fresh := newScene(t, 3, Options{Immediate: true})
	fresh.hashes = 2
	fresh.member(2).noHash = &probe.Error{Kind: probe.ErrPermission, Text: "permission denied"}
	fresh.observe()
	a := fresh.observe()
	wants(t, &a, HashMismatch, "etcd-2", Unknown)
	saysFinding(t, &a, HashMismatch, "etcd-2")
	wants(t, &a, HashMismatch, "etcd-1", OK)
	if !a.Uncompared() {
		t.Error("it counts as compared")
	}
	fresh.member(2).down = errRefused
	a = fresh.observe()
	wants(t, &a, HashMismatch, "etcd-2", Unknown)
	if a.Uncompared() {
		t.Error("the rule about unreachable members reports this one")
	}
}

// TestHashesNextSteps: no advice destroys data unless it is proven whose data is bad.
func TestHashesNextSteps(t *testing.T) {
	t.Parallel()
	_, a := compared(t, 2, "ab", "11")
	says(t, "undecided", a.Reading.Next)
	_, a = compared(t, 2, "aab", "111")
	wantBlamed(t, &a, "etcd-3")
	says(t, "the third is bad", a.Reading.Next)
	if a.Rolling.Blocked == "" || a.Rolling.Next != "" {
		t.Errorf("one by one: %+v", a.Rolling)
	}
	says(t, "the third is bad, one by one", a.Rolling.Blocked)
	_, a = compared(t, 2, "baa", "111")
	wantBlamed(t, &a, "etcd-1")
	says(t, "the leader is bad", a.Reading.Next)
	s, _ := compared(t, 2, "aabaa", "11111")
	s.member(4).down, s.member(5).down = errRefused, errRefused
	s.observe()
	a = s.observe()
	if a.Reading.Cause != CauseCorruption {
		t.Errorf("without a voter to spare: %s", a.Reading.Cause)
	}
	says(t, "without a voter to spare", a.Reading.Next)
	for _, m := range a.Members {
		if m.Label == "etcd-1" && m.CanLose.Verdict == LossSafe {
			t.Error("safe to lose, with corrupt data among the survivors")
		}
	}
}

// TestCorruptionGap: one line names what was not compared.
func TestCorruptionGap(t *testing.T) {
	t.Parallel()
	both := map[string]bool{compactHashCheck: false, initialCorruptCheck: false}
	kubeadm := map[string]bool{compactHashCheck: false, initialCorruptCheck: true}
	on := map[string]bool{compactHashCheck: true, initialCorruptCheck: true}
	tests := map[string]struct {
		features []map[string]bool
		hashes   int
	}{
		"before 3.6":        {[]map[string]bool{nil, nil, nil}, 0},
		"both off":          {[]map[string]bool{both, both, both}, 0},
		"kubeadm":           {[]map[string]bool{kubeadm, kubeadm, kubeadm}, 0},
		"on":                {[]map[string]bool{on, on, on}, 0},
		"off at one":        {[]map[string]bool{on, kubeadm, on}, 0},
		"off here or there": {[]map[string]bool{both, kubeadm, on}, 0},
		"compared":          {[]map[string]bool{on, on, on}, 2},
		"compared, off":     {[]map[string]bool{both, both, both}, 2},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, 3, Options{Immediate: true})
			s.hashes = test.hashes
			for i, features := range test.features {
				s.member(i + 1).metrics.Features = features
			}
			s.observe()
			a := s.observe()
			lines := slices.DeleteFunc(slices.Clone(a.Reading.NotLookedAt), func(line string) bool {
				return !strings.Contains(line, "hash") && !strings.Contains(line, "Check") &&
					!strings.Contains(line, "corrupt")
			})
			if len(lines) > 1 {
				t.Errorf("not looked at: %q, want one line", lines)
			}
			says(t, "", strings.Join(lines, "\n"))
			if same := slices.ContainsFunc(a.Reading.EvidenceTexts(), func(line string) bool {
				return strings.HasPrefix(line, "the data of etcd-1, etcd-2 and etcd-3 is the same")
			}); same != (test.hashes > 0) {
				t.Errorf("evidence: %q", a.Reading.EvidenceTexts())
			}
		})
	}
}
