package mask

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"time"
)

// maxDepth bounds how deeply a payload may be nested to be shown.
const maxDepth = 64

// errNotShown means that a payload is not one JSON value that can be masked
// with certainty.
var errNotShown = errors.New("not one JSON value")

// JSON returns a payload as indented JSON with every address and number hidden,
// in the order of the original and with exact numbers. ok is false for what is
// not one JSON value: where nobody can say what is a recipient, nothing is
// shown.
func (m *Masker) JSON(value []byte) (text string, ok bool) {
	d := json.NewDecoder(bytes.NewReader(value))
	d.UseNumber()
	var compact bytes.Buffer
	if err := m.value(d, &compact, "", 0); err != nil {
		return "", false
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return "", false
	}
	var indented bytes.Buffer
	if err := json.Indent(&indented, compact.Bytes(), "", "  "); err != nil {
		return "", false
	}
	return indented.String(), true
}

// value copies the next value of d to out, masked. name is the member that it
// is the value of.
func (m *Masker) value(d *json.Decoder, out *bytes.Buffer, name string, depth int) error {
	token, err := d.Token()
	if err != nil || depth > maxDepth {
		return errNotShown
	}
	switch t := token.(type) {
	case json.Delim:
		return m.composite(t, d, out, depth)
	case string:
		return write(out, m.member(name, t))
	case json.Number:
		if masked := m.member(name, t.String()); masked != t.String() {
			return write(out, masked)
		}
		out.WriteString(t.String())
		return nil
	default:
		return write(out, t)
	}
}

func (m *Masker) composite(open json.Delim, d *json.Decoder, out *bytes.Buffer, depth int) error {
	out.WriteRune(rune(open))
	for i := 0; d.More(); i++ {
		if i > 0 {
			out.WriteByte(',')
		}
		var name string
		if open == '{' {
			token, err := d.Token()
			if err != nil {
				return errNotShown
			}
			name, _ = token.(string)
			if err := write(out, m.Text(name)); err != nil {
				return err
			}
			out.WriteByte(':')
		}
		if err := m.value(d, out, name, depth+1); err != nil {
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

// member masks a scalar by what it is called, and by what it looks like.
func (m *Masker) member(name, s string) string {
	lower := strings.ToLower(name)
	switch {
	case strings.Contains(lower, "mail"):
		return Address(Printable(s))
	case strings.Contains(lower, "phone"), strings.Contains(lower, "mobile"):
		return Number(s)
	case lower == "id" || strings.HasSuffix(lower, "_id"):
		return m.Identifier(s)
	}
	if _, err := time.Parse(time.RFC3339, s); err == nil {
		return s
	}
	return m.Text(s)
}

func write(out *bytes.Buffer, v any) error {
	encoded, err := json.Marshal(v)
	if err != nil {
		return errNotShown
	}
	out.Write(encoded)
	return nil
}
