package tui

import (
	"cmp"
	"math"
	"regexp"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"github.com/muesli/termenv"

	"github.com/etcdoc/etcdoc/thresholds"
)

// TestThemesKeepTheWords: only colours change from theme to theme, and they are the terminal's own 16.
func TestThemesKeepTheWords(t *testing.T) {
	m := feed(t, newTestModel(func(o *Options) { o.Color = ColorAlways }), scenarios()["one-down"], 120, 40)
	words, seen := ansi.Strip(m.View()), map[string]Theme{}
	for range Themes() {
		m = press(t, m, "t")
		if !strings.Contains(ansi.Strip(m.View()), "theme: "+string(m.appearance.theme)) {
			t.Errorf("the screen does not say that the theme is %s", m.appearance.theme)
		}
		m.notice = notice{}
		frame := m.render()
		if ansi.Strip(frame) != words {
			t.Errorf("the theme %s changes the words", m.appearance.theme)
		}
		if other, twice := seen[frame]; twice {
			t.Errorf("%s looks as %s does", m.appearance.theme, other)
		}
		seen[frame] = m.appearance.theme
		if rich := regexp.MustCompile(`\x1b\[[0-9;]*[34]8;[25]`).FindString(frame); rich != "" {
			t.Errorf("%s uses more than 16 colours: %q", m.appearance.theme, rich)
		}
		colored := regexp.MustCompile(`\x1b\[(?:[0-9]+;)*(?:3|4|9|10)[0-7]m`).MatchString(frame)
		if colored != (m.appearance.theme != ThemeNone) {
			t.Errorf("%s has colours: %v", m.appearance.theme, colored)
		}
	}
	if m.appearance.theme != ThemeDefault {
		t.Errorf("after all themes comes %s", m.appearance.theme)
	}
}

// TestThemesDistinguishLevels: each level has a style of its own beside its word.
func TestThemesDistinguishLevels(t *testing.T) {
	for _, name := range Themes() {
		th := newTheme(termenv.ANSI, true, appearance{theme: name})
		seen := map[style]thresholds.Level{}
		for level, s := range th.levels {
			if other, twice := seen[s]; twice {
				t.Errorf("%s shows %s as it shows %s", name, thresholds.Level(level), other)
			}
			seen[s] = thresholds.Level(level)
		}
	}
}

// TestWarningsAreReadable, and differ from what is critical in hue: with xterm's colours, on the background that a
// theme is for.
func TestWarningsAreReadable(t *testing.T) {
	t.Parallel()
	xterm := map[string][3]float64{"0": {0, 0, 0}, "1": {.8, 0, 0}, "3": {.8, .8, 0}, "4": {0, 0, .93}, "5": {.8, 0, .8},
		"6": {0, .8, .8}, "8": {.5, .5, .5}, "12": {.36, .36, 1}, "15": {1, 1, 1}}
	luminance := func(color [3]float64) float64 {
		linear := func(v float64) float64 { return math.Pow(v, 2.2) }
		return .2126*linear(color[0]) + .7152*linear(color[1]) + .0722*linear(color[2])
	}
	for theme, background := range map[Theme]string{ThemeDefault: "0", ThemeLight: "15", ThemeContrast: "0"} {
		p := theme.palette()
		hues := map[string]bool{}
		for _, level := range []thresholds.Level{thresholds.Warning, thresholds.Critical} {
			i := p.levels[level]
			text, behind := luminance(xterm[i.color]), luminance(xterm[cmp.Or(i.on, background)])
			if contrast := (max(text, behind) + .05) / (min(text, behind) + .05); contrast < 3 {
				t.Errorf("%s: %v has a contrast of %.1f", theme, level, contrast)
			}
			hue := i.color
			if i.on != "" {
				hue = i.on
			}
			if hues[hue] {
				t.Errorf("%s: warnings and what is critical have one hue", theme)
			}
			hues[hue] = true
		}
	}
}

// TestTheTerminalWins over what is chosen by key, and the notice says so.
func TestTheTerminalWins(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(*Options){
		"--color=never":   func(o *Options) { o.Color = ColorNever },
		"NO_COLOR is set": func(o *Options) { o.Color, o.Getenv = ColorAuto, getenv("NO_COLOR", "1") },
		"TERM=dumb":       func(o *Options) { o.Color, o.Getenv = ColorAuto, getenv("TERM", "dumb") },
	} {
		m := feed(t, newTestModel(func(o *Options) { o.Theme = ThemeContrast; change(o) }), scenarios()["one-down"], 80,
			24)
		for range Themes() {
			m = press(t, m, "t")
			if !strings.Contains(ansi.Strip(m.View()), "theme: none: "+want) {
				t.Errorf("%s: the screen does not say why there are no colours", want)
			}
			if regexp.MustCompile(`\x1b\[[0-9;]*[349][0-7]m`).MatchString(m.View()) {
				t.Errorf("%s: there are colours", want)
			}
		}
	}
	m := feed(t, newTestModel(func(o *Options) { o.Getenv = getenv("TERM", "dumb") }), scenarios()["one-down"], 80, 24)
	if m = press(t, m, "b"); !strings.Contains(m.View(), "glyphs: ascii: TERM=dumb") || m.theme.glyphs != GlyphsASCII {
		t.Error("a dumb terminal got other glyphs by key")
	}
}

func getenv(name, value string) func(string) string {
	return func(of string) string { return map[string]string{name: value}[of] }
}

