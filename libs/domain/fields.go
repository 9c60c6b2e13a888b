package domain

import (
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

const maxIDLength = 256 // characters

// idWant completes "appointment_id …" and "user_id …".
const idWant = "must be a text of 1 to 256 characters, not blank and without control characters, or a 64-bit integer"

// readID reads a required identifier and returns it as text.
func readID(o object, field string) (string, error) {
	value := o.get(field)
	if value == nil {
		return "", InvalidEvent(field, "is missing; it "+idWant)
	}
	if n, ok := readInteger(value); ok {
		return strconv.FormatInt(n, 10), nil
	}
	id, ok := readString(value)
	if !ok || strings.ContainsFunc(id, unicode.IsControl) || strings.TrimSpace(id) == "" ||
		utf8.RuneCountInString(id) > maxIDLength {
		return "", InvalidEvent(field, idWant)
	}
	return id, nil
}

// readOptionalID reads an identifier that may be null or missing.
func readOptionalID(o object, field string) (string, error) {
	if absent(o.get(field)) {
		return "", nil
	}
	return readID(o, field)
}

// absent tells whether an optional value is missing or null.
func absent(value []byte) bool { return value == nil || string(value) == "null" }

func readRevision(value []byte) (*int64, error) {
	if absent(value) {
		return nil, nil
	}
	n, ok := readInteger(value)
	if !ok {
		return nil, InvalidEvent("revision", "must be a 64-bit integer")
	}
	return &n, nil
}

func (d *Decoder) readZone(value []byte) (*time.Location, error) {
	if absent(value) {
		return nil, nil
	}
	name, ok := readString(value)
	if !ok {
		return nil, InvalidEvent("timezone", "must be the name of a time zone such as Europe/Berlin")
	}
	zone, ok := d.zones.load(name)
	if !ok {
		return nil, InvalidEvent("timezone", "must be a name of the IANA time-zone database such as Europe/Berlin")
	}
	return zone, nil
}
