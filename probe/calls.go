package probe

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// readKey is the key that the reads ask for, the same as in etcdctl endpoint health. It need not exist.
const readKey = "health"

// headeredResponse is any of etcd's responses.
type headeredResponse interface {
	GetHeader() *pb.ResponseHeader
}

// An exchange is a finished call: its connection, and how long the member took to answer, without the wait for a
// connection or a login.
type exchange struct {
	*conn
	took time.Duration
}

// invoke makes one gRPC call to the member behind cl. A connection that has served calls and then closes during one
// proves nothing about the member, as a certificate's rotation or a load balancer closes it too: what a new connection
// leads to decides. invoke returns gRPC's error as it is, for [toAnswer]; the exchange is nil if there was no
// connection.
func invoke[R headeredResponse](ctx context.Context, cl *client,
	call func(context.Context, *conn) (R, error)) (R, *exchange, error) {
	response, x, cut, err := invokeOnce(ctx, cl, call)
	if cut {
		response, x, _, err = invokeOnce(ctx, cl, call)
	}
	return response, x, err
}

// invokeOnce is invoke on one connection, with a second attempt if the login has expired. cut says that the connection
// closed during the call, after it had served others.
func invokeOnce[R headeredResponse](ctx context.Context, cl *client,
	call func(context.Context, *conn) (R, error)) (_ R, _ *exchange, cut bool, _ error) {
	var none R
	c, failure := cl.get(ctx)
	if failure != nil {
		return none, nil, false, failure
	}
	x := &exchange{conn: c}
	dials := c.hook.count()
	attempt := func() (response R, token string, err error) {
		ctx, token := cl.p.withToken(ctx, c)
		defer cl.p.endCall(c)
		began := cl.p.cfg.Now()
		response, err = call(ctx, c)
		x.took = cl.p.cfg.Now().Sub(began)
		return response, token, err
	}
	response, token, err := attempt()
	if err != nil && cl.p.cfg.Token == "" && c.login.rejected(err, token) {
		response, _, err = attempt()
	}
	if err == nil {
		c.served.Store(true)
		return response, x, false, nil
	}
	if status.Code(err) == codes.DeadlineExceeded && c.hook.get() == nil && c.hook.count() > dials+1 {
		cl.drop(c)
		err = withEndpoint(c.endpoint, errSentAway) // gRPC repeats what was refused, on a new connection each time
	}
	if transportFailed(err) {
		cut = ctx.Err() == nil && c.served.Load()
		if cause := c.hook.get(); cause != nil {
			err = cause
		}
		cl.drop(c)
	}
	return none, x, cut, cl.p.explainDenied(c, err)
}

// toAnswer converts what invoke returned.
func toAnswer[R headeredResponse, T any](cl *client, response R, x *exchange, err error, read func(R) T) answer[T] {
	if x == nil {
		return answer[T]{err: cl.p.explain(err, "", cl.p.cfg.CommandTimeout)}
	}
	endpoint := x.endpoint
	if err != nil {
		return answer[T]{err: cl.p.explain(err, endpoint, cl.p.cfg.CommandTimeout), took: x.took, endpoint: endpoint}
	}
	header := response.GetHeader()
	return answer[T]{
		value:     read(response),
		ok:        true,
		hasHeader: true,
		from:      MemberID(header.GetMemberId()),
		cluster:   ClusterID(header.GetClusterId()),
		took:      x.took,
		endpoint:  endpoint,
		address:   x.hook.address(),
	}
}

// callStatus requests the member's Status, which all that speaks etcd's API serves. After a timeout it closes the
// connection, so that the next attempt dials: a host that lost its power never answers packets.
func callStatus(ctx context.Context, cl *client) answer[Status] {
	r, c, err := invoke(ctx, cl, func(ctx context.Context, c *conn) (*pb.StatusResponse, error) {
		return pb.NewMaintenanceClient(c.ActiveConnection()).Status(ctx, &pb.StatusRequest{})
	})
	if c != nil && status.Code(err) == codes.DeadlineExceeded {
		cl.drop(c.conn)
	}
	if status.Code(err) == codes.Unimplemented {
		err = withEndpoint(c.endpoint, errOtherGRPC)
	}
	return toAnswer(cl, r, c, err, readStatus)
}

// callLiveness requests the Status only to learn how long it takes.
func callLiveness(ctx context.Context, cl *client) answer[struct{}] {
	a := callStatus(ctx, cl)
	return answer[struct{}]{
		ok: a.ok, err: a.err, at: a.at, took: a.took, hasHeader: a.hasHeader, from: a.from, cluster: a.cluster,
		endpoint: a.endpoint, address: a.address,
	}
}

