package engine

import (
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/delivery"
	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/envelope"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// registrar decodes records and hands them to their lanes.
type registrar struct {
	*lifetime
	cfg     *Config
	lanes   *laneSet
	expiry  *expiry
	decoder *domain.Decoder
	// deliverer ends records at once that need no turn in a queue.
	deliverer *delivery.Deliverer
	keys      kgo.TopicPartitioner
	observer  ports.Observer
	doubts    []func(*domain.Event) (code, detail string)
}

func newRegistrar(life *lifetime, cfg *Config, lanes *laneSet, expiry *expiry, deps *Deps) *registrar {
	return &registrar{
		lifetime: life, cfg: cfg, lanes: lanes, expiry: expiry, decoder: domain.NewDecoder(), deliverer: deps.Deliverer,
		keys: kgo.StickyKeyPartitioner(nil).ForTopic(cfg.Source), observer: deps.Observer, doubts: deps.Doubts,
	}
}

// register hands the polled records to the lanes, and the prefetched ones that have
// room now.
func (g *registrar) register(polled ...kgo.FetchTopicPartition) {
	for _, p := range polled {
		if l := g.lanes.get(p.Partition); l != nil { // nil cannot happen: a poll never returns a revoked partition
			l.keep(p)
		}
	}
	if !g.lanes.intake.unpolled() {
		for _, l := range g.lanes.all() {
			l.shut()
		}
	}
	for _, due := range g.lanes.intake.due.take() {
		g.serve(due.lane, due.half)
	}
}

// serve registers the records that a half has room for.
func (g *registrar) serve(l *lane, h *half) {
	for {
		b, ok := l.next(h)
		if !ok {
			return
		}
		g.expiry.read(l, &b.FetchTopicPartition)
		for i, r := range b.Records {
			g.take(l, h, r, b.Records[i+1:])
			r.Recycle()
		}
	}
}

// take hands one record to its lane, which keeps no reference to r. behind holds the
// records after it in the same poll.
func (g *registrar) take(l *lane, h *half, r *kgo.Record, behind []*kgo.Record) {
	if r.Attrs.IsControl() {
		l.pass(h, r.Offset)
		return
	}
	if t := g.taskOrInvalid(r); !g.dismissed(l, h, &t, behind) {
		l.enqueue(h, t)
	}
}

// taskOrInvalid decodes one record. A record that makes the decoder panic was not
// claimed, so it is invalid like any other that cannot be decoded.
func (g *registrar) taskOrInvalid(r *kgo.Record) (t delivery.Task) {
	err := g.guarded(func() error {
		t = g.task(r)
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
func (g *registrar) task(r *kgo.Record) delivery.Task {
	record := recordOf(r)
	var broken error
	if r.Topic == g.cfg.Replay {
		record.Replay, _, broken = envelope.Replay(g.cfg.Channel, record.Headers)
	}
	t := delivery.NewTask(g.decoder, record)
	if broken != nil {
		record.Headers = envelope.Own(record.Headers)
		return delivery.Task{Record: record, Invalid: &domain.Failure{
			Class: domain.ClassInvalidEvent, Code: "replay.header", Detail: broken.Error(), Cause: broken,
		}}
	}
	g.checkKey(r, &t)
	g.checkTimestamp(&t)
	g.checkWords(&t)
	return t
}

// checkKey warns about records whose key weakens order and duplicate detection.
// They are delivered all the same.
func (g *registrar) checkKey(r *kgo.Record, t *delivery.Task) {
	switch {
	case r.Topic != g.cfg.Source || t.Event == nil:
	case !t.Keyed():
		g.observer.Alert(g.cfg.Channel, "record.key", "a record's key is not its appointment id: order and duplicates across partitions cannot be seen")
	case g.keys.Partition(r, g.lanes.partitions) != int(r.Partition):
		g.observer.Alert(g.cfg.Channel, "record.partition", "a record is not on the partition that murmur2 of its key gives: the producer must use that partitioner")
	}
}

// checkTimestamp warns about events without a usable timestamp: their age is unknown,
// and only their offset shows which event is newer.
func (g *registrar) checkTimestamp(t *delivery.Task) {
	r := t.Record
	if r.Topic == g.cfg.Source && t.Event != nil && !r.Origin().TimestampKnown(time.Now()) {
		g.observer.Alert(g.cfg.Channel, "record.timestamp", "a record's timestamp is not when it was published (absent, before 2000 or over a day ahead): its age is not judged, and Kafka's retention goes by it")
	}
}

// checkWords warns about events whose local time or language may not be the intended
// one.
func (g *registrar) checkWords(t *delivery.Task) {
	if t.Event == nil || t.Record.Topic != g.cfg.Source || !t.Event.Requested(g.cfg.Channel) {
		return
	}
	for _, doubt := range g.doubts {
		if code, detail := doubt(t.Event); code != "" {
			g.observer.Alert(g.cfg.Channel, code, detail)
		}
	}
}
