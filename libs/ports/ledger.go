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

// InDoubt tells whether the provider has to be asked before a send.
func (s State) InDoubt() bool { return s == StateClaimed || s == StateUnknown }

// Claim announces one send.
type Claim struct {
	Key           domain.Key
	AppointmentID string
	Origin        Origin
	Revision      *int64
	// Handle is how the provider can be asked about this send.
	Handle string
	// Lease is how long after the claim the request may still be written.
	Lease time.Duration
	// At is when the claim was appended, on the broker's clock. Set by the
	// ledger.
	At time.Time
	// Since is the moment from which the lease counts for whoever asks, on this
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
	// Others are claims of unrecorded outcome on other keys of the same
	// appointment. What somebody gave up on is not among them.
	Others []Claim
	// Newest is the newest event of the appointment that the ledger has seen,
	// in whatever state.
	Newest Sighting
	// Reach is the time to which the ledger remembers; zero when it remembers
	// everything that ever was.
	Reach time.Time
}

// Sighting is an event as the ledger remembers it, to tell older from newer.
type Sighting struct {
	// Known is false when the ledger has no event of the appointment.
	Known bool
	// SameKey is set when the event has the key that was asked for.
	SameKey   bool
	Offset    int64
	Timestamp time.Time
	Revision  *int64
}

// ErrFenced means that another owner has taken the ledger over. Nothing may be
// sent or committed on the strength of it any more.
var ErrFenced = errors.New("another owner has fenced the ledger")

// Ledger is the memory of one lane: which keys were claimed, and what became
// of them. All methods may be called concurrently, for one key by one caller
// at a time.
//
// Claim and Settle return only when the record is acknowledged and no foreign
// fence stands before it, or with an error: ErrFenced, or that the ledger was
// closed. They take no context on purpose: giving up on an append that may
// still be applied would leave the caller's picture and the log apart.
type Ledger interface {
	// LookUp returns what is known of key and of its appointment. It does no I/O.
	LookUp(key domain.Key, appointmentID string) Knowledge

	// Claim announces a send. Without its acknowledgement nothing may be sent.
	Claim(c Claim) error

	// Settle records what became of a claim. Without its acknowledgement the
	// record's offset must not move. StateSent counts whoever writes it, also
	// after a foreign fence.
	Settle(c Claim, s Settlement) error
}
