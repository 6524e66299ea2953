package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/etcdoc/etcdoc/thresholds"
)

// PrintTable writes an assessment for people who read from the top: the level and the reading, what to do next, the
// members, which of them may be lost and in which order to change them, the findings, and what was not looked at.
func PrintTable(w io.Writer, a *thresholds.Assessment) error {
	return (&page{width: defaultWidth, rules: thresholds.NewRuleSet(thresholds.Rules())}).print(w, a)
}

// A page lays out an assessment.
type page struct {
	width int
	wide  bool
	// rules judged the assessment.
	rules thresholds.RuleSet
	// reply leads the page, if the check was asked a question of its own.
	reply reply
	// answer is what reply says in words; nil without a question.
	answer *thresholds.Answer
}

func (p page) print(w io.Writer, a *thresholds.Assessment) error {
	b := &paragraphs{width: p.width}
	if p.reply != (reply{}) {
		b.add(lead(p.reply.word), p.reply.text)
		b.WriteByte('\n')
	}
	b.add(lead(strings.ToUpper(a.Level.String())), a.Reading.Text)
	p.printEvidence(b, a)
	if a.Reading.Next != "" {
		b.add(lead("Next"), a.Reading.Next)
	}
	if p.wide && a.Level > thresholds.OK {
		b.add(lead("Runbook"), "etcdoc explain "+a.Reading.Help())
	}
	b.WriteByte('\n')
	b.add("", clusterLine(a))
	p.printAPIServers(b, a)
	b.WriteByte('\n')
	width := p.width
	if p.wide {
		width = 0
	}
	b.WriteString(memberTable(a.Members, columns(a, p.wide), width))
	for i := range a.Members {
		if m := &a.Members[i]; m.Condition.Progress != "" {
			b.add("  ", fmt.Sprintf("%s %s: %s", m.Label, m.Condition.Word, m.Condition.Progress))
		}
	}
	printAtOnce(b, p.answer)
	printLosses(b, a)
	p.printFindings(b, a)
	p.printEvents(b, a.Events)
	b.WriteString("\nNot looked at:\n")
	for _, missing := range a.Reading.NotLookedAt {
		b.add("  ", missing)
	}
	_, err := io.WriteString(w, printableLines(b.String()))
	return err
}

// lead returns the beginning of a paragraph: a word of up to eight letters, padded.
func lead(word string) string { return fmt.Sprintf("%-8s  ", word) }

// clusterLine describes the cluster in one line.
func clusterLine(a *thresholds.Assessment) string {
	id := "?"
	if a.Cluster.ID != 0 {
		id = a.Cluster.ID.String()
	}
	return "cluster " + id + ", " + a.ClusterLine()
}

// printAPIServers writes how kube-apiservers see etcd.
func (p page) printAPIServers(b *paragraphs, a *thresholds.Assessment) {
	for i := range a.APIServers {
		s := &a.APIServers[i]
		how := s.Line()
		if p.wide {
			how = s.Whole()
		}
		b.add("", s.Name()+": "+how)
	}
}

// printLosses writes which members may be lost now, members with the same answer in one line, and in which order to
// change all of them.
func printLosses(b *paragraphs, a *thresholds.Assessment) {
	b.WriteString("\nMay I lose it now?\n")
	groups := a.VerdictGroups(thresholds.VerdictReasons)
	for i := range groups {
		g := &groups[i]
		word, why := g.Words(), g.Reason
		if g.Lost != "" {
			word, why = "-", word
		}
		b.add("  "+lead(word), strings.Join(g.Labels(), ", ")+": "+why)
	}
	if a.RollingApplies() {
		b.WriteString("\nTo change or restart all of them:\n")
		b.add("  ", a.Rolling.Text)
		if a.Rolling.Next != "" {
			fmt.Fprintf(b, "  %s\n", a.Rolling.Next) // unwrapped, to be copied
		}
		printSteps(b, a)
		if len(a.Rolling.Checks) > 0 {
			b.add("  Before each: ", stepChecks(&a.Rolling))
		}
	}
	if a.RebuildInQuestion() {
		b.WriteString("\nTo rebuild the cluster?\n")
		b.add("  ", a.Recovery.Text)
	}
}

// printAtOnce writes which voters may be lost at once, sets with the same answer in one line.
func printAtOnce(b *paragraphs, answer *thresholds.Answer) {
	if answer == nil || answer.AtOnce == nil {
		return
	}
	b.WriteString("\nHow many may I lose at once?\n")
	for i := range answer.AtOnce.Sizes {
		size := &answer.AtOnce.Sizes[i]
		for k := range size.Groups {
			g := &size.Groups[k]
			who := g.SetWords()
			if len(size.Groups) == 1 {
				who = "any"
			}
			b.add(fmt.Sprintf("  %d  %s", size.Members, lead(strings.ToUpper(g.Verdict.String()))), who+": "+g.Reason)
		}
	}
	if nobody := &answer.AtOnce.Nobody; nobody.Reason != "" {
		b.add("  "+lead(strings.ToUpper(nobody.Verdict.String())), nobody.Reason)
	}
	if n := answer.AtOnce.TooMany; n > 0 {
		b.add(fmt.Sprintf("  %d  %s", n, lead("UNKNOWN")), "too many sets to judge, and more of more: name the members")
	}
}

// printSteps lists the steps of a change that is under way.
func printSteps(b *paragraphs, a *thresholds.Assessment) {
	r := &a.Rolling
	if !r.UnderWay() {
		return
	}
	if r.Progress != "" {
		b.add("  ", r.Progress)
	}
	for i := range r.Steps {
		s := &r.Steps[i]
		words := []string{s.Member.Label + ": " + string(s.State)}
		if s.Kind == thresholds.StepMoveLeader {
			words[0] = "leadership from " + s.From.Label + " to " + s.Member.Label + ": " + string(s.State)
		}
		for _, more := range append([]string{s.VersionWords()}, s.Details(a.At)...) {
			if more != "" {
				words = append(words, more)
			}
		}
		b.add("  ", strings.Join(words, ", "))
	}
}

// stepChecks lists the checks before each step with their results.
func stepChecks(r *thresholds.Rolling) string {
	checks := make([]string, len(r.Checks))
	for i, c := range r.Checks {
		checks[i] = fmt.Sprintf("[%s] %s", c.Status.Word(), c.Text)
	}
	return strings.Join(checks, "; ")
}
