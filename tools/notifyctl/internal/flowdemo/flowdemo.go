// Package flowdemo is `notifyctl consumer-flow-demo`: the way of a record
// through a worker, step by step, without Kafka. Records, queues, delivery,
// ledger and dead letters are as in the real worker; a slice stands in for the
// topic and a fake for the providers, so that a crash comes exactly where it is
// instructive.
//
// Other than in production, one reader serves both channels. There each channel
// has a consumer group, a ledger and a watermark of its own.
package flowdemo

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/tools/notifyctl/internal/cmdline"
)

// Command is `notifyctl consumer-flow-demo`.
type Command struct{}

// Run plays the story and fails only when it does not end as promised.
func (Command) Run(ctx context.Context, in *cmdline.Invocation) error {
	d := &demo{out: in.Stdout, topic: &partition{records: script(time.Now())}, dead: &deadLetters{}}
	d.channels = []*channel{newChannel(domain.Email), newChannel(domain.SMS)}
	d.published()
	if err := d.untilTheCrash(ctx); err != nil {
		return err
	}
	d.deadLetters()
	if err := d.afterTheCrash(ctx); err != nil {
		return err
	}
	return d.summary()
}

// demo is what outlives a worker: the topic with its committed offset, the
// ledgers, the dead letters and the providers.
type demo struct {
	out      io.Writer
	topic    *partition
	channels []*channel
	dead     *deadLetters
	step     int
}

func (d *demo) published() {
	d.title("The publisher has written %d records to one partition, each with the appointment as its key", len(d.topic.records))
	for _, r := range d.topic.records {
		d.say("%s-%d @%d  key %-13s  %s", r.Topic, r.Partition, r.Offset, r.Key, r.Value)
	}
}

// untilTheCrash lets a worker finish all records but the one whose answer does
// not come.
func (d *demo) untilTheCrash(ctx context.Context) error {
	for _, c := range d.channels {
		c.sender.silentFor(stuck)
	}
	if err := d.work(ctx, len(d.topic.records)-1); err != nil {
		return err
	}
	d.title("kill -9, while the provider's answer about %s is on its way", stuck)
	d.say("What the worker knew about finished offsets is gone. Kafka still has the committed offset %d, the", d.topic.committed)
	d.say("ledger, which was written before and after every send, and the dead letters.")
	return nil
}

// afterTheCrash lets another worker read again from the committed offset.
func (d *demo) afterTheCrash(ctx context.Context) error {
	for _, c := range d.channels {
		c.sender.silentFor("")
	}
	return d.work(ctx, len(d.topic.records)-int(d.topic.committed))
}

// work runs one worker until n records have their outcome.
func (d *demo) work(ctx context.Context, n int) error {
	w := newWorker(d)
	d.title("A worker reads from the committed offset %d and queues by appointment", d.topic.committed)
	for _, q := range w.queues {
		d.say("%-20s offsets %s", q.name(), offsets(q.tasks))
	}
	d.title("Queues are worked on side by side; only the contiguous finished prefix is committed")
	return w.run(ctx, n)
}

func (d *demo) deadLetters() {
	letter := d.dead.letters[0]
	d.title("The dead letter of offset %d on the channel %s: key, value and headers verbatim, then why", letter.Record.Offset, letter.Channel)
	d.say("key    %s", letter.Record.Key)
	d.say("value  %s", letter.Record.Value)
	for _, h := range letter.headers {
		d.say("%-26s %s", h.Key, h.Value)
	}
}

func (d *demo) summary() error {
	d.title("Summary")
	accepted, doubled := 0, 0
	for _, c := range d.channels {
		keys := map[domain.Key]bool{}
		for _, a := range c.sender.Accepted() {
			accepted++
			keys[a.Key] = true
		}
		doubled += len(c.sender.Accepted()) - len(keys)
	}
	d.say("committed %d of %d   accepted by the providers %d   doubled %d   dead letters %d (a repeat has the same dlq-id: %d copies)",
		d.topic.committed, len(d.topic.records), accepted, doubled, d.dead.distinct(), len(d.dead.letters))
	if doubled > 0 || int(d.topic.committed) != len(d.topic.records) {
		return fmt.Errorf("the story did not end as it should: committed %d, doubled %d", d.topic.committed, doubled)
	}
	return nil
}

// title begins the next step.
func (d *demo) title(format string, args ...any) {
	d.step++
	fmt.Fprintf(d.out, "\n%d. %s\n", d.step, fmt.Sprintf(format, args...))
}

func (d *demo) say(format string, args ...any) { fmt.Fprintf(d.out, "   "+format+"\n", args...) }
