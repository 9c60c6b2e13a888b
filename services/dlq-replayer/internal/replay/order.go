package replay

import (
	"errors"
	"fmt"
	"reflect"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/index"
)

// Order is a request to replay or discard dead letters.
type Order struct {
	Filter index.Filter `json:"filter"`
	// Who and Reason are for the audit; Reason contains no recipient.
	Who    string `json:"who"`
	Reason string `json:"reason"`
	// Rate is how many dead letters are replayed in a second at most: above 0, up to
	// MaxRate.
	Rate float64 `json:"rate"`
	// Limit takes only so many dead letters, the oldest; 0 means all.
	Limit int `json:"limit,omitempty"`
	// AcceptDuplicate is the whole id of the one dead letter with an unknown outcome
	// that may be sent a second time; empty if no second send is allowed.
	AcceptDuplicate string `json:"accept_duplicate,omitempty"`
	// Corrects is set on an order that replays one dead letter with another recipient,
	// see Correction.
	Corrects bool `json:"corrects,omitempty"`
	// Replaying makes a discard also mark dead letters that are being replayed. That
	// does not stop their sends.
	Replaying bool `json:"replaying,omitempty"`
}

// DefaultRate is the default rate of a new job, in replays per second.
const DefaultRate = 50

// MaxRate is the highest rate of a job, in replays per second.
const MaxRate = 10_000

// idLength is the length of a dead letter's id.
const idLength = 32

// Errors of refused orders.
var (
	// ErrRate: the rate is not in the allowed range.
	ErrRate = fmt.Errorf("the rate must be a number above 0 and up to %d in a second", MaxRate)
	// ErrLimit: the limit is negative.
	ErrLimit = errors.New("the limit must not be negative")
	// ErrNoFilter: a discard without a filter, which would discard everything.
	ErrNoFilter = errors.New("name the dead letters, or give a filter: without either, all would be discarded")
	// ErrNotSingle: a second send was allowed for more than one dead letter, or for one
	// whose outcome is not unknown.
	ErrNotSingle = errors.New("a second send can be accepted only for one dead letter at a time, of class " +
		string(domain.ClassUnknownOutcome) + ", named by its whole id and nothing else")
)

// Valid returns the fault of o as the order of a replay: ErrRate, ErrLimit,
// ErrNotSingle or ErrNotOneCorrection.
func (o Order) Valid() error {
	switch {
	// Written so that NaN, which compares to nothing, is refused too.
	case !(o.Rate > 0 && o.Rate <= MaxRate):
		return ErrRate
	case o.Limit < 0:
		return ErrLimit
	case o.Corrects && (o.AcceptDuplicate != "" || !o.names(o.Filter.IDs...)):
		return ErrNotOneCorrection
	case o.AcceptDuplicate != "" && !o.names(o.AcceptDuplicate):
		return ErrNotSingle
	}
	return nil
}

// names reports whether o selects exactly one dead letter, by its whole id only.
func (o Order) names(id ...string) bool {
	return len(id) == 1 && len(id[0]) == idLength && reflect.DeepEqual(o.Filter, index.Filter{IDs: id})
}

// ValidDiscard returns the fault of o as the order of a discard: ErrLimit or
// ErrNoFilter.
func (o Order) ValidDiscard() error {
	switch {
	case o.Limit < 0:
		return ErrLimit
	case o.Filter.Empty():
		return ErrNoFilter
	}
	return nil
}

// Check returns the reason why o must not be carried out as planned; nil if it may be.
// An accepted duplicate with nothing left to do is not an error.
func (o Order) Check(p Plan) error {
	if p.Err != nil || o.AcceptDuplicate == "" || len(p.Items) == 0 {
		return p.Err
	}
	if len(p.Items) != 1 || !o.acceptsSecondSend(p.Items[0].ID, p.Items[0].Class) {
		return ErrNotSingle
	}
	return nil
}

// MayAcceptDuplicate reports whether a second send could be allowed: p must select one
// dead letter with an unknown outcome, by its whole id only.
func (o Order) MayAcceptDuplicate(p Plan) bool {
	if len(p.Items) != 1 {
		return false
	}
	o.Limit, o.AcceptDuplicate = 0, p.Items[0].ID
	return o.Valid() == nil && o.Check(p) == nil
}

// acceptsSecondSend reports whether o allows a second send of that dead letter.
func (o Order) acceptsSecondSend(id string, class domain.Class) bool {
	return o.AcceptDuplicate == id && class == domain.ClassUnknownOutcome
}
