package thresholds

import (
	"cmp"
	"slices"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// DefaultWindow is how far back rates and quantiles look where nothing else is said: long enough for a p99 to
// mean something on a working cluster, and short enough to see a disk slow down within seconds.
const DefaultWindow = 15 * time.Second

// Options set up an [Evaluator]. The zero value judges a live cluster by the default rules.
type Options struct {
	// Rules is the rule table; nil: [Rules].
	Rules []Rule
	// Window is how far back rates and quantiles look; 0: [DefaultWindow]. It is never less than four sweeps, which
	// is what a rate needs to stand one missed scrape.
	Window time.Duration
	// Immediate raises a finding at the first breach. A check that looks for three seconds can't ask for thirty.
	Immediate bool
	// SinceStart judges quantiles over everything that a member's process has observed since it began: all that a
	// single sweep can tell.
	SinceStart bool

	// interval is that of the sweep that is being judged, and configured the window without regard to it.
	interval, configured time.Duration
}

// Evaluator turns sweeps into assessments. One goroutine owns it.
type Evaluator struct {
	options   Options
	window    time.Duration // as configured
	tracks    map[string]*track
	alerts    map[alertKey]*alert
	slowdowns map[string]*slowdown // by the key of the member without which commits would be slow
	history   History
	log       eventLog
	outages   []outage
	explained []*explanation
	held      *heldCause // the cause that is read
	bench     *bench     // of the sweep that is being judged
	// unseen is since when fewer healthy voters than the quorum are seen; zero while there are enough.
	unseen   time.Time
	leads    leading
	previous *Assessment
	// awake is when the last sweep ended, by the wall clock alone, and first says that this one has none before it that
	// it could be compared with.
	awake time.Time
	first bool
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
		options: o, window: o.Window,
		tracks:    make(map[string]*track),
		alerts:    make(map[alertKey]*alert),
		slowdowns: make(map[string]*slowdown),
	}
}

// History is what the members' vitals were.
func (e *Evaluator) History() *History { return &e.history }

// Events are the newest events, oldest first; at most n of them.
func (e *Evaluator) Events(n int) []Event { return e.log.newest(n) }

// Observe judges the next sweep, given all that were observed before it. No text in the assessment has a character that
// moves a cursor, ends a line, or shows as nothing, whatever the sweep has: see [probe.Printable].
func (e *Evaluator) Observe(s probe.Sweep) Assessment {
	s = s.Printable() // here, as nothing is shown but what comes of it
	now := s.At.Add(s.Took)
	e.options.Window, e.options.interval, e.options.configured = max(e.window, 4*s.Interval), s.Interval, e.window

	e.resume(now)
	e.announce(s.Marks, now)
	tracks := make([]*track, len(s.Members))
	a := Assessment{
		At: now, Members: make([]Member, len(s.Members)), Cluster: Cluster{ID: s.Cluster}, ClientCertificate: s.ClientCertificate,
	}
	here := make(map[probe.MemberID]bool, len(s.Members))
	for i := range s.Members {
		here[s.Members[i].ID] = true
	}
	for i := range s.Members {
		m := &s.Members[i]
		tracks[i] = e.track(m)
		tracks[i].noteAnswers(m, s.Interval)
		tracks[i].follow(m, here, now, e.options)
		a.Members[i] = tracks[i].assess(&s, m, now, e.options.of(tracks[i]))
		if announced := e.announced(a.Members[i].MemberRef); announced != nil {
			a.Members[i].expected = announced.text
			a.Members[i].restartExpected = tracks[i].restartedSince(announced.since)
		}
	}
	e.forget(&s)
	settleReach(&s, a.Members, tracks)
	compareHashes(&s, tracks)
	showHashes(&s, a.Members, tracks)
	a.AwaitsLogin = slices.ContainsFunc(s.Members, awaitsLogin)
	a.AwaitsHashes = s.Hashes != nil && (!s.Hashes.Ended || !s.Hashes.Settled)
	followerLags(&s, a.Members, tracks, now, e.options.Window)
	a.Cluster = assessCluster(&s, a.Members, tracks, now, e.options.rule(ApplyLagging).Warning.Value)
	linkVitals(&s, a.Members, tracks, &a.Cluster, e.options)
	e.seeQuorum(&s, &a.Cluster)
	noteLeaders(&s, a.Members, tracks, &a.Cluster, now)
	settleRoles(&s, a.Members, tracks, &a.Cluster)
	noteHangs(&s, a.Members, tracks)
	e.bench = newBench(now, &s, a.Members, tracks)
	e.bench.timeLinks(&e.options)
	e.bench.noteStarved(e.options.rule(AnswersSlow))
	a.Findings, a.Unmeasured = e.judge(&s, &a, tracks, now)
	a.Reading = e.read(&s, &a, tracks)
	slices.SortStableFunc(a.Findings, worstFirst)
	level(&a, e.options)
	e.leads.note(&a)
	e.advise(&s, &a, tracks)
	a.Await = e.awaits(&s, &a, tracks)
	a.Events = e.log.observe(&s, e.previous, &a, tracks, &e.options)
	for i := range a.Members {
		e.history.add(now, s.Interval, &a.Members[i], len(a.Members))
	}
	e.previous = &a
	return a
}

