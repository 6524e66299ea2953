package thresholds

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/clipperhouse/displaywidth"
)

// checkHeadlines holds every headline of an assessment to its width: a finding has one, and so has every verdict.
func checkHeadlines(t testing.TB, a *Assessment) {
	t.Helper()
	check := func(what, headline, reason string, width int) {
		t.Helper()
		switch {
		case headline == "" || displaywidth.String(headline) > width:
			t.Errorf("%s: the headline %q has %d columns, not 1 to %d: %s", what, headline, displaywidth.String(headline), width,
				reason)
		case strings.HasSuffix(headline, ".") || strings.HasPrefix(headline, " "):
			t.Errorf("%s: the headline %q is not a clause", what, headline)
		}
	}
	r := &a.Reading
	check("the reading "+string(r.Cause), r.Headline, r.Text, HeadlineWidth)
	if r.Step != "" || r.Next != "" {
		check("the step of "+string(r.Cause), r.Step, r.Next, StepWidth)
	}
	check("the margin", a.Cluster.Margin, r.Text, MarginWidth)
	if !namesBlamed(r) {
		t.Errorf("%s: the headline %q names none of %v", r.Cause, r.Headline, r.About)
	}
	for i := range a.Members {
		m := &a.Members[i]
		check(m.Label+" can be lost", m.CanLose.Headline, m.CanLose.Reason, VerdictWidth)
		check(m.Label+" can be removed", m.CanRemove.Headline, m.CanRemove.Reason, VerdictWidth)
	}
	for i := range a.Findings {
		f := &a.Findings[i]
		width := HeadlineWidth
		if !f.Member.IsZero() {
			width = HeadlineWidth - shortWidth - len(": ")
		}
		check(string(f.Rule), f.HeadlineWhat, f.Summary, width)
		check(string(f.Rule), f.Headline, f.Summary, HeadlineWidth)
	}
}

// TestBriefs: every rule has a short form for headlines, and one word for its topic.
func TestBriefs(t *testing.T) {
	t.Parallel()
	for _, r := range Rules() {
		if r.Brief == "" || displaywidth.String(r.Brief) > briefWidth {
			t.Errorf("%s: the brief %q has more than %d columns, or none", r.ID, r.Brief, briefWidth)
		}
		if r.Topic == "" || displaywidth.String(r.Topic) > 8 || strings.Contains(r.Topic, " ") {
			t.Errorf("%s: the topic %q is not one word of at most 8 columns", r.ID, r.Topic)
		}
	}
}

// namesBlamed reports whether the headline of a reading names a member that it blames, or how many there are.
func namesBlamed(r *Reading) bool {
	named := func(ref MemberRef) bool { return strings.Contains(r.Headline, ref.Short) }
	counted := regexp.MustCompile(`\d+ (members|disks|of \d+|links|more)`).MatchString(r.Headline) ||
		strings.Contains(r.Headline, "all members") || strings.Contains(r.Headline, "All members")
	return len(r.About) == 0 || slices.ContainsFunc(r.About, named) || len(r.About) > 1 && counted
}
