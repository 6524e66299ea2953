//go:build faults

package faults

import (
	"time"

	"github.com/etcdoc/etcdoc/probe/etcdtest"
	"github.com/etcdoc/etcdoc/thresholds"
)

const (
	// tokenTTL is how soon tokens expire in these rows, often enough for some to do so while they are looked at.
	tokenTTL = 10 * time.Second
	// tokenSweeps is some tokens' time.
	tokenSweeps = 45
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
