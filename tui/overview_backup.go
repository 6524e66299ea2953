package tui

import "github.com/etcdoc/etcdoc/thresholds"

// backupFields say how old the newest backup on this host is.
func (m model) backupFields() []field {
	t, b := m.theme, m.shown.assessment.Backups
	if b == nil {
		return nil
	}
	style := t.plain
	if level := b.FaultLevel(); level > thresholds.OK {
		style = t.level(level)
	}
	return []field{{rank: rankBackup, spans: []span{{t.dim, "backup "}, {style, b.Line()}}}}
}
