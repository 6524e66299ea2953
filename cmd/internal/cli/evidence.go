package cli

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/etcdoc/etcdoc/thresholds"
)

// maxEvidence and maxEvents bound what the table shows; -o wide shows all.
const (
	maxEvidence = 4
	maxEvents   = 20
)

// printEvidence writes the reading's evidence, without what its text or a finding already says.
func (p page) printEvidence(b *paragraphs, a *thresholds.Assessment) {
	var facts []string
	for _, fact := range a.Reading.Evidence {
		if !fact.InText && fact.Rule == "" {
			facts = append(facts, fact.Text)
		}
	}
	more := 0
	if len(facts) > maxEvidence && !p.wide {
		facts, more = facts[:maxEvidence], len(facts)-maxEvidence
	}
	first := lead("Evidence")
	for _, fact := range facts {
		b.add(first+"- ", fact)
		first = lead("")
	}
	if more > 0 {
		b.add(first, fmt.Sprintf("… (-o wide shows %d more)", more))
	}
}

// printEvents writes the events, oldest first.
func (p page) printEvents(b *paragraphs, events []thresholds.Event) {
	if len(events) == 0 {
		return
	}
	events = slices.Clone(events)
	slices.SortStableFunc(events, func(e, f thresholds.Event) int { return e.At.Compare(f.At) })
	layout := plainTime
	if events[0].At.UTC().Format(time.DateOnly) != events[len(events)-1].At.UTC().Format(time.DateOnly) {
		layout = "2006-01-02 15:04:05Z"
	}
	b.WriteString("\nEvents:\n")
	if left := len(events) - maxEvents; left > 0 && !p.wide {
		b.add("  ", fmt.Sprintf("… (-o wide shows %d before these)", left))
		events = events[left:]
	}
	for i := range events {
		e := &events[i]
		b.add(fmt.Sprintf("  %s  %s", e.At.UTC().Format(layout), lead(strings.ToUpper(e.Level.String()))), e.Text)
	}
}
