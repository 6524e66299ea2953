package redact

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

// Learn gives an alias to everything that an assessment and the events before it name, and to the addresses in their
// texts; cluster and endpoints are those that the user gave.
func (a *Aliases) Learn(
	cluster string, endpoints []string, at *thresholds.Assessment, log []thresholds.Event,
) *Aliases {
	a = a.add("cluster", cluster)
	if at.Cluster.ID != 0 {
		a = a.add("cluster-id", at.Cluster.ID.String())
	}
	for i := range at.Members {
		m := &at.Members[i]
		a = a.LearnMember(m.Label, m.Endpoints).learnShort(m.Short, m.Label)
		if m.ID != 0 {
			a = a.add("id", m.ID.String())
		}
		for _, endpoint := range append(slices.Clone(m.Endpoints), m.MetricsEndpoint) {
			a = a.add("host", probe.Hostname(endpoint))
		}
		if m.Written != nil {
			for i := range m.Written.Prefixes {
				a = a.learnPrefix(m.Written.Prefixes[i].Name, thresholds.WrittenName(&m.Written.Prefixes[i]))
			}
		}
		if m.Node != nil {
			a = a.add("host", m.Node.Name)
		}
		if m.ServedCertificate != nil {
			for _, name := range m.ServedCertificate.Names {
				a = a.add("host", name)
			}
		}
	}
	for _, endpoint := range endpoints {
		a = a.add("host", probe.Hostname(endpoint))
	}
	if at.Space != nil {
		for i := range at.Space.Prefixes {
			a = a.learnPrefix(at.Space.Prefixes[i].Name, thresholds.SpaceName(&at.Space.Prefixes[i]))
		}
	}
	for i := range at.APIServers {
		a = a.add("host", probe.Hostname(at.APIServers[i].URL))
	}
	for i := range log {
		if log[i].Kind == thresholds.EventMark {
			a = a.learnNote(log[i].Text)
		}
	}
	for _, text := range textsOf(at, log) {
		a = a.learnText(text)
	}
	return a
}

// LearnMember gives an alias to a member's label: a host's where the label is its address.
func (a *Aliases) LearnMember(label string, endpoints []string) *Aliases {
	host := probe.Hostname(label)
	isHostOf := func(endpoint string) bool { return probe.Hostname(endpoint) == host }
	if looksLikeHost(host) || host != "" && slices.ContainsFunc(endpoints, isHostOf) {
		return a.add("host", host)
	}
	return a.add("member", label)
}

// learnShort gives a member's short name the alias of its label.
func (a *Aliases) learnShort(short, label string) *Aliases {
	if short == "" || short == label {
		return a
	}
	return a.put(strings.ToLower(probe.Printable(short)), a.Redact(label))
}

// learnNote gives an alias to the text of a mark, in which people write whatever they like. A single word in small
// letters has none: texts are full of such words.
func (a *Aliases) learnNote(text string) *Aliases {
	if wordEnd(text) == len(text) && strings.IndexFunc(text, func(r rune) bool { return r < 'a' || r > 'z' }) < 0 {
		return a
	}
	return a.add("note", text)
}

// learnPrefix gives an alias to a prefix of keys, however long it is shown, unless every Kubernetes has it.
func (a *Aliases) learnPrefix(name, shown string) *Aliases {
	const rest = "x/x/x/x" // of a key
	if _, kubernetes := probe.KeyPrefix([]byte(name+rest), probe.PrefixDepth); name == "" ||
		kubernetes && !strings.Contains(name, ".") {
		return a
	}
	a = a.add("prefix", name)
	return a.put(strings.ToLower(shown), a.words[strings.ToLower(probe.Printable(name))])
}

// LearnFiles gives an alias to files, with and without their folders.
func (a *Aliases) LearnFiles(paths ...string) *Aliases {
	for _, path := range paths {
		if path != "" {
			a = a.add("file", path).add("file", filepath.Base(path))
		}
	}
	return a
}

// LearnClusters gives an alias to the names of clusters.
func (a *Aliases) LearnClusters(names ...string) *Aliases {
	for _, name := range names {
		a = a.add("cluster", name)
	}
	return a
}

// LearnFlags gives an alias to the files, the users, the hosts and the clusters that flags name, as in --cacert=ca.crt.
func (a *Aliases) LearnFlags(flags []string) *Aliases {
	for _, flag := range flags {
		switch name, value, _ := strings.Cut(flag, "="); name {
		case "--cacert", "--cert", "--key", "--config", "--kubeconfig", "--apiserver-cacert", "--apiserver-token-file":
			a = a.LearnFiles(value)
		case "--on", "--context":
			a = a.LearnClusters(value)
		case "--user":
			a = a.add("user", value)
		case "--tls-server-name", "--discovery-srv", "--discovery-srv-name":
			a = a.add("host", value)
		}
	}
	return a
}

// textsOf are an assessment's texts that may name hosts, those of certificates included.
func textsOf(a *thresholds.Assessment, log []thresholds.Event) []string {
	texts := append([]string{a.Reading.Headline, a.Reading.Step, a.Reading.Text, a.Reading.Next},
		a.Reading.EvidenceTexts()...)
	texts = append(texts, a.Reading.NotLookedAt...)
	for i := range a.Findings {
		texts = append(texts, a.Findings[i].Summary)
	}
	certificates := []*probe.Certificate{a.ClientCertificate}
	for i := range a.Members {
		for _, err := range a.Members[i].Errors {
			texts = append(texts, err.Text)
		}
		certificates = append(certificates, a.Members[i].ServedCertificate, a.Members[i].ServedAuthority)
	}
	for _, c := range certificates {
		if c != nil {
			texts = append(texts, c.Subject, c.Issuer)
		}
	}
	for i := range a.APIServers {
		s := &a.APIServers[i]
		texts = append(texts, s.Reason, s.Unasked, s.Unread)
	}
	if a.NodesErr != nil {
		texts = append(texts, a.NodesErr.Text)
	}
	for i := range log {
		texts = append(texts, log[i].Text, log[i].Expected)
	}
	return texts
}

// Names in errors and certificates that do not look different from words.
var (
	subjectParts  = regexp.MustCompile(`\b(?:CN|OU|O|L|ST|STREET|DC|SERIALNUMBER)=((?:\\.|[^,+)\\])+)`)
	validNames    = regexp.MustCompile(`valid for ([^;]*?), not ([^\s;:]+)`)
	lookedUpNames = regexp.MustCompile(`\blookup ([^\s:]+)`)
)

// learnText gives an alias to the addresses and the certificate subjects that a text names.
func (a *Aliases) learnText(text string) *Aliases {
	if strings.Contains(text, "=") {
		for _, found := range subjectParts.FindAllStringSubmatch(text, -1) {
			a = a.add("subject", found[1])
		}
	}
	if found := validNames.FindStringSubmatch(text); found != nil {
		for _, name := range append(strings.Split(found[1], ", "), found[2]) {
			a = a.add("host", name)
		}
	}
	if found := lookedUpNames.FindStringSubmatch(text); found != nil {
		a = a.add("host", found[1])
	}
	eachWord(text, func(word string, at place) string {
		if at != inPath && looksLikeHost(word) || at == beforePort && hasLetter(word) && !a.isAlias(word) {
			a = a.add("host", word)
		}
		return word
	})
	return a
}
