package thresholds

import "fmt"

// Why is why a rule can't be judged; empty for a judged one.
type Why string

// The reasons.
const (
	// WhyLate: it has been requested and has not arrived, or the newest answer is too old for this moment.
	WhyLate Why = "late"
	// WhyUnreadable: it can't be read.
	WhyUnreadable Why = "unreadable"
	// WhyNotExposed: the member's version or flags do not expose it.
	WhyNotExposed Why = "not-exposed"
	// WhyTooFew: there are too few samples yet.
	WhyTooFew Why = "too-few-samples"
	// WhyDown: the member is down.
	WhyDown Why = "down"
	// WhyOutOfReach: the member can't be reached from here, but may be healthy.
	WhyOutOfReach Why = "out-of-reach"
	// WhyRefused: the member refuses to answer.
	WhyRefused Why = "refused"
	// WhyNotDumped: dumped metrics do not have it.
	WhyNotDumped Why = "not-dumped"
	// WhyUndecided: what is known does not decide it, or the rule does not apply.
	WhyUndecided Why = "undecided"
)

// brief is the reason in a few words about the member that who stands for; empty if the kind of reason says nothing.
func (w Why) brief(who string) string {
	switch w {
	case WhyLate:
		return who + " is late"
	case WhyUnreadable:
		return "metrics unreadable"
	case WhyNotExposed:
		return "not exposed"
	case WhyTooFew:
		return "needs two sweeps"
	case WhyDown:
		return "no answer" // it is down, or busy
	case WhyOutOfReach:
		return who + " is out of reach"
	case WhyRefused:
		return who + " refuses to say"
	case WhyNotDumped:
		return "not dumped"
	default:
		return ""
	}
}

// step is the first thing to do so that the rule can be judged, as in [Rule.Step]; empty if time alone helps.
func (w Why) step() string {
	switch w {
	case WhyLate:
		return "Look at the CPU of {member}, and at the way there"
	case WhyUnreadable:
		return stepUnreadable
	case WhyDown:
		return stepDown
	case WhyOutOfReach:
		return "Check the way from here to {member}"
	case WhyRefused:
		return "Let etcdoc log in as a user that may read (--user)"
	case WhyNotDumped:
		return "Ask the live cluster: etcdoc --once"
	default:
		return ""
	}
}

// The first steps about a member that is down, and about one without metrics, whichever rule finds it.
const (
	stepDown       = "Look at the etcd process and the host of {member}"
	stepUnreadable = "Check whether the metrics of {member} can be reached"
)

// MissingFact is a fact whose lack keeps several rules from being judged. Findings with the same one may lack it for
// different reasons: see [Finding.Gap].
type MissingFact string

// The facts. A rate, a quantile and a count take two sweeps.
const (
	MissingStatus     MissingFact = "status"
	MissingMetrics    MissingFact = "metrics"
	MissingMemberList MissingFact = "member-list"
	MissingMembers    MissingFact = "members"
	MissingQuorum     MissingFact = "quorum"
	MissingQuota      MissingFact = "quota"
	MissingRead       MissingFact = "read"
	MissingRate       MissingFact = "rate"
	MissingQuantile   MissingFact = "quantile"
	MissingChanges    MissingFact = "leader-changes"
	MissingSnapshots  MissingFact = "snapshots"
	// These two are of the API server with the URL that they are missing of.
	MissingAPIServer        MissingFact = "api-server"
	MissingAPIServerMetrics MissingFact = "api-server-metrics"
)

// words are what takes two sweeps.
func (m MissingFact) words() string {
	switch m {
	case MissingQuantile:
		return "a p99"
	case MissingChanges:
		return "a number of changes"
	case MissingSnapshots:
		return "a number of snapshots"
	default:
		return "a rate"
	}
}

// ofAPIServer reports whether it is a fact of an API server.
func (m MissingFact) ofAPIServer() bool { return m == MissingAPIServer || m == MissingAPIServerMetrics }

// A Gap is what keeps rules from being judged about a member or the cluster. Findings with the same gap have the same
// reason, in the same words.
type Gap struct {
	member  string // its key; empty for the cluster
	why     Why
	missing MissingFact
	of      string // the key of the member that it is missing of
	rule    RuleID // where the reason is the rule's own
}

