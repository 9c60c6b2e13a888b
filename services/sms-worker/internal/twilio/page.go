package twilio

import (
	"encoding/json"
	"net/url"
	"strings"
	"time"
)

// claimMargin is how long before its claim a message may seem to have been created,
// because the clocks of Kafka's brokers and of Twilio differ.
const claimMargin = 24 * time.Hour

// page is one page of an account's messages.
type page struct {
	rows []json.RawMessage
	// next is the address of the next page below the API's root; empty on the
	// last one.
	next string
}

// listed holds the members of a listed message that matter. The SDK's own type is not
// used: it fails on the whole page if one field of one message changes its type.
type listed struct {
	SID         string      `json:"sid"`
	Body        *string     `json:"body"`
	Direction   string      `json:"direction"`
	NumMedia    json.Number `json:"num_media"`
	DateCreated *string     `json:"date_created"`
	DateSent    *string     `json:"date_sent"`
}

// empty reports whether the text of a message is missing. A picture message need not
// have a text.
func (m *listed) empty() bool {
	return (m.Body == nil || *m.Body == "") && (m.NumMedia == "" || m.NumMedia == "0")
}

// readPage reads an answer; ok is false when it is not a page. The last page must
// say so: both the messages and the next page's member must be there.
func readPage(body []byte, account string) (p page, ok bool) {
	var answer struct {
		Messages *[]json.RawMessage `json:"messages"`
		Next     json.RawMessage    `json:"next_page_uri"`
	}
	if json.Unmarshal(body, &answer) != nil || answer.Messages == nil {
		return page{}, false
	}
	var next *string // a missing member is an error, null is not
	if json.Unmarshal(answer.Next, &next) != nil {
		return page{}, false
	}
	p.rows = *answer.Messages
	if next == nil || *next == "" {
		return p, true
	}
	p.next = *next
	return p, staysHome(p.next, account)
}

// messages reads the rows of a page; ok is false when one is not a message.
func (p *page) messages() (all []listed, ok bool) {
	all = make([]listed, len(p.rows))
	for i, raw := range p.rows {
		if json.Unmarshal(raw, &all[i]) != nil {
			return nil, false
		}
	}
	return all, true
}

// staysHome reports whether a page's address leads to the same list. The credentials
// must not be sent to any address that an answer names.
func staysHome(next, account string) bool {
	u, err := url.Parse(next)
	return err == nil && !u.IsAbs() && u.Host == "" && strings.HasSuffix(u.Path, "/Accounts/"+account+"/Messages.json")
}

// finding is a search under way.
type finding struct {
	handle handle
	since  time.Time
	// sid is set once the message was found.
	sid string
	// redacted is set when a message may be the one, but has lost its text.
	redacted bool
}

// take searches a page. Only the reference decides; the message's status after its
// acceptance does not matter here.
func (f *finding) take(messages []listed) {
	for _, m := range messages {
		switch {
		case m.Direction == "inbound" || m.SID == "":
		case m.Body != nil && f.handle.in(*m.Body):
			f.sid = m.SID
			return
		case m.empty() && !before(m.DateCreated, f.since):
			f.redacted = true
		}
	}
}

// allBefore reports whether a page has messages and all of them were sent before the
// claim. A message that is not sent yet has no such date.
func (f *finding) allBefore(messages []listed) bool {
	for _, m := range messages {
		if !before(m.DateSent, f.since) {
			return false
		}
	}
	return len(messages) > 0
}

// before reports whether a date of Twilio's is known and lies before t.
func before(text *string, t time.Time) bool {
	at, known := date(text)
	return known && at.Before(t)
}
