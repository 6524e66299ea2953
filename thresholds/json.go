package thresholds

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// Schema names the JSON format of an [Assessment]. It only ever gains fields.
const Schema = "etcdoc/v1"

type assessmentJSON struct {
	Schema   string        `json:"schema"`
	At       time.Time     `json:"at"`
	Level    Level         `json:"level"`
	Cluster  clusterJSON   `json:"cluster"`
	Reading  readingJSON   `json:"reading"`
	Members  []memberJSON  `json:"members"`
	Findings []findingJSON `json:"findings"`
	// Unmeasured are the rules that could not be judged through no fault of the members.
	Unmeasured []unmeasuredJSON `json:"unmeasured"`
	Rolling    rollingJSON      `json:"rolling"`
	Recovery   recoveryJSON     `json:"recovery"`
	// ClientCertificate is what etcdoc presents to the members; absent without one.
	ClientCertificate *certificateJSON `json:"client_certificate,omitempty"`
}

type clusterJSON struct {
	ID              *string     `json:"id"`
	Level           Level       `json:"level"`
	Voters          int         `json:"voters"`
	Learners        int         `json:"learners"`
	HealthyVoters   int         `json:"healthy_voters"`
	Quorum          *int        `json:"quorum"` // null while the member list is not known, as is Tolerance
	Tolerance       *int        `json:"tolerance"`
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

type memberJSON struct {
	ID    *string `json:"id"`
	Name  string  `json:"name"`
	Short string  `json:"short"` // the name without what all members' names share
	Role  Role    `json:"role"`
	State State   `json:"state"`
	Level Level   `json:"level"`
	// Worst is Level without notices that are only recommendations.
	Worst Level `json:"worst"`
	// NoteOf is in one word what a notice is about if Worst is one.
	NoteOf          string        `json:"note_of,omitempty"`
	Condition       conditionJSON `json:"condition"`
	Healthy         bool          `json:"healthy"`
	Endpoints       []string      `json:"endpoints"`
	MetricsEndpoint string        `json:"metrics_endpoint,omitempty"`
	Version         string        `json:"version,omitempty"`
	AgeSeconds      probe.Value   `json:"age_seconds,omitzero"`
	// MetricsAgeSeconds is the age of the exposition behind the vitals; absent without one.
	MetricsAgeSeconds probe.Value `json:"metrics_age_seconds,omitzero"`
	// StartedAt is when its process started; absent if not known. RestartsSeen are those of the last 15 minutes.
	StartedAt    time.Time   `json:"started_at,omitzero"`
	RestartsSeen int         `json:"restarts_seen"`
	Vitals       vitalsJSON  `json:"vitals"`
	CanLose      verdictJSON `json:"can_lose"`
	CanRemove    verdictJSON `json:"can_remove"`
	// Survivors are the voters that would be left without it.
	Survivors survivorsJSON `json:"survivors"`
	Errors    []string      `json:"errors"`
	// Peers are absent if the metrics are too old or lack them.
	Peers             []peerJSON       `json:"peers,omitempty"`
	ServedCertificate *certificateJSON `json:"served_certificate,omitempty"`
	ServedAuthority   *certificateJSON `json:"served_authority,omitempty"`
	// HashKV is present if the members' data was compared.
	HashKV *hashJSON `json:"hash_kv,omitempty"`
}

type conditionJSON struct {
	Word  ConditionWord `json:"word"`
	Level Level         `json:"level"`
	// Progress, BehindEntries and LeftSeconds are absent where nothing progresses or how far is not known.
	Progress      string      `json:"progress,omitempty"`
	BehindEntries probe.Value `json:"behind_entries,omitzero"`
	LeftSeconds   probe.Value `json:"left_seconds,omitzero"`
}

type survivorsJSON struct {
	Well   int `json:"well"`
	Unwell int `json:"unwell"`
}

type hashJSON struct {
	Hash            string `json:"hash"` // hexadecimal
	Revision        int64  `json:"revision"`
	CompactRevision int64  `json:"compact_revision"`
}

type peerJSON struct {
	Member            string      `json:"member"`
	Connections       probe.Value `json:"connections,omitzero"`
	RoundTripP50      probe.Value `json:"rtt_p50_seconds,omitzero"`
	RoundTripP99      probe.Value `json:"rtt_p99_seconds,omitzero"`
	SendFailuresRate  probe.Value `json:"send_failures_per_second,omitzero"`
	SnapshotsInFlight probe.Value `json:"snapshots_in_flight,omitzero"`
}

type certificateJSON struct {
	Subject   string    `json:"subject"`
	Issuer    string    `json:"issuer"`
	NotBefore time.Time `json:"not_before"`
	NotAfter  time.Time `json:"not_after"`
}

func newCertificateJSON(c *probe.Certificate) *certificateJSON {
	if c == nil {
		return nil
	}
	return &certificateJSON{c.Subject, c.Issuer, c.NotBefore.UTC(), c.NotAfter.UTC()}
}

type verdictJSON struct {
	Verdict Verdict `json:"verdict"`
	// Ground is the kind of fact that decided it or is missing; absent if it is safe.
	Ground Ground `json:"ground,omitempty"`
	Reason string `json:"reason"`
	// Headline is the reason in at most 34 columns.
	Headline string `json:"headline"`
}

type rollingJSON struct {
	Phase        Phase    `json:"phase"`
	Order        []string `json:"order"`
	MoveLeaderTo *string  `json:"move_leader_to"`
	Blocked      string   `json:"blocked,omitempty"`
	Unknown      bool     `json:"unknown,omitempty"` // only a missing fact blocks it
	Text         string   `json:"text"`
	Next         string   `json:"next,omitempty"`
	// Checks are the conditions before each step.
	Checks []checkJSON `json:"checks"`
	// Wait is why Phase is wait or unknown; Progress how far a change of versions has come.
	Wait     string     `json:"wait,omitempty"`
	Progress string     `json:"progress,omitempty"`
	Began    time.Time  `json:"began,omitzero"` // when the first sign of the change was seen
	From     string     `json:"from_version,omitempty"`
	To       string     `json:"to_version,omitempty"`
	Steps    []stepJSON `json:"steps"`
}

type stepJSON struct {
	Step  StepKind  `json:"step"`
	State StepState `json:"state"`
	// Member is whose turn it is, or who is to lead after From.
	Member        string      `json:"member"`
	From          string      `json:"from,omitempty"`
	VersionBefore string      `json:"version_before,omitempty"`
	VersionNow    string      `json:"version_now,omitempty"`
	Since         time.Time   `json:"since,omitzero"`
	AwaySeconds   probe.Value `json:"away_seconds,omitzero"`
	Mark          string      `json:"mark,omitempty"`
	MarkUntil     time.Time   `json:"mark_until,omitzero"`
	Progress      string      `json:"progress,omitempty"`
	Command       string      `json:"command,omitempty"`
}

type checkJSON struct {
	Check  RollingCheckName `json:"check"`
	Status CheckStatus      `json:"status"`
	Text   string           `json:"text"`
}

type recoveryJSON struct {
	Warranted Warrant `json:"warranted"`
	Newest    *string `json:"newest"`
	Text      string  `json:"text"`
}

type findingJSON struct {
	Rule    RuleID      `json:"rule"`
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
	Expected          string `json:"expected,omitempty"` // the text of the mark that announced it
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

// vitalsJSON writes the known vitals by name, including last known values that are not too old.
type vitalsJSON struct{ of *Member }

func (v vitalsJSON) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, value := range v.of.Vitals {
		number, known := value.Get()
		if !known || !v.of.Stands(Vital(i)) {
			continue
		}
		if b.Len() > 1 {
			b.WriteByte(',')
		}
		b.WriteString(strconv.Quote(Vital(i).String()))
		b.WriteByte(':')
		b.Write(strconv.AppendFloat(nil, number, 'f', -1, 64))
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// MarshalJSON writes the assessment in the format of [Schema]. Durations are in seconds, sizes in bytes. Unknown values
// are absent or null, never zero.
func (a Assessment) MarshalJSON() ([]byte, error) {
	out := assessmentJSON{
		Schema: Schema, At: a.At.UTC(), Level: a.Level, Cluster: a.Cluster.json(),
		Reading: readingJSON{
			Cause: a.Reading.Cause, Candidates: a.Reading.Candidates, About: []string{},
			Headline: a.Reading.Headline, Text: a.Reading.Text, Step: a.Reading.Step, Next: a.Reading.Next,
			Steps:    a.Reading.Steps,
			Evidence: a.Reading.EvidenceTexts(), NotLookedAt: listed(a.Reading.NotLookedAt),
		},
		Members: []memberJSON{}, Findings: []findingJSON{}, Unmeasured: []unmeasuredJSON{},
		Rolling: a.Rolling.json(), Recovery: recoveryJSON{Warranted: a.Recovery.Warranted, Text: a.Recovery.Text},
		ClientCertificate: newCertificateJSON(a.ClientCertificate),
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
	for i := range a.Findings {
		out.Findings = append(out.Findings, a.Findings[i].json())
	}
	for _, u := range a.Unmeasured {
		missing := unmeasuredJSON{Rule: u.Rule, Why: u.Why, Text: u.Text}
		if !u.Member.IsZero() {
			missing.Member = &u.Member.Label
		}
		out.Unmeasured = append(out.Unmeasured, missing)
	}
	if !a.Recovery.Newest.IsZero() {
		out.Recovery.Newest = &a.Recovery.Newest.Label
	}
	return json.Marshal(out)
}

func (c *Cluster) json() clusterJSON {
	out := clusterJSON{
		Level: c.Level, Voters: c.Voters, Learners: c.Learners, HealthyVoters: c.HealthyVoters,
		MemberListKnown: c.MemberListKnown, Term: c.Term, Alarms: []alarmJSON{}, AlarmsKnown: c.AlarmsKnown,
		Margin: c.Margin,
	}
	if c.MemberListKnown {
		out.Quorum, out.Tolerance = new(c.Quorum), new(c.Tolerance())
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

func (r *Rolling) json() rollingJSON {
	out := rollingJSON{
		Phase: r.Phase, Order: []string{}, Blocked: r.Blocked, Unknown: r.Unknown, Text: r.Text, Next: r.Next,
		Checks: []checkJSON{}, Wait: r.Wait, Progress: r.Progress, From: r.From, To: r.To, Steps: []stepJSON{},
	}
	if !r.Began.IsZero() {
		out.Began = r.Began.UTC()
	}
	for i := range r.Steps {
		out.Steps = append(out.Steps, r.Steps[i].json())
	}
	for _, c := range r.Checks {
		out.Checks = append(out.Checks, checkJSON{c.Name, c.Status, c.Text})
	}
	for _, ref := range r.Order {
		out.Order = append(out.Order, ref.Label)
	}
	if !r.MoveLeaderTo.IsZero() {
		out.MoveLeaderTo = &r.MoveLeaderTo.Label
	}
	return out
}

func (s *RollingStep) json() stepJSON {
	out := stepJSON{
		Step: s.Kind, State: s.State, Member: s.Member.Label, From: s.From.Label, VersionBefore: s.Before,
		VersionNow: s.Now, Mark: s.Mark, Progress: s.Progress, Command: s.Command,
	}
	if !s.Since.IsZero() {
		out.Since = s.Since.UTC()
	}
	if !s.MarkUntil.IsZero() {
		out.MarkUntil = s.MarkUntil.UTC()
	}
	if s.Away > 0 {
		out.AwaySeconds = probe.Known(s.Away.Seconds())
	}
	return out
}

func (m *Member) json() memberJSON {
	out := memberJSON{
		Name: m.Label, Short: m.Short, Role: m.Role, State: m.State, Level: m.Level, Worst: m.Worst,
		NoteOf: m.NoteOf, Healthy: m.Healthy,
		Endpoints: listed(m.Endpoints), MetricsEndpoint: m.MetricsEndpoint, Version: m.Version, Vitals: vitalsJSON{m},
		CanLose: verdictJSON(m.CanLose), CanRemove: verdictJSON(m.CanRemove), Errors: errorTexts(m.Errors),
		Condition: m.Condition.json(),
	}
	if m.ID != 0 {
		out.ID = new(m.ID.String())
	}
	if !m.Started.IsZero() {
		out.StartedAt = m.Started.UTC()
	}
	out.RestartsSeen = m.Restarts
	if !m.NeverSeen {
		out.AgeSeconds = probe.Known(m.Age.Seconds())
	}
	out.ServedCertificate = newCertificateJSON(m.ServedCertificate)
	out.ServedAuthority = newCertificateJSON(m.ServedAuthority)
	if h := m.Hash; h != nil {
		out.HashKV = &hashJSON{fmt.Sprintf("%08x", h.Hash), h.Revision, h.CompactRevision}
	}
	if !m.MetricsNeverSeen {
		out.MetricsAgeSeconds = probe.Known(m.MetricsAge.Seconds())
	}
	if m.MetricsTooOld {
		return out
	}
	for _, p := range m.Peers {
		out.Peers = append(out.Peers,
			peerJSON{p.Label, p.Active, p.RoundTripP50, p.RoundTripP99, p.SendFailuresRate, p.SnapshotsInFlight})
	}
	return out
}

func (c *MemberCondition) json() conditionJSON {
	return conditionJSON{c.Word, c.Level, c.Progress, c.Behind, c.Left}
}

func (f *Finding) json() findingJSON {
	out := findingJSON{
		Rule: f.Rule, Level: f.Level, Value: f.Value, Limit: f.Limit, Unit: f.Unit, Summary: f.Summary,
		Headline: f.Headline, Advice: f.Advice, Since: f.Since.UTC(), State: f.State, InhibitedBy: f.InhibitedBy,
		InhibitedByMember: f.InhibitedByMember.Label, Expected: f.Expected, Basis: f.Basis, Why: f.Why,
		Source: f.Source,
	}
	if f.Resolving() {
		out.ResolvingSince = f.ResolvingSince.UTC()
	}
	if !f.Member.IsZero() {
		out.Member = &f.Member.Label
	}
	return out
}

// errorTexts are the texts of errors; [] rather than null if there are none.
func errorTexts(errs []*probe.Error) []string {
	texts := make([]string, len(errs))
	for i, err := range errs {
		texts[i] = err.Text
	}
	return texts
}

func listed(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}
