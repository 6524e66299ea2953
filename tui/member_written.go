package tui

import (
	"fmt"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

// writtenFacts are how much was written to a member's log lately, and where most of that went; nothing where no log is
// read.
func (m model) writtenFacts(a *thresholds.Member) []fact {
	t, w := m.theme, a.Written
	switch {
	case w == nil && a.WrittenErr != nil:
		return []fact{{name: "in its log", value: span{t.dim, "?"}}}
	case w == nil:
		return nil
	case w.Over == 0:
		return []fact{{name: "in its log", value: span{t.dim, "from now on"}}}
	}
	rates := func(name string, writes, bytes int64) fact {
		second := func(n int64, unit thresholds.Unit) string {
			return t.number(probe.Known(float64(n)/w.Over.Seconds()), unit) + "/s"
		}
		text := second(writes, thresholds.PerSecond) + "  " + second(bytes, thresholds.Bytes)
		return fact{name: name, value: span{t.plain, text}}
	}
	facts := []fact{rates("in its log, last "+t.coarse(w.Over), w.Writes(), w.Bytes)}
	if w.Granted > 0 {
		text := t.number(probe.Known(float64(w.Granted)/w.Over.Seconds()), thresholds.PerSecond) + "/s"
		facts = append(facts, fact{name: "leases granted", value: span{t.plain, text}})
	}
	for i := range w.Prefixes {
		p := &w.Prefixes[i]
		one := rates(t.clean(thresholds.WrittenName(p)), p.Writes(), p.Bytes)
		if all := w.Writes(); all > 0 {
			one.value.text += fmt.Sprintf("  %3.0f%%", 100*float64(p.Writes())/float64(all))
		}
		facts = append(facts, one)
	}
	return facts
}
