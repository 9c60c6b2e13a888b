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
	// StateUnknown: a claim that somebody gave up on; always ask first.
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
	// Recipient is 0 in records from before it was recorded.
	Recipient domain.RecipientTag
	// Handle is how the provider can be asked about this send.
	Handle string
	// Handles are those of further claims of the key that are in doubt together
	// with this one. It is empty unless a claim was made while another one with
	// another handle was in doubt, which no rule allows. Set by the ledger.
	Handles []string
	// Lease is how long after the claim the request may still be written.
	Lease time.Duration
	// At is when the doubt began: the time of the earliest claim since the key
	// was last settled as sent or failed, whatever was recorded of it later. Of
	// the writer's clock and the broker's it is the earlier one, so that the
	// doubt never looks younger than it is. Set by the ledger.
	At time.Time
	// Since is the moment from which the lease counts for the one who asks, on this
	// process's monotonic clock: the caller's own claims have the time at which
	// they were made; for a claim of an earlier owner the ledger sets it to when
	// this owner's fence was acknowledged.
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
	// Accepted says for which record the key was sent, when State is StateSent.
	Accepted Acceptance
	// Others are claims of unrecorded outcome on other keys of the same
	// appointment. What somebody gave up on is not among them.
	Others []Claim
	// Unrevised and Revised are the newest event of the appointment without a
	// revision and the newest with one that the ledger has seen, in whatever
	// state. Where only one of two events has a revision the two have no order
	// of their own, so neither may take the other's place here.
	Unrevised, Revised Sighting
	// Own is the event with the key that was asked for, where its newest copy
	// stands that was not noted as superseded.
	Own Sighting
	// Withdrawn is set when the key was noted as superseded and has not been
	// claimed since.
	Withdrawn bool
	// Reach is the time to which the ledger remembers; zero when it remembers
	// everything that ever was.
	Reach time.Time
	// Seen is the highest source offset that the ledger held when its owner took
	// it over. It says what is new where a timestamp does not.
	Seen int64
}

// Acceptance is a send as the ledger remembers it.
type Acceptance struct {
	// Mark is Origin.Mark of the record for which the provider accepted a message.
	Mark uint32
	// ProviderID is empty where the ledger no longer keeps it.
	ProviderID string
}

// Of reports whether the message was accepted for a record of origin o.
func (a Acceptance) Of(o Origin) bool { return a.Mark == o.Mark() }

// Sighting is an event as the ledger remembers it, to tell older from newer.
type Sighting struct {
	// Known is false when the ledger has no event of the appointment.
	Known bool
	// SameKey is set when the event has the key that was asked for. An event that
	// was noted without a key has none.
	SameKey bool
	Version domain.Version
	Facts   domain.Facts
}

// NotedSuperseded is the code with which a superseded event is noted. It also
// withdraws the event's key, see Knowledge.Withdrawn.
const NotedSuperseded = string(domain.SkipSuperseded)

// ErrFenced means that another owner has taken the ledger over. Nothing may be
// sent or committed on the strength of it any more.
var ErrFenced = errors.New("another owner has fenced the ledger")

// Ledger is the memory of one lane: which keys were claimed, and what became
// of them. All methods may be called concurrently, for one key by one caller
// at a time.
//
// Claim, Settle and Note return only when the record is acknowledged and no foreign
// fence stands before it, or with an error: ErrFenced, or that the ledger was
// closed. They take no context on purpose: giving up on an append that may
// still be applied would leave the caller's picture and the log apart.
type Ledger interface {
	// LookUp returns what is known of key and of its appointment. It does no I/O.
	LookUp(key domain.Key, appointmentID string) Knowledge

	// LastTold returns the appointment's time as it stood in the message that was
	// accepted last for this recipient, cancellations apart; zero when none is
	// known. It does no I/O.
	LastTold(appointmentID string, recipient domain.RecipientTag) time.Time
	// Claim announces a send. Without its acknowledgement nothing may be sent.
	Claim(c Claim) error

	// Settle records what became of a claim. Without its acknowledgement the
	// record's offset must not move. StateSent counts from any writer, also
	// after a foreign fence.
	Settle(c Claim, s Settlement) error

	// Note records an event that ends without a claim, so that an older event of
	// its appointment is still known to be older. It changes no state. Key is zero
	// where the event has none; Recipient, Handle and Lease are not used. code says why the
	// event ended: NotedSuperseded, another skip's reason, or a failure code.
	// Without its acknowledgement the record's offset must not move.
	Note(c Claim, code string) error
}

// LedgerThen is a Ledger whose callers need not wait for a settlement.
type LedgerThen interface {
	Ledger

	// SettleThen is Settle, except that it returns at once and calls then with the
	// result, once, perhaps before it returns. then may hand on other writes, but it
	// must not wait for their ends: other settlements are told on the same goroutine.
	SettleThen(c Claim, s Settlement, then func(error))
}
