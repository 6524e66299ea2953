package thresholds

import (
	"encoding/json"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// Schema names the JSON format of an [Assessment]. It only ever gains fields.
const Schema = "etcdoc/v1"

type assessmentJSON struct {
	Schema  string       `json:"schema"`
	At      time.Time    `json:"at"`
	Level   Level        `json:"level"`
	Cluster clusterJSON  `json:"cluster"`
	Reading readingJSON  `json:"reading"`
	Members []memberJSON `json:"members"`
	// APIServers are the kube-apiservers that are asked; absent if none is.
	APIServers []apiServerJSON `json:"api_servers,omitempty"`
	Findings   []findingJSON   `json:"findings"`
	Impacts    []impactJSON    `json:"impacts"`
	// Unmeasured are the rules that could not be judged through no fault of the members.
	Unmeasured []unmeasuredJSON `json:"unmeasured"`
	Events     []eventJSON      `json:"events"`
	Rolling    rollingJSON      `json:"rolling"`
	Recovery   recoveryJSON     `json:"recovery"`
	// ClientCertificate is what etcdoc presents to the members; absent without one.
	ClientCertificate *certificateJSON `json:"client_certificate,omitempty"`
	// NodesError is why nothing is known of the members' nodes; absent if it is, or nobody asked.
	NodesError string `json:"nodes_error,omitempty"`
	// Backups is absent where nobody looks at any, or nothing is known of them.
	Backups *backupsJSON `json:"backups,omitempty"`
	// Answer is the answer to a question of the check, such as --can-lose.
	Answer *answerJSON `json:"answer,omitempty"`
}

type clusterJSON struct {
	ID              *string     `json:"id"`
	Level           Level       `json:"level"`
	Voters          *int        `json:"voters"` // null while the member list is not known, as are the next four
	Learners        *int        `json:"learners"`
	HealthyVoters   *int        `json:"healthy_voters"` // known to be healthy
	UnknownVoters   *int        `json:"unknown_voters"` // they may be healthy or not
	Quorum          *int        `json:"quorum"`
	Tolerance       probe.Value `json:"tolerance"` // null while it is not known
	MemberListKnown bool        `json:"member_list_known"`
	Leader          *string     `json:"leader"`
	LeaderID        *string     `json:"leader_id"`
	Term            uint64      `json:"term,omitempty"`
	Alarms          []alarmJSON `json:"alarms"`
	AlarmsKnown     bool        `json:"alarms_known"` // false: there may be others
	Margin          string      `json:"margin"`       // how many voters are healthy, and how many more may fail
}

type alarmJSON struct {
	Type   string `json:"type"`
	Member string `json:"member"`
}

type readingJSON struct {
	Cause       Cause    `json:"cause"`
	Help        string   `json:"help"`                 // the id of its runbook
	Candidates  []Cause  `json:"candidates,omitempty"` // possible causes if the cause is not clear
	About       []string `json:"about"`
	Headline    string   `json:"headline"`
	Text        string   `json:"text"`
	Evidence    []string `json:"evidence"`
	Step        string   `json:"step"`
	Next        string   `json:"next"`
	Steps       []Step   `json:"steps,omitempty"`
	NotLookedAt []string `json:"not_looked_at"`
}

type findingJSON struct {
	Rule    RuleID      `json:"rule"`
	Help    string      `json:"help"` // the id of its runbook
	Level   Level       `json:"level"`
	Member  *string     `json:"member"`
	Value   probe.Value `json:"value,omitzero"`
	Limit   probe.Value `json:"limit,omitzero"`
	Unit    Unit        `json:"unit"`
	Summary string      `json:"summary"`
	// Headline is the summary in at most 60 columns.
	Headline string `json:"headline"`
	Advice   string `json:"advice,omitempty"`
	// Since is when it began, and ResolvingSince when the value returned below the limit.
	Since          time.Time  `json:"since"`
	State          AlertState `json:"state"`
	ResolvingSince time.Time  `json:"resolving_since,omitzero"`
	InhibitedBy    RuleID     `json:"inhibited_by,omitempty"`
	// InhibitedByMember is the member of the inhibiting finding, unless it is this finding's own.
	InhibitedByMember string `json:"inhibited_by_member,omitempty"`
	// Expected is the text of the mark that announced it, and ExpectedUntil when the announced outage ends.
	Expected      string    `json:"expected,omitempty"`
	ExpectedUntil time.Time `json:"expected_until,omitzero"`
	// MutedUntil is when the mute of this finding ends, unless it gets worse; absent without one.
	MutedUntil time.Time `json:"muted_until,omitzero"`
	// Basis is what the value was taken over; absent for the moment and the rule's window.
	Basis Basis `json:"basis,omitempty"`
	// Why is why it can't be judged, or is only the last known finding.
	Why    Why    `json:"why,omitempty"`
	Source string `json:"source"`
}

type unmeasuredJSON struct {
	Rule   RuleID  `json:"rule"`
	Member *string `json:"member"`
	Why    Why     `json:"why"`
	Text   string  `json:"text"`
}

// MarshalJSON writes the assessment in the format of [Schema]. Durations are in seconds, sizes in bytes. Unknown values
// are absent or null, never zero.
func (a Assessment) MarshalJSON() ([]byte, error) { return json.Marshal(a.Document()) }

// Document is what MarshalJSON writes, for an encoder that needs no copy of its text.
func (a *Assessment) Document() any { return a.DocumentMuted(nil) }

// DocumentMuted is the document with the time of the mutes in their findings. A mute changes no level.
func (a *Assessment) DocumentMuted(mutes Mutes) any {
	out := &assessmentJSON{
		Schema: Schema, At: a.At.UTC(), Level: a.Level, Cluster: a.Cluster.json(),
		Reading: readingJSON{
			Cause: a.Reading.Cause, Help: a.Reading.Help(), Candidates: a.Reading.Candidates, About: []string{},
			Headline: a.Reading.Headline, Text: a.Reading.Text, Step: a.Reading.Step, Next: a.Reading.Next,
			Steps:    a.Reading.Steps,
			Evidence: a.Reading.EvidenceTexts(), NotLookedAt: listed(a.Reading.NotLookedAt),
		},
		Members: []memberJSON{}, Findings: []findingJSON{}, Impacts: []impactJSON{},
		Unmeasured: []unmeasuredJSON{}, Events: []eventJSON{},
		Rolling: a.rollingJSON(), Recovery: recoveryJSON{Warranted: a.Recovery.Warranted, Text: a.Recovery.Text},
		ClientCertificate: newCertificateJSON(a.ClientCertificate), Answer: a.Answer.json(),
	}
	out.Backups = a.Backups.json()
	if a.NodesErr != nil {
		out.NodesError = a.NodesErr.Text
	}
	for _, m := range a.Reading.About {
		out.Reading.About = append(out.Reading.About, m.Label)
	}
	voters := a.Survivors("")
	for i := range a.Members {
		m := &a.Members[i]
		out.Members = append(out.Members, m.json())
		left := &out.Members[i].Survivors
		*left = survivorsJSON{voters.Well, len(voters.Unwell)}
		switch {
		case !m.Voter || m.Stray:
		case m.isWell():
			left.Well--
		default:
			left.Unwell--
		}
	}
	for i := range a.APIServers {
		out.APIServers = append(out.APIServers, a.APIServers[i].json())
	}
	for i := range a.Findings {
		out.Findings = append(out.Findings, a.Findings[i].json(mutes))
	}
	for i := range a.Impacts {
		out.Impacts = append(out.Impacts, a.Impacts[i].json(a.At))
	}
	for _, u := range a.Unmeasured {
		missing := unmeasuredJSON{Rule: u.Rule, Why: u.Why, Text: u.Text}
		if !u.Member.IsZero() {
			missing.Member = &u.Member.Label
		}
		out.Unmeasured = append(out.Unmeasured, missing)
	}
	for i := range a.Events {
		out.Events = append(out.Events, a.Events[i].json())
	}
	if !a.Recovery.Newest.IsZero() {
		out.Recovery.Newest = &a.Recovery.Newest.Label
	}
	return out
}

func (c *Cluster) json() clusterJSON {
	out := clusterJSON{
		Level: c.Level, MemberListKnown: c.MemberListKnown, Term: c.Term, Alarms: []alarmJSON{},
		AlarmsKnown: c.AlarmsKnown, Margin: c.Margin, Tolerance: c.Tolerance(),
	}
	if c.MemberListKnown {
		out.Voters, out.Learners, out.HealthyVoters = new(c.Voters), new(c.Learners), new(c.HealthyVoters)
		out.UnknownVoters, out.Quorum = new(c.UnknownVoters), new(c.Quorum)
	}
	if c.ID != 0 {
		out.ID = new(c.ID.String())
	}
	if !c.Leader.IsZero() {
		out.Leader, out.LeaderID = &c.Leader.Label, new(c.Leader.ID.String())
	}
	for _, alarm := range c.Alarms {
		out.Alarms = append(out.Alarms, alarmJSON{alarm.Type, alarm.Member.Label})
	}
	return out
}

func (f *Finding) json(mutes Mutes) findingJSON {
	out := findingJSON{
		Rule: f.Rule, Help: f.Help(), Level: f.Level, Value: f.Value, Limit: f.Limit, Unit: f.Unit,
		Summary: f.Summary, Headline: f.Headline, Advice: f.Advice, Since: f.Since.UTC(), State: f.State,
		InhibitedBy: f.InhibitedBy, InhibitedByMember: f.InhibitedByMember.Label, Expected: f.Expected,
		Basis: f.Basis, Why: f.Why, Source: f.Source,
	}
	if f.Resolving() {
		out.ResolvingSince = f.ResolvingSince.UTC()
	}
	if !f.Announcement.Until.IsZero() {
		out.ExpectedUntil = f.Announcement.Until.UTC()
	}
	if m := mutes.Of(f); m != nil {
		out.MutedUntil = m.Until.UTC()
	}
	if !f.Member.IsZero() {
		out.Member = &f.Member.Label
	}
	return out
}

func listed(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}
