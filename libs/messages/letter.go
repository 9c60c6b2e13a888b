package messages

import (
	"bytes"
	"html"
	"strings"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
)

// Letters are the prepared e-mails of one brand in every language: the parts that are
// the same for a language and status are filled in and escaped once. They are immutable
// and may be used concurrently.
type Letters struct {
	texts    *Set
	brand    string
	prepared map[*words]*Letter
}

// Letters prepares the e-mails of a brand.
func (s *Set) Letters(brandName string) *Letters {
	all := &Letters{texts: s, brand: brandName, prepared: map[*words]*Letter{}}
	for _, l := range s.byTag {
		for _, status := range domain.AppointmentStatuses() {
			all.prepared[l.wordsFor(status)] = l.letter(status, brandName, true)
		}
	}
	return all
}

// For returns the letter about a status for an event that asks for locale, see Set.For.
// A letter without a calendar file is so rare that it is made each time.
func (a *Letters) For(locale string, status domain.AppointmentStatus, calendar bool) *Letter {
	l := a.texts.For(locale)
	if calendar {
		return a.prepared[l.wordsFor(status)]
	}
	return l.letter(status, a.brand, false)
}

// Letter is the prepared e-mail of one brand in one language about one status. It is
// immutable and may be used concurrently.
type Letter struct {
	language *Language
	// same holds the values that are the same in every e-mail. open holds the pieces
	// that are not, because an operator's text contains a fact of the appointment.
	same constants
	open []piece

	subject, text, html, description page
	summary                          string
}

// piece is a part of the pages that has a text of its own.
type piece struct {
	field field
	page  *page
	shape func(string) string
}

// letter prepares the e-mails about a status.
func (l *Language) letter(status domain.AppointmentStatus, brandName string, calendar bool) *Letter {
	w := l.wordsFor(status)
	x := &Letter{language: l}
	l.prepare(&x.same, brandName)
	note := &w.noCalendar
	if calendar {
		note = &w.calendar
	}
	for _, p := range []piece{
		{heading, &w.heading, asItIs},
		{title, &w.heading, withoutFullStop},
		{contact, &w.contact, asItIs},
		{footer, &l.footer, asItIs},
		{notes, note, asParagraph},
	} {
		if !x.same.cover(p.page) {
			x.open = append(x.open, p)
			continue
		}
		x.same.set(p.field, p.shape(p.page.fill(&x.same.values, asItIs)))
	}
	x.subject, x.description = w.subject.with(&x.same, asItIs), l.description.with(&x.same, asItIs)
	x.summary = l.directed(w.summary.fill(&x.same.values, asItIs))
	x.html = l.html.with(&x.same, html.EscapeString)
	column := x.same
	l.forText(&column.values)
	x.text = l.layout.with(&column, asItIs)
	return x
}

// prepare sets the values that are the same in all e-mails of the language.
func (l *Language) prepare(c *constants, brandName string) {
	c.set(brand, clean(brandName))
	c.set(lang, l.tag)
	c.set(dir, l.dir)
	c.set(align, "left")
	if l.dir == "rtl" {
		c.set(align, "right")
	}
	c.set(dateLabel, l.labels.date)
	c.set(timeLabel, l.labels.time)
	c.set(referenceLabel, l.labels.reference)
}

func withoutFullStop(s string) string { return strings.TrimSuffix(s, ".") }

// asParagraph returns a text as a paragraph of its own.
func asParagraph(s string) string {
	if s == "" {
		return ""
	}
	return "\n" + s + "\n"
}

// Tag returns the tag of the letter's language.
func (x *Letter) Tag() string { return x.language.tag }

// Summary returns the summary of the calendar entry.
func (x *Letter) Summary() string { return x.summary }

// Draft is one e-mail, to be written part by part. It is immutable.
type Draft struct {
	letter *Letter
	values values
}

// Draft returns the e-mail about an appointment at a time, as the clock there shows it.
func (x *Letter) Draft(at time.Time, appointment string) Draft {
	d := Draft{letter: x, values: x.same.values}
	local := inItsOffset(at)
	v := &d.values
	v[reference], v[date], v[timeOfDay] = clean(appointment), x.language.style.Date(local), x.language.style.Clock(local)
	v[zone] = zoneOf(at.Location(), local)
	for _, p := range x.open {
		v[p.field] = p.shape(p.page.fill(v, asItIs))
	}
	return d
}

// AppendSubject appends the subject.
func (d *Draft) AppendSubject(to []byte) []byte { return d.line(to, &d.letter.subject) }

// AppendText appends the plain text.
func (d *Draft) AppendText(to []byte) []byte {
	l, begin := d.letter.language, len(to)
	to = d.letter.text.append(to, &d.values, asItIs)
	if said := to[begin:]; l.dir == "rtl" || bytes.Contains(said, []byte("\n\n\n")) {
		return append(to[:begin], l.paragraphs(string(said))...)
	}
	return to
}

// AppendHTML appends the page.
func (d *Draft) AppendHTML(to []byte) []byte {
	return d.letter.html.append(to, &d.values, html.EscapeString)
}

// Description returns the description of the calendar entry.
func (d *Draft) Description() string { return string(d.line(nil, &d.letter.description)) }

// line appends a line of text so that it runs in the language's direction.
func (d *Draft) line(to []byte, p *page) []byte {
	l, begin := d.letter.language, len(to)
	to = p.append(to, &d.values, asItIs)
	if l.dir == "rtl" {
		return append(to[:begin], l.directed(string(to[begin:]))...)
	}
	return to
}
