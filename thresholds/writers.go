package thresholds

import (
	"fmt"
	"time"

	"github.com/clipperhouse/displaywidth"

	"github.com/etcdoc/etcdoc/probe"
)

const (
	// minWrittenOver is from how long a time what was written says who writes: etcdoc's own. In less, a single client
	// that happens to write is all that there is.
	minWrittenOver = 10 * time.Second
	// partOfMinute is how exactly a minute is one: what was written is counted in parts of a few seconds.
	partOfMinute = 10 * time.Second
	// minWriterShare is the least share of the writes with which a prefix is named beside others: etcdoc's own.
	minWriterShare = 0.1
	// maxPrefixWidth is how many columns of a prefix a sentence has room for.
	maxPrefixWidth = 48
)

// writers says where most writes go, by the log of a member on etcdoc's host, and which prefix has the most; empty if
// no log is read. Every member's log has the writes of all clients, whichever member these came through.
func (r *diagnoser) writers() (words, first string) {
	for i := range r.judgedMembers() {
		w := r.members[i].Written
		if w == nil || w.Over < minWrittenOver || w.Writes() == 0 || len(w.Prefixes) == 0 {
			continue
		}
		var named []string
		over := FormatDuration(w.Over)
		if w.Over.Round(partOfMinute) == time.Minute {
			over = "minute"
		}
		of := " of the writes in the last " + over + " went"
		for n := range w.Prefixes {
			p := &w.Prefixes[n]
			part := float64(p.Writes()) / float64(w.Writes())
			if n == 0 || part >= minWriterShare {
				named, of = append(named, Ratio.Format(part)+of+" to "+WrittenName(p)), ""
			}
		}
		if p := &w.Prefixes[0]; !p.Rest && p.Name != "" {
			first = WrittenName(p)
		}
		return fmt.Sprintf("By %s's log, %s", r.members[i].Label, join(named)), first
	}
	return "", ""
}

// WrittenName is what to call a prefix, in at most 48 columns.
func WrittenName(p *probe.WrittenPrefix) string {
	switch {
	case p.Rest:
		return "other prefixes"
	case p.Name == "":
		return "keys without a prefix"
	}
	return displaywidth.TruncateString(p.Name, maxPrefixWidth, ellipsis)
}

// nameWriters says in a diagnosis about writes where these go, if that is known. It returns the step that names the
// prefix with the most; empty without one, or if it does not fit.
func (r *diagnoser) nameWriters(d *diagnosis) (step string) {
	words, first := r.writers()
	if words == "" {
		return ""
	}
	d.further = append(d.further, words)
	step = "Find who writes to " + first
	if first == "" || displaywidth.String(step) > StepWidth {
		return ""
	}
	return fitting(StepWidth, step+": kube-apiserver's audit log", step+": audit log", step)
}
