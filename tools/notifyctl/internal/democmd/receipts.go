package democmd

import (
	"context"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/envelope"
	"github.com/kafka-notifications/kafka-notifications/tools/sandbox"
	"github.com/kafka-notifications/kafka-notifications/tools/sandbox/script"
)

// outcomesTopic is the topic of outcomes and receipts.
const outcomesTopic = "notifications.outcomes"

// One in so many messages is not delivered, and one in so many is delivered and bounces
// later.
const (
	bounceEvery     = 13
	lateBounceEvery = 29
)

// scriptReceipts makes a few messages bounce.
func (d *demo) scriptReceipts() error {
	for ending, every := range map[string]int{script.Undelivered: bounceEvery, script.LateBounce: lateBounceEvery} {
		_, err := d.sandbox.Script(sandbox.Rule{
			ID: "demo-" + ending, Match: sandbox.Match{Kind: "send", Every: every}, Action: sandbox.Action{Type: script.Fate, Ending: ending},
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// receipts are the receipts that the workers wrote.
type receipts struct {
	client *kgo.Client
	read   int64
	kinds  map[string]domain.ReceiptKind
}

// update reads the topic to its end.
func (r *receipts) update(ctx context.Context, seeds []string, admin *kadm.Client) (err error) {
	if r.client == nil {
		r.kinds = map[string]domain.ReceiptKind{}
		if r.client, err = kgo.NewClient(kgo.SeedBrokers(seeds...), kgo.ConsumeTopics(outcomesTopic)); err != nil {
			return err
		}
	}
	ends, err := admin.ListEndOffsets(ctx, outcomesTopic)
	if err != nil {
		return fmt.Errorf("read the end of the outcomes topic: %w", err)
	}
	var total int64
	ends.Each(func(l kadm.ListedOffset) { total += l.Offset })
	for r.read < total && ctx.Err() == nil {
		r.client.PollFetches(ctx).EachRecord(r.take)
	}
	return nil
}

// take keeps a record's receipt if it ranks above the message's present one.
func (r *receipts) take(record *kgo.Record) {
	r.read++
	o, err := envelope.DecodeOutcome(record.Value)
	if err != nil {
		return
	}
	if kind := o.Kind(); kind.Rank() > r.kinds[o.ProviderMessageID].Rank() {
		r.kinds[o.ProviderMessageID] = kind
	}
}

func (r *receipts) count(kind domain.ReceiptKind) (n int) {
	for _, k := range r.kinds {
		if k == kind {
			n++
		}
	}
	return n
}

func (r *receipts) close() {
	if r.client != nil {
		r.client.Close()
	}
}

// receiptsTime is how long the demo waits for the last receipts.
const receiptsTime = 20 * time.Second

// awaitReceipts waits until each message has a receipt, at most for receiptsTime.
func (d *demo) awaitReceipts(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), receiptsTime)
	defer cancel()
	for {
		if err := d.receipts.update(ctx, d.cluster.ListenAddrs(), d.admin); err != nil && ctx.Err() == nil {
			return err
		}
		stats := d.sandbox.Stats()
		if len(d.receipts.kinds) >= stats.Email.Accepted+stats.SMS.Accepted {
			return nil
		}
		select {
		case <-time.After(200 * time.Millisecond):
		case <-ctx.Done():
			return nil // the summary shows how many there are
		}
	}
}
