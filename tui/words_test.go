package tui

import (
	"bufio"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/thresholds"
)

// wording is the texts of an assessment and of the events until then, by where they are in them.
type wording map[string]string

// wordedMoments are how long before a scenario's end its words are recorded: those that goldens show.
func wordedMoments(scenario string) []time.Duration {
	if scenario == "one-down" {
		return []time.Duration{0, 58 * time.Second}
	}
	return []time.Duration{0}
}

// asFact are fields whose texts are facts, or a person's words.
var asFact = map[string]bool{
	"MissingOf": true, "Endpoints": true, "MetricsEndpoint": true, "Version": true, "Before": true, "Now": true,
	"From": true, "To": true, "Mark": true, "Expected": true, "Events": true, "Topic": true, "Type": true,
}

// each calls do for every text in a value, which it can set: slices are copied on the way.
func each(v reflect.Value, path string, do func(path string, text reflect.Value)) {
	switch {
	case v.Type() == reflect.TypeFor[string]():
		do(path, v)
	case v.Type() == reflect.TypeFor[thresholds.MemberRef]():
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() && !asFact[f.Name] {
				each(v.Field(i), strings.TrimPrefix(path+"."+f.Name, "."), do)
			}
		}
	case v.Kind() == reflect.Slice && v.Len() > 0:
		own := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		reflect.Copy(own, v)
		v.Set(own)
		for i := range v.Len() {
			each(v.Index(i), fmt.Sprintf("%s[%s]", path, elementName(v.Index(i).Interface(), i)), do)
		}
	}
}

// elementName names an element of a slice by what it is about, else by its place.
func elementName(element any, at int) string {
	switch e := element.(type) {
	case thresholds.Member:
		return e.Label
	case thresholds.Finding:
		return strings.TrimSpace(string(e.Rule) + " " + e.Member.Label)
	case thresholds.Event:
		return strings.Join(strings.Fields(fmt.Sprint(seconds(epoch.Sub(e.At)), " ", e.Kind, " ", e.Member.Label, " ",
			e.Rule, " ", e.Level)), " ")
	case thresholds.RollingCheck:
		return string(e.Name)
	}
	return fmt.Sprint(at)
}

// seconds rounds a duration: a sweep takes some milliseconds.
func seconds(d time.Duration) time.Duration { return d.Round(time.Second) }

// wordsOf are those of an assessment and of the events until then.
func wordsOf(a thresholds.Assessment, events []thresholds.Event) wording {
	w := wording{}
	keep := func(path string, text reflect.Value) {
		if text.String() != "" {
			w[path] = text.String()
		}
	}
	each(reflect.ValueOf(&a).Elem(), "", keep)
	each(reflect.ValueOf(&events).Elem(), "Log", keep)
	return w
}

// into puts the words into an assessment, in place of its own. What was never recorded stays: TestGoldenWords fails.
func (w wording) into(a *thresholds.Assessment) { each(reflect.ValueOf(a).Elem(), "", w.set) }

func (w wording) set(path string, text reflect.Value) {
	if recorded, has := w[path]; has {
		text.SetString(recorded)
	}
}

// intoEvents returns the events in these words.
func (w wording) intoEvents(events []thresholds.Event) []thresholds.Event {
	each(reflect.ValueOf(&events).Elem(), "Log", w.set)
	return events
}

func wordsFile(scenario string) string { return filepath.Join("testdata", "words", scenario+".txt") }

// momentPrefix begins the line above the words of a moment.
const momentPrefix = "=== before the end: "

// readWords reads the recorded words of a scenario, by how long before its end.
func readWords(scenario string) map[time.Duration]wording {
	all, now := map[time.Duration]wording{}, wording{}
	file, err := os.Open(wordsFile(scenario))
	if err != nil {
		return nil // TestGoldenWords fails
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if at, is := strings.CutPrefix(lines.Text(), momentPrefix); is {
			ago, err := time.ParseDuration(at)
			if err != nil {
				panic(err)
			}
			now = wording{}
			all[ago] = now
			continue
		}
		path, text, _ := strings.Cut(lines.Text(), ": ")
		now[path] = text
	}
	return all
}

// figure is a member's name, or a number with what is behind it.
var figure = regexp.MustCompile(`etcd-\d+|\d[\d.]*`)

// figures are the members and the numbers in a text.
func figures(text string) string { return strings.Join(figure.FindAllString(text, -1), " ") }

// TestGoldenWords: the recorded words are about the same things as the evaluator's own, with the same members and the
// same numbers, and none is missing. They may be worded otherwise: -update records only those of scenarios anew that no
// longer agree. It ends before TestGoldens draws.
func TestGoldenWords(t *testing.T) {
	for name := range scenarios() {
		recorded, own := readWords(name), map[time.Duration]wording{}
		agree := true
		differ := func(ago time.Duration, path string) {
			if agree = false; !*updateGoldens {
				t.Errorf("%s, %v before the end: %s: recorded is %q, and the evaluator says %q; "+
					"go test ./tui -run TestGoldenWords -update records the words of %s anew",
					name, ago, path, recorded[ago][path], own[ago][path], name)
			}
		}
		for _, ago := range wordedMoments(name) {
			own[ago] = ownWords(name, ago)
			for path, text := range own[ago] {
				if was, has := recorded[ago][path]; !has || figures(was) != figures(text) {
					differ(ago, path)
				}
			}
			for path := range recorded[ago] {
				if own[ago][path] == "" {
					differ(ago, path)
				}
			}
		}
		if !agree && *updateGoldens {
			writeWords(t, name, own)
		}
	}
}

// writeWords records the words of a scenario.
func writeWords(t *testing.T, scenario string, all map[time.Duration]wording) {
	t.Helper()
	var file strings.Builder
	for _, ago := range wordedMoments(scenario) {
		fmt.Fprintf(&file, "%s%v\n", momentPrefix, ago)
		for _, path := range slices.Sorted(maps.Keys(all[ago])) {
			fmt.Fprintf(&file, "%s: %s\n", path, all[ago][path])
		}
	}
	if err := os.WriteFile(wordsFile(scenario), []byte(file.String()), 0o600); err != nil {
		t.Fatal(err)
	}
}

// ownWords are the evaluator's own words at a moment of a scenario.
func ownWords(scenario string, ago time.Duration) wording {
	judge := newTestModel(nil).judge
	for s := range scenarios()[scenario].all() {
		a := judge.Observe(s)
		if s.At.Equal(epoch.Add(-ago)) {
			return wordsOf(ofGoldenRules(a), judge.Events(eventsKept))
		}
	}
	return nil
}
