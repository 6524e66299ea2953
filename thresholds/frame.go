package thresholds

import (
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// settings are what a sweep, or one member of it, is judged by: the caller's options and the windows that follow from
// the interval.
type settings struct {
	rules RuleSet
	// window is the lookback of rates and quantiles: the configured one, but at least four intervals.
	window, configured time.Duration
	// interval is the time between samples: the sweep's, or that of a dumped member's own series.
	interval              time.Duration
	immediate, sinceStart bool
}

// settings returns the settings for a sweep interval, and the rules to judge by.
func (o *Options) settings(rules RuleSet, interval time.Duration) settings {
	return settings{
		rules: rules, window: max(o.Window, 4*interval), configured: o.Window, interval: interval,
		immediate: o.Immediate, sinceStart: o.SinceStart,
	}
}

// rule returns a row of the rule table; a rule without limits if the table lacks it.
func (o *settings) rule(id RuleID) *Rule {
	rule, _ := o.rules.Rule(id)
	return rule
}

// A frame is the work on one sweep: its settings and the state of its members. It lives no longer than the sweep.
type frame struct {
	sweep    *probe.Sweep
	now      time.Time
	settings settings
	// first reports that no earlier sweep compares with this one.
	first bool
	// firstMark is the number of the sweep's first mark.
	firstMark int
	// members and their results are in the sweep's order.
	members []memberState
	results []Member
	// cuts reports that some two voters are cut off from each other: see frame.cut.
	cuts bool
	// apiServers are in the sweep's order.
	apiServers []apiServerState
	// places maps keys to places; place fills it on first use.
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
		m.Level, m.Worst = c.levels.level, c.levels.worst
		m.Condition, m.CanLose, m.CanRemove, m.Fit = c.condition, c.canLose, c.canRemove, c.fit
		m.NamesUnhealthy = c.namesUnhealthy
		m.DownProven, m.LostByPeers = m.Listed && f.provenDown(i), m.Listed && f.lostByPeers(i)
	}
	return f.results
}

// A memberState is the work on one member of a sweep: its result so far, and what the later steps need besides.
type memberState struct {
	*Member // the result
	probed  *probe.Member
	track   *track
	// settings are the member's own: see [settings.forMember].
	settings settings
	// expected is the text of the mark that announced the member's outage; empty outside of the announced window, and
	// once the member has had its turn.
	expected string
	// announcement is that mark's.
	announcement Announcement
	// restartExpected is the same text if the member has restarted since that announcement, and not after its turn.
	restartExpected string
	// mayBeDone reports that it may have had its turn in a rolling change, and so goes last: see turn.awaitsTurn.
	mayBeDone bool
	// joins reports that its process has lately started for the first time, and has not answered yet.
	joins bool
	// startsAgain reports that its process has started again, and does not serve yet.
	startsAgain bool
	// outside reports that it is not known to be a member of the judged cluster: see ofCluster.
	outside bool
	// neverStarted reports that it was added and has never run.
	neverStarted bool
	// neverServed reports that it is a member from the cluster's beginning, and has not published a client URL yet, as
	// a member does when it first starts. Unlike one that was added and never ran, it may have voted.
	neverServed bool
	// downError is the kind of error that its Status fails with.
	downError probe.ErrorKind
	// severedFrom are the peers without a connection to it, which prove that an unreachable member is down.
	severedFrom []string
	// runs reports that a peer shows that it runs, although it does not answer here.
	runs bool
	// unhealthyReason is why a voter that answers does not count as healthy; unhealthyRule is the rule about exactly
	// that, if there is one.
	unhealthyReason string
	unhealthyRule   RuleID
	// briefReason is unhealthyReason in short, and as narrow as unhealthyBrief.
	briefReason string
	// catchingUp reports that it answers, and can't help to commit before it has received what it lacks.
	// sentSnapshot reports that what it lacks comes as a snapshot.
	catchingUp, sentSnapshot bool
	// isUnsteady reports that it does not count as it answers only now and then: see discountUnsteady.
	isUnsteady bool
	// hearing is whether the leader hears the voter.
	hearing hearing
}

// A clusterState is the work on the cluster of a sweep: the result so far, and what the later steps need besides.
type clusterState struct {
	Cluster // the result
	// dumped reports that the sweep comes from dumped metrics, which show little of the cluster.
	dumped bool
	// dumpedIn is the cluster of each member by its place, dumps how many clusters the dumps are of: see dumpedIn.
	dumpedIn []int
	dumps    int
	// givenOnly reports that the member list is not asked for.
	givenOnly bool
}

// place returns the place of the member with a key, or -1.
func (f *frame) place(key string) int {
	if f.places == nil {
		f.places = make(map[string]int, len(f.members))
		for i := len(f.members) - 1; i >= 0; i-- { // the first of several wins
			f.places[f.members[i].Key] = i
		}
	}
	if i, ok := f.places[key]; ok {
		return i
	}
	return -1
}

// labelsWhere names the members for which is returns true.
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

// countWhere counts the members for which is returns true.
func (f *frame) countWhere(is func(*memberState) bool) (n int) {
	for i := range f.members {
		if is(&f.members[i]) {
			n++
		}
	}
	return n
}

// A conclusion is what the findings about the whole cluster mean for one member.
type conclusion struct {
	levels     memberLevels
	condition  MemberCondition
	impairment impairment
	canLose    CanLose
	// namesUnhealthy is [Member.NamesUnhealthy].
	namesUnhealthy bool
	canRemove      CanRemove
	fit            Fit
}

// conclude adds the verdicts to the members' levels, conditions and impairments. All slices are in the sweep's order.
func conclude(
	levels []memberLevels, conditions []MemberCondition, impairments []impairment, facts *verdictFacts,
) []conclusion {
	all := make([]conclusion, len(levels))
	for i := range all {
		loss, named := facts.loss(places{i})
		all[i] = conclusion{levels[i], conditions[i], impairments[i], loss.canLose(), named, facts.canRemove(i),
			facts.fit(i)}
	}
	return all
}
