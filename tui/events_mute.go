package tui

import "github.com/etcdoc/etcdoc/thresholds"

// mutes reports which findings are muted now.
func (m model) mutes() func(*thresholds.Finding) bool { return nil }
