package probe

import (
	"context"
	"net"
	"sync/atomic"
	"testing"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"google.golang.org/grpc"
)

// A cutMember answers every third Status by closing its connections.
type cutMember struct {
	pb.UnimplementedMaintenanceServer
	cut   func()
	calls atomic.Int64
}

func (m *cutMember) Status(ctx context.Context, _ *pb.StatusRequest) (*pb.StatusResponse, error) {
	if m.calls.Add(1)%3 == 0 {
		m.cut()
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return &pb.StatusResponse{Header: &pb.ResponseHeader{ClusterId: 7, MemberId: 1}, Version: "3.6.0", Leader: 1}, nil
}

// TestCutConnections: a member whose connections something closes during calls, and that answers on new ones at once,
// is not down.
func TestCutConnections(t *testing.T) {
	t.Parallel()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server, member := grpc.NewServer(), &cutMember{}
	pb.RegisterMaintenanceServer(server, member)
	go func() { _ = server.Serve(l) }() // until it is stopped
	t.Cleanup(server.Stop)
	url := "http://" + l.Addr().String()
	between := newForward(t, url)
	member.cut = func() { between.lead(url) }
	p := start(t, Config{Endpoints: []string{between.url()}})
	for member.calls.Load() < 30 {
		if err := next(t, p).Members[0].Status.Err; err != nil {
			t.Fatalf("after %d calls: %v", member.calls.Load(), err)
		}
	}
}
