package tui

import (
	"slices"
	"strings"

	"github.com/charmbracelet/bubbles/key"
)

// hint is a footer entry: keys that belong together, and what they do in a word or two.
type hint struct {
	bindings []*key.Binding
	does     string
	// onPage is what the help says of the keys where a page gives them another meaning; else empty.
	onPage string
}

// hint is the footer entry of some keys, with the hint of the first one.
func (k *keyMap) hint(bindings ...*key.Binding) hint {
	for r := range k.each() {
		if r.to == bindings[0] {
			return hint{bindings: bindings, does: r.hint}
		}
	}
	return hint{bindings: bindings}
}

// as replaces a hint's words where a page gives the keys another meaning.
func (h hint) as(does string) hint {
	h.does, h.onPage = does, does
	return h
}

// inHelp are other words for the help, which has no page before the reader's eyes.
func (h hint) inHelp(words string) hint {
	h.onPage = words
	return h
}

// shown are the short names of the enabled keys among some.
func (k *keyMap) shown(bindings ...*key.Binding) string {
	var names []string
	for _, b := range bindings {
		if name, has := k.shortNames[b]; has && b.Enabled() {
			names = append(names, name)
		}
	}
	return strings.Join(names, " ")
}

// bindings are the keys of an entry.
func (e *keyEntry) bindings() []*key.Binding {
	all := make([]*key.Binding, len(e.keys))
	for i := range e.keys {
		all[i] = e.keys[i].to
	}
	return all
}

// Hints are in the order of their importance: a narrow footer shows the first ones.

func (k *keyMap) overviewHints() []hint {
	var clusters []hint
	if k.switches {
		clusters = []hint{k.hint(&k.Clusters)}
	}
	return slices.Concat([]hint{
		k.hint(&k.Help),
		k.hint(&k.Quit),
		k.hint(&k.Open),
		k.hint(&k.Reading),
		k.hint(&k.Events),
		k.hint(&k.Drain),
		k.hint(&k.Findings),
	}, clusters, []hint{
		k.hint(&k.Mark),
		k.hint(&k.Pause),
		k.hint(&k.Earlier, &k.Later),
		k.hint(&k.WindowIn, &k.WindowOut),
		k.hint(&k.Zoom),
		k.hint(&k.Scale),
		k.hint(&k.Snapshot),
		k.hint(&k.Sort),
		k.hint(&k.Filter),
		k.hint(&k.Columns),
		k.hint(&k.Palette),
		k.hint(&k.Present),
	})
}

func (k *keyMap) memberHints() []hint {
	return k.pageHints(
		k.hint(&k.Next, &k.Previous),
		k.hint(&k.PageDown).as("more").inHelp("more of the page"),
		k.hint(&k.Chart),
		k.hint(&k.Zoom),
		k.hint(&k.Scale),
		k.hint(&k.Copy),
	)
}

func (k *keyMap) zoomHints() []hint {
	return k.pageHints(
		k.hint(&k.ReadEarlier, &k.ReadLater),
		k.hint(&k.Open).as("go there"),
		k.hint(&k.Chart),
		k.hint(&k.Next, &k.Previous).as("member").inHelp("next member"),
		k.hint(&k.Scale),
		k.hint(&k.WindowIn, &k.WindowOut),
	)
}

func (k *keyMap) eventsHints() []hint {
	return k.pageHints(
		k.hint(&k.Open).as("jump there"),
		k.hint(&k.Ack),
		k.hint(&k.Mute),
		k.hint(&k.LevelFilter),
		k.hint(&k.MemberFilter),
		k.hint(&k.Filter).as("search"),
		k.hint(&k.PageDown).as("more").inHelp("more of the entry"),
		k.hint(&k.Compare),
		k.hint(&k.Write),
		k.hint(&k.Copy),
	)
}

func (k *keyMap) drainHints() []hint {
	return k.pageHints(
		k.hint(&k.Down, &k.Up),
		k.hint(&k.Open).as("copy command"),
		k.hint(&k.Copy).as("verdict").inHelp("copy the verdict"),
		k.hint(&k.Mark).as("announce it").inHelp("announce outage"),
	)
}

func (k *keyMap) compareHints() []hint {
	return k.pageHints(
		k.hint(&k.Down, &k.Up).as("from mark"),
		k.hint(&k.Next, &k.Previous).as("to mark, now"),
		k.hint(&k.WindowIn, &k.WindowOut).as("last minutes"),
		k.hint(&k.MemberFilter).inHelp("next member"),
		k.hint(&k.Mark),
		k.hint(&k.Copy),
	)
}

func (k *keyMap) readingHints() []hint {
	return k.pageHints(
		k.hint(&k.Down, &k.Up).as("scroll"),
		k.hint(&k.Findings),
		k.hint(&k.Copy),
	)
}

func (k *keyMap) spaceHints() []hint {
	return k.pageHints(
		k.hint(&k.Open).as("ask").inHelp("estimate anew"),
		k.hint(&k.Down, &k.Up).as("scroll"),
		k.hint(&k.Copy),
	)
}

func (k *keyMap) findingsHints() []hint {
	return k.pageHints(
		k.hint(&k.Down, &k.Up),
		k.hint(&k.Open).inHelp("open the member"),
		k.hint(&k.PageDown).as("more").inHelp("more of the entry"),
		k.hint(&k.Copy),
	)
}

// pageHints are a page's own hints among those of all pages.
func (k *keyMap) pageHints(own ...hint) []hint {
	return slices.Concat([]hint{
		k.hint(&k.Back),
		k.hint(&k.Help),
	}, own, []hint{
		k.hint(&k.Pause),
		k.hint(&k.Earlier, &k.Later),
		k.hint(&k.Snapshot),
		k.hint(&k.Quit),
	})
}
