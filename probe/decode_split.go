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

// A severalError says that an exposition is of several processes, and that nothing in it tells them apart.
type severalProcessesError struct {
	processes int
	// again says that it is one member's, more than once.
	sameMember bool
}

func (e *severalProcessesError) Error() string {
	if e.sameMember {
		return fmt.Sprintf("%d expositions of one member in one", e.processes)
	}
	return fmt.Sprintf("metrics of %d members in one exposition", e.processes)
}

// inFile says it of a file.
func (e *severalProcessesError) inFile() string {
	if e.sameMember {
		return fmt.Sprintf("%d expositions of one member in one file, one file an exposition", e.processes)
	}
	return fmt.Sprintf("metrics of %d members in one file, one file a member", e.processes)
}

// A source is one of the processes whose series are in an exposition.
type process struct {
	// name is its value of the label that tells it from the others; empty: there are no others.
	name string
	// series are the places of its series.
	series []int
	// odd says that there is twice what a process has only one of.
	hasDuplicates bool
}

// places are the labels that a scrape gives its targets, those that tell members apart best first.
var targetLabels = [...]string{"instance", "pod", "node"}

// split tells the processes apart whose series are in an exposition: by a label that tells apart most of what a process has only
// one of. Never are the values of several processes added up. What is there twice for all that, while most is not, is an odd line
// of one process: see take, which refuses it.
func split(all []parsedSample, ended func() error) ([]process, error) {
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
	by, err := splitBy(singles, ended)
	if err != nil {
		return nil, err
	}
	if by != "" {
		return processesBy(all, by), nil
	}
	counts := make(map[int]int) // how many families there are so many times
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

// The families that every member has, and nothing else.
const (
	serverID  = "etcd_server_id"
	hasLeader = "etcd_server_has_leader"
)

// splitBy is the label that tells the processes apart; empty: there is none. It fails only where that is wanted no longer.
func splitBy(singles map[string][]*parsedSample, ended func() error) (string, error) {
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
			if 2*n >= len(singles[family]) { // of these there are no more than twice as many as a series may have
				names[name] = name != "server_id"
			}
		}
	}
	candidates := slices.SortedFunc(maps.Keys(names), func(a, b string) int {
		return cmp.Or(cmp.Compare(targetLabelRank(a), targetLabelRank(b)), strings.Compare(a, b))
	})
	best, fewest := "", separation{}
	for _, name := range candidates {
		if err := ended(); err != nil {
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

// separation is how well a label tells processes apart: the families of which no two series have the same value of it, those of
// which some do, and the series that do not have it.
type separation struct{ unique, ambiguous, missing int }

// good reports that it tells apart most of what there are several of: a family that is odd does not count against it.
func (s separation) good() bool { return s.unique > s.ambiguous }

func (s separation) better(than separation) bool {
	return cmp.Or(cmp.Compare(s.ambiguous, than.ambiguous), cmp.Compare(s.missing, than.missing)) < 0
}

// separate says how well a label tells apart what a process has only one of.
func separate(singles map[string][]*parsedSample, name string) (of separation) {
	for family, all := range singles {
		had := make(map[string]bool, len(all))
		lacking, alike := 0, false
		for _, s := range all {
			value, has := s.label(name)
			if !has {
				lacking++
				continue
			}
			alike = alike || had[value]
			had[value] = true
		}
		of.missing += lacking
		// Every member has these two: what lacks the label is nobody's.
		anchor := family == serverID || family == hasLeader
		switch {
		case alike || lacking > 1 || anchor && lacking > 0:
			of.ambiguous++
		case len(had) > 1:
			of.unique++
		}
	}
	return of
}

// sourcesBy groups the series by the value of a label, in the order of the values. Those that do not have it are nobody's.
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

// errAgain is said of a series that is there twice.
var errDuplicate = errors.New("it is there twice")

// again are the places of the series that are there before already: no process exposes one twice. Hashes stand for the
// series, whose text may be as large as the exposition.
func duplicates(all []parsedSample) map[int]bool {
	had, found, seed := make(map[uint64]bool, len(all)), make(map[int]bool), maphash.MakeSeed()
	var key []byte
	for i := range all {
		key = append(key[:0], all[i].to.name...)
		for _, l := range slices.SortedFunc(slices.Values(all[i].labels), func(a, b label) int { return strings.Compare(a.name, b.name) }) {
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

// upTo are the numbers from 0 to n-1.
func upTo(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}
