// Package channeldemo is `notifyctl channel-demo`: the delivery rules without Kafka and
// without accounts. A handful of instructive events go through the real
// delivery.Processor with both channels; only the providers and the ledger are
// stand-ins inside this process.
package channeldemo

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/delivery"
	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/tools/notifyctl/internal/cmdline"
)

// Command is `notifyctl channel-demo`.
type Command struct{}

// Run delivers the events one after the other and prints what became of each. Failures
// are part of the script and not an error of the command.
func (Command) Run(ctx context.Context, in *cmdline.Invocation) error {
	events := script(time.Now())
	channels := []*channel{newChannel(domain.Email), newChannel(domain.SMS)}
	processor := delivery.NewProcessor(delivery.NewSlots(1))
	for _, c := range channels {
		c.plan(events)
		processor.Add(c.deliverer(), c.ledger)
	}
	say(in.Stdout, "%d events for two channels, without Kafka: the real rules, scripted providers.\n", len(events))
	t := newTable(in.Stdout)
	failed := 0
	for i, e := range events {
		task := delivery.NewTask(domain.NewDecoder(), e.record(int64(i)))
		report, err := processor.Process(ctx, task)
		if err != nil {
			return fmt.Errorf("%s: %w", e.title, err)
		}
		if !report.Success() {
			failed++
		}
		t.add(e.title, report, channels)
	}
	t.flush()
	summarize(in.Stdout, len(events), failed, channels)
	return nil
}

// summarize prints the totals: duplicates, and the events that need a person.
func summarize(w io.Writer, events, failed int, channels []*channel) {
	say(w, "\n%d of %d events succeeded: every requested channel was sent or skipped for a legitimate reason.", events-failed, events)
	for _, c := range channels {
		accepted := c.sender.Accepted()
		keys := map[domain.Key]bool{}
		for _, a := range accepted {
			keys[a.Key] = true
		}
		say(w, "%-5s  accepted by the provider %d, of these twice %d, dead letters %d",
			c.name, len(accepted), len(accepted)-len(keys), c.dead.count)
	}
}

func say(w io.Writer, format string, args ...any) { fmt.Fprintf(w, format+"\n", args...) }

// record returns the event as a record of the topic.
func (e *event) record(offset int64) *ports.Record {
	return &ports.Record{
		Topic: "appointments.created", Offset: offset, Timestamp: time.Now(), Value: []byte(e.value),
	}
}
