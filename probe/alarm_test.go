package probe

import (
	"slices"
	"sync/atomic"
	"testing"
	"time"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"

	"github.com/etcdoc/etcdoc/probe/etcdtest"
)

// TestAlarmsAndLeaders lets the clock jump, because alarms are requested every ten seconds and the member list every
// five.
func TestAlarmsAndLeaders(t *testing.T) {
	t.Parallel()
	cluster := etcdtest.New(t, etcdtest.Config{Size: 3})
	members := cluster.Members()
	var ahead atomic.Int64
	now := func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	p := start(t, Config{Endpoints: cluster.Endpoints(), Cluster: true, Now: now})
	s := await(t, p, "all is answered", func(s Sweep) bool { return complete(s, 3) })
	if len(s.Alarms.Value) != 0 {
		t.Errorf("there are alarms: %+v", s.Alarms.Value)
	}

	raise := &pb.AlarmRequest{Action: pb.AlarmRequest_ACTIVATE, MemberID: members[1].ID, Alarm: pb.AlarmType_NOSPACE}
	if _, err := pb.NewMaintenanceClient(cluster.Client().ActiveConnection()).Alarm(t.Context(), raise); err != nil {
		t.Fatal(err)
	}
	want := []Alarm{{Type: "NOSPACE", Member: MemberID(members[1].ID)}}
	await(t, p, "every member reports the alarm", func(s Sweep) bool {
		return !slices.ContainsFunc(s.Members,
			func(m Member) bool { return !slices.Equal(m.Status.Value.Alarms, want) })
	})
	asked := next(t, p).Alarms.At
	if s := next(t, p); !s.Alarms.At.Equal(asked) {
		t.Error("every sweep requests the alarms, and each request is a proposal")
	}
	ahead.Add(int64(alarmsEvery))
	await(t, p, "the cluster's list has it", func(s Sweep) bool { return slices.Equal(s.Alarms.Value, want) })

	leader, err := cluster.Leader(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	to := members[(slices.Index(members, leader)+1)%len(members)]
	if err := cluster.MoveLeader(t.Context(), to); err != nil {
		t.Fatal(err)
	}
	await(t, p, "everybody follows the new leader, and so does the member list", func(s Sweep) bool {
		for _, m := range s.Members {
			if uint64(m.Status.Value.Leader) != to.ID {
				return false
			}
		}
		return uint64(s.MemberList.Value.From) == to.ID
	})

	// The member that the alarms were requested from may be the one that died.
	if err := to.Kill(); err != nil {
		t.Fatal(err)
	}
	ahead.Add(int64(alarmsEvery))
	killed := now()
	await(t, p, "another member lists the alarms", func(s Sweep) bool {
		return s.Alarms.At.After(killed) && s.Alarms.Err == nil && slices.Equal(s.Alarms.Value, want)
	})
}