// advise answers what may be done to the cluster: lose a member, remove one, change them one by one, rebuild it.
func (e *Evaluator) advise(s *probe.Sweep, a *Assessment, tracks []*track) {
	f := e.verdictFacts(s, a, tracks)
	for i := range a.Members {
		a.Members[i].CanLose, a.Members[i].CanRemove = f.canLose(i), f.canRemove(i)
	}
	a.Rolling = rolling(a, f)
	a.Rolling.Checks = rollingChecks(a, e.options.rule(ApplyLagging))
	a.Recovery = recovery(s, a)
}

// seeQuorum notes whether there is a quorum: the healthy voters are enough, or there is a leader, and a read proves it
// that was begun since they are not.
func (e *Evaluator) seeQuorum(s *probe.Sweep, c *Cluster) {
	switch {
	case c.HealthyVoters >= c.Quorum:
		e.unseen = time.Time{}
	case e.unseen.IsZero():
		e.unseen = s.At
	}
	c.quorumSeen = e.unseen.IsZero() || !c.Leader.IsZero() && readSince(s, e.unseen)
}

// track returns what is remembered of a member.
func (e *Evaluator) track(m *probe.Member) *track {
	key := m.Key()
	t := e.tracks[key]
	if t == nil {
		t = new(track)
		e.tracks[key] = t
	}
	t.ref = MemberRef{Key: key, ID: m.ID, Label: m.Label()}
	return t
}

// forget drops what is remembered of members that are gone.
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

// rule is a row of the evaluator's table; a rule without limits where it is not there.
func (o *Options) rule(id RuleID) *Rule {
	for i := range o.Rules {
		if o.Rules[i].ID == id {
			return &o.Rules[i]
		}
	}
	return &Rule{ID: id}
}

// judge holds every rule against every subject of its scope. Findings come worst first.
func (e *Evaluator) judge(s *probe.Sweep, a *Assessment, tracks []*track, now time.Time) (findings []Finding, missed []Unmeasured) {
	base := subject{
		now: now, all: e.options, first: e.first, sweep: s, cluster: &a.Cluster, members: a.Members, tracks: tracks, bench: e.bench,
		linked: make([][]link, len(tracks)),
		restarts: func(of *track, window time.Duration) (n int) {
			for _, t := range tracks {
				n += t.restartsWithin(now, window, t != of)
			}
			return n
		},
	}
	places := byKey(a.Members)
	hold := func(on *subject, who MemberRef) {
		f, found, missing := e.alert(on.rule.ID, who.Key).judge(on)
		switch {
		case found:
			f.Member = who
			if on.at != nil {
				on.at.excuse(&f)
			}
			if at, is := places[f.InhibitedByMember.Key]; is {
				f.InhibitedByMember = a.Members[at].MemberRef
			} else if f.InhibitedByMember.Key != "" {
				f.InhibitedByMember.Label = f.InhibitedByMember.Key
			}
			findings = append(findings, f)
		case missing.Why != "":
			missing.Member = who
			missed = append(missed, missing)
		}
	}
	on := base
	for i := range e.options.Rules {
		if on.rule = &e.options.Rules[i]; on.rule.IsOff() {
			continue
		}
		if on.rule.Scope == ScopeCluster {
			on.about(-1)
			hold(&on, MemberRef{})
			continue
		}
		for i := range a.Members {
			on.about(i)
			if on.member.IsStray() && on.rule.ID != EndpointStray {
				continue
			}
			hold(&on, on.at.MemberRef)
		}
	}
	explain(findings)
	if s.Dumps != nil {
		adviseOnDumps(findings)
	}
	slices.SortStableFunc(findings, worstFirst)
	return findings, missed
}

