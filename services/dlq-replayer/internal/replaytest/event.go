package replaytest

import (
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/envelope"
	"github.com/kafka-notifications/kafka-notifications/libs/ledger"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// Valid is Letter with an event that its worker could send: an appointment at that
// time, published an hour ago.
func Valid(n int, class domain.Class, at time.Time) ports.DeadLetter {
	d := Letter(n, domain.SMS, class)
	d.Record.Timestamp = time.Now().Add(-time.Hour).Truncate(time.Millisecond)
	d.FirstFailedAt, d.FailedAt = d.Record.Timestamp, d.Record.Timestamp.Add(time.Duration(n)*time.Millisecond)
	d.Record.Value = fmt.Appendf(nil, `{"appointment_id":"a-%d","time":%q,"phone_e164":"+1555010%04d","notify":{"sms":true}}`, n, at.UTC().Format(time.RFC3339), n)
	return d
}

// ValidID returns the id of a dead letter of Valid.
func ValidID(d ports.DeadLetter) string { return envelope.ID(d.Channel, d.Record.Origin()) }

// Bury puts dead letters into their topic.
func (r *Broker) Bury(letters ...ports.DeadLetter) {
	r.Helper()
	var records []*kgo.Record
	for _, d := range letters {
		records = append(records, envelope.Record(r.Config.Topics.DLQ, d, "workers"))
	}
	r.Produce(records...)
}

// Record writes a ledger entry of that kind for the event of d, modified by edit, as a
// worker would.
func (r *Broker) Record(kind ledger.Kind, d ports.DeadLetter, edit ...func(*domain.Event, *ports.Claim)) {
	r.Helper()
	event, err := domain.NewDecoder().Decode(d.Record.Value)
	if err != nil {
		r.Fatal(err)
	}
	claim := ports.Claim{AppointmentID: event.AppointmentID, Origin: d.Record.Origin(), Lease: time.Minute, Handle: "handle"}
	for _, e := range edit {
		e(event, &claim)
	}
	recipient, err := event.Recipient(d.Channel)
	if err != nil {
		r.Fatal(err)
	}
	claim.Key, claim.Facts = domain.NewKey(event, d.Channel, recipient), event.Facts()
	claim.Recipient = domain.NewRecipientTag(event.AppointmentID, d.Channel, recipient)
	topic, partition := r.Config.Topics.LedgerFor(d.Channel), d.Record.Partition
	for _, e := range []ledger.Entry{
		{Kind: ledger.KindFence, Token: "owner", Channel: d.Channel},
		{Kind: kind, Token: "owner", Claim: claim, Code: "SM1"},
	} {
		record := &kgo.Record{Topic: topic, Partition: partition, Value: e.Marshal()}
		if e.Kind != ledger.KindFence {
			record.Key = []byte(event.AppointmentID)
		}
		r.Produce(record)
	}
}
