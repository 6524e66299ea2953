package etcdtest

import (
	"fmt"
	"net"
	"os"
	"syscall"
)

// soReusePort is SO_REUSEPORT, which package syscall lacks on some architectures, on all that etcd supports.
const soReusePort = 0xf

// A port is a TCP port on loopback that is kept for one member for as long as the cluster lives: a socket is bound to
// it and never listens, so nobody else is given the port, while etcd (--socket-reuse-port) may listen on it; with no
// etcd listening, connections are refused.
type port struct {
	number int
	fd     int
}

// reserveArgs are the etcd flags that a reserved port needs.
func reserveArgs() []string { return []string{"--socket-reuse-port=true"} }

func reservePort() (port, error) {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return port{}, fmt.Errorf("reserving a port: %w", os.NewSyscallError("socket", err))
	}
	number, err := bindLoopback(fd)
	if err != nil {
		_ = syscall.Close(fd)
		return port{}, fmt.Errorf("reserving a port: %w", err)
	}
	return port{number: number, fd: fd}, nil
}

func bindLoopback(fd int) (number int, err error) {
	if err := syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, soReusePort, 1); err != nil {
		return 0, os.NewSyscallError("setsockopt", err)
	}
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte(net.IPv4(127, 0, 0, 1).To4())}); err != nil {
		return 0, os.NewSyscallError("bind", err)
	}
	addr, err := syscall.Getsockname(fd)
	if err != nil {
		return 0, os.NewSyscallError("getsockname", err)
	}
	return addr.(*syscall.SockaddrInet4).Port, nil
}

func (p port) release() { _ = syscall.Close(p.fd) }
