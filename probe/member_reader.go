package probe

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/api/v3/mvccpb"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// A MemberReader reads the keys of one member, or its whole database, beside the sweeps: on a connection of its own, so
// that what it reads delays no answer to a sweep. Close it before the Prober, which ends its calls.
type MemberReader struct {
	id     MemberID
	client *client
}

// readable are the members that a MemberReader may be opened for.
type readable struct {
	sync.Mutex
	clients map[MemberID]*client
	// open are those of the readers that are open, and closed says that no more are opened.
	open   []*client
	closed bool
}

// publish notes how members are reached.
func (r *readable) publish(workers []*worker) {
	r.Lock()
	defer r.Unlock()
	clear(r.clients)
	for _, w := range workers {
		if w.row.id != 0 && w.row.membership != MembershipProxy {
			r.clients[w.row.id] = w.client
		}
	}
}

// close closes the readers that are open, and opens no more.
func (r *readable) close() {
	r.Lock()
	defer r.Unlock()
	r.closed = true
	for _, cl := range r.open {
		cl.close()
	}
}

// ReadMember returns a reader of a member that a sweep has shown. It dials nothing yet.
func (p *Prober) ReadMember(id MemberID) (*MemberReader, error) {
	r := &p.readable
	r.Lock()
	defer r.Unlock()
	from := r.clients[id]
	switch {
	case r.closed:
		return nil, errClosed
	case from == nil:
		return nil, fmt.Errorf("there is no way to member %s any more", id)
	}
	from.mu.Lock()
	defer from.mu.Unlock()
	cl := &client{p: p, addresses: slices.Clone(from.addresses), confirmed: from.confirmed, inBulk: true}
	r.open = append(r.open, cl)
	return &MemberReader{id, cl}, nil
}

// Close closes the connection. It ends no running call: their contexts do.
func (r *MemberReader) Close() {
	open := &r.client.p.readable
	open.Lock()
	defer open.Unlock()
	open.open = slices.DeleteFunc(open.open, func(cl *client) bool { return cl == r.client })
	r.client.close()
}

// Status asks the member for its Status, and makes sure that it is the member.
func (r *MemberReader) Status(ctx context.Context) (Status, error) {
	ctx, cancel := context.WithTimeout(ctx, r.client.p.cfg.CommandTimeout)
	defer cancel()
	a := callStatus(ctx, r.client)
	if a.err != nil {
		return Status{}, a.err
	}
	return a.value, r.check(a.from, a.endpoint)
}

// check returns an error if another member than the reader's has answered.
func (r *MemberReader) check(from MemberID, endpoint string) error {
	if from == r.id {
		return nil
	}
	return r.client.reject(endpoint, withEndpoint(endpoint, &Error{Kind: ErrElsewhere,
		Text: fmt.Sprintf("member %s answers there instead of %s: give an endpoint that leads only to it", from, r.id)}))
}

// Newest returns the newest revision of the cluster, which the member asks the leader for (a linearizable read). A user
// who may not read gets 0.
func (r *MemberReader) Newest(ctx context.Context) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, r.client.p.cfg.CommandTimeout)
	defer cancel()
	a := callRead(ctx, r.client, false)
	if a.err != nil {
		return 0, a.err
	}
	if !a.hasHeader {
		return 0, nil
	}
	return a.value.Revision, r.check(a.from, a.endpoint)
}

// A KeyRange says which keys to read, and what of them.
type KeyRange struct {
	// Key is the first key, and End the first one behind the last; a single zero byte as End stands for the end of all.
	Key, End []byte
	// Limit is how many keys to return at most; 0 is all.
	Limit int64
	// Revision is the one to read at; 0 is the newest that the member has.
	Revision int64
	// KeysOnly leaves out the values, and CountOnly the keys, too.
	KeysOnly, CountOnly bool
	// MostBytes bounds the answer.
	MostBytes int
}

// Keys are what a member has of a KeyRange.
type Keys struct {
	// Revision is the store's newest one.
	Revision int64
	// Count is how many keys there are in the range; Found has the first ones, up to the limit, in order.
	Count int64
	Found []*mvccpb.KeyValue
	// Took is how long the member took to answer.
	Took time.Duration
}

// What the errors of Range may be.
var (
	// ErrCompacted means that the revision to read at was compacted.
	ErrCompacted = errors.New("the revision was compacted meanwhile")
	// ErrTooLarge means that the answer had more than MostBytes.
	ErrTooLarge = errors.New("the answer is too large")
)

