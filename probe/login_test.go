package probe

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe/etcdtest"
)

func TestLifeOfTokens(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_700_000_000, 0)
	jwt := func(claims string) string {
		return "header." + base64.RawURLEncoding.EncodeToString([]byte(claims)) + ".signature"
	}
	for token, want := range map[string]time.Duration{
		jwt(`{"username":"root","exp":1700000010}`): 10 * time.Second,
		jwt(`{"exp":1.7000003e9}`):                  5 * time.Minute,
		jwt(`{"exp":1700000000}`):                   0, // expired
		jwt(`{"exp":1699999000}`):                   0, // its clock differs from ours
		jwt(`{"exp":1e300}`):                        0,
		jwt(`{"exp":"soon"}`):                       0,
		jwt(`{"username":"root"}`):                  0,
		jwt(`no JSON`):                              0,
		"header.no base64!.signature":               0,
		"DRhXdXoFBOZrWfgl.12":                       0, // a simple token
		"":                                          0,
	} {
		if got := ttlOf(token, now); got != want {
			t.Errorf("the life of %q is %v, want %v", token, got, want)
		}
	}
}

const rootPassword = "correct horse battery staple"

// TestTokensAreRenewed sweeps through many token lifetimes: every call of every sweep succeeds.
func TestTokensAreRenewed(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		config   etcdtest.Config
		interval time.Duration
		lasts    time.Duration
	}{
		"JWT": {etcdtest.Config{TokenTTL: 4 * time.Second}, 300 * time.Millisecond,
			12 * time.Second},
		"JWT that is over by the next sweep": {etcdtest.Config{TokenTTL: time.Second}, 2500 * time.Millisecond,
			8 * time.Second},
		"simple": {etcdtest.Config{Args: []string{"--auth-token-ttl=1"}},
			100 * time.Millisecond, 3 * time.Second},
		"simple, unused for too long": {etcdtest.Config{Args: []string{"--auth-token-ttl=1"}},
			2500 * time.Millisecond, 8 * time.Second},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test.config.Size, test.config.RootPassword = 1, rootPassword
			cluster := etcdtest.New(t, test.config)
			p := start(t, Config{
				Endpoints: cluster.Endpoints(), Cluster: true, Interval: test.interval,
				User: "root", Password: rootPassword,
			})
			await(t, p, "root sees all", func(s Sweep) bool { return complete(s, 1) })
			for end := time.Now().Add(test.lasts); time.Now().Before(end); {
				s, err := p.Next(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				m := s.Members[0]
				for what, err := range map[string]*Error{
					"status": m.Status.Err, "linearizable": m.Linearizable.Err, "serializable": m.Serializable.Err,
					"peers": m.Peers.Err, "alarms": s.Alarms.Err,
				} {
					if err != nil {
						t.Errorf("%s: %s: %v", what, err.Kind, err)
					}
				}
			}
		})
	}
}

// TestTokensAreRenewedAhead: where tokens don't live from one sweep to the next, the login for it is over before it
// begins, once that is known.
func TestTokensAreRenewedAhead(t *testing.T) {
	t.Parallel()
	for name, config := range map[string]etcdtest.Config{
		"JWT": {TokenTTL: 2 * time.Second}, "simple": {Args: []string{"--auth-token-ttl=1"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config.Size, config.RootPassword = 1, rootPassword
			cluster := etcdtest.New(t, config)
			p := start(t, Config{Endpoints: cluster.Endpoints(), Cluster: true, User: "root", Password: rootPassword,
				Interval: minIdleTTL + 500*time.Millisecond})
			for range 10 { // simple tokens have to be rejected once; a slow host may take longer to log in
				if _, err := p.Next(t.Context()); err != nil {
					t.Fatal(err)
				}
				if c := p.workers[0].client.conn; c != nil && p.round.number > 1 {
					c.login.mu.Lock()
					before := p.round.started.Sub(c.login.issued)
					c.login.mu.Unlock()
					if before > 0 && before < time.Second {
						return
					}
				}
			}
			t.Error("no login was over before its sweep")
		})
	}
}

// TestGivenToken: a token of the cluster's issuer takes the place of a login; one that it refuses is explained.
func TestGivenToken(t *testing.T) {
	t.Parallel()
	cluster := etcdtest.New(t, etcdtest.Config{Size: 1, RootPassword: rootPassword, TokenTTL: time.Hour})
	answer, err := cluster.Client().Authenticate(t.Context(), "root", rootPassword)
	if err != nil {
		t.Fatal(err)
	}
	p := start(t, Config{Endpoints: cluster.Endpoints(), Cluster: true, Token: answer.Token})
	await(t, p, "root sees all", func(s Sweep) bool { return complete(s, 1) })

	expired := "e30." + base64.RawURLEncoding.EncodeToString([]byte(`{"username":"root","exp":1700000000}`)) + ".c2ln"
	kinds := map[string]ErrorKind{expired: ErrTokenExpired, "a.b.c": ErrToken}
	for token, words := range map[string]string{expired: "expired at 2023-11-14T22:13:20Z", "a.b.c": "another issuer"} {
		p := start(t, Config{Endpoints: cluster.Endpoints(), Cluster: true, Token: token})
		err := next(t, p).Members[0].Status.Err
		if err == nil || err.Kind != kinds[token] || !strings.Contains(err.Text, words) ||
			strings.Contains(err.Text, token) {
			t.Errorf("the error is %v, want one that says %s", err, words)
		}
	}
	if _, err := New(Config{Endpoints: cluster.Endpoints(), Token: answer.Token, User: "root"}); err == nil {
		t.Error("a token and a user are taken together")
	}
}
