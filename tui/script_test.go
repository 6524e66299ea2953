package tui

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

// script is a judge with fixed answers, so that goldens do not change with the words, rules or limits of thresholds.
// It has one cluster and a sweep a second until epoch.
type script struct {
	voters, learners, sweeps int
	// leader returns the place of the leader at that time before the end, and its term; nil for etcd-2 in term 42.
	leader func(ago time.Duration) (place int, term uint64)
	// away means that a member does not answer.
	away func(ago time.Duration, place int) bool
	// vital changes a member's vitals.
	vital func(ago time.Duration, place int, v *thresholds.Vitals)
	// tell changes the assessment of a healthy cluster.
	tell func(ago time.Duration, a *thresholds.Assessment)
	// events are all events, oldest first, and marks those among them that are marks.
	events []thresholds.Event
	marks  []probe.Mark

	now time.Time
}

// scriptRules are the rules whose limits and findings goldens draw.
func scriptRules() []thresholds.Rule {
	limit := func(value float64, hold time.Duration) thresholds.Limit {
		return thresholds.Limit{Value: probe.Known(value), For: hold}
	}
	const hold = 15 * time.Second
	return []thresholds.Rule{
		{ID: thresholds.WALFsyncSlow, Topic: "disk", Unit: thresholds.Seconds,
			Vital:   thresholds.WALFsyncP99,
			Summary: "p99 of the WAL fsync duration",
			Notice:  limit(0.01, hold), Warning: limit(0.1, hold), Critical: limit(0.5,
				hold), Source: "etcd's hardware guide"},
		{ID: thresholds.BackendCommitSlow, Topic: "disk", Unit: thresholds.Seconds,
			Vital:   thresholds.BackendCommitP99,
			Summary: "p99 of the backend commit duration",
			Notice:  limit(0.025, hold), Warning: limit(0.25, hold), Source: "etcd's alerts"},
		{ID: thresholds.ProposalsQueued, Topic: "queue", Unit: thresholds.Count,
			Vital:   thresholds.ProposalsPending,
			Summary: "proposals that wait",
			Notice:  limit(5, hold), Warning: limit(100, hold)},
		{ID: thresholds.DBQuotaNear, Topic: "db", Unit: thresholds.Ratio,
			Vital:   thresholds.DBQuotaUsed,
			Summary: "how much of its quota a database takes",
			Notice:  limit(0.65, hold), Warning: limit(0.8, hold), Critical: limit(0.95, hold)},
		{ID: thresholds.ApplyLagging, Topic: "lag", Unit: thresholds.Count,
			Vital:   thresholds.ApplyLag,
			Summary: "entries that are committed and not applied",
			Warning: limit(1000, hold)},
		{ID: thresholds.AppliesSlow, Topic: "apply", Unit: thresholds.PerSecond,
			Vital:   thresholds.SlowAppliesRate,
			Summary: "applies that take over 100 ms",
			Notice:  limit(0.05, hold)},
		{ID: thresholds.PeerRTTSlow, Topic: "link", Unit: thresholds.Seconds,
			Vital:   thresholds.PeerRTTP99,
			Summary: "p99 of the round trip to a peer",
			Notice:  limit(0.05, hold), Warning: limit(0.1, hold)},
		{ID: thresholds.MemberUnreachable, Unit: thresholds.Condition, Summary: "a member does not answer",
			Warning: limit(1, 0)},
		{ID: thresholds.QuorumLost, Unit: thresholds.Condition,
			Summary: "fewer voters are healthy than the quorum needs", Critical: limit(1, 0)},
		{ID: thresholds.MetricsUnavailable, Topic: "metrics", Unit: thresholds.Condition,
			Summary: "a member's metrics are out of reach", Notice: limit(1, 0)},
	}
}

