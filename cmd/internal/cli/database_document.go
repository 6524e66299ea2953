package cli

import "github.com/etcdoc/etcdoc/probe"

// What the documents about databases of etcd share.

type databaseMemberJSON struct {
	ID         string   `json:"id"`
	Name       string   `json:"name"`
	Learner    bool     `json:"learner"`
	PeerURLs   []string `json:"peer_urls"`
	ClientURLs []string `json:"client_urls"`
}

type databaseAlarmJSON struct {
	Type   string `json:"type"`
	Member string `json:"member_id"`
}

// databaseMembers are a cluster's members; never nil.
func databaseMembers(members []probe.Peer) []databaseMemberJSON {
	all := []databaseMemberJSON{}
	for i := range members {
		m := &members[i]
		all = append(all, databaseMemberJSON{m.ID.String(), probe.Printable(m.Name), m.Learner, printables(m.PeerURLs),
			printables(m.ClientURLs)})
	}
	return all
}

// databaseAlarms are alarms; never nil.
func databaseAlarms(alarms []probe.Alarm) []databaseAlarmJSON {
	all := []databaseAlarmJSON{}
	for _, a := range alarms {
		all = append(all, databaseAlarmJSON{probe.Printable(a.Type), a.Member.String()})
	}
	return all
}

// printables are texts that are safe to show; never nil.
func printables(texts []string) []string {
	all := make([]string, len(texts))
	for i, text := range texts {
		all[i] = probe.Printable(text)
	}
	return all
}
