package recovery

import (
	"encoding/json"
	"slices"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/probe/wal"
)

// The kinds of changes of a membership (raft raftpb/raft.proto: ConfChangeType).
const (
	addNode = iota
	removeNode
	updateNode
	addLearnerNode
)

// changeMembers makes a change of the membership to a list of members, which it does not keep.
func changeMembers(members []probe.Peer, e *wal.Entry) []probe.Peer {
	members = slices.Clone(members)
	if e.Kind != wal.ConfChangeEntry {
		return members
	}
	var kind, id uint64
	var context []byte
	for rest := e.Data; len(rest) > 0; {
		field, of, n := protowire.ConsumeTag(rest)
		if n < 0 {
			return members
		}
		rest = rest[n:]
		switch {
		case of == protowire.VarintType && field == 2:
			kind, n = protowire.ConsumeVarint(rest)
		case of == protowire.VarintType && field == 3:
			id, n = protowire.ConsumeVarint(rest)
		case of == protowire.BytesType && field == 4:
			context, n = protowire.ConsumeBytes(rest)
		default:
			n = protowire.ConsumeFieldValue(field, of, rest)
		}
		if n < 0 {
			return members
		}
		rest = rest[n:]
	}
	var about struct {
		PeerURLs  []string `json:"peerURLs"`
		Name      string   `json:"name"`
		IsPromote bool     `json:"isPromote"`
	}
	_ = json.Unmarshal(context, &about) // a removal has none
	at := slices.IndexFunc(members, func(p probe.Peer) bool { return p.ID == probe.MemberID(id) })
	switch {
	case kind == removeNode && at >= 0:
		return slices.Delete(members, at, at+1)
	case kind == updateNode && at >= 0:
		members[at].PeerURLs = about.PeerURLs
	case kind == addNode && at >= 0:
		members[at].Learner = false
	case at < 0 && (kind == addNode || kind == addLearnerNode):
		return append(members, probe.Peer{ID: probe.MemberID(id), Name: about.Name, PeerURLs: about.PeerURLs,
			Learner: kind == addLearnerNode})
	}
	return members
}

// publishMember sets the name and the client URLs that a member publishes when it starts.
func publishMember(members []probe.Peer, id uint64, name string, clientURLs []string) []probe.Peer {
	members = slices.Clone(members)
	for i := range members {
		if members[i].ID == probe.MemberID(id) {
			members[i].Name, members[i].ClientURLs = name, clientURLs
		}
	}
	return members
}

// changeAlarms raises or disarms an alarm.
func changeAlarms(alarms []probe.Alarm, r *pb.AlarmRequest) []probe.Alarm {
	alarm := probe.Alarm{Type: r.Alarm.String(), Member: probe.MemberID(r.MemberID)}
	switch r.Action {
	case pb.AlarmRequest_ACTIVATE:
		if !slices.Contains(alarms, alarm) {
			return append(slices.Clone(alarms), alarm)
		}
	case pb.AlarmRequest_DEACTIVATE:
		return slices.DeleteFunc(slices.Clone(alarms), func(a probe.Alarm) bool { return a == alarm })
	}
	return alarms
}
