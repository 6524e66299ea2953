package etcdtest

import (
	"fmt"
	"net"
	"os"
	"syscall"
)

// soReusePort is SO_REUSEPORT on all architectures that etcd supports; package syscall lacks it on some.
const soReusePort = 0xf

// A port is a TCP port on loopback, reserved for one member as long as the cluster lives: a socket is bound to it and
// never listens. Nobody else gets the port, etcd may listen on it (--socket-reuse-port), and without etcd connections
// are refused.
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
