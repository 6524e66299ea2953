package thresholds

import (
	"bytes"
	"fmt"
	"strconv"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

type memberJSON struct {
	ID    *string `json:"id"`
	Name  string  `json:"name"`
	Short string  `json:"short"` // the name without what all members' names share
	Role  Role    `json:"role"`
	State State   `json:"state"`
	Level Level   `json:"level"`
	// Worst is Level without notices that are only recommendations.
	Worst           Level         `json:"worst"`
	Condition       conditionJSON `json:"condition"`
	Healthy         bool          `json:"healthy"`
	Endpoints       []string      `json:"endpoints"`
	MetricsEndpoint string        `json:"metrics_endpoint,omitempty"`
	Version         string        `json:"version,omitempty"`
	VersionStale    bool          `json:"version_stale,omitempty"` // the last known version
	AgeSeconds      probe.Value   `json:"age_seconds,omitzero"`
	DownSince       time.Time     `json:"down_since,omitzero"`
	// MetricsAgeSeconds is the age of the exposition behind the vitals; absent without one.
	MetricsAgeSeconds probe.Value `json:"metrics_age_seconds,omitzero"`
	// StartedAt is when its process started; absent if not known. RestartsSeen are those of the last 15 minutes.
	StartedAt    time.Time   `json:"started_at,omitzero"`
	RestartsSeen int         `json:"restarts_seen"`
	Vitals       vitalsJSON  `json:"vitals"`
	CanLose      verdictJSON `json:"can_lose"`
	CanRemove    verdictJSON `json:"can_remove"`
	// Fit is whether it would carry the cluster on if another member were lost.
	Fit fitJSON `json:"fit"`
	// Survivors are the voters that would be left without it.
	Survivors survivorsJSON `json:"survivors"`
	Errors    []string      `json:"errors"`
	// Peers are absent if the metrics are too old or lack them.
	Peers             []peerJSON       `json:"peers,omitempty"`
	ServedCertificate *certificateJSON `json:"served_certificate,omitempty"`
	ServedAuthority   *certificateJSON `json:"served_authority,omitempty"`
	// Node is absent if it is not known.
	Node *nodeJSON `json:"node,omitempty"`
	// Written is absent where no log is read; WrittenError is why it is not known.
	Written      *writtenJSON `json:"written,omitempty"`
	WrittenError string       `json:"written_error,omitempty"`
	// HashKV is present if the members' data was compared.
	HashKV *hashJSON `json:"hash_kv,omitempty"`
}

type conditionJSON struct {
	Word  ConditionWord `json:"word"`
	Topic string        `json:"topic,omitempty"` // what a Word that is the word of a level is of
	Over  string        `json:"over,omitempty"`  // what a value over its limit is about, while Word is ok
	Level Level         `json:"level"`
	// Progress, BehindEntries and LeftSeconds are absent where nothing progresses or how far is not known.
	Progress      string      `json:"progress,omitempty"`
	BehindEntries probe.Value `json:"behind_entries,omitzero"`
	LeftSeconds   probe.Value `json:"left_seconds,omitzero"`
}

type hashJSON struct {
	Hash            string `json:"hash"` // hexadecimal
	Revision        int64  `json:"revision"`
	CompactRevision int64  `json:"compact_revision"`
}

type nodeJSON struct {
	Name           string                `json:"name"`
	Ready          probe.ConditionStatus `json:"ready,omitempty"`
	Cordoned       bool                  `json:"cordoned"`
	DrainedBy      string                `json:"drained_by,omitempty"`
	KubeletVersion string                `json:"kubelet_version,omitempty"`
	EtcdIsVoter    probe.ConditionStatus `json:"etcd_is_voter,omitempty"`
}

// writtenJSON is what was written to the member's log lately.
type writtenJSON struct {
	Directory     string              `json:"directory"`
	OverSeconds   float64             `json:"over_seconds"`
	Puts          int64               `json:"puts"`
	Deletes       int64               `json:"deletes"`
	Bytes         int64               `json:"bytes"`
	LeasesGranted int64               `json:"leases_granted"`
	LeasesRevoked int64               `json:"leases_revoked"`
	Prefixes      []writtenPrefixJSON `json:"prefixes"`
}

type writtenPrefixJSON struct {
	Prefix  string `json:"prefix"`
	Rest    bool   `json:"rest"`
	Puts    int64  `json:"puts"`
	Deletes int64  `json:"deletes"`
	Bytes   int64  `json:"bytes"`
}

func newWrittenJSON(w *probe.Written) *writtenJSON {
	if w == nil {
		return nil
	}
	out := &writtenJSON{w.Dir, w.Over.Seconds(), w.Puts, w.Deletes, w.Bytes, w.Granted, w.Revoked,
		make([]writtenPrefixJSON, len(w.Prefixes))}
	for i := range w.Prefixes {
		p := &w.Prefixes[i]
		out.Prefixes[i] = writtenPrefixJSON{p.Name, p.Rest, p.Puts, p.Deletes, p.Bytes}
	}
	return out
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

type fitJSON struct {
	Fit bool `json:"fit"`
	// Ground is the kind of fact that decides against it or is missing; absent if it is fit.
	Ground Ground `json:"ground,omitempty"`
	Reason string `json:"reason"`
	// Headline is the reason in at most 34 columns.
	Headline string `json:"headline"`
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

func (m *Member) json() memberJSON {
	out := memberJSON{
		Name: m.Label, Short: m.Short, Role: m.Role, State: m.State, Level: m.Level, Worst: m.Worst,
		Healthy:   m.Healthy,
		Endpoints: listed(m.Endpoints), MetricsEndpoint: m.MetricsEndpoint, Version: m.Version, Vitals: vitalsJSON{m},
		CanLose: verdictJSON(m.CanLose), CanRemove: verdictJSON(m.CanRemove),
		Fit: fitJSON{m.Fit.OK, m.Fit.Ground, m.Fit.Reason, m.Fit.Headline}, Errors: errorTexts(m.Errors),
		Condition: m.Condition.json(), VersionStale: m.Version != "" && m.VersionIsStale(),
	}
	if !m.DownSince.IsZero() {
		out.DownSince = m.DownSince.UTC()
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
	if n := m.Node; n != nil {
		out.Node = &nodeJSON{n.Name, n.Ready, n.Cordoned, n.DrainedBy, n.KubeletVersion, n.IsVoter}
	}
	out.Written = newWrittenJSON(m.Written)
	if m.WrittenErr != nil {
		out.WrittenError = m.WrittenErr.Text
	}
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

// errorTexts are the texts of errors; [] rather than null if there are none.
func errorTexts(errs []*probe.Error) []string {
	texts := make([]string, len(errs))
	for i, err := range errs {
		texts[i] = err.Text
	}
	return texts
}

type survivorsJSON struct {
	Well   int `json:"well"`
	Unwell int `json:"unwell"`
}

func (c *MemberCondition) json() conditionJSON {
	return conditionJSON{c.Word, c.Topic, c.Over, c.Level, c.Progress, c.Behind, c.Left}
}
