package limits

import (
	"fmt"
	"slices"
	"strings"

	"github.com/etcdoc/etcdoc/thresholds"
)

// Write writes the rules as the entries of a configuration's `thresholds:`, indented by two, with each rule's summary
// and sources in comments. [Configure] turns them back into the same rules. base are the rules that it would change: a
// level that rules lacks is written as off.
func Write(rules, base []thresholds.Rule) string {
	var b strings.Builder
	for i := range rules {
		r := &rules[i]
		before := r
		if j := slices.IndexFunc(base, func(w thresholds.Rule) bool { return w.ID == r.ID }); j >= 0 {
			before = &base[j]
		}
		if i > 0 {
			b.WriteByte('\n')
		}
		writeComments(r, &b, before)
		writeEntry(r, &b, before)
	}
	return b.String()
}

func writeComments(r *thresholds.Rule, b *strings.Builder, base *thresholds.Rule) {
	about := fmt.Sprintf("%s (%s; %s", r.Summary, r.Scope, r.Unit)
	if r.Below {
		about += "; lower is more severe"
	}
	wrapComment(b, strings.ToUpper(about[:1])+about[1:]+")")
	configured := false
	for _, level := range levels {
		if limit := r.Limit(level); limit.Configured {
			wrapComment(b, level.String()+": "+limit.Source)
			configured = true
		}
	}
	if configured {
		wrapComment(b, "by default: "+base.Sources())
		return
	}
	wrapComment(b, base.Sources())
}

func writeEntry(r *thresholds.Rule, b *strings.Builder, base *thresholds.Rule) {
	fmt.Fprintf(b, "  %s:", r.ID)
	if r.IsOff() && r.Minimum == base.Minimum {
		b.WriteString(" off\n")
		return
	}
	b.WriteByte('\n')
	for _, level := range levels {
		switch limit := r.Limit(level); {
		case limit.Value.IsKnown():
			fmt.Fprintf(b, "    %s: {%s}\n", level, writeLimit(r, limit))
		case base.Limit(level).Value.IsKnown():
			fmt.Fprintf(b, "    %s: off\n", level)
		}
	}
	if r.MinimumOf != "" {
		fmt.Fprintf(b, "    minimum: %s  # %s\n", write(r.MinimumUnit, r.Minimum), r.MinimumOf)
	}
}

// writeLimit writes a limit's settings.
func writeLimit(r *thresholds.Rule, l thresholds.Limit) string {
	var parts []string
	if value, known := l.Value.Get(); known && r.Unit != thresholds.Condition {
		parts = append(parts, "limit: "+write(r.Unit, value))
	}
	parts = append(parts, "for: "+thresholds.ShortDuration(l.For))
	if l.Window > 0 {
		parts = append(parts, "window: "+thresholds.ShortDuration(l.Window))
	}
	return strings.Join(parts, ", ")
}

// commentWidth is the maximum width of comment lines.
const commentWidth = 100

// wrapComment writes text as comment lines.
func wrapComment(b *strings.Builder, text string) {
	const begin = "  #"
	width := 0
	for word := range strings.FieldsSeq(text) {
		if width == 0 || width+1+len(word) > commentWidth {
			if width > 0 {
				b.WriteByte('\n')
			}
			b.WriteString(begin)
			width = len(begin)
		}
		b.WriteByte(' ')
		b.WriteString(word)
		width += 1 + len(word)
	}
	b.WriteByte('\n')
}
