package thresholds

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/clipperhouse/displaywidth"

	"github.com/etcdoc/etcdoc/probe"
)

// checkLaws holds an assessment to what is true of every one: every scene checks it after each sweep.
func checkLaws(t testing.TB, s *scene, a *Assessment) {
	t.Helper()
	checkHeadlines(t, s, a)
	checkBlanks(t, s, a)
	checkMarks(t, s, a)
	checkLevels(t, s, a)
	checkAdvice(t, a)
	checkSlowLink(t, a)
	checkBlamed(t, a)
	checkPhase(t, a)
	checkGaps(t, a)
	checkHeard(t, s, a)
	checkFit(t, a)
	checkWords(t, a)
	checkSince(t, s, a)
	checkRemark(t, a)
	checkImpacts(t, a)
	checkPhrases(t, a)
	checkFigures(t, a)
	checkSuccessor(t, a)
	checkMargin(t, a)
	checkAbsent(t, s, a)
	checkDisksAlike(t, a)
}

// waitsForDisk matches the reason in short of a verdict that rests on one disk alone.
var waitsForDisk = regexp.MustCompile(`^(?:waits for )?(\S+)'s disk(?: was slow)?$`)

// checkDisksAlike: where one of three voters is not safe to lose because of another one's disk alone, the third is not
// either, since it would leave that disk, too.
func checkDisksAlike(t testing.TB, a *Assessment) {
	t.Helper()
	if a.Cluster.Voters != 3 || a.Cluster.HealthyVoters != 3 {
		return
	}
	checkMarkedDisk(t, a)
	for i := range a.Members {
		m := &a.Members[i]
		slow := waitsForDisk.FindStringSubmatch(m.CanLose.Headline)
		if slow == nil || m.CanLose.Verdict != LossRisk {
			continue
		}
		for j := range a.Members {
			other := &a.Members[j]
			if other.Voter && j != i && other.Short != slow[1] && other.CanLose.Verdict == LossSafe {
				t.Errorf("%s %q beside %s %q", m.Label, m.CanLose.Headline, other.Label, other.CanLose.Headline)
			}
		}
	}
}

// checkMarkedDisk: where a screen marks the disk of one of three healthy voters as slow, and no other one's, nobody is
// safe to lose with whom commits can do without that disk.
func checkMarkedDisk(t testing.TB, a *Assessment) {
	t.Helper()
	var slow []int
	for i := range a.Members {
		m := &a.Members[i]
		if m.Voter && !m.MetricsTooOld && m.Mark(WALFsyncP99).Level >= Warning {
			slow = append(slow, i)
		}
		if m.Voter && (m.MetricsTooOld || !m.WALFsync.IsKnown()) {
			return
		}
	}
	if len(slow) != 1 || a.Cluster.Leader.IsZero() || a.Cluster.Leads(a.Members[slow[0]].Key) {
		return // commits wait for the leader's disk as it is
	}
	of := &a.Members[slow[0]]
	for i := range a.Members {
		m := &a.Members[i]
		if m.Voter && i != slow[0] && m.CanLose.Verdict == LossSafe && m.WALFsync.High.Or(1) < of.WALFsync.Low.Or(0)/4 {
			t.Errorf("%s is safe to lose, and %s has WAL fsyncs of %s", m.Label, of.Label, of.WALFsync.Words())
		}
	}
}

// checkAbsent: of a member whose state names what it does instead of answering, nothing says that it is down.
func checkAbsent(t testing.TB, s *scene, a *Assessment) {
	t.Helper()
	for i := range a.Members {
		m := &a.Members[i]
		switch m.Condition.Word {
		case ConditionDefrag, ConditionJoining, ConditionNeverUp:
		default:
			continue
		}
		name := "(" + regexp.QuoteMeta(m.Label) + "|" + regexp.QuoteMeta(m.Short) + ")"
		down := regexp.MustCompile(name + "(: it)? is down|" + name + "[^.;:]* are down")
		for _, text := range sayings(s, a) {
			if down.MatchString(text) {
				t.Errorf("%s is %s: %s", m.Label, m.Condition.Word, text)
			}
		}
		for _, own := range []string{m.CanLose.Reason, m.CanRemove.Reason, "it is " + m.CanRemove.Headline,
			"it is " + m.LostWords()} {
			if strings.Contains(own, "it is down") {
				t.Errorf("%s is %s: %s", m.Label, m.Condition.Word, own)
			}
		}
	}
}

