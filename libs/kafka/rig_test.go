package kafka

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/zap"

	"github.com/kafka-notifications/kafka-notifications/libs/delivery"
	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/envelope"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// rig is a whole channel on an in-memory broker and an in-memory network, so
// that it runs in virtual time: hours of outage take milliseconds.
type rig struct {
	t       *testing.T
	cluster *kfake.Cluster
	opts    []kgo.Opt
	admin   *kadm.Client
	client  *kgo.Client
	sender  *scriptedSender
	cfg     rigConfig
	workers []*worker
}

type rigConfig struct {
	partitions  int32
	concurrency int
	attempts    int
	visibility  time.Duration
	dlqDisabled bool
	maxAge      time.Duration
}

const (
	rigSource      = "appointments.created"
	rigReplay      = "appointments.created.replay.email"
	rigDLQ         = "appointments.created.dlq"
	rigLedger      = "notifications.email.ledger"
	rigResolutions = "notifications.dlq.resolutions"
	rigGroup       = "notifications-email-worker"
)

func newRig(t *testing.T, cfg rigConfig) *rig {
	t.Helper()
	cfg.partitions, cfg.concurrency = max(1, cfg.partitions), max(1, cfg.concurrency)
	if cfg.attempts == 0 {
		cfg.attempts = 8
	}
	if cfg.visibility == 0 {
		cfg.visibility = 30 * time.Minute
	}
	var network kfake.VirtualNetwork
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.ListenFn(network.Listen),
		kfake.SeedTopics(cfg.partitions, rigSource, rigReplay, rigDLQ, rigLedger), kfake.SeedTopics(1, rigResolutions))
	if err != nil {
		t.Fatal(err)
	}
	opts := []kgo.Opt{kgo.SeedBrokers(cluster.ListenAddrs()...), kgo.Dialer(network.DialContext)}
	client, err := kgo.NewClient(append(opts, kgo.RecordPartitioner(kgo.ManualPartitioner()))...)
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{t: t, cluster: cluster, opts: opts, client: client, admin: kadm.NewClient(client), cfg: cfg}
	r.sender = &scriptedSender{accepted: map[domain.Key]int{}, latency: func() time.Duration { return 100 * time.Millisecond }}
	return r
}

func (r *rig) close() {
	for _, w := range r.workers {
		_ = w.stop()
	}
	r.client.Close()
	r.cluster.Close()
}

// worker is one running consumer.
type worker struct {
	consumer *Consumer
	gate     *delivery.Gate
	observer *countingObserver
	stop     func() error
}

func (r *rig) start() *worker {
	r.t.Helper()
	producer, err := NewProducer(10*time.Second, r.opts...)
	if err != nil {
		r.t.Fatal(err)
	}
	observer := &countingObserver{outcomes: map[string]int{}}
	gate, rate, slots := delivery.NewGate(domain.Email, observer), delivery.NewRate(0), delivery.NewSlots(r.cfg.concurrency)
	deliverer := delivery.New(delivery.Config{
		Channel: domain.Email, Timeout: 10 * time.Second, Settle: 30 * time.Second, Visibility: r.cfg.visibility,
		MaxAttempts: r.cfg.attempts, MaxElapsed: 30 * time.Minute, MaxEventAge: r.cfg.maxAge,
	}, delivery.Deps{
		Sender:      r.sender,
		DeadLetters: &DeadLetters{Producer: producer, Topic: rigDLQ, Group: rigGroup, Enabled: !r.cfg.dlqDisabled},
		Resolutions: &Resolutions{Producer: producer, Topic: rigResolutions},
		Observer:    observer, Gate: gate, Rate: rate,
	})
	consumer := NewConsumer(ConsumerConfig{
		Channel: domain.Email, Source: rigSource, Replay: rigReplay, Group: rigGroup,
		MaxPollRecords: 50, PollTimeout: time.Second, SessionTimeout: 15 * time.Second, DrainTimeout: 20 * time.Second,
	}, ConsumerDeps{
		Deliverer: deliverer,
		Ledgers:   &LedgerStore{Topic: rigLedger, Channel: domain.Email, Producer: producer, Reader: r.opts, Memory: 216 * time.Hour},
		Producer:  producer, Slots: slots, Rate: rate, Observer: observer, Log: zap.NewNop(), Client: r.opts,
		Check: func(context.Context) (int, error) { return int(r.cfg.partitions), nil },
	})
	ctx, cancel := context.WithCancel(r.t.Context())
	ended := make(chan error, 1)
	go func() { ended <- consumer.Run(ctx) }()
	w := &worker{consumer: consumer, gate: gate, observer: observer, stop: sync.OnceValue(func() error {
		cancel()
		err := <-ended
		_ = producer.Close(r.t.Context())
		return err
	})}
	r.workers = append(r.workers, w)
	return w
}

// publish writes an event; at is when the appointment is.
func (r *rig) publish(partition int32, appointment string, at time.Time, edit ...func(map[string]any)) {
	r.t.Helper()
	event := map[string]any{
		"appointment_id": appointment, "time": at.Format(time.RFC3339), "email": appointment + "@patients.example",
		"notify": map[string]any{"email": true},
	}
	for _, e := range edit {
		e(event)
	}
	value, err := json.Marshal(event)
	if err != nil {
		r.t.Fatal(err)
	}
	r.write(&kgo.Record{Topic: rigSource, Partition: partition, Key: []byte(appointment), Value: value})
}

