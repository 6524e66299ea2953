package tui

import (
	"sort"
	"sync"
	"time"

	"github.com/etcdoc/etcdoc/thresholds"
	"github.com/etcdoc/etcdoc/tui/internal/delta"
)

// observation is what was known at one sweep. It is never changed.
type observation struct {
	assessment thresholds.Assessment
	// sweep is the sweep's number, from 1.
	sweep int
}

// The past keeps each of the newest sweeps; of older ones, one every five minutes and each that had an event. That
// covers the day that the charts can show, in less than a megabyte for three members.
const (
	recentKept = 900
	thinKept   = 24 * time.Hour
	thinned    = 5 * time.Minute
)

// past is the observations that the cursor can go to, oldest first. The event loop owns it, as it owns the evaluator.
type past struct {
	thin, recent archive
	last         *observation
}

// add appends the newest moment.
func (p *past) add(m *observation) {
	p.last = m
	p.recent.add(m)
	if p.recent.len() <= recentKept {
		return
	}
	oldest, before := p.recent.entry(0), p.thin.newest()
	if before == nil || oldest.hadEvents || oldest.at.Sub(before.at) >= thinned {
		p.thin.add(p.recent.nth(0))
	}
	p.recent.forgetOldest()
	for p.thin.len() > 0 && m.assessment.At.Sub(p.thin.entry(0).at) > thinKept {
		p.thin.forgetOldest()
	}
}

func (p *past) len() int { return p.thin.len() + p.recent.len() }

func (p *past) entry(i int) *archived {
	if i < p.thin.len() {
		return p.thin.entry(i)
	}
	return p.recent.entry(i - p.thin.len())
}

// at is the time of the moment at an index.
func (p *past) at(i int) time.Time { return p.entry(i).at }

// nth is the moment at an index, from 0 for the oldest.
func (p *past) nth(i int) *observation {
	switch {
	case i == p.len()-1:
		return p.last
	case i < p.thin.len():
		return p.thin.nth(i)
	}
	return p.recent.nth(i - p.thin.len())
}

// until is the index of the newest moment that is not after a time; 0 where all are.
func (p *past) until(at time.Time) int {
	return max(sort.Search(p.len(), func(i int) bool { return p.at(i).After(at) })-1, 0)
}

// from is the index of the oldest moment that is not before a time; the newest where all are.
func (p *past) from(at time.Time) int {
	first := sort.Search(p.len(), func(i int) bool { return !p.at(i).Before(at) })
	return max(min(first, p.len()-1), 0)
}

// blockKept is how many moments are kept as differences from one another. To get at one means to read those before it
// in its block: a tenth of a millisecond at most.
const blockKept = 32

// archive is a queue of moments, each kept as its difference from the one before: see package delta. The zero archive
// is empty.
type archive struct {
	blocks []*archiveBlock
	// forgotten is how many moments of the first block are forgotten.
	forgotten int
	// last is the newest assessment, from which the next one differs.
	last thresholds.Assessment
	// read are the moments that were read last, the newest first: a page often needs the same ones, or those that
	// follow.
	read []readMoment
}

// readKept is how many moments stay at hand: those that the open page reads again at each frame.
const readKept = 8

type readMoment struct {
	block      *archiveBlock
	n          int // within the block
	assessment thresholds.Assessment
}

type archiveBlock struct {
	entries []archived
	log     delta.Log
}

// archived is what is known of a moment without reading it.
type archived struct {
	at        time.Time
	sweep     int
	hadEvents bool
}

// assessments makes the codec of assessments.
var assessments = sync.OnceValue(delta.NewCodec[thresholds.Assessment])

func (a *archive) add(m *observation) {
	n := len(a.blocks)
	if n == 0 || len(a.blocks[n-1].entries) == blockKept {
		if n > 0 {
			a.blocks[n-1].log.Clip()
		}
		a.blocks, a.last = append(a.blocks, &archiveBlock{entries: make([]archived, 0, blockKept)}),
			thresholds.Assessment{}
	}
	block := a.blocks[len(a.blocks)-1]
	assessments().Append(&block.log, m.assessment.At, &a.last, &m.assessment)
	block.entries = append(block.entries,
		archived{m.assessment.At, m.sweep, len(m.assessment.Events) > 0})
	a.last = m.assessment
}

func (a *archive) len() int {
	n := len(a.blocks)
	if n == 0 {
		return 0
	}
	return (n-1)*blockKept + len(a.blocks[n-1].entries) - a.forgotten
}

func (a *archive) entry(i int) *archived {
	i += a.forgotten
	return &a.blocks[i/blockKept].entries[i%blockKept]
}

// newest is nil in an empty archive.
func (a *archive) newest() *archived {
	if a.len() == 0 {
		return nil
	}
	return a.entry(a.len() - 1)
}

// nth reads the moment at an index.
func (a *archive) nth(i int) *observation {
	i += a.forgotten
	block, n := a.blocks[i/blockKept], i%blockKept
	from := readMoment{block: block, n: -1}
	for _, r := range a.read {
		if r.block == block && r.n <= n && r.n > from.n {
			from = r
		}
	}
	if from.n < n {
		for from.n++; ; from.n++ {
			from.assessment = assessments().Read(&block.log, from.n, block.entries[from.n].at, from.assessment)
			if from.n == n {
				break
			}
		}
		a.read = append([]readMoment{from}, a.read[:min(len(a.read), readKept-1)]...)
	}
	return &observation{from.assessment, block.entries[n].sweep}
}

func (a *archive) forgetOldest() {
	if a.forgotten++; a.forgotten == len(a.blocks[0].entries) {
		a.blocks[0], a.blocks, a.forgotten = nil, a.blocks[1:], 0
	}
}