// sayings are what an assessment says now, in all its forms, and what its events say that go on.
func sayings(s *scene, a *Assessment) []string {
	r, c := &a.Reading, &a.Rolling
	texts := []string{r.Headline, r.Text, r.Further, r.Step, r.Next, a.Cluster.Margin, a.Recovery.Headline,
		a.Recovery.Text, c.Text, c.Wait, c.WaitBrief, c.Blocked, c.BlockedBrief}
	for _, e := range r.Evidence {
		texts = append(texts, e.Text)
	}
	texts = append(texts, r.NotLookedAt...)
	for i := range a.Findings {
		f := &a.Findings[i]
		texts = append(texts, f.Headline, f.Summary, f.Reason, f.Advice, f.Step)
	}
	for i := range a.Members {
		m := &a.Members[i]
		texts = append(texts, m.CanLose.Headline, m.CanLose.Reason, m.CanRemove.Headline, m.CanRemove.Reason,
			m.Fit.Headline, m.Fit.Reason, m.Condition.Progress)
	}
	for _, check := range c.Checks {
		texts = append(texts, check.Text)
	}
	for _, step := range c.Steps {
		texts = append(texts, step.Progress)
	}
	for _, row := range EventRows(s.evaluator.Events(maxEvents)) {
		if row.Active {
			texts = append(texts, row.Text, row.Headline, row.Brief)
		}
	}
	return texts
}

// checkBlanks: no words have a hole, where a part of them was empty.
func checkBlanks(t testing.TB, s *scene, a *Assessment) {
	t.Helper()
	check := func(texts ...string) {
		for _, text := range texts {
			if strings.Contains(text, "  ") || strings.TrimSpace(text) != text {
				t.Errorf("a blank too many: %q", text)
			}
		}
	}
	r := &a.Reading
	check(r.Headline, r.Text, r.Further, r.Step, r.Next, a.Cluster.Margin)
	for _, e := range r.Evidence {
		check(e.Text)
	}
	for i := range a.Findings {
		f := &a.Findings[i]
		check(f.Headline, f.Summary, f.Reason, f.Advice, f.Step)
	}
	for i := range a.Members {
		m := &a.Members[i]
		check(m.CanLose.Headline, m.CanLose.Reason, m.Fit.Headline, m.Fit.Reason)
	}
	for _, row := range EventRows(s.evaluator.Events(maxEvents)) {
		check(row.Headline, row.HeadlineWhat, row.Brief, row.BriefWhat, row.Text, row.What, row.Over)
	}
}

// checkMargin: how many may fail is not known while the verdict on a healthy voter is not, and the reading's text
// agrees.
func checkMargin(t testing.TB, a *Assessment) {
	t.Helper()
	may := strings.Contains(a.Cluster.Margin, "may fail")
	for i := range a.Members {
		if m := &a.Members[i]; may && m.Voter && m.Healthy && m.CanLose.Verdict == LossUnknown {
			t.Errorf("%q beside UNKNOWN %s: %s", a.Cluster.Margin, m.Label, m.CanLose.Reason)
		}
	}
	for i := range a.Members {
		if m := &a.Members[i]; m.Voter && m.Healthy && a.Cluster.CutOff > 0 && a.Cluster.Tolerance().Or(1) == 0 &&
			m.CanLose.Verdict == LossSafe {
			t.Errorf("%q beside SAFE %s: %s", a.Cluster.Margin, m.Label, m.CanLose.Reason)
		}
	}
	for _, said := range []string{"1 can be lost", "2 can be lost", "3 can be lost"} {
		if strings.Contains(a.Reading.Text, said) && !may {
			t.Errorf("%q beside %q", a.Cluster.Margin, a.Reading.Text)
		}
	}
	for i := range a.Members {
		m := &a.Members[i]
		out := slices.Contains([]ConditionWord{ConditionDefrag, ConditionDown, ConditionLate}, m.Condition.Word)
		if m.Voter && !m.Healthy && out && a.Level < Warning && a.Cluster.Voters > 2 &&
			strings.Contains(a.Cluster.Margin, "none to spare") {
			t.Errorf("%q, as %s is %s, and the level is %s", a.Cluster.Margin, m.Label, m.Condition.Word, a.Level)
		}
	}
	if a.Cluster.CutOff > 0 && a.Level < Warning && strings.Contains(a.Cluster.Margin, "none to spare") {
		t.Errorf("%q, as links are cut, and the level is %s", a.Cluster.Margin, a.Level)
	}
	if a.Level >= Warning && strings.HasPrefix(a.Reading.Headline, "Over after") {
		t.Errorf("%s, and the headline is %q", a.Level, a.Reading.Headline)
	}
	if may && strings.Contains(a.Reading.Text, "how many can be lost is not known") {
		t.Errorf("%q beside %q", a.Cluster.Margin, a.Reading.Text)
	}
}

