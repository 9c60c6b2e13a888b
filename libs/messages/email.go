package messages

import (
	"html"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/localtime"
)

// Mail is what one e-mail is about.
type Mail struct {
	Status domain.AppointmentStatus
	// Brand is whom it is from, Reference the appointment id.
	Brand, Reference string
	// At is the time that it names, as the clock shows it there.
	At time.Time
	// Calendar reports whether a calendar file comes with it.
	Calendar bool
}

// Email is the text of one e-mail.
type Email struct {
	Subject, Text, HTML string
	// Summary and Description are of the calendar entry.
	Summary, Description string
}

// Email writes m.
func (l *Language) Email(m *Mail) Email {
	w := l.wordsFor(m.Status)
	v := l.mailValues(m, w)
	plain := *v
	l.forText(&plain)
	return Email{
		Subject:     l.directed(w.subject.fill(v, asItIs)),
		Text:        l.paragraphs(l.layout.fill(&plain, asItIs)),
		HTML:        l.html.fill(v, html.EscapeString),
		Summary:     l.directed(w.summary.fill(v, asItIs)),
		Description: l.directed(l.description.fill(v, asItIs)),
	}
}

// mailValues returns what the pages of an e-mail are filled with.
func (l *Language) mailValues(m *Mail, w *words) *values {
	v := &values{
		brand: clean(m.Brand), reference: clean(m.Reference), date: l.style.Date(m.At), timeOfDay: l.style.Clock(m.At), zone: zoneOf(m.At),
		lang: l.tag, dir: l.dir, align: "left", dateLabel: l.labels.date, timeLabel: l.labels.time, referenceLabel: l.labels.reference,
	}
	if l.dir == "rtl" {
		v[align] = "right"
	}
	v[heading] = w.heading.fill(v, asItIs)
	v[title] = strings.TrimSuffix(v[heading], ".")
	v[contact] = w.contact.fill(v, asItIs)
	v[footer] = l.footer.fill(v, asItIs)
	v[notes] = notesOf(m, w, v)
	return v
}

// notesOf returns the text about the calendar entry, as a paragraph of its own.
func notesOf(m *Mail, w *words, v *values) string {
	note := &w.noCalendar
	if m.Calendar {
		note = &w.calendar
	}
	said := note.fill(v, asItIs)
	if said == "" {
		return ""
	}
	return "\n" + said + "\n"
}

// forText gives labels the form of a column.
func (l *Language) forText(v *values) {
	widest := 0
	columns := [...]field{dateLabel, timeLabel, referenceLabel}
	for _, label := range columns {
		widest = max(widest, utf8.RuneCountInString(v[label]))
	}
	for _, label := range columns {
		v[label] += ":" + strings.Repeat(" ", widest-utf8.RuneCountInString(v[label])+2)
	}
}

// paragraphs closes the gaps that empty texts leave, and turns the lines of
// languages that run from right to left.
func (l *Language) paragraphs(text string) string {
	for strings.Contains(text, "\n\n\n") {
		text = strings.ReplaceAll(text, "\n\n\n", "\n\n")
	}
	if l.dir != "rtl" {
		return text
	}
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = l.directed(line)
	}
	return strings.Join(lines, "\n")
}

// zoneOf names the zone and its offset at that moment, because a name alone
// leaves summer time open and an offset alone says little to most people. A
// location without a name is an offset and nothing else.
func zoneOf(at time.Time) string {
	name, offset := at.Location().String(), localtime.Offset(at)
	if name == "" || name == offset {
		return offset
	}
	return name + ", " + offset
}
