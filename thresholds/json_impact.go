package thresholds

import (
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

type impactJSON struct {
	Effect  ImpactEffect `json:"effect"`
	Service Service      `json:"service"`
	// Members are those whose own clients it concerns; empty: all clients of the cluster.
	Members []string   `json:"members"`
	When    ImpactWhen `json:"when"`
	// At is when it began or begins; absent if the moment is not known.
	At time.Time `json:"at,omitzero"`
	// InSeconds is how far ahead At is; absent once it has begun.
	InSeconds   probe.Value `json:"in_seconds,omitzero"`
	TookSeconds probe.Value `json:"took_seconds,omitzero"`
	Share       probe.Value `json:"share,omitzero"`
	// Rule and Member are those of the finding that it follows from.
	Rule   RuleID  `json:"rule"`
	Member *string `json:"member"`
	Text   string  `json:"text"`
}

// json writes the impact as seen from now.
func (i *Impact) json(now time.Time) impactJSON {
	out := impactJSON{
		Effect: i.Effect, Service: i.Service, Members: labelsOf(i.Members), When: i.When, TookSeconds: i.Took,
		Share: i.Share, Rule: i.Rule, Text: i.Text,
	}
	if !i.At.IsZero() {
		out.At = i.At.UTC()
	}
	if i.When == ImpactLater {
		out.InSeconds = probe.Known(i.dueIn(now).Seconds())
	}
	if !i.Member.IsZero() {
		out.Member = &i.Member.Label
	}
	return out
}