// checkSuccessor: whoever is named to lead instead of the leader is the same in the reading and in a rolling change.
func checkSuccessor(t testing.TB, a *Assessment) {
	t.Helper()
	if a.Rolling.MoveLeaderTo.IsZero() {
		return
	}
	heir := a.Member(a.Rolling.MoveLeaderTo.Key)
	for _, text := range []string{a.Reading.Step, a.Reading.Next} {
		_, named, found := strings.Cut(text, "move-leader ")
		if id, _, _ := strings.Cut(strings.TrimRight(named, "."), " "); found && heir != nil && id != heir.ID.String() {
			t.Errorf("%q names another successor than the rolling change, %s %s", text, heir.Label, heir.ID)
		}
	}
}

// checkFigures: a headline and a verdict have the figures of this sweep, and no other one of the screen does.
func checkFigures(t testing.TB, a *Assessment) {
	t.Helper()
	texts := []string{a.Reading.Headline}
	for i := range a.Members {
		texts = append(texts, a.Members[i].CanLose.Reason)
	}
	for _, text := range texts {
		_, figure, found := strings.Cut(text, "WAL fsync p99 ")
		figure = strings.TrimPrefix(figure, "is ")
		if found && !strings.Contains(text, formerly) && !slices.ContainsFunc(a.Members, func(m Member) bool {
			return m.WALFsync.IsKnown() && strings.HasPrefix(figure, m.WALFsync.String())
		}) {
			t.Errorf("no member shows the figure of %q", text)
		}
	}
}

// checkPhrases: what can't be judged is said in the rule's words, not by its id.
func checkPhrases(t testing.TB, a *Assessment) {
	t.Helper()
	for i := range a.Findings {
		f := &a.Findings[i]
		for _, text := range []string{f.Headline, f.Summary, a.Reading.Headline, a.Reading.Text} {
			if f.Level == Unknown && strings.Contains(text, string(f.Rule)) {
				t.Errorf("%q shows the id of %s", text, f.Rule)
			}
		}
	}
}

// checkRemark: a healthy cluster at a notice has a reason for it in the reading.
func checkRemark(t testing.TB, a *Assessment) {
	t.Helper()
	if r := &a.Reading; r.Cause == CauseHealthy && a.Level == Notice &&
		!slices.ContainsFunc(r.Evidence, func(e Evidence) bool { return e.InText && e.Rule != "" }) {
		t.Errorf("a notice, and no reason for it: %s; %+v", r.Text, a.Findings)
	}
}

// checkSince: one failure has one begin, whoever says it: the member, the findings about it, the quorum that lacks it
// alone, and the row of its events.
func checkSince(t testing.TB, s *scene, a *Assessment) {
	t.Helper()
	var down []*Member
	onlyDown := true
	for i := range a.Members {
		m := &a.Members[i]
		if m.State == StateDown {
			down = append(down, m)
		}
		onlyDown = onlyDown && (!m.Voter || m.Healthy || m.State == StateDown)
	}
	for _, m := range down {
		if f := a.Finding(MemberUnreachable, m.Key); f != nil && f.Level != Unknown && !f.Since.Equal(m.DownSince) {
			t.Errorf("%s is down since %s, and the finding since %s", m.Label, m.DownSince, f.Since)
		}
	}
	risk := a.Finding(QuorumAtRisk, "")
	if a.Cluster.Voters == 3 && len(down) == 1 && onlyDown && down[0].Voter && risk != nil && risk.Level != Unknown &&
		!risk.Since.Equal(down[0].DownSince) &&
		!s.evaluator.tracks[down[0].Key].failures.unsteady(a.At, s.interval) { // it is at risk since that
		t.Errorf("%s is down since %s, and %s since %s", down[0].Label, down[0].DownSince, risk.Summary, risk.Since)
	}
	for _, row := range EventRows(s.evaluator.Events(maxEvents)) {
		f := a.Finding(row.Rule, row.Member.Key)
		clockWentBack := row.KnownAt.After(a.At) // events keep their dates
		if clockWentBack || !row.Active || f == nil || f.Level == Unknown || f.InhibitedBy != "" ||
			row.Expected != f.Expected {
			continue
		}
		// It may say since when the member does what it says; a notice may have begun before the event of a warning.
		later := startKind(row.Rule) == EventDown || row.Worst > row.Level
		if lasted := a.At.Sub(f.Since); row.AsBad > lasted || !later && (row.AsBad < lasted || row.Lasted < lasted) {
			t.Errorf("%s for %s, and its event for %s", f.Summary, lasted, row.AsBad)
		}
	}
}

