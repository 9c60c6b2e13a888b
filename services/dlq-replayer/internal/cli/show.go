package cli

import (
	"context"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/kafka/history"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/index"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/replay"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/view"
)

type showCommand struct {
	connection
	output
	Name   string `arg:"" name:"id" help:"An id, the beginning of one, or PARTITION:OFFSET."`
	Reveal bool   `help:"Show recipients and payloads that are not JSON. Audited."`
}

// Run shows one dead letter, whatever its status.
func (c showCommand) Run(ctx context.Context, in *invocation) error {
	filter, err := filterFlags{}.filter([]string{c.Name}, time.Now())
	if err != nil {
		return err
	}
	l, err := in.open(ctx, c.connection)
	if err != nil {
		return err
	}
	defer l.reader.Close()
	for i, name := range filter.IDs {
		if filter.IDs[i], err = l.reader.Index.Name(name); err != nil {
			return err
		}
	}
	items := l.reader.Index.Select(filter)
	if len(items) == 0 {
		return &index.NameError{Name: c.Name}
	}
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	record, err := index.Get(ctx, l.cfg.Topics.DLQ, items[0].Partition, items[0].Offset, l.cfg.Opts...)
	if err != nil {
		return err
	}
	if c.Reveal {
		if err := l.cfg.Reveal(ctx, c.who(), filter, 1); err != nil {
			return err
		}
	}
	d := letterStory{Detail: view.New(c.Reveal).Detail(items[0], record), Receipts: in.receipts(ctx, l.cfg, items[0])}
	if c.json() {
		return writeJSON(in.stdout, d)
	}
	return writeDetail(in.stdout, d, time.Now())
}

// letterStory is a dead letter with the receipts of its message, if the message was
// sent after all or its outcome was unknown.
type letterStory struct {
	view.Detail
	Receipts []history.Receipt `json:"receipts"`
}

// receipts returns the receipts of the letter's message. If they cannot be read, that
// is noted and is not a failure.
func (in *invocation) receipts(ctx context.Context, cfg replay.Config, item index.Item) []history.Receipt {
	if item.AppointmentID == "" {
		return []history.Receipt{}
	}
	client, err := kgo.NewClient(cfg.Opts...)
	if err == nil {
		defer client.Close()
		reader := history.Reader{Client: client, Topics: cfg.Topics}
		var told []history.Receipt
		if told, err = reader.ReceiptsOf(ctx, item.Channel, item.AppointmentID, item.Origin); err == nil {
			return told
		}
	}
	in.note("receipts cannot be read from %s: %v", cfg.Topics.Outcomes, err)
	return []history.Receipt{}
}

// writeDetail writes one dead letter as sections of lines.
func writeDetail(w io.Writer, d letterStory, now time.Time) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	line := func(name, format string, args ...any) {
		if text := fmt.Sprintf(format, args...); text != "" {
			fmt.Fprintf(t, "%s\t%s\n", name, text)
		}
	}
	line("id", "%s", d.ID)
	line("status", "%s", d.Status)
	line("cannot be replayed", "%s", d.Fault)
	line("channel", "%s", d.Channel)
	line("class", "%s", d.Class)
	line("code", "%s", d.Code)
	line("message", "%s", d.Message)
	line("appointment", "%s", d.Appointment)
	line("key", "%s", d.Key)
	line("attempts", "%d", d.Attempts)
	line("first failed", "%s (%s ago)", d.FirstFailedAt.Format(time.RFC3339), age(now, d.FirstFailedAt))
	line("given up", "%s (%s ago)", d.FailedAt.Format(time.RFC3339), age(now, d.FailedAt))
	line("published", "%s partition %d offset %d at %s", dash(d.OriginalTopic), d.OriginalPartition, d.OriginalOffset, d.OriginalTimestamp.Format(time.RFC3339))
	line("group", "%s", d.ConsumerGroup)
	line("lies at", "%s, %d bytes, copies %d, headers %s", d.Place(), d.Bytes, d.Copies, d.Scheme)
	line("replays", "%d %s", d.ReplayCount, d.ReplayJob)
	if r := d.Resolution; r != nil {
		line("last word", "%s %s (job %s, %s)", r.Status, strings.TrimSpace(r.Reason+" "+r.Code), dash(r.Job), r.At.Format(time.RFC3339))
	}
	for _, told := range d.Receipts {
		said := strings.Join(strings.Fields(string(told.Kind)+" "+told.Reason+" "+told.Code), " ")
		line("receipt", "%s (%s)", said, told.At.UTC().Format(time.RFC3339))
	}
	fmt.Fprintln(t, "\nheaders")
	for _, h := range d.Headers {
		fmt.Fprintf(t, "  %s\t%s\n", h.Name, h.Value)
	}
	if err := t.Flush(); err != nil {
		return fmt.Errorf("write the answer: %w", err)
	}
	if d.Hidden != "" {
		fmt.Fprintf(w, "\npayload: %s\n", d.Hidden)
		return nil
	}
	fmt.Fprintf(w, "\npayload\n%s\n", d.Payload)
	return nil
}
