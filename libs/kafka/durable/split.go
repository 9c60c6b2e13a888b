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

// split takes back a record that was refused as too large and sees to it that
// it is written again in smaller company. A topic's limit may be lowered at any
// time; without this the same burst would form the same batch and be refused
// for ever. The client fails all that is buffered for a partition together, so
// most of what comes here is refused on account of others.
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

// rewrite serves one partition until nothing of it waits any more. A partition
// that stalls holds up no other.
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

// writeAlone writes a record as a batch of its own, compressed. A refusal now
// is the record's own.
func (p *Producer) writeAlone(m *message) {
	again := *m.record
	err := p.alone.ProduceSync(context.Background(), &again).FirstErr()
	m.record.Offset = again.Offset
	p.finish(m, err)
}

// learn sets the limit that a topic has from now on: what the broker says, or
// half of what was too much where the broker does not say or says otherwise.
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
	_ = p.SetMaxMessageBytes(limits) // where it fails, what was refused is written alone
}

// limitTimeout bounds the question for a topic's limit.
const limitTimeout = 10 * time.Second

// ask returns the largest batch that a topic takes, as the broker has it now.
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

// size returns an upper bound of what a record takes as a batch of its own,
// uncompressed.
func size(r *kgo.Record) int32 {
	const batchOverhead, recordOverhead, headerOverhead = 61, 36, 10
	n := batchOverhead + recordOverhead + len(r.Key) + len(r.Value)
	for _, h := range r.Headers {
		n += headerOverhead + len(h.Key) + len(h.Value)
	}
	return int32(min(n, maxCompressible))
}
