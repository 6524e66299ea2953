package probe

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"
)

// round is the current sweep, or the last one.
type round struct {
	number   uint64 // from 1
	began    time.Time
	interval time.Duration
	// started is began by the real clock.
	started time.Time
}

// Next returns the next sweep: the first one at once, each later one an interval after its predecessor began.
func (p *Prober) Next(ctx context.Context) (Sweep, error) {
	p.sweeping.Lock()
	defer p.sweeping.Unlock()
	if err := p.awaitInterval(ctx); err != nil {
		return Sweep{}, err
	}
	p.round = round{
		number:   p.round.number + 1,
		began:    p.cfg.Now(),
		interval: time.Duration(p.interval.Load()),
		started:  time.Now(),
	}
	if err := p.sweep(ctx); err != nil {
		return Sweep{}, err
	}
	return p.assemble(), nil
}

// awaitInterval waits until the next sweep is due, and renews the tokens for it before.
func (p *Prober) awaitInterval(ctx context.Context) error {
	for renewed := p.round.number == 0; ; {
		if err := p.ended(ctx); err != nil {
			return err
		}
		var wait, lead time.Duration
		interval := time.Duration(p.interval.Load())
		due := p.round.started.Add(interval)
		if p.round.number > 0 {
			wait = time.Until(due)
		}
		if !renewed {
			lead = p.loginLead(interval)
		}
		timer := time.NewTimer(wait - lead)
		select {
		case <-ctx.Done():
			timer.Stop()
		case <-p.ctx.Done():
			timer.Stop()
		case <-timer.C:
			if lead == 0 {
				return nil
			}
			p.renewBefore(due)
			renewed = true
		case <-p.sweepNow:
			timer.Stop()
			return nil
		case <-p.intervalChanged:
			timer.Stop()
		}
	}
}

// sweep sends the requests that are due, and returns when they are answered or when patience has run out.
func (p *Prober) sweep(ctx context.Context) error {
	patient, brief := patience(p.round.interval), patience(p.round.interval)/4
	first := p.round.number == 1
	if first {
		patient, brief = maxPatience, maxPatience
	}
	p.advance()
	known := len(p.workers)
	end := time.NewTimer(patient)
	defer end.Stop()
	// Answers that any later sweep may bring just as well get only a brief wait.
	soft := time.NewTimer(brief)
	defer soft.Stop()
	liveness := time.NewTimer(livenessDelay(patient))
	defer liveness.Stop()
	for hasty := false; ; {
		if required, anything := p.awaited(); !required && (hasty || !anything) {
			return nil
		}
		select {
		case <-p.inbox.ready:
			p.advance()
			if first && len(p.workers) > known {
				// Members just discovered get as much time as the given ones.
				known = len(p.workers)
				end.Reset(patient)
			}
		case <-liveness.C:
			if first && p.hearsNobody() {
				p.widen()
				p.advance()
				end.Reset(patient)
			}
			for _, w := range p.workers {
				w.startLiveness(&p.round)
			}
		case <-soft.C:
			hasty = true
		case <-end.C:
			return nil
		case <-ctx.Done():
			return p.ended(ctx)
		case <-p.ctx.Done():
			return p.ended(ctx)
		}
	}
}

// ended returns why there can be no further sweep; nil while there can.
func (p *Prober) ended(ctx context.Context) error {
	if p.ctx.Err() != nil {
		return errors.New("looking at the cluster: the prober is closed")
	}
	return ctx.Err()
}

// advance processes the answers in the inbox and sends the requests that are due.
func (p *Prober) advance() {
	p.inbox.empty()
	if p.findsNobody() {
		p.widen()
	}
	if p.needsResolve {
		p.reconcile()
	}
	for _, w := range slices.Clone(p.workers) {
		w.start(&p.round)
	}
	for _, s := range p.scouts {
		s.start(&p.round)
	}
	for _, a := range p.apiServers {
		a.start(&p.round)
	}
	p.askAlarms()
	p.askHashes()
	p.askNodes()
	p.askWritten()
	p.askBackups()
}

