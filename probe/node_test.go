package probe

import (
	"context"
	"errors"
	"net"
	"sync/atomic"
	"testing"
	"time"
)

// TestNodeOf: a member runs on a node that has an address of its URLs, if only one has.
func TestNodeOf(t *testing.T) {
	t.Parallel()
	nodes := []Node{
		{Name: "a", Addresses: []string{"10.0.0.1", "fd00::1"}},
		{Name: "b", Addresses: []string{"10.0.0.2"}},
		{Name: "home", Addresses: []string{"127.0.0.1"}},
	}
	for name, test := range map[string]struct {
		member Member
		want   string
	}{
		"endpoint":      {Member{Endpoint: "https://10.0.0.1:2379"}, "a"},
		"client URL":    {Member{Endpoint: "https://lb:2379", ClientURLs: []string{"https://10.0.0.2:2379"}}, "b"},
		"peer URL":      {Member{Endpoint: "https://127.0.0.1:2379", PeerURLs: []string{"https://[fd00::1]:2380"}}, "a"},
		"nobody's":      {Member{Name: "a", Endpoint: "https://10.0.0.3:2379"}, ""},
		"of two":        {Member{Endpoint: "https://10.0.0.1:2379", PeerURLs: []string{"https://10.0.0.2:2380"}}, ""},
		"only loopback": {Member{Endpoint: "https://127.0.0.1:2379"}, ""},
	} {
		got := ""
		if n := nodeOf(&test.member, nodes); n != nil {
			got = n.Name
		}
		if got != test.want {
			t.Errorf("%s: it runs on %q, want %q", name, got, test.want)
		}
	}
}

// TestNodesAge: a member's node is known for three rounds after the last answer, and then why it is not.
func TestNodesAge(t *testing.T) {
	t.Parallel()
	var ahead, asked atomic.Int64
	var failing atomic.Bool
	p := start(t, Config{
		Endpoints: []string{"http://10.0.0.1:2379"},
		Now:       func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) },
		DialContext: func(context.Context, string, string) (net.Conn, error) {
			return nil, errors.New("nobody is there")
		},
		Nodes: func(context.Context) ([]Node, error) {
			asked.Add(1)
			if failing.Load() {
				return nil, errors.New("no way")
			}
			return []Node{{Name: "a", Addresses: []string{"10.0.0.1"}}}, nil
		},
	})
	hasNode := func(s Sweep) bool { return s.Members[0].Node != nil && s.NodesErr == nil }
	await(t, p, "there is a node", hasNode)
	for range 5 {
		next(t, p)
	}
	if n := asked.Load(); n != 1 {
		t.Errorf("it asks %d times in a moment", n)
	}
	failing.Store(true)
	ahead.Store(int64(2 * nodesEvery))
	await(t, p, "it has asked again", func(s Sweep) bool {
		if !hasNode(s) {
			t.Errorf("the node is forgotten at once: %v", s.NodesErr)
		}
		return asked.Load() == 2
	})
	ahead.Store(int64((nodesKept + 1) * nodesEvery))
	await(t, p, "the node is unknown", func(s Sweep) bool {
		return s.Members[0].Node == nil && s.NodesErr != nil && s.NodesErr.Text == "no way"
	})
}