// play returns the model after the script.
func (s *script) play(change func(*Options)) model {
	m := newTestModel(func(o *Options) {
		o.Rules = scriptRules()
		if change != nil {
			change(o)
		}
	})
	m.judge = s
	for i := range s.sweeps {
		at := s.begin().Add(time.Duration(i) * time.Second)
		sweep := probe.Sweep{At: at, Took: 9 * time.Millisecond, Interval: time.Second}
		for _, mark := range s.marks {
			if mark.At.Equal(at) {
				sweep.Marks = append(sweep.Marks, mark)
			}
		}
		m = m.withSweep(sweep)
	}
	m.now = epoch.Add(time.Second)
	return m
}

// begin is the time of the first sweep.
func (s *script) begin() time.Time { return epoch.Add(-time.Duration(s.sweeps-1) * time.Second) }

// scriptRef names the member at a place.
func scriptRef(place int) thresholds.MemberRef {
	id := probe.MemberID(0x8e9e05c52164694d + uint64(place))
	name := fmt.Sprintf("etcd-%d", place+1)
	return thresholds.MemberRef{Key: id.String(), ID: id, Label: name, Short: name}
}

func (s *script) size() int { return s.voters + s.learners }

func (s *script) leads(ago time.Duration) (place int, term uint64) {
	if s.leader != nil {
		return s.leader(ago)
	}
	return min(1, s.voters-1), 42
}

func (s *script) isAway(ago time.Duration, place int) bool {
	return s.away != nil && s.away(ago, place)
}

// Observe returns the scripted assessment.
func (s *script) Observe(sweep probe.Sweep) thresholds.Assessment {
	s.now = sweep.At
	ago := epoch.Sub(sweep.At)
	leader, term := s.leads(ago)
	a := thresholds.Assessment{At: sweep.At, Cluster: thresholds.Cluster{
		ID: clusterID, Voters: s.voters, Learners: s.learners, HealthyVoters: s.voters, Quorum: s.voters/2 + 1,
		QuorumSeen:      true,
		MemberListKnown: true, Term: term, LeaderSince: s.begin(),
	}}
	if leader >= 0 {
		a.Cluster.Leader = scriptRef(leader)
	}
	for place := range s.size() {
		a.Members = append(a.Members, s.member(place, sweep.At))
	}
	s.tellHealthy(&a)
	if s.tell != nil {
		s.tell(ago, &a)
	}
	switch {
	case !a.Cluster.Leader.IsZero():
		a.Cluster.Leadership = thresholds.Led
	case a.Answering() > 0:
		a.Cluster.Leadership = thresholds.Leaderless
	}
	a.Cluster.AlarmsKnown = a.Answering() > 0
	grade(&a)
	lineUp(&a)
	for i := range a.Findings {
		a.Findings[i].Announcement = s.announcement(a.Findings[i].Expected)
	}
	for _, e := range s.events {
		if e.KnownAt.Equal(sweep.At) {
			a.Events = append(a.Events, s.withAnnouncement(e))
		}
	}
	return a
}

// grade derives the levels of members, cluster and assessment from the findings, as an evaluator does: an inhibited
// finding is no alarm of its own.
func grade(a *thresholds.Assessment) {
	rules, topics := thresholds.NewRuleSet(scriptRules()), make(map[string]string, len(a.Members))
	for i := range a.Findings {
		f := &a.Findings[i]
		inhibited := f.InhibitedBy != ""
		if !inhibited {
			a.Level = max(a.Level, f.Level)
		}
		switch m := a.Member(f.Member.Key); {
		case inhibited && f.Level == thresholds.Unknown:
		case m != nil:
			if f.Level > m.Level {
				rule, _ := rules.Rule(f.Rule)
				topics[m.Key] = rule.Topic
			}
			m.Level = max(m.Level, f.Level)
			m.Worst = m.Level
			markBy(m, f)
		case f.Member.IsZero():
			a.Cluster.Level = max(a.Cluster.Level, f.Level)
		}
	}
	for i := range a.Members {
		m := &a.Members[i]
		switch {
		case m.Condition.Word != "":
		case m.State == thresholds.StateOK && a.Cluster.Leadership == thresholds.Leaderless:
			m.Condition = thresholds.MemberCondition{Word: thresholds.ConditionNoLeader, Level: thresholds.Critical}
		default:
			m.Condition = scriptCondition(m.State, m.Level)
			if m.State == thresholds.StateOK {
				m.Condition.Topic = topics[m.Key]
			}
		}
		if m.CanRemove.Reason == "" {
			m.CanRemove = scriptRemoval(a, m)
		}
	}
}

