package ledger_test

import (
	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ledger"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// superseded reports whether r notes that its event was.
func superseded(r logged) bool {
	return r.Kind == ledger.KindNoted && r.Code == ports.NotedSuperseded
}

// withdrawn reports whether a key was noted as superseded after its last claim or
// outcome.
func (n *naive) withdrawn(key domain.Key) (withdrawn bool) {
	for _, r := range n.valid() {
		switch {
		case r.Claim.Key != key:
		case superseded(r):
			withdrawn = true
		case r.Kind != ledger.KindNoted:
			withdrawn = false
		}
	}
	return withdrawn
}

// newest returns the newest event of the appointment among all valid records,
// of those with a revision or of those without. An event stands where its newest
// copy was published that was not superseded. A withdrawn one is newer than
// another only if revision or time say so.
func (n *naive) newest(key domain.Key, appointment string, revised bool) ports.Sighting {
	var newest *ports.Claim
	stands, withdrawn := map[domain.Key]ports.Claim{}, map[domain.Key]bool{}
	for _, r := range n.valid() {
		c := r.Claim
		if c.AppointmentID != appointment || (c.Revision != nil) != revised {
			continue
		}
		at, known := stands[c.Key]
		if known && superseded(r) {
			withdrawn[c.Key] = true
			continue
		}
		if !known || published(c, at) > 0 {
			stands[c.Key], at = c, c
		}
		withdrawn[c.Key] = superseded(r) || withdrawn[c.Key] && r.Kind == ledger.KindNoted
		switch {
		case newest == nil || newest.Key == at.Key:
			newest = &at
		case published(at, *newest) > 0 && (!withdrawn[c.Key] || proven(at, *newest)):
			newest = &at
		}
	}
	if newest == nil {
		return ports.Sighting{}
	}
	return sighting(key, *newest)
}

// own returns the event of a key.
func (n *naive) own(key domain.Key) (own ports.Sighting) {
	var stands *ports.Claim
	for _, r := range n.valid() {
		c := r.Claim
		if c.Key == key && (stands == nil || !superseded(r) && published(c, *stands) > 0) {
			stands, own = &c, sighting(key, c)
		}
	}
	return own
}

func sighting(key domain.Key, c ports.Claim) ports.Sighting {
	return ports.Sighting{
		Known: true, SameKey: c.Key == key, Facts: c.Facts,
		Version: domain.Version{Offset: c.Origin.Offset, Timestamp: c.Origin.Timestamp, Revision: c.Revision},
	}
}

// proven reports whether more than their offsets tells two claims apart.
func proven(a, b ports.Claim) bool {
	return a.Revision != nil && *a.Revision != *b.Revision || !a.Origin.Timestamp.Equal(b.Origin.Timestamp)
}
