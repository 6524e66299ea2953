package keyspace

import (
	"cmp"
	"encoding/binary"
	"encoding/json"
	"slices"
	"strconv"

	"github.com/etcdoc/etcdoc/probe"
)

// State is what a database says of the member and of the cluster that it is of.
type State struct {
	// ConsistentIndex is the index of the last entry of the log that the database has, and Term that entry's; nil if
	// the database does not say, as of 3.4 and older for the term.
	ConsistentIndex, Term *uint64
	// ClusterVersion is what all members of the cluster have at least; empty if the database does not say.
	ClusterVersion string
	// Members are those of the cluster, and Removed those that were, by their ids.
	Members []probe.Peer
	Removed []probe.MemberID
	Alarms  []probe.Alarm
	// Auth says that authentication is on.
	Auth bool
}

// The buckets that State is read from, and the keys in them (etcd server/storage/schema/bucket.go).
const (
	membersBucket = "members"
	removedBucket = "members_removed"
	clusterBucket = "cluster"
	alarmBucket   = "alarm"
	leaseBucket   = "lease"
	authBucket    = "auth"

	versionKey = "clusterVersion"
	indexKey   = "consistent_index"
	termKey    = "term"
	authKey    = "authEnabled"
)

// What is kept of a cluster is bounded: no cluster has as many members, no member as long a description.
const (
	maxMembers     = 1000
	maxMemberBytes = 64 << 10
)

// add adds an element of a bucket. It reports whether that can be decoded; other buckets' it leaves.
func (s *State) add(in string, key, value []byte) (ok bool) {
	switch in {
	case metaBucket:
		return s.addMeta(string(key), value)
	case membersBucket:
		return s.addMember(key, value)
	case removedBucket:
		id, ok := parseMember(key)
		if len(s.Removed) < maxMembers {
			s.Removed = append(s.Removed, id)
		}
		return ok
	case clusterBucket:
		if string(key) == versionKey {
			s.ClusterVersion = string(value[:min(len(value), 32)])
		}
	case alarmBucket:
		return s.addAlarm(key)
	case leaseBucket:
		return isLease(key, value)
	case authBucket:
		if string(key) == authKey {
			s.Auth = len(value) == 1 && value[0] == 1
			return len(value) == 1 && value[0] <= 1
		}
	}
	return true
}

func (s *State) addMeta(key string, value []byte) (ok bool) {
	switch key {
	case indexKey, termKey:
		if len(value) != 8 {
			return false
		}
		if n := binary.BigEndian.Uint64(value); key == indexKey {
			s.ConsistentIndex = &n
		} else {
			s.Term = &n
		}
	case scheduledKey, finishedKey:
		_, _, ok := parseRevision(value)
		return ok
	}
	return true
}

func parseMember(key []byte) (id probe.MemberID, ok bool) {
	n, err := strconv.ParseUint(string(key[:min(len(key), 17)]), 16, 64)
	return probe.MemberID(n), err == nil
}

func (s *State) addMember(key, value []byte) (ok bool) {
	id, ok := parseMember(key)
	if !ok || len(value) > maxMemberBytes {
		return false
	}
	var is struct {
		ID         probe.MemberID `json:"id"`
		Name       string         `json:"name"`
		PeerURLs   []string       `json:"peerURLs"`
		ClientURLs []string       `json:"clientURLs"`
		Learner    bool           `json:"isLearner"`
	}
	if json.Unmarshal(value, &is) != nil || is.ID != id {
		return false
	}
	if len(s.Members) < maxMembers {
		s.Members = append(s.Members, probe.Peer{ID: id, Name: is.Name, Learner: is.Learner, PeerURLs: is.PeerURLs,
			ClientURLs: is.ClientURLs})
	}
	return true
}

// alarmTypes are those of etcdserverpb.AlarmType.
var alarmTypes = [...]string{"NONE", "NOSPACE", "CORRUPT"}

// addAlarm adds an alarm, which is the key: etcdserverpb.AlarmMember.
func (s *State) addAlarm(key []byte) (ok bool) {
	var a probe.Alarm
	const memberField, typeField = 1, 2
	for f := probe.FieldsOf(key); ; {
		switch number := f.Next(); {
		case number == probe.FieldsEnd:
			if len(s.Alarms) < maxMembers {
				s.Alarms = append(s.Alarms, a)
			}
			return true
		case number == probe.FieldsMalformed:
			return false
		case number == memberField && f.Type == varintKind:
			a.Member = probe.MemberID(f.Number)
		case number == typeField && f.Type == varintKind:
			if f.Number >= uint64(len(alarmTypes)) {
				return false
			}
			a.Type = alarmTypes[f.Number]
		}
	}
}

// isLease reports whether an element is a lease: its id, and leasepb.Lease with the same.
func isLease(key, value []byte) bool {
	const idField = 1
	id := uint64(0)
	for f := probe.FieldsOf(value); ; {
		switch number := f.Next(); {
		case number == probe.FieldsEnd:
			return len(key) == 8 && binary.BigEndian.Uint64(key) == id
		case number == probe.FieldsMalformed:
			return false
		case number == idField && f.Type == varintKind:
			id = f.Number
		}
	}
}

// sort brings the members in the order of their ids.
func (s *State) sort() {
	slices.SortFunc(s.Members, func(a, b probe.Peer) int { return cmp.Compare(a.ID, b.ID) })
	slices.Sort(s.Removed)
}