// scriptRemoval is the verdict on removing a member for good, as an evaluator gives it while nothing impairs those that
// are left.
func scriptRemoval(a *thresholds.Assessment, m *thresholds.Member) thresholds.CanRemove {
	c := &a.Cluster
	healthy := c.HealthyVoters
	if m.Healthy {
		healthy--
	}
	voters, quorum := c.Voters-1, (c.Voters-1)/2+1
	leaves := fmt.Sprintf("leaves %d of %s healthy, quorum %d", healthy, thresholds.Plural(voters, "voter"), quorum)
	out := thresholds.CanRemove{Verdict: thresholds.LossNo, Ground: thresholds.GroundQuorum}
	switch {
	case !c.MemberListKnown:
		out.Verdict, out.Ground = thresholds.LossUnknown, thresholds.GroundMembership
		out.Reason, out.Headline = "the cluster's member list is not known", "the member list is not known"
	case c.HealthyVoters < c.Quorum:
		out.Reason = fmt.Sprintf("quorum is lost (%d of %d healthy, needs %d): no removal can commit", c.HealthyVoters,
			c.Voters, c.Quorum)
		out.Headline = fmt.Sprintf("quorum is lost already, %d/%d", c.HealthyVoters, c.Voters)
	case !m.Voter:
		out = thresholds.CanRemove{Verdict: thresholds.LossSafe, Headline: "a learner has no vote",
			Reason: "a learner has no vote: the quorum does not change"}
	case c.Voters == 1:
		out.Reason, out.Headline = "it is the only voter", "the only voter"
	case healthy < quorum:
		out.Reason = "quorum would be lost: " + leaves
		out.Headline = fmt.Sprintf("would leave %d/%d, needs %d", healthy, voters, quorum)
	case m.State == thresholds.StateDown:
		out = thresholds.CanRemove{Verdict: thresholds.LossSafe, Headline: "down: remove, then replace it",
			Reason: leaves + "; it is down: remove it first, then add its replacement"}
	case healthy == quorum:
		out = thresholds.CanRemove{Verdict: thresholds.LossRisk, Ground: thresholds.GroundMargin,
			Headline: fmt.Sprintf("leaves %d/%d, none to spare", healthy, voters),
			Reason:   leaves + ": none to spare until another is added"}
	default:
		out = thresholds.CanRemove{Verdict: thresholds.LossSafe,
			Headline: fmt.Sprintf("leaves %d/%d, %d to spare", healthy, voters, healthy-quorum),
			Reason:   fmt.Sprintf("%s: %d to spare", leaves, healthy-quorum)}
	}
	if m.Role == thresholds.RoleLeader && out.Verdict != thresholds.LossNo {
		out.Reason += "; it leads: move the leadership first"
	}
	return out
}

// markBy marks the vital that a finding's rule judges.
func markBy(m *thresholds.Member, f *thresholds.Finding) {
	for _, r := range scriptRules() {
		if r.ID == f.Rule && f.Level != thresholds.Unknown {
			m.Marks = append(m.Marks, thresholds.Mark{Rule: r.ID, Vital: r.Vital, State: f.State, Level: f.Level,
				Limit: r.Limit(f.Level).Value, LimitLevel: f.Level})
		}
	}
}

