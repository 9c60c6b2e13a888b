package messages

import (
	"strings"
	"time"
	"unicode/utf8"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/localtime"
)

// Mail holds the facts of one e-mail.
type Mail struct {
	Status domain.AppointmentStatus
	// Brand is the sender's name, Reference the appointment id.
	Brand, Reference string
	// At is the appointment's time, as the clock there shows it.
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

// Email writes m. To write many, prepare them with Set.Letters.
func (l *Language) Email(m *Mail) Email {
	letter := l.letter(m.Status, m.Brand, m.Calendar)
	d := letter.Draft(m.At, m.Reference)
	return Email{
		Subject: string(d.AppendSubject(nil)), Text: string(d.AppendText(nil)), HTML: string(d.AppendHTML(nil)),
		Summary: letter.Summary(), Description: d.Description(),
	}
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

// zoneOf names the zone and its offset at that moment, because a name alone leaves
// summer time open and most people do not understand an offset alone. For a location
// without a name it is the offset only. local is the moment in that offset.
func zoneOf(zone *time.Location, local time.Time) string {
	name, offset := zone.String(), localtime.Offset(local)
	if name == "" || name == offset {
		return offset
	}
	return name + ", " + offset
}
