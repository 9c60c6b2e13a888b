package ledger

import (
	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// Line is one record of a log that is read as a whole. Its texts are parts of the
// value that was scanned, so that nothing is copied or allocated for a record: it
// holds good until the value changes or the next one is scanned. The zero value is
// ready.
type Line struct {
	Kind Kind
	// Token is the fence token of the owner that wrote the record.
	Token []byte
	// Channel is set on fences only.
	Channel domain.Channel

	value, appointment, code []byte
	key                      domain.Key
	// event lacks what depends on when the record was appended.
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

// quick reads what this build and the one before write, nearly all of any log, in
// one pass. It returns false for everything else, fences among it, and then leaves
// the line as it may.
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
	if !before || !c.last() { // the handle, behind which version 2 may end
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
