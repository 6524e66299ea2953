package cli

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

// The exit codes of a plug-in.
const (
	nagiosOK = iota
	nagiosWarning
	nagiosCritical
	nagiosUnknown
)

var nagiosWords = [...]string{nagiosOK: "OK", nagiosWarning: "WARNING", nagiosCritical: "CRITICAL", nagiosUnknown: "UNKNOWN"}

// nagiosCode is the plug-in's exit code: a warning is WARNING and so on. --fail-on critical makes a warning pass, and
// --fail-on notice a notice a WARNING. The verdicts of --can-lose are OK, WARNING (risk), CRITICAL (no) and UNKNOWN.
func (q *question) nagiosCode(a *thresholds.Assessment) int {
	switch code := q.code(a); {
	case code == ExitHealthy && q.canLose == "" && a.Level == thresholds.Unknown:
		return nagiosUnknown
	case code == ExitHealthy:
		return nagiosOK
	case code == ExitNotDone:
		return nagiosUnknown
	}
	if q.canLose != "" {
		if m, err := q.find(a); err == nil && m.CanLose.Verdict == thresholds.LossRisk {
			return nagiosWarning
		}
		return nagiosCritical
	}
	switch a.Level {
	case thresholds.Critical:
		return nagiosCritical
	case thresholds.Unknown:
		return nagiosUnknown
	default:
		return nagiosWarning
	}
}

// printNagios writes the line of a plug-in: the answer, and what to draw (perfdata).
func printNagios(w io.Writer, q *question, a *thresholds.Assessment, rules []thresholds.Rule) (int, error) {
	code := q.nagiosCode(a)
	text := a.Reading.Text
	if verdict := q.verdict(a); verdict != (reply{}) {
		text = verdict.text
	}
	line := fmt.Sprintf("ETCD %s - %s", nagiosWords[code], escapeNagios(text))
	if drawn := perfdata(a, rules); len(drawn) > 0 {
		line += " | " + strings.Join(drawn, " ")
	}
	_, err := fmt.Fprintln(w, line)
	return code, err
}

// outputVariable is the variable of --output.
const outputVariable = "ETCDOC_OUTPUT"

// wantsNagios reports that the arguments of a check, or else the environment, ask for a plug-in's line. They need not be
// such as can be parsed: a mistake in them is UNKNOWN too, where an exit code of 2 would be CRITICAL.
func wantsNagios(args []string) bool {
	for i, arg := range args {
		for _, name := range [...]string{"--output", "--write-out", "-o", "-w"} {
			value, is := strings.CutPrefix(arg, name)
			switch {
			case !is:
			case value == "" && i+1 < len(args):
				return args[i+1] == "nagios"
			case value != "":
				return strings.TrimPrefix(value, "=") == "nagios"
			}
		}
	}
	isCheck := slices.Contains(args, "check") || slices.Contains(args, "--once")
	return isCheck && os.Getenv(outputVariable) == "nagios"
}

// nagiosFailure is the line of a plug-in that could not check.
func nagiosFailure(err error) string {
	return "ETCD UNKNOWN - " + escapeNagios(strings.Join(messages(err), "; "))
}

// nagiosText keeps the text in its place: a bar begins the perfdata, and a line ends it.
func escapeNagios(text string) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(probe.Printable(text), "|", "/")), " ")
}

// drawn are the vitals that become perfdata.
var perfVitals = [...]thresholds.Vital{
	thresholds.WALFsyncP99, thresholds.BackendCommitP99, thresholds.ProposalsPending, thresholds.ApplyLag, thresholds.DBSize, thresholds.DBQuotaUsed,
	thresholds.PeerRTTP99,
}

// unitsOfMeasurement are those that the plug-in guidelines know.
var unitsOfMeasurement = map[thresholds.Unit]string{thresholds.Seconds: "s", thresholds.Bytes: "B"}

// perfdata is 'label'=value[UOM];warn;crit;min for what is known now.
func perfdata(a *thresholds.Assessment, rules []thresholds.Rule) []string {
	var items []string
	if a.Cluster.MemberListKnown {
		items = append(items, fmt.Sprintf("healthy_voters=%d;;%d:;0;%d", a.Cluster.HealthyVoters, a.Cluster.Quorum, a.Cluster.Voters))
	}
	labels := perfLabels(a.Members)
	for i := range a.Members {
		m := &a.Members[i]
		for _, v := range perfVitals {
			value, known := m.Vitals[v].Get()
			if !known || m.IsStale(v) {
				continue
			}
			warn, crit := "", ""
			if at := slices.IndexFunc(rules, func(r thresholds.Rule) bool { return r.Vital == v }); at >= 0 {
				warn, crit = limitOf(rules[at].Warning), limitOf(rules[at].Critical)
			}
			items = append(items, fmt.Sprintf("'%s %s'=%s%s;%s;%s;0", labels[i], v, number(value), unitsOfMeasurement[v.Unit()], warn, crit))
		}
	}
	return items
}

// perfLabels are what members are called in labels: without what ends one, and no two alike, as the newest value of a
// label is the one that counts.
func perfLabels(members []thresholds.Member) []string {
	safe := strings.NewReplacer("'", "", "=", "", "|", "")
	labels, count := make([]string, len(members)), map[string]int{}
	for i := range members {
		labels[i] = safe.Replace(members[i].Label)
		count[labels[i]]++
	}
	for i := range members {
		if count[labels[i]] > 1 {
			labels[i] += " " + safe.Replace(members[i].Key)
		}
	}
	return labels
}

func limitOf(l thresholds.Limit) string {
	value, has := l.Value.Get()
	if !has {
		return ""
	}
	return number(value)
}

func number(value float64) string { return strconv.FormatFloat(value, 'f', -1, 64) }