// Gap is what keeps the finding's rule from being judged; zero if it is judged.
func (f *Finding) Gap() Gap {
	if f.Level != Unknown {
		return Gap{}
	}
	gap := Gap{member: f.Member.Key, why: f.Why, missing: f.Missing, of: f.MissingOf}
	if f.Missing == "" {
		gap.rule = f.Rule
	}
	return gap
}

// Unmeasured is a rule that could not be judged about a member, or about the cluster if Member is zero. It is no
// fault of theirs.
type Unmeasured struct {
	Rule   RuleID
	Member MemberRef
	Why    Why
	// Text is the reason in words.
	Text string
	// Suspected says that there are signs of what the rule looks for: nothing is safe just because it found nothing.
	Suspected bool
}

// reason returns why the measurement has no value.
func (m *measurement) reason() Why {
	if m.why == "" && (m.unknown != "" || m.notMeasurable != "") {
		return WhyUndecided
	}
	return m.why
}

// notExposed is the measurement of a metric that the member's metrics lack; always says that all versions expose it.
// If only a part of them was read, the rest may have it.
func (s *subject) notExposed(what string, always bool) measurement {
	m := s.notReported("its metrics have no " + what)
	if always && m.notMeasurable != "" {
		m.unknown, m.notMeasurable = m.notMeasurable, ""
	}
	return m
}

// notReported is notExposed in other words, for what some versions lack.
func (s *subject) notReported(text string) measurement {
	if s.member.Metrics.Err != nil {
		return s.unreadable()
	}
	return measurement{notMeasurable: text, why: WhyNotExposed}
}

func (s *subject) unreadable() measurement {
	text := "its metrics can't be read"
	if s.member.Metrics.Partial {
		text = "its metrics broke off before that"
	}
	return measurement{
		unknown: text, why: WhyUnreadable, missing: MissingMetrics, missingOf: s.at.Key,
		inhibitedBy: MetricsUnavailable,
	}
}

// metricsLate is the measurement of a rule whose metrics have not arrived in time.
func (s *subject) metricsLate() measurement {
	m := measurement{
		unknown: "its metrics have not been answered yet", why: WhyLate, missing: MissingMetrics, missingOf: s.at.Key,
		inhibitedBy: MetricsUnavailable,
	}
	if s.member.Metrics.Answered() {
		m.unknown = fmt.Sprintf("its metrics are late: the newest are %s old", FormatDuration(s.at.MetricsAge))
	}
	return m
}

// needsTwoSweeps is the measurement of a rule that needs two sweeps to know something. noMore: there will be no second
// one, so that nobody can judge it.
func needsTwoSweeps(what MissingFact, noMore bool) measurement {
	text := what.words() + " needs two sweeps"
	if noMore {
		return measurement{notMeasurable: text, why: WhyTooFew}
	}
	return measurement{unknown: text, why: WhyTooFew, missing: what}
}

// tooFewSamples is the measurement of a rule that needs two sweeps and does not have them in its window. In a check
// and in dumps nothing else will come, so it is unknown; a watcher that has had two sweeps keeps watching, so it is
// only not measurable, unless the newest two are too far apart for the window. So it is of a member that joined while
// the others were watched: that its first sweep shows no rates makes nothing unknown of the cluster.
func (s *subject) tooFewSamples(what MissingFact) measurement {
	switch {
	case s.track.farApart(s.settings.window):
		return measurement{
			unknown: fmt.Sprintf("%s needs two sweeps within %s, and the last two are %s apart", what.words(),
				FormatDuration(s.settings.window), FormatDuration(s.track.metricsGap)),
			why: WhyTooFew, missing: "recent-" + what, missingOf: s.at.Key, inhibitedBy: MetricsUnavailable,
		}
	case s.first || s.settings.immediate || inDump(s.member) || s.track.expositions < 2 && s.track.joined.IsZero():
		return needsTwoSweeps(what, false)
	default:
		return needsTwoSweeps(what, true)
	}
}
