package replay

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/zap"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/topics"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/index"
)

// Group is the consumer group whose membership is the job lock. It is also the
// transactional id.
const Group = "dlq-replayer"

// maxCommit bounds one transaction. Brokers end it before that by themselves.
const maxCommit = time.Minute

// Config is the configuration of jobs.
type Config struct {
	// Opts say how to connect.
	Opts   []kgo.Opt
	Topics topics.Config
	// Limit is how many dead letters an index holds.
	Limit int
	Log   *zap.Logger
	// MaxEventAges are the workers' NOTIFY_MAX_EVENT_AGE by channel, for forecasts;
	// 0 is no limit.
	MaxEventAges map[domain.Channel]time.Duration
	// Allowlist is the workers' RECIPIENT_ALLOWLIST, for forecasts.
	Allowlist domain.Allowlist
	// Progress, if not nil, is kept up to date while Open reads.
	Progress *index.Progress
	// Tracer may be nil: then replays are not traced.
	Tracer Tracer
}

// Tracer shows replays.
type Tracer interface {
	// Replay begins the span in which a dead letter is sent to topic again by a job. It
	// is linked to the spans that wrote the dead letter and published the event; either
	// context may be zero.
	Replay(ch domain.Channel, topic, job string, dead, event ports.TraceContext) ports.TraceSpan
}

// Source returns the topics that an index is made from.
func (c Config) Source() index.Topics {
	t := index.Topics{DLQ: c.Topics.DLQ, Resolutions: topics.Resolutions, Replays: make(map[domain.Channel]string)}
	for _, ch := range domain.Channels() {
		t.Replays[ch] = c.Topics.ReplayFor(ch)
	}
	return t
}

// Open reads the dead letters and the jobs without taking the lock.
func (c Config) Open(ctx context.Context) (*index.Reader, *Book, error) {
	book := NewBook()
	reader, err := c.open(ctx, book, book.See)
	return reader, book, err
}

// open is Open with a book and a function see that is called with each record of the
// resolutions topic.
func (c Config) open(ctx context.Context, book *Book, see func(*kgo.Record)) (*index.Reader, error) {
	reader, err := index.NewReader(index.New(c.Limit), c.Source(), see, c.Opts...)
	if err != nil {
		return nil, err
	}
	reader.Index.Keep(book.awaited, false)
	reader.Tell(c.Progress)
	if err := reader.Load(ctx); err != nil {
		reader.Close()
		return nil, err
	}
	return reader, nil
}

// Check checks the replayer's topics.
func (c Config) Check(ctx context.Context) (topics.Layout, error) {
	client, err := kgo.NewClient(c.Opts...)
	if err != nil {
		return topics.Layout{}, fmt.Errorf("make a Kafka client: %w", err)
	}
	defer client.Close()
	return topics.CheckReplayer(ctx, kadm.NewClient(client), c.Topics)
}

// Errors that end a session.
var (
	// ErrLockLost: the group gave the lock to another process.
	ErrLockLost = errors.New("the job lock was lost")
	// ErrFenced: another process has begun to write as the replayer.
	ErrFenced = errors.New("another process took the job over")
)

// Session is the right to run jobs, with an index that includes everything that earlier
// holders wrote. One goroutine may use it at a time.
type Session struct {
	cfg      Config
	layout   topics.Layout
	lock     *lock
	producer *kgo.Client
	reader   *index.Reader
	book     *Book
	// news is signalled when the reader has read a new record.
	news chan struct{}
}

