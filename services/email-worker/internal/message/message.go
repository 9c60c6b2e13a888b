package message

import (
	"errors"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/localtime"
	"github.com/kafka-notifications/kafka-notifications/libs/messages"
)

// CalendarName is the file name of the calendar file.
const CalendarName = "appointment.ics"

// Tag is the provider's label for statistics over this kind of message.
const Tag = "appointment-confirmation"

// Settings are the settings that all messages share.
type Settings struct {
	// Brand is the sender's name as the patient knows it.
	Brand string
	// Texts are the texts in every language.
	Texts *messages.Set
	// Clock shows the appointment's local time.
	Clock *localtime.Clock
	// Duration is the length of an appointment in the calendar; events do not contain
	// it.
	Duration time.Duration
	// Domain makes the calendar entry's id unique: "{appointment_id}@{Domain}".
	Domain string
	// Organizer is the bare e-mail address that publishes the calendar entry.
	Organizer string
}

// Email is one rendered message.
type Email struct {
	Subject string
	Text    string
	HTML    string
	// Calendar is nil if the format cannot express the time.
	Calendar []byte
}

// Header is one header field of a message.
type Header struct{ Name, Value string }

// Headers returns the header fields of every message. They ask mail systems not to
// answer automatically: RFC 3834 section 5 for all, MS-OXCMAIL 2.2.3.2.14 for Exchange.
// The last field identifies the texts that a message was written with.
func Headers(texts *messages.Set) []Header {
	return []Header{
		{Name: "Auto-Submitted", Value: "auto-generated"},
		{Name: "X-Auto-Response-Suppress", Value: "OOF, AutoReply"},
		{Name: "X-Message-Set", Value: texts.Hash()},
	}
}

// Renderer writes messages. Safe for concurrent use.
type Renderer struct {
	settings Settings
	letters  *messages.Letters
	files    map[*messages.Letter]*file
}

// New returns a Renderer, or an error if a setting could break a message. It does not
// limit the length of a brand or an appointment; the program's settings do that, and a
// second limit here would fail a start without naming the setting.
func New(s Settings) (*Renderer, error) {
	switch {
	case s.Brand == "" || !printable(s.Brand):
		return nil, errors.New("brand must be text without control characters")
	case s.Texts == nil:
		return nil, errors.New("texts must be given")
	case s.Clock == nil:
		return nil, errors.New("a clock must be given")
	case s.Duration <= 0:
		return nil, errors.New("appointment duration must be positive")
	case s.Domain == "" || !printable(s.Domain):
		return nil, errors.New("domain must not be empty")
	case !strings.Contains(s.Organizer, "@") || !printable(s.Organizer):
		return nil, errors.New("organizer must be an e-mail address")
	}
	return s.prepare(), nil
}

// prepare fills in the parts that all messages of a language and a status share.
func (s *Settings) prepare() *Renderer {
	r := &Renderer{settings: *s, letters: s.Texts.Letters(s.Brand), files: map[*messages.Letter]*file{}}
	for _, tag := range s.Texts.Tags() {
		for _, status := range domain.AppointmentStatuses() {
			letter := r.letters.For(tag, status, true)
			r.files[letter] = newFile(s, status, letter)
		}
	}
	return r
}

// Render writes the message for e. published is when the event was published, zero if
// unknown; the calendar entry uses it as its time stamp, so that a second attempt makes
// the same bytes.
func (r *Renderer) Render(e *domain.Event, published time.Time) Email {
	d := r.Draft(e, published)
	email := Email{Subject: string(d.AppendSubject(nil)), Text: string(d.AppendText(nil)), HTML: string(d.AppendHTML(nil))}
	if d.HasCalendar() {
		email.Calendar = d.AppendCalendar(nil)
	}
	return email
}

// Draft is one message, to be written part by part. It is immutable.
type Draft struct {
	messages.Draft

	file  *file // nil if a calendar file cannot express the time
	entry entry
}

// Draft returns the message that Render writes.
func (r *Renderer) Draft(e *domain.Event, published time.Time) Draft {
	s := &r.settings
	hasFile := s.writable(e, published)
	letter := r.letters.For(e.Locale, e.Status, hasFile)
	d := Draft{Draft: letter.Draft(s.Clock.Of(e), e.AppointmentID)}
	if hasFile {
		d.file, d.entry = r.files[letter], s.entryOf(e, published, d.Description())
	}
	return d
}

// HasCalendar reports whether a calendar file comes with the message.
func (d *Draft) HasCalendar() bool { return d.file != nil }

// AppendCalendar appends the calendar file, if there is one.
func (d *Draft) AppendCalendar(to []byte) []byte {
	if d.file == nil {
		return to
	}
	return d.file.append(to, &d.entry)
}

// printable reports whether s is valid text without control characters, which
// could end a header or a calendar line.
func printable(s string) bool {
	return utf8.ValidString(s) && strings.IndexFunc(s, unicode.IsControl) < 0
}
