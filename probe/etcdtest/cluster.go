package etcdtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
)

const (
	// startAttempts bounds the attempts to start when somebody takes a port between its choice and its use.
	startAttempts = 3
	// testStartTimeout bounds the start of a cluster in a test, which takes long with the race detector.
	testStartTimeout = 2 * time.Minute
	// testLogBytes is how much of each member's log a failed test shows.
	testLogBytes = 4 << 10
)

// A Cluster is a running etcd cluster. Start makes one; Stop ends it.
type Cluster struct {
	// Certs are what clients need; empty in plain text.
	Certs Certs

	config Config
	dir    string // all its files
	// authenticated says that its clients must log in; set before Start returns.
	authenticated bool
	client        *clientv3.Client
	spawner       *spawner
	logMu         sync.Mutex // guards every member's log, and config.Log
	stop          sync.Once
	stopErr       error

	mu          sync.Mutex
	members     []*Member
	created     int // members ever created: names are not reused
	links       map[[2]string]*Link
	stopped     bool
	grpcProxies []*GRPCProxy
}

// TB is what New needs of *testing.T and *testing.B, so that other programs do not link package testing.
type TB interface {
	Helper()
	Cleanup(func())
	Context() context.Context
	Failed() bool
	Fatalf(format string, args ...any)
	Logf(format string, args ...any)
	TempDir() string
}

// New starts a cluster that ends with the test. If the test fails, it shows the ends of the members' logs.
func New(t TB, config Config) *Cluster {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), testStartTimeout)
	defer cancel()
	if config.Dir == "" {
		config.Dir = t.TempDir()
	}
	c, err := Start(ctx, config)
	if err != nil {
		t.Fatalf("starting an etcd cluster: %v", err)
	}
	t.Cleanup(func() {
		c.showLogs(t)
		if err := c.Stop(); err != nil {
			t.Logf("stopping the etcd cluster: %v", err)
		}
	})
	return c
}

// showLogs shows the ends of the members' logs if the test has failed.
func (c *Cluster) showLogs(t TB) {
	t.Helper()
	if !t.Failed() {
		return
	}
	for _, m := range c.Members() {
		tail := m.LogTail()
		t.Logf("the end of the log of %s:\n%s", m.Name, tail[max(0, len(tail)-testLogBytes):])
	}
}

// Start starts a cluster and returns once it is healthy. If ctx or a member ends before that, it leaves nothing behind.
func Start(ctx context.Context, config Config) (*Cluster, error) {
	for attempt := 1; ; attempt++ {
		c, err := start(ctx, config)
		if err == nil {
			return c, nil
		}
		if attempt == startAttempts || !strings.Contains(err.Error(), "address already in use") {
			return nil, err
		}
	}
}

func start(ctx context.Context, config Config) (*Cluster, error) {
	dir, err := os.MkdirTemp(config.Dir, "etcdtest-")
	if err != nil {
		return nil, fmt.Errorf("making a directory for the cluster: %w", err)
	}
	c := &Cluster{config: config, dir: dir, spawner: newSpawner(), links: map[[2]string]*Link{}}
	if err := c.launch(ctx); err != nil {
		return nil, errors.Join(err, c.Stop())
	}
	return c, nil
}

// launch makes the first members, starts them and waits until the cluster is healthy.
func (c *Cluster) launch(ctx context.Context) error {
	if c.config.TLS != PlainText {
		certs, err := makeCerts(c.dir, c.config.ServerNotAfter)
		if err != nil {
			return err
		}
		c.Certs = *certs
	}
	if err := c.makeTokenKey(); err != nil {
		return err
	}
	for range c.config.size() {
		if _, err := c.newMember(); err != nil {
			return err
		}
	}
	for _, m := range c.Members() {
		m.args = c.memberArgs(m, "new")
		if err := m.start(); err != nil {
			return err
		}
	}
	for _, m := range c.Members() {
		if err := m.waitServing(ctx); err != nil {
			return err
		}
	}
	if err := c.learnIDs(ctx); err != nil {
		return err
	}
	config, err := c.ClientConfig()
	if err != nil {
		return err
	}
	if c.client, err = clientv3.New(config); err != nil {
		return fmt.Errorf("making a client: %w", err)
	}
	if err := c.WaitHealthy(ctx); err != nil {
		return err
	}
	return c.enableAuth(ctx)
}

// scheme is the scheme of client and peer URLs.
func (c *Cluster) scheme() string {
	if c.config.TLS == PlainText {
		return "http"
	}
	return "https"
}

// Members returns the current members in the order of their creation.
func (c *Cluster) Members() []*Member {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.members)
}

// Endpoints returns the members' client URLs.
func (c *Cluster) Endpoints() []string {
	var urls []string
	for _, m := range c.Members() {
		urls = append(urls, m.ClientURL)
	}
	return urls
}

// ClientConfig returns the configuration of a client of all members.
func (c *Cluster) ClientConfig() (clientv3.Config, error) { return c.clientConfig(c.Endpoints()...) }

func (c *Cluster) clientConfig(endpoints ...string) (clientv3.Config, error) {
	config := clientv3.Config{
		Endpoints: endpoints,
		Logger:    zap.NewNop(),
		// Members come and go all the time here, on nobody else's network: retry soon.
		DialOptions: []grpc.DialOption{grpc.WithConnectParams(grpc.ConnectParams{
			Backoff: backoff.Config{BaseDelay: 20 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2,
				MaxDelay: 500 * time.Millisecond},
			MinConnectTimeout: time.Second,
		})},
	}
	if c.authenticated {
		config.Username, config.Password = rootUser, c.config.RootPassword
	}
	if c.config.TLS != PlainText {
		tlsConfig, err := c.Certs.tlsConfig(c.config.ServerNotAfter)
		if err != nil {
			return clientv3.Config{}, err
		}
		config.TLS = tlsConfig
	}
	return config, nil
}

// Client is a client of the cluster, valid as long as the cluster lives. It must not be closed.
func (c *Cluster) Client() *clientv3.Client { return c.client }

// Stop kills the members and removes their files. Only its first call does anything.
func (c *Cluster) Stop() error {
	c.stop.Do(func() { c.stopErr = c.shutDown() })
	return c.stopErr
}

func (c *Cluster) shutDown() error {
	c.mu.Lock()
	c.stopped = true
	c.mu.Unlock()
	// Without that thread nobody can start another member.
	c.spawner.close()
	var errs []error
	if c.client != nil {
		errs = append(errs, c.client.Close())
	}
	for _, p := range c.proxies() {
		errs = append(errs, p.Close())
	}
	for _, m := range c.Members() {
		errs = append(errs, m.discard())
	}
	if err := os.RemoveAll(c.dir); err != nil {
		errs = append(errs, fmt.Errorf("removing the cluster's directory: %w", err))
	}
	return errors.Join(errs...)
}