// Start takes the lock, fences the former holder, and reads the dead
// letters. It returns ErrHeld when another process has the lock.
//
// The order matters: a former holder that is only paused can commit a
// transaction until it is fenced, so the index is read after that.
func (c Config) Start(ctx context.Context) (*Session, error) {
	layout, err := c.Check(ctx)
	if err != nil {
		return nil, err
	}
	s := &Session{cfg: c, layout: layout, book: NewBook(), news: make(chan struct{}, 1)}
	if s.lock, err = acquire(ctx, Group, topics.Resolutions, c.Opts...); err != nil {
		return nil, err
	}
	if err := s.prepare(ctx); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

func (s *Session) prepare(ctx context.Context) (err error) {
	s.producer, err = kgo.NewClient(append(append([]kgo.Opt(nil), s.cfg.Opts...),
		kgo.TransactionalID(Group), kgo.TransactionTimeout(30*time.Second),
		kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.ProducerLinger(0),
		// One request at a time: a transaction has few records, and records that wait
		// share the next request.
		kgo.MaxProduceRequestsInflightPerBroker(1),
		kgo.ProducerBatchCompression(kgo.NoCompression()), kgo.ProducerBatchMaxBytes(s.layout.MaxRecordBytes),
	)...)
	if err != nil {
		return fmt.Errorf("make a Kafka client: %w", err)
	}
	if _, _, err := s.producer.ProducerID(ctx); err != nil {
		return fmt.Errorf("begin to write as %s: %w", Group, err)
	}
	s.reader, err = index.NewReader(index.New(s.cfg.Limit), s.cfg.Source(), s.see, s.cfg.Opts...)
	if err != nil {
		return err
	}
	s.reader.Index.Keep(s.book.awaited, true) // a job may select dead letters that a full index does not hold
	if err := s.reader.Load(ctx); err != nil {
		return err
	}
	return s.uncover(ctx)
}

// see adds a record of the resolutions topic.
func (s *Session) see(r *kgo.Record) {
	s.book.See(r)
	offer(s.news, struct{}{})
}

// Close gives the lock up.
func (s *Session) Close() {
	if s.reader != nil {
		s.reader.Close()
	}
	if s.producer != nil {
		s.producer.Close()
	}
	s.lock.release()
}

// Index returns the session's dead letters.
func (s *Session) Index() *index.Index { return s.reader.Index }

// Book returns the session's jobs.
func (s *Session) Book() *Book { return s.book }

// Plan returns the present plan of a job for o.
func (s *Session) Plan(o Order) Plan {
	return o.Plan(s.reader.Index, s.reader.Bounds(), int(s.layout.MaxRecordBytes))
}

// Correct is Config.Correct.
func (s *Session) Correct(ctx context.Context, p Plan, recipient string) (*Correction, error) {
	return s.cfg.Correct(ctx, p, recipient)
}

// MaxBytes returns the largest record that the replay topics take.
func (s *Session) MaxBytes() int { return int(s.layout.MaxRecordBytes) }

// PlanDiscard returns the present plan of a discard for o.
func (s *Session) PlanDiscard(o Order) Plan {
	return o.PlanDiscard(s.reader.Index, s.reader.Bounds())
}

// commit writes the records in one transaction. An error leaves open whether they were
// written; the session can then no longer be used, and the next one reads the actual
// state from the topics.
func (s *Session) commit(ctx context.Context, records ...*kgo.Record) error {
	select {
	case <-s.lock.lost:
		return ErrLockLost
	default:
	}
	// An interrupt must not cut a transaction short: it takes effect between two.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), maxCommit)
	defer cancel()
	if err := s.producer.BeginTransaction(); err != nil {
		return explain(err)
	}
	if err := produceSync(ctx, s.producer, records); err != nil {
		abort := errors.Join(s.producer.AbortBufferedRecords(ctx), s.producer.EndTransaction(ctx, kgo.TryAbort))
		return explain(errors.Join(err, abort))
	}
	if err := s.producer.EndTransaction(ctx, kgo.TryCommit); err != nil {
		return explain(errors.Join(err, s.producer.EndTransaction(ctx, kgo.TryAbort)))
	}
	return nil
}

// produceSync writes the records. If ctx ends before they are acknowledged, it closes
// the client, which makes the client give up the requests that it has sent. Otherwise
// it would wait for the answer for as long as Kafka is away.
func produceSync(ctx context.Context, client *kgo.Client, records []*kgo.Record) error {
	defer context.AfterFunc(ctx, client.Close)()
	return client.ProduceSync(ctx, records...).FirstErr()
}

func explain(err error) error {
	if errors.Is(err, kerr.ProducerFenced) || errors.Is(err, kerr.InvalidProducerEpoch) {
		return ErrFenced // the broker's own error adds nothing
	}
	return fmt.Errorf("write a transaction: %w", err)
}
