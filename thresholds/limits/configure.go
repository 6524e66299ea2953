package limits

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

// Configure returns the rules with the limits that a configuration's `thresholds:` sets:
//
//	thresholds:
//	  wal-fsync-slow:
//	    notice: 10ms                                  # the limit alone: the rest stays as it is
//	    warning: {limit: 100ms, for: 30s}
//	    critical: off
//	    minimum: 50
//	  peer-rtt-slow: {warning: {limit: 200ms, for: 1m, window: 90s}}
//	  quorum-at-risk: {warning: {for: 1m}}            # a condition has no number: on, off, or for how long
//	  lease-churn: off
//
// A level that the rule lacks inherits omitted settings from the nearest level that it has. file names the
// configuration in errors and in the sources of changed limits. A nil node changes nothing. The error lists all
// mistakes, one per line, as FILE:LINE: what is wrong, and what is allowed.
func Configure(rules []thresholds.Rule, node *yaml.Node, file string) ([]thresholds.Rule, error) {
	c := &configurer{file: file, rules: slices.Clone(rules)}
	if node = resolve(node); node != nil && node.Tag != "!!null" {
		c.readRules(node)
	}
	if len(c.errs) > 0 {
		return nil, errors.Join(c.errs...)
	}
	return c.rules, nil
}

// levels are the levels with limits, mildest first.
var levels = [...]thresholds.Level{thresholds.Notice, thresholds.Warning, thresholds.Critical}

// configurer applies a configuration to the rules and collects its mistakes.
type configurer struct {
	file  string
	rules []thresholds.Rule
	errs  []error
}

func (c *configurer) complain(at *yaml.Node, format string, args ...any) {
	c.errs = append(c.errs, &complaint{c.file, at.Line, format, args})
}

// A complaint formats its words only when it is read, because a file can cause one per line.
type complaint struct {
	file   string
	line   int
	format string
	args   []any
}

func (c *complaint) Error() string {
	return fmt.Sprintf("%s:%d: %s", c.file, c.line, fmt.Sprintf(c.format, c.args...))
}

// A suggestion calls [Suggest] only when it is read.
type suggestion struct {
	word  string
	names []string
}

func (s suggestion) String() string { return Suggest(s.word, s.names) }

// A question calls [DidYouMean] only when it is read.
type question suggestion

func (q question) String() string { return DidYouMean(q.word, q.names) }

// ruleKeys are the keys of a rule.
var ruleKeys = [...]string{"notice", "warning", "critical", "minimum"}

// resolve follows an alias.
func resolve(n *yaml.Node) *yaml.Node {
	if n != nil && n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

// entries calls each with the keys and values of a mapping, and complains of duplicate keys.
func (c *configurer) entries(what string, n *yaml.Node, each func(key, value *yaml.Node)) {
	lines := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], resolve(n.Content[i+1])
		if line, twice := lines[key.Value]; twice {
			c.complain(key, "%s: %s is there already, in line %d", what, quoted(key.Value), line)
			continue
		}
		lines[key.Value] = key.Line
		each(key, value)
	}
}

func (c *configurer) readRules(n *yaml.Node) {
	if n.Kind != yaml.MappingNode {
		c.complain(n, "thresholds: want rules, such as wal-fsync-slow: {warning: 100ms}")
		return
	}
	ids := make([]string, len(c.rules))
	for i := range c.rules {
		ids[i] = string(c.rules[i].ID)
	}
	rule := func(key, value *yaml.Node) {
		i := slices.Index(ids, key.Value)
		if i < 0 {
			c.complain(key, "thresholds: unknown rule %s: %s", quoted(key.Value), suggestion{key.Value, ids})
			return
		}
		c.rule(&c.rules[i], key, value)
	}
	c.entries("thresholds", n, func(key, value *yaml.Node) {
		if slices.Contains(ids, key.Value) || !holdsRules(key.Value, value, ids) {
			rule(key, value)
			return
		}
		c.complain(key, "thresholds: %s is no rule: write rules directly below thresholds, as in "+
			"thresholds: {wal-fsync-slow: {warning: 100ms}}", quoted(key.Value))
		if value.Kind == yaml.MappingNode {
			c.entries("thresholds: "+quoted(key.Value), value, rule) // what else is wrong, once it is moved
		}
	})
}

// holdsRules reports whether an unknown key below thresholds is meant to hold rules.
func holdsRules(key string, value *yaml.Node, ids []string) bool {
	if key == "rules" || value.Kind != yaml.MappingNode {
		return key == "rules"
	}
	for i := 0; i < len(value.Content); i += 2 {
		if slices.Contains(ids, value.Content[i].Value) {
			return true
		}
	}
	return false
}

// isOff and isOn accept booleans, too: YAML writers may convert the words.
func isOff(n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode && (n.Value == "off" || n.Value == "false")
}
func isOn(n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode && (n.Value == "on" || n.Value == "true")
}

func (c *configurer) rule(r *thresholds.Rule, key, n *yaml.Node) {
	before := *r
	switch {
	case isOff(n):
		r.Notice, r.Warning, r.Critical = thresholds.Limit{}, thresholds.Limit{}, thresholds.Limit{}
		return
	case n.Kind != yaml.MappingNode:
		c.complain(key, "%s: want off, or limits such as {%s}", r.ID, example(r))
		return
	}
	wrong := len(c.errs)
	c.entries(string(r.ID), n, func(key, value *yaml.Node) {
		switch key.Value {
		case "notice":
			c.level(r, &before, thresholds.Notice, &r.Notice, key, value)
		case "warning":
			c.level(r, &before, thresholds.Warning, &r.Warning, key, value)
		case "critical":
			c.level(r, &before, thresholds.Critical, &r.Critical, key, value)
		case "minimum":
			c.minimum(r, key, value)
		default:
			c.complain(key, "%s: unknown key %s: want notice, warning, critical or minimum%s", r.ID, quoted(key.Value),
				question{key.Value, ruleKeys[:]})
		}
	})
	if len(c.errs) == wrong {
		c.checkOrder(r, key)
	}
}

