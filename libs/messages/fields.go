package messages

import (
	"fmt"
	"slices"
	"strings"
)

// field is a placeholder's meaning. The set is closed: there are no conditions
// and no functions, so that a text that was accepted can always be filled.
type field int

const (
	brand field = iota
	date
	timeOfDay
	zone
	offset
	reference
	optOut
	lang
	dir
	align
	title
	heading
	dateLabel
	timeLabel
	referenceLabel
	notes
	contact
	footer
	fieldCount
)

// values are the values that a page is filled with.
type values [fieldCount]string

// fieldNames returns the fields' names in texts, in the order of the constants.
func fieldNames() [fieldCount]string {
	return [fieldCount]string{
		"Brand", "Date", "Time", "Zone", "Offset", "Reference", "OptOut", "Lang", "Dir", "Align", "Title", "Heading",
		"DateLabel", "TimeLabel", "ReferenceLabel", "Notes", "Contact", "Footer",
	}
}

// String returns the field as a text refers to it.
func (f field) String() string { return "{{." + fieldNames()[f] + "}}" }

func fieldNamed(name string) (field, bool) {
	names := fieldNames()
	i := slices.Index(names[:], name)
	return field(i), i >= 0
}

// page is a text, cut at its placeholders once.
type page struct {
	// literals has one element more than fields: they alternate.
	literals []string
	fields   []field
	size     int
}

// newPage cuts a source that may hold some fields. Its error completes "…".
func newPage(source string, allowed []field) (page, error) {
	p := page{size: len(source)}
	for {
		literal, rest, found := strings.Cut(source, "{{")
		p.literals = append(p.literals, literal)
		if !found {
			return p, nil
		}
		name, after, closed := strings.Cut(rest, "}}")
		if !closed {
			return page{}, fmt.Errorf("has {{ without }}: write a field such as %s, or leave the braces out", fieldList(allowed))
		}
		f, known := fieldNamed(strings.TrimPrefix(name, "."))
		if !known || !strings.HasPrefix(name, ".") || !slices.Contains(allowed, f) {
			return page{}, fmt.Errorf("has {{%s}}, which is no field of it: %s", name, choice(name, allowed))
		}
		p.fields = append(p.fields, f)
		source = after
	}
}

// choice lists the fields that may be written instead.
func choice(name string, allowed []field) string {
	if len(allowed) == 0 {
		return "write it without fields"
	}
	var names []string
	for _, f := range allowed {
		names = append(names, strings.Trim(f.String(), "{}."))
	}
	if near, ok := nearest(strings.Trim(name, " ."), names); ok {
		return "do you mean {{." + near + "}}?"
	}
	return "use " + fieldList(allowed)
}

func fieldList(fields []field) string {
	var list []string
	for _, f := range fields {
		list = append(list, f.String())
	}
	return strings.Join(list, ", ")
}

// has reports whether the page contains a field.
func (p *page) has(f field) bool { return slices.Contains(p.fields, f) }

// touches reports whether f is directly beside a field whose value changes from message
// to message. Then a sample cannot show whether f is a word of its own: "UTC" ends with
// a letter, "CET (UTC+01:00)" does not.
func (p *page) touches(f field) bool {
	for i := 1; i < len(p.fields); i++ {
		before, after := p.fields[i-1], p.fields[i]
		if p.literals[i] == "" && (before == f || after == f) && before != optOut && after != optOut {
			return true
		}
	}
	return false
}

// fill writes the page; escape is applied to each value.
func (p *page) fill(v *values, escape func(string) string) string {
	if len(p.fields) == 0 {
		return p.literals[0]
	}
	room := p.size
	for _, f := range p.fields {
		room += len(v[f])
	}
	return string(p.append(make([]byte, 0, room), v, escape))
}

// append appends the page as fill writes it.
func (p *page) append(to []byte, v *values, escape func(string) string) []byte {
	for i, f := range p.fields {
		to = append(append(to, p.literals[i]...), escape(v[f])...)
	}
	return append(to, p.literals[len(p.fields)]...)
}

// asItIs escapes nothing: plain text has no mark-up.
func asItIs(s string) string { return s }
