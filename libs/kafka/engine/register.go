package engine

import (
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/delivery"
	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/envelope"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// register hands the records of one partition to its lane.
func (c *Consumer) register(p kgo.FetchTopicPartition) {
	l := c.lane(p.Partition)
	if l == nil {
		return // not assigned: a poll never returns what was revoked
	}
	l.mu.Lock()
	h := l.halves[p.Topic]
	l.mu.Unlock()
	if h == nil {
		return
	}
	for _, r := range p.Records {
		if r.Attrs.IsControl() {
			l.pass(h, r.Offset)
			continue
		}
		l.enqueue(h, c.taskOrInvalid(r))
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if h.fault != nil && !h.fault.lasting {
		h.fault = nil // it can be read
	}
	l.regulate(h)
}

// taskOrInvalid decodes one record. One that makes the worker panic was not
// claimed, so it is invalid like any other that cannot be read.
func (c *Consumer) taskOrInvalid(r *kgo.Record) (t delivery.Task) {
	err := c.guarded(func() error {
		t = c.task(r)
		return nil
	})
	if err == nil {
		return t
	}
	return delivery.Task{
		Record: recordOf(r),
		Invalid: &domain.Failure{
			Class: domain.ClassInvalidEvent, Code: "internal.panic",
			Detail: "the event made the worker panic; its log has the stack", Cause: err,
		},
	}
}

func recordOf(r *kgo.Record) *ports.Record {
	return &ports.Record{
		Topic: r.Topic, Partition: r.Partition, Offset: r.Offset, Timestamp: r.Timestamp,
		Key: r.Key, Value: r.Value, Headers: envelope.FromKafka(r.Headers),
	}
}

// task decodes one record.
func (c *Consumer) task(r *kgo.Record) delivery.Task {
	record := recordOf(r)
	var broken error
	if r.Topic == c.cfg.Replay {
		record.Replay, _, broken = envelope.Replay(c.cfg.Channel, record.Headers)
	}
	t := delivery.NewTask(c.decoder, record)
	if broken != nil {
		record.Headers = envelope.Own(record.Headers)
		return delivery.Task{Record: record, Invalid: &domain.Failure{
			Class: domain.ClassInvalidEvent, Code: "replay.header", Detail: broken.Error(), Cause: broken,
		}}
	}
	c.checkKey(r, &t)
	c.checkZone(&t)
	return t
}

// checkKey warns about records whose key weakens order and duplicate detection.
// They are delivered all the same.
func (c *Consumer) checkKey(r *kgo.Record, t *delivery.Task) {
	switch {
	case r.Topic != c.cfg.Source || t.Event == nil:
	case !t.Keyed():
		c.Observer.Alert(c.cfg.Channel, "record.key", "a record's key is not its appointment id: order and duplicates across partitions cannot be seen")
	case c.keys.Partition(r, c.partitions) != int(r.Partition):
		c.Observer.Alert(c.cfg.Channel, "record.partition", "a record is not on the partition that murmur2 of its key gives: the producer must use that partitioner")
	}
}

// checkZone warns about events whose local time may not be what was meant.
func (c *Consumer) checkZone(t *delivery.Task) {
	if c.Doubt == nil || t.Event == nil || t.Record.Topic != c.cfg.Source || !t.Event.Requested(c.cfg.Channel) {
		return
	}
	if code, detail := c.Doubt(t.Event); code != "" {
		c.Observer.Alert(c.cfg.Channel, code, detail)
	}
}

func (l *lane) halved() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.halves) == 1
}
