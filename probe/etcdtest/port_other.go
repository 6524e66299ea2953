//go:build !linux

package etcdtest

import (
	"fmt"
	"net"
)

// A port is a TCP port on loopback that was free when it was chosen. Nothing reserves it: if somebody takes it,
// starting the cluster fails and is tried again.
type port struct {
	number int
}

// reserveArgs are the etcd flags that a reserved port needs.
func reserveArgs() []string { return nil }

func reservePort() (port, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return port{}, fmt.Errorf("reserving a port: %w", err)
	}
	defer func() { _ = listener.Close() }()
	return port{number: listener.Addr().(*net.TCPAddr).Port}, nil
}

func (port) release() {}