// Range reads keys without asking the leader (serializable), which learners serve, too. An error is ErrCompacted,
// ErrTooLarge or an [Error].
func (r *MemberReader) Range(ctx context.Context, of KeyRange) (Keys, error) {
	limit := r.client.p.cfg.CommandTimeout
	asked := ctx
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	response, x, err := invoke(ctx, r.client, func(ctx context.Context, c *conn) (*pb.RangeResponse, error) {
		return pb.NewKVClient(c.ActiveConnection()).Range(ctx, &pb.RangeRequest{
			Key: of.Key, RangeEnd: of.End, Limit: of.Limit, Revision: of.Revision, Serializable: true,
			KeysOnly: of.KeysOnly, CountOnly: of.CountOnly,
		}, grpc.MaxCallRecvMsgSize(of.MostBytes))
	})
	switch known := etcdError(err); {
	case err == nil:
	case asked.Err() != nil:
		return Keys{}, asked.Err()
	case errors.Is(known, rpctypes.ErrCompacted):
		return Keys{}, ErrCompacted
	case status.Code(err) == codes.ResourceExhausted && x != nil && !errors.Is(known, rpctypes.ErrTooManyRequests):
		return Keys{}, ErrTooLarge
	case errors.Is(known, rpctypes.ErrPermissionDenied):
		return Keys{}, withEndpoint(x.endpoint, &Error{Kind: ErrPermission, Text: "permission denied: to count all keys " +
			"takes a role that may read all of them (etcdctl role grant-permission ROLE read --prefix ''), such as root"})
	case x == nil:
		return Keys{}, r.client.p.explain(err, "", limit)
	default:
		return Keys{}, r.client.p.explain(err, x.endpoint, limit)
	}
	header := response.GetHeader()
	if err := r.check(MemberID(header.GetMemberId()), x.endpoint); err != nil {
		return Keys{}, err
	}
	return Keys{Revision: header.GetRevision(), Count: response.GetCount(), Found: response.GetKvs(), Took: x.took}, nil
}

// stallTimeout is the minimum time without a byte after which a stream is given up.
const stallTimeout = 30 * time.Second

// Snapshot writes the member's whole database to a file, and behind it the checksum that the member sends. It returns
// how long the database is. It reports how much of it has come.
func (r *MemberReader) Snapshot(
	ctx context.Context, to io.Writer, report func(done, of uint64),
) (databaseBytes uint64, err error) {
	cl := r.client
	c, failure := cl.get(ctx)
	if failure != nil {
		return 0, failure
	}
	asked := ctx
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(cl.p.ctx, cancel)()
	patience := max(stallTimeout, cl.p.cfg.CommandTimeout)
	stalled := make(chan struct{})
	watch := time.AfterFunc(patience, func() { close(stalled); cancel() })
	defer watch.Stop()

	ctx, _ = cl.p.withToken(ctx, c)
	defer cl.p.endCall(c)
	explained := func(err error) error {
		if ended := asked.Err(); ended != nil {
			return ended
		}
		select {
		case <-stalled:
			return withEndpoint(c.endpoint, &Error{Kind: ErrTimeout, Text: noAnswer(patience)})
		default:
		}
		if errors.Is(etcdError(err), rpctypes.ErrPermissionDenied) {
			return withEndpoint(c.endpoint, &Error{Kind: ErrPermission,
				Text: "permission denied: etcd gives a snapshot only to a user with the role root"})
		}
		return cl.p.explain(cl.p.explainDenied(c, err), c.endpoint, patience)
	}
	stream, err := pb.NewMaintenanceClient(c.ActiveConnection()).Snapshot(ctx, &pb.SnapshotRequest{})
	if err != nil {
		return 0, explained(err)
	}
	for done := uint64(0); ; {
		part, err := stream.Recv()
		switch {
		case errors.Is(err, io.EOF):
			return databaseBytes, nil
		case err != nil:
			return 0, explained(err)
		}
		watch.Reset(patience)
		if databaseBytes == 0 {
			databaseBytes = uint64(len(part.GetBlob())) + part.GetRemainingBytes()
		}
		n, err := to.Write(part.GetBlob())
		if done += uint64(n); err != nil {
			return 0, err
		}
		if report != nil {
			report(min(done, databaseBytes), databaseBytes)
		}
	}
}
