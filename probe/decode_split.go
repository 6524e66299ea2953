package probe

import (
	"cmp"
	"errors"
	"fmt"
	"hash/maphash"
	"maps"
	"slices"
	"strings"
)

// A severalProcessesError says that an exposition contains several processes that nothing distinguishes.
type severalProcessesError struct {
	processes int
	// sameMember says that they are one member, more than once.
	sameMember bool
}

func (e *severalProcessesError) Error() string {
	if e.sameMember {
		return fmt.Sprintf("%d expositions of one member in one", e.processes)
	}
	return fmt.Sprintf("metrics of %d members in one exposition", e.processes)
}

// inFile is the message for a file.
func (e *severalProcessesError) inFile() string {
	if e.sameMember {
		return fmt.Sprintf("%d expositions of one member in one file: want one file per exposition", e.processes)
	}
	return fmt.Sprintf("metrics of %d members in one file, one file a member", e.processes)
}

// A process is one of the processes whose series are in an exposition.
type process struct {
	// name is its value of the distinguishing label; empty if it is the only one.
	name string
	// series are the indices of its series.
	series []int
	// hasDuplicates says that it has a second series of what a process has only one of.
	hasDuplicates bool
}

// targetLabels are the labels that a scrape gives to its targets, those that distinguish members best first.
var targetLabels = [...]string{"instance", "pod", "node"}

// split tells the processes in an exposition apart, by a label that distinguishes most of what a process has only one
// of. It never adds up the values of several processes. If there is no such label and most series are unique, the
// exposition is one process's and store rejects its duplicates.
func split(all []parsedSample, cancelled func() error) ([]process, error) {
	ids := make(map[string]int)
	singles := make(map[string][]*parsedSample)
	for i := range all {
		s := &all[i]
		if !s.to.family.isUnique(s.value) {
			continue
		}
		singles[s.to.name] = append(singles[s.to.name], s)
		if s.to.name == serverID {
			id, _ := s.label("server_id")
			ids[id]++
		}
	}
	by, err := splitBy(singles, cancelled)
	if err != nil {
		return nil, err
	}
	if by != "" {
		return processesBy(all, by), nil
	}
	counts := make(map[int]int) // how many families have that many series
	for _, same := range singles {
		counts[len(same)]++
	}
	doubled := len(singles) - counts[1]
	if 2*doubled <= len(singles) {
		return []process{{series: upTo(len(all)), hasDuplicates: doubled > 0}}, nil
	}
	delete(counts, 1)
	processes := 0
	for n, families := range counts {
		if most := counts[processes]; families > most || families == most && n > processes {
			processes = n
		}
	}
	for _, n := range ids {
		if n >= processes {
			return nil, &severalProcessesError{processes: processes, sameMember: true}
		}
	}
	return nil, &severalProcessesError{processes: processes}
}

// splitBy returns the label that tells the processes apart; empty if there is none. It fails only if it is cancelled.
func splitBy(singles map[string][]*parsedSample, cancelled func() error) (string, error) {
	names := make(map[string]bool)
	for _, family := range [...]string{hasLeader, serverID} {
		if len(singles[family]) < 2 {
			continue
		}
		has := make(map[string]int)
		for _, s := range singles[family] {
			for _, l := range s.labels {
				has[l.name]++
			}
		}
		for name, n := range has {
			if 2*n >= len(singles[family]) { // at most twice as many names as a series may have labels
				names[name] = name != "server_id"
			}
		}
	}
	candidates := slices.SortedFunc(maps.Keys(names), func(a, b string) int {
		return cmp.Or(cmp.Compare(targetLabelRank(a), targetLabelRank(b)), strings.Compare(a, b))
	})
	best, fewest := "", separation{}
	for _, name := range candidates {
		if err := cancelled(); err != nil {
			return "", err
		}
		if got := separate(singles, name); names[name] && got.good() && (best == "" || got.better(fewest)) {
			best, fewest = name, got
		}
	}
	return best, nil
}

func targetLabelRank(name string) int {
	if i := slices.Index(targetLabels[:], name); i >= 0 {
		return i
	}
	return len(targetLabels)
}

// separation counts the families in which a label's value is unique per series, the families in which it is not, and
// the series without the label.
type separation struct{ unique, ambiguous, missing int }

// good reports whether the label distinguishes most of the families with several series; a few odd ones don't matter.
func (s separation) good() bool { return s.unique > s.ambiguous }

func (s separation) better(than separation) bool {
	return cmp.Or(cmp.Compare(s.ambiguous, than.ambiguous), cmp.Compare(s.missing, than.missing)) < 0
}

// separate counts how well a label distinguishes what a process has only one of.
func separate(singles map[string][]*parsedSample, name string) (of separation) {
	for family, all := range singles {
		had := make(map[string]bool, len(all))
		missing, ambiguous := 0, false
		for _, s := range all {
			value, has := s.label(name)
			if !has {
				missing++
				continue
			}
			ambiguous = ambiguous || had[value]
			had[value] = true
		}
		of.missing += missing
		// Every member has these two: a series without the label belongs to nobody.
		anchor := family == serverID || family == hasLeader
		switch {
		case ambiguous || missing > 1 || anchor && missing > 0:
			of.ambiguous++
		case len(had) > 1:
			of.unique++
		}
	}
	return of
}

// processesBy groups the series by a label's value, sorted by value. It drops series without the label.
func processesBy(all []parsedSample, name string) []process {
	byValue := make(map[string][]int)
	for i := range all {
		if value, has := all[i].label(name); has {
			byValue[value] = append(byValue[value], i)
		}
	}
	sources := make([]process, 0, len(byValue))
	for _, value := range slices.Sorted(maps.Keys(byValue)) {
		sources = append(sources, process{name: value, series: byValue[value]})
	}
	return sources
}

// errDuplicate: the same series twice.
var errDuplicate = errors.New("the series is there twice")

// duplicates returns the indices of repeated series: no process exposes a series twice. It compares hashes, because the
// text of the series may be as large as the exposition.
func duplicates(all []parsedSample) map[int]bool {
	had, found, seed := make(map[uint64]bool, len(all)), make(map[int]bool), maphash.MakeSeed()
	var key []byte
	for i := range all {
		key = append(key[:0], all[i].to.name...)
		for _, l := range slices.SortedFunc(slices.Values(all[i].labels),
			func(a, b label) int { return strings.Compare(a.name, b.name) }) {
			key = append(append(append(append(key, 0xff), l.name...), 0xfe), l.value...)
		}
		hash := maphash.Bytes(seed, key)
		if had[hash] {
			found[i] = true
		}
		had[hash] = true
	}
	return found
}

// upTo returns the numbers from 0 to n-1.
func upTo(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}
