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

// The exit codes of a Nagios plug-in.
const (
	nagiosOK = iota
	nagiosWarning
	nagiosCritical
	nagiosUnknown
)

var nagiosWords = [...]string{
	nagiosOK: "OK", nagiosWarning: "WARNING", nagiosCritical: "CRITICAL", nagiosUnknown: "UNKNOWN",
}

// nagiosCode returns the plug-in's exit code. Levels map to the code of the same name. --fail-on critical turns a
// warning into OK, --fail-on notice a notice into WARNING. With --can-lose and its like, safe is OK, risk WARNING, no
// CRITICAL, and anything else UNKNOWN.
func (q *question) nagiosCode(a *thresholds.Assessment) int {
	switch code := q.code(a); {
	case code == ExitHealthy && q.asks == "" && a.Level == thresholds.Unknown:
		return nagiosUnknown
	case code == ExitHealthy:
		return nagiosOK
	case code == ExitNotDone:
		return nagiosUnknown
	}
	if q.asks != "" {
		if answer, err := q.answer(a); err == nil && answer.Verdict == thresholds.LossRisk {
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

// printNagios writes the plug-in's line: the answer, then perfdata.
func printNagios(w io.Writer, q *question, a *thresholds.Assessment, rules thresholds.RuleSet) (int, error) {
	code := q.nagiosCode(a)
	text := a.Reading.Text
	if line := a.APIServersLine(); line != "" {
		text += " " + line + "."
	}
	if verdict := q.verdict(a); verdict != (reply{}) {
		text = verdict.text
	}
	line := fmt.Sprintf("ETCD %s - %s", nagiosWords[code], escapeNagios(text))
	if items := perfdata(a, rules); len(items) > 0 {
		line += " | " + strings.Join(items, " ")
	}
	_, err := fmt.Fprintln(w, line)
	return code, err
}

// outputVariable is the environment variable of --output.
const outputVariable = "ETCDOC_OUTPUT"

// wantsNagios reports whether the arguments or the environment ask for a plug-in's line. It does not parse args,
// because an error in them must exit with UNKNOWN too: exit code 2 would mean CRITICAL.
func wantsNagios(args []string) bool {
	for i, arg := range args {
		for _, name := range [...]string{"--output", "--write-out", "-o", "-w"} {
			value, ok := strings.CutPrefix(arg, name)
			switch {
			case !ok:
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

// nagiosFailure returns the plug-in's line for a check that failed with err.
func nagiosFailure(err error) string {
	return "ETCD UNKNOWN - " + escapeNagios(strings.Join(messages(err), "; "))
}

// escapeNagios replaces what would end the text: a bar begins the perfdata, and a line end ends it.
func escapeNagios(text string) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(probe.Printable(text), "|", "/")), " ")
}

// perfVitals are the vitals in the perfdata.
var perfVitals = [...]thresholds.Vital{
	thresholds.WALFsyncP99, thresholds.BackendCommitP99, thresholds.ProposalsPending, thresholds.ApplyLag,
	thresholds.DBSize, thresholds.DBQuotaUsed, thresholds.PeerRTTP99,
}

// unitsOfMeasurement are the units that the plug-in guidelines have.
var unitsOfMeasurement = map[thresholds.Unit]string{thresholds.Seconds: "s", thresholds.Bytes: "B"}

// perfdata returns an item 'label'=value[UOM];warn;crit;min for each vital with a current value.
func perfdata(a *thresholds.Assessment, rules thresholds.RuleSet) []string {
	var items []string
	if a.Cluster.MemberListKnown {
		healthy := "U" // what the plug-in guidelines have for a value that could not be determined
		if a.Cluster.UnknownVoters == 0 {
			healthy = fmt.Sprint(a.Cluster.HealthyVoters)
		}
		items = append(items, fmt.Sprintf("healthy_voters=%s;;%d:;0;%d", healthy, a.Cluster.Quorum, a.Cluster.Voters))
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
			if r := rules.Judging(v); r != nil {
				warn, crit = limitOf(r.Limit(thresholds.Warning)), limitOf(r.Limit(thresholds.Critical))
			}
			items = append(items, fmt.Sprintf("'%s %s'=%s%s;%s;%s;0",
				labels[i], v, number(value), unitsOfMeasurement[v.Unit()], warn, crit))
		}
	}
	return items
}

// perfLabels returns the members' names in perfdata labels: without characters that end a label, and unique, because a
// later value would replace an earlier one of the same label.
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
