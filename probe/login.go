package probe

import (
	"context"
	"errors"
	"sync"
	"time"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	"google.golang.org/grpc/metadata"
)

const (
	// loginPatience is how long calls wait for a login. A login is a proposal, so that it hangs while there is no
	// leader; what can be asked without a token must not hang with it.
	loginPatience = 500 * time.Millisecond
	// loginAgain is how long a refused login is not tried again: checking a password costs the member as much
	// processor time as hundreds of reads.
	loginAgain = 10 * time.Second
)

// login is the token of one connection. A member forgets its tokens when it restarts, and after some minutes
// without use.
type login struct {
	mu    sync.Mutex
	token string
	// off says that the cluster has no authentication.
	off bool
	// under is closed when the attempt under way has ended; nil when there is none.
	under chan struct{}
	// began and ended are the times of the newest attempt.
	began, ended time.Time
	// failure is why the last attempt failed.
	failure error
}

// wanted reports whether it is time to log in.
func (l *login) wanted() bool {
	return l.token == "" && !l.off && (l.failure == nil || time.Since(l.ended) >= loginAgain)
}

// withToken adds the connection's token to a call's context, logging in first where that was not done. Without
// a token the call is made all the same: the member says whether it may be.
func (p *Prober) withToken(ctx context.Context, c *conn) context.Context {
	if p.cfg.User == "" {
		return ctx
	}
	l := &c.login
	l.mu.Lock()
	if l.under == nil && l.wanted() {
		l.under, l.began = make(chan struct{}), time.Now()
		p.calls.Go(func() { p.logIn(c) })
	}
	if done := l.under; done != nil {
		patience := time.NewTimer(time.Until(l.began.Add(loginPatience)))
		l.mu.Unlock()
		defer patience.Stop()
		select {
		case <-done:
		case <-patience.C:
		case <-ctx.Done():
		}
		l.mu.Lock()
	}
	defer l.mu.Unlock()
	if l.token == "" {
		return ctx
	}
	return metadata.AppendToOutgoingContext(ctx, rpctypes.TokenFieldNameGRPC, l.token)
}

func (p *Prober) logIn(c *conn) {
	ctx, cancel := context.WithTimeout(p.ctx, p.cfg.CommandTimeout)
	defer cancel()
	answer, err := pb.NewAuthClient(c.ActiveConnection()).Authenticate(ctx, &pb.AuthenticateRequest{Name: p.cfg.User, Password: p.cfg.Password})
	c.login.mu.Lock()
	defer c.login.mu.Unlock()
	close(c.login.under)
	c.login.under, c.login.ended = nil, time.Now()
	if c.login.off = errors.Is(rpctypes.Error(err), rpctypes.ErrAuthNotEnabled); c.login.off {
		err = nil
	}
	c.login.failure = err
	c.login.token = answer.GetToken()
}

// stale reports whether a call failed because the token is no longer valid, and forgets the token then, so that
// the next call logs in anew.
func (l *login) stale(err error) bool {
	known := rpctypes.Error(err)
	// A cluster whose authentication was off when we logged in, and that was turned on since, asks for a user.
	if !errors.Is(known, rpctypes.ErrInvalidAuthToken) && !errors.Is(known, rpctypes.ErrAuthOldRevision) && !errors.Is(known, rpctypes.ErrUserEmpty) {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	had := l.token != "" || l.off
	l.token, l.off = "", false
	return had
}

// why is what a call was refused for: the login that failed, or has not ended yet, if that is the cause.
func (l *login) why(err error) error {
	if !errors.Is(rpctypes.Error(err), rpctypes.ErrUserEmpty) {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.failure != nil:
		return l.failure
	case l.under != nil:
		return &Error{ErrPermission, "the login has not been answered yet: it needs a leader"}
	}
	return err
}
