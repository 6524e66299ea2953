package thresholds

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/clipperhouse/displaywidth"
)

// checkHeadlines holds every headline of an assessment to its width: a finding has one, and so has every verdict. None
// is cut, and those of verdicts are equal for equal reasons only.
func checkHeadlines(t testing.TB, s *scene, a *Assessment) {
	t.Helper()
	cutNames := slices.ContainsFunc(a.Members, func(m Member) bool { return strings.Contains(m.Short, ellipsis) })
	check := func(what, headline, reason string, width int) {
		t.Helper()
		switch {
		case headline == "" || displaywidth.String(headline) > width:
			t.Errorf("%s: the headline %q has %d columns, not 1 to %d: %s", what, headline,
				displaywidth.String(headline), width, reason)
		case strings.HasSuffix(headline, ".") || strings.HasPrefix(headline, " "):
			t.Errorf("%s: the headline %q is not a clause", what, headline)
		case strings.Contains(headline, ellipsis) && !cutNames:
			t.Errorf("%s: the headline %q is cut", what, headline)
		}
	}
	r := &a.Reading
	checkEvidence(t, a)
	check("the reading "+string(r.Cause), r.Headline, r.Text, HeadlineWidth)
	if r.Step != "" || r.Next != "" {
		check("the step of "+string(r.Cause), r.Step, r.Next, StepWidth)
	}
	for _, verb := range []string{"compact", "defrag", "disarm", "delete", "move-leader"} {
		if strings.Contains(strings.ToLower(r.Step), verb) && !strings.Contains(strings.ToLower(r.Next), verb) {
			t.Errorf("%s: the step %q asks for %s, and the whole of it does not: %q", r.Cause, r.Step, verb, r.Next)
		}
	}
	for _, candidate := range r.Candidates {
		if row := candidate.row(); row.short == "" || row.long == "" {
			t.Errorf("the candidate %s has no name", candidate)
		}
	}
	check("the margin", a.Cluster.Margin, r.Text, MarginWidth)
	if a.Recovery.Warranted == WarrantIfGone {
		check("the recovery", a.Recovery.Headline, a.Recovery.Text, RecoveryWidth)
		if newest := a.Recovery.Newest; !newest.IsZero() && !strings.Contains(a.Recovery.Headline, newest.Short) &&
			!strings.HasPrefix(a.Recovery.Headline, "Repair ") {
			t.Errorf("%q does not name %s", a.Recovery.Headline, newest.Short)
		}
	}
	if strings.Contains(r.Text, "by live keys, which only deleting reduces") && slices.Contains(r.Steps, StepCompact) {
		t.Errorf("only deleting helps, and the steps are %v: %s", r.Steps, r.Text)
	}
	if !namesBlamed(r) {
		t.Errorf("%s: the headline %q names none of %v", r.Cause, r.Headline, r.About)
	}
	for i := range a.Members {
		m := &a.Members[i]
		check(m.Label+" can be lost", m.CanLose.Headline, m.CanLose.Reason, VerdictWidth)
		check(m.Label+" can be removed", m.CanRemove.Headline, m.CanRemove.Reason, VerdictWidth)
		for j := range i {
			checkGroups(t, &m.CanLose, &a.Members[j].CanLose)
			lose, other := CanLose(m.CanRemove), CanLose(a.Members[j].CanRemove)
			checkGroups(t, &lose, &other)
		}
	}
	for i := range a.Findings {
		f := &a.Findings[i]
		width := HeadlineWidth
		if !f.Member.IsZero() {
			width = HeadlineWidth - shortWidth - len(": ")
		}
		check(string(f.Rule), f.HeadlineWhat, f.Summary, width)
		check(string(f.Rule), f.Headline, f.Summary, HeadlineWidth)
		if f.HeadlineWhat == s.rule(f.Rule).Brief {
			t.Errorf("%s has no headline of its own, only %q: %s", f.Rule, f.HeadlineWhat, f.Summary)
		}
	}
}

