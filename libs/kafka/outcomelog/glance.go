package outcomelog

import (
	"bytes"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/envelope"
)

// glance reads of a record of the outcomes topic what a start has to know. A topic of a
// million outcomes is read again at each start, half of it another channel's: so what
// is of no use is passed over, and the rest is read, without decoding JSON.
type glance struct {
	channel domain.Channel
}

// read returns the outcome of a value, if it is of use: what was sent on the channel,
// what may have been, and receipts.
//
// The workers write the members without white space and in one order. A quote within a
// text is escaped, so that what looks like a member is one. A value that looks
// otherwise is decoded.
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

// usual returns a text that is most often word, which then costs no memory.
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

// wanted reports whether o is a message that waits, one that is doubtful, or a receipt.
// Types and kinds that a later build adds are passed over.
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

// scanner reads members one after the other. odd is set once something is not as our
// own encoder writes it.
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

// text returns what there is up to the next quote.
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
		n = 10*n - int64(s.rest[digits]-'0') // the least number has no positive twin
		digits++
	}
	s.odd = s.odd || digits == 0 || digits > 19
	s.rest = s.rest[min(digits, len(s.rest)):]
	if !negative {
		n = -n
	}
	return n
}
