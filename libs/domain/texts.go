package domain

import (
	"bytes"
	"encoding/json"
	"strings"
)

// texts copies the texts of an event into one piece of memory, since they live as long
// as the event.
type texts struct{ b strings.Builder }

// mostTexts bounds the memory that is set aside beforehand: an unused member may be
// large.
const mostTexts = 256

// expect makes room for the members of o.
func (t *texts) expect(o object) {
	size := 0
	for _, m := range o {
		size += len(m.value)
	}
	t.b.Grow(min(size, mostTexts))
}

// keep returns a copy of raw.
func (t *texts) keep(raw []byte) string {
	from := t.b.Len()
	t.b.Write(raw)
	return t.b.String()[from:]
}

// read returns the text of a JSON string; ok is false when the value is something
// else.
func (t *texts) read(value []byte) (s string, ok bool) {
	text, ok := unquote(value)
	return t.keep(text), ok
}

// unquote returns the text of a JSON string, without a copy where it has no escapes.
func unquote(value []byte) (text []byte, ok bool) {
	if len(value) == 0 || value[0] != '"' {
		return nil, false
	}
	if bytes.IndexByte(value, '\\') < 0 {
		return value[1 : len(value)-1], true
	}
	var s string
	ok = json.Unmarshal(value, &s) == nil
	return []byte(s), ok
}

// readText is unquote for a string. The text may share the string's memory.
func readText(value string) (text string, ok bool) {
	switch {
	case value[0] != '"':
		return "", false
	case strings.IndexByte(value, '\\') < 0:
		return value[1 : len(value)-1], true
	}
	return text, json.Unmarshal([]byte(value), &text) == nil
}
