package redact

import (
	"net/netip"
	"strings"
	"unicode"
)

// isSmallNumber reports that a word is a number of the kind that texts are full of: a member called 1 keeps its name
// in them.
func isSmallNumber(word string) bool { return len(word) < 4 && strings.Trim(word, "0123456789") == "" }

// place is where a word stands.
type place uint8

const (
	inText     place = iota
	inPath           // behind a slash
	beforePort       // as in db7:2379: a host, whatever it looks like
)

// eachWord replaces the words of a text; an address with colons is one word.
func eachWord(text string, replace func(word string, at place) string) string {
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
		where := inText
		if at > 0 && text[at-1] == '/' && (at < 2 || text[at-2] != '/') {
			where = inPath
		}
		at += n
		if _, err := netip.ParseAddr(word); strings.Contains(word, ":") && err != nil {
			parts := strings.Split(word, ":")
			for i, part := range parts {
				if i > 0 {
					b.WriteByte(':')
				}
				here := where
				if i == 0 && where != inPath && len(parts) == 2 && isPort(parts[1]) {
					here = beforePort
				}
				b.WriteString(replace(part, here))
			}
		} else if word != "" {
			b.WriteString(replace(word, where))
		}
		b.WriteString(text[at-n+len(word) : at])
	}
	return b.String()
}

// isPort reports that a word is a port as etcd's and its proxies' are: of at least three digits, so that it is no time.
func isPort(word string) bool {
	return len(word) >= 3 && len(word) <= 5 && strings.Trim(word, "0123456789") == ""
}

// hasLetter reports that a word may be a name, and is no file.
func hasLetter(word string) bool {
	return strings.ContainsFunc(word, unicode.IsLetter) && !isFile(word)
}

// isFile reports that a word is the name of a file of a kind that texts mention.
func isFile(word string) bool {
	at := strings.LastIndexByte(word, '.')
	if at < 0 {
		return false
	}
	switch strings.ToLower(word[at+1:]) {
	case "yaml", "yml", "crt", "key", "pem", "prom", "service", "json", "txt", "svg", "md", "db", "log", "conf":
		return true
	}
	return false
}

// wordEnd is the length of the word at the beginning of a text.
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

// looksLikeHost reports that a word is an IP address, or a name with a domain: not a version, and not a file.
func looksLikeHost(word string) bool {
	if !strings.ContainsAny(word, ".:") {
		return false
	}
	if _, err := netip.ParseAddr(word); err == nil {
		return true
	}
	if isFile(word) {
		return false
	}
	last := word[strings.LastIndexByte(word, '.')+1:]
	for i := range len(last) {
		if c := last[i] | ' '; c < 'a' || c > 'z' {
			return false
		}
	}
	return len(last) > 1 && len(last) < len(word)-1 && !strings.Contains(word, "..")
}

// looksLikeID reports that a word is the id of a member or a cluster.
func looksLikeID(word string) bool {
	const least = 12
	return len(word) >= least && strings.Trim(word, "0123456789abcdef") == "" && strings.ContainsAny(word, "abcdef")
}
