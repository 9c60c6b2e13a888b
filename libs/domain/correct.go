package domain

import (
	"bytes"
	"encoding/json"
)

// Correct returns the value of an event with another address on ch. Every other
// byte stays as it was: numbers keep their digits, unknown members their place.
//
// The error is a *Failure of ClassInvalidEvent and does not contain the address: value
// is not a JSON object, or the result breaks a rule that ch needs.
func Correct(value []byte, ch Channel, address string) ([]byte, error) {
	if err := checkText(value); err != nil {
		return nil, err
	}
	members, ok := object(nil).split(value)
	if !ok {
		return nil, InvalidEvent("object", "the value must be a JSON object")
	}
	quoted, err := json.Marshal(address)
	if err != nil {
		return nil, InvalidEvent(ch.Member(), "the field "+ch.Member()+" must be text")
	}
	corrected := replaceMember(value, members, ch.Member(), quoted)
	e, err := NewDecoder().Decode(corrected)
	if err != nil {
		return nil, err
	}
	if _, err := e.Recipient(ch); err != nil {
		return nil, err
	}
	return corrected, nil
}

// replaceMember replaces the value of every member of that name, so that no copy of the
// old value is left. If there is no such member, it adds one in front of the others.
func replaceMember(text []byte, members object, name string, value []byte) []byte {
	var out []byte
	done := 0
	for _, m := range members {
		if string(m.name) != name {
			continue
		}
		start := cap(text) - cap(m.value) // value is a slice of text: their capacities end at the same byte
		out = append(append(out, text[done:start]...), value...)
		done = start + len(m.value)
	}
	if done > 0 {
		return append(out, text[done:]...)
	}
	brace := bytes.IndexByte(text, '{') + 1
	out = append(out, text[:brace]...)
	out = append(append(append(out, '"'), name...), '"', ':')
	out = append(out, value...)
	if len(members) > 0 {
		out = append(out, ',')
	}
	return append(out, text[brace:]...)
}
