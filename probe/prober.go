package probe

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// A Prober looks at a live cluster. It is a [Source] whose Next paces itself.
//
// All that it knows of the members belongs to the goroutine that is in Next. The questions are asked by goroutines
// that outlive a sweep where a member is slow; they leave their answers in an inbox, which Next empties. A
// question that is still open is never asked again, so that a hung member delays nobody and piles up nothing.
type Prober struct {
	cfg    Config
	tls    *tlsFiles
	owners owners
	bodies *bodyPool
	inbox  inbox
	// local are the addresses of the host that etcdoc runs on.
	local map[string]bool

	// ctx ends the calls, which calls counts.
	ctx    context.Context
	cancel context.CancelFunc
	calls  sync.WaitGroup

	interval atomic.Int64
	changed  chan struct{} // the interval was
	hurry    chan struct{} // the next sweep is wanted now
	marks    struct {
		sync.Mutex
		made []Mark // since the last sweep
	}

	// sweeping is held by Next. What follows belongs to who holds it.
	sweeping sync.Mutex
	round    round
	// who is who is worked out from sightings and from what the members say: see reconcile.
	resolved *resolution
	// unsettled says that something was answered since that may change that.
	needsResolve bool
	endpoints    map[string]*endpointState
	workers      []*worker
	closing      []*worker // see worker.close
	scouts       []*scout
	memberList   Fact[MemberList]
	alarms       poller[[]Alarm]
	// alarmTurn goes on to the next member when one fails to list the alarms.
	alarmTurn int
	hashes    hashRounds
}

// round is the sweep that is running, or was the last.
type round struct {
	number   uint64 // from 1
	began    time.Time
	interval time.Duration
	// started is began by the real clock.
	started time.Time
}

var errClosed = &Error{ErrOther, "the connection was closed"}

// New checks the configuration, files included, and dials nothing. Close must be called when the Prober is no
// longer needed.
func New(cfg Config) (*Prober, error) {
	if err := cfg.complete(); err != nil {
		return nil, err
	}
	identity, err := newTLSFiles(cfg.TLS)
	if err != nil {
		return nil, err
	}
	p := &Prober{
		cfg:     cfg,
		tls:     identity,
		changed: make(chan struct{}, 1),
		hurry:   make(chan struct{}, 1),

		local:     localAddresses(),
		endpoints: make(map[string]*endpointState),
	}
	p.inbox.ready = make(chan struct{}, 1)
	p.alarms.every = alarmsEvery
	p.interval.Store(int64(cfg.Interval))
	p.ctx, p.cancel = context.WithCancel(context.Background())
	p.bodies = newBodyPool(p.ctx)
	for _, u := range cfg.MetricsEndpoints {
		p.scouts = append(p.scouts, newScout(p, u))
	}
	p.reconcile()
	return p, nil
}

// Close ends all calls and connections, and waits for that. A Next that is under way returns an error.
func (p *Prober) Close() {
	p.cancel()
	p.sweeping.Lock()
	defer p.sweeping.Unlock()
	workers := slices.Concat(p.workers, p.closing)
	for _, w := range workers {
		w.closed = true
		w.disconnect()
	}
	p.calls.Wait()
	for _, w := range workers {
		w.scraper.close()
	}
	for _, s := range p.scouts {
		s.scraper.close()
	}
}

// SetInterval changes how often sweeps begin, from now on.
func (p *Prober) SetInterval(d time.Duration) {
	if d <= 0 {
		return
	}
	p.interval.Store(int64(d))
	notify(p.changed)
}

// Hurry makes the next sweep begin at once.
func (p *Prober) Hurry() { notify(p.hurry) }

// Mark adds a note to the next sweep.
func (p *Prober) Mark(mark Mark) {
	p.marks.Lock()
	defer p.marks.Unlock()
	p.marks.made = append(p.marks.made, mark)
}

// takeMarks are the notes made since the last sweep.
func (p *Prober) takeMarks() []Mark {
	p.marks.Lock()
	defer p.marks.Unlock()
	made := p.marks.made
	p.marks.made = nil
	return made
}

