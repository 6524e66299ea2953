package probe

import (
	"errors"
	"time"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
)

// A login in front of a sweep's calls would take up its patience: the hash of a password costs the member 50 ms of CPU
// time and more. So tokens that will not live until the next sweep are renewed before it begins.

// minIdleTTL is the shortest time without use after which a rejected token counts as one that nobody used for too long:
// after a shorter one, something else has invalidated it.
const minIdleTTL = 2 * time.Second

// noteUse records that the token is used, and for how long it was not. The caller holds mu.
func (l *login) noteUse(now time.Time) {
	last := l.issued
	if l.used.After(last) {
		last = l.used
	}
	l.idle, l.used = now.Sub(last), now
}

// noteRejection learns from a rejected call how long the member keeps a token that is not used, which a simple one does
// not say. The caller holds mu.
func (l *login) noteRejection(err error) {
	if l.ttl > 0 || l.idle < minIdleTTL || !errors.Is(err, rpctypes.ErrInvalidAuthToken) {
		return
	}
	if l.idleTTL == 0 || l.idle < l.idleTTL {
		l.idleTTL = l.idle
	}
}

// livesUntil reports whether the token is valid at a time, if it is not used before. The caller holds mu.
func (l *login) livesUntil(at time.Time) bool {
	if l.ttl > 0 && at.Sub(l.issued) >= l.ttl {
		return false
	}
	return l.idleTTL == 0 || at.Sub(l.used) < l.idleTTL
}

// renewBefore renews the tokens that a sweep at a time would find invalid.
func (p *Prober) renewBefore(at time.Time) {
	for _, w := range p.workers {
		w.client.mu.Lock()
		c := w.client.conn
		w.client.mu.Unlock()
		if c == nil || !p.cfg.trusts(c.endpoint) {
			continue
		}
		l := &c.login
		l.mu.Lock()
		if l.token != "" && l.calls == 0 && !l.livesUntil(at) {
			l.begin(p, c)
		}
		l.mu.Unlock()
	}
}

// loginLead is how long before a sweep the tokens for it are renewed.
func (p *Prober) loginLead(interval time.Duration) time.Duration {
	if p.cfg.User == "" {
		return 0
	}
	return min(loginPatience, interval/2)
}
