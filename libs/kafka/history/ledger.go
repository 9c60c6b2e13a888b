package history

import (
	"errors"
	"fmt"
	"slices"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ledger"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// story collects the records of one appointment in a channel's ledger. The fold that
// the workers use, one per partition, decides which of them count.
type story struct {
	id    string
	lanes map[int32]*ledger.Index
	keys  map[domain.Key]*Notification
	order []domain.Key
	// err is set when a record that must not be left out cannot be understood.
	err error
}

func newStory(id string) *story {
	return &story{id: id, lanes: map[int32]*ledger.Index{}, keys: map[domain.Key]*Notification{}}
}

// add adds the next record of a ledger partition.
func (s *story) add(r *kgo.Record) {
	// The key is the appointment's id; fences have none. Records of other appointments
	// are skipped undecoded.
	if len(r.Key) > 0 && string(r.Key) != s.id {
		return
	}
	e, err := ledger.Unmarshal(r.Value)
	if err != nil {
		s.refuse(r, err)
		return
	}
	lane := s.lanes[r.Partition]
	if lane == nil {
		lane = ledger.NewIndex()
		s.lanes[r.Partition] = lane
	}
	counts := lane.Fold(&e, r.Timestamp, r.Timestamp)
	if e.Kind != ledger.KindFence && e.Claim.AppointmentID == s.id {
		s.note(&e, r, !counts)
	}
}

// refuse ends the story at a record of a newer build: without that record the story
// would be wrong.
func (s *story) refuse(r *kgo.Record, err error) {
	var newer *ledger.NewerError
	if s.err == nil && errors.As(err, &newer) {
		s.err = fmt.Errorf("%s/%d, offset %d: %w", r.Topic, r.Partition, r.Offset, newer)
	}
}

// note adds one record to the history of its key.
func (s *story) note(e *ledger.Entry, r *kgo.Record, void bool) {
	n := s.keys[e.Claim.Key]
	if n == nil {
		n = &Notification{
			Key: e.Claim.Key.String(), Reference: e.Claim.Key.Reference(),
			Source: placeOf(e.Claim.Origin), Revision: e.Claim.Revision, key: e.Claim.Key,
		}
		s.keys[e.Claim.Key] = n
		s.order = append(s.order, e.Claim.Key)
	}
	n.History = append(n.History, Entry{At: r.Timestamp.UTC(), Kind: e.Kind, Code: e.Code, Void: void})
	// The first accept is the one that counts.
	if e.Kind == ledger.KindSent && n.ProviderID == "" {
		n.ProviderID = e.Code
	}
}

// tell returns the notifications, the oldest first.
func (s *story) tell() []*Notification {
	told := make([]*Notification, 0, len(s.order))
	for _, key := range s.order {
		n := s.keys[key]
		n.State = s.state(n)
		if n.State != ledger.KindSent {
			n.Code = lastCode(n.History)
		}
		told = append(told, n)
	}
	slices.SortStableFunc(told, func(a, b *Notification) int { return a.Source.Time.Compare(b.Source.Time) })
	return told
}

// state returns the state that counts: "sent" if it is so on any partition, otherwise
// that of the newest valid record. An event that was only noted has no state in the
// ledger.
func (s *story) state(n *Notification) ledger.Kind {
	state := None
	if slices.ContainsFunc(n.History, func(e Entry) bool { return e.Kind == ledger.KindNoted && !e.Void }) {
		state = ledger.KindNoted
	}
	for _, lane := range s.lanes {
		switch known := lane.LookUp(n.key, s.id).State; known {
		case ports.StateSent:
			return ledger.KindSent
		case ports.StateNone:
		default:
			state = ledger.KindOf(known)
		}
	}
	return state
}

func lastCode(history []Entry) string {
	for _, e := range slices.Backward(history) {
		if !e.Void {
			return e.Code
		}
	}
	return ""
}
