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
	// Who and Reason are for the audit; Reason holds no recipient.
	Who    string `json:"who"`
	Reason string `json:"reason"`
	// Rate is how many are replayed in a second, at most: above 0, up to MaxRate.
	Rate float64 `json:"rate"`
	// Limit bounds how many are taken, the oldest; 0 means all.
	Limit int `json:"limit,omitempty"`
	// AcceptDuplicate is the whole id of the one unknown outcome that may be sent
	// a second time; empty for none.
	AcceptDuplicate string `json:"accept_duplicate,omitempty"`
	// Corrects is set on the order of one dead letter that is replayed with another
	// recipient, see Correction.
	Corrects bool `json:"corrects,omitempty"`
	// Replaying makes a discard mark also what is being replayed. That does not
	// stop its send.
	Replaying bool `json:"replaying,omitempty"`
}

// DefaultRate is how many a new job replays in a second, unless it is told.
const DefaultRate = 50

// MaxRate is the highest rate of a job, in replays per second.
const MaxRate = 10_000

// idLength is the length of a dead letter's id.
const idLength = 32

// Errors of orders that no job carries out.
var (
	// ErrRate: the rate is no rate.
	ErrRate = fmt.Errorf("the rate must be a number above 0 and up to %d in a second", MaxRate)
	// ErrLimit: the limit is negative.
	ErrLimit = errors.New("the limit must not be negative")
	// ErrNoFilter: a discard of everything there is.
	ErrNoFilter = errors.New("name the dead letters, or give a filter: without either, all would be discarded")
	// ErrNotSingle: a second send was allowed for something else than one unknown
	// outcome.
	ErrNotSingle = errors.New("a second send can be accepted only for one dead letter at a time, of class " +
		string(domain.ClassUnknownOutcome) + ", named by its whole id and nothing else")
)

// Valid returns what is wrong with o as the order of a replay: ErrRate, ErrLimit,
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

// names reports whether o is of one dead letter, named by its whole id and nothing
// else.
func (o Order) names(id ...string) bool {
	return len(id) == 1 && len(id[0]) == idLength && reflect.DeepEqual(o.Filter, index.Filter{IDs: id})
}

// ValidDiscard returns what is wrong with o as the order of a discard: ErrLimit or
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

// Check returns why o must not be carried out as planned; nil when it may be. An
// accepted duplicate of which nothing is left to do is no error.
func (o Order) Check(p Plan) error {
	if p.Err != nil || o.AcceptDuplicate == "" || len(p.Items) == 0 {
		return p.Err
	}
	if len(p.Items) != 1 || !o.acceptsSecondSend(p.Items[0].ID, p.Items[0].Class) {
		return ErrNotSingle
	}
	return nil
}

// MayAcceptDuplicate reports whether a second send of what p selects could be
// allowed: of one unknown outcome that is named by its whole id and nothing else.
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
