package thresholds

import (
	"fmt"
	"slices"
	"strings"
)

// A caution is that the cluster misses some members until they are as until says, which goes on after their names; an
// empty until stands for the advice before it, which says until when.
type caution struct {
	keys, labels []string
	until        string
}

// cautionAbout returns the caution that belongs to a finding's advice; nil without one.
func (b *cohort) cautionAbout(f *Finding) *caution {
	if f.Rule == QuorumAtRisk && f.Level != Unknown {
		return b.cautionAboutUnhealthy()
	}
	i := b.place(f.Member.Key)
	until := ""
	switch {
	case i < 0:
	case f.Expected != "" && f.Rule != MemberRestarted:
		return &caution{keys: []string{f.Member.Key}}
	case f.Rule == MemberUnreachable && f.Level != OK && b.members[i].severedFrom != nil:
		until = "is back"
	case f.Rule == VoterUnhealthy && f.isBreach():
		until = "counts again"
	}
	if until == "" {
		return nil
	}
	return &caution{[]string{f.Member.Key}, []string{f.Member.Label}, until}
}

// cautionAboutUnhealthy is about all voters that are not healthy.
func (b *cohort) cautionAboutUnhealthy() *caution {
	c := new(caution)
	for i := range b.members {
		if m := &b.members[i]; m.Voter && !m.Healthy {
			c.keys, c.labels = append(c.keys, m.Key), append(c.labels, m.Label)
		}
	}
	if len(c.keys) == 0 {
		return nil
	}
	c.until = pluralForm(len(c.keys), "is healthy", "are healthy")
	return c
}

// adviseOnOthers adds to the advice of findings what the verdicts say of the members that are left; advisedReading
// does so with the reading's next step. All advice on them is made here, so that it never says anything but the
// verdicts.
func (b *cohort) adviseOnOthers(findings []Finding, members []Member) {
	for i := range findings {
		f := &findings[i]
		f.Advice = joinSentences(f.Advice, b.cautionAbout(f).words(members))
	}
}

func advisedReading(r Reading, c *caution, members []Member) Reading {
	r.Next = joinSentences(r.Next, c.words(members))
	return r
}

// words says what the verdicts say of the voters that answer, without those that the cluster misses; empty where all of
// them are safe to lose.
func (c *caution) words(members []Member) string {
	if c == nil {
		return ""
	}
	var by [LossNo + 1][]string
	others := 0
	for i := range members {
		if m := &members[i]; m.Voter && m.State == StateOK && !slices.Contains(c.keys, m.Key) {
			by[m.CanLose.Verdict] = append(by[m.CanLose.Verdict], m.Label)
			others++
		}
	}
	until, from := "until "+join(c.labels)+" "+c.until, "Until "+join(c.labels)+" "+c.until
	if c.until == "" {
		until, from = "meanwhile", "Meanwhile"
	}
	switch {
	case len(by[LossSafe]) == others:
		return ""
	case len(by[LossNo]) == others:
		return fmt.Sprintf("Drain no other member %s.", until)
	}
	var parts []string
	for _, v := range slices.Backward(verdictOrder[:]) {
		switch word := v.word(); {
		case len(by[v]) == 0:
		case len(by[v]) == others:
			return fmt.Sprintf("%s, draining another member is %s.", from, word)
		default:
			parts = append(parts, join(by[v])+" is "+word)
		}
	}
	return fmt.Sprintf("%s, draining %s.", from, strings.Join(parts, ", "))
}

// word is the verdict as faces show it.
func (v Verdict) word() string { return strings.ToUpper(v.String()) }

// joinSentences joins two sentences, either of which may be empty.
func joinSentences(first, second string) string { return strings.TrimSpace(first + " " + second) }
