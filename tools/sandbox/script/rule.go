// Package script decides how the sandbox fails: rules, in order, that match requests
// and describe how the exchange goes wrong.
package script

import (
	"fmt"
	"strings"
	"time"
)

// Rule makes the requests it matches go another way. All rules with the action
// "latency" add up; of the others the first that matches decides.
type Rule struct {
	// ID names the rule in the journal; given by the set when empty.
	ID    string
	Match Match
	// Count is how many requests the rule acts on before it is spent, For how
	// long it lives after it was added; 0: without limit.
	Count  int
	For    time.Duration
	Action Action
}

// Match selects requests. Empty fields match everything.
type Match struct {
	// Channel is "email" or "sms".
	Channel string `json:"channel,omitempty"`
	// Kind is "send", "lookup" or "any". Empty means send, for the action
	// "down" any.
	Kind string `json:"kind,omitempty"`
	// API is "events" or "logs", the two ways in which Mailgun is asked.
	API string `json:"api,omitempty"`
	// Recipient is an address or number; "*" stands for any run of characters.
	Recipient string `json:"recipient,omitempty"`
	// AppointmentID is the variable appointment_id of an e-mail.
	AppointmentID string `json:"appointment_id,omitempty"`
	// Skip lets the first so many pass, Every then takes each Nth.
	Skip  int `json:"skip,omitempty"`
	Every int `json:"every,omitempty"`
	// Probability (0 to 1) takes a random share; the same Seed draws the same
	// sequence.
	Probability float64 `json:"probability,omitempty"`
	Seed        uint64  `json:"seed,omitempty"`
}

// APIs of Mailgun that look-ups use.
const (
	Events = "events"
	Logs   = "logs"
)

// Actions.
const (
	// Answer refuses the message with Status, Body, Headers or Code.
	Answer = "answer"
	// AcceptThen accepts the message, and then the answer goes wrong as Ending
	// says.
	AcceptThen = "accept_then"
	// Reset resets the connection without an answer. Nothing is accepted.
	Reset = "reset"
	// Hang never answers, until the caller is gone or Max is over. Nothing is
	// accepted.
	Hang = "hang"
	// Latency delays the exchange by Delay to DelayMax and then goes on as usual, even
	// if the caller is gone: the request has arrived.
	Latency = "latency"
	// Hold accepts the message only after Delay, even when the caller has long
	// gone: a request that arrives late.
	Hold = "hold"
	// Down resets every connection, look-ups included.
	Down = "down"
	// Redirect answers 302 to Location. Nothing is accepted.
	Redirect = "redirect"
	// Distort answers a look-up as Ending says.
	Distort = "distort"
	// Fate gives accepted messages the fate of Ending. It can be combined with any
	// other rule for the same message; of several fates the first decides.
	Fate = "fate"
)

// Endings of Fate. Delay is how long after the acceptance the last word comes, Code
// the provider's number for a failure.
const (
	// Delivered: as usual.
	Delivered = "delivered"
	// Undelivered: the message fails for good (a bounce).
	Undelivered = "undelivered"
	// Unsent: the message fails for good and never left.
	Unsent = "unsent"
	// LateBounce: the message is delivered, and fails for good later.
	LateBounce = "late_bounce"
	// Complained: the message is delivered, and the recipient complains later.
	Complained = "complained"
	// Deferred: the message fails for now, and is delivered later.
	Deferred = "deferred"
	// Silent: nothing is ever heard of the message again.
	Silent = "silent"
	// FallsBack: the message is delivered, and later only sent again.
	FallsBack = "falls_back"
)

// Endings of Distort. Providers may answer so, or have.
const (
	// Brackets puts each Message-Id in angle brackets (logs only).
	Brackets = "brackets"
	// NullFields sends null for a row's optional members (logs and text messages).
	NullFields = "null_fields"
	// RepeatToken names the page itself as the next one.
	RepeatToken = "repeat_token"
	// Withhold leaves out the last row of each page: once the rule is spent, the row
	// appears in a page that has already been read.
	Withhold = "withhold"
)

// Endings of AcceptThen.
const (
	// EndStatus answers with Status, Body, Headers or Code.
	EndStatus = "status"
	// EndReset resets the connection.
	EndReset = "reset"
	// EndHang never answers, as the action Hang.
	EndHang = "hang"
	// EndTruncate breaks the connection in the middle of the answer's body.
	EndTruncate = "truncate"
	// EndGarbage answers 200 or 201 with a body that is not the provider's.
	EndGarbage = "garbage"
)

