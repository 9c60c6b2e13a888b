package mailgun

import (
	"bytes"
	"strings"

	"github.com/mailgun/mailgun-go/v4"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/services/email-worker/internal/message"
)

// form is the body of one request. The SDK treats it as a message and sends it like any
// other, but the body is written here, see forms. The SDK's own writer, which formats a
// header for each of 14 fields and copies them into a growing buffer, takes as long as
// all of net/http.
type form struct {
	mailgun.PlainMessage // the other methods of a message

	sender          *Sender
	draft           message.Draft
	key             domain.Key
	to, appointment string

	// envelope is the SDK's view of the form, body its content, and reader reads body.
	envelope mailgun.Message
	body     []byte
	reader   bytes.Reader
}

// AddValues implements mailgun.Specific: the SDK's own form stays empty.
func (*form) AddValues(*mailgun.FormDataPayload) {}

// IsValid implements mailgun.Specific.
func (*form) IsValid() bool { return true }

// RecipientCount implements mailgun.Specific: the recipient is in the form.
func (*form) RecipientCount() int { return 1 }

// append appends the form, with its fields separated by boundary.
func (f *form) append(to []byte, boundary string) []byte {
	p := parts{body: to, boundary: boundary}
	p.value("from", f.sender.from)
	p.field("subject")
	p.body = f.draft.AppendSubject(p.body)
	p.field("text")
	p.body = f.draft.AppendText(p.body)
	p.field("html")
	p.body = f.draft.AppendHTML(p.body)
	p.value("to", f.to)
	p.value("o:tag", message.Tag)
	// Patients must not be tracked: no rewritten links, no pixel.
	p.value("o:tracking", "no")
	p.value("o:tracking-clicks", "no")
	p.value("o:tracking-opens", "no")
	p.field("h:Message-Id")
	p.body = append(appendMessageID(append(p.body, '<'), f.sender.domain, f.key), '>')
	for _, h := range f.sender.headers {
		p.value("h:"+h.Name, h.Value)
	}
	// Variables are visible to the recipient in X-Mailgun-Variables.
	p.value("v:appointment_id", variable(f.appointment))
	if f.draft.HasCalendar() {
		p.file("attachment", message.CalendarName)
		p.body = f.draft.AppendCalendar(p.body)
	}
	return p.end()
}

// variable returns text with U+FFFD for each byte that is not UTF-8, as the SDK writes
// variables.
func variable(text string) string { return strings.Map(func(r rune) rune { return r }, text) }

// parts writes a multipart/form-data body (RFC 7578) as package multipart does.
// Names are ours and need no escaping.
type parts struct {
	body     []byte
	boundary string
	begun    bool
}

// field begins a field; its value is what is appended next.
func (p *parts) field(name string) {
	p.begin(name)
	p.body = append(p.body, "\"\r\n\r\n"...)
}

// value writes a whole field.
func (p *parts) value(name, value string) {
	p.field(name)
	p.body = append(p.body, value...)
}

// file begins a file; its content is what is appended next.
func (p *parts) file(name, fileName string) {
	p.begin(name)
	p.body = append(append(p.body, `"; filename="`...), fileName...)
	p.body = append(p.body, "\"\r\nContent-Type: application/octet-stream\r\n\r\n"...)
}

func (p *parts) begin(name string) {
	if p.begun {
		p.body = append(p.body, "\r\n"...)
	}
	p.begun = true
	p.body = append(append(append(p.body, "--"...), p.boundary...), "\r\nContent-Disposition: form-data; name=\""...)
	p.body = append(p.body, name...)
}

// end ends the last part and returns the body.
func (p *parts) end() []byte {
	return append(append(append(p.body, "\r\n--"...), p.boundary...), "--\r\n"...)
}
