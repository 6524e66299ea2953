package agent

import (
	"strings"
	"time"

	"github.com/etcdoc/etcdoc/cmd/internal/kube"
	"github.com/etcdoc/etcdoc/thresholds"
)

// What a reason ends with, unless the finding fires at warning.
const (
	resolvedReason = "Resolved"
	criticalReason = "Critical"
)

// fires is the event of a finding that fires or gets worse.
func fires(f *thresholds.Finding) kube.Event {
	e := eventOf(f)
	if f.Level >= thresholds.Critical {
		e.Reason += criticalReason
	}
	e.Warning, e.At = true, time.Now()
	e.Message = f.Level.String() + ": " + f.Lead() + f.Words()
	if f.Advice != "" {
		e.Message += " Next: " + f.Advice
	}
	return e
}

// resolves is the event of a finding that is over.
func resolves(over resolved, lasted time.Duration) kube.Event {
	e := eventOf(&over.finding)
	e.Reason += resolvedReason
	e.At = time.Now()
	e.Message = "resolved after " + thresholds.FormatDuration(lasted) + ": " + over.finding.Lead() + over.finding.Words()
	return e
}

func eventOf(f *thresholds.Finding) kube.Event {
	return kube.Event{Subject: string(f.Rule) + " " + f.Member.Key, Reason: AlertName(f.Rule)}
}

// AlertName is a rule's id as Prometheus' alerts and the reasons of Events are written: EtcdWalFsyncSlow.
func AlertName(id thresholds.RuleID) string {
	name := "Etcd"
	for word := range strings.SplitSeq(string(id), "-") {
		name += strings.ToUpper(word[:1]) + word[1:]
	}
	return name
}
