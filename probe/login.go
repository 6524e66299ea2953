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
	// loginPatience is how long calls wait for a login, which costs the member a bcrypt: about 50 ms of CPU time, which
	// may be scarce. It is below etcd's default election timeout, from which on silence means something.
	loginPatience = 750 * time.Millisecond
	// loginTimeoutFactor times CommandTimeout bounds a login. The member would go on with one that we gave up, beside
	// the next one.
	loginTimeoutFactor = 4
	// refusedBackoff is the wait after a login that was refused or not answered: checking a password costs the member
	// as much CPU time as hundreds of reads. failedBackoff is the wait after one that failed at once.
	refusedBackoff = 10 * time.Second
	failedBackoff  = time.Second
)

// login is the token of one connection. A member forgets its tokens when it restarts; simple ones also after some
// minutes without use (--auth-token-ttl), and JSON Web Tokens when they expire (--auth-token=jwt,…,ttl=5m).
type login struct {
	mu    sync.Mutex
	token string
	// issued is when the token arrived, and ttl how long it is valid; 0 if it does not say.
	issued time.Time
	ttl    time.Duration
	// used is when a call last took the token, and idle how long it was unused then.
	used time.Time
	idle time.Duration
	// idleTTL is how long an unused token is valid, at most; 0 if that is not known.
	idleTTL time.Duration
	// authOff says that the cluster has no authentication.
	authOff bool
	// inProgress is closed when the current attempt ends; nil if there is none.
	inProgress chan struct{}
	// ended is when the newest attempt ended.
	ended time.Time
	// failure is why the last attempt failed.
	failure error
	// calls counts the running calls.
	calls int
}

// pastShare reports whether a share of the token's lifetime has passed.
func (l *login) pastShare(share float64) bool {
	return l.token != "" && l.ttl > 0 && time.Since(l.issued) >= time.Duration(share*float64(l.ttl))
}

// begin starts a login unless one is running or failed just now. The caller holds mu.
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

// isRefused reports whether the member rejects the user or the password.
func isRefused(err error) bool {
	return err != nil && errors.Is(etcdError(err), rpctypes.ErrAuthFailed)
}

// isLoginRefused reports whether the connection has no token because the member rejects the user or the password.
func (cl *client) isLoginRefused() bool {
	cl.mu.Lock()
	c := cl.conn
	cl.mu.Unlock()
	if c == nil {
		return false
	}
	c.login.mu.Lock()
	defer c.login.mu.Unlock()
	return c.login.token == "" && isRefused(c.login.failure)
}

// withToken adds the connection's token to a call's context, and logs in first if there is no valid one. Without a
// token the call goes ahead: the member decides. The caller must call endCall when the call ends.
func (p *Prober) withToken(ctx context.Context, c *conn) (_ context.Context, token string) {
	switch {
	case !p.cfg.trusts(c.endpoint):
		return ctx, ""
	case p.cfg.Token != "":
		return metadata.AppendToOutgoingContext(ctx, rpctypes.TokenFieldNameGRPC, p.cfg.Token), p.cfg.Token
	case p.cfg.User == "":
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
	if l.calls == 1 { // those at the same time wait no less
		l.noteUse(time.Now())
	}
	return metadata.AppendToOutgoingContext(ctx, rpctypes.TokenFieldNameGRPC, l.token), l.token
}

// endCall ends a call. It renews a token before it expires, while no other call runs: answers are timed, and a
// concurrent bcrypt would distort them.
func (p *Prober) endCall(c *conn) {
	if p.cfg.User == "" || !p.cfg.trusts(c.endpoint) {
		return
	}
	l := &c.login
	l.mu.Lock()
	defer l.mu.Unlock()
	l.calls--
	l.used = time.Now()
	if l.calls == 0 && l.pastShare(0.5) {
		l.begin(p, c)
	}
}

func (p *Prober) logIn(c *conn) {
	ctx, cancel := context.WithTimeout(p.ctx, loginTimeoutFactor*p.cfg.CommandTimeout)
	defer cancel()
	// A login is a proposal and would hang without a leader: have the member fail it at once.
	ctx = metadata.AppendToOutgoingContext(ctx, rpctypes.MetadataRequireLeaderKey, rpctypes.MetadataHasLeader)
	answer, err := pb.NewAuthClient(c.ActiveConnection()).Authenticate(ctx,
		&pb.AuthenticateRequest{Name: p.cfg.User, Password: p.cfg.Password})
	l := &c.login
	l.mu.Lock()
	defer l.mu.Unlock()
	close(l.inProgress)
	l.inProgress, l.ended = nil, time.Now()
	if l.authOff = errors.Is(etcdError(err), rpctypes.ErrAuthNotEnabled); l.authOff {
		err = nil
	}
	if l.failure = err; err != nil {
		return // the old token may still be valid
	}
	l.token, l.issued = answer.GetToken(), l.ended
	l.ttl = ttlOf(l.token, l.ended)
}

// ttlOf returns how long a token is still valid by its own claim; 0 if it does not say, or if its clock differs from
// ours.
func ttlOf(token string, now time.Time) time.Duration {
	if end := expiryOf(token); !end.IsZero() {
		return max(0, end.Sub(now))
	}
	return 0
}

// expiryOf returns when a token expires by its own claim (RFC 7519, exp); the zero time if it does not say.
func expiryOf(token string) time.Time {
	parts := strings.Split(token, ".")
	if len(parts) != 3 { // a simple token has two
		return time.Time{}
	}
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return time.Time{}
	}
	var claims struct {
		Expiry float64 `json:"exp"` // seconds since 1970
	}
	if json.Unmarshal(text, &claims) != nil || claims.Expiry <= 0 || claims.Expiry > 1<<40 {
		return time.Time{}
	}
	return time.Unix(int64(claims.Expiry), 0)
}

