package keyspace

import (
	"bytes"

	"github.com/etcdoc/etcdoc/probe"
)

// Metadata is what of a Kubernetes object's size its metadata are: as stored, with the names of the fields.
type metadata struct{ managedFields, annotations int }

// A coding says how an object of Kubernetes is stored.
type coding uint8

const (
	notRead   coding = iota // neither of the others, or not whole
	readable                // protobuf or JSON, whose metadata were read
	encrypted               // by the API server
)

// The beginnings of what kube-apiserver stores (apimachinery pkg/runtime/serializer/protobuf, apiserver
// pkg/storage/value/encrypt).
var (
	protobufMagic   = []byte("k8s\x00")
	encryptionMagic = []byte("k8s:enc:")
)

// The numbers of the fields that are read: of runtime.Unknown, of any object, and of ObjectMeta (apimachinery
// pkg/runtime/generated.proto, pkg/apis/meta/v1/generated.proto).
const (
	unknownRaw         = 2
	objectMetadata     = 1
	metaAnnotations    = 12
	metaManagedFields  = 17
	jsonManagedFields  = "managedFields"
	jsonAnnotations    = "annotations"
	jsonMetadata       = "metadata"
	maxJSONNestedDepth = 10_000 // as encoding/json
)

// readMetadata measures the metadata of an object of Kubernetes. It keeps nothing of it.
func readMetadata(value []byte) (metadata, coding) {
	switch {
	case bytes.HasPrefix(value, protobufMagic):
		return protobufMetadata(value[len(protobufMagic):])
	case bytes.HasPrefix(value, encryptionMagic):
		return metadata{}, encrypted
	case len(value) > 0 && value[0] == '{':
		return jsonMetadataOf(value)
	}
	return metadata{}, notRead
}

// protobufMetadata measures the metadata of an object in protobuf's envelope of Kubernetes.
func protobufMetadata(envelope []byte) (m metadata, _ coding) {
	object, ok := fieldOf(envelope, unknownRaw)
	if !ok {
		return m, notRead
	}
	meta, ok := fieldOf(object, objectMetadata)
	if !ok {
		return m, notRead
	}
	for f := probe.FieldsOf(meta); ; {
		switch f.Next() {
		case metaAnnotations:
			m.annotations += f.Size
		case metaManagedFields:
			m.managedFields += f.Size
		case probe.FieldsEnd:
			return m, readable
		case probe.FieldsMalformed:
			return metadata{}, notRead
		}
	}
}

// fieldOf returns the first field of a message that has a number and is a message itself.
func fieldOf(message []byte, number int) (data []byte, ok bool) {
	for f := probe.FieldsOf(message); ; {
		switch f.Next() {
		case number:
			return f.Data, f.Type == bytesKind
		case probe.FieldsEnd, probe.FieldsMalformed:
			return nil, false
		}
	}
}

// jsonMetadataOf measures the metadata of an object in JSON. It reads up to where they end.
func jsonMetadataOf(object []byte) (metadata, coding) {
	var m metadata
	coded := notRead
	scanner := jsonScanner{text: object}
	scanner.object(func(name []byte) bool {
		if string(name) != jsonMetadata {
			return scanner.skip()
		}
		whole := scanner.object(func(name []byte) bool {
			begin := scanner.at - len(name) - len(`"":`) // as kube-apiserver writes it, without spaces
			if !scanner.skip() {
				return false
			}
			switch string(name) {
			case jsonManagedFields:
				m.managedFields = scanner.at - begin
			case jsonAnnotations:
				m.annotations = scanner.at - begin
			}
			return true
		})
		if whole {
			coded = readable
		}
		return false // the rest need not be read
	})
	if coded == notRead {
		m = metadata{}
	}
	return m, coded
}

// A jsonScanner reads over JSON without decoding it. It takes whatever has balanced brackets and closed quotes.
type jsonScanner struct {
	text []byte
	at   int
}

// peek returns the next byte that is no space; 0 at the end.
func (s *jsonScanner) peek() byte {
	for s.at < len(s.text) {
		switch c := s.text[s.at]; c {
		case ' ', '\t', '\n', '\r':
			s.at++
		default:
			return c
		}
	}
	return 0
}

// accept moves behind a byte if it comes next.
func (s *jsonScanner) accept(c byte) bool {
	if s.peek() != c {
		return false
	}
	s.at++
	return true
}

// object reads an object. For each field it calls a function that must read the value; false ends it all.
func (s *jsonScanner) object(field func(name []byte) bool) (whole bool) {
	if !s.accept('{') {
		return false
	}
	if s.accept('}') {
		return true
	}
	for {
		s.peek()
		begin := s.at + 1
		if !s.quoted() {
			return false
		}
		name := s.text[begin : s.at-1]
		if !s.accept(':') || !field(name) {
			return false
		}
		if s.accept('}') {
			return true
		}
		if !s.accept(',') {
			return false
		}
	}
}

// quoted reads a string.
func (s *jsonScanner) quoted() bool {
	if !s.accept('"') {
		return false
	}
	for s.at < len(s.text) {
		end := bytes.IndexByte(s.text[s.at:], '"')
		if end < 0 {
			return false
		}
		escapes := 0
		for i := s.at + end - 1; i >= s.at && s.text[i] == '\\'; i-- {
			escapes++
		}
		s.at += end + 1
		if escapes%2 == 0 {
			return true
		}
	}
	return false
}

// skip reads over a value of any kind.
func (s *jsonScanner) skip() bool {
	depth := 0
	for {
		switch s.peek() {
		case 0:
			return false
		case '"':
			if !s.quoted() {
				return false
			}
		case '{', '[':
			s.at++
			if depth++; depth > maxJSONNestedDepth {
				return false
			}
			continue
		case '}', ']':
			if s.at++; depth == 0 {
				return false
			}
			depth--
		case ',', ':':
			if depth == 0 {
				return false
			}
			s.at++
			continue
		default: // a number or a word
			for s.at < len(s.text) && !bytes.ContainsRune([]byte(" \t\n\r,:{}[]\""), rune(s.text[s.at])) {
				s.at++
			}
		}
		if depth == 0 {
			return true
		}
	}
}
