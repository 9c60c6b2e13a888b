package durable

import (
	"context"
	"maps"

	"github.com/twmb/franz-go/pkg/kgo"
)

const (
	// defaultMaxMessageBytes is the broker's default of max.message.bytes.
	defaultMaxMessageBytes = 1048588
	// leastBatchBytes is the lowest limit that the client takes.
	leastBatchBytes = 512
	// maxCompressible is the largest record that is worth an attempt: the
	// broker's default of socket.request.max.bytes.
	maxCompressible = 100 << 20
)

// writer is a client with its batch limits. The client asks for a topic's limit once,
// when it first writes there, so another limit needs another client.
type writer struct {
	*kgo.Client
	limits map[string]int32
}

func newWriter(opts []kgo.Opt, limits map[string]int32) (*writer, error) {
	w := &writer{limits: limits}
	var err error
	w.Client, err = kgo.NewClient(append(opts[:len(opts):len(opts)],
		kgo.RecordPartitioner(kgo.ManualPartitioner()),
		kgo.RequiredAcks(kgo.AllISRAcks()),
		kgo.ProducerLinger(linger),
		kgo.ProducerBatchCompression(kgo.NoCompression()),
		kgo.ProducerBatchMaxBytesFn(w.limit),
		kgo.MaxBufferedRecords(1<<20),
	)...)
	return w, err
}

// newLoneWriter returns the client for records that are written one by one. The
// broker's limit counts the bytes on the wire: a source may have accepted a record in
// compressed form that is too large uncompressed.
func newLoneWriter(opts []kgo.Opt) (*kgo.Client, error) {
	return kgo.NewClient(append(opts[:len(opts):len(opts)],
		kgo.RecordPartitioner(kgo.ManualPartitioner()),
		kgo.RequiredAcks(kgo.AllISRAcks()),
		kgo.ProducerLinger(0),
		kgo.ProducerBatchCompression(kgo.ZstdCompression()),
		kgo.ProducerBatchMaxBytes(maxCompressible),
	)...)
}

func (w *writer) limit(topic string) int32 {
	if n, ok := w.limits[topic]; ok {
		return min(max(n, leastBatchBytes), maxCompressible)
	}
	return defaultMaxMessageBytes
}

// SetMaxMessageBytes sets the largest record batch that each topic takes, by the
// topic's name; a topic that is not in limits has the broker's default. It may be
// called again while records are written.
func (p *Producer) SetMaxMessageBytes(limits map[string]int32) error {
	p.writing.Lock()
	defer p.writing.Unlock()
	if p.closed || maps.Equal(limits, p.current.limits) {
		return nil
	}
	next, err := newWriter(p.opts, maps.Clone(limits))
	if err != nil {
		return err
	}
	old := p.current
	p.current, p.retiring[old] = next, true
	go p.retire(old)
	return nil
}

// retire closes a writer once all its records are acknowledged.
func (p *Producer) retire(w *writer) {
	_ = w.Flush(context.Background()) // ends with Close at the latest
	w.Close()
	p.writing.Lock()
	defer p.writing.Unlock()
	delete(p.retiring, w)
}
