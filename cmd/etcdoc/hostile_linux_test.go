package main

import (
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
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

// mostMemory is what the whole process may take, in bytes, whatever an endpoint does.
const mostMemory = 150 << 20

// large is a piece of what has no end.
var large = strings.Repeat("x", 64<<10)

// hostileMetrics are expositions of endpoints that mean ill.
var hostileMetrics = map[string]http.HandlerFunc{
	"a body without end": func(w http.ResponseWriter, _ *http.Request) {
		for {
			if _, err := io.WriteString(w, "# HELP x "+large+"\n"); err != nil {
				return
			}
		}
	},
	"a line without end": func(w http.ResponseWriter, _ *http.Request) {
		for {
			if _, err := io.WriteString(w, large); err != nil {
				return
			}
		}
	},
	"a byte at a time": func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			if _, err := io.WriteString(w, "x"); err != nil {
				return
			}
			if f, is := w.(http.Flusher); is {
				f.Flush()
			}
			select {
			case <-r.Context().Done():
			case <-time.After(10 * time.Millisecond):
			}
		}
	},
	"headers without end": func(w http.ResponseWriter, _ *http.Request) {
		hijacker, is := w.(http.Hijacker)
		if !is {
			return
		}
		c, _, err := hijacker.Hijack()
		if err != nil {
			return
		}
		defer c.Close()
		_, err = io.WriteString(c, "HTTP/1.1 200 OK\r\n")
		for i := 0; err == nil; i++ {
			_, err = fmt.Fprintf(c, "X-%d: %s\r\n", i, large[:1000])
		}
	},
	"a gzip bomb": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		zip := gzip.NewWriter(w)
		for {
			if _, err := io.WriteString(zip, large); err != nil {
				return
			}
		}
	},
	"other labels each time": func() http.HandlerFunc {
		var asked atomic.Int64
		return func(w http.ResponseWriter, _ *http.Request) {
			n := asked.Add(1)
			fmt.Fprint(w, "etcd_server_has_leader 1\n")
			for i := range 40_000 {
				fmt.Fprintf(w, "grpc_server_handled_total{grpc_code=\"%d-%d-%s\",grpc_method=\"m\",grpc_service=\"s\",grpc_type=\"unary\"} 1\n", n, i, large[:200])
			}
		}
	}(),
	"a deep status line": func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, large, http.StatusTeapot)
	},
}

// villain is a member whose answers mean ill.
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
	return &pb.MemberListResponse{Header: header(), Members: []*pb.Member{{ID: 1, Name: "m", ClientURLs: []string{"http://127.0.0.1:1"}}}}, nil
}

// listOf is a list of so many members, whose names are of a length.
func listOf(n, length int) func() (*pb.MemberListResponse, error) {
	return func() (*pb.MemberListResponse, error) {
		r := &pb.MemberListResponse{Header: header()}
		for i := range n {
			r.Members = append(r.Members, &pb.Member{
				ID: uint64(i + 1), Name: strconv.Itoa(i) + large[:length], ClientURLs: []string{fmt.Sprintf("http://127.0.0.1:%d", i%60000+1)},
			})
		}
		return r, nil
	}
}

// hostileMembers are members whose answers mean ill.
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

// TestMemoryIsBounded holds the real process to what it may take, against endpoints that mean ill, in a check and while it
// watches.
func TestMemoryIsBounded(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "etcdoc")
	// The race detector would take many times the memory: what is measured is what people run.
	if said, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	none := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { http.NotFound(w, nil) })
	for name, exposition := range hostileMetrics {
		t.Run("metrics/"+name, func(t *testing.T) {
			t.Parallel()
			checkMemory(t, binary, &villain{status: plainStatus, list: plainList}, exposition)
		})
	}
	for name, member := range hostileMembers {
		t.Run("member/"+name, func(t *testing.T) { t.Parallel(); checkMemory(t, binary, member, none) })
	}
}

func checkMemory(t *testing.T, binary string, member *villain, exposition http.HandlerFunc) {
	t.Helper()
	listener, metrics := listen(t), listen(t)
	server := grpc.NewServer(grpc.MaxSendMsgSize(1 << 30))
	pb.RegisterMaintenanceServer(server, member)
	pb.RegisterClusterServer(server, member)
	pb.RegisterKVServer(server, member)
	go func() { _ = server.Serve(listener) }() // until it is stopped
	t.Cleanup(server.Stop)
	web := &http.Server{Handler: exposition, ReadHeaderTimeout: patience}
	go func() { _ = web.Serve(metrics) }() // until it is closed
	t.Cleanup(func() { _ = web.Close() })  // what it serves has no end

	reach := []string{"--endpoints", listener.Addr().String(), "--metrics-endpoints", "http://" + metrics.Addr().String(), "--command-timeout", "300ms", "--dial-timeout", "300ms"}
	for _, args := range [][]string{{"check", "-o", "json", "--window", "300ms"}, {"--plain", "--interval", "100ms"}} {
		cmd := etcdoc(t, append(args, reach...)...)
		cmd.Path, cmd.Stdout, cmd.Stderr = binary, io.Discard, io.Discard
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		done := make(chan struct{})
		go func() {
			defer close(done)
			_ = cmd.Wait() // its exit code is not what this is about
		}()
		peak, began := 0, time.Now()
		for running := true; running; {
			select {
			case <-done:
				running = false
			case <-time.After(20 * time.Millisecond):
				peak = max(peak, residentBytes(cmd.Process.Pid))
				if args[0] == "--plain" && time.Since(began) > 700*time.Millisecond {
					_ = cmd.Process.Signal(syscall.SIGTERM) // again, until it has ended
				}
			}
			if time.Since(began) > patience {
				_ = cmd.Process.Kill()
				t.Fatalf("%s: it does not end", args[0])
			}
		}
		t.Logf("%s: at most %d MiB, in %v", args[0], peak>>20, time.Since(began).Round(time.Millisecond))
		if peak > mostMemory {
			t.Errorf("%s takes %d MiB, want at most %d", args[0], peak>>20, mostMemory>>20)
		}
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

// residentBytes is what a process takes now; 0 where it has ended.
func residentBytes(pid int) int {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return 0
	}
	var size, resident int
	if _, err := fmt.Sscan(string(text), &size, &resident); err != nil {
		return 0
	}
	return resident * os.Getpagesize()
}
