package ports

import (
	"errors"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
)

// State is what a ledger knows of one delivery key.
type State uint8

// The states of a key. Only StateSent finishes a record by itself.
const (
	// StateNone: the ledger has no record of the key.
	StateNone State = iota
	// StateClaimed: a send was claimed and its outcome is not recorded.
	StateClaimed
	// StateSent: the provider accepted the message. Absorbs everything.
	StateSent
	// StateFailed: not accepted; may be tried again.
	StateFailed
	// StateUnknown: a claim that was given up; always ask before a send.
	StateUnknown
)

// String returns the state as it stands in a ledger record.
func (s State) String() string {
	return [...]string{"none", "claimed", "sent", "failed", "unknown"}[s]
}

// InDoubt reports whether the provider has to be asked before a send.
func (s State) InDoubt() bool { return s == StateClaimed || s == StateUnknown }

// Claim announces one send.
type Claim struct {
	Key           domain.Key
	AppointmentID string
	Origin        Origin
	Revision      *int64
	Facts         domain.Facts
	// Recipient is 0 in records of builds that did not record it.
	Recipient domain.RecipientTag
	// Handle is how the provider can be asked about this send.
	Handle string
	// Handles are the handles of further claims of the key that are in doubt together
	// with this one. It is empty unless a claim was made while another with a different
	// handle was in doubt, which the rules do not allow. Set by the ledger.
	Handles []string
	// Lease is how long after the claim the request may still be written.
	Lease time.Duration
	// At is when the doubt began: the time of the earliest claim since the key was last
	// settled as sent or failed. It is the earlier of the writer's and the broker's
	// clock, so that the doubt never looks younger than it is. Set by the ledger.
	At time.Time
	// Since is the moment from which the lease counts, on this process's monotonic
	// clock. For the caller's own claims it is the time at which they were made; for an
	// earlier owner's claim the ledger sets it to the acknowledgement of this owner's
	// fence.
	Since time.Time
}

// Settlement is the durable outcome of a claimed key.
type Settlement struct {
	// State is StateSent, StateFailed or StateUnknown.
	State State
	// Code is the provider's id for StateSent, otherwise the failure code.
	Code string
}

// Knowledge is what a ledger knows at one moment about a key and the
// appointment that it belongs to.
type Knowledge struct {
	State State
	// Doubt is the claim to ask about; set when State.InDoubt.
	Doubt Claim
	// Accepted identifies the record for which the key was sent, if State is StateSent.
	Accepted Acceptance
	// Others are claims without a recorded outcome on other keys of the same
	// appointment. Claims that were given up are not among them.
	Others []Claim
	// Unrevised and Revised are the newest event of the appointment without a revision
	// and the newest with one that the ledger has seen, in whatever state. Two events
	// of which only one has a revision have no order, so there is a newest one of each
	// kind.
	Unrevised, Revised Sighting
	// Own is the event with the key that was asked for, at the place of its newest copy
	// that was not noted as superseded.
	Own Sighting
	// Withdrawn is set when the key was noted as superseded and has not been
	// claimed since.
	Withdrawn bool
	// Reach is the time back to which the ledger remembers; zero if it has never
	// forgotten anything.
	Reach time.Time
	// Seen is the highest source offset that the ledger held when its owner took it
	// over. It shows which records are new if their timestamps do not.
	Seen int64
}

// Acceptance is an accepted send as the ledger remembers it.
type Acceptance struct {
	// Mark is Origin.Mark of the record for which the provider accepted a message.
	Mark uint32
	// ProviderID is empty if the ledger no longer keeps it.
	ProviderID string
}

// Of reports whether the message was accepted for a record of origin o.
func (a Acceptance) Of(o Origin) bool { return a.Mark == o.Mark() }

// Sighting is an event as the ledger remembers it, to tell older from newer.
type Sighting struct {
	// Known is false when the ledger has no event of the appointment.
	Known bool
	// SameKey is set if the event has the key that was asked for. It is never set for
	// an event that was noted without a key.
	SameKey bool
	Version domain.Version
	Facts   domain.Facts
}

// NotedSuperseded is the code with which a superseded event is noted. It also
// withdraws the event's key, see Knowledge.Withdrawn.
const NotedSuperseded = string(domain.SkipSuperseded)

// ErrFenced means that another owner has taken the ledger over. Nothing may be sent or
// committed by what this ledger says any more.
var ErrFenced = errors.New("another owner has fenced the ledger")

// Ledger is the memory of one lane: which keys were claimed, and what became of them.
// All methods may be called concurrently, but by one caller at a time for each key.
//
// Claim, Settle and Note return only when the record is acknowledged and no foreign
// fence precedes it, or with an error: ErrFenced, or that the ledger was closed. They
// deliberately take no context: if a caller gave up on an append that is still applied,
// its state and the log would differ.
type Ledger interface {
	// LookUp returns what is known of key and of its appointment. It does no I/O.
	LookUp(key domain.Key, appointmentID string) Knowledge

	// LastTold returns the appointment time in the last message, other than a
	// cancellation, that was accepted for this recipient; zero before the first. It
	// does no I/O.
	LastTold(appointmentID string, recipient domain.RecipientTag) time.Time
	// Claim announces a send. Without its acknowledgement nothing may be sent.
	Claim(c Claim) error

	// Settle records what became of a claim. Without its acknowledgement the
	// record's offset must not move. StateSent counts from any writer, also
	// after a foreign fence.
	Settle(c Claim, s Settlement) error

	// Note records an event that ends without a claim, so that an older event of its
	// appointment is still known to be older. It changes no state. Key is zero if the
	// event has no key; Recipient, Handle and Lease are not used. code says why the
	// event ended: NotedSuperseded, another skip's reason, or a failure code. Without
	// its acknowledgement the record's offset must not move.
	Note(c Claim, code string) error
}

// LedgerThen is a Ledger whose callers need not wait for a settlement.
type LedgerThen interface {
	Ledger

	// SettleThen is Settle, except that it returns at once and calls then with the
	// result, once, perhaps before it returns. then may begin other writes, but must
	// not wait for them: other settlements are reported on the same goroutine.
	SettleThen(c Claim, s Settlement, then func(error))
}
