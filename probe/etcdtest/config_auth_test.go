package etcdtest_test

import (
	"slices"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"

	"github.com/etcdoc/etcdoc/probe/etcdtest"
)

func TestAuthenticationWithSimpleTokensAndWithJWT(t *testing.T) {
	t.Parallel()
	for name, ttl := range map[string]time.Duration{"simple": 0, "JWT": 10 * time.Second} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx := within(t)
			c := etcdtest.New(t, etcdtest.Config{
				Size: 1, RootPassword: "secret", TokenTTL: ttl,
			})
			m := c.Members()[0]
			if _, err := c.Client().Put(ctx, "a", "1"); err != nil {
				t.Fatal(err)
			}
			anonymous, err := clientv3.New(clientv3.Config{Endpoints: c.Endpoints(), Logger: zap.NewNop()})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = anonymous.Close() }()
			if _, err := anonymous.Get(ctx, "a"); err == nil {
				t.Error("a client without a password read")
			}
			if err := m.Restart(ctx); err != nil {
				t.Fatal(err)
			}
			if ttl == 0 {
				return
			}
			token := func() string {
				got, err := anonymous.Authenticate(ctx, "root", "secret")
				if err != nil {
					t.Fatal(err)
				}
				return got.Token
			}
			first := token()
			await(ctx, t, "a token with another time", func() bool { return token() != first })
		})
	}
}

// TestAdvertise: the member list has the configured URLs, while members listen on ports of their own.
func TestAdvertise(t *testing.T) {
	t.Parallel()
	ctx := within(t)
	c := etcdtest.New(t, etcdtest.Config{Advertise: func(_ *etcdtest.Member, all []*etcdtest.Member) []string {
		return []string{all[0].ClientURL, "http://127.0.0.1:2379"}
	}})
	want := []string{c.Members()[0].ClientURL, "http://127.0.0.1:2379"}
	slices.Sort(want)
	list, err := c.Client().MemberList(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range list.Members {
		slices.Sort(m.ClientURLs)
		if !slices.Equal(m.ClientURLs, want) {
			t.Errorf("%s advertises %v, want %v", m.Name, m.ClientURLs, want)
		}
	}
}

func TestAGRPCProxyAnswersForTheCluster(t *testing.T) {
	t.Parallel()
	ctx := within(t)
	c := etcdtest.New(t, etcdtest.Config{})
	for lists, want := range map[bool]int{etcdtest.ListsItself: 1, etcdtest.ListsMembers: 3} {
		proxy, err := c.GRPCProxy(ctx, lists)
		if err != nil {
			t.Fatal(err)
		}
		if list, err := proxy.Client().MemberList(ctx); err != nil || len(list.Members) != want {
			t.Errorf("it lists %v, %v; want %d", list, err, want)
		}
	}
	proxy, err := c.GRPCProxy(ctx, etcdtest.ListsItself)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := proxy.Client().Put(ctx, "a", "1"); err != nil {
		t.Fatal(err)
	}
	got, err := c.Client().Get(ctx, "a")
	if err != nil || got.Count != 1 {
		t.Errorf("what was written through the proxy: %v, %v", got, err)
	}
	for range 2 {
		if err := proxy.Close(); err != nil {
			t.Fatal(err)
		}
	}
	secured := etcdtest.New(t, etcdtest.Config{Size: 1, TLS: etcdtest.ServerTLS})
	if _, err := secured.GRPCProxy(ctx, etcdtest.ListsItself); err == nil {
		t.Error("a proxy in front of TLS was started")
	}
}
