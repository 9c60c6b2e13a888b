package outcomelog

import (
	"bytes"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/envelope"
)

// glance reads records of the outcomes topic without decoding JSON. A topic of a
// million outcomes is read again at each start, and half of it may be another
// channel's, so records that are not needed are skipped early.
type glance struct {
	channel domain.Channel
}

// read returns the outcome in a value. useful is set for messages that were or may have
// been sent on the channel, and for their receipts.
//
// The workers write the members without white space and in one order. A quote within a
// text is escaped, so text that looks like a member is one. Any other value is decoded
// as JSON.
func (g glance) read(value []byte) (o envelope.Outcome, useful bool, err error) {
	s := scanner{rest: value}
	if !s.skip(`{"version":1,"id":"`) {
		return g.decode(value)
	}
	s.text() // id
	kind := s.member(`"type":"`)
	channel := s.member(`"channel":"`)
	if s.odd {
		return g.decode(value)
	}
	if string(channel) != string(g.channel) {
		return o, false, nil
	}
	o.Version, o.Type, o.Channel = envelope.OutcomeVersion, usual(kind, envelope.TypeOutcome), g.channel
	o.AppointmentID = string(s.member(`"appointment_id":"`))
	o.Outcome = domain.Status(usual(s.member(`"outcome":"`), string(domain.StatusSent)))
	o.Reason = string(s.member(`"reason":"`))
	if s.odd {
		return g.decode(value)
	}
	if !wanted(o) {
		return o, false, nil
	}
	return g.rest(o, &s, value)
}

// rest reads the members behind the reason.
func (g glance) rest(o envelope.Outcome, s *scanner, value []byte) (envelope.Outcome, bool, error) {
	s.member(`"code":"`)
	o.Status = domain.AppointmentStatus(usual(s.member(`"status":"`), string(domain.AppointmentConfirmed)))
	if !s.skip(`,"revision":null`) {
		o.Revision = new(s.number(`,"revision":`))
	}
	o.ProviderMessageID = string(s.member(`"provider_message_id":"`))
	o.DeadLetterID = string(s.member(`"dead_letter_id":"`))
	o.Event.Topic = usual(s.member(`"event":{"topic":"`), usualTopic)
	o.Event.Partition = int32(s.number(`,"partition":`)) //nolint:gosec // Kafka's
	o.Event.Offset = s.number(`,"offset":`)
	o.Event.Timestamp = string(s.member(`"timestamp":"`))
	s.expect(`}`)
	o.ReplayJob = string(s.member(`"replay_job":"`))
	o.ReplayCount = int(s.number(`,"replay_count":`))
	o.At = string(s.member(`"at":"`))
	s.expect(`}`)
	if s.odd || len(s.rest) > 0 {
		return g.decode(value)
	}
	return o, true, nil
}

// usual returns text as a string, without an allocation if it equals word, as it mostly
// does.
func usual(text []byte, word string) string {
	if string(text) == word {
		return word
	}
	return string(text)
}

func (g glance) decode(value []byte) (envelope.Outcome, bool, error) {
	o, err := envelope.DecodeOutcome(value)
	return o, err == nil && o.Channel == g.channel && wanted(o), err
}

// wanted reports whether o is a sent message, a message in doubt, or a receipt. Types
// and kinds that a later build adds are skipped.
func wanted(o envelope.Outcome) bool {
	switch o.Type {
	case envelope.TypeReceipt:
		return o.Kind().Rank() > 0
	case envelope.TypeOutcome:
		return o.Outcome == domain.StatusSent ||
			o.Outcome == domain.StatusDeadLettered && o.Reason == string(domain.ClassUnknownOutcome)
	}
	return false
}

// scanner reads members one after the other. odd is set once the text differs from our
// own encoder's form.
type scanner struct {
	rest []byte
	odd  bool
}

// skip passes over text, if it is there.
func (s *scanner) skip(text string) bool {
	if len(s.rest) < len(text) || string(s.rest[:len(text)]) != text {
		return false
	}
	s.rest = s.rest[len(text):]
	return true
}

func (s *scanner) expect(text string) {
	if !s.skip(text) {
		s.odd = true
	}
}

// member returns the text of the next member, which begins with name.
func (s *scanner) member(name string) []byte {
	if !s.skip(",") {
		s.odd = true
	}
	s.expect(name)
	return s.text()
}

// text returns the text up to the next quote.
func (s *scanner) text() []byte {
	end := bytes.IndexByte(s.rest, '"')
	if s.odd || end < 0 || bytes.IndexByte(s.rest[:end], '\\') >= 0 {
		s.odd = true
		return nil
	}
	found := s.rest[:end]
	s.rest = s.rest[end+1:]
	return found
}

// number returns the whole number behind name.
func (s *scanner) number(name string) int64 {
	s.expect(name)
	negative := s.skip("-")
	n, digits := int64(0), 0
	for digits < len(s.rest) && '0' <= s.rest[digits] && s.rest[digits] <= '9' {
		n = 10*n - int64(s.rest[digits]-'0') // negative, because the smallest int64 has no positive counterpart
		digits++
	}
	s.odd = s.odd || digits == 0 || digits > 19
	s.rest = s.rest[min(digits, len(s.rest)):]
	if !negative {
		n = -n
	}
	return n
}
