package thresholds

import (
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

type apiServerJSON struct {
	URL string `json:"url"`
	// ReachesEtcd is yes, no or unknown.
	ReachesEtcd Reach `json:"reaches_etcd"`
	// Reason is why not, as far as it says; Since is since when.
	Reason string    `json:"reason,omitempty"`
	Since  time.Time `json:"since,omitzero"`
	// Unasked is why it is unknown, Unread why its metrics are.
	Unasked string `json:"unasked,omitempty"`
	Unread  string `json:"unread,omitempty"`
	// MetricsAgeSeconds is the age of the metrics behind what follows.
	MetricsAgeSeconds probe.Value        `json:"metrics_age_seconds,omitzero"`
	Operations        []apiOperationJSON `json:"operations"`
	Databases         []apiDatabaseJSON  `json:"databases"`
	Resources         []resourceSizeJSON `json:"resources"`
}

type apiOperationJSON struct {
	Operation string `json:"operation"`
	// P99Seconds is absent where there are too few observations for it.
	P99Seconds   probe.Value `json:"p99_seconds,omitzero"`
	MeanSeconds  probe.Value `json:"mean_seconds,omitzero"`
	Observations float64     `json:"observations"`
	ErrorRate    probe.Value `json:"errors_per_second,omitzero"`
	// SlowestResource is the one whose requests took longest.
	SlowestResource   string      `json:"slowest_resource,omitempty"`
	SlowestP99Seconds probe.Value `json:"slowest_p99_seconds,omitzero"`
}

type apiDatabaseJSON struct {
	Name      string  `json:"name"`
	SizeBytes float64 `json:"size_bytes"`
}

type resourceSizeJSON struct {
	Resource  string  `json:"resource"`
	SizeBytes float64 `json:"size_bytes"`
}

func (s *APIServer) json() apiServerJSON {
	out := apiServerJSON{
		URL: s.URL, ReachesEtcd: s.Reaches, Reason: s.Reason, Unasked: s.Unasked, Unread: s.Unread,
		Operations: []apiOperationJSON{}, Databases: []apiDatabaseJSON{}, Resources: []resourceSizeJSON{},
	}
	if !s.Since.IsZero() {
		out.Since = s.Since.UTC()
	}
	if s.Unread == "" {
		out.MetricsAgeSeconds = probe.Known(s.MetricsAge.Seconds())
	}
	for _, o := range s.Operations {
		out.Operations = append(out.Operations, apiOperationJSON{
			Operation: o.Operation, P99Seconds: o.Latency.P99, MeanSeconds: o.Latency.Mean,
			Observations: o.Latency.Observations, ErrorRate: o.ErrorRate, SlowestResource: o.Slowest,
			SlowestP99Seconds: o.SlowestLatency.P99,
		})
	}
	for _, d := range s.Databases {
		out.Databases = append(out.Databases, apiDatabaseJSON{d.Name, d.Bytes})
	}
	for _, r := range s.Resources {
		out.Resources = append(out.Resources, resourceSizeJSON{r.Resource, r.Bytes})
	}
	return out
}
