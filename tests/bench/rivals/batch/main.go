// Command batch is the consumer that most would write next: it polls a batch,
// sends each record of it in a goroutine, waits for all and commits. Records of
// one key overtake each other, and the slowest send holds up the batch.
package main

import (
	"context"
	"errors"
	"sync"

	"github.com/kafka-notifications/kafka-notifications/tests/bench/rivals"
)

func main() { rivals.Run(work) }

func work(ctx context.Context, c *rivals.Consumer) error {
	for {
		records, err := c.Poll(ctx, c.Slots)
		if err != nil {
			return err
		}
		var sends sync.WaitGroup
		failures := make([]error, len(records))
		for i, r := range records {
			sends.Go(func() { failures[i] = c.Send(ctx, r) })
		}
		sends.Wait()
		if err := errors.Join(append(failures, c.CommitRecords(ctx, records...))...); err != nil {
			return err
		}
	}
}
