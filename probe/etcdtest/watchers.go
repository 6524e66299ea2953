package etcdtest

import (
	"context"
	"fmt"
	"sync"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	clientv3 "go.etcd.io/etcd/client/v3"
	"google.golang.org/grpc"
)

// watchWindow is HTTP/2's initial flow control window, which gRPC keeps if it is set: RFC 9113 section 6.9.2.
const watchWindow = 64<<10 - 1

// Watchers are open watch streams that nobody reads. Close ends them.
type Watchers struct {
	cancel context.CancelFunc
	client *clientv3.Client
	stop   sync.Once
}

// StuckWatchers opens watch streams on a member for everything under a prefix and reads none of them, like a hanging
// client. Once some tens of KiB of events wait in a stream, etcd counts its watcher as slow and keeps it in memory.
func (m *Member) StuckWatchers(ctx context.Context, prefix string, streams int) (*Watchers, error) {
	config, err := m.cluster.clientConfig(m.ClientURL)
	if err != nil {
		return nil, err
	}
	// A growing window would let more through the longer nobody reads.
	config.DialOptions = append(config.DialOptions,
		grpc.WithInitialWindowSize(watchWindow), grpc.WithInitialConnWindowSize(watchWindow))
	client, err := clientv3.New(config)
	if err != nil {
		return nil, fmt.Errorf("making a client of %s: %w", m.Name, err)
	}
	open, cancel := context.WithCancel(context.WithoutCancel(ctx))
	w := &Watchers{cancel: cancel, client: client}
	for range streams {
		if err := w.open(open, prefix); err != nil {
			w.Close()
			return nil, fmt.Errorf("watching %s on %s: %w", prefix, m.Name, err)
		}
	}
	return w, nil
}

// open opens one stream and waits until etcd has created its watcher.
func (w *Watchers) open(ctx context.Context, prefix string) error {
	stream, err := pb.NewWatchClient(w.client.ActiveConnection()).Watch(ctx)
	if err != nil {
		return err
	}
	create := &pb.WatchCreateRequest{Key: []byte(prefix), RangeEnd: []byte(clientv3.GetPrefixRangeEnd(prefix))}
	request := &pb.WatchRequest{RequestUnion: &pb.WatchRequest_CreateRequest{CreateRequest: create}}
	if err := stream.Send(request); err != nil {
		return err
	}
	_, err = stream.Recv()
	return err
}

// Close ends the streams. It may be called again.
func (w *Watchers) Close() {
	w.stop.Do(func() {
		w.cancel()
		_ = w.client.Close()
	})
}