// checkEvidence: the evidence adds to the headline and the text, and no face needs to show a finding beside its own
// words.
func checkEvidence(t testing.TB, a *Assessment) {
	t.Helper()
	r := &a.Reading
	text := r.Headline + ". " + r.Text
	in := func(words string) bool {
		return strings.Contains(text, words) || strings.Contains(text, upperFirst(words))
	}
	quoted := make(map[string]bool)
	for i := range r.Evidence {
		e := &r.Evidence[i]
		if quoted[e.Text] {
			t.Errorf("%s: the evidence %q is there twice", r.Cause, e.Text)
		}
		quoted[e.Text] = true
		f := a.Finding(e.Rule, e.Member.Key)
		switch {
		case e.InText:
		case in(e.Text):
			t.Errorf("%s: the evidence %q is in the text: %s", r.Cause, e.Text, r.Text)
		case f == nil || f.Level == Unknown || len(r.About) != 1 || r.About[0] != f.Member:
		case in(f.What):
			t.Errorf("%s: the evidence %q repeats the text: %s", r.Cause, e.Text, r.Text)
		}
	}
	for i := range a.Findings {
		f := &a.Findings[i]
		if f.InhibitedBy != "" || f.QuotedByReading || f.Level == Unknown {
			continue
		}
		words := f.Words()
		if quoted[words] || in("Besides: "+words+".") || in("Besides: "+words+" (and ") {
			t.Errorf("%s: %q is shown beside the reading, which has it: %s", f.Rule, words, r.Text)
		}
	}
}

// checkGroups: faces show verdicts with the same headline as one, so they have the same kinds of reasons, and as many.
func checkGroups(t testing.TB, one, other *CanLose) {
	t.Helper()
	clauses := func(v *CanLose) int { // that the member leads is advice, not a reason
		return strings.Count(v.Reason, ";") - strings.Count(v.Reason, "; it leads: ")
	}
	switch {
	case one.Verdict != other.Verdict:
	case one.Headline != other.Headline && one.Reason == other.Reason:
		t.Errorf("%s for one reason has two headlines, %q and %q: %s", one.Verdict, one.Headline, other.Headline,
			one.Reason)
	case one.Headline == other.Headline && (one.Ground != other.Ground || clauses(one) != clauses(other)):
		t.Errorf("%s for two reasons has one headline, %q: %s | %s", one.Verdict, one.Headline, one.Reason,
			other.Reason)
	}
}

// TestHeadlinesFitLongNames: in generated worlds of members whose Shorts are as wide as they may be.
func TestHeadlinesFitLongNames(t *testing.T) {
	t.Parallel()
	for seed := range uint64(60) {
		w := newWorld(t, rand.New(rand.NewPCG(seed, 7)))
		for i, m := range w.scene.members {
			if m.name != "" {
				m.name = fmt.Sprintf("%c-of-the-control-plane-%d-in-eu-central-1", 'a'+i, 100+7*i)
			}
		}
		a := w.observe()
		for i := range a.Members {
			if n := displaywidth.String(a.Members[i].Short); n > shortWidth {
				t.Fatalf("%q has %d columns", a.Members[i].Short, n)
			}
		}
		if t.Failed() {
			t.Fatalf("world %d %+v", seed, w.voters)
		}
	}
}

// TestBriefs: every rule has a short form for headlines, and one word for its topic.
func TestBriefs(t *testing.T) {
	t.Parallel()
	const briefWidth = VerdictWidth - shortWidth - len(": ")
	for _, r := range Rules() {
		if r.Brief == "" || displaywidth.String(r.Brief) > briefWidth {
			t.Errorf("%s: the brief %q has more than %d columns, or none", r.ID, r.Brief, briefWidth)
		}
		if r.Topic == "" || displaywidth.String(r.Topic) > topicWidth || strings.Contains(r.Topic, " ") {
			t.Errorf("%s: the topic %q is not one word of at most %d columns", r.ID, r.Topic, topicWidth)
		}
		isRole := slices.Contains([]string{"leader", "follower", "learner"}, r.Topic)
		if isRole && r.Scope == ScopeMember && r.ID != NoLeader { // whose word is NOLEADER
			t.Errorf("%s: beside a member's name, the topic %q is a role", r.ID, r.Topic)
		}
	}
}

// namesBlamed reports whether the headline of a reading names a member that it blames, or how many there are.
func namesBlamed(r *Reading) bool {
	named := func(ref MemberRef) bool { return strings.Contains(r.Headline, ref.Short) }
	counted := regexp.MustCompile(`\d+ (members|disks|of \d+|links|more)`).MatchString(r.Headline) ||
		strings.Contains(r.Headline, "all members") || strings.Contains(r.Headline, "All members")
	several := len(r.About) > 1 || r.Cause == CauseQuorumLost // which counts all voters that are away
	return len(r.About) == 0 || slices.ContainsFunc(r.About, named) || several && counted
}
