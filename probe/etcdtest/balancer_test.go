package etcdtest_test

import (
	"bufio"
	"io"
	"net"
	"testing"

	"github.com/etcdoc/etcdoc/probe/etcdtest"
)

func TestABalancerTakesItsTargetsInTurn(t *testing.T) {
	t.Parallel()
	ctx := within(t)
	balancer, err := etcdtest.NewBalancer(greeter(t, "one"), greeter(t, "two"))
	if err != nil {
		t.Fatal(err)
	}
	defer balancer.Close()
	for i, want := range []string{"one", "two", "one"} {
		got, err := bufio.NewReader(dial(ctx, t, balancer)).ReadString('\n')
		if err != nil || got != want+"\n" {
			t.Errorf("connection %d led to %q, %v; want %s", i, got, err, want)
		}
	}
	if _, err := etcdtest.NewBalancer(); err == nil {
		t.Error("a balancer without targets was started")
	}
}

// greeter is a server that sends its name to each connection.
func greeter(t *testing.T, name string) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			_, _ = io.WriteString(conn, name+"\n")
			_ = conn.Close()
		}
	}()
	return listener.Addr().String()
}