func (r *rig) write(rec *kgo.Record) {
	r.t.Helper()
	if err := r.client.ProduceSync(r.t.Context(), rec).FirstErr(); err != nil {
		r.t.Fatal(err)
	}
}

// lag returns how many records of the channel's topics are not committed.
func (r *rig) lag() int64 {
	r.t.Helper()
	commits, err := r.admin.FetchOffsets(r.t.Context(), rigGroup)
	if err != nil && !errors.Is(err, kerr.GroupIDNotFound) {
		r.t.Fatal(err)
	}
	ends, err := r.admin.ListEndOffsets(r.t.Context(), rigSource)
	if err != nil {
		r.t.Fatal(err)
	}
	var lag int64
	ends.Each(func(o kadm.ListedOffset) {
		at := int64(0)
		if c, ok := commits.Lookup(o.Topic, o.Partition); ok {
			at = c.At
		}
		lag += o.Offset - at
	})
	return lag
}

// deadLetters reads the whole DLQ.
func (r *rig) deadLetters() []envelope.Envelope {
	r.t.Helper()
	var out []envelope.Envelope
	r.each(rigDLQ, func(rec *kgo.Record) {
		e, err := envelope.Decode(envelope.FromKafka(rec.Headers))
		if err != nil {
			r.t.Fatal(err)
		}
		out = append(out, e)
	})
	return out
}

func (r *rig) each(topic string, fn func(*kgo.Record)) {
	r.t.Helper()
	ends, err := r.admin.ListEndOffsets(r.t.Context(), topic)
	if err != nil {
		r.t.Fatal(err)
	}
	left := map[string]map[int32]kgo.Offset{topic: {}}
	var total int64
	ends.Each(func(o kadm.ListedOffset) {
		left[topic][o.Partition] = kgo.NewOffset().AtStart()
		total += o.Offset
	})
	if total == 0 {
		return
	}
	client, err := kgo.NewClient(append(r.opts[:len(r.opts):len(r.opts)], kgo.ConsumePartitions(left))...)
	if err != nil {
		r.t.Fatal(err)
	}
	defer client.Close()
	for total > 0 {
		fetches := client.PollFetches(r.t.Context())
		fetches.EachRecord(func(rec *kgo.Record) { fn(rec); total-- })
	}
}

// scriptedSender is a provider that accepts unless its script says otherwise.
type scriptedSender struct {
	latency func() time.Duration
	// script returns what a send ends with; nil accepts. accept says whether
	// the message was accepted all the same.
	script func(n ports.Notification, nth int) (failure *domain.Failure, accept bool)
	// down makes look-ups fail.
	down func() bool

	mu       sync.Mutex
	accepted map[domain.Key]int
	calls    map[domain.Key]int
	order    []string
	total    int
	inFlight map[string]int
	overlaps int
}

func (s *scriptedSender) Handle(n ports.Notification) string { return n.Key.String() }

func (s *scriptedSender) Send(_ context.Context, n ports.Notification) (ports.Receipt, error) {
	s.begin(n)
	time.Sleep(s.latency())
	return s.end(n)
}

func (s *scriptedSender) begin(n ports.Notification) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.inFlight == nil {
		s.inFlight, s.calls = map[string]int{}, map[domain.Key]int{}
	}
	if s.inFlight[n.Event.AppointmentID]++; s.inFlight[n.Event.AppointmentID] > 1 {
		s.overlaps++
	}
	s.calls[n.Key]++
	s.total++
}

func (s *scriptedSender) end(n ports.Notification) (ports.Receipt, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inFlight[n.Event.AppointmentID]--
	if s.script != nil {
		if f, accept := s.script(n, s.calls[n.Key]); f != nil {
			if accept {
				s.accept(n)
			}
			return ports.Receipt{}, f
		}
	}
	s.accept(n)
	return ports.Receipt{ProviderID: n.Key.Reference()}, nil
}

func (s *scriptedSender) accept(n ports.Notification) {
	s.accepted[n.Key]++
	s.order = append(s.order, fmt.Sprintf("%s %s", n.Event.AppointmentID, n.Event.Time.UTC().Format(time.RFC3339)))
}

func (s *scriptedSender) LookUp(_ context.Context, q ports.LookUp) (ports.Receipt, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down != nil && s.down() {
		return ports.Receipt{}, &domain.Failure{Class: domain.ClassTransient, Code: "fake.down", Unreachable: true}
	}
	key, err := domain.ParseKey(q.Handle)
	if err != nil {
		return ports.Receipt{}, &domain.Failure{Class: domain.ClassUnknownOutcome, Code: "fake.handle"}
	}
	if s.accepted[key] == 0 {
		return ports.Receipt{}, ports.ErrNotFound
	}
	return ports.Receipt{ProviderID: key.Reference()}, nil
}

// doubled returns how many accepts were one too many.
func (s *scriptedSender) doubled() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, times := range s.accepted {
		n += times - 1
	}
	return n
}

func (s *scriptedSender) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.accepted)
}

type countingObserver struct {
	ports.NoObserver
	mu       sync.Mutex
	outcomes map[string]int
	halts    []ports.Halt
}

func (o *countingObserver) Finished(_ domain.Channel, f ports.Finish) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.outcomes[string(f.Outcome.Status)+string(f.Outcome.Reason)]++
}

func (o *countingObserver) Halted(_ domain.Channel, h ports.Halt) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.halts = append(o.halts, h)
}

func (o *countingObserver) outcome(what string) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.outcomes[what]
}