// rejected reports whether a call failed for lack of a valid token and another attempt may have one. It forgets the
// token of the failed call, unless another call already has.
func (l *login) rejected(err error, token string) bool {
	known := etcdError(err)
	// If authentication was off when we logged in and is on now, the member asks for a user.
	if !errors.Is(known, rpctypes.ErrInvalidAuthToken) && !errors.Is(known, rpctypes.ErrAuthOldRevision) &&
		!errors.Is(known, rpctypes.ErrUserEmpty) {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.token != token {
		return true
	}
	l.noteRejection(known)
	had := l.token != "" || l.authOff
	l.token, l.authOff = "", false
	return had
}

// explainDenied returns why a call was denied: a login that failed, is still running, or was withheld, if that is the
// cause.
func (p *Prober) explainDenied(c *conn, err error) error {
	if p.cfg.Token != "" {
		return p.explainToken(c, err)
	}
	known := etcdError(err)
	denied := errors.Is(known, rpctypes.ErrPermissionDenied)
	if p.cfg.User == "" || !denied && !errors.Is(known, rpctypes.ErrUserEmpty) {
		return err
	}
	if !p.cfg.trusts(c.endpoint) {
		return withEndpoint(c.endpoint, errWithheld)
	}
	l := &c.login
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case denied && l.token != "":
		return err // else it was denied to whom the client certificate names
	case isRefused(l.failure):
		return l.failure
	case l.failure != nil:
		why := explain(l.failure, "", loginTimeoutFactor*p.cfg.CommandTimeout)
		return withEndpoint(c.endpoint, &Error{Kind: ErrLogin,
			Text: "it answers, but etcdoc could not log in: " + why.Text})
	case l.inProgress != nil:
		return withEndpoint(c.endpoint, &Error{Kind: ErrLogin,
			Text: "it answers, but has not answered etcdoc's login yet"})
	}
	return err
}

// explainToken returns why a call with the given token was denied, if the token is the cause.
func (p *Prober) explainToken(c *conn, err error) error {
	known := etcdError(err)
	switch {
	case errors.Is(known, rpctypes.ErrUserEmpty) && !p.cfg.trusts(c.endpoint):
		return withEndpoint(c.endpoint, errWithheld)
	case !errors.Is(known, rpctypes.ErrInvalidAuthToken):
		return err
	}
	kind := ErrToken
	text := "the member does not accept the token of --auth-jwt-token: it is no JSON Web Token, another issuer signed " +
		"it, the member's --auth-token is not jwt, or its clock differs"
	if end := expiryOf(p.cfg.Token); !end.IsZero() && !end.After(p.cfg.Now()) {
		kind = ErrTokenExpired
		text = "the token of --auth-jwt-token expired at " + end.UTC().Format(time.RFC3339) + ": give a new one"
	}
	return withEndpoint(c.endpoint, &Error{Kind: kind, Text: text})
}
