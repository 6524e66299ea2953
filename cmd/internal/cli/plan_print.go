package cli

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

// A planPrinter writes a plan with its verdicts, the time they are of, and the answer about the whole plan.
type planPrinter func(w io.Writer, p *thresholds.Plan, said reply, at time.Time) error

func planFace(format string, out io.Writer) (planPrinter, error) {
	switch format {
	case "table", "simple", "wide":
		return func(w io.Writer, p *thresholds.Plan, said reply, _ time.Time) error {
			if len(p.Steps) == 0 {
				return nil // the error says why
			}
			return printPlan(w, p, said, widthOf(out))
		}, nil
	case "json":
		return func(w io.Writer, p *thresholds.Plan, _ reply, at time.Time) error {
			return writeJSON(w, p.Document(at))
		}, nil
	case "yaml":
		return func(w io.Writer, p *thresholds.Plan, _ reply, at time.Time) error {
			return writeYAML(w, p.Document(at))
		}, nil
	}
	return nil, valueErrorf("output", "%q: want table, json or yaml", format)
}

// printPlan writes a plan for people: the answer, a table of what each step changes, and why.
func printPlan(w io.Writer, p *thresholds.Plan, said reply, width int) error {
	b := &paragraphs{width: width}
	b.add(lead(said.word), said.text)
	b.WriteByte('\n')
	rows := [][]string{{"", "STEP", "VERDICT", "VOTERS", "HEALTHY", "QUORUM", "TO SPARE", "LEADER"}}
	for i := range p.Steps {
		s := &p.Steps[i]
		rows = append(rows, []string{
			fmt.Sprint(s.Number), probe.Printable(s.Words()), stepVerdict(s), change(s, votersWord),
			change(s, healthyWords), change(s, quorumWord), change(s, toleranceWord),
			probe.Printable(change(s, leaderWord)),
		})
	}
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], len([]rune(cell)))
		}
	}
	for _, row := range rows {
		for i, cell := range row {
			row[i] = pad(cell, widths[i], false)
		}
		b.WriteString(strings.TrimRight(strings.Join(row, columnGap), " ") + "\n")
	}
	b.WriteByte('\n')
	for i := range p.Steps {
		if s := &p.Steps[i]; s.Judged {
			b.add(fmt.Sprintf("%*d  %s", widths[0], s.Number, lead(stepVerdict(s))), s.Words()+": "+s.Reason)
		}
	}
	b.add("\n", "This is how the cluster is now. Look again before each step.")
	_, err := io.WriteString(w, printableLines(b.String()))
	return err
}

// planWords sum the plan up.
func planWords(p *thresholds.Plan) string {
	var of [4][]string
	rest := ""
	for i := range p.Steps {
		s := &p.Steps[i]
		if !s.Judged {
			rest = "; what follows is not judged"
			continue
		}
		of[s.Verdict] = append(of[s.Verdict], fmt.Sprint(s.Number))
	}
	steps := func(v thresholds.Verdict, one, several string) string {
		if len(of[v]) == 1 {
			return "Step " + of[v][0] + " " + one
		}
		return "Steps " + strings.Join(of[v], ", ") + " " + several
	}
	switch p.Verdict {
	case thresholds.LossSafe:
		return "Every step is safe, once the one before it is done and all are healthy again."
	case thresholds.LossRisk:
		return steps(p.Verdict, "is a risk.", "are a risk.")
	case thresholds.LossNo:
		return steps(p.Verdict, "must not be done", "must not be done") + rest + "."
	}
	return steps(p.Verdict, "can't be judged.", "can't be judged.")
}

func stepVerdict(s *thresholds.PlannedStep) string {
	if !s.Judged {
		return "-"
	}
	return strings.ToUpper(s.Verdict.String())
}

// change is a word on the state before and after a step, once if it stays.
func change(s *thresholds.PlannedStep, word func(*thresholds.PlanState) string) string {
	before, after := word(&s.Before), word(&s.After)
	if before == after {
		return before
	}
	return before + " → " + after
}

func votersWord(s *thresholds.PlanState) string {
	if !s.MemberListKnown {
		return string(thresholds.SignUnknown)
	}
	return strconv.Itoa(s.Voters)
}

// healthyWords are how many voters are healthy: at least, and at most.
func healthyWords(s *thresholds.PlanState) string {
	switch {
	case !s.MemberListKnown:
		return string(thresholds.SignUnknown)
	case s.Unknown == 0:
		return strconv.Itoa(s.Healthy)
	}
	return fmt.Sprintf("%d–%d", s.Healthy, s.Healthy+s.Unknown)
}

func quorumWord(s *thresholds.PlanState) string {
	if !s.MemberListKnown {
		return string(thresholds.SignUnknown)
	}
	return strconv.Itoa(s.Quorum)
}

func toleranceWord(s *thresholds.PlanState) string {
	if n := s.Tolerance(); n.IsKnown() {
		return n.String()
	}
	return string(thresholds.SignUnknown)
}

func leaderWord(s *thresholds.PlanState) string {
	if s.Leader.IsZero() {
		return string(thresholds.SignUnknown)
	}
	return s.Leader.Label
}
