package thresholds

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/assets/schematest"
	"github.com/etcdoc/etcdoc/probe"
)

// TestNodesInTheJSON: a member's node is in the JSON, and what is not known of it is absent.
func TestNodesInTheJSON(t *testing.T) {
	t.Parallel()
	for want, node := range map[string]*probe.Node{
		`"node":{"name":"a","ready":"False","cordoned":true,"drained_by":"kured","kubelet_version":"v1","etcd_is_voter":"True"}`: {
			Name: "a", Ready: probe.ConditionFalse, Cordoned: true, DrainedBy: "kured", KubeletVersion: "v1",
			IsVoter: probe.ConditionTrue},
		`"node":{"name":"b","cordoned":false}`: {Name: "b"},
		`"nodes_error":"no way"`:               nil,
	} {
		s := probe.Sweep{At: time.Unix(1e9, 0), Interval: time.Second, Members: []probe.Member{{ID: 1, Name: "m", Node: node}}}
		if node == nil {
			s.NodesErr = &probe.Error{Kind: probe.ErrOther, Text: "no way"}
		}
		text, err := json.Marshal(New(Options{}).Observe(s))
		if err != nil {
			t.Fatal(err)
		}
		schematest.Check(t, text)
		if !strings.Contains(string(text), want) {
			t.Errorf("%s is not in %s", want, text)
		}
	}
}
