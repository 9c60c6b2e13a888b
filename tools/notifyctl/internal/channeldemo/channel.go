package channeldemo

import (
	"context"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/delivery"
	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ledger"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/libs/ports/fake"
)

// Times that suit a provider in the same process. Real ones are seconds to
// half an hour, see the settings in README.md.
const (
	timeout    = 500 * time.Millisecond
	settle     = 100 * time.Millisecond
	visibility = 200 * time.Millisecond
)

// channel is one channel with its stand-ins.
type channel struct {
	name   domain.Channel
	sender *fake.Sender
	ledger *ledger.Memory
	dead   *deadLetters
	calls  *calls
	// faults are the faults still to come, by appointment. The events are delivered one
	// after the other, so no lock is needed.
	faults map[string][]fake.Fault
}

func newChannel(name domain.Channel) *channel {
	c := &channel{
		name: name, ledger: ledger.NewMemory(), dead: &deadLetters{}, calls: &calls{},
		faults: map[string][]fake.Fault{},
	}
	c.sender = &fake.Sender{Visibility: visibility, Judge: c.judge}
	return c
}

// plan sets which calls of which appointments fail.
func (c *channel) plan(events []event) {
	for _, e := range events {
		if e.faults != nil {
			c.faults[e.id] = e.faults[c.name]
		}
	}
}

// judge implements fake.Sender.Judge.
func (c *channel) judge(n ports.Notification) *fake.Fault {
	left := c.faults[n.Event.AppointmentID]
	if len(left) == 0 {
		return nil
	}
	c.faults[n.Event.AppointmentID] = left[1:]
	return &left[0]
}

func (c *channel) deliverer() *delivery.Deliverer {
	return delivery.New(delivery.Config{
		Channel: c.name, Timeout: timeout, Settle: settle, Visibility: visibility,
		MaxAttempts: 3, MaxElapsed: time.Minute,
	}, delivery.Deps{
		Sender: c.sender, DeadLetters: c.dead, Observer: c.calls,
		Gate: delivery.NewGate(c.name, c.calls), Rate: delivery.NewRate(0),
	})
}

// deadLetters is a stand-in for the dead-letter topic.
type deadLetters struct{ count int }

// Publish implements ports.DeadLetters.
func (d *deadLetters) Publish(context.Context, ports.DeadLetter) error {
	d.count++
	return nil
}

// calls counts the provider's calls of one event.
type calls struct {
	ports.NoObserver
	sends, lookUps int
}

// Called implements ports.Observer.
func (c *calls) Called(_ domain.Channel, call ports.Call, _ *domain.Failure, _ time.Duration) {
	if call == ports.CallLookUp {
		c.lookUps++
		return
	}
	c.sends++
}

// take returns the counts since the last call.
func (c *calls) take() (sends, lookUps int) {
	sends, lookUps = c.sends, c.lookUps
	c.sends, c.lookUps = 0, 0
	return sends, lookUps
}
