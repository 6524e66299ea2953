package probe

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
)

// awaitingMember answers no Status before its exposition has been read.
type awaitingMember struct {
	pb.UnimplementedMaintenanceServer
	scraped <-chan struct{}
}

func (m *awaitingMember) Status(ctx context.Context, _ *pb.StatusRequest) (*pb.StatusResponse, error) {
	select {
	case <-m.scraped:
		return &pb.StatusResponse{Header: &pb.ResponseHeader{ClusterId: 7, MemberId: 1}, Version: "3.6.0", Leader: 1}, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// TestScrapeBesideTheFirstStatus: the first exposition is read beside the first Status, once, and counts only for the
// member that the Status names.
func TestScrapeBesideTheFirstStatus(t *testing.T) {
	t.Parallel()
	for _, id := range []int{1, 2} {
		t.Run(fmt.Sprintf("of member %d", id), func(t *testing.T) {
			t.Parallel()
			scraped := make(chan struct{})
			var reads atomic.Int64
			metrics := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				_, _ = fmt.Fprintf(w, "# TYPE etcd_server_id gauge\netcd_server_id{server_id=\"%x\"} 1\n", id)
				if reads.Add(1) == 1 {
					close(scraped)
				}
			}))
			defer metrics.Close()
			url := serveMaintenance(t, &awaitingMember{scraped: scraped}, nil)
			p := start(t, Config{Endpoints: []string{url}, MetricsAt: "http://:" + parsed(metrics.URL).Port()})
			m := next(t, p).Members[0]
			if m.Status.Err != nil || !m.Status.Answered() {
				t.Fatalf("its Status: %v", m.Status.Err)
			}
			if own := id == 1; m.Metrics.Answered() != own || (m.Metrics.Err == nil) != own {
				t.Errorf("its exposition counts: %v, %v", m.Metrics.Answered(), m.Metrics.Err)
			}
			if reads.Load() != 1 {
				t.Errorf("its exposition was read %d times", reads.Load())
			}
		})
	}
}