func TestGlyphsByKey(t *testing.T) {
	m := watched(t, "slow-disk", 120, 40)
	for _, want := range []string{"glyphs: braille", "glyphs: ascii", "glyphs: block"} {
		if m = press(t, m, "b"); !strings.Contains(m.View(), want) {
			t.Errorf("b did not lead to %q", want)
		}
		blocks, dots := regexp.MustCompile("[▂-█]").MatchString(m.View()),
			regexp.MustCompile("[⠁-⣿]").MatchString(m.View())
		if blocks != (want == "glyphs: block") || dots != (want == "glyphs: braille") {
			t.Errorf("%s: blocks %v, dots %v", want, blocks, dots)
		}
	}
}

func TestUnitsByKey(t *testing.T) {
	m := feed(t, newTestModel(nil), scenario{members: 3, sweeps: 3}, 80, 24)
	if !strings.Contains(m.View(), " 1.9G ") {
		t.Fatal("sizes are not by 1024 at first")
	}
	if m = press(t, m, "u"); !strings.Contains(m.View(), " 2GB ") || !strings.Contains(m.View(), "sizes by 1000") {
		t.Errorf("u did not write sizes by 1000:\n%s", m.View())
	}
}

func TestLocalTimeByKey(t *testing.T) {
	m := feed(t, newTestModel(nil), scenario{members: 3, sweeps: 3}, 120, 40)
	if m = press(t, m, "T"); !m.appearance.local || !strings.Contains(m.View(), "time: local") ||
		strings.Contains(m.View(), ":08Z") {
		t.Error("T did not lead to local time")
	}
	if m = press(t, m, "T"); m.appearance.local || !strings.Contains(m.View(), ":08Z") {
		t.Error("T did not lead back to UTC")
	}
}

// TestPausedIsAlwaysOnTheScreen, in every window that has room for the word, whatever else there is to show.
func TestPausedIsAlwaysOnTheScreen(t *testing.T) {
	t.Parallel()
	m := feed(t, newTestModel(func(o *Options) { o.Unverified = true }), scenarios()["one-down"], 1, 1)
	for _, keys := range [][]string{{"space"}, {"space", "d"}, {"space", "e"}, {"space", "f"}, {"space", "enter"},
		{"P", "space", "d"}, {"space", "/"}} {
		paused, lowest := press(t, m, keys...), 1
		if paused.prompt.open() {
			lowest = 2 // the text being typed has the only line
		}
		for width := 26; width <= 220; width += 14 {
			for height := lowest; height <= 70; height += 1 + height/2 {
				if screen := resized(t, paused, width, height).View(); !strings.Contains(screen, "PAUSED") {
					t.Fatalf("%v, %dx%d: the screen does not say that it is paused:\n%s", keys, width, height,
						ansi.Strip(screen))
				}
			}
		}
	}
}

// TestMoreColoursInChartsOnly: a terminal that says it has 256 colours gets gradients in charts; everything else keeps
// the terminal's own 16, and the words and glyphs are the same.
func TestMoreColoursInChartsOnly(t *testing.T) {
	t.Parallel()
	rich := regexp.MustCompile(`\x1b\[[0-9;]*38;5;[0-9]+m([^\x1b]*)`)
	for _, env := range []func(string) string{
		getenv("TERM", "xterm-256color"), getenv("COLORTERM", "truecolor"), getenv("TERM", "xterm"),
		getenv("TERM", "dumb"),
	} {
		for _, theme := range Themes() {
			m := feed(t, newTestModel(func(o *Options) { o.Getenv, o.Color, o.Theme = env, ColorAlways, theme }),
				scenarios()["slow-disk"], 120, 40)
			runs := rich.FindAllStringSubmatch(m.View(), -1)
			has := env("COLORTERM") != "" || env("TERM") == "xterm-256color"
			if want := has && (theme == ThemeDefault || theme == ThemeLight); want != (len(runs) > 0) {
				t.Errorf("%s, TERM=%s: %d runs of more than 16 colours", theme, env("TERM"), len(runs))
			}
			for _, run := range runs {
				if strings.Trim(run[1], "▁▂▃▄▅▆▇█ ") != "" {
					t.Errorf("%s: %q has more than 16 colours", theme, run[1])
				}
			}
		}
	}
}

// TestNothingIsSaturatedWithoutABreach: in a healthy cluster no chart and no limit has the colour of a warning or
// worse.
func TestNothingIsSaturatedWithoutABreach(t *testing.T) {
	t.Parallel()
	for _, theme := range []Theme{ThemeDefault, ThemeLight, ThemeContrast} {
		for _, profile := range []termenv.Profile{termenv.ANSI, termenv.ANSI256} {
			m := wordedModel("healthy", func(o *Options) { o.Color, o.Theme = ColorAlways, theme })
			m.screen.limits.profile = profile
			m = resized(t, m.withAppearance(m.appearance), 120, 40)
			for _, keys := range [][]string{nil, {"enter"}, {"enter", "z"}} {
				frame := press(t, m, keys...).render()
				for level := thresholds.Warning; level <= thresholds.Critical; level++ {
					for _, s := range []style{m.theme.limits[level], m.theme.loneBar(toneTime, level)} {
						if s.open != "" && strings.Contains(frame, s.open) {
							t.Errorf("%s, %v: a healthy screen has the style of %s", theme, keys, level)
						}
					}
				}
			}
		}
	}
}

// TestBarsOfWarningsAreNotRed: with 16 colours red is for critical values alone.
func TestBarsOfWarningsAreNotRed(t *testing.T) {
	t.Parallel()
	for _, theme := range []Theme{ThemeDefault, ThemeLight, ThemeContrast} {
		p := theme.palette()
		warning, _ := p.bar(toneTime, thresholds.Warning, 0, false)
		critical, _ := p.bar(toneTime, thresholds.Critical, 0, false)
		if warning.color != "3" || critical.color != "1" {
			t.Errorf("%s: a warning is %+v, a critical value %+v", theme, warning, critical)
		}
	}
}
