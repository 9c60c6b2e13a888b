package delivery

import (
	"context"
	"errors"
	"fmt"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// Processor takes one event through several channels, one after the other. The
// channel workers run each channel on its own; a Processor is for programs that
// have no Kafka. Safe for concurrent use under the condition of Deliver.
type Processor struct {
	channels []processed
	slots    *Slots
}

type processed struct {
	deliverer *Deliverer
	ledger    ports.Ledger
}

// NewProcessor returns a processor without channels.
func NewProcessor(slots *Slots) *Processor { return &Processor{slots: slots} }

// Add appends a channel with its memory.
func (p *Processor) Add(d *Deliverer, l ports.Ledger) {
	p.channels = append(p.channels, processed{d, l})
}

// Report is what became of one event on each channel.
type Report map[domain.Channel]domain.Outcome

// Success reports whether every requested channel was sent or skipped for a
// legitimate reason.
func (r Report) Success() bool {
	for _, o := range r {
		if !o.Success() {
			return false
		}
	}
	return true
}

// Process delivers t on every channel. A failure on one channel does not keep
// the others from being tried; the error names the channels without an outcome.
func (p *Processor) Process(ctx context.Context, t Task) (Report, error) {
	report := Report{}
	var failed error
	for _, c := range p.channels {
		slot, err := p.slots.Start(ctx)
		if err != nil {
			return report, err
		}
		o, err := c.deliverer.Deliver(ctx, t, c.ledger, slot)
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("%s: %w", c.deliverer.Channel(), err))
			continue
		}
		report[c.deliverer.Channel()] = o
	}
	return report, failed
}
