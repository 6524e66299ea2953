package kube

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"
)

// The times of a Lease. A renewal is a write to etcd, so it comes no more often than a node's.
const (
	leaseDuration = 30 * time.Second
	renewEvery    = 10 * time.Second
	releaseIn     = 2 * time.Second
)

// HandoverTime is how long nobody speaks for all at most after the pod that did is gone.
const HandoverTime = leaseDuration + renewEvery

// A Role is what a pod is among the pods that share a Lease.
type Role string

// The roles.
const (
	// Undecided is who has not heard of the Lease yet, or is about to take one that has expired.
	Undecided Role = "undecided"
	// Leading is who holds the Lease, and has renewed it lately.
	Leading Role = "leading"
	// Following is who knows of another pod that does.
	Following Role = "following"
	// Alone is who knows of no other pod that does, and is refused the Lease; CutOff is who does not reach the API
	// server.
	Alone  Role = "alone"
	CutOff Role = "cut off"
)

// Speaks reports whether it falls to the pod to say what is about all: no other one is known to do it.
func (r Role) Speaks() bool { return r == Leading || r == Alone || r == CutOff }

// Sends reports whether it falls to the pod to send Events about all. One that is cut off may be so from the members,
// too: what it sees of them would arrive later, when it is not so, or never was.
func (r Role) Sends() bool { return r == Leading || r == Alone }

// An Election decides by a Lease which of several pods is leading. Others must not rely on a pod's clock: like
// client-go's, it goes by when this process saw the Lease change.
type Election struct {
	leases                    leases
	namespace, name, identity string
	log                       *slog.Logger
	announced                 Role

	// mu guards what follows.
	mu sync.Mutex
	// kept is the Lease as it was last seen, and seen is when it was first seen so.
	kept *lease
	seen time.Time
	// leadingUntil is how long it is ours without a renewal, followingUntil how long it is another pod's.
	leadingUntil, followingUntil time.Time
	// err is why the last attempt to hear of the Lease failed.
	err error
}

// NewElection returns an election by the Lease of a name in the client's namespace. identity is the pod's name.
func NewElection(client *Client, name, identity string, log *slog.Logger) *Election {
	return &Election{leases: leaseOf{client, name}, namespace: client.Namespace, name: name, identity: identity,
		log: log.With("lease", client.Namespace+"/"+name)}
}

// Role returns what the pod is now.
func (e *Election) Role() Role {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch now := time.Now(); {
	case now.Before(e.leadingUntil):
		return Leading
	case now.Before(e.followingUntil):
		return Following
	case errors.As(e.err, new(*StatusError)):
		return Alone
	case e.err != nil:
		return CutOff
	}
	return Undecided
}

// Run takes part in the election until ctx ends, and then gives up the Lease.
func (e *Election) Run(ctx context.Context) error {
	for {
		e.attempt(ctx)
		e.announce()
		select {
		case <-ctx.Done():
			e.release(context.WithoutCancel(ctx))
			return nil
		case <-time.After(e.pause()):
		}
	}
}

// pause is how long until the next attempt: it comes when another pod's Lease expires, else in its turn, with a jitter
// so that pods don't meet.
func (e *Election) pause() time.Duration {
	pause := renewEvery - time.Duration(rand.Int64N(int64(renewEvery/5)))
	e.mu.Lock()
	defer e.mu.Unlock()
	if left := time.Until(e.followingUntil); left > 0 {
		return min(pause, left)
	}
	return pause
}

// attempt looks at the Lease, and takes or renews it unless it is another pod's.
func (e *Election) attempt(ctx context.Context) {
	asked := time.Now()
	kept, err := e.leases.get(ctx)
	if isStatus(err, http.StatusNotFound) {
		kept, err = nil, nil
	}
	if err == nil && !e.isHeldByAnother(kept) {
		kept, err = e.take(ctx, kept, asked)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case err == nil && kept != nil && kept.Spec.HolderIdentity == e.identity:
		e.kept, e.seen = kept, asked
		e.leadingUntil, e.followingUntil, e.err = asked.Add(leaseDuration), time.Time{}, nil
	case isStatus(err, http.StatusConflict):
		e.leadingUntil, e.err = time.Time{}, nil // another pod was faster: the next look says which
	default:
		e.err = err
	}
}

// isHeldByAnother notes a Lease, and reports whether another pod has it: it has changed within its duration.
func (e *Election) isHeldByAnother(l *lease) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if l == nil {
		return false
	}
	if e.kept == nil || e.kept.version() != l.version() {
		e.kept, e.seen = l, time.Now()
	}
	if l.Spec.HolderIdentity == "" || l.Spec.HolderIdentity == e.identity {
		return false
	}
	e.leadingUntil, e.followingUntil, e.err = time.Time{}, e.seen.Add(l.duration()), nil
	return time.Now().Before(e.followingUntil)
}

// take creates the Lease, or writes this pod into the one that is kept.
func (e *Election) take(ctx context.Context, kept *lease, now time.Time) (*lease, error) {
	mine := newLease(e.namespace, e.name)
	if kept != nil {
		copied := *kept
		mine = &copied
	}
	at := now.UTC().Format(microTime)
	if mine.Spec.HolderIdentity != e.identity {
		mine.Spec.AcquireTime = at
		if kept != nil {
			mine.Spec.LeaseTransitions++
		}
	}
	mine.Spec.HolderIdentity, mine.Spec.RenewTime = e.identity, at
	mine.Spec.LeaseDurationSeconds = int(leaseDuration / time.Second)
	if kept == nil {
		return e.leases.create(ctx, mine)
	}
	return e.leases.update(ctx, mine)
}

// release gives the Lease up, if it is ours, so that the next pod need not wait until it expires.
func (e *Election) release(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, releaseIn)
	defer cancel()
	if e.Role() != Leading {
		return
	}
	e.mu.Lock()
	given := *e.kept
	e.leadingUntil = time.Time{}
	e.mu.Unlock()
	given.Spec.HolderIdentity, given.Spec.LeaseDurationSeconds = "", 1
	if _, err := e.leases.update(ctx, &given); err != nil {
		e.log.Info("the lease is not given up: it expires", "err", err.Error())
	}
}

// announce logs the role when it is another one.
func (e *Election) announce() {
	role := e.Role()
	if role == e.announced || role == Undecided {
		return
	}
	e.announced = role
	e.mu.Lock()
	defer e.mu.Unlock()
	switch role {
	case Leading:
		e.log.Info("this agent says what is about the whole cluster")
	case Following:
		e.log.Info("another agent says what is about the whole cluster", "holder", e.kept.Spec.HolderIdentity)
	default:
		e.log.Warn("no agreement with the other agents: each says all that it sees", "err", fmt.Sprint(e.err))
	}
}
