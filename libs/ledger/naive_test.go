package ledger_test

import (
	"cmp"
	"slices"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ledger"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// naive answers every question from the whole log, by the words of the
// protocol. It keeps everything and is slow.
type naive struct{ log []logged }

type logged struct {
	ledger.Entry
	at, since time.Time
}

func (n *naive) fold(e ledger.Entry, at, since time.Time) {
	n.log = append(n.log, logged{e, at, since})
}

// valid returns the records that count, oldest first: every first `sent` of a
// key, and before it whatever the newest owner of its time wrote.
func (n *naive) valid() []logged {
	var out []logged
	token, sent := "", map[domain.Key]bool{}
	for _, r := range n.log {
		switch {
		case r.Kind == ledger.KindFence:
			token = r.Token
		case sent[r.Claim.Key]:
		case r.Kind == ledger.KindSent || r.Token == token:
			sent[r.Claim.Key] = r.Kind == ledger.KindSent
			out = append(out, r)
		}
	}
	return out
}

// last returns the newest valid record of each key of an appointment.
func (n *naive) last(appointment string) map[domain.Key]logged {
	last := map[domain.Key]logged{}
	for _, r := range n.valid() {
		if r.Claim.AppointmentID == appointment {
			last[r.Claim.Key] = r
		}
	}
	return last
}

func (n *naive) lookUp(key domain.Key, appointment string) ports.Knowledge {
	last := n.last(appointment)
	k := ports.Knowledge{State: stateOf(last[key])}
	if k.State.InDoubt() {
		k.Doubt = claimOf(last[key])
	}
	for other, r := range last {
		if other != key && r.Kind == ledger.KindClaimed {
			k.Others = append(k.Others, claimOf(r))
		}
	}
	sortClaims(k.Others)
	k.Newest = n.newest(key, appointment)
	return k
}

// newest returns the newest event of the appointment among all valid records.
func (n *naive) newest(key domain.Key, appointment string) ports.Sighting {
	var newest *ports.Claim
	for _, r := range n.valid() {
		c := r.Claim
		if c.AppointmentID == appointment && (newest == nil || published(c, *newest) > 0) {
			newest = &c
		}
	}
	if newest == nil {
		return ports.Sighting{}
	}
	return ports.Sighting{
		Known: true, SameKey: newest.Key == key,
		Offset: newest.Origin.Offset, Timestamp: newest.Origin.Timestamp, Revision: newest.Revision,
	}
}

// published orders claims by when their event was published.
func published(a, b ports.Claim) int {
	if a.Revision != nil && b.Revision != nil && *a.Revision != *b.Revision {
		return cmp.Compare(*a.Revision, *b.Revision)
	}
	return cmp.Or(a.Origin.Timestamp.Compare(b.Origin.Timestamp), cmp.Compare(a.Origin.Offset, b.Origin.Offset))
}

func stateOf(r logged) ports.State {
	return map[ledger.Kind]ports.State{
		ledger.KindClaimed: ports.StateClaimed, ledger.KindSent: ports.StateSent,
		ledger.KindFailed: ports.StateFailed, ledger.KindUnknown: ports.StateUnknown,
	}[r.Kind]
}

func claimOf(r logged) ports.Claim {
	c := r.Claim
	c.At, c.Since = r.at, r.since
	return c
}

func sortClaims(claims []ports.Claim) {
	slices.SortFunc(claims, func(a, b ports.Claim) int { return slices.Compare(a.Key[:], b.Key[:]) })
}
