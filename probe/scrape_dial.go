package probe

import (
	"context"
	"crypto/tls"
	"net"
	"sync"
)

// dialHTTP connects for HTTP; over TLS if cl is given, with the certificate files as they are at that time.
func dialHTTP(p *Prober, cl *client) func(ctx context.Context, network, address string) (net.Conn, error) {
	return func(ctx context.Context, _, address string) (net.Conn, error) {
		ctx, cancel := context.WithTimeout(ctx, p.cfg.DialTimeout)
		defer cancel()
		network, address := dialAddress(address)
		r := routeOf(ctx)
		switch {
		case cl == nil:
			raw, err := p.cfg.dialRoute(ctx, r, network, address)
			if err != nil {
				return nil, err
			}
			return newWriteFirstConn(raw), nil
		case network == "unix", r.address != "":
			return p.dialTLS(ctx, cl, r, network, address)
		}
		// A stalled handshake is overtaken here and not by another request, whose connection net/http would give to the
		// one that still waits for its own.
		c, silent, failed := overRoutes(ctx, &p.cfg, "https://"+address, func(ctx context.Context, own *route) (net.Conn, error) {
			return p.dialTLS(ctx, cl, own, network, address)
		}, func(late net.Conn) { _ = late.Close() })
		if len(failed) > 0 && c == nil {
			return nil, tellingOf(failed)
		}
		r.accept(c, silent)
		return c, nil
	}
}

// dialTLS connects over TLS by a route.
func (p *Prober) dialTLS(ctx context.Context, cl *client, r *route, network, address string) (net.Conn, error) {
	raw, err := p.cfg.dialRoute(ctx, r, network, address)
	if err != nil {
		return nil, err
	}
	config := p.tls.config("http/1.1", cl.noteCertificates)
	switch {
	case config.ServerName != "":
	case network == "unix":
		config.ServerName = socketName(address)
	default:
		config.ServerName = serverNameOf("https://" + address)
	}
	return secured(ctx, newWriteFirstConn(raw), config)
}

// secured makes the handshake of TLS on a connection, which it closes if that fails.
func secured(ctx context.Context, raw net.Conn, config *tls.Config) (net.Conn, error) {
	secure := tls.Client(raw, config)
	if err := secure.HandshakeContext(ctx); err != nil {
		_ = raw.Close()
		return nil, chainFirst(err, config.RootCAs)
	}
	return secure, nil
}

// A writeFirstConn blocks reads until the first write. A gRPC-only port speaks first, and net/http would log that to
// the standard logger, and so onto the dashboard.
type writeFirstConn struct {
	net.Conn
	once  sync.Once
	wrote chan struct{} // closed at the first Write, or at Close
}

func newWriteFirstConn(raw net.Conn) *writeFirstConn {
	return &writeFirstConn{Conn: raw, wrote: make(chan struct{})}
}

func (c *writeFirstConn) Read(b []byte) (int, error) {
	<-c.wrote
	return c.Conn.Read(b)
}

func (c *writeFirstConn) Write(b []byte) (int, error) {
	c.once.Do(func() { close(c.wrote) })
	return c.Conn.Write(b)
}

func (c *writeFirstConn) Close() error {
	c.once.Do(func() { close(c.wrote) })
	return c.Conn.Close()
}
