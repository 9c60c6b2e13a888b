package replay

import (
	"context"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/envelope"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/topics"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/index"
)

// batch holds the records of one transaction of a job.
type batch struct {
	records []*kgo.Record
	ids     []string
	spans   []ports.TraceSpan
}

// end ends the spans of the batch's replays, with err if they were not written.
func (b *batch) end(err error) {
	var failure *domain.Failure
	if err != nil {
		failure = domain.AsFailure(err)
	}
	for _, span := range b.spans {
		span.End(failure)
	}
}

// replay takes p and further picks that are ready, as many as window and rate allow,
// and writes them in one transaction. open is false if there is no p because all picks
// are done.
func (r *run) replay(ctx context.Context, p pick, open bool) error {
	b := new(batch)
	room := min(r.window.free(), int(r.limiter.Tokens()), maxBatch)
	for more := open; more; {
		r.take(b, p)
		if len(b.ids) >= room {
			break
		}
		select {
		case p, open = <-r.picks:
			more = open
		default:
			more = false
		}
	}
	r.ended = !open
	if len(b.ids) == 0 {
		return nil
	}
	r.limiter.AllowN(time.Now(), len(b.ids))
	return r.send(ctx, b)
}

// take adds p to the batch, or counts it as left with the reason.
func (r *run) take(b *batch, p pick) {
	reason := r.add(b, p)
	r.job.Cursor[p.item.Partition] = max(r.job.Cursor[p.item.Partition], p.item.Offset+1)
	if reason != "" {
		count(&r.job.Counts.Left, reason)
		if len(r.job.LeftLetters) < maxLeftLetters && p.item.ID != "" {
			r.job.LeftLetters = append(r.job.LeftLetters, LeftLetter{p.item.ID, reason})
		}
		r.dirty = true
		r.tell(Event{LeftID: p.item.ID, Left: reason})
	}
}

// send writes the batch and the job's state. It counts the replays as out before they
// are written, because an outcome may arrive before the transaction's own answer.
func (r *run) send(ctx context.Context, b *batch) error {
	for _, id := range b.ids {
		r.window.out(id)
	}
	r.job.Counts.Replayed += len(b.ids)
	err := r.write(ctx, b.records...)
	b.end(err)
	if err != nil {
		return err
	}
	r.moved = time.Now()
	r.tell(Event{})
	return nil
}

// add puts a dead letter into the batch, or returns the reason why it is left.
func (r *run) add(b *batch, p pick) string {
	if p.record == nil {
		return LeftGone
	}
	e, err := envelope.Decode(envelope.FromKafka(p.record.Headers))
	if err != nil {
		return string(index.FaultMalformed)
	}
	if reason := r.refuse(e); reason != "" {
		return reason
	}
	next := e.ReplayedBy(r.job.ID, r.job.AcceptDuplicate != "")
	resolution, err := resolutionRecord(envelope.Resolution{
		ID: e.ID, Channel: e.Channel, Status: envelope.ResolutionReplayed, Class: e.Class, Code: e.Code,
		Job: r.job.ID, ReplayCount: e.ReplayCount, At: time.Now().UTC(),
	})
	if err != nil {
		return string(index.FaultMalformed)
	}
	value := p.record.Value
	if c := r.opts.Correction; r.job.Corrects {
		if c == nil || c.ID != e.ID {
			return LeftNotCorrected
		}
		value = c.value
	}
	topic := r.session.cfg.Topics.ReplayFor(e.Channel)
	if t := r.session.cfg.Tracer; t != nil {
		span := t.Replay(e.Channel, topic, r.job.ID, e.Trace, ports.TraceOf(e.Headers))
		next.ReplayTrace, b.spans = span.Context(), append(b.spans, span)
	}
	b.ids = append(b.ids, e.ID)
	b.records = append(b.records, resolution, &kgo.Record{
		Topic: topic, Partition: e.Origin.Partition,
		Key: p.record.Key, Value: value, Headers: envelope.ToKafka(next.Encode()),
	})
	return ""
}

// refuse returns the reason why a dead letter must not be replayed: something changed
// since the plan was made, or the job's record asks for something forbidden.
func (r *run) refuse(e envelope.Envelope) string {
	if r.job.AcceptDuplicate != "" && !r.job.acceptsSecondSend(e.ID, e.Class) {
		return LeftNotAccepted
	}
	if e.Origin.Partition >= r.session.layout.Partitions {
		return LeftNoPartition
	}
	if s := r.session.reader.Index.Status(e.ID, e.ReplayCount); !r.job.wants(s) {
		return string(s)
	}
	return ""
}

func resolutionRecord(r envelope.Resolution) (*kgo.Record, error) {
	key, value, err := envelope.EncodeResolution(r)
	if err != nil {
		return nil, err
	}
	return &kgo.Record{Topic: topics.Resolutions, Key: key, Value: value}, nil
}
