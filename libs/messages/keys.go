package messages

import (
	"slices"
	"strings"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
)

// key is one text of a language.
type key struct {
	// name is its path in a language's file: "email.confirmed.subject".
	name string
	// fields are the placeholders that it may contain, needs those that it must
	// contain.
	fields, needs []field
	// optional is set if the text may be empty.
	optional bool
	// most is its greatest length in characters.
	most int
}

// The fields of each kind of text.
func mailFields() []field { return []field{brand, date, timeOfDay, zone, reference} }

func smsFields() []field {
	return []field{brand, date, timeOfDay, zone, offset, reference, optOut}
}

const (
	maxLabel    = 40
	maxSubject  = 120 // without the values of its fields
	maxSentence = 600
	maxSMS      = 300
)

// keys lists all texts of a language, in the order of its file.
func keys() []key {
	all := []key{
		{name: "labels.date", most: maxLabel},
		{name: "labels.time", most: maxLabel},
		{name: "labels.reference", most: maxLabel},
		{name: "email.footer", fields: []field{brand}, most: maxSentence},
	}
	for _, s := range domain.AppointmentStatuses() {
		all = append(all, mailKeys(s)...)
	}
	for _, s := range domain.AppointmentStatuses() {
		all = append(all, key{name: "calendar." + string(s), fields: []field{brand}, most: maxSubject})
	}
	all = append(all,
		key{name: "calendar.description", fields: []field{brand, reference}, needs: []field{reference}, most: maxSentence},
		key{name: keyEncoding, most: maxLabel}, key{name: keyOptOut, optional: true, most: maxSMS},
	)
	for _, s := range domain.AppointmentStatuses() {
		all = append(all, key{name: "sms." + string(s), fields: smsFields(), needs: []field{brand, date, timeOfDay, reference}, most: maxSMS})
	}
	return all
}

func mailKeys(s domain.AppointmentStatus) []key {
	prefix := "email." + string(s) + "."
	part := func(name string, optional bool) key {
		return key{name: prefix + name, fields: mailFields(), optional: optional, most: maxSentence}
	}
	all := []key{
		{name: prefix + "subject", fields: mailFields(), needs: []field{date, timeOfDay}, most: maxSubject},
		part("heading", false),
	}
	return append(all, part("calendar", true), part("no_calendar", true), part("contact", true))
}

const (
	keyEncoding = "sms.encoding"
	keyOptOut   = "sms.opt_out"
)

// schema is all texts of a language by their names.
type schema struct {
	names  []string
	byName map[string]key
}

func newSchema() schema {
	s := schema{byName: map[string]key{}}
	for _, k := range keys() {
		s.names = append(s.names, k.name)
		s.byName[k.name] = k
	}
	return s
}

// has reports whether there is a text of this name.
func (s *schema) has(name string) bool {
	_, ok := s.byName[name]
	return ok
}

// holds reports whether there are texts in a table of this name.
func (s *schema) holds(table string) bool {
	return slices.ContainsFunc(s.names, func(name string) bool { return strings.HasPrefix(name, table+".") })
}

// sectionOf returns the table that a key stands in, and its name there.
func sectionOf(name string) (table, own string) {
	at := strings.LastIndexByte(name, '.')
	return name[:at], name[at+1:]
}
