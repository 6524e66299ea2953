package tui

import (
	"slices"
	"sort"
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

// moment is what was known at one sweep. It is never changed.
type moment struct {
	assessment thresholds.Assessment
	// sweep is the sweep's number, from 1.
	sweep int
}

// The past keeps each of the newest sweeps; of older ones, one every five minutes and each that had an event. That
// covers the day that the charts can show, in a megabyte for three members.
const (
	recentKept = 900
	thinKept   = 24 * time.Hour
	thinned    = 5 * time.Minute
)

// past is the moments that the cursor can go to, oldest first. The event loop owns it, as it owns the evaluator.
type past struct {
	thin, recent []*moment
}

// add appends the newest moment.
func (p *past) add(m *moment) {
	if last := p.newest(); last != nil {
		m.assessment = shared(m.assessment, &last.assessment)
	}
	p.recent = append(p.recent, m)
	if len(p.recent) <= recentKept {
		return
	}
	oldest := p.recent[0]
	p.recent[0] = nil
	p.recent = p.recent[1:]
	n, kept := len(p.thin), &oldest.assessment
	if n == 0 || len(kept.Events) > 0 || kept.At.Sub(p.thin[n-1].assessment.At) >= thinned {
		p.thin = append(p.thin, oldest)
	}
	for len(p.thin) > 0 && m.assessment.At.Sub(p.thin[0].assessment.At) > thinKept {
		p.thin[0] = nil
		p.thin = p.thin[1:]
	}
}

func (p *past) len() int { return len(p.thin) + len(p.recent) }

// nth is the moment at an index, from 0 for the oldest.
func (p *past) nth(i int) *moment {
	if i < len(p.thin) {
		return p.thin[i]
	}
	return p.recent[i-len(p.thin)]
}

func (p *past) newest() *moment {
	if p.len() == 0 {
		return nil
	}
	return p.nth(p.len() - 1)
}

// until is the index of the newest moment that is not after a time; 0 where all are.
func (p *past) until(at time.Time) int {
	return max(sort.Search(p.len(), func(i int) bool { return p.nth(i).assessment.At.After(at) })-1, 0)
}

// from is the index of the oldest moment that is not before a time; the newest where all are.
func (p *past) from(at time.Time) int {
	first := sort.Search(p.len(), func(i int) bool { return !p.nth(i).assessment.At.Before(at) })
	return max(min(first, p.len()-1), 0)
}

// shared is an assessment that shares equal texts with the one before it: most stay the same for hours, and the past
// keeps thousands of assessments.
func shared(a thresholds.Assessment, before *thresholds.Assessment) thresholds.Assessment {
	texts := func(now, was []string) []string {
		if slices.Equal(now, was) {
			return was
		}
		return now
	}
	text := func(now, was string) string {
		if now == was {
			return was
		}
		return now
	}
	a.Reading.Text = text(a.Reading.Text, before.Reading.Text)
	a.Reading.Next = text(a.Reading.Next, before.Reading.Next)
	if slices.Equal(a.Reading.Evidence, before.Reading.Evidence) {
		a.Reading.Evidence = before.Reading.Evidence
	}
	a.Reading.NotLookedAt = texts(a.Reading.NotLookedAt, before.Reading.NotLookedAt)
	if slices.Equal(a.Rolling.Order, before.Rolling.Order) {
		a.Rolling.Order = before.Rolling.Order
	}
	a.Rolling.Text = text(a.Rolling.Text, before.Rolling.Text)
	a.Rolling.Next = text(a.Rolling.Next, before.Rolling.Next)
	a.Rolling.Blocked = text(a.Rolling.Blocked, before.Rolling.Blocked)
	a.Recovery.Text = text(a.Recovery.Text, before.Recovery.Text)
	if len(a.Members) != len(before.Members) {
		return a
	}
	a.Members = slices.Clone(a.Members) // others hold the assessment too
	for i := range a.Members {
		m, was := &a.Members[i], &before.Members[i]
		m.Endpoints = texts(m.Endpoints, was.Endpoints)
		if sameErrors(m.Errors, was.Errors) {
			m.Errors = was.Errors
		}
		m.Label, m.Key = text(m.Label, was.Label), text(m.Key, was.Key)
		m.CanLose.Reason = text(m.CanLose.Reason, was.CanLose.Reason)
		m.CanRemove.Reason = text(m.CanRemove.Reason, was.CanRemove.Reason)
	}
	return a
}

func sameErrors(now, was []*probe.Error) bool {
	return slices.EqualFunc(now, was, func(e, f *probe.Error) bool { return *e == *f })
}
