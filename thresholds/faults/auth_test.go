//go:build faults

package faults

import (
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/probe/etcdtest"
	"github.com/etcdoc/etcdoc/thresholds"
)

const (
	// tokenTTL is how soon tokens expire in these rows, often enough for some to do so while they are looked at.
	tokenTTL = 10 * time.Second
	// tokenSweeps is some tokens' time.
	tokenSweeps = 45
	// loginSweeps is more than a login takes.
	loginSweeps = 10
)

// withJWT has members issue JWTs that expire soon, withTokens simple tokens that expire when they were not used.
func withJWT() etcdtest.Config {
	return etcdtest.Config{RootPassword: "secret", TokenTTL: tokenTTL}
}

func withTokens() etcdtest.Config {
	return etcdtest.Config{RootPassword: "secret", Args: []string{"--auth-token-ttl=2"}}
}

// expireTokens looks on while tokens expire: there is nothing to see, in no sweep.
func (s *stage) expireTokens() {
	s.began = s.observer.count()
	s.expectNothingElse(outcome{cause: thresholds.CauseHealthy, ceiling: thresholds.Notice}, s.began+tokenSweeps)
}

// busyWriters are clients that write as fast as they can, enough to keep this machine busy.
const busyWriters = 64

// busyFromTheStart keeps the machine busy while the observer logs in: a login costs a member a bcrypt hash.
func busyFromTheStart(s *stage, _ *probe.Config) { s.load.burst(s.T, busyWriters) }

// logInWhileBusy looks at members that are busy and have to check a password: the login's time is not taken for a
// read's, and nobody is said to hang or to be short of CPU for it.
func (s *stage) logInWhileBusy() {
	s.expectNothingElse(outcome{
		cause: thresholds.CauseHealthy, anyAlarm: true, strict: true,
		orElse: []thresholds.Cause{
			thresholds.CauseFirstLook, thresholds.CauseBurst, thresholds.CauseOverload, thresholds.CauseUndetermined,
		},
	}, loginSweeps)
}
