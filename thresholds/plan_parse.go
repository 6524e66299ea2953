package thresholds

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// PlanVerb is what a step of a plan does.
type PlanVerb string

// The verbs.
const (
	PlanRemove     PlanVerb = "remove"      // remove a member from the membership
	PlanAdd        PlanVerb = "add"         // add one, as a voter or a learner
	PlanPromote    PlanVerb = "promote"     // make a learner a voter
	PlanRestart    PlanVerb = "restart"     // stop a member, and start it again before the next step
	PlanStop       PlanVerb = "stop"        // stop it, and leave it so
	PlanStart      PlanVerb = "start"       // start one that is stopped, or was added
	PlanMoveLeader PlanVerb = "move-leader" // move the leadership to a member
)

// PlanVerbs are all verbs.
func PlanVerbs() []PlanVerb {
	return []PlanVerb{PlanRemove, PlanAdd, PlanPromote, PlanRestart, PlanStop, PlanStart, PlanMoveLeader}
}

// AsLearner is the word after the name of a member that is added as a learner.
const AsLearner = "learner"

// maxPlanSteps bounds the work for a plan: more than a change of every member of the largest clusters takes.
const maxPlanSteps = 200

// A PlanStep is one step of a plan as it was written.
type PlanStep struct {
	Number  int // from 1
	Verb    PlanVerb
	Name    string
	Learner bool // of [PlanAdd]
	// Column is where the name begins, from 1.
	Column int
}

// String is the step as it is written in a plan.
func (s *PlanStep) String() string {
	text := string(s.Verb) + " " + s.Name
	if s.Learner {
		text += " " + AsLearner
	}
	return text
}

// ParsePlan reads the steps of a plan: a verb and a member's name each, with semicolons or line ends between them. Its
// error is a [PlanError].
func ParsePlan(text string) (steps []PlanStep, err error) {
	column := 1
	for {
		end := strings.IndexAny(text, ";\n")
		part := text
		if end >= 0 {
			part = text[:end]
		}
		if words := wordsOf(part, column); len(words) > 0 {
			if len(steps) == maxPlanSteps {
				return nil, &PlanError{Step: len(steps) + 1, Column: words[0].column,
					Problem: fmt.Errorf("a plan has at most %d steps: make two", maxPlanSteps)}
			}
			step, err := parseStep(words, len(steps)+1, column+utf8.RuneCountInString(part))
			if err != nil {
				return nil, err
			}
			steps = append(steps, step)
		}
		if end < 0 {
			break
		}
		column += utf8.RuneCountInString(part) + 1
		text = text[end+1:]
	}
	if len(steps) == 0 {
		return nil, &PlanError{Problem: errors.New(`it has no step: want steps such as "remove etcd-3; add etcd-4"`)}
	}
	return steps, nil
}

// A planWord is a word of a plan, and where it begins.
type planWord struct {
	text   string
	column int
}

func wordsOf(part string, column int) (words []planWord) {
	start := -1
	flush := func(end int) {
		if start >= 0 {
			words = append(words, planWord{part[start:end], column + utf8.RuneCountInString(part[:start])})
		}
		start = -1
	}
	for i, r := range part {
		switch {
		case unicode.IsSpace(r):
			flush(i)
		case start < 0:
			start = i
		}
	}
	flush(len(part))
	return words
}

// parseStep reads the words of a step, which ends at a column.
func parseStep(words []planWord, number, end int) (PlanStep, error) {
	wrong := func(w planWord, allowed []string, format string, args ...any) (PlanStep, error) {
		return PlanStep{}, &PlanError{Step: number, Column: w.column, Word: w.text,
			Problem: fmt.Errorf(format, args...), Allowed: allowed}
	}
	step := PlanStep{Number: number, Verb: PlanVerb(words[0].text)}
	known := false
	var verbs []string
	for _, v := range PlanVerbs() {
		verbs, known = append(verbs, string(v)), known || v == step.Verb
	}
	switch {
	case !known:
		return wrong(words[0], verbs, "no such step: want %s or %s, then a member's name",
			strings.Join(verbs[:len(verbs)-1], ", "), verbs[len(verbs)-1])
	case len(words) == 1:
		return wrong(planWord{"", end}, nil, "%s whom? Want a member's name, its id or an endpoint", step.Verb)
	}
	step.Name, step.Column = words[1].text, words[1].column
	if len(words) > 2 {
		extra := words[2]
		switch {
		case step.Verb != PlanAdd:
			return wrong(extra, nil, "%s takes one name: a semicolon ends the step", step.Verb)
		case extra.text != AsLearner:
			return wrong(extra, []string{AsLearner}, "want learner, or a semicolon that ends the step")
		case len(words) > 3:
			return wrong(words[3], nil, "a semicolon ends the step")
		}
		step.Learner = true
	}
	return step, nil
}
