package thresholds

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// An APIServer is how a kube-apiserver sees etcd.
type APIServer struct {
	// URL is where it was asked; Label is that without the scheme.
	URL, Label string
	// Reaches is whether its own checks of etcd pass.
	Reaches Reach
	// Reason is what it says about the check that fails, empty if it withholds that; Since is since when one fails.
	Reason string
	Since  time.Time
	// Unasked is why it is not known whether the checks pass; Unread why its metrics are not known, or are too old.
	// Both are empty where that is known. MayNotRead reports that Unread is for want of permission.
	Unasked, Unread string
	MayNotRead      bool
	// MetricsAge is the age of the metrics behind what follows.
	MetricsAge time.Duration
	// Operations are its requests to etcd by operation, in the order of their names.
	Operations []APIServerOperation
	// Databases are the sizes of the databases that it uses, that of --etcd-servers first.
	Databases []probe.APIServerDatabase
	// Resources are those that take most space in etcd, the largest first, at most [LargestResources].
	Resources []ResourceSize
}

// Reach is whether a kube-apiserver reaches etcd.
type Reach string

// Whether an API server reaches etcd.
const (
	Reaches      Reach = "yes"
	ReachesNot   Reach = "no"
	ReachUnknown Reach = "unknown"
)

// LargestResources is how many resources an [APIServer] names.
const LargestResources = 10

// An APIServerOperation is one kind of a kube-apiserver's requests to etcd, such as get, in the window.
type APIServerOperation struct {
	Operation string
	// Latency is how long those of all resources took.
	Latency Latency
	// ErrorRate is how many failed per second; absent where errors are not counted (up to 1.27), and in a single look.
	ErrorRate probe.Value
	// Slowest is the resource whose requests took longest, as far as each has enough of them for a p99; empty without.
	Slowest string
	// SlowestLatency is that of the Slowest.
	SlowestLatency Latency
}

// A ResourceSize is what the objects of a resource take in etcd, as a kube-apiserver estimates it.
type ResourceSize struct {
	Resource string
	Bytes    float64
}

// Line says in one line how the API server sees etcd, without its name.
func (s *APIServer) Line() string {
	var requests []string
	for _, o := range s.Operations {
		if o.Latency.IsKnown() && isSingle(o.Operation) {
			requests = append(requests, o.Operation+" "+o.Latency.String())
		}
	}
	return strings.Join(slices.Concat([]string{s.Reaches.words()}, requests, s.space(0)), ", ")
}

// APIServersLine says how many of the API servers that are asked reach etcd; empty if none is asked.
func (a *Assessment) APIServersLine() string {
	count := map[Reach]int{}
	for i := range a.APIServers {
		count[a.APIServers[i].Reaches]++
	}
	all, reach, unknown := len(a.APIServers), count[Reaches], count[ReachUnknown]
	switch {
	case all == 0:
		return ""
	case all == 1:
		return "API server: " + a.APIServers[0].Reaches.words()
	case reach == all:
		return fmt.Sprintf("%d API servers reach etcd", all)
	case unknown == 0:
		return fmt.Sprintf("%d of %s reach etcd", reach, Plural(all, "API server"))
	default:
		return fmt.Sprintf("%d of %s reach etcd, not known of %d", reach, Plural(all, "API server"), unknown)
	}
}

// Whole is Line with all operations, their slowest resources and errors, and what takes most space.
func (s *APIServer) Whole() string {
	parts := []string{s.Reaches.words()}
	if s.Reason != "" {
		parts[0] += " (" + s.Reason + ")"
	}
	for i := range s.Operations {
		if o := &s.Operations[i]; o.Latency.IsKnown() {
			parts = append(parts, o.words())
		}
	}
	return strings.Join(append(parts, s.space(largestSaid)...), "; ")
}

// space are the size of the database and the largest resources, so many of them; or why they are not known.
func (s *APIServer) space(resources int) (parts []string) {
	switch {
	case s.Unread != "" && s.MayNotRead:
		return []string{"its metrics may not be read"}
	case s.Unread != "":
		return []string{"its metrics are not known"}
	case len(s.Databases) > 0:
		parts = append(parts, "db "+Bytes.Format(s.Databases[0].Bytes))
	}
	var largest []string
	for _, r := range s.Resources[:min(len(s.Resources), resources)] {
		largest = append(largest, r.Resource+" "+Bytes.Format(r.Bytes))
	}
	if len(largest) > 0 {
		parts = append(parts, "most space: "+strings.Join(largest, ", "))
	}
	return parts
}

// words are how long the requests took, for which resource longest, and how many failed.
func (o *APIServerOperation) words() string {
	words := o.Operation + " " + o.Latency.Words()
	if o.Slowest != "" {
		words += fmt.Sprintf(", longest for %s (%s)", o.Slowest, o.SlowestLatency)
	}
	if failing := o.ErrorRate.Or(0); failing > 0 {
		words += ", " + PerSecond.Format(failing) + " fail"
	}
	return words
}

// largestSaid is how many of the largest resources a sentence names.
const largestSaid = 3

// Level is how bad it is by itself, whatever explains it.
func (s *APIServer) Level() Level {
	switch s.Reaches {
	case Reaches:
		return OK
	case ReachesNot:
		return Critical
	default:
		return Unknown
	}
}

// Brief is in a word or two whether it reaches etcd.
func (s *APIServer) Brief() string {
	switch s.Reaches {
	case Reaches:
		return "ok"
	case ReachesNot:
		return "cut off"
	default:
		return "?"
	}
}

func (r Reach) words() string {
	switch r {
	case Reaches:
		return "reaches etcd"
	case ReachesNot:
		return "does not reach etcd"
	default:
		return "not known whether it reaches etcd"
	}
}

// Name is the API server's name in a sentence.
func (s *APIServer) Name() string { return "kube-apiserver " + s.Label }

// isSingle reports whether an operation of kube-apiserver is about one key. How long others take depends on how much
// they return: a list returns up to 10,000 objects at once.
func isSingle(operation string) bool {
	switch operation {
	case operationGet, "create", "update", "delete", "getCurrentResourceVersion":
		return true
	}
	return false
}

const operationGet = "get"

func isGet(operation string) bool { return operation == operationGet }
