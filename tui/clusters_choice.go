package tui

import (
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/etcdoc/etcdoc/thresholds"
)

// openClusters prompts for the name of another cluster.
func (m model) openClusters() model {
	names := m.clusters.names()
	if len(names) == 0 {
		text := "no other cluster: the configuration file has no clusters"
		if path := m.program.configPath; path != "" {
			text = "no other cluster: name some under clusters: in " + path
		}
		return m.say(text, nil)
	}
	all := make([]choice, len(names))
	for i, name := range names {
		all[i] = m.clusterEntry(name)
	}
	return m.choose(m.keys.Clusters.Help().Key, choices{title: "clusters, and how each was when last seen", all: all})
}

// clusterEntry switches to a cluster. It says how the cluster is, or how long ago it was how.
func (m model) clusterEntry(name string) choice {
	return choice{kind: "cluster", text: m.theme.clean(name), keys: m.lastSeen(name),
		do: func(m model) (model, tea.Cmd) { return m.switchTo(name) }}
}

// lastSeen is a cluster's level, with its age; empty for one that was not seen.
func (m model) lastSeen(name string) string {
	if name == m.conn.on {
		if !m.seen.live.known() {
			return "here"
		}
		return levelWord(m.seen.live.assessment.Level) + " now"
	}
	left := m.clusters.left[name]
	if left.seen.session.Sweeps == 0 {
		return ""
	}
	return levelWord(left.seen.session.Last.Level) + " " + m.theme.coarse(m.now.Sub(left.seen.session.To))
}

// renderOpening says which cluster is being opened.
func (m model) renderOpening(width int) string {
	t := m.theme
	cancel := m.keys.Cancel.Help()
	return lineOf(t, width, span{t.accent, " opening " + t.clean(m.clusters.opening) + t.ellipsis() + "  "},
		span{t.bold, cancel.Key}, span{t.dim, " " + cancel.Desc})
}

// lastSeenWords say, of a cluster that is shown again, how it was before; empty where nothing was seen.
func (m model) lastSeenWords() string {
	s := &m.seen.session
	if s.Sweeps == 0 {
		return ""
	}
	age := m.now.Sub(s.To).Round(time.Second)
	return "Last seen " + thresholds.ShortDuration(age) + " ago, at " + m.clock(s.To) + ": " +
		levelWord(s.Last.Level) + ", " + m.theme.clean(s.Last.Cluster.Margin)
}
