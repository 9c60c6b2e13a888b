package kafka

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// Producer writes what must not be lost: ledger records, dead letters and
// resolutions. All of it is idempotent, acknowledged by all in-sync replicas
// and never cancelled: a produce that was given up on may still be applied, and
// then nobody would know. The time-outs only raise an alarm. Safe for
// concurrent use.
type Producer struct {
	client  *kgo.Client
	timeout time.Duration

	opts []kgo.Opt

	mu sync.Mutex
	// compressing is made when it is first needed.
	compressing *kgo.Client
	// refused tells since when each topic has taken nothing, see persist.
	refused map[string]time.Time

	pending atomic.Int64
	since   atomic.Int64
	limit   atomic.Int32
}

// defaultMaxMessageBytes is the broker's default of max.message.bytes.
const defaultMaxMessageBytes = 1048588

// linger is how long a record waits for company. Kafka's cost is per request,
// not per record.
const linger = 2 * time.Millisecond

// NewProducer returns a producer; it connects when it is first used. After
// timeout without any acknowledgement Overdue says so.
func NewProducer(timeout time.Duration, opts ...kgo.Opt) (*Producer, error) {
	p := &Producer{timeout: timeout, opts: opts, refused: map[string]time.Time{}}
	p.limit.Store(defaultMaxMessageBytes)
	client, err := kgo.NewClient(append(opts[:len(opts):len(opts)],
		kgo.RecordPartitioner(kgo.ManualPartitioner()),
		kgo.RequiredAcks(kgo.AllISRAcks()),
		kgo.ProducerLinger(linger),
		kgo.ProducerBatchCompression(kgo.NoCompression()),
		kgo.ProducerBatchMaxBytesFn(func(string) int32 { return p.limit.Load() }),
		kgo.MaxBufferedRecords(1<<20),
	)...)
	if err != nil {
		return nil, err
	}
	p.client = client
	return p, nil
}

// maxCompressible is the largest record that is worth an attempt: the broker's
// default of socket.request.max.bytes.
const maxCompressible = 100 << 20

// produceCompressed writes a record that is too large as it is. The source took
// it compressed, so this may too; the limit counts what is on the wire.
func (p *Producer) produceCompressed(ctx context.Context, r *kgo.Record) error {
	client, err := p.compressor()
	if err != nil {
		return err
	}
	again := *r
	return client.ProduceSync(ctx, &again).FirstErr()
}

func (p *Producer) compressor() (*kgo.Client, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.compressing != nil {
		return p.compressing, nil
	}
	client, err := kgo.NewClient(append(p.opts[:len(p.opts):len(p.opts)],
		kgo.RecordPartitioner(kgo.ManualPartitioner()),
		kgo.ProducerBatchCompression(kgo.ZstdCompression()),
		kgo.ProducerBatchMaxBytes(maxCompressible),
		kgo.MaxBufferedRecords(64),
	)...)
	p.compressing = client
	return client, err
}

// SetMaxMessageBytes tells the largest record batch that the brokers take. It
// counts for topics that nothing was written to yet.
func (p *Producer) SetMaxMessageBytes(n int32) { p.limit.Store(n) }

// produce writes r; done is called once, in the order of a partition's
// records, and must not block.
func (p *Producer) produce(r *kgo.Record, done func(*kgo.Record, error)) {
	if p.pending.Add(1) == 1 {
		p.since.Store(time.Now().UnixNano())
	}
	p.client.Produce(context.Background(), r, func(r *kgo.Record, err error) {
		p.pending.Add(-1)
		p.since.Store(time.Now().UnixNano())
		done(r, err)
	})
}

// produceSync writes r and waits until it is acknowledged, ctx is over or the
// producer was closed.
func (p *Producer) produceSync(ctx context.Context, r *kgo.Record) error {
	acked := make(chan error, 1)
	p.produce(r, func(_ *kgo.Record, err error) { acked <- err })
	select {
	case err := <-acked:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Ready returns an error while something that must not be lost cannot be
// written.
func (p *Producer) Ready() error {
	if d := p.Overdue(); d > 0 {
		return fmt.Errorf("kafka has acknowledged nothing for %s", d.Round(time.Second))
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for topic, since := range p.refused {
		return fmt.Errorf("nothing can be written to %s since %s, see the log", topic, since.UTC().Format(time.RFC3339))
	}
	return nil
}

// Overdue tells how long nothing has been acknowledged although something
// should be; 0 while that is less than the time-out.
func (p *Producer) Overdue() time.Duration {
	if p.pending.Load() == 0 {
		return 0
	}
	if d := time.Since(time.Unix(0, p.since.Load())); d > p.timeout {
		return d
	}
	return 0
}

// Close waits until everything is acknowledged or ctx is over, then ends what
// still waits with an error.
func (p *Producer) Close(ctx context.Context) error {
	err := p.client.Flush(ctx)
	p.client.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.compressing != nil {
		p.compressing.Close()
	}
	return err
}
