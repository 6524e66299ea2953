package tui

import (
	"github.com/etcdoc/etcdoc/thresholds"
)

// apiServerFields say whether kube-apiservers reach etcd: of several, that they do, or which is worst.
func (m model) apiServerFields() []field {
	t, all := m.theme, m.shown.assessment.APIServers
	if len(all) == 0 {
		return nil
	}
	worst := &all[0]
	for i := range all {
		if all[i].Level() > worst.Level() {
			worst = &all[i]
		}
	}
	style, word := t.plain, worst.Brief()
	if level := worst.Level(); level > thresholds.OK {
		style = t.level(level)
	}
	return []field{{rank: rankAPIServer, spans: []span{{t.dim, "API "}, {style, word}}}}
}

// apiServers is how each kube-apiserver sees etcd; in full also what is slowest, and what takes most space.
func (m model) apiServers(inFull bool) readingPart {
	part := readingPart{label: "api"}
	for i := range m.shown.assessment.APIServers {
		s := &m.shown.assessment.APIServers[i]
		how := s.Line()
		if inFull {
			how = s.Whole()
		}
		part.texts = append(part.texts, s.Label+": "+how)
	}
	return part
}
