package tui

import (
	"cmp"
	"maps"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

// aliases are what stands for names and addresses on a screen that is shared: the same alias for the same thing for as
// long as the dashboard runs. It is never changed: what learns returns another one.
type aliases struct {
	// words are the aliases of single words, in small letters; phrases those of names that are more than a word, the
	// longest first.
	words   map[string]string
	phrases [][2]string
	// counted is how many things of a kind have an alias.
	counted map[string]int
}

// The aliases of what nobody has been told of: an address that only a foreign text names.
const (
	someHost = "host-?"
	someID   = "id-?"
)

func newAliases() *aliases { return &aliases{words: map[string]string{}, counted: map[string]int{}} }

// add gives what is not known yet an alias of a kind: kind-a, kind-b …
func (r *aliases) add(kind, name string) *aliases {
	name = strings.ToLower((&theme{}).clean(name))
	if !r.lacks(name) {
		return r
	}
	next := &aliases{words: maps.Clone(r.words), phrases: slices.Clone(r.phrases), counted: maps.Clone(r.counted)}
	alias := kind + "-" + letters(next.counted[kind])
	next.counted[kind]++
	next.words[name] = alias
	if wordEnd(name) < len(name) {
		next.phrases = append(next.phrases, [2]string{name, alias})
		slices.SortStableFunc(next.phrases, func(a, b [2]string) int { return len(b[0]) - len(a[0]) })
	}
	return next
}

// lacks says that a name could have an alias and has none.
func (r *aliases) lacks(name string) bool {
	_, known := r.words[name]
	return !known && name != ""
}

// letters counts a, b … z, aa, ab …
func letters(n int) string {
	if n < 26 {
		return string(rune('a' + n))
	}
	return letters(n/26-1) + string(rune('a'+n%26))
}

// learn gives an alias to everything that an assessment names, and to the addresses in its texts.
func (r *aliases) learn(cluster string, endpoints []string, a *thresholds.Assessment, log []thresholds.Event) *aliases {
	r = r.add("cluster", cluster)
	if a.Cluster.ID != 0 {
		r = r.add("cluster-id", a.Cluster.ID.String())
	}
	for i := range a.Members {
		m := &a.Members[i]
		r = r.member(m.Label, m.Endpoints)
		if m.ID != 0 {
			r = r.add("id", m.ID.String())
		}
		for _, endpoint := range append(slices.Clone(m.Endpoints), m.MetricsEndpoint) {
			r = r.add("host", hostOf(endpoint))
		}
	}
	for _, endpoint := range endpoints {
		r = r.add("host", hostOf(endpoint))
	}
	for _, text := range textsOf(a, log) {
		r = r.learnText(text)
	}
	return r
}

// member gives an alias to what a member is called, unless that is its address.
func (r *aliases) member(label string, endpoints []string) *aliases {
	host := hostOf(label)
	if looksLikeHost(host) || host != "" && slices.ContainsFunc(endpoints, func(e string) bool { return hostOf(e) == host }) {
		return r.add("host", host)
	}
	return r.add("member", label)
}

// textsOf are the texts of an assessment that may name hosts, and those of its certificates.
func textsOf(a *thresholds.Assessment, log []thresholds.Event) []string {
	texts := append([]string{a.Reading.Text, a.Reading.Next}, a.Reading.Evidence...)
	texts = append(texts, a.Reading.NotLookedAt...)
	for i := range a.Findings {
		texts = append(texts, a.Findings[i].Summary)
	}
	certificates := []*probe.Certificate{a.ClientCertificate}
	for i := range a.Members {
		texts = append(texts, a.Members[i].Errors...)
		certificates = append(certificates, a.Members[i].ServedCertificate, a.Members[i].ServedAuthority)
	}
	for _, c := range certificates {
		if c != nil {
			texts = append(texts, c.Subject, c.Issuer)
		}
	}
	for i := range log {
		texts = append(texts, log[i].Text, log[i].Expected)
	}
	return texts
}

// hostOf is the host of an endpoint, with or without scheme and port.
func hostOf(endpoint string) string {
	if !strings.Contains(endpoint, "://") {
		endpoint = "//" + endpoint
	}
	u, err := url.Parse(endpoint)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// Where errors and certificates name who can't be told from a word by its look.
var (
	subjectParts  = regexp.MustCompile(`\b(?:CN|OU|O|L|ST|STREET|DC|SERIALNUMBER)=((?:\\.|[^,+)\\])+)`)
	validNames    = regexp.MustCompile(`valid for ([^;]*?), not ([^\s;:]+)`)
	lookedUpNames = regexp.MustCompile(`\blookup ([^\s:]+)`)
)

// learnText gives an alias to the addresses and the certificate subjects that a text names.
func (r *aliases) learnText(text string) *aliases {
	if strings.Contains(text, "=") {
		for _, found := range subjectParts.FindAllStringSubmatch(text, -1) {
			r = r.add("subject", found[1])
		}
	}
	if found := validNames.FindStringSubmatch(text); found != nil {
		for _, name := range append(strings.Split(found[1], ", "), found[2]) {
			r = r.add("host", name)
		}
	}
	if found := lookedUpNames.FindStringSubmatch(text); found != nil {
		r = r.add("host", found[1])
	}
	eachWord(text, func(word string, inPath bool) string {
		if looksLikeHost(word) && !inPath {
			r = r.add("host", word)
		}
		return word
	})
	return r
}

// redact writes the aliases in place of the names and addresses in a text.
func (r *aliases) redact(text string) string {
	if alias, known := r.words[strings.ToLower(text)]; known {
		return alias
	}
	for _, phrase := range r.phrases {
		for {
			at := strings.Index(strings.ToLower(text), phrase[0])
			if at < 0 || at+len(phrase[0]) > len(text) {
				break
			}
			text = text[:at] + phrase[1] + text[at+len(phrase[0]):]
		}
	}
	return eachWord(text, func(word string, inPath bool) string {
		if alias, known := r.words[strings.ToLower(word)]; known && !isSmallNumber(word) {
			return alias
		}
		switch {
		case looksLikeHost(word) && !inPath:
			return someHost
		case looksLikeID(word):
			return someID
		}
		return word
	})
}

// within is redact for a text that is still being typed: names are hidden also where they are only a part of a word.
func (r *aliases) within(text string) string {
	const least = 3 // letters of a name; shorter ones are parts of too many words
	names := slices.DeleteFunc(slices.Collect(maps.Keys(r.words)), func(name string) bool { return len(name) < least })
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	for i, name := range names {
		names[i] = regexp.QuoteMeta(name)
	}
	if len(names) > 0 {
		text = regexp.MustCompile("(?i)"+strings.Join(names, "|")).ReplaceAllStringFunc(text, func(name string) string {
			return r.words[strings.ToLower(name)]
		})
	}
	return r.redact(text)
}

// isSmallNumber says that a word is a number such as texts are full of: a member that is called 1 keeps its name in them.
func isSmallNumber(word string) bool { return len(word) < 4 && digits(word) == len(word) }

// eachWord replaces the words of a text, of which an address with colons is one.
func eachWord(text string, replace func(word string, inPath bool) string) string {
	var b strings.Builder
	for at := 0; at < len(text); {
		n := wordEnd(text[at:])
		if n == 0 {
			b.WriteByte(text[at])
			at++
			continue
		}
		word := strings.TrimRight(text[at:at+n], ".-_")
		if _, err := netip.ParseAddr(word); err != nil {
			word = strings.TrimRight(word, ".:-_")
		}
		inPath := at > 0 && text[at-1] == '/' && (at < 2 || text[at-2] != '/')
		at += n
		if _, err := netip.ParseAddr(word); strings.Contains(word, ":") && err != nil {
			for i, part := range strings.Split(word, ":") {
				if i > 0 {
					b.WriteByte(':')
				}
				b.WriteString(replace(part, inPath))
			}
		} else if word != "" {
			b.WriteString(replace(word, inPath))
		}
		b.WriteString(text[at-n+len(word) : at])
	}
	return b.String()
}

// wordEnd is how long the word is that a text begins with.
func wordEnd(text string) int {
	for i := range len(text) {
		switch c := text[i]; {
		case c >= '0' && c <= '9', c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c == '.', c == '-', c == '_', c == ':':
		default:
			return i
		}
	}
	return len(text)
}

// looksLikeHost says that a word is an IP address, or a name with a domain: not a version, and not a file.
func looksLikeHost(word string) bool {
	if !strings.ContainsAny(word, ".:") {
		return false
	}
	if _, err := netip.ParseAddr(word); err == nil {
		return true
	}
	last := word[strings.LastIndexByte(word, '.')+1:]
	switch strings.ToLower(last) {
	case "yaml", "yml", "crt", "key", "pem", "prom", "service", "json", "txt", "svg", "md", "db", "log", "conf":
		return false
	}
	for i := range len(last) {
		if c := last[i] | ' '; c < 'a' || c > 'z' {
			return false
		}
	}
	return len(last) > 1 && len(last) < len(word)-1 && !strings.Contains(word, "..")
}

// looksLikeID says that a word is the id of a member or a cluster.
func looksLikeID(word string) bool {
	const least = 12
	return len(word) >= least && strings.Trim(word, "0123456789abcdef") == "" && strings.ContainsAny(word, "abcdef")
}
