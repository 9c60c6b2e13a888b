// Command outside is another project's program that takes the delivery rules
// from this repository by Git tag, with a sender, a store of dead letters and
// an event source of its own: no Kafka, no framework.
package main

import (
	"context"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/delivery"
	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ledger"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// outbox is a provider that writes messages to a map. Implement the same three
// methods for a real one; package portstest checks that the contract is kept.
type outbox struct {
	mu   sync.Mutex
	sent map[string]string
}

func (o *outbox) Handle(n ports.Notification) string { return n.Key.String() }

func (o *outbox) Send(_ context.Context, n ports.Notification) (ports.Accepted, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if n.Event.AppointmentID == "refused" {
		return ports.Accepted{}, &domain.Failure{Class: domain.ClassRecipientRejected, Code: "outbox.no_such_box"}
	}
	o.sent[n.Key.String()] = n.Recipient
	return ports.Accepted{ProviderID: "box-" + n.Key.Reference()}, nil
}

func (o *outbox) LookUp(_ context.Context, q ports.LookUp) (ports.Accepted, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if _, ok := o.sent[q.Handle]; !ok {
		return ports.Accepted{}, ports.ErrNotFound
	}
	return ports.Accepted{ProviderID: q.Handle}, nil
}

// shelf keeps dead letters.
type shelf struct{}

func (shelf) Publish(_ context.Context, d ports.DeadLetter) error {
	fmt.Println("dead letter:", d.Failure.Class, d.Failure.Code)
	return nil
}

func (shelf) Resolve(context.Context, ports.Resolution) error { return nil }

func main() {
	observer := ports.NoObserver{}
	deliverer := delivery.New(delivery.Config{
		Channel: domain.Email, Timeout: time.Second, MaxAttempts: 3, MaxElapsed: time.Minute,
	}, delivery.Deps{
		Sender: &outbox{sent: map[string]string{}}, DeadLetters: shelf{}, Resolutions: shelf{}, Observer: observer,
		Gate: delivery.NewGate(domain.Email, observer), Rate: delivery.NewRate(0),
	})
	processor := delivery.NewProcessor(delivery.NewSlots(4))
	processor.Add(deliverer, ledger.NewMemory())

	decoder := domain.NewDecoder()
	for i, id := range []string{"a-1", "a-1", "refused"} {
		value := fmt.Sprintf(`{"appointment_id":%q,"time":"2051-05-04T09:30:00+02:00","email":"mara.lind@clinic.example","notify":{"email":true}}`, id)
		record := &ports.Record{Topic: "appointments", Offset: int64(i), Timestamp: time.Now(), Key: []byte(id), Value: []byte(value)}
		report, err := processor.Process(context.Background(), delivery.NewTask(decoder, record))
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		outcome := report[domain.Email]
		fmt.Println(id, outcome.Status, outcome.Reason, report.Success())
	}
}
