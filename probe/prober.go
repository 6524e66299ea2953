package probe

import (
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
	calls  callGroup

	interval        atomic.Int64
	intervalChanged chan struct{} // receives when the interval changes
	sweepNow        chan struct{} // receives when the next sweep shall begin at once
	marks           struct {
		sync.Mutex
		made []Mark // since the last sweep
	}

	readable readable
	// space is what somebody has read of the database; nil if nobody has.
	space atomic.Pointer[Space]

	// Next holds sweeping. Whoever holds it owns the fields below.
	sweeping sync.Mutex
	round    round
	// resolved is the newest resolution of endpoints and reports to members: see reconcile.
	resolved *resolution
	// needsResolve says that answers have arrived since that may change it.
	needsResolve bool
	endpoints    map[string]*endpointState
	// widened says that OtherEndpoints are asked too.
	widened    bool
	workers    []*worker
	closing    []*worker // see worker.close
	scouts     []*scout
	apiServers []*apiServer
	memberList Fact[MemberList]
	alarms     poller[[]Alarm]
	nodes      poller[[]Node]
	written    poller[Written]
	backups    poller[Backups]
	// alarmTurn selects the member to ask for alarms; it advances when one fails.
	alarmTurn int
	hashes    hashRounds
}

var errClosed = &Error{Kind: ErrOther, Text: "the connection was closed"}

// Check returns what [New] would refuse of a configuration and its files, joined.
func Check(cfg Config) error {
	_, err := newTLSFiles(cfg.TLS, memberFiles)
	return errors.Join(cfg.complete(), err)
}

// New validates the configuration, files included, and dials nothing. The caller must call Close when it no longer
// needs the Prober. Its error joins all that is wrong with the configuration: a [SettingError] for each setting.
func New(cfg Config) (*Prober, error) {
	identity, err := newTLSFiles(cfg.TLS, memberFiles)
	if err := errors.Join(cfg.complete(), err); err != nil {
		return nil, err
	}
	p := &Prober{
		cfg:             cfg,
		tls:             identity,
		intervalChanged: make(chan struct{}, 1),
		sweepNow:        make(chan struct{}, 1),

		local:     localAddresses(),
		endpoints: make(map[string]*endpointState),
		readable:  readable{clients: make(map[MemberID]*client)},
	}
	p.inbox.ready = make(chan struct{}, 1)
	p.alarms.every = alarmsEvery
	p.backups.every, p.backups.timeout = backupsEvery, backupsTimeout
	p.interval.Store(int64(cfg.Interval))
	p.ctx, p.cancel = context.WithCancel(context.Background())
	p.bodies = newBodyPool(p.ctx)
	for _, u := range cfg.MetricsEndpoints {
		p.scouts = append(p.scouts, newScout(p, u))
	}
	for _, server := range cfg.APIServers {
		p.apiServers = append(p.apiServers, newAPIServer(p, server))
	}
	p.reconcile()
	return p, nil
}

// Close ends all requests and connections and waits for them. A running Next returns an error.
func (p *Prober) Close() {
	p.cancel()
	p.readable.close()
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
	for _, a := range p.apiServers {
		a.client.close()
	}
}

// SetInterval changes the interval from now on.
func (p *Prober) SetInterval(d time.Duration) {
	if d <= 0 {
		return
	}
	p.interval.Store(int64(d))
	notify(p.intervalChanged)
}

// Hurry starts the next sweep at once.
func (p *Prober) Hurry() { notify(p.sweepNow) }

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
