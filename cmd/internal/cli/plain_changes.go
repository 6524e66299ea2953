package cli

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/etcdoc/etcdoc/thresholds"
)

// plainStep is how far a rolling change has come.
type plainStep struct {
	phase         thresholds.Phase
	done, members int
	next          string // what is next in a change, and of which member
}

// writeEvents writes the events. One whose condition began before the last sweep gets the time of this sweep, and its
// own time in words, so that lines stay in order.
func (p *plainLog) writeEvents(a *thresholds.Assessment) {
	events := slices.Clone(a.Events)
	for i := range events {
		if e := &events[i]; e.At.Before(p.session.To) {
			e.Text += ", since " + p.clock(e.At)
			e.At = a.At
		}
	}
	slices.SortStableFunc(events, func(e, f thresholds.Event) int { return e.At.Compare(f.At) })
	for i := range events {
		e := &events[i]
		word := strings.ToUpper(e.Level.String())
		switch e.Kind {
		case thresholds.EventMark:
			word = "MARK"
		case thresholds.EventStarted:
			e.Text = fmt.Sprintf("%s, cluster %s", e.Text, p.cluster(a))
		}
		p.writeLine(e.At, word, e.Words())
	}
}

// cluster returns the cluster's name or id.
func (p *plainLog) cluster(a *thresholds.Assessment) string {
	switch {
	case p.name != "":
		return p.name
	case a.Cluster.ID == 0:
		return "not known yet"
	}
	return a.Cluster.ID.String()
}

// writeMembers writes each member's role, state, version and endpoints.
func (p *plainLog) writeMembers(a *thresholds.Assessment) {
	for i := range a.Members {
		m := &a.Members[i]
		words := []string{m.Label, string(m.Role), string(m.Condition.Word)}
		if m.Version != "" {
			words = append(words, "etcd "+m.Version)
		}
		p.writeLine(a.At, "MEMBER", strings.Join(append(words, m.Endpoints...), " "))
	}
}

// writeVerdicts writes changed verdicts on losing a member.
func (p *plainLog) writeVerdicts(at time.Time, changes []thresholds.VerdictChange) {
	for i := range changes {
		c := &changes[i]
		text := "may be lost now: " + c.Words()
		if c.Lost != "" {
			text = c.Words()
		}
		if !c.First {
			text += " (was " + c.Before.Words() + ")"
		}
		if c.Reason != "" {
			text += ": " + c.Reason
		}
		p.writeLine(at, "LOSE", strings.Join(c.Labels(), ", ")+": "+text)
	}
}

// writeStep writes whether the next member may be changed or restarted, which one that is, and how far a change has
// come, if that has changed.
func (p *plainLog) writeStep(a *thresholds.Assessment) {
	r := &a.Rolling
	step, underWay := plainStep{phase: r.Phase}, r.UnderWay()
	step.done, step.members = r.Done()
	next := "the next one"
	if s := r.NextStep(); underWay && s != nil {
		step.next = string(s.Kind) + s.Member.Key
		if next = s.Member.Label; s.Kind == thresholds.StepMoveLeader {
			next = "moving the leadership from " + s.From.Label + " to " + s.Member.Label
		}
	}
	if step == p.lastStep || !a.RollingApplies() {
		return
	}
	p.lastStep = step
	done := ""
	switch {
	case r.Progress != "":
		done = r.Progress + "; "
	case underWay:
		done = fmt.Sprintf("%d of %d done; ", step.done, step.members)
	}
	checks := stepChecks(r)
	if r.Wait != "" && r.WaitFrom != thresholds.WaitFromCheck {
		checks = r.Wait + "; " + checks
	}
	var word string
	switch r.Phase {
	case thresholds.PhaseOrder, thresholds.PhaseNext:
		word = "ready for " + next + ": "
	case thresholds.PhaseDone:
		word = "all have had their turn: "
	case thresholds.PhaseWait:
		word = "not ready: "
	default:
		word = "whether ready is not known: "
	}
	p.writeLine(a.At, "STEP", done+word+checks)
}
