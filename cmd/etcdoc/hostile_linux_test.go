package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// mostMemory bounds the memory of the whole process in bytes, whatever an endpoint does.
const mostMemory = 100 << 20

// villain is a member with malicious answers.
type villain struct {
	pb.UnimplementedMaintenanceServer
	pb.UnimplementedClusterServer
	pb.UnimplementedKVServer
	status func() (*pb.StatusResponse, error)
	list   func() (*pb.MemberListResponse, error)
}

func (v *villain) Status(context.Context, *pb.StatusRequest) (*pb.StatusResponse, error) {
	return v.status()
}

func (v *villain) MemberList(context.Context, *pb.MemberListRequest) (*pb.MemberListResponse, error) {
	return v.list()
}

func header() *pb.ResponseHeader { return &pb.ResponseHeader{ClusterId: 1, MemberId: 1, RaftTerm: 2} }

func plainStatus() (*pb.StatusResponse, error) {
	return &pb.StatusResponse{Header: header(), Version: "3.6.0", Leader: 1, RaftTerm: 2}, nil
}

func plainList() (*pb.MemberListResponse, error) {
	return &pb.MemberListResponse{Header: header(),
		Members: []*pb.Member{{ID: 1, Name: "m", ClientURLs: []string{"http://127.0.0.1:1"}}}}, nil
}

// listOf returns a list of that many members, with names of that length.
func listOf(n, length int) func() (*pb.MemberListResponse, error) {
	return func() (*pb.MemberListResponse, error) {
		r := &pb.MemberListResponse{Header: header()}
		for i := range n {
			r.Members = append(r.Members, &pb.Member{
				ID: uint64(i + 1), Name: strconv.Itoa(i) + large[:length],
				ClientURLs: []string{fmt.Sprintf("http://127.0.0.1:%d", i%60000+1)},
			})
		}
		return r, nil
	}
}

// hostileMembers are members with malicious answers.
var hostileMembers = map[string]*villain{
	"a huge answer": {status: func() (*pb.StatusResponse, error) {
		return &pb.StatusResponse{Header: header(), Version: strings.Repeat(large, 1000)}, nil
	}, list: plainList},
	"many long errors": {status: func() (*pb.StatusResponse, error) {
		r, _ := plainStatus()
		for range 40 {
			r.Errors = append(r.Errors, large)
		}
		return r, nil
	}, list: plainList},
	"a deep error": {status: func() (*pb.StatusResponse, error) {
		return nil, status.Error(codes.Internal, strings.Repeat("e", 1<<20))
	}, list: plainList},
	"huge names":      {status: plainStatus, list: listOf(50, 60_000)},
	"100,000 members": {status: plainStatus, list: listOf(100_000, 0)},
	"30,000 members":  {status: plainStatus, list: listOf(30_000, 0)},
	"100 members":     {status: plainStatus, list: listOf(100, 200)},
}

// TestMemoryIsBounded measures the real process against malicious endpoints, in a check and while it watches: against
// one of them, and against as many as a cluster has members.
func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	binary := build(t)
	none := func(w http.ResponseWriter, _ *http.Request, _, _ int) { http.NotFound(w, nil) }
	for _, n := range []int{1, 7} {
		for name, exposes := range hostileMetrics {
			t.Run(fmt.Sprintf("metrics/%s of %d", name, n), func(t *testing.T) {
				t.Parallel()
				checkMemory(t, binary, hostile(t, clusterOf(n), exposes), mostMemory)
			})
		}
	}
	for name, member := range hostileMembers {
		t.Run("member/"+name, func(t *testing.T) {
			t.Parallel()
			checkMemory(t, binary, hostile(t, []*villain{member}, none), mostMemory)
		})
	}
}

// clusterOf returns n members that are honest except for their metrics.
func clusterOf(n int) []*villain {
	var all []*villain
	for i := range n {
		head := &pb.ResponseHeader{ClusterId: 1, MemberId: uint64(i + 1), RaftTerm: 2}
		all = append(all, &villain{
			status: func() (*pb.StatusResponse, error) {
				return &pb.StatusResponse{Header: head, Version: "3.6.0", Leader: 1, RaftTerm: 2}, nil
			},
			list: func() (*pb.MemberListResponse, error) {
				r := &pb.MemberListResponse{Header: head}
				for j := range n {
					r.Members = append(r.Members, &pb.Member{ID: uint64(j + 1), Name: fmt.Sprint("m", j+1),
						ClientURLs: []string{fmt.Sprintf("http://127.0.0.1:%d", j+1)}})
				}
				return r, nil
			},
		})
	}
	return all
}

