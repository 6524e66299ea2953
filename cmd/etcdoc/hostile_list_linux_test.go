package main

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"google.golang.org/grpc"
)

// listed is how many members a hostile endpoint's list names: fewer than the prober's limit, and it dials each of
// them.
const listed = 90

// listedBodies are the expositions of the listed members: 15 MB each, much of which is read.
var listedBodies = map[string]func() []byte{
	"large series": func() []byte {
		var b bytes.Buffer
		for i := range 7000 {
			fmt.Fprintf(&b, "etcd_server_feature_enabled{name=\"%d-%s\",stage=\"\"} 1\n", i, large[:2000])
		}
		return b.Bytes()
	},
	"many gRPC names": func() []byte {
		var b bytes.Buffer
		for i := range 45_000 {
			fmt.Fprintf(&b, "grpc_server_handled_total{grpc_code=\"%d-%s\",grpc_method=\"m%d\","+
				"grpc_service=\"s\",grpc_type=\"unary\"} 1\n", i, large[:200], i)
		}
		return b.Bytes()
	},
	"as much as may be named": func() []byte {
		var b bytes.Buffer
		crowd(&b, 1, 0, 1)
		_, after, _ := bytes.Cut(b.Bytes(), []byte("etcd_server_has_leader 1\n"))
		return after
	},
	"labels of other names in each series": func() []byte {
		var b bytes.Buffer
		for i := range 20_000 {
			fmt.Fprintf(&b, "etcd_server_has_leader{a%d=\"1\",b%d=\"2\",c%d=\"3\"} 1\n", i, i, i)
		}
		return b.Bytes()
	},
}

// hostileList is an endpoint that lists many members with large expositions, and counts the requests for those.
func hostileList(t *testing.T, body []byte) (endpoint string, asked *atomic.Int64) {
	t.Helper()
	asked = new(atomic.Int64)
	var members []*pb.Member
	for i := range listed {
		id := uint64(i + 1)
		listener := listen(t)
		members = append(members, &pb.Member{ID: id, Name: fmt.Sprint("m", id),
			ClientURLs: []string{"http://" + listener.Addr().String()}})
		head := &pb.ResponseHeader{ClusterId: 1, MemberId: id, RaftTerm: 2}
		member := &villain{
			status: func() (*pb.StatusResponse, error) {
				return &pb.StatusResponse{Header: head, Version: "3.6.0", Leader: 1, RaftTerm: 2}, nil
			},
			list: func() (*pb.MemberListResponse, error) {
				return &pb.MemberListResponse{Header: head, Members: members}, nil
			},
		}
		calls := grpc.NewServer()
		pb.RegisterMaintenanceServer(calls, member)
		pb.RegisterClusterServer(calls, member)
		pb.RegisterKVServer(calls, member)
		web := &http.Server{ReadHeaderTimeout: patience, Protocols: new(http.Protocols),
			Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.ProtoMajor == 2 {
					calls.ServeHTTP(w, r)
					return
				}
				asked.Add(1)
				begin(w, int(id))
				_, _ = w.Write(body) // until nobody reads it any more
			})}
		web.Protocols.SetHTTP1(true)
		web.Protocols.SetUnencryptedHTTP2(true)
		t.Cleanup(func() { _ = web.Close() })
		defer func() { go func() { _ = web.Serve(listener) }() }() // once the list is complete, until it is closed
	}
	return members[0].ClientURLs[0], asked
}

// TestManyMembersAreBounded: memory and work do not grow with the number of listed members.
func TestManyMembersAreBounded(t *testing.T) {
	t.Parallel()
	binary := build(t)
	for name, body := range listedBodies {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			endpoint, _ := hostileList(t, body())
			checkMemory(t, binary, []string{"--endpoints", endpoint, "--dial-timeout", "5s"}, mostMemory)
		})
	}
}

// mostGoodbye bounds the CPU time between a signal and the end: on a busy host, wall time would measure the other
// processes.
const mostGoodbye = 2 * time.Second

// TestSignalsEndItWhileItDecodes sends a signal while it reads the expositions of a hostile list.
func TestSignalsEndItWhileItDecodes(t *testing.T) {
	t.Parallel()
	binary := build(t)
	for name, body := range listedBodies {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			endpoint, asked := hostileList(t, body())
			cmd := exec.Command(binary, "--plain", "--interval", "100ms", "--command-timeout", "20s", "--endpoints",
				endpoint)
			cmd.Env = []string{"HOME=" + t.TempDir(), "PATH=" + os.Getenv("PATH")}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			for deadline := time.Now().Add(patience); asked.Load() < listed/2 && time.Now().Before(deadline); {
				time.Sleep(time.Millisecond)
			}
			before := processorTime(cmd.Process.Pid)
			if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
				t.Fatal(err)
			}
			signalled := time.Now()
			if code := ended(t, cmd); code < 0 {
				t.Error("the signal killed it, and it tidied up nothing")
			}
			took := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime() - before
			t.Logf("it ended in %v, and worked for %v", time.Since(signalled).Round(time.Millisecond), took)
			if took > mostGoodbye {
				t.Errorf("it went on working for %v, want at most %v", took, mostGoodbye)
			}
		})
	}
}

// processorTime returns the CPU time of a process so far (see proc_pid_stat(5)).
func processorTime(pid int) time.Duration {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	const tick, user, system = time.Second / 100, 11, 12 // fields behind the name
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	var all time.Duration
	for _, field := range []string{fields[user], fields[system]} {
		var ticks int64
		if _, err := fmt.Sscan(field, &ticks); err != nil {
			return 0
		}
		all += time.Duration(ticks) * tick
	}
	return all
}

// programDir is where built puts the program; TestMain makes and removes it.
var programDir string

// built builds the released program once: the race detector would take many times the memory.
var built = sync.OnceValues(func() (binary string, err error) {
	binary = filepath.Join(programDir, "etcdoc")
	if said, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		return "", fmt.Errorf("building etcdoc: %w: %s", err, said)
	}
	return binary, nil
})

func build(t *testing.T) (binary string) {
	t.Helper()
	binary, err := built()
	if err != nil {
		t.Fatal(err)
	}
	return binary
}