// byKey are the places of members by their keys.
func byKey(members []Member) map[string]int {
	places := make(map[string]int, len(members))
	for i := range members {
		if _, is := places[members[i].Key]; !is {
			places[members[i].Key] = i
		}
	}
	return places
}

func (e *Evaluator) alert(rule RuleID, member string) *alert {
	key := alertKey{rule, member}
	st := e.alerts[key]
	if st == nil {
		st = new(alert)
		e.alerts[key] = st
	}
	return st
}

// explain keeps InhibitedBy only where the finding it names is really there: an unknown that nothing explains counts.
func explain(findings []Finding) {
	there := make(map[alertKey]bool, len(findings))
	for i := range findings {
		if f := &findings[i]; f.InhibitedBy == "" {
			there[alertKey{f.Rule, f.Member.Key}] = true
		}
	}
	for i := range findings {
		f := &findings[i]
		if f.InhibitedBy == "" {
			continue
		}
		if f.InhibitedByMember.IsZero() && !there[alertKey{f.InhibitedBy, f.Member.Key}] && !there[alertKey{f.InhibitedBy, ""}] ||
			!f.InhibitedByMember.IsZero() && !there[alertKey{f.InhibitedBy, f.InhibitedByMember.Key}] {
			f.InhibitedBy, f.InhibitedByMember = "", MemberRef{}
			there[alertKey{f.Rule, f.Member.Key}] = true
		}
	}
}

// worstFirst orders findings by their weight, and then by member.
func worstFirst(f, g Finding) int {
	return cmp.Or(cmp.Compare(weight(&g), weight(&f)), cmp.Compare(f.Member.Label, g.Member.Label))
}

// weight orders findings: worst first, and those that another one explains last.
func weight(f *Finding) int {
	if f.InhibitedBy != "" {
		return -1
	}
	return int(f.Level)
}

// level sets the levels of the members, of the cluster and of the whole from the findings.
func level(a *Assessment, o Options) {
	places := byKey(a.Members)
	for i := range a.Findings {
		f := &a.Findings[i]
		alarm := f.InhibitedBy == ""
		if !alarm && !f.folded {
			continue
		}
		if alarm {
			a.Level = max(a.Level, f.Level)
		}
		if f.Member.IsZero() {
			a.Cluster.Level = max(a.Cluster.Level, f.Level)
			continue
		}
		at, is := places[f.Member.Key]
		if !is {
			continue
		}
		m := &a.Members[at]
		if alarm || f.Rule == NoLeader && f.InhibitedBy == QuorumLost { // it answers, and is not ok for all that
			m.Level = max(m.Level, f.Level)
		}
		m.slow = m.slow || saysSlow(f.Rule) && f.Level != Unknown && !f.Resolving() && !f.anecdotal()
		// What comes from a member that is impaired itself goes with it, or counts there; from elsewhere it stays, and
		// so does a slow disk, which is the member's own.
		goes := !alarm && !f.InhibitedByMember.IsZero() && f.InhibitedByMember.Key != m.Key && o.rule(f.InhibitedBy).Impairs &&
			f.Rule != WALFsyncSlow && f.Rule != BackendCommitSlow
		// That its metrics can't be read is no impairment: it leaves open whether there is one.
		if m.impairment == "" && !goes && !f.voteless && max(f.Level, f.severity) >= Warning && o.rule(f.Rule).Impairs && f.Rule != MetricsUnavailable { // worst first
			m.impairment, m.impairmentRule = f.Summary, f.Rule
		}
	}
}
