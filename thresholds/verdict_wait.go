package thresholds

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// A wait is what commits would wait for without some members.
type wait struct {
	// slowest is the voter that they would wait for, by index, and words say why; -1 if nothing slow delays them.
	slowest      int
	words, brief string
	// factor is how many times as long as now they would take, at least.
	factor float64
	// overLink reports that they would wait for a slow link, certain that every quorum would need it.
	overLink, certain bool
	// clearly reports that the delay is certain, or was until recently: see steadyWait. It is over for so long; 0 if it
	// is not.
	clearly bool
	over    time.Duration
}

// risk is the risk that commits, of which there are so many, would wait for a member.
func (w *wait) risk(commits string, m *memberFacts) gap {
	if w.over > 0 {
		return gap{GroundCommitLatency, fmt.Sprintf("but %s might then wait for %s, whose %s was slow until %s",
			commits, m.Label, w.brief, agoWords(w.over)), fmt.Sprintf("%s's %s was slow", m.Short, w.brief)}
	}
	return gap{GroundCommitLatency, fmt.Sprintf("but %s would then wait for %s, whose %s", commits, m.Label, w.words),
		fmt.Sprintf("waits for %s's %s", m.Short, w.brief)}
}

// clearSlowdown is the factor from which commits would clearly take longer: etcd's buckets double, and can't resolve
// less. A clear slowdown lasts until the factor falls below lastingSlowdown.
const (
	clearSlowdown   = 2
	lastingSlowdown = 1.5
)

// without returns the wait of commits without the members of a set. Unknown latencies must not matter, whether they
// are fast or slow; if they do, the answer is unknown, and missing names them. A slow link is a risk however long
// commits take already, but where they would wait for a slower disk, that is named.
func (p *commitPath) without(gone places) (w wait, missing gap) {
	best, worst := p.wait(gone, 0), p.wait(gone, math.Inf(1))
	if w, needed := p.waitOverLink(gone); needed {
		if best.slowest >= 0 && !best.overLink && (best.slowest == w.slowest || best.factor >= clearSlowdown) {
			best.certain = true
			return best, gap{}
		}
		return w, gap{}
	}
	switch {
	case best.factor >= clearSlowdown:
		return best, gap{}
	case p.overUnmeasured(gone).words != "":
		return best, p.overUnmeasured(gone)
	case math.IsInf(worst.factor, 1) || worst.factor >= clearSlowdown:
		return best, p.unknownLatencies(gone)
	default:
		return best, gap{}
	}
}

func (p *commitPath) wait(gone places, assumed float64) wait {
	now, then := p.commits(nil, assumed), p.commits(gone, assumed)
	if then.slowest < 0 {
		return wait{slowest: -1}
	}
	if math.IsInf(then.least, 1) {
		return wait{slowest: -1, factor: math.Inf(1)}
	}
	w := wait{slowest: -1}
	if now.most > 0 {
		w.factor = then.least / now.most
	}
	disk, link := p.disks[then.slowest], p.between(then.leader, then.slowest)
	switch {
	case p.slowDisks[then.slowest] && disk.least >= link.least:
		w.slowest, w.words, w.brief = then.slowest, p.diskWords(then.slowest), "disk"
	case p.slowLinks.between(then.leader, then.slowest) != nil && link.least > disk.least:
		w.slowest, w.brief, w.overLink = then.slowest, "link", true
		w.words = link.words("round trip") + " with " + p.members[then.leader].Label
	default:
		w.factor = 0
	}
	return w
}

// diskWords describes how slow a member's disk is, after "whose": with the figure of the screens, where that is what
// decides, or where the window has none and all since the process began decides.
func (p *commitPath) diskWords(i int) string {
	disk, l := p.disks[i], p.members[i].WALFsync
	switch {
	case l.Last && disk.observations == 0:
		return "WAL fsync p99 is " + l.Words() + ", as last known"
	case l.P99 == probe.Known(disk.least):
		return "WAL fsync p99 is " + l.Words()
	}
	return disk.words("WAL fsync")
}