func (p *Prober) awaited() (required, anything bool) {
	anything = p.alarms.awaited(p.round.number) || p.nodes.awaited(p.round.number) ||
		p.backups.awaited(p.round.number) && !p.backups.fact.Answered()
	for _, w := range p.workers {
		r, a := w.awaited(p.round.number)
		required, anything = required || r, anything || a
	}
	for _, s := range p.scouts {
		required = required || s.poller.awaited(p.round.number)
	}
	for _, a := range p.apiServers {
		anything = anything || a.awaited(p.round.number)
	}
	return required, anything || required
}

// askAlarms asks one voter for the cluster's alarms: the leader, or the next voter if that failed.
func (p *Prober) askAlarms() {
	if !p.alarms.due(&p.round) {
		return
	}
	var able []*worker
	for _, w := range p.workers {
		s := &w.status.fact
		switch {
		case !s.Answered() || s.Err != nil || s.Value.IsLearner || !p.isOurs(w.row.cluster) ||
			w.row.membership == MembershipForked:
		case w.row.id == p.resolved.leader:
			able = slices.Insert(able, 0, w)
		default:
			able = append(able, w)
		}
	}
	if len(able) == 0 {
		return
	}
	w := able[p.alarmTurn%len(able)]
	ask(p, &p.alarms, func(ctx context.Context) answer[[]Alarm] { return callAlarms(ctx, w.client) },
		func(a answer[[]Alarm]) {
			if a.err != nil {
				p.alarmTurn++
			} else {
				p.alarmTurn = 0
			}
			p.alarms.record(a)
		})
}

func (p *Prober) assemble() Sweep {
	p.reconcile() // whose lists confirm each other depends on when they answered
	if p.tls.due(p.cfg.Now()) {
		p.calls.Go(func() { _, _ = p.tls.readPair() }) // while the files are being replaced, the old pair stays
	}
	s := Sweep{
		At:                p.round.began,
		Took:              time.Since(p.round.started),
		Interval:          p.round.interval,
		Cluster:           p.resolved.cluster,
		GivenOnly:         !p.cfg.Cluster,
		Host:              p.cfg.Host,
		Alarms:            p.alarms.fact,
		ClientCertificate: describeCertificate(p.tls.leaf()),
		Marks:             p.takeMarks(),
		Backups:           p.currentBackups(),
		Space:             p.space.Load(),
	}
	if p.countWithoutMetrics() == 0 {
		for _, scout := range p.scouts {
			if err := scout.poller.fact.Err; err != nil && p.resolved.row(p.owners.get(scout.url)) == nil {
				s.SpareMetrics = append(s.SpareMetrics, err)
			}
		}
	}
	if p.cfg.HashKV {
		s.Hashes = new(p.hashes.HashRound)
	}
	if p.cfg.Cluster {
		s.MemberList, s.Forks = p.memberList, p.resolved.forks
	}
	nodes := p.currentNodes()
	if p.nodes.fact.Err != nil && nodes == nil {
		s.NodesErr = p.nodes.fact.Err
	}
	for _, w := range p.workers {
		if s.ClientCertificate != nil && w.readsUnlogged() {
			s.RefusedUser = p.cfg.User
		}
		if !w.hidden() {
			m := w.member()
			m.Node, m.Written = nodeOf(&m, nodes), p.writtenTo(&m)
			s.Members = append(s.Members, m)
			w.status.resetSlowest()
			w.liveness.resetSlowest()
			w.metrics.resetSlowest()
		}
	}
	for _, a := range p.apiServers {
		s.APIServers = append(s.APIServers, a.view())
	}
	slices.SortFunc(s.Members, inOrder)
	return s
}

// inOrder orders members by name. One without a name is last: it is likely to get one, and should not change its place
// among the others then.
func inOrder(a, b Member) int {
	if distance := cmp.Compare(a.Membership.distance(), b.Membership.distance()); distance != 0 {
		return distance
	}
	switch {
	case a.Name != "" && b.Name == "":
		return -1
	case a.Name == "" && b.Name != "":
		return 1
	}
	return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID), cmp.Compare(a.Endpoint, b.Endpoint))
}

// patience is how long a sweep waits: a quarter of the interval, at most half a second.
func patience(interval time.Duration) time.Duration { return min(interval/4, maxPatience) }

const maxPatience = 500 * time.Millisecond
