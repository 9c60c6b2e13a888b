package messages

import "strings"

// constants holds the values of the fields that are known beforehand.
type constants struct {
	values values
	known  [fieldCount]bool
}

func (c *constants) set(f field, value string) { c.values[f], c.known[f] = value, true }

// cover reports whether all fields of a page are known.
func (c *constants) cover(p *page) bool {
	for _, f := range p.fields {
		if !c.known[f] {
			return false
		}
	}
	return true
}

// with returns the page with the known fields filled in; escape is applied to each
// value. Filling in the rest gives the same text as fill.
func (p *page) with(c *constants, escape func(string) string) page {
	var out page
	var literal strings.Builder
	for i, f := range p.fields {
		literal.WriteString(p.literals[i])
		if c.known[f] {
			literal.WriteString(escape(c.values[f]))
			continue
		}
		out.literals, out.fields = append(out.literals, literal.String()), append(out.fields, f)
		out.size += literal.Len()
		literal.Reset()
	}
	literal.WriteString(p.literals[len(p.fields)])
	out.literals, out.size = append(out.literals, literal.String()), out.size+literal.Len()
	return out
}
