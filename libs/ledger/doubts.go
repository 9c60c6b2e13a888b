package ledger

import (
	"slices"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// doubts holds the claims whose outcome is not known, by appointment: one for
// each key.
type doubts map[string][]ports.Claim

func (d doubts) of(key domain.Key, appointment string) (ports.Claim, bool) {
	for _, c := range d[appointment] {
		if c.Key == key {
			return c, true
		}
	}
	return ports.Claim{}, false
}

// keep records that c, appended at that time, is in doubt. An earlier doubt of the same
// key goes on in it:
//
//	claimed (12:00)  accepted, and the worker is down for a day
//	unknown (18:00)  the provider no longer tells
//	a replay         must ask from 12:00 on: "not found" since 17:00 proves nothing
func (d doubts) keep(c ports.Claim, kind Kind, at, since time.Time) {
	before, known := d.of(c.Key, c.AppointmentID)
	if c.At.IsZero() {
		c.At = undated(&c, kind, known, at)
	}
	c.At, c.Since = earliest(c.At, at), since
	if known {
		c = merge(before, c)
	}
	d[c.AppointmentID] = append(d.without(&c.Key, c.AppointmentID), c)
}

// undated returns the beginning of the doubt for a record of version 1, which does not
// contain it. Retention may have removed the claim before an `unknown`. Then the doubt
// is dated to the event's publication, which precedes every claim.
func undated(c *ports.Claim, kind Kind, claimKnown bool, at time.Time) time.Time {
	switch {
	case kind == KindClaimed || claimKnown:
		return at
	case c.Origin.TimestampKnown(at):
		return c.Origin.Timestamp
	default:
		return time.Unix(0, 0)
	}
}

// merge combines two claims of one key into one doubt: the earlier beginning, the later
// deadline, and the handles of both.
func merge(before, c ports.Claim) ports.Claim {
	c.At = earliest(before.At, c.At)
	c.Lease = max(before.Lease, c.Lease)
	if before.Since.After(c.Since) {
		c.Since = before.Since
	}
	c.Handles = before.Handles
	if before.Handle != c.Handle && !slices.Contains(before.Handles, before.Handle) {
		c.Handles = append(slices.Clone(before.Handles), before.Handle)
	}
	return c
}

func earliest(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// settle forgets the doubt of a key.
func (d doubts) settle(key *domain.Key, appointment string) {
	if rest := d.without(key, appointment); len(rest) > 0 {
		d[appointment] = rest
		return
	}
	delete(d, appointment)
}

// without returns the appointment's other claims.
func (d doubts) without(key *domain.Key, appointment string) []ports.Claim {
	return slices.DeleteFunc(d[appointment], func(o ports.Claim) bool { return o.Key == *key })
}
