package mask

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"unicode"
)

// maxDepth bounds how deeply a payload may be nested to be shown.
const maxDepth = 64

// errNotShown means that a payload is not one JSON value that can be masked
// with certainty.
var errNotShown = errors.New("not one JSON value")

// JSON returns a payload as indented JSON with every address and number hidden, in the
// order of the original and with exact numbers. A member that is named like a recipient
// has everything in it hidden. ok is false if value is not exactly one JSON value:
// recipients cannot be recognized in it, so nothing of it is shown.
func JSON(value []byte) (text string, ok bool) {
	compact, err := maskJSON(value, place{})
	if err != nil {
		return "", false
	}
	var indented bytes.Buffer
	if err := json.Indent(&indented, compact, "", "  "); err != nil {
		return "", false
	}
	return indented.String(), true
}

// place is the position of a value.
type place struct {
	// name is the name of the value's member.
	name string
	// secret is set within a member that is named like a recipient.
	secret bool
	depth  int
}

func maskJSON(value []byte, at place) ([]byte, error) {
	d := json.NewDecoder(bytes.NewReader(value))
	d.UseNumber()
	var out bytes.Buffer
	if err := copyValue(d, &out, at); err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errNotShown
	}
	return out.Bytes(), nil
}

// copyValue copies the next value of d to out, masked.
func copyValue(d *json.Decoder, out *bytes.Buffer, at place) error {
	token, err := d.Token()
	if err != nil || at.depth > maxDepth {
		return errNotShown
	}
	switch t := token.(type) {
	case json.Delim:
		return copyComposite(t, d, out, at)
	case string:
		return write(out, at.text(t))
	case json.Number:
		if masked := at.number(t.String()); masked != t.String() {
			return write(out, masked)
		}
		out.WriteString(t.String())
		return nil
	default:
		return write(out, t)
	}
}

func copyComposite(open json.Delim, d *json.Decoder, out *bytes.Buffer, at place) error {
	out.WriteRune(rune(open))
	inner := place{name: at.name, secret: at.secret || sensitive(at.name), depth: at.depth + 1}
	for i := 0; d.More(); i++ {
		if i > 0 {
			out.WriteByte(',')
		}
		if open == '{' {
			token, err := d.Token()
			if err != nil {
				return errNotShown
			}
			inner.name, _ = token.(string)
			if err := write(out, inner.member()); err != nil {
				return err
			}
			out.WriteByte(':')
		}
		if err := copyValue(d, out, inner); err != nil {
			return err
		}
	}
	end, err := d.Token()
	if err != nil {
		return errNotShown
	}
	out.WriteString(end.(json.Delim).String()) // More was false: it is the end
	return nil
}

// member returns the name of a member for display. Within a secret member it is shown
// only if it looks like an identifier.
func (p place) member() string {
	plain := func(r rune) bool { return r == '_' || 'a' <= r && r <= 'z' }
	if p.secret && (len(p.name) > 16 || strings.ContainsFunc(p.name, func(r rune) bool { return !plain(r) })) {
		return hidden
	}
	return Text(p.name)
}

// text masks a string by its name and its content. A string that is JSON itself is
// masked as JSON.
func (p place) text(s string) string {
	if trimmed := strings.TrimSpace(s); !p.secret && strings.ContainsAny(trimmed[:min(1, len(trimmed))], "{[") {
		if inner, err := maskJSON([]byte(trimmed), place{name: p.name, depth: p.depth + 1}); err == nil {
			return string(inner)
		}
	}
	switch {
	case p.secret:
		return hidden
	case sensitive(p.name):
		return recipient(s)
	case isID(p.name):
		return Identifier(s)
	}
	return Text(s)
}

// Member returns the text of a named value, such as a header, masked by its name and
// its content.
func Member(name, text string) string { return place{name: name}.text(text) }

// number masks a number unless its name shows that it is a count or a measure.
func (p place) number(s string) string {
	if !p.secret && !sensitive(p.name) && (slices.Contains(quantities(), p.name) || isTimestamp(p.name)) {
		return s
	}
	return p.text(s)
}

// recipient hides a text that is a recipient by its name.
func recipient(s string) string {
	plain := unescaped(clean(s))
	if masked := hideAddresses(plain); masked != plain && !strings.ContainsAny(masked, " ,;") {
		return masked
	}
	if strings.ContainsFunc(plain, unicode.IsLetter) {
		return hidden
	}
	return number([]rune(plain))
}

func isID(name string) bool {
	return strings.EqualFold(name, "id") || strings.HasSuffix(strings.ToLower(name), "_id") || strings.HasSuffix(name, "Id")
}

func isTimestamp(name string) bool {
	return slices.ContainsFunc([]string{"timestamp", "_at", "_ms"}, func(end string) bool { return strings.HasSuffix(name, end) })
}

// sensitive reports whether a member's name is one of a recipient.
func sensitive(name string) bool {
	letters := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, clean(name))
	if slices.Contains([]string{"to", "tel", "cell", "sms", "fax", "handy"}, letters) {
		return true
	}
	return slices.ContainsFunc([]string{
		"mail", "phone", "mobile", "mobil", "telefon", "msisdn", "whatsapp", "recipient", "e164", "address", "contact", "cellular",
	}, func(part string) bool { return strings.Contains(letters, part) })
}

func write(out *bytes.Buffer, v any) error {
	encoded, err := json.Marshal(v)
	if err != nil {
		return errNotShown
	}
	out.Write(encoded)
	return nil
}
