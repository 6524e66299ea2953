//go:build faults

package faults

import (
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/probe/etcdtest"
	"github.com/etcdoc/etcdoc/thresholds"
)

const (
	// tokenTTL is short enough for some tokens to expire while a row runs.
	tokenTTL = 10 * time.Second
	// tokenSweeps covers several token lifetimes.
	tokenSweeps = 45
	// loginSweeps covers more than a login takes.
	loginSweeps = 10
)

// withJWT has members issue JWTs that expire soon; withTokens has them issue simple tokens that expire unused.
func withJWT() etcdtest.Config {
	return etcdtest.Config{RootPassword: "secret", TokenTTL: tokenTTL}
}

func withTokens() etcdtest.Config {
	return etcdtest.Config{RootPassword: "secret", Args: []string{"--auth-token-ttl=2"}}
}

// expireTokens sweeps while tokens expire: no sweep may show anything.
func (s *stage) expireTokens() {
	s.began = s.observer.count()
	s.expectNothingElse(outcome{cause: thresholds.CauseHealthy, ceiling: thresholds.Notice}, s.began+tokenSweeps)
}

// busyWriters are clients that write as fast as they can, enough to keep this machine busy.
const busyWriters = 64

// busyFromTheStart keeps the machine busy while the observer logs in: a login costs a member a bcrypt hash.
func busyFromTheStart(s *stage, _ *probe.Config) { s.load.burst(s.T, busyWriters) }

// logInWhileBusy observes busy members that have to check a password: the login's time must not count as a read's,
// and no member may appear hung or CPU-starved for it.
func (s *stage) logInWhileBusy() {
	s.expectNothingElse(outcome{
		cause: thresholds.CauseHealthy, anyAlarm: true, strict: true,
		orElse: []thresholds.Cause{
			thresholds.CauseFirstSweep, thresholds.CauseBurst, thresholds.CauseOverload, thresholds.CauseUndetermined,
		},
	}, loginSweeps)
}