// hostile serves the members, each with its metrics, and returns the arguments that make etcdoc observe them.
func hostile(t *testing.T, members []*villain, exposes exposition) []string {
	t.Helper()
	var endpoints, metricsEndpoints []string
	for i, member := range members {
		listener, metrics := listen(t), listen(t)
		server := grpc.NewServer(grpc.MaxSendMsgSize(1 << 30))
		pb.RegisterMaintenanceServer(server, member)
		pb.RegisterClusterServer(server, member)
		pb.RegisterKVServer(server, member)
		go func() { _ = server.Serve(listener) }() // until it is stopped
		t.Cleanup(server.Stop)
		var asked atomic.Int64
		web := &http.Server{ReadHeaderTimeout: patience,
			Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				exposes(w, r, i+1, int(asked.Add(1)))
			})}
		go func() { _ = web.Serve(metrics) }() // until it is closed
		t.Cleanup(func() { _ = web.Close() })  // an endless body
		endpoints = append(endpoints, listener.Addr().String())
		metricsEndpoints = append(metricsEndpoints, "http://"+metrics.Addr().String())
	}
	return []string{"--endpoints", strings.Join(endpoints, ","), "--metrics-endpoints",
		strings.Join(metricsEndpoints, ",")}
}

// modes are the ways to run etcdoc against them, and for how long if it does not end by itself.
var modes = []struct {
	args []string
	last time.Duration
}{
	{[]string{"check", "-o", "json", "--window", "300ms", "--command-timeout", "1s"}, patience},
	{[]string{"--plain", "--interval", "100ms", "--command-timeout", "1s"}, 1500 * time.Millisecond},
}

func checkMemory(t *testing.T, binary string, reach []string, most int) {
	t.Helper()
	for _, mode := range modes {
		began := time.Now()
		peak := peakOf(t, binary, append(mode.args, reach...), mode.last)
		t.Logf("%s: at most %d MiB, in %v", mode.args[0], peak>>20, time.Since(began).Round(time.Millisecond))
		if peak > most {
			t.Errorf("%s takes %d MiB, want at most %d", mode.args[0], peak>>20, most>>20)
		}
	}
}

// peakOf returns the peak memory of etcdoc in bytes until it ends, or is stopped.
func peakOf(t *testing.T, binary string, args []string, last time.Duration) int {
	t.Helper()
	cmd := exec.Command(binary, args...)
	cmd.Env = []string{"HOME=" + t.TempDir(), "PATH=" + os.Getenv("PATH")}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = cmd.Wait() // its exit code does not matter here
	}()
	peak, began := 0, time.Now()
	for {
		select {
		case <-done:
			return peak
		case <-time.After(5 * time.Millisecond):
		}
		peak = max(peak, peakBytes(cmd.Process.Pid))
		if time.Since(began) > last {
			_ = cmd.Process.Signal(syscall.SIGTERM) // again, until it has ended
		}
		if time.Since(began) > last+patience {
			_ = cmd.Process.Kill()
			<-done
			t.Fatalf("%s: it does not end", args[0])
		}
	}
}

// TestGRPCWritesNothing: gRPC logs each GOAWAY of that kind as an error, and would write it over the dashboard.
func TestGRPCWritesNothing(t *testing.T) {
	t.Parallel()
	listener := listen(t)
	defer listener.Close()
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			_, _ = io.WriteString(c, "\x00\x00\x00\x04\x00\x00\x00\x00\x00"+ // no settings
				"\x00\x00\x16\x07\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x0btoo_many_pings") // GOAWAY
			go func() {
				defer c.Close()
				_, _ = io.Copy(io.Discard, c)
			}()
		}
	}()
	cmd := exec.Command(build(t), "check", "--window", "0", "--dial-timeout", "500ms", "--command-timeout", "1s",
		"--endpoints", listener.Addr().String())
	cmd.Env = []string{"HOME=" + t.TempDir(), "PATH=" + os.Getenv("PATH")}
	said, _ := cmd.CombinedOutput() // it can't check
	if text := string(said); strings.Contains(text, "GoAway") || !strings.Contains(text, listener.Addr().String()) {
		t.Errorf("it says %s", text)
	}
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return listener
}

// peakBytes returns the peak memory of a process so far (VmHWM, see proc_pid_status(5)), or 0 if it has ended.
func peakBytes(pid int) int {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	_, after, _ := strings.Cut(string(text), "VmHWM:")
	var kib int
	if _, err := fmt.Sscan(after, &kib); err != nil {
		return 0
	}
	return kib << 10
}
