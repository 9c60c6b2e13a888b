package democmd

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/tools/sandbox"
)

// oracle judges from the outside: from the published events, the accepted messages, the
// dead-letter topic and the commits. It does not ask the workers.
type oracle struct {
	demo *demo

	mu      sync.Mutex
	letters map[letter]bool
	dlq     *kgo.Client
	// read counts the records read from it: after a kill it may contain a dead letter
	// twice.
	read int64
}

// letter is a dead letter of one channel.
type letter struct {
	channel string
	place
}

// counts are the numbers on the page. All but published count messages: an
// appointment on two channels is two of them.
type counts struct {
	published, sent, skipped, waiting, deadLettered, lost, doubled int
}

func newOracle(d *demo) *oracle { return &oracle{demo: d, letters: map[letter]bool{}} }

// count counts at this moment.
func (o *oracle) count(ctx context.Context) (counts, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	// The commits must be read first: every committed record already has its accept or
	// its dead letter.
	commits := map[string]map[int32]int64{}
	for _, channel := range []string{sandbox.Email, sandbox.SMS} {
		var err error
		if commits[channel], err = o.commits(ctx, channel); err != nil {
			return counts{}, err
		}
	}
	if err := o.readDeadLetters(ctx); err != nil {
		return counts{}, err
	}
	accepts, err := o.accepts()
	if err != nil {
		return counts{}, err
	}
	return o.judge(commits, accepts), nil
}

func (o *oracle) judge(commits map[string]map[int32]int64, accepts map[string]int) counts {
	var c counts
	var wanted []expectation
	c.published, wanted = o.demo.published.all()
	newest, due := map[string]int{}, map[string]bool{}
	for _, w := range wanted {
		due[w.message] = true
		newest[w.channel+w.appointment] = max(newest[w.channel+w.appointment], w.revision)
	}
	for message, n := range accepts {
		c.sent++
		if c.doubled += n - 1; !due[message] {
			c.doubled++ // a second message with another identity
		}
	}
	for _, w := range wanted {
		committed := w.offset < commits[w.channel][w.partition]
		switch {
		case w.repeat && committed:
			c.skipped++
		case w.repeat:
			c.waiting++
		case w.recipient != "" && accepts[w.message] > 0:
		case o.letters[letter{w.channel, w.place}]:
			c.deadLettered++
		case committed && w.revision < newest[w.channel+w.appointment]:
			c.skipped++ // superseded by a newer event
		case committed:
			c.lost++
		default:
			c.waiting++
		}
	}
	return c
}

// messageOf identifies an event's message on a channel: the recipient, and the part of
// the delivery key that the provider gets.
func messageOf(value []byte, channel, recipient string) string {
	event, err := domain.NewDecoder().Decode(value)
	if err != nil {
		return ""
	}
	key := domain.NewKey(event, domain.Channel(channel), recipient)
	if channel == sandbox.SMS {
		return recipient + " " + key.Reference()
	}
	return recipient + " " + key.String()
}

// accepts counts the providers' accepts by the identity of messageOf.
func (o *oracle) accepts() (map[string]int, error) {
	entries, err := o.demo.sandbox.Accepts("")
	if err != nil {
		return nil, err
	}
	times := map[string]int{}
	for _, e := range entries {
		id, _, _ := strings.Cut(e.MessageID, "@")
		times[e.Recipient+" "+id+e.Reference]++
	}
	return times, nil
}

func (o *oracle) commits(ctx context.Context, channel string) (map[int32]int64, error) {
	offsets, err := o.demo.admin.FetchOffsets(ctx, "notifications-"+channel+"-worker")
	if err != nil && !errors.Is(err, kerr.GroupIDNotFound) {
		return nil, fmt.Errorf("read the group's offsets: %w", err)
	}
	at := map[int32]int64{}
	offsets.Each(func(r kadm.OffsetResponse) {
		if r.Topic == sourceTopic {
			at[r.Partition] = r.At
		}
	})
	return at, nil
}

// readDeadLetters reads the new records of the dead-letter topic.
func (o *oracle) readDeadLetters(ctx context.Context) error {
	topic := sourceTopic + ".dlq"
	if o.dlq == nil {
		client, err := kgo.NewClient(kgo.SeedBrokers(o.demo.cluster.ListenAddrs()...), kgo.ConsumeTopics(topic))
		if err != nil {
			return err
		}
		o.dlq = client
	}
	ends, err := o.demo.admin.ListEndOffsets(ctx, topic)
	if err != nil {
		return fmt.Errorf("read the end of the dead-letter topic: %w", err)
	}
	var total int64
	ends.Each(func(l kadm.ListedOffset) { total += l.Offset })
	for o.read < total && ctx.Err() == nil {
		o.dlq.PollFetches(ctx).EachRecord(func(r *kgo.Record) {
			o.letters[origin(r)] = true
			o.read++
		})
	}
	return nil
}

func origin(r *kgo.Record) letter {
	var p letter
	for _, h := range r.Headers {
		n, _ := strconv.ParseInt(string(h.Value), 10, 64)
		switch h.Key {
		case "dlq-channel":
			p.channel = string(h.Value)
		case "dlq-original-partition":
			p.partition = int32(n) //nolint:gosec // partitions are 32-bit in Kafka's protocol
		case "dlq-original-offset":
			p.offset = n
		}
	}
	return p
}
