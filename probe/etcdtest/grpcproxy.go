package etcdtest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// A GRPCProxy is etcd's own `etcd grpc-proxy start` in front of a cluster, in a process of its own. It answers for the
// cluster: its Status is that of whichever member it asks.
type GRPCProxy struct {
	// URL is its client URL, which serves /metrics too.
	URL string

	process *process
	client  *clientv3.Client
	close   sync.Once
	err     error
}

// What a gRPC proxy answers to MemberList.
const (
	ListsItself  = false // the default
	ListsMembers = true  // without --advertise-client-url it forwards the request
)

// GRPCProxy starts a proxy in front of all members, which ends with the cluster, and waits until it serves. lists is
// what it answers to MemberList. It needs a cluster in plain text without authentication.
func (c *Cluster) GRPCProxy(ctx context.Context, lists bool) (*GRPCProxy, error) {
	if c.config.TLS != PlainText || c.authenticated {
		return nil, errors.New("starting a gRPC proxy: the cluster has TLS or authentication")
	}
	for attempt := 1; ; attempt++ {
		p, err := c.startGRPCProxy(ctx, lists)
		if err == nil {
			return p, nil
		}
		if attempt == startAttempts || !strings.Contains(err.Error(), "address already in use") {
			return nil, fmt.Errorf("starting a gRPC proxy: %w", err)
		}
	}
}

func (c *Cluster) startGRPCProxy(ctx context.Context, lists bool) (*GRPCProxy, error) {
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	advertised := address
	if lists {
		advertised = ""
	}
	log := &logTail{name: "grpc-proxy", next: c.config.Log, mu: &c.logMu}
	run, err := c.spawn([]string{
		"grpc-proxy", "start", "--endpoints=" + strings.Join(c.Endpoints(), ","), "--listen-addr=" + address,
		"--advertise-client-url=" + advertised, "--data-dir=" + filepath.Join(c.dir, "grpc-proxy"),
	}, log)
	if err != nil {
		return nil, err
	}
	p := &GRPCProxy{URL: "http://" + address, process: run}
	config, err := c.clientConfig(p.URL)
	if err == nil {
		p.client, err = clientv3.New(config)
	}
	if err == nil {
		err = run.waitServing(ctx, p.client, log)
	}
	if err != nil {
		return nil, errors.Join(err, p.Close())
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.grpcProxies = append(c.grpcProxies, p)
	return p, nil
}

// Client is a client of the proxy, valid as long as the proxy lives. It must not be closed.
func (p *GRPCProxy) Client() *clientv3.Client { return p.client }

// Close ends it. It may be called again.
func (p *GRPCProxy) Close() error {
	p.close.Do(func() {
		if p.client != nil {
			p.err = p.client.Close()
		}
		_ = p.process.cmd.Process.Signal(syscall.SIGKILL)
		<-p.process.exited
	})
	return p.err
}

func (c *Cluster) proxies() []*GRPCProxy {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.grpcProxies)
}

// freeAddress returns a loopback address on which nobody listens at the moment.
func freeAddress() (string, error) {
	listener, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return "", fmt.Errorf("finding a free port: %w", err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().String(), nil
}
