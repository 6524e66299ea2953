package kube

import (
	"errors"
	"io"
	"net"
	"net/http"
	"testing"
)

// TestHungTunnel: a tunnel whose other side reads nothing any more can be closed, and keeps nobody waiting.
func TestHungTunnel(t *testing.T) {
	t.Parallel()
	near, far := net.Pipe()
	defer far.Close()
	tunnel, err := newTunnel(near)
	if err != nil {
		t.Fatal(err)
	}
	opened := make(chan error)
	go func() {
		_, err := tunnel.open(http.Header{})
		opened <- err
	}()
	if _, err := far.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	tunnel.Close() // while it writes the rest
	if err := <-opened; !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("its connection ends with %v", err)
	}
}
