// Command sequential is the consumer of the original design: it polls, sends the
// records one by one and commits.
package main

import (
	"context"

	"github.com/kafka-notifications/kafka-notifications/tests/bench/rivals"
)

// perPoll is the original's KAFKA_MAX_RECORDS_PER_POLL.
const perPoll = 50

func main() { rivals.Run(work) }

func work(ctx context.Context, c *rivals.Consumer) error {
	for {
		records, err := c.Poll(ctx, perPoll)
		if err != nil {
			return err
		}
		for _, r := range records {
			if err := c.Send(ctx, r); err != nil {
				return err
			}
		}
		if err := c.CommitRecords(ctx, records...); err != nil {
			return err
		}
	}
}