// usualWords are a rate, and what is usual.
var usualWords = regexp.MustCompile(`(\S+)(?: applied,| \w+,)? \(?usually ([^ )]+)\)?`)

// pastWords are what a reading quotes of a cause that is over.
var pastWords = regexp.MustCompile(`^The cause is over, and its symptoms are ending\. It lasted [^ ]+: "[^"]*"`)

// checkWords: no sentence contradicts another, or itself. What is usual differs from what is now.
func checkWords(t testing.TB, a *Assessment) {
	t.Helper()
	for _, text := range []string{a.Reading.Text, a.Reading.Headline} {
		if !strings.Contains(text, "usually") { // mostly, and in every sweep
			continue
		}
		for _, rates := range usualWords.FindAllStringSubmatch(text, -1) {
			if rates[1] == rates[2] {
				t.Errorf("usually the same: %s", text)
			}
		}
	}
	texts := []string{a.Reading.Text, a.Reading.Headline, a.Cluster.Margin}
	for i := range a.Members {
		texts = append(texts, a.Members[i].CanLose.Reason, a.Members[i].CanLose.Headline)
	}
	unreachable := finding(a, ClusterUnreachable, "").Summary
	for _, text := range append(texts, unreachable) {
		if !a.Cluster.MemberListKnown && strings.Contains(text, "members answers") {
			t.Errorf("%s: %s", a.Cluster.Margin, text)
		}
		now := pastWords.ReplaceAllString(text, "")
		stopped := strings.Contains(strings.ToLower(now), "no write commits") || strings.Contains(now, "nothing commits")
		if a.Level < Warning && stopped {
			t.Errorf("%s: %s", a.Level, text)
		}
	}
}

// checkHeard: nobody is SAFE to lose unless the leader is lately proven to have heard each of the other voters: by
// growth since an exposition that is not too old or, in the first sweep, by a read.
func checkHeard(t testing.TB, s *scene, a *Assessment) {
	t.Helper()
	leader := a.Member(a.Cluster.Leader.Key)
	if leader == nil || leader.State != StateOK || leader.Stale {
		return
	}
	for i := range a.Members {
		lost := &a.Members[i]
		if !lost.Voter || lost.CanLose.Verdict != LossSafe || !lost.Healthy {
			continue
		}
		for j := range a.Members {
			m := &a.Members[j]
			if !m.Voter || !m.Healthy || i == j || m.Key == leader.Key {
				continue
			}
			p, read := s.proofs[[2]probe.MemberID{leader.ID, m.ID}], s.members[j].linearizable
			if p.since.IsZero() && read.Answered() {
				p.since = read.At.Add(-read.Took)
			}
			if age := a.At.Sub(p.since); age > maxMomentAge(s.interval) {
				t.Errorf("%s is SAFE to lose, and that the leader %s hears %s was last seen %s ago", lost.Label,
					leader.Label, m.Label, FormatDuration(age))
			}
		}
	}
}

// checkFit: whoever is fit is a voter that counts, and where an answering voter is SAFE to lose, all others are fit.
func checkFit(t testing.TB, a *Assessment) {
	t.Helper()
	for i := range a.Members {
		m := &a.Members[i]
		switch fit := m.Fit; {
		case fit.Reason == "" || fit.Headline == "" || displaywidth.String(fit.Headline) > VerdictWidth,
			fit.OK != (fit.Ground == ""):
			t.Errorf("%s: %+v", m.Label, fit)
		case fit.OK && (!m.Healthy || !m.Voter || a.Cluster.Leadership != Led):
			t.Errorf("%s is fit: healthy %t, voter %t, leadership %d", m.Label, m.Healthy, m.Voter, a.Cluster.Leadership)
		}
		for j := range a.Members {
			lost := &a.Members[j]
			if lost.CanLose.Verdict != LossSafe || !lost.Healthy || !lost.Voter || i == j || !m.Voter {
				continue
			}
			if !m.Fit.OK || m.Condition.Word == ConditionCatchUp || m.Condition.Word == ConditionJoining {
				t.Errorf("%s is SAFE to lose, and %s is %s; %+v", lost.Label, m.Label, m.Condition.Word, m.Fit)
			}
		}
	}
}