// example is a possible limit of the rule.
func example(r *thresholds.Rule) string {
	if r.Unit == thresholds.Condition {
		return "warning: {for: 30s}"
	}
	for _, level := range []thresholds.Level{thresholds.Warning, thresholds.Notice, thresholds.Critical} {
		if value, known := r.Limit(level).Value.Get(); known {
			return level.String() + ": " + write(r.Unit, value)
		}
	}
	return "warning: 1000"
}

// level reads one level of a rule; before is the rule before the configuration.
func (c *configurer) level(
	r, before *thresholds.Rule, level thresholds.Level, limit *thresholds.Limit, key, n *yaml.Node,
) {
	what := fmt.Sprintf("%s: %s", r.ID, level)
	if !limit.Value.IsKnown() {
		*limit = inherited(before, level)
	}
	switch {
	case isOff(n):
		*limit = thresholds.Limit{}
		return
	case isOn(n) && limit.Value.IsKnown():
	case n.Kind == yaml.ScalarNode && r.Unit == thresholds.Condition:
		c.complain(key, "%s: %s: a condition has no number: want on, off or {for: 30s}", what, quoted(n.Value))
	case n.Kind == yaml.ScalarNode:
		c.value(what, r, level, limit, n)
	case n.Kind == yaml.MappingNode:
		c.limit(what, r, level, limit, key, n)
	default:
		c.complain(key, "%s: want a limit or off, not a list", what)
	}
	if *limit != before.Limit(level) {
		limit.Source, limit.Configured = fmt.Sprintf("configured, %s:%d", c.file, n.Line), true
	}
}

// inherited is what a level that the rule lacks takes from the nearest one: how long it must hold, over what window,
// and for a condition the value.
func inherited(r *thresholds.Rule, level thresholds.Level) thresholds.Limit {
	var found thresholds.Limit
	for _, l := range levels { // milder ones first: the nearest of them is the last
		if limit := r.Limit(l); limit.Value.IsKnown() && (l < level || !found.Value.IsKnown()) {
			found = limit
		}
	}
	if r.Unit != thresholds.Condition {
		found.Value = probe.Value{}
	}
	found.Source, found.Configured = "", false
	return found
}

func (c *configurer) value(
	what string, r *thresholds.Rule, level thresholds.Level, limit *thresholds.Limit, n *yaml.Node,
) {
	value, err := parse(r.Unit, n.Value)
	if err == nil {
		err = checkValue(r, level, value)
	}
	if err != nil {
		c.complain(n, "%s: %v", what, err)
		return
	}
	limit.Value = probe.Known(value)
}

func (c *configurer) limit(
	what string, r *thresholds.Rule, level thresholds.Level, limit *thresholds.Limit, key, n *yaml.Node,
) {
	wrong := len(c.errs)
	c.entries(what, n, func(key, value *yaml.Node) {
		here := what + ": " + key.Value
		switch {
		case key.Value == "limit" && r.Unit != thresholds.Condition:
			c.value(here, r, level, limit, value)
		case key.Value == "for":
			limit.For = c.span(here, value, false)
		case key.Value == "window" && r.LongestWindow() > 0:
			limit.Window = c.span(here, value, true)
			if most := r.WindowKept(); limit.Window > most {
				c.complain(value, "%s: %s: want %s or less: what is older is not kept", here, value.Value,
					thresholds.ShortDuration(most))
			}
		case key.Value == "limit":
			c.complain(key, "%s: a condition has no limit: want for", here)
		case key.Value == "window":
			c.complain(key, "%s: the rule looks over no window of its own: want %s", here, limitKeys(r))
		default:
			c.complain(key, "%s: unknown key %s: want %s", what, quoted(key.Value), limitKeys(r))
		}
	})
	if !limit.Value.IsKnown() && len(c.errs) == wrong {
		c.complain(key, "%s: it has no limit by default: give one, %s", what, wanted(r.Unit))
	}
}

// span reads a duration; positive excludes 0.
func (c *configurer) span(what string, n *yaml.Node, positive bool) time.Duration {
	d, ok := time.Duration(0), false
	if n.Kind == yaml.ScalarNode {
		d, ok = parseDuration(n.Value)
	}
	if !ok || d < 0 || positive && d == 0 {
		c.complain(n, "%s: %s: want a duration such as 30s or 5m", what, quoted(n.Value))
		return 0
	}
	return d
}

func (c *configurer) minimum(r *thresholds.Rule, key, n *yaml.Node) {
	if r.MinimumOf == "" {
		c.complain(key, "%s: minimum: the rule needs none: want notice, warning or critical", r.ID)
		return
	}
	number, err := parse(r.MinimumUnit, n.Value)
	if n.Kind != yaml.ScalarNode || err != nil {
		c.complain(n, "%s: minimum: %s: want %s (%s)", r.ID, quoted(n.Value), wanted(r.MinimumUnit), r.MinimumOf)
		return
	}
	r.Minimum = number
}

// quoted quotes text from a configuration, cut to one line.
func quoted(text string) string {
	const most = 60
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "…"
	}
	return fmt.Sprintf("%q", text)
}
