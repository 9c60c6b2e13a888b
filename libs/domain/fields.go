package domain

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

const maxIDLength = 256 // characters

// idWant completes "appointment_id …" and "user_id …".
const idWant = "must be a text of 1 to 256 characters, not blank and without control characters, or a 64-bit integer"

// readID reads a required identifier and returns it as text.
func readID(t *texts, o object, field string) (string, error) {
	value := o.get(field)
	if value == nil {
		return "", InvalidEvent(field, "is missing; it "+idWant)
	}
	if n, ok := readInteger(value); ok {
		var room [20]byte
		return t.keep(strconv.AppendInt(room[:0], n, 10)), nil
	}
	id, ok := t.read(value)
	if !ok || strings.ContainsFunc(id, unicode.IsControl) || strings.TrimSpace(id) == "" ||
		utf8.RuneCountInString(id) > maxIDLength {
		return "", InvalidEvent(field, idWant)
	}
	return id, nil
}

// readOptionalID reads an identifier that may be null or missing.
func readOptionalID(t *texts, o object, field string) (string, error) {
	if absent(o.get(field)) {
		return "", nil
	}
	return readID(t, o, field)
}

// absent reports whether an optional value is missing or null.
func absent(value []byte) bool { return value == nil || string(value) == "null" }

func (e *Event) readRevision(value []byte) error {
	if absent(value) {
		return nil
	}
	n, ok := readInteger(value)
	if !ok {
		return InvalidEvent("revision", "must be a 64-bit integer")
	}
	e.revision = n
	e.Revision = &e.revision
	return nil
}

// maxTimezoneLength is in characters; the longest name of the IANA database has
// 32.
const maxTimezoneLength = 256

// MalformedLocale stands for a locale that is not a text, or is too long for a tag. It
// is not a language tag itself.
const MalformedLocale = "-"

// maxLocaleLength is in bytes, far beyond any tag in use.
const maxLocaleLength = 64

// readLocale reads a language tag. Even a malformed one does not stop the message: a
// patient must not miss a visit because of the language of a text.
func readLocale(t *texts, value []byte) string {
	if absent(value) {
		return ""
	}
	tag, ok := t.read(value)
	if !ok || len(tag) > maxLocaleLength {
		return MalformedLocale
	}
	return strings.TrimSpace(tag)
}

// readTimezone reads the name of a time zone, known or not: it only decides how a time
// is shown, so an unknown name must not stop the message.
func readTimezone(t *texts, value []byte) (string, error) {
	if absent(value) {
		return "", nil
	}
	name, ok := t.read(value)
	if !ok || utf8.RuneCountInString(name) > maxTimezoneLength {
		return "", InvalidEvent("timezone", "must be a text of at most 256 characters, the name of a time zone such as Europe/Berlin")
	}
	return name, nil
}
