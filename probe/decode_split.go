package probe

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A severalError says that an exposition is of several processes, and that nothing in it tells them apart.
type severalError struct {
	members int
	// again says that it is one member's, more than once.
	again bool
}

func (e *severalError) Error() string {
	if e.again {
		return fmt.Sprintf("%d expositions of one member in one", e.members)
	}
	return fmt.Sprintf("metrics of %d members in one exposition", e.members)
}

// inFile says it of a file.
func (e *severalError) inFile() string {
	if e.again {
		return fmt.Sprintf("%d expositions of one member in one file, one file an exposition", e.members)
	}
	return fmt.Sprintf("metrics of %d members in one file, one file a member", e.members)
}

// A source is one of the processes whose series are in an exposition.
type source struct {
	// name is its value of the label that tells it from the others; empty: there are no others.
	name string
	// series are the places of its series.
	series []int
}

// places are the labels that a scrape gives its targets, those that tell members apart best first.
var places = [...]string{"instance", "pod", "node"}

// split tells the processes apart whose series are in an exposition: by a label that no two series of what a process has
// only one of have the same value of. Never are the values of several processes added up.
func split(all []sampled) ([]source, error) {
	most, ids := 0, make(map[string]bool)
	singles := make(map[string][]*sampled)
	for i := range all {
		s := &all[i]
		if !s.to.family.countsAlone(s.value) {
			continue
		}
		singles[s.to.name] = append(singles[s.to.name], s)
		most = max(most, len(singles[s.to.name]))
		if s.to.name == serverID {
			id, _ := s.label("server_id")
			ids[id] = true
		}
	}
	if most < 2 {
		return []source{{"", upTo(len(all))}}, nil
	}
	by := splitBy(singles)
	if by != "" {
		return sourcesBy(all, by), nil
	}
	switch n := len(singles[serverID]); {
	case len(ids) > 1:
		return nil, &severalError{members: len(ids)}
	case len(ids) == 1 && n > 1:
		return nil, &severalError{members: n, again: true}
	}
	return nil, &severalError{members: cmp.Or(len(singles[hasLeader]), most)}
}

// The families that every member has, and nothing else.
const (
	serverID  = "etcd_server_id"
	hasLeader = "etcd_server_has_leader"
)

// splitBy is the label that tells the processes apart; empty: there is none.
func splitBy(singles map[string][]*sampled) string {
	names := make(map[string]bool)
	for _, family := range [...]string{hasLeader, serverID} {
		for _, s := range singles[family] {
			for _, l := range s.labels {
				names[l.name] = l.name != "server_id"
			}
		}
	}
	candidates := slices.SortedFunc(maps.Keys(names), func(a, b string) int {
		return cmp.Or(cmp.Compare(placeRank(a), placeRank(b)), strings.Compare(a, b))
	})
	best, fewest := "", len(singles)*maxSeries
	for _, name := range candidates {
		if missing, apart := tellsApart(singles, name); names[name] && apart && missing < fewest {
			best, fewest = name, missing
		}
	}
	return best
}

func placeRank(name string) int {
	if i := slices.Index(places[:], name); i >= 0 {
		return i
	}
	return len(places)
}

// tellsApart reports whether no two series of anything that a process has only one of have the same value of a label, and
// how many series do not have it.
func tellsApart(singles map[string][]*sampled, name string) (missing int, apart bool) {
	for family, all := range singles {
		had := make(map[string]bool, len(all))
		for _, s := range all {
			value, has := s.label(name)
			switch {
			case !has && (family == serverID || family == hasLeader):
				return 0, false
			case !has:
				missing++
			case had[value]:
				return 0, false
			}
			had[value] = true
		}
	}
	return missing, true
}

// sourcesBy groups the series by the value of a label, in the order of the values. Those that do not have it are nobody's.
func sourcesBy(all []sampled, name string) []source {
	byValue := make(map[string][]int)
	for i := range all {
		if value, has := all[i].label(name); has {
			byValue[value] = append(byValue[value], i)
		}
	}
	sources := make([]source, 0, len(byValue))
	for _, value := range slices.Sorted(maps.Keys(byValue)) {
		sources = append(sources, source{value, byValue[value]})
	}
	return sources
}

// upTo are the numbers from 0 to n-1.
func upTo(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}
