package thresholds

import (
	"slices"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// DefaultWindow is the default lookback of rates and quantiles: long enough for a meaningful p99 on a busy cluster,
// short enough to show within seconds that a disk slows down.
const DefaultWindow = 15 * time.Second

// Options set up an [Evaluator]. The zero value judges a live cluster by the default rules.
type Options struct {
	// Rules is the rule table; nil: [Rules].
	Rules []Rule
	// Window is the lookback of rates and quantiles; 0: [DefaultWindow]. It is never shorter than four sweeps, so that
	// a rate survives one missed scrape.
	Window time.Duration
	// Immediate makes a finding fire at the first breach: a check that runs for three seconds can't wait for thirty.
	Immediate bool
	// SinceStart judges quantiles over everything since a member's process started, which is all that a single sweep
	// shows.
	SinceStart bool
}

// Evaluator turns sweeps into assessments. One goroutine owns it.
type Evaluator struct {
	options Options // as given, with defaults filled in; never changed
	rules   RuleSet
	tracks  map[string]*track
	// apiServers are by their URLs; nil without any.
	apiServers map[string]*apiServerTrack
	alerts     map[alertKey]*alert  // those that are not idle
	spare      alert                // idle
	slowdowns  map[string]*slowdown // by the key of the member without which commits would be slow
	history    History
	log        eventLog
	outages    []outage
	marks      int // how many sweeps have brought
	change     change
	shorts     shortNames
	explained  []*explanation
	held       *heldCause // the cause that the last reading gave
	// quorumUnseenSince is when the healthy voters last fell below the quorum; zero while there are enough.
	quorumUnseenSince time.Time
	leaderSpan        leaderSpan
	previous          *Assessment
	// facts are those behind the verdicts on the newest sweep.
	facts *verdictFacts
	// lastSweepEnd is by the wall clock alone, to notice that the host slept.
	lastSweepEnd time.Time
}

// New returns an Evaluator that has seen nothing yet.
func New(o Options) *Evaluator {
	if o.Rules == nil {
		o.Rules = Rules()
	}
	if o.Window == 0 {
		o.Window = DefaultWindow
	}
	return &Evaluator{
		options:   o,
		rules:     NewRuleSet(o.Rules),
		tracks:    make(map[string]*track),
		alerts:    make(map[alertKey]*alert),
		slowdowns: make(map[string]*slowdown),
	}
}

// History returns the members' vitals over time.
func (e *Evaluator) History() *History { return &e.history }

// Events returns up to n of the newest events, oldest first.
func (e *Evaluator) Events(n int) []Event { return e.log.newest(n) }

// Observe judges the next sweep in the light of the sweeps before it. No text in the assessment contains a character
// that moves a cursor, ends a line or is invisible, whatever the sweep contains: see [probe.Printable].
func (e *Evaluator) Observe(s probe.Sweep) Assessment {
	s = s.Printable()
	f := e.follow(&s)
	c := e.assessCluster(f)
	b := newCohort(f, c)
	e.change.follow(b)
	found, unmeasured := e.judge(b)
	e.mark(f)
	d := e.diagnose(b, found, unmeasured)
	findings := d.findings
	levels := b.levels(findings)
	impairments := b.impairments(findings)
	facts := e.verdictFacts(b, findings, unmeasured, impairments, d.slow)
	e.facts = facts
	conditions := b.conditions(levels.members, findings, d.reading.About)
	conclusions := conclude(levels.members, conditions, impairments, facts)
	members := f.membersWith(conclusions)
	impacts := b.impacts(findings, facts.path)
	why, unproven := f.unproven(conclusions)
	c.Level, c.Margin = levels.cluster, f.marginHeadline(c, levels.worst, lostByAll(impacts, findings), unproven)
	b.adviseOnOthers(findings, members)
	a := Assessment{
		At: f.now, Level: levels.worst, Cluster: c.Cluster,
		Reading: d.end.settled(advisedReading(d.reading, d.caution, members), c, why, unproven),
		Members: members, Findings: findings, Impacts: impacts, Unmeasured: unmeasured,
		APIServers: f.apiServerResults(), NodesErr: s.NodesErr, Backups: b.backups, Space: s.Space,
		Recovery: recovery(b, e.quorumUnseenSince), Await: b.await(findings), ClientCertificate: s.ClientCertificate,
		AwaitsLogin: slices.ContainsFunc(s.Members, awaitsLogin), AwaitsHashes: awaitsHashes(s.Hashes),
		AwaitsBackups: awaitsBackups(s.Backups),
	}
	order := rolling(b, findings, facts, conclusions, d.successor)
	order.Checks = rollingChecks(&a, f.settings.rule(ApplyLagging))
	a.Rolling = e.change.progress(b, order, e.announcedOutage)
	a.Events = e.log.observe(b, e.previous, &a)
	e.history.addAll(&a, s.Interval)
	e.previous = &a
	return a
}

// follow records the members' answers in their tracks and assesses each member without looking at the cluster.
func (e *Evaluator) follow(s *probe.Sweep) *frame {
	now, settings := s.At.Add(s.Took), e.options.settings(e.rules, s.Interval)
	first := e.resume(now, settings.window)
	e.announce(s.Marks, now)
	f := newFrame(s, now, settings, first)
	f.firstMark = e.marks - len(s.Marks) + 1
	ids := make(map[probe.MemberID]bool, len(s.Members))
	labels := make([]string, len(s.Members))
	for i := range s.Members {
		ids[s.Members[i].ID] = true
		labels[i] = s.Members[i].Label()
	}
	shorts := e.shorts.of(labels, apartOf(s.Members))
	for i := range s.Members {
		p, t := &s.Members[i], e.track(&s.Members[i], labels[i], shorts[i], s.MemberList.Answered(), now)
		t.noteAnswers(p, s.Interval)
		t.follow(p, ids, now, &settings)
		f.members[i] = newMemberState(s, p, t, settings.forMember(t), now, e.announcedOutage, &f.results[i])
	}
	e.forget(s)
	e.followAPIServers(f)
	f.decideOutOfReach()
	f.compareHashes()
	f.setHashes()
	leader := f.newestLeader()
	f.setFollowerLags(leader)
	f.noteCatchUps(leader)
	return f
}

// assessCluster assesses the cluster as a whole, and what that changes about its members.
func (e *Evaluator) assessCluster(f *frame) *clusterState {
	f.separateClusters()
	c := f.clusterState(f.commonLeader())
	f.countVoters(c)
	c.QuorumProven = !c.Leader.IsZero() && f.readSince(f.now.Add(-f.settings.maxFactAge()))
	c.QuorumSeen = e.seesQuorum(f, c.HealthyVoters >= c.Quorum, !c.Leader.IsZero())
	c.Leadership = f.leadership(c)
	f.noteStarting(c.Leadership)
	c.LeaderSince, c.LeaderSeenToCome = e.leaderSpan.note(f.now, &c.Cluster)
	f.setLinkVitals(c)
	f.dropGrowth(c)
	f.noteLeaders(c)
	f.settleRoles(c.Term)
	return c
}

// seesQuorum reports whether the cluster has a quorum: enough voters are healthy, or it has a leader and a linearizable
// read succeeded that began after too few voters were healthy.
func (e *Evaluator) seesQuorum(f *frame, enoughHealthy, hasLeader bool) bool {
	switch {
	case enoughHealthy:
		e.quorumUnseenSince = time.Time{}
	case e.quorumUnseenSince.IsZero():
		e.quorumUnseenSince = f.sweep.At
	}
	return e.quorumUnseenSince.IsZero() || hasLeader && f.readSince(e.quorumUnseenSince)
}

// track returns the member's track under its current names, a new one for a new member. listKnown reports that this
// sweep has the member list.
func (e *Evaluator) track(m *probe.Member, label, short string, listKnown bool, now time.Time) *track {
	key := m.Key()
	t := e.tracks[key]
	if t == nil {
		t = new(track)
		if listKnown && e.previous != nil && e.previous.Cluster.MemberListKnown {
			t.joined = now
		}
		e.tracks[key] = t
	}
	t.ref = MemberRef{Key: key, ID: m.ID, Label: label, Short: short}
	return t
}

// forget drops the state of members that are gone.
func (e *Evaluator) forget(s *probe.Sweep) {
	if len(e.tracks) == len(s.Members) {
		return
	}
	here := make(map[string]bool, len(s.Members))
	for i := range s.Members {
		here[s.Members[i].Key()] = true
	}
	for key := range e.tracks {
		if !here[key] {
			delete(e.tracks, key)
			delete(e.slowdowns, key)
			e.history.forget(key)
		}
	}
	for key := range e.alerts {
		if key.member != "" && !here[key.member] {
			delete(e.alerts, key)
		}
	}
}

// judge evaluates every rule for every subject of its scope. Findings come worst first.
func (e *Evaluator) judge(b *cohort) (findings []Finding, unmeasured []Unmeasured) {
	if e.previous != nil { // there are mostly as many as before
		findings = make([]Finding, 0, len(e.previous.Findings)+2)
	}
	base := newSubject(b)
	judgeSubject := func(on *subject, member MemberRef) {
		f, found, missing := e.judgeAlert(alertKey{on.rule.ID, member.Key}, on)
		switch {
		case found:
			f.Member, f.Severity = member, f.Level
			f.Step = f.stepOfRule(on.rule)
			if on.at != nil {
				on.at.markExpected(&f)
				on.at.markDue(&f, b.now)
				on.at.markBusy(&f, on.unit())
			}
			f.nameHeadline(on.rule)
			if at := b.place(f.InhibitedByMember.Key); at >= 0 {
				f.InhibitedByMember = b.members[at].MemberRef
			} else if f.InhibitedByMember.Key != "" {
				f.InhibitedByMember.Label, f.InhibitedByMember.Short = f.InhibitedByMember.Key, f.InhibitedByMember.Key
			}
			findings = append(findings, f)
		case missing.Why != "":
			missing.Member = member
			unmeasured = append(unmeasured, missing)
		}
	}
	on := base
	rules := b.settings.rules.All()
	for i := range rules {
		if on.rule = &rules[i]; on.rule.IsOff() {
			continue
		}
		if on.rule.Scope == ScopeCluster {
			on.about(-1)
			judgeSubject(&on, MemberRef{})
			continue
		}
		for i := range b.members {
			on.about(i)
			if on.member.IsStray() && on.rule.ID != EndpointStray {
				continue
			}
			judgeSubject(&on, on.at.MemberRef)
		}
	}
	explain(findings)
	if b.sweep.Dumps != nil {
		adviseOnDumps(findings)
	}
	slices.SortStableFunc(findings, worstFirst)
	return findings, unmeasured
}

// judgeAlert judges a subject. The state of most alerts is that of none: only others are kept.
func (e *Evaluator) judgeAlert(key alertKey, on *subject) (f Finding, found bool, missing Unmeasured) {
	st, kept := e.alerts[key]
	if !kept {
		st = &e.spare
	}
	f, found, missing = st.judge(on)
	switch {
	case st.isIdle() && kept:
		delete(e.alerts, key)
	case !st.isIdle() && !kept:
		e.alerts[key] = new(*st)
	}
	e.spare = alert{}
	return f, found, missing
}