// lineUp makes the steps of a change that has not begun, unless the script has told of one.
func lineUp(a *thresholds.Assessment) {
	r := &a.Rolling
	if len(r.Steps) > 0 {
		return
	}
	defer setPhase(a)
	away := map[string]bool{}
	for i := range a.Members {
		if m := &a.Members[i]; m.State == thresholds.StateDown {
			away[m.Key] = true
			r.Steps = append(r.Steps, thresholds.RollingStep{Kind: thresholds.StepMember, Member: m.MemberRef,
				State: thresholds.StepAway, Since: m.DownSince, Away: a.At.Sub(m.DownSince), Before: m.Version,
				Now: m.Version})
		}
	}
	state := thresholds.StepNext
	if len(away) > 0 {
		state = thresholds.StepWaiting
	}
	for i, ref := range r.Order {
		if away[ref.Key] {
			continue
		}
		m := a.Member(ref.Key)
		if i == len(r.Order)-1 && !r.MoveLeaderTo.IsZero() {
			r.Steps = append(r.Steps, thresholds.RollingStep{Kind: thresholds.StepMoveLeader, Member: r.MoveLeaderTo,
				From: ref, State: thresholds.StepWaiting, Command: r.Next})
		}
		r.Steps = append(r.Steps, thresholds.RollingStep{Kind: thresholds.StepMember, Member: ref, State: state,
			Before: m.Version, Now: m.Version})
		state = thresholds.StepWaiting
	}
}

// setPhase sets the phase of a change that has not begun, as an evaluator does.
func setPhase(a *thresholds.Assessment) {
	r := &a.Rolling
	text := func(of thresholds.CheckStatus) string {
		for _, c := range r.Checks {
			if c.Status == of {
				return c.Text
			}
		}
		return ""
	}
	failed, open := text(thresholds.CheckFailed), text(thresholds.CheckUnknown)
	switch {
	case r.Blocked != "" && !r.Unknown:
		r.Phase, r.Wait = thresholds.PhaseWait, r.Blocked
	case failed != "":
		r.Phase, r.Wait, r.Text = thresholds.PhaseWait, failed, "Not yet: "+failed+". Then one by one, as below."
	case r.Unknown:
		r.Phase, r.Wait = thresholds.PhaseUnknown, r.Blocked
	case open != "":
		r.Phase, r.Wait, r.Text = thresholds.PhaseUnknown, open, "Whether to start is not known: "+open+"."
	default:
		r.Phase = thresholds.PhaseOrder
	}
}

// scriptCondition is the condition of a member in a state, with a level.
func scriptCondition(s thresholds.State, l thresholds.Level) thresholds.MemberCondition {
	switch s {
	case thresholds.StateDown:
		return thresholds.MemberCondition{Word: thresholds.ConditionDown, Level: thresholds.Critical}
	case thresholds.StateLate:
		return thresholds.MemberCondition{Word: thresholds.ConditionLate, Level: max(l, thresholds.Unknown)}
	}
	return thresholds.MemberCondition{Word: thresholds.ConditionWord(l.Word()), Level: l}
}

