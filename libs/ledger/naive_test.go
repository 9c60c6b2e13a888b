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
// key, and before it whatever the newest owner of its time wrote. What is noted
// counts behind a `sent`, too.
func (n *naive) valid() []logged {
	var out []logged
	token, sent := "", map[domain.Key]bool{}
	for _, r := range n.log {
		switch {
		case r.Kind == ledger.KindFence:
			token = r.Token
		case sent[r.Claim.Key] && r.Kind != ledger.KindNoted:
		case r.Kind == ledger.KindSent || r.Token == token:
			sent[r.Claim.Key] = sent[r.Claim.Key] || r.Kind == ledger.KindSent
			out = append(out, r)
		}
	}
	return out
}

// last returns the newest valid record of each key of an appointment. What was
// only noted has no state, unless it had one before.
func (n *naive) last(appointment string) map[domain.Key]logged {
	last := map[domain.Key]logged{}
	for _, r := range n.valid() {
		before, known := last[r.Claim.Key]
		switch {
		case r.Claim.AppointmentID != appointment || r.Claim.Key == (domain.Key{}):
		case r.Kind == ledger.KindNoted && known:
			if before.Kind != ledger.KindSent {
				before.at = r.at
			}
			last[r.Claim.Key] = before
		default:
			last[r.Claim.Key] = r
		}
	}
	return last
}

func (n *naive) lookUp(key domain.Key, appointment string) ports.Knowledge {
	last := n.last(appointment)
	k := ports.Knowledge{State: stateOf(last[key])}
	if k.State.InDoubt() {
		k.Doubt = n.doubt(key)
	}
	if k.State == ports.StateSent {
		k.Accepted = ports.Acceptance{Mark: last[key].Claim.Origin.Mark(), ProviderID: last[key].Code}
	}
	for other, r := range last {
		if other != key && r.Kind == ledger.KindClaimed {
			k.Others = append(k.Others, n.doubt(other))
		}
	}
	sortClaims(k.Others)
	k.Own, k.Withdrawn = n.own(key), n.withdrawn(key)
	k.Unrevised, k.Revised = n.newest(key, appointment, false), n.newest(key, appointment, true)
	return k
}

// doubt returns the newest claim or `unknown` of a key, with what the records
// since the key was last settled say together.
func (n *naive) doubt(key domain.Key) (d ports.Claim) {
	for _, r := range n.valid() {
		c := r.Claim
		switch {
		case c.Key != key || r.Kind == ledger.KindNoted:
			continue
		case !stateOf(r).InDoubt():
			d = ports.Claim{}
			continue
		}
		at := r.at
		if !c.At.IsZero() && c.At.Before(at) {
			at = c.At
		}
		if d.Key == key {
			if d.At.Before(at) {
				at = d.At
			}
			c.Handles = d.Handles
			if d.Handle != c.Handle && !slices.Contains(c.Handles, d.Handle) {
				c.Handles = append(slices.Clone(c.Handles), d.Handle)
			}
		}
		c.At, c.Since = at, r.since // the clock only goes on, so the newest lease is the last to end
		d = c
	}
	return d
}

// lastTold returns the newest `sent` to a recipient that was no cancellation,
// where each key was sent when it was so first.
func (n *naive) lastTold(appointment string, to domain.RecipientTag) (last logged) {
	sent := map[domain.Key]bool{}
	for _, r := range n.valid() {
		c := r.Claim
		if c.AppointmentID != appointment || r.Kind != ledger.KindSent || sent[c.Key] {
			continue
		}
		sent[c.Key] = true
		if c.Recipient == to && !c.Facts.Cancelled {
			last = r
		}
	}
	return last
}

// published orders claims of one kind by when their event was published.
func published(a, b ports.Claim) int {
	if a.Revision != nil && *a.Revision != *b.Revision {
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

func sortClaims(claims []ports.Claim) {
	slices.SortFunc(claims, func(a, b ports.Claim) int { return slices.Compare(a.Key[:], b.Key[:]) })
}
