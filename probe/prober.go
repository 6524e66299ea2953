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

// A Prober observes a live cluster. It is a [Source] whose Next keeps the interval.
//
// The goroutine in Next owns all state. Requests run in goroutines that outlive the sweep if a member is slow; they put
// their answers into an inbox, which Next empties. A running request is never repeated, so a hung member delays nobody
// and piles up nothing.
type Prober struct {
	cfg    Config
	tls    *tlsFiles
	owners owners
	bodies *bodyPool
	inbox  inbox
	// local are the addresses of etcdoc's own host.
	local map[string]bool

	// ctx ends the requests; calls counts them.
	ctx    context.Context
	cancel context.CancelFunc
	calls  sync.WaitGroup

	interval atomic.Int64
	changed  chan struct{} // receives when the interval changes
	hurry    chan struct{} // receives when the next sweep shall begin at once
	marks    struct {
		sync.Mutex
		made []Mark // since the last sweep
	}

	// Next holds sweeping. Whoever holds it owns the fields below.
	sweeping sync.Mutex
	round    round
	// resolved is the newest resolution of endpoints and reports to members: see reconcile.
	resolved *resolution
	// needsResolve says that answers have arrived since that may change it.
	needsResolve bool
	endpoints    map[string]*endpointState
	workers      []*worker
	closing      []*worker // see worker.close
	scouts       []*scout
	memberList   Fact[MemberList]
	alarms       poller[[]Alarm]
	// alarmTurn selects the member to ask for alarms; it advances when one fails.
	alarmTurn int
	hashes    hashRounds
}

// round is the current sweep, or the last one.
type round struct {
	number   uint64 // from 1
	began    time.Time
	interval time.Duration
	// started is began by the real clock.
	started time.Time
}

var errClosed = &Error{Kind: ErrOther, Text: "the connection was closed"}

// New validates the configuration, files included, and dials nothing. The caller must call Close when it no longer
// needs the Prober.
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

// Close ends all requests and connections and waits for them. A running Next returns an error.
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

// SetInterval changes the interval from now on.
func (p *Prober) SetInterval(d time.Duration) {
	if d <= 0 {
		return
	}
	p.interval.Store(int64(d))
	notify(p.changed)
}

// Hurry starts the next sweep at once.
func (p *Prober) Hurry() { notify(p.hurry) }

// Mark adds a note to the next sweep.
func (p *Prober) Mark(mark Mark) {
	p.marks.Lock()
	defer p.marks.Unlock()
	p.marks.made = append(p.marks.made, mark)
}

// takeMarks returns the notes since the last sweep.
func (p *Prober) takeMarks() []Mark {
	p.marks.Lock()
	defer p.marks.Unlock()
	made := p.marks.made
	p.marks.made = nil
	return made
}

// Next returns the next sweep: the first one at once, each later one an interval after its predecessor began.
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

// pace waits until the next sweep is due.
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
				// Members just discovered get as much time as the given ones.
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

// askAlarms asks one voter for the cluster's alarms: the leader, or the next voter if that failed.
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
	p.reconcile() // whose lists confirm each other depends on when they answered
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
