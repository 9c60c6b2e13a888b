package domain

import (
	"bytes"
	"encoding/json"
)

// member is one name and its raw value in a JSON object, both slices of the text.
// encoding/json is not used for this: it ignores case when it matches struct fields,
// and a map costs more than the rest of decoding.
type member struct{ name, value []byte }

// object holds the members of a JSON object in the order of the text.
type object []member

// get returns the raw value of a member, or nil. If a name occurs more than once, the
// last one counts, as in all common JSON decoders.
func (o object) get(name string) []byte {
	for i := len(o) - 1; i >= 0; i-- {
		if string(o[i].name) == name {
			return o[i].value
		}
	}
	return nil
}

// split appends the members of an object to o. The text must be valid JSON and is not
// checked again; ok is false if it is not an object.
func (o object) split(text []byte) (members object, ok bool) {
	text = skipSpace(text)
	if text[0] != '{' {
		return nil, false
	}
	for text = skipSpace(text[1:]); text[0] != '}'; text = skipSpace(text) {
		if text[0] == ',' {
			text = skipSpace(text[1:])
		}
		n := valueLength(text)
		name := unescapedName(text[:n])
		text = skipSpace(skipSpace(text[n:])[1:]) // over the colon
		n = valueLength(text)
		o = append(o, member{name: name, value: text[:n]})
		text = text[n:]
	}
	return o, true
}

// unescapedName returns a member's name without quotes and escapes.
func unescapedName(quoted []byte) []byte {
	if bytes.IndexByte(quoted, '\\') < 0 {
		return quoted[1 : len(quoted)-1]
	}
	var name string
	_ = json.Unmarshal(quoted, &name) // cannot fail, the text is valid
	return []byte(name)
}

func skipSpace(text []byte) []byte {
	for len(text) > 0 && (text[0] == ' ' || text[0] == '\n' || text[0] == '\t' || text[0] == '\r') {
		text = text[1:]
	}
	return text
}

// valueLength returns how many bytes the value at the start of a valid JSON
// text takes.
func valueLength(text []byte) int {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '"':
			i += stringLength(text[i:]) - 1
			if depth == 0 {
				return i + 1
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
			if depth < 0 { // the end of the object around a bare number or word
				return i
			}
		case ',', ' ', '\n', '\t', '\r':
			if depth == 0 {
				return i
			}
		}
	}
	return len(text)
}

// stringLength returns how many bytes the JSON string at the start of text
// takes, with its quotes.
func stringLength(text []byte) int {
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(text)
}
