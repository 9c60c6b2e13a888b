package ledger

import (
	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// Line is one record of a log that is read as a whole. Its texts are parts of the
// scanned value, so a record is neither copied nor allocated: a Line is valid until the
// value changes or the next one is scanned. The zero value is ready.
type Line struct {
	Kind Kind
	// Token is the fence token of the owner that wrote the record.
	Token []byte
	// Channel is set on fences only.
	Channel domain.Channel

	value, appointment, code []byte
	key                      domain.Key
	// event lacks the fields that depend on the time of the append.
	event entry
}

// Scan reads one record, with the verdict of Unmarshal.
func (l *Line) Scan(value []byte) error {
	if l.quick(value) {
		return nil
	}
	e, err := Unmarshal(value)
	if err != nil {
		return err
	}
	*l = Line{
		Kind: e.Kind, Token: []byte(e.Token), Channel: e.Channel, value: value,
		appointment: []byte(e.Claim.AppointmentID), code: []byte(e.Code), key: e.Claim.Key, event: eventOf(&e),
	}
	return nil
}

// Entry returns the record with copies of its texts.
func (l *Line) Entry() (Entry, error) { return Unmarshal(l.value) }

// quick reads records of this version and the one before, nearly all of any log, in one
// pass. For all others, including fences, it returns false and leaves the line in any
// state.
func (l *Line) quick(value []byte) bool {
	c := cursor{rest: value}
	l.value = value
	before := false
	switch string(c.text()) {
	case "2":
		before = true
	case "3":
	default:
		return false
	}
	l.Kind, l.Channel = kindOf(c.text()), ""
	if l.Kind == "" || l.Kind == KindFence {
		return false
	}
	l.Token = c.text()
	c.key(&l.key, l.Kind == KindNoted)
	l.appointment = c.text()
	e := entry{key: shortKey(l.key[:16]), state: l.Kind.state()}
	c.origin(&e)
	c.facts(&e)
	c.number() // the lease
	c.optional()
	l.code = c.text()
	if !before || !c.last() { // the handle; version 2 may end behind it
		c.text()
		e.recipient = c.recipient()
	}
	switch {
	case string(l.code) == none:
		l.code = nil
	case l.Kind == KindNoted && string(l.code) == ports.NotedSuperseded:
		e.flags |= withdrawn
	}
	l.event = e
	return !c.failed
}
