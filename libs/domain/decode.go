package domain

import (
	"encoding/json"
	"unicode/utf8"
)

// Decoder turns record values into events. Safe for concurrent use.
type Decoder struct{ rules []addressRule }

// NewDecoder returns a Decoder.
func NewDecoder() *Decoder {
	return &Decoder{rules: addressRules()}
}

// Decode reads one record value. It checks the rules that all channels share;
// the error is a *Failure of ClassInvalidEvent whose code names the field. The
// event keeps no reference to value; its texts share one copy.
//
// Names are case-sensitive, unknown members are ignored, and the last of several
// members with the same name counts.
func (d *Decoder) Decode(value []byte) (*Event, error) {
	if err := checkText(value); err != nil {
		return nil, err
	}
	var room [16]member
	o, ok := object(room[:0]).split(value)
	if !ok {
		return nil, InvalidEvent("object", "the value must be a JSON object")
	}
	return d.read(o)
}

// checkText checks that a value is a JSON text of an acceptable size.
func checkText(value []byte) error {
	switch {
	case value == nil:
		return InvalidEvent("tombstone", "the record has no value; it must be a JSON object")
	case len(value) == 0:
		return InvalidEvent("empty", "the value is empty; it must be a JSON object")
	case len(value) > MaxEventBytes:
		return InvalidEvent("size", "the value must not be larger than 262144 bytes")
	case !utf8.Valid(value):
		return InvalidEvent("utf8", "the value must be valid UTF-8")
	case !json.Valid(value):
		return InvalidEvent("json", "the value must be one JSON object and nothing else")
	}
	return nil
}

func (d *Decoder) read(o object) (*Event, error) {
	e := new(Event)
	var t texts
	t.expect(o)
	var err error
	if e.AppointmentID, err = readID(&t, o, "appointment_id"); err != nil {
		return nil, err
	}
	if e.UserID, err = readOptionalID(&t, o, "user_id"); err != nil {
		return nil, err
	}
	if e.Time, err = readTime(o.get("time")); err != nil {
		return nil, err
	}
	if e.Timezone, err = readTimezone(&t, o.get("timezone")); err != nil {
		return nil, err
	}
	e.Locale = readLocale(&t, o.get("locale"))
	if err = e.readRevision(o.get("revision")); err != nil {
		return nil, err
	}
	if e.Status, err = readStatus(o.get("status")); err != nil {
		return nil, err
	}
	if err = d.readRequests(e, &t, o); err != nil {
		return nil, err
	}
	return e, nil
}

// readRequests reads the requested channels, each with its address.
func (d *Decoder) readRequests(e *Event, t *texts, o object) error {
	var room [8]member
	notify := o.get("notify")
	if notify == nil {
		return InvalidEvent("notify", "is missing; it must be an object of flags such as {\"email\": true}")
	}
	flags, ok := object(room[:0]).split(notify)
	if !ok {
		return InvalidEvent("notify", "must be an object of flags such as {\"email\": true}")
	}
	e.requests = e.room[:0]
	for i := range d.rules {
		rule := &d.rules[i]
		switch string(flags.get(string(rule.channel))) {
		case "true":
			e.requests = append(e.requests, request{rule, t.keep(o.get(rule.member))})
		case "false", "":
		default:
			return InvalidEvent("notify", "each flag must be true or false")
		}
	}
	return nil
}
