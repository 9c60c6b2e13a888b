package outcomelog

import (
	"fmt"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/envelope"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/libs/ports/fake"
	"github.com/kafka-notifications/kafka-notifications/libs/receipts"
)

// BenchmarkTell takes the time of what a start does with each record once it is read:
// of four, two are another channel's, one is a message and one its receipt.
func BenchmarkTell(b *testing.B) {
	w := receipts.New(receipts.Config{Channel: domain.Email, Poll: time.Minute, Horizon: horizon}, receipts.Deps{Source: &fake.Receipts{}})
	p := &partition{f: &Follower{}, section: w.Open(0, time.Time{}), glance: glance{domain.Email}}
	var records []*kgo.Record
	add := func(o envelope.Outcome) {
		_, value, err := o.Record()
		if err != nil {
			b.Fatal(err)
		}
		records = append(records, &kgo.Record{Value: value})
	}
	for i := range 10_000 {
		c := ports.Conclusion{
			Record:  &ports.Record{Topic: "appointments.created", Offset: int64(i), Timestamp: time.Now()},
			Event:   &domain.Event{AppointmentID: fmt.Sprintf("b7a9b3c4-5b0e-4c8e-9c5e-%012d", i), Status: "confirmed", Revision: new(int64(3))},
			Channel: domain.Email, Outcome: domain.Sent(fmt.Sprintf("%064x@mg.clinic.example", i)), At: time.Now(),
		}
		o := envelope.OutcomeOf(c)
		c.Channel = domain.SMS
		add(envelope.OutcomeOf(c))
		add(o)
		add(envelope.OutcomeOf(c))
		add(o.Received(ports.Receipt{ProviderID: o.ProviderMessageID, Kind: domain.ReceiptDelivered, At: time.Now()}))
	}
	i := 0
	for b.Loop() {
		p.tell(records[i%len(records)])
		i++
	}
}
