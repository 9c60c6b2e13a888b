package flowdemo

import (
	"context"
	"sync"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/delivery"
	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/envelope"
	"github.com/kafka-notifications/kafka-notifications/libs/ledger"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/libs/ports/fake"
)

// latency is how long a provider takes to answer: long enough for the records
// to finish in an order that is not theirs.
const latency = 50 * time.Millisecond

// group stands in the dead letters.
const group = "notifications-demo"

// channel is what a channel has outside its worker: the provider and the ledger.
type channel struct {
	name   domain.Channel
	sender *provider
	ledger *ledger.Memory
}

func newChannel(name domain.Channel) *channel {
	return &channel{name: name, sender: &provider{Sender: fake.Sender{Latency: latency}}, ledger: ledger.NewMemory()}
}

// deliverer is the channel's part of one worker process.
func (c *channel) deliverer(dead ports.DeadLetters) *delivery.Deliverer {
	return delivery.New(delivery.Config{
		Channel: c.name, Timeout: 10 * time.Second, MaxAttempts: 3, MaxElapsed: time.Minute,
	}, delivery.Deps{
		Sender: c.sender, DeadLetters: dead, Observer: ports.NoObserver{},
		Gate: delivery.NewGate(c.name, ports.NoObserver{}), Rate: delivery.NewRate(0),
	})
}

// provider is a fake provider that can keep its answer about one appointment to
// itself, although it accepted the message.
type provider struct {
	fake.Sender
	mu     sync.Mutex
	silent string
	hung   chan struct{}
}

func (p *provider) silentFor(appointment string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.silent, p.hung = appointment, make(chan struct{})
}

// hangUp ends the calls that wait for an answer, as the death of their process
// does.
func (p *provider) hangUp() { close(p.hung) }

// Send implements ports.Sender.
func (p *provider) Send(ctx context.Context, n ports.Notification) (ports.Receipt, error) {
	receipt, err := p.Sender.Send(ctx, n)
	p.mu.Lock()
	silent, hung := p.silent == n.Event.AppointmentID, p.hung
	p.mu.Unlock()
	if !silent {
		return receipt, err
	}
	<-hung
	return ports.Receipt{}, &domain.Failure{Class: domain.ClassUnknownOutcome, Code: "demo.crash"}
}

// deadLetters stands in for the dead-letter topic.
type deadLetters struct {
	mu      sync.Mutex
	letters []deadLetter
}

type deadLetter struct {
	ports.DeadLetter
	headers []ports.Header
}

// Publish implements ports.DeadLetters.
func (d *deadLetters) Publish(_ context.Context, l ports.DeadLetter) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.letters = append(d.letters, deadLetter{l, envelope.Encode(l, group)})
	return nil
}

// distinct counts by dlq-id: a record that is dead-lettered again after a crash
// makes a second copy of the same letter.
func (d *deadLetters) distinct() int {
	ids := map[string]bool{}
	for _, l := range d.letters {
		ids[envelope.ID(l.Channel, l.Record.Origin())] = true
	}
	return len(ids)
}