// callRead reads one key. Permission denied is an answer: the member served the read and only then refused it.
func callRead(ctx context.Context, cl *client, serializable bool) answer[Read] {
	r, c, err := invoke(ctx, cl, func(ctx context.Context, c *conn) (*pb.RangeResponse, error) {
		return pb.NewKVClient(c.ActiveConnection()).Range(ctx,
			&pb.RangeRequest{Key: []byte(readKey), Serializable: serializable, KeysOnly: true})
	})
	if errors.Is(etcdError(err), rpctypes.ErrPermissionDenied) {
		return answer[Read]{ok: true, took: c.took, endpoint: c.endpoint}
	}
	return toAnswer(cl, r, c, err, func(r *pb.RangeResponse) Read { return Read{Revision: r.Header.GetRevision()} })
}

// callPeers requests the member's own member list, which does not involve the leader.
func callPeers(ctx context.Context, cl *client) answer[[]Peer] {
	r, c, err := invoke(ctx, cl, func(ctx context.Context, c *conn) (*pb.MemberListResponse, error) {
		return pb.NewClusterClient(c.ActiveConnection()).MemberList(ctx, &pb.MemberListRequest{Linearizable: false})
	})
	if err == nil {
		if refused := checkListSize(r); refused != nil {
			err = withEndpoint(c.endpoint, refused)
		}
	}
	return toAnswer(cl, r, c, err, readPeers)
}

// callAlarms requests the cluster's alarms. The request goes through raft, so it is rare.
func callAlarms(ctx context.Context, cl *client) answer[[]Alarm] {
	r, c, err := invoke(ctx, cl, func(ctx context.Context, c *conn) (*pb.AlarmResponse, error) {
		return pb.NewMaintenanceClient(c.ActiveConnection()).Alarm(ctx, &pb.AlarmRequest{Action: pb.AlarmRequest_GET})
	})
	return toAnswer(cl, r, c, err, readAlarmList)
}

func readStatus(r *pb.StatusResponse) Status {
	s := Status{
		ClusterID:        ClusterID(r.Header.GetClusterId()),
		MemberID:         MemberID(r.Header.GetMemberId()),
		Leader:           MemberID(r.GetLeader()),
		Version:          truncate(r.GetVersion(), maxNameBytes),
		StorageVersion:   truncate(r.GetStorageVersion(), maxNameBytes),
		Revision:         r.Header.GetRevision(),
		RaftTerm:         r.GetRaftTerm(),
		RaftIndex:        r.GetRaftIndex(),
		RaftAppliedIndex: r.GetRaftAppliedIndex(),
		DBSizeBytes:      r.GetDbSize(),
		DBInUseBytes:     r.GetDbSizeInUse(),
		DBQuotaBytes:     r.GetDbSizeQuota(),
		IsLearner:        r.GetIsLearner(),
		DowngradeEnabled: r.GetDowngradeInfo().GetEnabled(),
		DowngradeTarget:  truncate(r.GetDowngradeInfo().GetTargetVersion(), maxNameBytes),
		Errors:           keptErrors(r.GetErrors()),
	}
	for _, text := range s.Errors {
		if a, ok := parseAlarm(text); ok {
			s.Alarms = append(s.Alarms, a)
		}
	}
	return s
}

// parseAlarm parses an alarm among the errors of a Status: "memberID:10501334649042878790 alarm:NOSPACE", as protobuf
// prints it, with random spaces.
func parseAlarm(text string) (Alarm, bool) {
	var a Alarm
	words := strings.Fields(strings.ReplaceAll(text, ":", ": "))
	for i := 0; i+1 < len(words); i++ {
		switch words[i] {
		case "memberID:":
			id, err := strconv.ParseUint(words[i+1], 10, 64)
			if err != nil {
				return Alarm{}, false
			}
			a.Member = MemberID(id)
		case "alarm:":
			a.Type = words[i+1]
		}
	}
	return a, a.Type != ""
}

func readPeers(r *pb.MemberListResponse) []Peer {
	peers := make([]Peer, 0, len(r.GetMembers()))
	for _, m := range r.GetMembers() {
		peers = append(peers, Peer{
			ID:         MemberID(m.GetID()),
			Name:       truncate(m.GetName(), maxNameBytes),
			Learner:    m.GetIsLearner(),
			PeerURLs:   keptURLs(m.GetPeerURLs()),
			ClientURLs: keptURLs(m.GetClientURLs()),
		})
	}
	return peers
}

func readAlarmList(r *pb.AlarmResponse) []Alarm {
	alarms := make([]Alarm, 0, len(r.GetAlarms()))
	for _, a := range r.GetAlarms() {
		if a.GetAlarm() != pb.AlarmType_NONE {
			alarms = append(alarms, Alarm{Type: a.GetAlarm().String(), Member: MemberID(a.GetMemberID())})
		}
	}
	return alarms
}

// The intervals of requests that not every sweep makes.
const (
	readEvery   = 5 * time.Second
	peersEvery  = 5 * time.Second
	alarmsEvery = 10 * time.Second
)
