package tui

import (
	"slices"
	"strings"
	"sync"
	"testing"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

// screenshot is a screen of a scenario, with options, after keys.
type screenshot struct {
	scenario string // empty for the time before the first sweep
	options  func(*Options)
	keys     []string
	// then is delivered after the keys; nil for nothing.
	then tea.Msg
	// more is how many sweeps come in after the keys.
	more int
}

// screenshots are all of them, by name: the overview in every scenario, and every page.
func screenshots() map[string]screenshot {
	glyphs := func(g Glyphs) func(*Options) { return func(o *Options) { o.Glyphs = g } }
	typed := func(text string) []string { return strings.Split(text, "") }
	all := map[string]screenshot{
		"no-data":          {},
		"paused":           {scenario: "healthy", keys: []string{"space"}, more: 1},
		"past":             {scenario: "one-down", keys: []string{"{", "{", "["}}, // in the first moments of the outage
		"sorted":           {scenario: "one-down", keys: typed("ssss")},
		"filtered":         {scenario: "one-down", keys: slices.Concat(typed("/follower"), []string{"enter"})},
		"present":          {scenario: "one-down", keys: []string{"P"}},
		"present-events":   {scenario: "one-down", keys: typed("Pe")},
		"present-clusters": {scenario: "one-down", options: withClusters, keys: typed("PC")},
		"present-drain":    {scenario: "one-down", keys: typed("Pd")},
		"reading-api":      {scenario: "apiserver", keys: []string{"i"}},
		"muting":           {scenario: "slow-disk", keys: typed("eaM")},
		"muted":            {scenario: "slow-disk", keys: slices.Concat(typed("eaM"), []string{"enter"})},
		"braille":          {scenario: "one-down", options: glyphs(GlyphsBraille)},
		"ascii":            {scenario: "one-down", options: glyphs(GlyphsASCII)},
		"events":           {scenario: "one-down", keys: typed("ejj")},
		"events-filtered":  {scenario: "slow-disk", keys: typed("ell/fsync")},
		"findings":         {scenario: "slow-disk", keys: typed("fj")},
		"compare":          {scenario: "marked", keys: typed("ck")},
		"compare-minutes":  {scenario: "slow-disk", keys: []string{"c"}},
		"marking":          {scenario: "healthy", keys: slices.Concat(typed("emup"), []string{"tab"})},
		"member-slow-disk": {scenario: "slow-disk", keys: []string{"j", "j", "enter"}},
		"member-down":      {scenario: "one-down", keys: []string{"j", "enter"}},
		"space": {scenario: "healthy", keys: []string{"K", "enter"}, then: spaceMsg{
			run: 1, source: someSource(), estimate: someEstimate()}},
		"space-asking": {scenario: "one-down", keys: []string{"K", "enter"}, then: spaceProgressMsg{
			run: 1, progress: spaceProgress{source: someSource(), doing: "counting keys", done: 2, of: 3}}},
		"present-space": {scenario: "healthy", keys: []string{"K", "enter", "P"}, then: spaceMsg{
			run: 1, source: someSource(), estimate: someEstimate()}},
		"zoom": {scenario: "slow-disk", keys: []string{"j", "j", "enter", "z", "left", "left"}},
	}
	for name := range scenarios() {
		all[name] = screenshot{scenario: name}
	}
	for _, name := range []string{"healthy", "quorum-lost"} {
		all["compare-"+name] = screenshot{scenario: name, keys: []string{"c"}}
		all["events-"+name] = screenshot{scenario: name, keys: []string{"e"}}
		all["findings-"+name] = screenshot{scenario: name, keys: []string{"f"}}
		all["space-"+name] = screenshot{scenario: name, keys: []string{"K"}}
		all["reading-"+name] = screenshot{scenario: name, keys: []string{"i"}}
		all["present-"+name] = screenshot{scenario: name, keys: []string{"P"}}
		all["help-"+name] = screenshot{scenario: name, keys: []string{"?"}}
		all["palette-"+name] = screenshot{scenario: name, keys: typed(":eve")}
		all["clusters-"+name] = screenshot{scenario: name, options: withClusters, keys: typed("C")}
		all["columns-"+name] = screenshot{scenario: name, keys: slices.Concat([]string{"v", "down"}, typed(" "))}
		all["member-"+name] = screenshot{scenario: name, keys: []string{"j", "enter"}}
		all["zoom-"+name] = screenshot{scenario: name, keys: []string{"j", "enter", "z"}}
	}
	for _, name := range []string{"healthy", "one-down", "slow-disk", "quorum-lost", "farm", "upgrade"} {
		all["drain-"+name] = screenshot{scenario: name, keys: []string{"d"}}
	}
	return all
}

// pageKeys are the keys that open each page.
var pageKeys = map[string][]string{
	"overview": nil, "member": {"enter"}, "zoom": {"enter", "z"}, "findings": {"f"}, "events": {"e"}, "drain": {"d"},
	"compare": {"c", "k"}, "reading": {"i"}, "space": {"K"}, "help": {"?"}, "present": {"P"}, "palette": {":"}, "columns": {"v"},
}

// cast has the models of all scenarios and screens. Each is made when a test first asks for it; a test gets a copy on
// which it may press keys. Copies share the judge and the past, so no test may deliver another sweep.
type cast struct{ scenarios, screens map[string]func() model }

// newCast makes models with play, which returns one that has seen a scenario.
func newCast(play func(scenario string, change func(*Options)) model) *cast {
	c := &cast{make(map[string]func() model), make(map[string]func() model)}
	for name := range scenarios() {
		c.scenarios[name] = sync.OnceValue(func() model { return play(name, nil).finished() })
	}
	for name, s := range screenshots() {
		c.screens[name] = sync.OnceValue(func() model {
			if s.scenario != "" && s.options == nil && s.more == 0 && s.then == nil {
				return c.scenarios[s.scenario]().keyed(s.keys...)
			}
			m := play(s.scenario, s.options).keyed(s.keys...)
			if s.then != nil {
				m, _ = m.Update(s.then)
			}
			for range s.more {
				m = m.withSweep(scenario{members: 3, sweeps: 1}.generate()[0])
			}
			return m.finished()
		})
	}
	return c
}

// judged are the models on the real evaluator.
var judged = sync.OnceValue(func() *cast {
	return newCast(func(name string, change func(*Options)) model {
		if name == "" {
			return newTestModel(change)
		}
		return newTestModel(change).after(scenarios()[name])
	})
})

// recorded are the models that say all in recorded words, which goldens draw.
var recorded = sync.OnceValue(func() *cast {
	return newCast(func(name string, change func(*Options)) model {
		if name == "" {
			return newTestModel(change)
		}
		return wordedModel(name, change)
	})
})

// watched returns a model that has seen a scenario, in a window of a size, for a test that delivers no more sweeps.
func watched(t testing.TB, name string, width, height int) model {
	t.Helper()
	m := judged().scenarios[name]()
	m.conn.poller = &recordedPoller{}
	return resized(t, m, width, height)
}

// finished is the judge of a model that is shared.
type finished struct{ judge }

func (m model) finished() model {
	m.judge = finished{m.judge}
	return m
}

func (finished) Observe(probe.Sweep) thresholds.Assessment {
	panic("this model is shared by tests: feed makes one that takes in sweeps")
}

// keyed returns the model after keys in a window of 80×24, once the notice about the last one has expired.
func (m model) keyed(keys ...string) model {
	m.screen.width, m.screen.height = 80, 24
	for _, k := range keys {
		m, _ = m.onKeys(keyMsg(k))
	}
	m.notice = notice{}
	return m
}