// checkGaps: what has the same gap has the same reason, in the same words.
func checkGaps(t testing.TB, a *Assessment) {
	t.Helper()
	reasons := map[Gap]*Finding{}
	for i := range a.Findings {
		f := &a.Findings[i]
		if f.Level != Unknown {
			continue
		}
		first := reasons[f.Gap()]
		if first == nil {
			reasons[f.Gap()] = f
		} else if first.Reason != f.Reason || first.Lead() != f.Lead() {
			t.Errorf("%s and %s have the gap %+v: %q, %q", first.Rule, f.Rule, f.Gap(), first.Reason, f.Reason)
		}
	}
}

// checkSlowLink: of three healthy voters, nobody is SAFE to lose while the reading blames the link between the other
// two, and round trips show it: both of these would be needed.
func checkSlowLink(t testing.TB, a *Assessment) {
	t.Helper()
	c, about := &a.Cluster, a.Reading.About
	if a.Reading.Cause != CauseSlowLink || len(about) != 2 || c.Voters != 3 || c.HealthyVoters != 3 {
		return
	}
	shown := slices.ContainsFunc(a.Findings, func(f Finding) bool {
		return (f.Rule == PeerRTTSlow || f.Rule == LinkGrown) && f.Level != Unknown && !f.Resolving()
	})
	for i := range a.Members {
		m := &a.Members[i]
		if shown && m.Voter && !slices.Contains(about, m.MemberRef) && m.CanLose.Verdict == LossSafe {
			t.Errorf("%s; and %s is SAFE to lose: %s", a.Reading.Text, m.Label, m.CanLose.Reason)
		}
	}
}

// checkMarks: a vital is marked exactly while its rule is pending or firing, and its limit is the one of that level.
func checkMarks(t testing.TB, s *scene, a *Assessment) {
	t.Helper()
	for i := range a.Members {
		m := &a.Members[i]
		for _, k := range m.Marks {
			f := a.Finding(k.Rule, m.Key)
			firing := f != nil && f.Level != Unknown && !f.Resolving()
			limit := s.rule(k.Rule).Limit(k.Level)
			switch {
			case firing && (k.Level < f.Severity || k.State == ""):
				t.Errorf("%s of %s fires at %s, and is marked %+v", k.Rule, m.Label, f.Severity, k)
			case !firing && k.State == AlertFiring && (f == nil || k.Level >= f.PreviousLevel):
				t.Errorf("%s of %s is marked %+v, and does not fire: %+v", k.Rule, m.Label, k, f)
			case (k.State != "") != (k.Level > OK):
				t.Errorf("%s of %s is marked %+v", k.Rule, m.Label, k)
			case k.State != "" && k.Limit.IsKnown() && k.Limit != limit.Value:
				t.Errorf("%s of %s: the mark goes by %v, and the limit is %v", k.Rule, m.Label, k.Limit, limit.Value)
			}
		}
	}
}

// checkLevels: a member's level is that of its worst finding, and its state that of the worst that is more than a
// recommendation or a restart that was to be; what a notice is about has a word. The state says so if a value is over
// its limit, unless that is what could not be sent to a member that is down.
func checkLevels(t testing.TB, s *scene, a *Assessment) {
	t.Helper()
	down := slices.ContainsFunc(a.Members, func(m Member) bool { return m.State == StateDown })
	for i := range a.Members {
		m := &a.Members[i]
		if m.Worst > m.Level || (m.Condition.Topic != "") !=
			(m.Condition.Level != OK && m.Condition.Word == ConditionWord(m.Condition.Level.Word())) {
			t.Errorf("%s: level %s, worst %s, of %q", m.Label, m.Level, m.Worst, m.Condition.Topic)
		}
		over := slices.ContainsFunc(m.Marks, func(k Mark) bool {
			return k.Level >= Warning && (k.Rule != PeerSendFailing || !down)
		})
		if ok := m.Condition.Word == ConditionWord(OK.Word()); (m.Condition.Over != "") != (ok && over) {
			t.Errorf("%s: state %q, and over a limit: %t", m.Label, m.StateWords(), over)
		}
		for _, f := range a.FindingsAbout(m.Key) {
			apart := s.rule(f.Rule).Recommends || f.Rule == MemberRestarted && strings.HasPrefix(f.Step, "Nothing:")
			if f.InhibitedBy == "" && (f.Level > m.Level || f.Level > m.Worst && !apart) {
				t.Errorf("%s is %s, its state %s, with %s: %s", m.Label, m.Level, m.Worst, f.Level, f.Summary)
			}
		}
	}
}

