package tui

import (
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/dustin/go-humanize"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

// fact is something known of a member, with its name.
type fact struct {
	name  string
	value span
	// lacking says that the member does not have it, or does not report it.
	lacking bool
}

// factGroup is a titled group of facts.
type factGroup struct {
	title string
	facts []fact
	// charted is how many facts at the end the charts show too.
	charted int
}

// distributed is the group that renderDistributions draws as well.
const distributed = "DISK"

// factGroups are the facts of a member, other than verdicts, findings and addresses.
func (m model) factGroups(a *thresholds.Member) []factGroup {
	vital := func(v thresholds.Vital) fact { return fact{vitalNames[v].label, m.vitalCell(a, v), a.Lacks(v)} }
	ours := m.shown.assessment.ClientCertificate
	groups := []factGroup{
		{distributed, []fact{
			vital(thresholds.WALFsyncP50), vital(thresholds.BackendCommitP50),
			vital(thresholds.WALFsyncP99), vital(thresholds.BackendCommitP99),
			vital(thresholds.WALFsyncWorst), vital(thresholds.BackendCommitWorst),
			vital(thresholds.WALFsyncObservations),
			vital(thresholds.BackendCommitObservations),
		}, 8},
		{"RAFT", []fact{
			vital(thresholds.RaftTerm), {"index", m.indexCell(a), a.Lacks(thresholds.RaftIndex)},
			vital(thresholds.FollowerLag), vital(thresholds.ProposalsFailedRate),
			vital(thresholds.LeaderChanges), vital(thresholds.SnapshotsInFlight),
			vital(thresholds.LinearizableRead), vital(thresholds.SerializableRead),
			vital(thresholds.ProposalsPending), vital(thresholds.ProposalsAppliedRate),
			vital(thresholds.ApplyLag), vital(thresholds.SlowAppliesRate),
		}, 4},
		{"DATABASE", []fact{
			vital(thresholds.DBInUse), vital(thresholds.DBSize),
			vital(thresholds.DBQuota), vital(thresholds.DBQuotaUsed),
			vital(thresholds.DBQuotaReachedIn),
		}, 0},
		{"WRITES", m.writtenFacts(a), 0},
		{"PEERS", m.peerFacts(a), 0},
		{"CERTS", []fact{
			{"served", m.servedCell(a), a.ServedCertificate == nil && !a.NeverSeen},
			{"ours", m.certificateCell(ours, m.oursLevel()), ours == nil},
		}, 0},
		{"PROCESS", []fact{
			vital(thresholds.ResidentBytes), vital(thresholds.Uptime),
			{"started", m.startedCell(a), a.Started.IsZero()},
			vital(thresholds.OpenFDs), vital(thresholds.MaxFDs),
			vital(thresholds.CallsInFlight), vital(thresholds.CPU),
		}, 1},
		{"SCRAPE", []fact{
			vital(thresholds.ScrapeDuration), vital(thresholds.ScrapeBytes),
			vital(thresholds.StatusDuration),
		}, 0},
	}
	groups = append(groups, factGroup{"NODE", m.nodeFacts(a), 0})
	return slices.DeleteFunc(groups, func(g factGroup) bool { return len(g.facts) == 0 })
}

// indexCell is the committed index in full.
func (m model) indexCell(a *thresholds.Member) span {
	index, known := a.Vitals[thresholds.RaftIndex].Get()
	if !known || a.IsStale(thresholds.RaftIndex) {
		return m.vitalCell(a, thresholds.RaftIndex)
	}
	return span{m.theme.plain, humanize.Comma(int64(index))}
}

// startedCell is when the member's process started, and how often that was seen lately.
func (m model) startedCell(a *thresholds.Member) span {
	if a.Started.IsZero() {
		return span{m.theme.dim, "?"}
	}
	text := m.stamp(a.Started)
	if a.Restarts > 0 {
		text += ", " + thresholds.Plural(a.Restarts, "restart") + " seen"
	}
	return span{m.theme.plain, text}
}

// peerFacts are the p99 of the round trip to each peer, and what is wrong with the connection.
func (m model) peerFacts(a *thresholds.Member) []fact {
	t := m.theme
	if len(a.Peers) == 0 {
		return []fact{{name: "round trips", value: span{t.dim, "not reported"}}}
	}
	facts := make([]fact, 0, len(a.Peers))
	for i := range a.Peers {
		p := &a.Peers[i]
		room := valueWidth
		if p.Disconnected() {
			room = 2 * valueWidth // in words, on a line of its own
		}
		value := m.peerSpan(a, p, room)
		more := ""
		if n := p.SendFailuresRate.Or(0); n > 0 {
			more += " " + t.number(probe.Known(n), thresholds.PerSecond) + "/s unsent"
		}
		if n := int(p.SnapshotsInFlight.Or(0)); n > 0 {
			more += " " + thresholds.Plural(n, "snapshot") + " in flight"
		}
		lacking := !p.RoundTripP99.IsKnown() && !p.Active.IsKnown() && !a.MetricsStale && more == ""
		facts = append(facts, fact{m.shortName(p.MemberRef), span{value.style, value.text + more}, lacking})
	}
	return facts
}

// servedCell is the certificate that the member serves; unknown while it has never answered.
func (m model) servedCell(a *thresholds.Member) span {
	if a.ServedCertificate == nil && a.NeverSeen {
		return span{m.theme.dim, "?"}
	}
	return m.certificateCell(a.ServedCertificate, a.Mark(thresholds.CertificateExpiresIn).Level)
}

// oursLevel is the level of the finding about etcdoc's own certificate; OK where there is none.
func (m model) oursLevel() thresholds.Level {
	if f := m.shown.assessment.Finding(thresholds.ClientCertificateExpires, ""); f != nil {
		return f.Level
	}
	return thresholds.OK
}

// certificateCell is a certificate's subject and expiry; level is how it stands to its limits.
func (m model) certificateCell(c *probe.Certificate, level thresholds.Level) span {
	t := m.theme
	if c == nil {
		return span{t.dim, "none"}
	}
	left := m.left(c.NotAfter)
	text := "in " + t.duration(left)
	if left <= 0 {
		text = "EXPIRED " + t.duration(-left) + " ago"
	}
	text += ", " + c.NotAfter.UTC().Format(time.DateOnly) + ", " + t.clean(c.Subject)
	if sign := level.Sign(); sign != thresholds.SignNone {
		return span{t.level(level), string(sign) + text}
	}
	return span{t.plain, text}
}

// renderFacts is everything known of the selected member.
func (m model) renderFacts(width, height int) block {
	t, a := m.theme, m.selectedMember()
	if a == nil {
		return block{}.pad(width, height)
	}
	b := block{lineOf(t, width, m.identity(a)...)}
	if label := t.clean(a.Label); label != m.shortName(a.MemberRef) {
		b = append(b, t.wrapped(width, "name", label)...)
	}
	b = append(b, m.labelled(width, "drain", m.verdictSpans(a, drainReasons))...)
	b = append(b, m.memberFindings(a, width)...)
	b = append(b, m.renderDockedFacts(a, width, height-len(b))...)
	return b.cut(t, width, height)
}

// renderDockedFacts writes a member's facts in two columns, with blank lines between the groups where they fit.
func (m model) renderDockedFacts(a *thresholds.Member, width, height int) block {
	t := m.theme
	var groups []block
	used := 0
	for _, g := range m.factGroups(a) {
		b := block{lineOf(t, width, span{t.bold, g.title})}
		if g.title == distributed {
			b = append(b, m.renderDistributions(a, width)...)
		}
		b = append(b, t.renderFactPairs(g.facts, width)...)
		groups, used = append(groups, b), used+len(b)
	}
	b := m.addresses(a, width)
	spaced := len(b)+used+len(groups) <= height
	for _, g := range groups {
		if spaced {
			b = append(b, blanks(width))
		}
		b = append(b, g...)
	}
	return b
}

// addresses are a member's endpoints, its version, and why it did not answer.
func (m model) addresses(a *thresholds.Member, width int) block {
	t := m.theme
	var b block
	for _, e := range a.Errors {
		b = append(b, t.wrapped(width, "error", t.clean(e.Text))...)
	}
	if why := m.shown.assessment.NodesErr; why != nil {
		b = append(b, t.wrapped(width, "node", t.clean(why.Text))...)
	}
	if why := a.WrittenErr; why != nil {
		b = append(b, t.wrapped(width, "log", t.clean(why.Text))...)
	}
	b = append(b, t.wrapped(width, "client", t.clean(strings.Join(a.Endpoints, " ")))...)
	b = append(b, t.wrapped(width, "metrics", t.clean(orNone(a.MetricsEndpoint)))...)
	return append(b, t.wrapped(width, "version", m.versionCell(a).text)...)
}

// valueWidth is the width of a value in a column of facts.
const valueWidth = 10

// renderFactPairs writes facts in two columns; a wide one gets a line of its own.
func (t *theme) renderFactPairs(facts []fact, width int) block {
	const gap = 3
	half := (width - gap) / 2
	var b block
	for i := 0; i < len(facts); {
		l := newLine(t, width)
		if !facts[i].fits(half) {
			l.cell(t.dim, facts[i].name+"  ", width-spansWidth([]span{facts[i].value}), false)
			l.add(facts[i].value.style, facts[i].value.text)
			b, i = append(b, l.String()), i+1
			continue
		}
		for column := 0; column < 2 && i < len(facts) && facts[i].fits(half); column++ {
			if column > 0 {
				l.space(gap)
			}
			l.cell(t.dim, facts[i].name, half-valueWidth, false)
			l.cell(facts[i].value.style, facts[i].value.text, valueWidth, true)
			i++
		}
		b = append(b, l.String())
	}
	return b
}

// fits reports that a fact fits into a column.
func (f fact) fits(width int) bool {
	return spansWidth([]span{f.value}) <= valueWidth && ansi.StringWidth(f.name) < width-valueWidth
}

// renderFactLines writes facts one after another, each group on lines of its own.
func (m model) renderFactLines(a *thresholds.Member, width int) block {
	t := m.theme
	var b block
	for _, g := range m.factGroups(a) {
		var items [][]span
		for _, f := range g.facts[:len(g.facts)-g.charted] {
			items = append(items, []span{{t.dim, f.name + " "}, f.value})
		}
		b = append(b, t.flow(width, strings.ToLower(g.title), items)...)
	}
	return append(b, m.addresses(a, width)...)
}

// renderDenseFacts is renderFactLines for a low window: groups share lines, and facts that the member lacks are left
// out.
func (m model) renderDenseFacts(a *thresholds.Member, width int) block {
	t := m.theme
	var items [][]span
	for _, g := range m.factGroups(a) {
		title := strings.ToLower(g.title) + " "
		for _, f := range g.facts[:len(g.facts)-g.charted] {
			if !f.lacking {
				items = append(items, []span{{t.bold, title}, {t.dim, f.name + " "}, f.value})
				title = ""
			}
		}
	}
	return append(t.flow(width, "facts", items), m.addresses(a, width)...)
}