// Points in a latency at which the message is accepted.
const (
	AcceptRandomly = ""
	AcceptAtStart  = "start"
	AcceptAtEnd    = "end"
)

// Action is the action of a rule. Which fields count depends on Type.
type Action struct {
	Type   string
	Ending string
	// Status, Body and Headers are the answer's. Without a Body the provider's
	// usual one for the status is given. Code is an error code of Twilio,
	// which sets status and body.
	Status   int
	Body     string
	Headers  map[string]string
	Code     int
	Location string
	// Delay and DelayMax are the bounds of a latency, or a hold's Delay.
	Delay, DelayMax time.Duration
	// AcceptAt is the point in a latency at which the message is accepted.
	AcceptAt string
	// Max bounds a hang; 0: until the caller is gone.
	Max time.Duration
}

// Validate returns the rule's fault, or nil.
func (r Rule) Validate() error {
	for _, check := range []error{
		oneOf("match.channel", r.Match.Channel, "", "email", "sms"),
		oneOf("match.kind", r.Match.Kind, "", "send", "lookup", "any"),
		oneOf("match.api", r.Match.API, "", Events, Logs),
		oneOf("action.type", r.Action.Type, Answer, AcceptThen, Reset, Hang, Latency, Hold, Down, Redirect, Distort, Fate),
		r.Action.validate(),
		r.Match.validate(),
		r.validateDistort(),
	} {
		if check != nil {
			return check
		}
	}
	if r.Count < 0 || r.For < 0 {
		return fmt.Errorf("count and for must not be negative")
	}
	return nil
}

// validateDistort demands that a distortion names the look-ups that have it; a rule
// that never acts would silently change a test's meaning.
func (r Rule) validateDistort() error {
	switch texts := r.Match.Channel == "sms"; {
	case r.Action.Type != Distort:
		return nil
	case r.Match.Kind != "lookup" || r.Match.API == "" && !texts:
		return fmt.Errorf("%q is for look-ups: match.kind must be \"lookup\", and match.api named or match.channel \"sms\"", Distort)
	case r.Match.API == Events:
		return oneOf("action.ending", r.Action.Ending, RepeatToken, Withhold)
	case texts:
		return oneOf("action.ending", r.Action.Ending, NullFields, RepeatToken, Withhold)
	}
	return nil
}

func (m Match) validate() error {
	if m.Probability < 0 || m.Probability > 1 {
		return fmt.Errorf("match.probability must be between 0 and 1, not %v", m.Probability)
	}
	if m.Every < 0 || m.Skip < 0 {
		return fmt.Errorf("match.every and match.skip must not be negative")
	}
	return nil
}

func (a Action) validate() error {
	switch {
	case a.Type == Answer && a.Status == 0 && a.Code == 0:
		return fmt.Errorf("action.status or action.code is required for %q", a.Type)
	case a.Status != 0 && (a.Status < 200 || a.Status > 599):
		return fmt.Errorf("action.status must be between 200 and 599, not %d", a.Status)
	case a.Type == AcceptThen && a.Ending == EndStatus && a.Status == 0 && a.Code == 0:
		return fmt.Errorf("action.status or action.code is required for the ending %q", a.Ending)
	case a.Type == AcceptThen:
		return oneOf("action.ending", a.Ending, EndStatus, EndReset, EndHang, EndTruncate, EndGarbage)
	case a.Type == Distort:
		return oneOf("action.ending", a.Ending, Brackets, NullFields, RepeatToken, Withhold)
	case a.Type == Fate:
		return oneOf("action.ending", a.Ending, Delivered, Undelivered, Unsent, LateBounce, Complained, Deferred, Silent, FallsBack)
	case (a.Type == Latency || a.Type == Hold) && a.Delay <= 0 && a.DelayMax <= 0:
		return fmt.Errorf("action.delay is required for %q", a.Type)
	case a.Type == Redirect && a.Location == "":
		return fmt.Errorf("action.location is required for %q", a.Type)
	}
	return oneOf("action.accept_at", a.AcceptAt, AcceptRandomly, AcceptAtStart, AcceptAtEnd)
}

func oneOf(field, got string, allowed ...string) error {
	for _, a := range allowed {
		if got == a {
			return nil
		}
	}
	return fmt.Errorf("%s is %q, want one of: %s", field, got, strings.TrimPrefix(strings.Join(allowed, ", "), ", "))
}
