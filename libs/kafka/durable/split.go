package durable

import (
	"context"
	"maps"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// split takes back a record that was refused as too large, to be written again in a
// smaller batch. A topic's limit may be lowered at any time; without this the same
// burst would form the same batch and be refused for ever. The client fails all
// buffered records of a partition together, so most records that come here are not too
// large themselves.
//
// It runs on the client's goroutine and must not block.
func (p *Producer) split(m *message) {
	at := m.partition()
	p.mu.Lock()
	defer p.mu.Unlock()
	waiting, served := p.tooLarge[at]
	p.tooLarge[at] = append(waiting, m)
	if !served {
		go p.rewrite(at)
	}
}

// rewrite writes the refused records of one partition again until all are written.
// Each partition has its own goroutine, so a stalled partition does not hold up the
// others.
func (p *Producer) rewrite(at topicPartition) {
	for {
		p.mu.Lock()
		refused := p.tooLarge[at]
		if len(refused) == 0 {
			delete(p.tooLarge, at)
			p.mu.Unlock()
			return
		}
		p.tooLarge[at] = make([]*message, 0, 1)
		p.mu.Unlock()
		p.learn(at.topic, refused)
		limit := p.limit(at.topic)
		for _, m := range refused {
			if m.limit != limit && size(m.record) <= limit {
				p.write(m)
			} else {
				p.writeAlone(m)
			}
		}
	}
}

// writeAlone writes a record as a batch of its own, compressed. If that is refused, the
// record itself is too large.
func (p *Producer) writeAlone(m *message) {
	again := *m.record
	err := p.alone.ProduceSync(context.Background(), &again).FirstErr()
	m.record.Offset = again.Offset
	p.finish(m, err)
}

// learn sets a topic's limit: the value that the broker reports, or half of the refused
// batch's limit if the broker reports none or one that the batch kept.
func (p *Producer) learn(topic string, refused []*message) {
	kept := p.limit(topic)
	var batch int32 // the limit under which a whole batch was refused
	for _, m := range refused {
		if size(m.record) <= m.limit {
			batch = max(batch, m.limit)
		}
	}
	if batch > kept {
		return // another partition's refusal has lowered it already
	}
	next, err := p.ask(topic)
	if err != nil {
		next = kept
	}
	if batch > 0 && next >= batch {
		next = max(batch/2, leastBatchBytes)
	}
	p.setLimit(topic, next)
}

// limit returns the batch limit that is kept for a topic now.
func (p *Producer) limit(topic string) int32 {
	p.writing.RLock()
	defer p.writing.RUnlock()
	return p.current.limit(topic)
}

func (p *Producer) setLimit(topic string, limit int32) {
	p.writing.RLock()
	limits := maps.Clone(p.current.limits)
	p.writing.RUnlock()
	if limits == nil {
		limits = map[string]int32{}
	}
	limits[topic] = limit
	_ = p.SetMaxMessageBytes(limits) // if it fails, the refused records are written alone
}

// limitTimeout bounds the request for a topic's limit.
const limitTimeout = 10 * time.Second

// ask asks the broker for the largest batch that a topic takes.
func (p *Producer) ask(topic string) (int32, error) {
	ctx, cancel := context.WithTimeout(context.Background(), limitTimeout)
	defer cancel()
	described, err := kadm.NewClient(p.alone).DescribeTopicConfigs(ctx, topic)
	if err != nil {
		return 0, err
	}
	resource, err := described.On(topic, nil)
	if err != nil {
		return 0, err
	}
	if resource.Err != nil {
		return 0, resource.Err
	}
	for _, c := range resource.Configs {
		if c.Key == "max.message.bytes" {
			n, err := strconv.ParseInt(c.MaybeValue(), 10, 32)
			return int32(n), err
		}
	}
	return 0, kerr.InvalidConfig
}

// size returns an upper bound of a record's size as a batch of its own, uncompressed.
func size(r *kgo.Record) int32 {
	const batchOverhead, recordOverhead, headerOverhead = 61, 36, 10
	n := batchOverhead + recordOverhead + len(r.Key) + len(r.Value)
	for _, h := range r.Headers {
		n += headerOverhead + len(h.Key) + len(h.Value)
	}
	return int32(min(n, maxCompressible))
}
