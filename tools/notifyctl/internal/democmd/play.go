package democmd

import (
	"context"
	"errors"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
)

// play publishes until the time is up, then waits for the outstanding outcomes.
func (d *demo) play(ctx context.Context) error {
	playing, stop := context.WithCancel(ctx)
	defer stop()
	if d.cmd.For > 0 {
		var cancel context.CancelFunc
		playing, cancel = context.WithTimeout(playing, d.cmd.For)
		defer cancel()
	}
	if err := d.stream(playing); err != nil {
		return err
	}
	if err := d.settle(ctx); err != nil {
		return err
	}
	if err := d.awaitReceipts(ctx); err != nil {
		return err
	}
	return d.summary()
}

// settle waits until every published event has its outcome.
func (d *demo) settle(ctx context.Context) error {
	for _, rule := range []string{ruleDown, ruleLose} {
		d.sandbox.Unscript(rule)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	for {
		count, err := d.oracle.count(ctx)
		if err != nil {
			return err
		}
		if count.waiting == 0 {
			return nil
		}
		select {
		case <-time.After(200 * time.Millisecond):
		case <-ctx.Done():
			return nil // the summary shows what is missing
		}
	}
}

func (d *demo) summary() error {
	count, err := d.oracle.count(context.Background())
	if err != nil {
		return err
	}
	d.say("\nSummary   appointments %d   sent %d   skipped %d   dead-lettered %d   waiting %d   lost %d   doubled %d",
		count.published, count.sent, count.skipped, count.deadLettered, count.waiting, count.lost, count.doubled)
	d.say("Receipts   delivered %d   undelivered %d   without one yet %d",
		d.receipts.count(domain.ReceiptDelivered), d.receipts.count(domain.ReceiptUndelivered), max(0, count.sent-len(d.receipts.kinds)))
	if count.lost+count.doubled+count.waiting > 0 || count.sent == 0 {
		return errors.New("the demo did not end as it should; the logs of the services are above, or run it with --logs")
	}
	return nil
}
