package thresholds

import (
	"fmt"
	"slices"
	"strings"
)

// Level is how bad something is. Levels are ordered, so the worst of several is their maximum. Unknown stands between
// notice and warning: what can't be judged is worse than a remark, and proves no problem.
type Level uint8

// The levels, best first.
const (
	OK Level = iota
	Notice
	Unknown
	Warning
	Critical
)

var levelNames = [...]string{OK: "ok", Notice: "notice", Unknown: "unknown", Warning: "warning", Critical: "critical"}

func (l Level) String() string {
	if int(l) < len(levelNames) {
		return levelNames[l]
	}
	return fmt.Sprintf("Level(%d)", uint8(l))
}

var levelWords = [...]string{OK: "ok", Notice: "NOTE", Unknown: "?", Warning: "WARN", Critical: "CRIT"}

// Word is the level's word where there is room for little: of at most four letters.
func (l Level) Word() string { return levelWords[min(l, Critical)] }

// ParseLevel parses a level's name.
func ParseLevel(name string) (Level, error) {
	if i := slices.Index(levelNames[:], name); i >= 0 {
		return Level(i), nil
	}
	return OK, fmt.Errorf("%q: want %s", name, strings.Join(levelNames[:], ", "))
}

// MarshalText writes the level's name.
func (l Level) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// Verdict answers "may I lose this member now?".
type Verdict uint8

// The verdicts. The zero Verdict is LossUnknown.
const (
	// LossUnknown: a fact that the answer needs is missing or too old.
	LossUnknown Verdict = iota
	// LossSafe: quorum would be kept, every survivor is healthy, and every fact behind that is known.
	LossSafe
	// LossRisk: quorum would be kept, but by degraded survivors, with another member already down, with no margin left
	// in a cluster of five or more, or during a critical finding about the whole cluster.
	LossRisk
	// LossNo: quorum would be lost.
	LossNo
)

// verdictOrder is the order of verdicts: what permits a loss first, and what forbids it last.
var verdictOrder = [...]Verdict{LossSafe, LossRisk, LossUnknown, LossNo}

// rank is the verdict's place in the order.
func (v Verdict) rank() int { return slices.Index(verdictOrder[:], v) }

var verdictNames = [...]string{LossUnknown: "unknown", LossSafe: "safe", LossRisk: "risk", LossNo: "no"}

func (v Verdict) String() string { return verdictNames[v] }

// MarshalText writes the verdict's name.
func (v Verdict) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// levels are the worst levels of findings: of all, of those about the cluster, and of each member by its place.
type levels struct {
	worst, cluster Level
	members        []memberLevels
}

// memberLevels are what the findings make of a member: see [Member].
type memberLevels struct {
	level, worst Level
	topic        string
}

// levels takes the levels from the findings, which come worst first. An inhibited finding counts for the cluster if the
// reading inhibits it.
func (b *cohort) levels(findings []Finding) levels {
	l := levels{members: make([]memberLevels, len(b.members))}
	for i := range findings {
		f := &findings[i]
		alarm := f.InhibitedBy == ""
		if alarm {
			l.worst = max(l.worst, f.Level)
		}
		switch at := b.place(f.Member.Key); {
		case f.Member.IsZero() && (alarm || f.InhibitedByReading):
			l.cluster = max(l.cluster, f.Level)
		case at < 0:
		case alarm, f.Level == Critical && isOwn(f.Rule),
			f.InhibitedByReading && f.Rule == NoLeader && f.InhibitedBy == QuorumLost: // it answers, but is not ok
			l.members[at].take(f, b.topicOf(at, f.Rule), b.isQuiet(f))
		}
	}
	return l
}

// isOwn reports that what a rule looks at is in the member itself: it stays although another finding explains it.
func isOwn(rule RuleID) bool {
	switch rule {
	case HashMismatch, WALFsyncSlow, BackendCommitSlow, ApplyLagging, DBQuotaNear, DBGrowing, CertificateExpiring:
		return true
	}
	return false
}

// topicOf is the topic of what a rule finds about a member: that of its disk, where the rule looks at a symptom of slow
// disks and the disk is over a warning's limit, however long yet. Over one that only recommends it is no topic, as in
// isQuiet.
func (b *cohort) topicOf(at int, rule RuleID) string {
	if slices.Contains(slowness[:], rule) || rule == SerializableReadSlow {
		for _, id := range [...]RuleID{WALFsyncSlow, BackendCommitSlow} {
			disk := b.settings.rule(id)
			if k := b.members[at].Mark(disk.Vital); k.Rule == id && k.Level >= Warning {
				return disk.Topic
			}
		}
	}
	return b.settings.rule(rule).Topic
}

// isQuiet reports that a member's state need not show a finding about it: it only recommends something, or the member
// restarted as it was to.
func (b *cohort) isQuiet(f *Finding) bool {
	if f.Rule == MemberRestarted {
		return f.Level == Notice && b.restartWasToBe(f)
	}
	return b.settings.rule(f.Rule).Recommends && max(f.Level, f.Severity, f.PreviousLevel) == Notice
}

// take takes in a finding about the member, and its topic unless it is quiet.
func (l *memberLevels) take(f *Finding, topic string, quiet bool) {
	l.level = max(l.level, f.Level)
	if quiet || f.Level <= l.worst {
		return
	}
	l.worst, l.topic = f.Level, topic
}
