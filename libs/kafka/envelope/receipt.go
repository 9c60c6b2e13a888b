package envelope

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// TypeReceipt is the type of a provider's later report on a message.
const TypeReceipt = "receipt"

// ReceiptID returns the id of a receipt: the first 32 hexadecimal digits of the
// SHA-256 over channel, the provider's id in quotes, and kind.
func ReceiptID(ch domain.Channel, providerID string, kind domain.ReceiptKind) string {
	return shortSum(fmt.Appendf(nil, "%s/%s/%s", ch, strconv.Quote(providerID), kind))
}

// Received returns the record of receipt r for the message of o.
func (o Outcome) Received(r ports.Receipt) Outcome {
	o.Version, o.ID, o.Type = OutcomeVersion, ReceiptID(o.Channel, r.ProviderID, r.Kind), TypeReceipt
	o.Outcome, o.Reason, o.Code = domain.Status(r.Kind), "", ""
	if r.Kind == domain.ReceiptUndelivered {
		o.Reason, o.Code = r.Reason, r.Code
	}
	o.ProviderMessageID, o.At = r.ProviderID, FormatTime(r.At)
	return o
}

// Proven returns the outcome that replaces o, a dead letter with an unknown outcome,
// once its message is proven to have been sent.
func (o Outcome) Proven(providerID string, at time.Time) (Outcome, error) {
	origin, err := o.Origin()
	if err != nil {
		return Outcome{}, fmt.Errorf("%w: %w", ErrNotOutcome, err)
	}
	o.Version, o.ID, o.Type = OutcomeVersion, outcomeID(ID(o.Channel, origin), domain.StatusSent, o.ReplayCount), TypeOutcome
	o.Outcome, o.Reason, o.Code = domain.StatusSent, "", ""
	o.ProviderMessageID, o.At = providerID, FormatTime(at)
	return o, nil
}

// Kind returns the kind of a receipt; empty for an outcome.
func (o Outcome) Kind() domain.ReceiptKind {
	if o.Type != TypeReceipt {
		return ""
	}
	return domain.ReceiptKind(o.Outcome)
}

// Record returns key and value of the record of o.
func (o Outcome) Record() (key, value []byte, err error) {
	if value, err = json.Marshal(o); err != nil {
		return nil, nil, fmt.Errorf("encode an outcome: %w", err)
	}
	return []byte(o.AppointmentID), value, nil
}
