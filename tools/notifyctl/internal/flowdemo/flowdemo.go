// Package flowdemo is `notifyctl consumer-flow-demo`: the way of records through the
// workers, including a crash. Engine, ledger, dead letters and commits are the real
// ones, on an embedded broker; the providers are fakes that can withhold an answer, so
// that the crash happens at an instructive moment.
package flowdemo

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/envelope"
	"github.com/kafka-notifications/kafka-notifications/libs/ports/fake"
	"github.com/kafka-notifications/kafka-notifications/tools/notifyctl/internal/cmdline"
)

// Command is `notifyctl consumer-flow-demo`.
type Command struct{}

// patience is how long one step may take.
const patience = 30 * time.Second

// Run runs the demo. It fails if a step does not end, or if a message was lost or
// doubled.
func (Command) Run(ctx context.Context, in *cmdline.Invocation) error {
	b, err := startBroker(ctx)
	if err != nil {
		return err
	}
	defer b.close()
	d := &demo{narrator: &narrator{out: in.Stdout}, broker: b, providers: map[domain.Channel]*fake.Sender{}}
	for _, ch := range channels() {
		d.providers[ch] = &fake.Sender{Latency: latency}
	}
	for _, step := range []func(context.Context) error{d.publish, d.untilTheCrash, d.deadLetter, d.afterTheCrash, d.summary} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// channels are the ones in the story.
func channels() []domain.Channel { return []domain.Channel{domain.Email, domain.SMS} }

// demo is the part that outlives a worker: the broker and the providers.
type demo struct {
	*narrator
	broker    *broker
	providers map[domain.Channel]*fake.Sender
	records   []*kgo.Record
}

func (d *demo) publish(ctx context.Context) error {
	d.records = script(time.Now())
	if err := d.broker.client.ProduceSync(ctx, d.records...).FirstErr(); err != nil {
		return fmt.Errorf("publish: %w", err)
	}
	d.title("The publisher has written %d records to one partition, each with the appointment as its key", len(d.records))
	for _, r := range d.records {
		d.say("%s-%d @%d  key %-13s  %s", r.Topic, r.Partition, r.Offset, r.Key, r.Value)
	}
	return nil
}

// untilTheCrash lets the workers finish all records except the one whose answer does
// not come.
func (d *demo) untilTheCrash(ctx context.Context) error {
	life, workers, err := d.start(ctx, stuck)
	if err != nil {
		return err
	}
	d.say("The providers accept the messages of %s and answer nothing.", stuck)
	for _, w := range workers {
		err := d.await(ctx, "all records but one are finished", func() bool {
			return life.count(w.channel) == len(d.records)-1 && w.line.hung.Load()
		})
		if err != nil {
			return err
		}
	}
	if err := d.progress(ctx, workers, 1); err != nil {
		return err
	}
	life.over()
	for _, w := range workers {
		w.kill()
	}
	d.title("kill -9, while the providers' answers about %s are on their way", stuck)
	d.say("What the workers knew about finished offsets is gone. Kafka still has the committed offsets, the ledgers,")
	d.say("which were written before and after every send, and the dead letters.")
	return nil
}

// afterTheCrash lets other workers read again from the committed offset.
func (d *demo) afterTheCrash(ctx context.Context) error {
	_, workers, err := d.start(ctx, "")
	if err != nil {
		return err
	}
	if err := d.progress(ctx, workers, int64(len(d.records))); err != nil {
		return err
	}
	for _, w := range workers {
		if err := w.end(); err != nil {
			return err
		}
	}
	return nil
}

// start begins a life of one worker for each channel.
func (d *demo) start(ctx context.Context, silent string) (*life, []*worker, error) {
	life := d.begin()
	d.title("One worker per channel reads from its group's committed offset, appointments side by side")
	var workers []*worker
	for _, ch := range channels() {
		at, err := d.broker.committed(ctx, ch)
		if err != nil {
			return nil, nil, err
		}
		d.say("%-5s  reads from offset %d", ch, at)
		w, err := startWorker(ctx, ch, d.broker, d.providers[ch], silent, life)
		if err != nil {
			return nil, nil, err
		}
		workers = append(workers, w)
	}
	return life, workers, nil
}

// progress waits until each group has committed want and returns the state of its
// worker.
func (d *demo) progress(ctx context.Context, workers []*worker, want int64) error {
	for _, w := range workers {
		var committed int64
		err := d.await(ctx, fmt.Sprintf("%s has committed %d", group(w.channel), want), func() bool {
			at, err := d.broker.committed(ctx, w.channel)
			committed = at
			return err == nil && at >= want
		})
		if err != nil {
			return err
		}
		lane, why := w.lane(), ""
		if committed < int64(len(d.records)) {
			why = fmt.Sprintf(": offset %d is not finished, so nothing behind it is committed", committed)
		}
		d.say("%-5s  running %d  watermark %d  committed %d%s", w.channel, lane.Running, lane.Watermarks[named().Source], committed, why)
	}
	return nil
}

// await waits until ok holds.
func (d *demo) await(ctx context.Context, what string, ok func() bool) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("it did not come to pass that %s: %w", what, ctx.Err())
		}
	}
	return nil
}

func (d *demo) deadLetter(ctx context.Context) error {
	letters, err := d.broker.deadLetters(ctx)
	if err != nil {
		return err
	}
	if len(letters) == 0 {
		return errors.New("there is no dead letter of the event that cannot be read")
	}
	letter := letters[0]
	d.title("A dead letter: key, value and headers verbatim, then why")
	d.say("key    %s", letter.Key)
	d.say("value  %s", letter.Value)
	for _, h := range letter.Headers {
		d.say("%-26s %s", h.Key, h.Value)
	}
	return nil
}

func (d *demo) summary(ctx context.Context) error {
	keys, err := wanted(d.records)
	if err != nil {
		return err
	}
	letters, err := d.broker.deadLetters(ctx)
	if err != nil {
		return err
	}
	ids := map[string]bool{}
	for _, l := range letters {
		e, err := envelope.Decode(envelope.FromKafka(l.Headers))
		if err != nil {
			return fmt.Errorf("read a dead letter: %w", err)
		}
		ids[e.ID] = true
	}
	var accepted []domain.Key
	for _, p := range d.providers {
		for _, a := range p.Accepted() {
			accepted = append(accepted, a.Key)
		}
	}
	lost, doubled := judge(keys, accepted)
	d.title("Summary")
	d.say("asked for %d   accepted by the providers %d   lost %d   doubled %d   dead letters %d (a repeat has the same dlq-id: %d copies)",
		len(keys), len(accepted), lost, doubled, len(ids), len(letters))
	if lost > 0 || doubled > 0 {
		return fmt.Errorf("the story did not end as it should: lost %d, doubled %d", lost, doubled)
	}
	return nil
}

// judge compares the requested messages with the accepted ones. A message that was not
// requested counts as doubled.
func judge(asked, accepted []domain.Key) (lost, doubled int) {
	left := map[domain.Key]int{}
	for _, k := range asked {
		left[k] = 1
	}
	for _, k := range accepted {
		left[k]--
	}
	for _, n := range left {
		lost += max(0, n)
		doubled += max(0, -n)
	}
	return lost, doubled
}