// member returns a member that is healthy, or down.
func (s *script) member(place int, at time.Time) thresholds.Member {
	ago := epoch.Sub(at)
	host := fmt.Sprintf("http://10.0.3.%d:2379", 11+place)
	m := thresholds.Member{
		MemberRef: scriptRef(place), Role: thresholds.RoleFollower, State: thresholds.StateOK,
		Healthy: place < s.voters, Voter: place < s.voters,
		Listed: true, Endpoints: []string{host}, MetricsEndpoint: host + "/metrics", Version: "3.6.14",
	}
	seen := ago
	for ; s.isAway(seen, place) && !epoch.Add(-seen).Before(s.begin()); seen += time.Second {
		m.State, m.Stale, m.MetricsStale, m.Healthy = thresholds.StateDown, true, true, false
	}
	m.Age, m.MetricsAge, m.DownSince = seen-ago, seen-ago, time.Time{}
	if m.State == thresholds.StateDown {
		m.DownSince, m.Role = epoch.Add(-seen).Add(time.Second), thresholds.RoleUnknown
		m.Errors = []*probe.Error{refusal(host, "connection refused: the host is up, but nothing listens on this port")}
	}
	m.Started = epoch.Add(-41 * 24 * time.Hour)
	if leader, _ := s.leads(ago); m.State != thresholds.StateDown && leader == place {
		m.Role = thresholds.RoleLeader
	}
	if place >= s.voters {
		m.Role = thresholds.RoleLearner
	}
	m.Vitals = s.vitals(place, epoch.Add(-seen))
	for other := range s.size() {
		if other != place {
			connections := 2.0
			if s.isAway(ago, other) {
				connections = 0
			}
			m.Peers = append(m.Peers, thresholds.Peer{
				MemberRef: scriptRef(other), Active: probe.Known(connections), RoundTripP50: probe.Known(0.0009),
				RoundTripP99: probe.Known(0.0016), SendFailuresRate: probe.Known(0),
			})
		}
	}
	return m
}

// vitals returns a member's vitals at a second: the same at every call.
func (s *script) vitals(place int, at time.Time) thresholds.Vitals {
	var v thresholds.Vitals
	random := rand.New(rand.NewPCG(uint64(place), uint64(at.Unix()))).Float64
	set := func(vital thresholds.Vital, n float64) { v[vital] = probe.Known(n) }
	index := 8_237_188 + 412*at.Sub(epoch).Seconds()
	const size, quota = 2_040_109_466, 8 << 30
	set(thresholds.WALFsyncP50, 0.0006)
	set(thresholds.WALFsyncP99, 0.006+0.002*random())
	set(thresholds.WALFsyncWorst, 0.008)
	set(thresholds.WALFsyncObservations, 2400)
	set(thresholds.BackendCommitP50, 0.002)
	set(thresholds.BackendCommitP99, 0.012+0.003*random())
	set(thresholds.BackendCommitWorst, 0.016)
	set(thresholds.BackendCommitObservations, 1200)
	set(thresholds.ProposalsPending, float64(int(3*random()*random())))
	set(thresholds.ProposalsAppliedRate, 412)
	set(thresholds.ProposalsFailedRate, 0)
	set(thresholds.ApplyLag, float64(int(4*random())))
	set(thresholds.FollowerLag, 0)
	set(thresholds.SlowAppliesRate, 0)
	set(thresholds.PeerRTTP99, 0.0012+0.0006*random())
	set(thresholds.SnapshotsInFlight, 0)
	set(thresholds.DBSize, size)
	set(thresholds.DBInUse, size*0.75)
	set(thresholds.DBQuota, quota)
	set(thresholds.DBQuotaUsed, size/float64(quota))
	_, term := s.leads(epoch.Sub(at))
	set(thresholds.RaftTerm, float64(term))
	set(thresholds.RaftIndex, index)
	set(thresholds.LeaderChanges, 3)
	set(thresholds.LinearizableRead, 0.003)
	set(thresholds.SerializableRead, 0.001)
	set(thresholds.OpenFDs, 212)
	set(thresholds.MaxFDs, 65536)
	set(thresholds.ResidentBytes, 1.1*(1<<30))
	set(thresholds.CPU, 0.34)
	set(thresholds.Uptime, (41 * 24 * time.Hour).Seconds())
	set(thresholds.ScrapeDuration, 0.006)
	set(thresholds.ScrapeBytes, 184_000)
	set(thresholds.StatusDuration, 0.002)
	set(thresholds.PutsRate, 260+40*random())
	set(thresholds.DeletesRate, 12)
	set(thresholds.TxnsRate, 88+10*random())
	set(thresholds.RangesRate, 900+300*random())
	set(thresholds.LeaseOperationsRate, 6)
	set(thresholds.ClientCallsRate, 430+50*random())
	set(thresholds.ClientSentRate, 2_400_000+600_000*random())
	set(thresholds.ClientReceivedRate, 310_000+40_000*random())
	set(thresholds.PeerSentRate, 640_000+90_000*random())
	set(thresholds.PeerReceivedRate, 220_000+30_000*random())
	if s.vital != nil {
		s.vital(epoch.Sub(at), place, &v)
	}
	return v
}

