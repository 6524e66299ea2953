package wal

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// authChanges are what requests do to users and roles, by their fields of InternalRaftRequest. The first field of each
// is the name of the user or the role.
var authChanges = map[int]string{
	1000: "authentication enabled", 1011: "authentication disabled",
	1100: "user added", 1101: "user deleted", 1103: "password changed of user",
	1104: "role granted to user", 1105: "role revoked from user",
	1200: "role added", 1201: "role deleted", 1203: "permission granted to role", 1204: "permission revoked from role",
}

// isChange reports that a field of InternalRaftRequest changes the cluster and not its keys.
func isChange(field int) bool {
	_, auth := authChanges[field]
	return auth || slices.Contains([]int{v2Field, alarmField, versionField, attributesField, downgradeField}, field)
}

// changeWords say what a request does that is in a field of InternalRaftRequest.
func changeWords(field int, message []byte) (what string, err error) {
	var texts [4]string
	var numbers [4]uint64
	err = eachField(message, func(field int, number uint64, data []byte) bool {
		if field < len(texts) {
			texts[field], numbers[field] = string(data), number
		}
		return true
	})
	switch field {
	case compactionField:
		return fmt.Sprintf("compaction up to revision %d", int64(numbers[1])), err
	case alarmField:
		return alarmWords(numbers[1], numbers[2], numbers[3]), err
	case versionField:
		return "cluster version set to " + texts[1], err
	case attributesField:
		return fmt.Sprintf("name and client URLs of member %x published", numbers[1]), err
	case downgradeField:
		if numbers[1] != 0 {
			return "downgrade to " + texts[2] + " enabled", err
		}
		return "downgrade ended or cancelled", err
	case v2Field: // a method and a path, such as PUT /0/version
		return strings.TrimSpace(texts[2] + " " + texts[3]), err
	}
	return strings.TrimSpace(authChanges[field] + " " + texts[1]), err
}

// alarmWords say what happened to an alarm of a member; empty if nothing did.
func alarmWords(action, member, alarm uint64) string {
	const activate, deactivate = 1, 2
	words := []string{"NONE", "NOSPACE", "CORRUPT"}
	name := fmt.Sprintf("alarm %d", alarm)
	if alarm < uint64(len(words)) {
		name = "alarm " + words[alarm]
	}
	switch action {
	case activate:
		return fmt.Sprintf("%s raised by member %x", name, member)
	case deactivate:
		return fmt.Sprintf("%s of member %x disarmed", name, member)
	}
	return "" // which alarms there are was asked for
}

// membershipChange says what an entry changes of the membership (raft raftpb/raft.proto: ConfChange, ConfChangeV2).
func membershipChange(e *Entry) (string, error) {
	type change struct {
		kind, member uint64
		context      []byte // the member in etcd's words, of a ConfChange
	}
	var changes []change
	if e.Kind == ConfChangeEntry {
		var c change
		err := eachField(e.Data, func(field int, number uint64, data []byte) bool {
			switch field {
			case 2:
				c.kind = number
			case 3:
				c.member = number
			case 4:
				c.context = data
			}
			return true
		})
		if err != nil {
			return "", err
		}
		changes = append(changes, c)
	} else if err := eachNested(e.Data, func(field int, data []byte) error {
		var c change
		if field == 2 {
			defer func() { changes = append(changes, c) }()
			return eachField(data, pair(&c.kind, 2, &c.member))
		}
		return nil
	}); err != nil {
		return "", err
	}
	words := make([]string, len(changes))
	for i, c := range changes {
		words[i] = confChangeWords(c.kind, c.member, c.context)
	}
	return strings.Join(words, ", "), nil
}

// confChangeWords say what happens to a member. context is etcd's own description of it (etcd
// server/etcdserver/api/membership: Member, ConfigChangeContext).
func confChangeWords(kind, id uint64, context []byte) string {
	const add, remove, update, addLearner = 0, 1, 2, 3
	var member struct {
		Name      string   `json:"name"`
		PeerURLs  []string `json:"peerURLs"`
		IsPromote bool     `json:"isPromote"`
	}
	_ = json.Unmarshal(context, &member) // a removal has none, and its id says enough
	who := fmt.Sprintf("member %x", id)
	if about := strings.TrimSpace(member.Name + " " + strings.Join(member.PeerURLs, ",")); about != "" {
		who += " (" + about + ")"
	}
	switch {
	case member.IsPromote:
		return who + " promoted to voter"
	case kind == add:
		return who + " added"
	case kind == remove:
		return who + " removed"
	case kind == update:
		return who + " updated"
	case kind == addLearner:
		return who + " added as a learner"
	}
	return fmt.Sprintf("%s: change %d", who, kind)
}
