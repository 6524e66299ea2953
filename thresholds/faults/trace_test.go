//go:build faults

package faults

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

// describe prints in a few lines what a sweep saw, and what changed since the one before.
func describe(previous, s *probe.Sweep, a *thresholds.Assessment) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s: %s\n", a.Level, a.Reading.Cause, a.Reading.Text)
	for i := range a.Findings {
		f := &a.Findings[i]
		if f.Level == thresholds.Unknown && f.InhibitedBy != "" {
			continue // nothing is known of a member that is down
		}
		fmt.Fprintf(&b, "    %s %s %q because=%q resolving=%v since %.0fs\n", f.Level, f.Rule, f.Summary, f.InhibitedBy,
			f.Resolving(), a.At.Sub(f.Since).Seconds())
	}
	for i := range s.Members {
		m := &s.Members[i]
		var before *probe.Member
		if previous != nil {
			for j := range previous.Members {
				if previous.Members[j].Key() == m.Key() {
					before = &previous.Members[j]
				}
			}
		}
		describeMember(&b, before, m, &a.Members[i], s.At)
	}
	return b.String()
}

func describeMember(b *strings.Builder, before, m *probe.Member, a *thresholds.Member, at time.Time) {
	status := &m.Status.Value
	fmt.Fprintf(b, "    %s %s %s %s lead=%x term=%d idx=%d apl=%d", m.Label(), a.Role, a.State, a.CanLose.Verdict,
		uint64(status.Leader), status.RaftTerm, status.RaftIndex, status.RaftAppliedIndex)
	fmt.Fprintf(b, " status=%s metrics=%s lin=%s ser=%s", took(&m.Status, at), took(&m.Metrics, at),
		took(&m.Linearizable, at), took(&m.Serializable, at))
	if !m.Metrics.Answered() {
		b.WriteString(" no metrics\n")
		return
	}
	now := m.Metrics.Value
	then := new(probe.Metrics)
	if before != nil && before.Metrics.Answered() {
		then = before.Metrics.Value
	}
	fmt.Fprintf(b, " pend=%s db=%.1f/%.1fMB", now.ProposalsPending, now.DBInUseBytes.Or(0)/1e6,
		now.DBSizeBytes.Or(0)/1e6)
	for _, h := range []struct {
		name      string
		now, then *probe.Histogram
	}{{"fsync", &now.WALFsync, &then.WALFsync}, {"commit", &now.BackendCommit, &then.BackendCommit},
		{"apply", &now.ApplyDuration, &then.ApplyDuration}} {
		b.WriteString(moved(h.name, h.now, h.then))
	}
	for _, c := range []struct {
		name      string
		now, then probe.Value
	}{
		{"hbfail", now.HeartbeatSendFailures, then.HeartbeatSendFailures},
		{"slowapply", now.SlowApplies, then.SlowApplies},
		{"slowread", now.SlowReadIndexes, then.SlowReadIndexes},
		{"readfail", now.ReadIndexesFailed, then.ReadIndexesFailed},
		{"propfail", now.ProposalsFailed, then.ProposalsFailed},
		{"leaderchg", now.LeaderChanges, then.LeaderChanges},
		{"puts", now.Puts, then.Puts},
		{"streamfail", now.StreamFailures, then.StreamFailures},
	} {
		if d := c.now.Minus(c.then).Or(0); d != 0 {
			fmt.Fprintf(b, " %s+%g", c.name, d)
		}
	}
	if cpu := now.CPUSeconds.Minus(then.CPUSeconds); cpu.IsKnown() && before != nil {
		fmt.Fprintf(b, " cpu=%.2f", cpu.Or(0)/m.Metrics.At.Sub(before.Metrics.At).Seconds())
	}
	for _, c := range []struct {
		name string
		now  probe.Value
	}{
		{"defrag", now.DefragInflight}, {"slowwatchers", now.SlowWatchers}, {"pendingevents", now.PendingEvents},
		{"snapapply", now.SnapshotApplyInProgress},
	} {
		if c.now.Or(0) != 0 {
			fmt.Fprintf(b, " %s=%s", c.name, c.now)
		}
	}
	describePeers(b, then, now)
	describeFailedCalls(b, then, now)
	b.WriteString("\n")
}

func describePeers(b *strings.Builder, then, now *probe.Metrics) {
	for _, id := range sortedKeys(now.Peers) {
		p, q := now.Peers[id], then.Peers[id]
		fmt.Fprintf(b, " peer %s[active=%s", id.String()[:4], p.Active)
		for _, c := range []struct {
			name      string
			now, then probe.Value
		}{
			{"sendfail", p.SentFailures, q.SentFailures}, {"recvfail", p.ReceivedFailures, q.ReceivedFailures},
			{"disc", p.Disconnected, q.Disconnected}, {"snapsend", p.SnapshotSends, q.SnapshotSends},
			{"snapfail", p.SnapshotSendFailures, q.SnapshotSendFailures},
			{"sentKB", kilo(p.SentBytes), kilo(q.SentBytes)},
		} {
			if d := c.now.Minus(c.then).Or(0); d >= 1 {
				fmt.Fprintf(b, " %s+%.0f", c.name, d)
			}
		}
		b.WriteString(moved("rtt", &p.RoundTrip, &q.RoundTrip))
		b.WriteString("]")
	}
}

func kilo(v probe.Value) probe.Value { return v.Per(probe.Known(1000)) }

func describeFailedCalls(b *strings.Builder, then, now *probe.Metrics) {
	var failed []string
	for call, n := range now.GRPCHandled {
		if d := n - then.GRPCHandled[call]; d > 0 && call.Code != "OK" {
			failed = append(failed, fmt.Sprintf("%s:%s+%g", call.Method, call.Code, d))
		}
	}
	slices.Sort(failed)
	if len(failed) > 0 {
		fmt.Fprintf(b, " %s", strings.Join(failed, " "))
	}
}

func sortedKeys[V any](m map[probe.MemberID]V) []probe.MemberID {
	var keys []probe.MemberID
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// took prints how long the newest attempt took and whether it failed, or since when one is under way.
func took[T any](f *probe.Fact[T], at time.Time) string {
	text := fmt.Sprintf("%.0fms", f.Took.Seconds()*1000)
	if f.Err != nil {
		text += "!" + string(f.Err.Kind)
	}
	if !f.Pending.IsZero() {
		text += fmt.Sprintf("(asked %.1fs ago)", at.Sub(f.Pending).Seconds())
	}
	return text
}

// moved prints how many observations a histogram gained, their mean, and the bound of the slowest.
func moved(name string, now, then *probe.Histogram) string {
	n := now.Count() - then.Count()
	if n <= 0 || then.Count() > 0 && len(now.Counts) != len(then.Counts) {
		return ""
	}
	worst := math.NaN()
	below := 0.0
	for i, c := range now.Counts {
		d := c
		if then.IsKnown() {
			d -= then.Counts[i]
		}
		if d > below {
			worst, below = now.Bounds[i], d
		}
	}
	return fmt.Sprintf(" %s(n=%g avg=%.1fms worst≤%.1fms)", name, n, 1000*(now.Sum-then.Sum)/n, 1000*worst)
}