// Next returns the next sweep: the first one at once, the others an interval after the one before began.
func (p *Prober) Next(ctx context.Context) (Sweep, error) {
	p.sweeping.Lock()
	defer p.sweeping.Unlock()
	if err := p.pace(ctx); err != nil {
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

// pace waits until it is time for a sweep.
func (p *Prober) pace(ctx context.Context) error {
	for {
		if err := p.ended(ctx); err != nil {
			return err
		}
		var wait time.Duration
		if p.round.number > 0 {
			wait = time.Until(p.round.started.Add(time.Duration(p.interval.Load())))
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
		case <-p.ctx.Done():
			timer.Stop()
		case <-timer.C:
			return nil
		case <-p.hurry:
			timer.Stop()
			return nil
		case <-p.changed:
			timer.Stop()
		}
	}
}

// sweep asks everybody what is due, and returns when that is answered or patience has run out.
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
	// Answers that other sweeps may bring just as well are waited for briefly.
	soft := time.NewTimer(brief)
	defer soft.Stop()
	pulse := time.NewTimer(livenessDelay(patient))
	defer pulse.Stop()
	for hasty := false; ; {
		if required, anything := p.awaited(); !required && (hasty || !anything) {
			return nil
		}
		select {
		case <-p.inbox.ready:
			p.advance()
			if first && len(p.workers) > known {
				// Members just found have the same time as those who were given.
				known = len(p.workers)
				end.Reset(patient)
			}
		case <-pulse.C:
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

// ended is why there can be no further sweep; nil while there can.
func (p *Prober) ended(ctx context.Context) error {
	if p.ctx.Err() != nil {
		return errors.New("looking at the cluster: the prober is closed")
	}
	return ctx.Err()
}

// settle takes in the answers that are there, and asks what is due then.
func (p *Prober) advance() {
	p.inbox.empty()
	if p.needsResolve {
		p.reconcile()
	}
	for _, w := range slices.Clone(p.workers) {
		w.start(&p.round)
	}
	for _, s := range p.scouts {
		s.start(&p.round)
	}
	p.askAlarms()
	p.askHashes()
}

func (p *Prober) awaited() (required, anything bool) {
	anything = p.alarms.awaited(p.round.number)
	for _, w := range p.workers {
		r, a := w.awaited(p.round.number)
		required, anything = required || r, anything || a
	}
	for _, s := range p.scouts {
		required = required || s.poller.awaited(p.round.number)
	}
	return required, anything || required
}

// askAlarms asks one voter for the cluster's alarms: the leader, or the next one when that failed.
func (p *Prober) askAlarms() {
	if !p.alarms.due(&p.round) {
		return
	}
	var able []*worker
	for _, w := range p.workers {
		s := &w.status.fact
		switch {
		case !s.Ever() || s.Err != nil || s.Value.IsLearner || !p.isOurs(w.row.cluster) || w.row.standing == StandingForked:
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
	ask(p, &p.alarms, func(ctx context.Context) answer[[]Alarm] { return callAlarms(ctx, w.client) }, func(a answer[[]Alarm]) {
		if a.err != nil {
			p.alarmTurn++
		} else {
			p.alarmTurn = 0
		}
		p.alarms.record(a)
	})
}

func (p *Prober) assemble() Sweep {
	p.reconcile() // who bears out whom depends on when each has answered
	s := Sweep{
		At:                p.round.began,
		Took:              time.Since(p.round.started),
		Interval:          p.round.interval,
		Cluster:           p.resolved.cluster,
		Alarms:            p.alarms.fact,
		ClientCertificate: p.tls.certificate(),
		Marks:             p.takeMarks(),
	}
	if p.cfg.HashKV {
		s.Hashes = new(p.hashes.HashRound)
	}
	if p.cfg.Cluster {
		s.MemberList, s.Forks = p.memberList, p.resolved.forks
	}
	for _, w := range p.workers {
		if !w.hidden() {
			s.Members = append(s.Members, w.member())
			w.status.resetSlowest()
			w.liveness.resetSlowest()
			w.metrics.resetSlowest()
		}
	}
	slices.SortFunc(s.Members, func(a, b Member) int {
		return cmp.Or(
			cmp.Compare(a.Standing.distance(), b.Standing.distance()), cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID),
			cmp.Compare(a.Endpoint, b.Endpoint),
		)
	})
	return s
}
