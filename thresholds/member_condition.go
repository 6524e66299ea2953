package thresholds

import (
	"fmt"
	"slices"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// ConditionWord says in one or two words how a member is, or what keeps it busy.
type ConditionWord string

// The words. A member that answers and does nothing special has that of its level: see [Level.Word].
const (
	ConditionDown ConditionWord = "DOWN"
	ConditionLate ConditionWord = "LATE"
	// ConditionNeverUp: it was added to the cluster, and has never run; or it has never served since the cluster began.
	ConditionNeverUp ConditionWord = "NEVER UP"
	// ConditionJoining: it is new, and receives what the others have.
	ConditionJoining ConditionWord = "JOINING"
	// ConditionDefrag: it is being defragmented, and answers hardly anything meanwhile.
	ConditionDefrag ConditionWord = "DEFRAG"
	// ConditionNoLeader: it answers, and knows no leader.
	ConditionNoLeader ConditionWord = "NOLEADER"
	// ConditionCatchUp: it was absent, and receives what was committed meanwhile.
	ConditionCatchUp ConditionWord = "CATCHUP"
)

// The topics of members that [MemberUnreachable] can't judge.
const (
	// topicReach: it is out of reach, and nothing shows whether it is down.
	topicReach = "reach"
	// topicDenied: it answers, and says that we may not ask.
	topicDenied = "denied"
)

// StateWidth is the width of the longest words of a member's state: see [Member.StateWords]. ConditionWidth is that of
// the longest [ConditionWord] alone.
const (
	StateWidth     = len("NOTE ") + topicWidth
	ConditionWidth = len(ConditionNoLeader)
)

// MemberCondition is how a member is: what faces show as its state.
type MemberCondition struct {
	Word ConditionWord
	// Topic is the [Rule.Topic] of what makes Word, topicReach or topicDenied, where Word is the word of a level, but
	// OK; else empty.
	Topic string
	// Over is, while Word is that of [OK], the [Rule.Topic] of a value that is over a limit all the same: for less than
	// it must hold, or as another finding explains it. Empty without one.
	Over string
	// Level is how bad that is.
	Level Level
	// Progress is in words how far it has come with what Word names; empty where Word names nothing that progresses.
	Progress string
	// Behind is how many entries it has yet to receive and to apply, and Left how many seconds that takes at the rate
	// of the last sweeps; absent where they are not known.
	Behind, Left probe.Value
}

// WorseThan reports that a condition is worse than another: of a higher level, or of the same while the member does not
// answer.
func (c MemberCondition) WorseThan(other MemberCondition) bool {
	if c.Level != other.Level {
		return c.Level > other.Level
	}
	return c.IsAbsent() && !other.IsAbsent()
}

// IsAbsent reports that the member does not answer.
func (c MemberCondition) IsAbsent() bool {
	return c.Word == ConditionDown || c.Word == ConditionNeverUp || c.Word == ConditionLate
}

// IsSpecial reports a word of its own, not that of a level.
func (w ConditionWord) IsSpecial() bool { return w != "" && !slices.Contains(levelWords[:], string(w)) }

// isBusy reports that what the member does, or has yet to do, explains that it does not answer.
func (c MemberCondition) isBusy() bool {
	return c.Word == ConditionNeverUp || c.Word == ConditionJoining || c.Word == ConditionDefrag
}

// conditions returns the members' conditions. Whoever the reading blames is as bad as what it rests on, also where that
// is a finding about another member, such as the other end of a link.
func (b *cohort) conditions(levels []memberLevels, findings []Finding, blamed []MemberRef) []MemberCondition {
	all := make([]MemberCondition, len(b.members))
	for i := range all {
		all[i] = b.condition(i, levels[i], findings)
	}
	for _, ref := range blamed {
		at := b.place(ref.Key)
		if at < 0 {
			continue
		}
		c := &all[at]
		if level, rule := blamedFor(findings, ref.Key); level > c.Level {
			if c.Word == ConditionWord(c.Level.Word()) {
				*c = ofLevel(level, b.topicOf(at, rule))
			}
			c.Level = level
		}
	}
	for i := range all {
		all[i].Over = b.over(&all[i], i)
	}
	return all
}

// over is [MemberCondition.Over] by the marks of the values of the member at a place. That messages to a member that is
// down could not be sent says nothing of the one that sent them, and only who had some to send shows it.
func (b *cohort) over(c *MemberCondition, at int) string {
	if c.Word != ConditionWord(OK.Word()) {
		return ""
	}
	down := slices.ContainsFunc(b.members, func(m memberState) bool { return m.State == StateDown })
	worst := Mark{Level: Notice}
	for _, k := range b.members[at].Marks {
		if k.Level > worst.Level && (!down || k.Rule != PeerSendFailing) {
			worst = k
		}
	}
	if worst.Rule == "" {
		return ""
	}
	return b.topicOf(at, worst.Rule)
}

// blamedFor returns the level and the rule of the reading's worst finding about a member that it blames, or of its
// worst one if it has none about that member; OK below a warning.
func blamedFor(findings []Finding, key string) (Level, RuleID) {
	own, worst := new(Finding), new(Finding)
	for i := range findings {
		f := &findings[i]
		if f.CoveredByReading && f.Level > worst.Level {
			worst = f
		}
		if f.Member.Key == key && (f.CoveredByReading || f.InhibitedByReading) && f.Level != Unknown &&
			f.Level > own.Level {
			own = f
		}
	}
	switch {
	case worst.Level < Warning:
		return OK, ""
	case own.Level >= Warning:
		return own.Level, own.Rule
	}
	return worst.Level, worst.Rule
}

// condition derives the condition of the member at a place. What keeps it busy explains why it does not answer or lags;
// whatever else is wrong with it comes first.
func (b *cohort) condition(i int, l memberLevels, findings []Finding) MemberCondition {
	m := &b.members[i]
	switch {
	case m.neverStarted && m.State != StateOK:
		c := MemberCondition{Word: ConditionNeverUp, Level: max(l.level, Notice)}
		if m.track.catchUp.connectedLately(b.now) {
			c.Word, c.Progress = ConditionJoining, "connected, not named yet"
		}
		return c
	case m.isDefragmented():
		return MemberCondition{Word: ConditionDefrag, Level: max(l.level, Notice),
			Progress: m.defragmentationWords(b.now, b.estimatedDefragmentation(m))}
	case m.startingWords() != "":
		return b.startingCondition(m, l)
	case m.neverServed:
		return MemberCondition{Word: ConditionNeverUp, Level: Critical}
	case m.State == StateDown:
		return MemberCondition{Word: ConditionDown, Level: Critical}
	case m.State == StateLate:
		return MemberCondition{Word: ConditionLate, Level: max(l.level, Unknown)}
	case b.foundLeaderless(m, findings):
		return b.leaderlessCondition(m, l, findings)
	case m.State == StateOutOfReach: // it may be healthy: nobody knows from here
		if l.topic == b.settings.rule(MemberUnreachable).Topic {
			l.topic = topicReach
		}
		return ofLevel(max(l.level, Unknown), l.topic)
	}
	if err := m.probed.Status.Err; err != nil && err.Kind.IsDenied() &&
		l.topic == b.settings.rule(MemberUnreachable).Topic {
		l.topic = topicDenied
	}
	c := &m.track.catchUp
	behind, _, catching := c.behind.Newest()
	if !catching || otherFault(findings, m.Key) {
		return ofLevel(l.worst, l.topic)
	}
	condition := MemberCondition{
		Word: ConditionCatchUp, Level: max(l.level, Notice), Behind: probe.Known(behind),
		Left: c.left(b.settings.window),
	}
	if c.isNew {
		condition.Word = ConditionJoining
	}
	condition.Progress = condition.lagWords(b, m, c.snapshot)
	return condition
}

// foundLeaderless reports that the member answers, and says that it knows no leader.
func (b *cohort) foundLeaderless(m *memberState, findings []Finding) bool {
	if m.State != StateOK {
		return false
	}
	f := findingBy(findings, NoLeader, m.Key)
	return f != nil && f.isBreach()
}

// leaderlessCondition is the condition of a member that knows no leader: where the whole cluster has none, as bad as
// that is.
func (b *cohort) leaderlessCondition(m *memberState, l memberLevels, findings []Finding) MemberCondition {
	c := MemberCondition{Word: ConditionNoLeader, Level: max(l.worst, Notice)}
	if f := findingBy(findings, NoLeader, m.Key); f != nil {
		c.Level = max(c.Level, f.Level)
	}
	if f := findingBy(findings, QuorumLost, ""); f != nil && b.cluster.Leadership == Leaderless {
		c.Level = max(c.Level, f.Level)
	}
	return c
}

// startingCondition is the condition of a member whose process has started, and which does not serve yet.
func (b *cohort) startingCondition(m *memberState, l memberLevels) MemberCondition {
	c := MemberCondition{
		Word: ConditionCatchUp, Level: max(l.level, Notice),
		Progress: "connected again, not serving yet",
	}
	if m.track.catchUp.isNew || m.joins {
		c.Word, c.Progress = ConditionJoining, "connected, not serving yet"
	}
	switch {
	case m.track.catchUp.snapshot:
		c.Progress = "is sent a snapshot" + b.snapshotSize() + ", not serving yet"
	case m.track.catchUp.connectedSince.IsZero():
		c.Progress = "has started, not serving yet"
	}
	if since := m.track.catchUp.connectedSince; b.now.Sub(since) >= time.Second && !since.IsZero() {
		c.Progress += " after " + FormatDuration(b.now.Sub(since))
	}
	return c
}

// snapshotSize says how large a snapshot is that the leader sends: its database. etcd reports no progress of it.
func (b *cohort) snapshotSize() string {
	for i := range b.members {
		if size, known := b.members[i].Vitals[DBSize].Get(); known && b.members[i].Role == RoleLeader {
			return " of " + Bytes.Format(size)
		}
	}
	return ""
}

// ofLevel is the condition of a member that does nothing special.
func ofLevel(l Level, topic string) MemberCondition {
	return MemberCondition{Word: ConditionWord(l.Word()), Topic: topic, Level: l}
}

// lagRules are about what a member shows while it catches up.
var lagRules = [...]RuleID{FollowerLagging, ApplyLagging, VoterUnhealthy, LearnersPresent}

// otherFault reports a warning about the member that catching up does not explain.
func otherFault(findings []Finding, member string) bool {
	for f := range about(findings, member) {
		if f.IsAlarm() && !slices.Contains(lagRules[:], f.Rule) {
			return true
		}
	}
	return false
}

// lagWords says how much a member lacks, and how long it takes to get it. What it has yet to receive and to apply are
// counted apart, as in the table.
func (c *MemberCondition) lagWords(b *cohort, m *memberState, snapshot bool) string {
	words := m.lackWords()
	left, known := c.Left.Get()
	switch {
	case snapshot:
		return "is sent a snapshot" + b.snapshotSize() + ", " + words
	case !known:
		return words
	case left > time.Hour.Seconds():
		return words + ", more than an hour"
	}
	return words + ", about " + InSentences().Estimate(time.Duration(left*float64(time.Second)))
}

// lackWords counts the entries that a member has yet to receive, and to apply.
func (m *memberState) lackWords() string {
	behind, apply := m.Vitals[FollowerLag].Or(0), m.Vitals[ApplyLag].Or(0)
	words := fmt.Sprintf("%s %s behind", Count.Format(behind), pluralForm(int(behind), "entry", "entries"))
	switch {
	case behind == 0:
		words = fmt.Sprintf("%s %s to apply", Count.Format(apply), pluralForm(int(apply), "entry", "entries"))
	case apply > 0:
		words += ", " + Count.Format(apply) + " to apply"
	}
	return words
}

// neverUp reports that it is a new member that has not served yet.
func (m *memberState) neverUp() bool { return m.neverStarted || m.neverServed }

// isDefragmented reports that the member is being defragmented, as far as its newest metrics tell: also while Status
// times out, which waits for the end, until its metrics fail, too.
func (m *memberState) isDefragmented() bool {
	waits := m.downError == probe.ErrTimeout && m.probed.Metrics.Err == nil
	return (m.State == StateOK || m.State == StateLate || waits) && defragmenting(m)
}

// defragmentedSilently reports that it is being defragmented, and does not answer meanwhile.
func (m *memberState) defragmentedSilently() bool { return m.State != StateOK && m.isDefragmented() }

// defragmentationWords says how long the defragmentation has taken, and of how much; and how long all of it takes where
// that is estimated, and has not passed.
func (m *memberState) defragmentationWords(now time.Time, estimate time.Duration) string {
	elapsed := now.Sub(m.track.defragmentingSince)
	words := "for " + FormatDuration(elapsed)
	if estimate > elapsed {
		words += " of about " + InSentences().Estimate(estimate)
	}
	if size, known := m.Vitals[DBSize].Get(); known {
		words += ", " + Bytes.Format(size)
	}
	return words
}