// checkAdvice: what advice says of the members that are left is what their verdicts say.
func checkAdvice(t testing.TB, a *Assessment) {
	t.Helper()
	texts := []string{a.Reading.Next}
	for i := range a.Findings {
		texts = append(texts, a.Findings[i].Advice)
	}
	for _, text := range texts {
		for i := range a.Members {
			m := &a.Members[i]
			verdict := m.CanLose.Verdict
			switch missed := strings.Contains(text, m.Label); {
			case !m.Voter || m.State != StateOK || missed:
			case strings.Contains(text, "Drain no other member") && verdict != LossNo,
				strings.Contains(text, "draining another member is RISK") && verdict != LossRisk,
				strings.Contains(text, "Lose no other member") && (verdict == LossSafe || verdict == LossRisk):
				t.Errorf("%s is %s to lose (%s), and the advice is: %s", m.Label, verdict, m.CanLose.Reason, text)
			}
		}
	}
}

// rule is a rule that the scene is judged by.
func (s *scene) rule(id RuleID) *Rule {
	rule, _ := s.evaluator.rules.Rule(id)
	return rule
}

// checkBlamed: whoever the reading blames shows at least the level of what the reading found about it, and is never ok
// while that is a warning.
func checkBlamed(t testing.TB, a *Assessment) {
	t.Helper()
	worst := OK
	for i := range a.Findings {
		if f := &a.Findings[i]; f.CoveredByReading {
			worst = max(worst, f.Level)
		}
	}
	if worst < Warning {
		return
	}
	for _, ref := range a.Reading.About {
		m := a.Member(ref.Key)
		if m == nil {
			continue
		}
		if m.Condition.Level < Warning || m.Condition.Word == ConditionWord(OK.Word()) {
			t.Errorf("%s is blamed at %s, and its state is %+v: %s", m.Label, worst, m.Condition, a.Reading.Text)
		}
		for _, f := range a.FindingsAbout(m.Key) {
			if f.CoveredByReading && f.Level > m.Condition.Level {
				t.Errorf("%s is blamed for %s: %s, and its state is %+v", m.Label, f.Level, f.Summary, m.Condition)
			}
		}
	}
}

// checkPhase: a change goes on only where every check is ok, nothing blocks, nobody is away or catching up, and the
// next step is known and no member's that can't be spared; where it may not, it says why.
func checkPhase(t testing.TB, a *Assessment) {
	t.Helper()
	r := &a.Rolling
	waits := r.Phase == PhaseWait || r.Phase == PhaseUnknown
	if waits != (r.WaitBrief != "") || displaywidth.String(r.WaitBrief) > VerdictWidth {
		t.Errorf("phase %q, wait in short %q", r.Phase, r.WaitBrief)
	}
	if waits != (r.Wait != "") || !waits && !r.Phase.MayGoOn() && r.Phase != PhaseDone {
		t.Errorf("phase %q, wait %q", r.Phase, r.Wait)
	}
	if !r.Phase.MayGoOn() {
		return
	}
	open := slices.ContainsFunc(r.Checks, func(c RollingCheck) bool { return c.Status != CheckOK })
	busy := slices.ContainsFunc(r.Steps, func(s RollingStep) bool {
		return s.State == StepAway || s.State == StepCatchingUp
	})
	if open || busy || r.Blocked != "" {
		t.Errorf("%s with the checks %+v, the steps %+v, blocked %q", r.Phase, r.Checks, r.Steps, r.Blocked)
	}
	next := r.NextStep()
	if next == nil {
		return // whether the others have had their turn is not known
	}
	if m := a.Member(next.Member.Key); m.CanLose.Verdict == LossNo || m.CanLose.Verdict == LossUnknown {
		t.Errorf("%s with %s, who is %s to lose: %s", r.Phase, m.Label, m.CanLose.Verdict, m.CanLose.Reason)
	}
}
