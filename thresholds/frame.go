package thresholds

import (
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// settings are what a sweep is judged by, or one member of it: the caller's options, and the windows that the interval of the
// looks makes of them.
type settings struct {
	rules []Rule
	// window is how far back rates and quantiles look: the configured one, and never less than four intervals.
	window, configured time.Duration
	// interval is how far apart the looks are: the sweep's, or that of a dumped member's own series.
	interval              time.Duration
	immediate, sinceStart bool
}

// settings are those of a sweep with an interval.
func (o *Options) settings(interval time.Duration) settings {
	return settings{
		rules: o.Rules, window: max(o.Window, 4*interval), configured: o.Window, interval: interval,
		immediate: o.Immediate, sinceStart: o.SinceStart,
	}
}

// rule is a row of the rule table; a rule without limits where it is not there.
func (o *settings) rule(id RuleID) *Rule {
	for i := range o.rules {
		if o.rules[i].ID == id {
			return &o.rules[i]
		}
	}
	return &Rule{ID: id}
}

// A frame is the work on one sweep: what it is judged by, and what is worked out of each of its members. It does not outlive
// the sweep.
type frame struct {
	sweep    *probe.Sweep
	now      time.Time
	settings settings
	// first says that no sweep came before that this one could be compared with.
	first bool
	// members are in the sweep's order, as are results, which are theirs.
	members []memberState
	results []Member
	// places are those of the members by their keys, made when they are first asked for: see place.
	places map[string]int
}

func newFrame(s *probe.Sweep, now time.Time, settings settings, first bool) *frame {
	return &frame{
		sweep: s, now: now, settings: settings, first: first,
		members: make([]memberState, len(s.Members)), results: make([]Member, len(s.Members)),
	}
}

// membersWith completes the members' results with what was concluded about them, and hands them over.
func (f *frame) membersWith(conclusions []conclusion) []Member {
	for i := range conclusions {
		m, c := &f.results[i], &conclusions[i]
		m.Level, m.CanLose, m.CanRemove = c.level, c.canLose, c.canRemove
	}
	return f.results
}

// A memberState is what is being worked out of one member of a sweep: its result so far, and what only the work on the
// others needs to know.
type memberState struct {
	*Member // the result
	probed  *probe.Member
	track   *track
	// settings are those by which it is judged: see [settings.of].
	settings settings
	// expected is the text of the mark that announced its outage; empty outside of such a window.
	expected string
	// restartExpected says that it has restarted since that was announced.
	restartExpected bool
	// outside says that it is no member of the cluster that is judged, or not known to be one: see ofCluster.
	outside bool
	// neverStarted says that it was added and has never run.
	neverStarted bool
	// why is the kind of error that keeps it down.
	downError probe.ErrorKind
	// severedFrom are the peers that have no connection with it, by which it is down although it is only out of our reach.
	severedFrom []string
	// unhealthyReason is why a voter that answers does not count as healthy, empty where it does; unhealthyRule is the rule
	// that is about just that, if there is one.
	unhealthyReason string
	unhealthyRule   RuleID
	// unheard says that nothing that it sends has reached the leader for longer than the longest default election timeout,
	// hushed the same of hushedAfter: that may still be a pause.
	unheard, mayBeUnheard bool
}

// A clusterState is what is being worked out of the cluster of a sweep: the result, and what only the work on the sweep needs
// to know.
type clusterState struct {
	Cluster // the result
	// uncertainVoters have not shown whether they are healthy: see uncertain.
	uncertainVoters int
	// dumped says that the sweep comes from dumped metrics, which tell little of the cluster.
	dumped bool
	// dumpedIn is which of the clusters in the dumps each member is of, by its place, and dumps how many there are: see dumpedIn.
	dumpedIn []int
	dumps    int
	// answering says that a voter answers.
	answering bool
}

// place is that of the member with a key; negative where there is none.
func (f *frame) place(key string) int {
	if f.places == nil {
		f.places = make(map[string]int, len(f.members))
		for i := len(f.members) - 1; i >= 0; i-- { // of several the first
			f.places[f.members[i].Key] = i
		}
	}
	if i, is := f.places[key]; is {
		return i
	}
	return -1
}

// labelsWhere names the members that are so.
func (f *frame) labelsWhere(is func(*memberState) bool) (labels []string) {
	for i := range f.members {
		if m := &f.members[i]; is(m) {
			labels = append(labels, m.Label)
		}
	}
	return labels
}

// labelsAt names the members at some places.
func (f *frame) labelsAt(places []int) []string {
	labels := make([]string, len(places))
	for k, i := range places {
		labels[k] = f.members[i].Label
	}
	return labels
}

// countWhere is how many members are so.
func (f *frame) countWhere(is func(*memberState) bool) (n int) {
	for i := range f.members {
		if is(&f.members[i]) {
			n++
		}
	}
	return n
}
