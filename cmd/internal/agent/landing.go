package agent

import (
	"html/template"
	"net/http"
	"strings"

	"github.com/etcdoc/etcdoc/thresholds"
)

// landing is the page at /: the newest assessment in short, and links to the rest.
const landing = `<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>etcdoc: {{.Level}}</title>
<style>
body { font: 1em/1.4 sans-serif; margin: 2em auto; max-width: 60em; padding: 0 1em; color: #222; background: #fff }
table { border-collapse: collapse } td, th { padding: .2em 1em .2em 0; text-align: left; vertical-align: top }
@media (prefers-color-scheme: dark) { body { color: #ddd; background: #111 } a { color: #8bf } }
</style></head>
<body>
<h1>{{.Level}}: {{.Headline}}</h1>
{{with .Stale}}<p><strong>{{.}}</strong></p>{{end}}
{{with .Assessment}}
<p><a href="health">health</a> {{if $.Passes}}passes (200){{else}}fails (503){{end}}.</p>
<p>{{.Reading.Text}}</p>
{{with .Reading.Next}}<p>Next: {{.}}</p>{{end}}
<table><tr><th>Member</th><th>Role</th><th>State</th><th>May it be lost now?</th><th>Why</th></tr>
{{range .Members}}<tr><td>{{.Label}}</td><td>{{.Role}}</td><td>{{.Condition.Word}}</td>
<td>{{upper .CanLose.Verdict.String}}</td><td>{{.CanLose.Reason}}</td></tr>
{{end}}</table>
{{with .APIServersLine}}<p>{{.}}.</p>
{{end}}{{with $.Muted}}<p>Muted, until it gets worse: {{range $i, $m := .}}{{if $i}}; {{end}}{{$m}}{{end}}.</p>
{{end}}<p>As of {{.At.UTC.Format "2006-01-02 15:04:05Z"}}.</p>
{{end}}
<p><a href="health">health</a> (JSON), <a href="metrics">metrics</a>, <a href="fit">fit</a>, <a href="livez">livez</a>,
<a href="readyz">readyz</a>; can-lose/MEMBER. etcdoc {{.Version}}</p>
</body></html>
`

// newLanding returns the page's template, which escapes whatever a member is called.
func newLanding() *template.Template {
	return template.Must(template.New("landing").Funcs(template.FuncMap{"upper": strings.ToUpper}).Parse(landing))
}

// mutedWords names what is muted, with the time left.
func mutedWords(r *report) (all []string) {
	for _, m := range r.mutes {
		about := string(m.Rule)
		if m.Member != "" {
			about += " of " + m.Member
		}
		all = append(all, about+" for "+thresholds.FormatDuration(m.Until.Sub(r.assessment.At)))
	}
	return all
}

// heading is the level and the headline of the page. An agent that asks its member alone never knows the cluster's
// level, which says nothing against the member.
func (a *Agent) heading(of *thresholds.Assessment) (thresholds.Level, string) {
	m, err := a.local(of)
	if err != nil || of.Cluster.MemberListKnown || of.Level != thresholds.Unknown {
		return of.Level, of.Reading.Headline
	}
	return m.Level, m.Label + " alone is judged here, not the cluster"
}

func (a *Agent) serveLanding(w http.ResponseWriter, _ *http.Request) {
	page := struct {
		Level, Headline, Stale, Version string
		Assessment                      *thresholds.Assessment
		Muted                           []string
		Passes                          bool
	}{Level: "UNKNOWN", Headline: "nothing is known now", Version: a.options.Version}
	if r, err := a.report(freshFor); err != nil {
		page.Stale = err.Error()
	} else {
		page.Assessment, page.Muted = &r.assessment, mutedWords(r)
		page.Passes = a.options.Healthy(&r.assessment)
		level, headline := a.heading(&r.assessment)
		page.Level, page.Headline = strings.ToUpper(level.String()), headline
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
	w.Header().Set("Cache-Control", "no-store")
	_ = a.landing.Execute(w, page) // who asked may be gone
}
