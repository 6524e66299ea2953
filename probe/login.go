package probe

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"time"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

const (
	// loginPatience is how long calls wait for a login: it costs the member a bcrypt, some 50 ms of a processor, which
	// may be busy. It is less than etcd's default election timeout, from which on silence means something.
	loginPatience = 750 * time.Millisecond
	// loginTimeouts is how many times as long as a question a login may take. Given up, it would go on at the member all
	// the same, and the next one beside it.
	loginTimeoutFactor = 4
	// refusedAgain is how long a login is not tried again that was refused, or not answered: checking a password costs
	// the member as much processor time as hundreds of reads. failedAgain is the same for one that failed at once.
	refusedBackoff = 10 * time.Second
	failedBackoff  = time.Second
)

// login is the token of one connection. A member forgets its tokens when it restarts; simple ones also after some
// minutes without use (--auth-token-ttl), and JSON Web Tokens when they say (--auth-token=jwt,…,ttl=5m).
type login struct {
	mu    sync.Mutex
	token string
	// issued is when the token arrived, and life how long it is valid; 0: it does not say.
	issued time.Time
	ttl    time.Duration
	// off says that the cluster has no authentication.
	authOff bool
	// under is closed when the attempt under way has ended; nil when there is none.
	inProgress chan struct{}
	// ended is when the newest attempt did.
	ended time.Time
	// failure is why the last attempt failed.
	failure error
	// calls is how many calls are being made.
	calls int
}

// old reports that a share of the token's life has passed.
func (l *login) pastShare(share float64) bool {
	return l.token != "" && l.ttl > 0 && time.Since(l.issued) >= time.Duration(share*float64(l.ttl))
}

// begin starts to log in, unless that goes on already or failed just now. It wants mu.
func (l *login) begin(p *Prober, c *conn) {
	rest := failedBackoff
	if isRefused(l.failure) || status.Code(l.failure) == codes.DeadlineExceeded {
		rest = refusedBackoff
	}
	if l.inProgress != nil || l.authOff || l.failure != nil && time.Since(l.ended) < rest {
		return
	}
	l.inProgress = make(chan struct{})
	p.calls.Go(func() { p.logIn(c) })
}

// isRefused reports that the member does not take the user or the password.
func isRefused(err error) bool {
	return err != nil && errors.Is(rpctypes.Error(err), rpctypes.ErrAuthFailed)
}

// withToken adds the connection's token to a call's context, logging in first where that was not done or where the
// token is over. Without a token the call is made all the same: the member says whether it may be. The call's end must
// be told with done.
func (p *Prober) withToken(ctx context.Context, c *conn) (_ context.Context, token string) {
	if p.cfg.User == "" || !p.cfg.trusts(c.endpoint) {
		return ctx, ""
	}
	l := &c.login
	l.mu.Lock()
	if l.token == "" || l.pastShare(1) {
		l.begin(p, c)
		if done := l.inProgress; done != nil {
			patience := time.NewTimer(loginPatience)
			l.mu.Unlock()
			defer patience.Stop()
			select {
			case <-done:
			case <-patience.C:
			case <-ctx.Done():
			}
			l.mu.Lock()
		}
	}
	defer l.mu.Unlock()
	l.calls++
	if l.token == "" {
		return ctx, ""
	}
	return metadata.AppendToOutgoingContext(ctx, rpctypes.TokenFieldNameGRPC, l.token), l.token
}

// done ends a call. A token is renewed before it is over, while nothing else is asked: the member's answers are measured,
// and a bcrypt beside them would be measured with them.
func (p *Prober) endCall(c *conn) {
	if p.cfg.User == "" || !p.cfg.trusts(c.endpoint) {
		return
	}
	l := &c.login
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.calls--; l.calls == 0 && l.pastShare(0.5) {
		l.begin(p, c)
	}
}

func (p *Prober) logIn(c *conn) {
	ctx, cancel := context.WithTimeout(p.ctx, loginTimeoutFactor*p.cfg.CommandTimeout)
	defer cancel()
	// A login is a proposal, and would hang for as long as there is no leader: let the member say so at once.
	ctx = metadata.AppendToOutgoingContext(ctx, rpctypes.MetadataRequireLeaderKey, rpctypes.MetadataHasLeader)
	answer, err := pb.NewAuthClient(c.ActiveConnection()).Authenticate(ctx, &pb.AuthenticateRequest{Name: p.cfg.User, Password: p.cfg.Password})
	l := &c.login
	l.mu.Lock()
	defer l.mu.Unlock()
	close(l.inProgress)
	l.inProgress, l.ended = nil, time.Now()
	if l.authOff = errors.Is(rpctypes.Error(err), rpctypes.ErrAuthNotEnabled); l.authOff {
		err = nil
	}
	if l.failure = err; err != nil {
		return // a token that there was may still be good
	}
	l.token, l.issued = answer.GetToken(), l.ended
	l.ttl = ttlOf(l.token, l.ended)
}

// lifeOf is how long a token is valid from now on, by its own word (RFC 7519, exp); 0: it does not say, or its clock
// is not ours.
func ttlOf(token string, now time.Time) time.Duration {
	parts := strings.Split(token, ".")
	if len(parts) != 3 { // a simple token has two
		return 0
	}
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return 0
	}
	var claims struct {
		Expiry float64 `json:"exp"` // seconds since 1970
	}
	if json.Unmarshal(text, &claims) != nil || claims.Expiry <= 0 || claims.Expiry > 1<<40 {
		return 0
	}
	return max(0, time.Unix(int64(claims.Expiry), 0).Sub(now))
}

// rejected reports whether a call failed for want of a valid token, where a further attempt may have one. The token that
// it was made with is forgotten then, unless another call has seen to that.
func (l *login) rejected(err error, token string) bool {
	known := rpctypes.Error(err)
	// A cluster whose authentication was off when we logged in, and that was turned on since, asks for a user.
	if !errors.Is(known, rpctypes.ErrInvalidAuthToken) && !errors.Is(known, rpctypes.ErrAuthOldRevision) && !errors.Is(known, rpctypes.ErrUserEmpty) {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.token != token {
		return true
	}
	had := l.token != "" || l.authOff
	l.token, l.authOff = "", false
	return had
}

// why is what a call was refused for: the login that failed, has not ended yet, or was not made, if that is the cause.
func (p *Prober) explainDenied(c *conn, err error) error {
	if p.cfg.User == "" || !errors.Is(rpctypes.Error(err), rpctypes.ErrUserEmpty) {
		return err
	}
	if !p.cfg.trusts(c.endpoint) {
		return withEndpoint(c.endpoint, errWithheld)
	}
	l := &c.login
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case isRefused(l.failure):
		return l.failure
	case l.failure != nil:
		return withEndpoint(c.endpoint, &Error{ErrLogin, "it answers, and etcdoc could not log in: " + explain(l.failure, "", loginTimeoutFactor*p.cfg.CommandTimeout).Text})
	case l.inProgress != nil:
		return withEndpoint(c.endpoint, &Error{ErrLogin, "it answers, and etcdoc's login has not been answered yet"})
	}
	return err
}
