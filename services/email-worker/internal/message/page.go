package message

import (
	"fmt"
	"strings"
)

// page is a template, cut at its placeholders once. The sources are templates
// of text/template and html/template that use nothing but {{.Field}} between
// tags; filling them this way costs a twentieth, and a test holds both equal.
type page struct {
	// literals has one element more than fields: they alternate.
	literals []string
	fields   []field
	size     int
}

// field picks one of the facts.
type field func(*facts) string

// fieldNamed returns the field of a placeholder; nil when there is none.
func fieldNamed(name string) field {
	switch name {
	case "Brand":
		return func(f *facts) string { return f.Brand }
	case "Title":
		return func(f *facts) string { return f.Title }
	case "Heading":
		return func(f *facts) string { return f.Heading }
	case "Contact":
		return func(f *facts) string { return f.Contact }
	case "Date":
		return func(f *facts) string { return f.Date }
	case "Time":
		return func(f *facts) string { return f.Time }
	case "Zone":
		return func(f *facts) string { return f.Zone }
	case "CalendarNote":
		return func(f *facts) string { return f.CalendarNote }
	case "Reference":
		return func(f *facts) string { return f.Reference }
	default:
		return nil
	}
}

// newPage cuts a source.
func newPage(source string) (page, error) {
	p := page{size: len(source)}
	for {
		literal, rest, found := strings.Cut(source, "{{")
		p.literals = append(p.literals, literal)
		if !found {
			return p, nil
		}
		name, after, closed := strings.Cut(rest, "}}")
		f := fieldNamed(strings.TrimPrefix(name, "."))
		if !closed || f == nil {
			return page{}, fmt.Errorf("a message template has an unknown placeholder %q", name)
		}
		p.fields = append(p.fields, f)
		source = after
	}
}

// fill writes the page; escape is applied to each fact.
func (p *page) fill(f *facts, escape func(string) string) string {
	var b strings.Builder
	b.Grow(p.size + 512)
	for i, pick := range p.fields {
		b.WriteString(p.literals[i])
		b.WriteString(escape(pick(f)))
	}
	b.WriteString(p.literals[len(p.fields)])
	return b.String()
}

// asItIs escapes nothing: plain text has no mark-up.
func asItIs(s string) string { return s }