// unknownLatencies names the unknown disks and links of the healthy voters.
func (p *commitPath) unknownLatencies(gone places) gap {
	var disks, ends, briefs []string
	for i := range p.voters {
		if !p.voters[i].healthy {
			continue
		}
		if !p.disks[i].known {
			disks, briefs = append(disks, p.members[i].Label), append(briefs, p.members[i].Short)
		}
		for j := i + 1; j < len(p.voters); j++ {
			if p.voters[j].healthy && !gone.has(i) && !gone.has(j) && !p.between(i, j).known {
				for _, end := range [...]int{i, j} {
					if label := p.members[end].Label; !slices.Contains(ends, label) {
						ends = append(ends, label)
					}
				}
			}
		}
	}
	if len(disks) > 0 {
		return gap{GroundCommitLatency, "how fast the disk of " + join(disks) + " is, is not known",
			fitting(VerdictWidth, join(briefs)+": disk unknown", Plural(len(disks), "disk")+" not known")}
	}
	return gap{GroundCommitLatency, "whether " + join(ends) + " hear each other, and how fast, is not known",
		"links not known"}
}

// waitWithout returns the wait of commits without the members of a set: steady for a single one, and where a set
// leaves the slow disk for which they clearly wait without one of its members.
func (f *verdictFacts) waitWithout(gone places) fact[wait] {
	if len(gone) == 1 {
		return f.members[gone[0]].wait
	}
	w, missing := f.path.without(gone)
	w.clearly = w.certain || w.factor >= clearSlowdown
	for _, i := range gone {
		alone := &f.members[i].wait
		if then := alone.value; !w.clearly && alone.isKnown(f.now) && then.clearly && !then.overLink &&
			!gone.has(then.slowest) {
			w = then
		}
	}
	return f.waitFact(w, missing)
}

// waitFact is known if nothing is missing, or if what is missing makes no difference.
func (f *verdictFacts) waitFact(w wait, missing gap) fact[wait] {
	out := fact[wait]{ground: GroundCommitLatency, source: "the members' metrics", missing: missing.words,
		brief: missing.brief}
	for i, v := range f.path.voters { // a member without metrics has no known latency either
		if t := &f.members[i].impairment; missing.words != "" && v.healthy && !f.path.disks[i].known &&
			!t.isKnown(f.now) {
			out.ground, out.missing, out.brief = t.ground, t.missing, t.brief
		}
	}
	if missing.words == "" || w.clearly {
		out.value, out.at = w, f.now
	}
	return out
}

// A slowdown is that commits would clearly take longer without a member. It is remembered, so that the verdict on
// losing the member does not flap while the factor is near its limit.
type slowdown struct {
	slowestKey string // the key of the voter that they would wait for
	overLink   bool   // for its link, else for its disk
	at         time.Time
}

// steadyWait is what commits would wait for without the member at an index. It stays clear while the same disk or link
// makes the factor exceed lastingSlowdown, and for one window after that. That of a slow link ends with it.
func (e *Evaluator) steadyWait(f *frame, at int, w wait) wait {
	key := f.members[at].Key
	before := e.slowdowns[key]
	same := before != nil && w.slowest >= 0 && f.members[w.slowest].Key == before.slowestKey
	if w.certain || w.factor >= clearSlowdown || same && w.factor >= lastingSlowdown {
		w.clearly = true
		e.slowdowns[key] = &slowdown{f.members[w.slowest].Key, w.overLink, f.now}
		return w
	}
	if before == nil {
		return w
	}
	i := f.place(before.slowestKey)
	healed := before.overLink && (!same || !w.overLink)
	if i < 0 || healed || !f.members[i].Healthy || f.now.Sub(before.at) >= f.settings.window {
		delete(e.slowdowns, key)
		return w
	}
	w.clearly = true
	if !before.overLink {
		w.slowest, w.brief, w.overLink, w.over = i, "disk", false, f.now.Sub(before.at)
	}
	return w
}