// tellHealthy fills in the assessment of a healthy cluster.
func (s *script) tellHealthy(a *thresholds.Assessment) {
	left := s.voters - 1
	spare := fmt.Sprintf("leaves %d healthy voters, quorum %d: then none to spare", left, a.Cluster.Quorum)
	if n := left - a.Cluster.Quorum; n > 0 {
		spare = fmt.Sprintf("leaves %d healthy voters, quorum %d: then %d to spare", left, a.Cluster.Quorum, n)
	}
	a.Cluster.Margin = fmt.Sprintf("%d/%d healthy, %d may fail", s.voters, s.voters, left-a.Cluster.Quorum+1)
	a.Reading = thresholds.Reading{
		Cause:    thresholds.CauseHealthy,
		Headline: fmt.Sprintf("Healthy: all %d voters follow etcd-%d", s.voters, min(2, s.voters)),
		Text: fmt.Sprintf("Healthy: %d of %d voters are healthy, quorum needs %d: %d can be lost.", s.voters,
			s.voters, a.Cluster.Quorum, s.voters-a.Cluster.Quorum),
		NotLookedAt: []string{"the hosts: etcdoc asks etcd alone, and has seen no iostat, dmesg or kubelet",
			"hashes are compared only when asked: --hash"},
	}
	var order []string
	for place := range a.Members {
		m := &a.Members[place]
		m.CanLose = thresholds.CanLose{Verdict: thresholds.LossSafe,
			Headline: fmt.Sprintf("leaves %d, quorum needs %d", left, a.Cluster.Quorum), Reason: spare}
		if m.Role == thresholds.RoleLearner {
			m.CanLose.Headline, m.CanLose.Reason = "a learner has no vote", "a learner has no vote"
		}
		if m.Role != thresholds.RoleLeader && m.State == thresholds.StateOK {
			a.Rolling.Order, order = append(a.Rolling.Order, m.MemberRef), append(order, m.Label)
		}
	}
	leader := a.Cluster.Leader
	a.Recovery.Warranted = thresholds.WarrantNo
	a.Rolling.Checks = []thresholds.RollingCheck{
		{Name: thresholds.CheckAnswers, Status: thresholds.CheckOK, Text: "every member answers"},
		{Name: thresholds.CheckVoters, Status: thresholds.CheckOK,
			Text: fmt.Sprintf("%d of %d voters healthy, quorum %d", s.voters, s.voters, a.Cluster.Quorum)},
		{Name: thresholds.CheckLeader, Status: thresholds.CheckOK, Text: leader.Label + " leads"},
		{Name: thresholds.CheckApplyLag, Status: thresholds.CheckOK, Text: "apply lag 1, limit 1000"},
		{Name: thresholds.CheckFindings, Status: thresholds.CheckOK, Text: "nothing at warning or worse"},
	}
	if leader.IsZero() || len(a.Rolling.Order) == 0 {
		return
	}
	a.Rolling.MoveLeaderTo = a.Rolling.Order[0]
	a.Rolling.Order = append(a.Rolling.Order, leader)
	a.Rolling.Text = fmt.Sprintf("One by one: %s; move the leadership to %s, and %s last. Look again after each.",
		strings.Join(order, ", "), order[0], leader.Label)
	a.Rolling.Next = fmt.Sprintf("etcdctl --endpoints=http://10.0.3.12:2379 move-leader %s", a.Rolling.MoveLeaderTo.Key)
}

