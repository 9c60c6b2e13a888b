// Package journal is the sandbox's memory: an append-only file with one JSON
// line per request, and small fixed-size indexes over it.
//
// The file is the evidence that tests judge by, so a line is in the file (one
// write(2) each) before the sandbox answers, and nothing is ever rewritten.
package journal

// Channels, in the words of the topics and settings of the system under test.
const (
	Email = "email"
	SMS   = "sms"
)

// Kinds of line in the journal.
const (
	// KindSend is an attempt to hand over a message, accepted or not.
	KindSend = "send"
	// KindLookup is a question about earlier messages.
	KindLookup = "lookup"
	// KindReset ends an epoch: readers forget the lines before it.
	KindReset = "reset"
)

// Entry is one request as the sandbox saw it, and one line of the journal.
// Times are nanoseconds since the Unix epoch on the sandbox's clock.
type Entry struct {
	// Seq rises by one per line; the order of accepts is the order of Seq.
	Seq uint64 `json:"seq"`
	// Time is when the decision was taken: for an accept, the acceptance.
	Time int64 `json:"unix_nano"`
	// Kind is one of the Kind constants, Channel one of the channels.
	Kind    string `json:"kind"`
	Channel string `json:"channel,omitempty"`
	// Arrived is when the request's head had been read.
	Arrived int64 `json:"arrived_unix_nano,omitempty"`
	// Accepted is set if the provider accepted the message, regardless of the answer.
	// Status is the answer's HTTP status, 0 when there was none.
	Accepted bool `json:"accepted"`
	Status   int  `json:"status,omitempty"`
	// Outcome is the planned end of the exchange in words, Rule the scripted rules that
	// took part.
	Outcome string `json:"outcome,omitempty"`
	Rule    string `json:"rule,omitempty"`
	// ID is the provider's id of an accepted message: "<…>" or "SM…".
	ID string `json:"id,omitempty"`
	// Recipient and From are as sent. Domain is Mailgun's sending domain or
	// Twilio's account.
	Recipient string `json:"recipient,omitempty"`
	From      string `json:"from,omitempty"`
	Domain    string `json:"domain,omitempty"`
	// MessageID is the e-mail's Message-Id without brackets.
	MessageID string `json:"message_id,omitempty"`
	// Reference is the reference in a text message.
	Reference     string `json:"reference,omitempty"`
	AppointmentID string `json:"appointment_id,omitempty"`
	Subject       string `json:"subject,omitempty"`
	// Text is the plain text part, or the body of a text message.
	Text string `json:"text,omitempty"`
	// Identity is equal for two requests that are the same notification:
	// e-mail by Message-Id, SMS by recipient and reference, or by recipient and
	// body where it has none.
	Identity string `json:"identity,omitempty"`
	// BodyHash is equal for equal recipient, subject and text. It does not
	// trust the Message-Id, so it also shows a doubled mail with two ids.
	BodyHash    string            `json:"body_hash,omitempty"`
	Tags        []string          `json:"tags,omitempty"`
	Variables   map[string]string `json:"variables,omitempty"`
	Attachments []Attachment      `json:"attachments,omitempty"`
	// Size is the request body's size in bytes, Segments that of an SMS.
	Size     int `json:"size,omitempty"`
	Segments int `json:"segments,omitempty"`
	// Turns are the later events of an accepted message, in order.
	Turns []Turn `json:"turns,omitempty"`
	// Query is the query of a look-up.
	Query string `json:"query,omitempty"`
}

// Attachment describes one attached file.
type Attachment struct {
	Name string `json:"filename"`
	Type string `json:"content-type"`
	Size int    `json:"size"`
}

// Content holds the parts of a message that only the inbox needs. It is kept in memory
// for the newest messages and is not in the file.
type Content struct {
	HTML    string
	Headers [][2]string
	Files   []File
}

// File is an attached file with its bytes.
type File struct {
	Attachment
	Data []byte
}

func (c *Content) size() int {
	n := len(c.HTML)
	for _, f := range c.Files {
		n += len(f.Data)
	}
	return n
}
