package thresholds

import (
	"strings"

	"github.com/etcdoc/etcdoc/probe"
)

// IsCalled reports whether people mean the member by a name: its label, its id, or one of its endpoints with or without
// the scheme; if it never ran also its peer URL, which is its label then.
func (m *Member) IsCalled(name string) bool {
	if name == "" {
		return false
	}
	return name == m.Label || name == m.Key || len(m.Endpoints) == 0 && probe.HostPort(name) == m.Label ||
		m.HasIDOrEndpoint(name)
}

// HasIDOrEndpoint reports whether a name is what only this member has: its id, with or without 0x, or one of its
// endpoints.
func (m *Member) HasIDOrEndpoint(name string) bool {
	if m.ID != 0 && strings.TrimPrefix(strings.ToLower(name), "0x") == m.ID.String() {
		return true
	}
	for _, endpoint := range m.Endpoints {
		if probe.IsEndpoint(endpoint, strings.TrimSuffix(name, "/")) {
			return true
		}
	}
	return false
}
