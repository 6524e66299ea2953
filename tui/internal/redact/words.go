package redact

import (
	"net/netip"
	"strings"
)

// isSmallNumber reports that a word is a number of the kind that texts are full of: a member called 1 keeps its name
// in them.
func isSmallNumber(word string) bool { return len(word) < 4 && strings.Trim(word, "0123456789") == "" }

// eachWord replaces the words of a text; an address with colons is one word.
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

// looksLikeID reports that a word is the id of a member or a cluster.
func looksLikeID(word string) bool {
	const least = 12
	return len(word) >= least && strings.Trim(word, "0123456789abcdef") == "" && strings.ContainsAny(word, "abcdef")
}
