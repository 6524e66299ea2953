package thresholds

import (
	"strings"
)

// apiServer diagnoses a kube-apiserver that does not reach etcd, or for which it takes long, where nothing about the
// members explains that.
func (r *diagnoser) apiServer() *diagnosis {
	d := newDiagnosis(CauseAPIServer, r.found("", APIServerCutOff, APIServerSlow, APIServerGetSlow))
	if d == nil {
		return nil
	}
	d.more = 0
	times, quick := r.etcdTimes()
	if d.root.Rule != APIServerCutOff {
		switch {
		case quick:
			d.further = append(d.further, "etcd itself is quick ("+times+"): the time is lost on the network between "+
				"them, or in the API server")
		case times != "":
			d.further = append(d.further, "etcd's own times: "+times)
		}
		return d
	}
	if times != "" {
		d.add("etcd's own times: " + times)
	}
	r.inhibit(d, "", APIServerSlow, APIServerGetSlow)
	d.quorum = true
	if cutOff := r.cutOffAPIServers(); len(cutOff) > 0 && r.cluster.QuorumSeen {
		d.headline = fitting(HeadlineWidth, "API server "+cutOff[0].Label+" does not reach etcd, which is up",
			"An API server does not reach etcd, which is up")
		d.beyond = upperFirst(cutOff[0].Reason)
		d.further = append(d.further, "What is between them may be the cause: network, certificates, or the API server "+
			"itself; the members answer from here")
	}
	return d
}

// etcdTimes lists the longest of the members' own times; quick reports that they are known, and below every limit.
func (r *diagnoser) etcdTimes() (words string, quick bool) {
	var parts []string
	quick = true
	for _, own := range [...]struct {
		vital Vital
		rule  RuleID
		noun  string
	}{
		{WALFsyncP99, WALFsyncSlow, "fsync p99"}, {BackendCommitP99, BackendCommitSlow, "commit p99"},
		{LinearizableRead, LinearizableReadSlow, "reads from here"},
	} {
		longest, known := -1.0, true
		for i := range r.judgedMembers() {
			m := &r.members[i]
			if !m.Stands(own.vital) {
				known = known && !m.Voter
				continue
			}
			longest = max(longest, m.Vitals[own.vital].Or(0))
		}
		if longest >= 0 {
			parts = append(parts, own.noun+" "+Seconds.Format(longest))
		}
		quick = quick && known && longest >= 0 && !r.finds(anyMember, own.rule)
	}
	if len(parts) == 0 {
		return "", false
	}
	return strings.Join(parts, ", ") + " at most", quick
}
