package probe

import "google.golang.org/protobuf/encoding/protowire"

// MessageFields iterates over the fields of a protobuf message, without reading what is in them. It makes no copies.
type MessageFields struct {
	rest []byte
	// Type is that of the current field, Data its content if it is protowire.BytesType, else nil; Number if it is
	// protowire.VarintType, else 0; and Size the bytes of all of it.
	Type   protowire.Type
	Data   []byte
	Number uint64
	Size   int
}

// What Next returns in the place of a field's number.
const (
	FieldsEnd       = 0
	FieldsMalformed = -1
)

// FieldsOf iterates over the fields of a message.
func FieldsOf(message []byte) MessageFields { return MessageFields{rest: message} }

// Next moves to the next field and returns its number.
func (f *MessageFields) Next() int {
	if len(f.rest) == 0 {
		return FieldsEnd
	}
	field, kind, size := protowire.ConsumeTag(f.rest)
	if size < 0 {
		return FieldsMalformed
	}
	f.Type, f.Number, f.Data = kind, 0, nil
	var n int
	switch content := f.rest[size:]; kind {
	case protowire.VarintType:
		f.Number, n = protowire.ConsumeVarint(content)
	case protowire.BytesType:
		f.Data, n = protowire.ConsumeBytes(content)
	default:
		n = protowire.ConsumeFieldValue(field, kind, content)
	}
	if n < 0 {
		return FieldsMalformed
	}
	f.Size = size + n
	f.rest = f.rest[f.Size:]
	return int(field)
}