// announcement returns that of the mark with a text.
func (s *script) announcement(text string) thresholds.Announcement {
	for i := range s.marks {
		if mark := &s.marks[i]; text != "" && mark.Text == text {
			return thresholds.Announcement{Mark: i + 1, Since: mark.At, Until: thresholds.AnnouncedUntil(mark)}
		}
	}
	return thresholds.Announcement{}
}

// withAnnouncement returns the event with what its mark announces, or the mark that announced it.
func (s *script) withAnnouncement(e thresholds.Event) thresholds.Event {
	e.Announcement = s.announcement(e.Expected)
	if e.Kind == thresholds.EventMark {
		e.Announcement = s.announcement(e.Text)
	}
	return e
}

// Events returns the events so far, and how long they have lasted.
func (s *script) Events(int) []thresholds.Event {
	var known []thresholds.Event
	for _, e := range s.events {
		if e.KnownBy(s.now) {
			known = append(known, s.withAnnouncement(e).AsOf(s.now))
		}
	}
	return known
}

// placeOf returns the place of a member, or -1.
func (s *script) placeOf(member string) int {
	for place := range s.size() {
		if scriptRef(place).Key == member {
			return place
		}
	}
	return -1
}

// visit calls for each second that falls into one of n columns, as [thresholds.Cut] cuts the window, and in which the
// member answers.
func (s *script) visit(member string, to time.Time, window time.Duration, n int,
	do func(column, place int, at time.Time)) {
	begin, width := thresholds.Cut(to, window, n)
	place := s.placeOf(member)
	if width <= 0 || place < 0 {
		return
	}
	for column := range n {
		from := begin.Add(time.Duration(column) * width)
		for at := from.Truncate(time.Second); at.Before(from.Add(width)); at = at.Add(time.Second) {
			if !at.Before(s.begin()) && !at.After(to) && !s.isAway(epoch.Sub(at), place) {
				do(column, place, at)
			}
		}
	}
}

// Begins returns the time of the first sweep.
func (s *script) Begins() time.Time { return s.begin() }

// Columns returns the largest value of each column.
func (s *script) Columns(member string, v thresholds.Vital, to time.Time, window time.Duration, n int) []probe.Value {
	columns := make([]probe.Value, n)
	s.visit(member, to, window, n, func(column, place int, at time.Time) {
		columns[column] = columns[column].Max(s.vitals(place, at)[v])
	})
	return columns
}

// Charts returns the columns of each vital; no value of a script is a bound.
func (s *script) Charts(
	member string, vitals []thresholds.Vital, to time.Time, window time.Duration, n int,
) []thresholds.Chart {
	charts := make([]thresholds.Chart, len(vitals))
	for i, v := range vitals {
		values := s.Columns(member, v, to, window, n)
		charts[i] = thresholds.Chart{Values: values, Judged: values}
	}
	return charts
}

// AtMost returns that no value is an upper bound.
func (s *script) AtMost(string, thresholds.Vital, time.Time, time.Duration) bool { return false }

// Peak returns the largest of the columns.
func (s *script) Peak(member string, v thresholds.Vital, to time.Time, window time.Duration, n int) probe.Value {
	return largest(s.Columns(member, v, to, window, n))
}

// Roles returns who led in each column.
func (s *script) Roles(member string, to time.Time, window time.Duration, n int) []thresholds.RoleColumn {
	columns := make([]thresholds.RoleColumn, n)
	for i := range columns {
		columns[i].Role = thresholds.RoleUnknown
	}
	s.visit(member, to, window, n, func(column, place int, at time.Time) {
		leader, term := s.leads(epoch.Sub(at))
		c := thresholds.RoleColumn{Role: thresholds.RoleFollower, Term: term}
		switch {
		case place >= s.voters:
			c.Role = thresholds.RoleLearner
		case place == leader:
			c.Role = thresholds.RoleLeader
		}
		if columns[column].Role == thresholds.RoleLeader {
			c.Role = thresholds.RoleLeader
		}
		columns[column] = c
	})
	return columns
}
