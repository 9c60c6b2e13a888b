// Package publishcmd is `notifyctl publish`.
package publishcmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/topics"
	"github.com/kafka-notifications/kafka-notifications/tools/notifyctl/internal/cluster"
	"github.com/kafka-notifications/kafka-notifications/tools/notifyctl/internal/cmdline"
)

// Command is `notifyctl publish`.
type Command struct {
	cluster.Patience
	Email    string                    `help:"Where the e-mail goes; requests an e-mail." placeholder:"ADDRESS"`
	SMS      bool                      `help:"Request an SMS to --phone."`
	Phone    string                    `help:"Where the SMS goes, E.164; --sms requests one." placeholder:"NUMBER"`
	To       map[domain.Channel]string `help:"Request a notification on any channel, to an address of its kind." placeholder:"CHANNEL=ADDRESS"`
	Time     string                    `help:"The appointment's time, RFC 3339 with offset. Tomorrow by default." placeholder:"TIME"`
	Timezone string                    `help:"The zone that the time is shown in, an IANA name." placeholder:"ZONE"`
	Locale   string                    `help:"The language of the messages, such as de or pt-BR." placeholder:"TAG"`
	ID       string                    `help:"The appointment id; made up by default." placeholder:"ID"`
	User     string                    `help:"The user id." placeholder:"ID"`
	Revision *int64                    `help:"The appointment's revision." placeholder:"N"`
	Status   string                    `help:"confirmed, rescheduled or cancelled; without it the event has no status, which means confirmed." placeholder:"STATUS"`
	Count    int                       `help:"How many events, with ids ID-1, ID-2, …" default:"1"`
}

// Validate is called by the parser.
func (c Command) Validate() error {
	if c.Count < 1 {
		return errors.New("--count must be at least 1")
	}
	for ch := range c.To {
		if !ch.Valid() {
			return fmt.Errorf("--to: there is no channel %q, only %q", ch, domain.Channels())
		}
	}
	return nil
}

// Run publishes and prints topic, partition and offset of each event.
func (c Command) Run(ctx context.Context, in *cmdline.Invocation) error {
	records, err := c.records(time.Now())
	if err != nil {
		return err
	}
	// The partition follows from the key as every Kafka client computes it.
	kafka, err := cluster.Connect(ctx, in, c.Patience, kgo.RecordPartitioner(kgo.StickyKeyPartitioner(nil)))
	if err != nil {
		return err
	}
	defer kafka.Client.Close()
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	return publish(ctx, kafka, records, in.Stdout)
}

// publish produces all records at once, so that they are sent in batches, and prints
// them in order.
func publish(ctx context.Context, kafka *cluster.Cluster, records []record, out io.Writer) error {
	pending := make([]*kgo.Record, len(records))
	for i, r := range records {
		pending[i] = &kgo.Record{Topic: kafka.Settings.Topics.Source, Key: r.key, Value: r.value}
	}
	err := kafka.Client.ProduceSync(ctx, pending...).FirstErr()
	if errors.Is(err, kerr.UnknownTopicOrPartition) {
		return fmt.Errorf("topic %s does not exist. Run `%s`", kafka.Settings.Topics.Source, topics.EnsureCommand)
	}
	if err != nil {
		return fmt.Errorf("publish to %s: %w", kafka.Settings.Topics.Source, err)
	}
	for _, r := range pending {
		fmt.Fprintf(out, "%s partition %d offset %d appointment %s\n", r.Topic, r.Partition, r.Offset, r.Key)
	}
	return nil
}
