package replay_test

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/zap"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/envelope"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/topics"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/index"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/replay"
)

// rig is a broker with all topics.
type rig struct {
	*testing.T
	cluster *kfake.Cluster
	cfg     replay.Config
	client  *kgo.Client
}

func newRig(t *testing.T) *rig {
	t.Helper()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	r := &rig{T: t, cluster: cluster, cfg: replay.Config{
		Opts: []kgo.Opt{kgo.SeedBrokers(cluster.ListenAddrs()...)},
		Topics: topics.Config{
			Source: "appointments.created", DLQ: "appointments.created.dlq",
			Replay: "appointments.created.replay.{channel}", Ledger: "notifications.{channel}.ledger",
			LedgerRetention: 216 * time.Hour, Partitions: 3, ReplicationFactor: 1,
		},
		Limit: 10_000, Log: zap.NewNop(),
	}}
	r.client = r.newClient()
	if _, err := topics.Ensure(t.Context(), kadm.NewClient(r.client), r.cfg.Topics); err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *rig) newClient(opts ...kgo.Opt) *kgo.Client {
	r.Helper()
	opts = append(opts, kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.FetchMaxWait(20*time.Millisecond))
	client, err := kgo.NewClient(append(opts, r.cfg.Opts...)...)
	if err != nil {
		r.Fatal(err)
	}
	r.Cleanup(client.Close)
	return client
}

// letter is the n-th of a made-up series of dead letters.
func letter(n int, ch domain.Channel, class domain.Class) ports.DeadLetter {
	at := time.Date(2026, 5, 4, 9, 30, 0, 0, time.UTC).Add(time.Duration(n) * time.Second)
	return ports.DeadLetter{
		Channel: ch, Attempts: 1, FirstFailedAt: at, FailedAt: at,
		Failure: &domain.Failure{Class: class, Code: "provider.400", Detail: "it was refused"},
		Record: &ports.Record{
			Topic: "appointments.created", Partition: int32(n % 3), Offset: int64(n), Timestamp: at,
			Key: fmt.Appendf(nil, "a-%d", n), Value: fmt.Appendf(nil, `{"appointment_id":"a-%d","phone_e164":"+15550100001"}`, n),
			Headers: []ports.Header{{Key: "traceparent", Value: fmt.Appendf(nil, "00-%d", n)}},
		},
	}
}

func id(n int) string { return envelope.ID(domain.SMS, letter(n, domain.SMS, "").Record.Origin()) }

// fill puts n SMS of class recipient_rejected into the dead-letter topic.
func (r *rig) fill(n int) {
	r.Helper()
	var records []*kgo.Record
	for i := range n {
		records = append(records, envelope.Record(r.cfg.Topics.DLQ, letter(i, domain.SMS, domain.ClassRecipientRejected), "workers"))
	}
	r.produce(records...)
}

func (r *rig) produce(records ...*kgo.Record) {
	r.Helper()
	if err := r.client.ProduceSync(r.Context(), records...).FirstErr(); err != nil {
		r.Fatal(err)
	}
}

func (r *rig) session() *replay.Session {
	r.Helper()
	s, err := r.cfg.Start(r.Context())
	if err != nil {
		r.Fatal(err)
	}
	r.Cleanup(s.Close)
	return s
}

// order is what most tests order.
func order() replay.Order {
	return replay.Order{Filter: index.Filter{Channels: []string{"sms"}}, Who: "tester", Reason: "repaired", Rate: 2000}
}

// run plans and runs o in a session of its own.
func (r *rig) run(o replay.Order, opts replay.Options) replay.Job {
	r.Helper()
	s := r.session()
	defer s.Close()
	job, err := s.Run(r.Context(), replay.NewJob(o, s.Plan(o).Bounds, time.Now()), withPatience(opts))
	if err != nil {
		r.Fatal(err)
	}
	return job
}

func withPatience(o replay.Options) replay.Options {
	if o.Patience == 0 {
		o.Patience = 10 * time.Second
	}
	return o
}

// read returns all records of a topic that are there now.
func (r *rig) read(topic string) []*kgo.Record {
	r.Helper()
	ends, err := kadm.NewClient(r.client).ListCommittedOffsets(r.Context(), topic)
	if err != nil {
		r.Fatal(err)
	}
	client := r.newClient(kgo.ConsumeTopics(topic), kgo.KeepControlRecords(), kgo.ConsumeStartOffset(kgo.NewOffset().AtStart()))
	defer client.Close()
	var records []*kgo.Record
	left := make(map[int32]int64)
	ends.Each(func(o kadm.ListedOffset) {
		if o.Offset > 0 {
			left[o.Partition] = o.Offset
		}
	})
	for len(left) > 0 {
		for _, record := range client.PollFetches(r.Context()).Records() {
			if !record.Attrs.IsControl() {
				records = append(records, record)
			}
			if record.Offset+1 >= left[record.Partition] {
				delete(left, record.Partition)
			}
		}
		if err := r.Context().Err(); err != nil {
			r.Fatal(err)
		}
	}
	return records
}

// audits returns the audit records.
func (r *rig) audits() []replay.AuditRecord {
	r.Helper()
	var out []replay.AuditRecord
	for _, record := range r.read(topics.Audit) {
		var a replay.AuditRecord
		if err := json.Unmarshal(record.Value, &a); err != nil {
			r.Fatal(err)
		}
		out = append(out, a)
	}
	return out
}

// worker stands in for a channel's worker: it reads replays, decides, and says
// what became of them, as a worker does.
type worker struct {
	*rig
	channel domain.Channel
	// decide returns the outcome of a replay that was not sent before.
	decide func(*ports.Replay) domain.Outcome

	mu   sync.Mutex
	sent map[string]int
}

// work starts a worker for SMS that lasts as long as the test.
func (r *rig) work(decide func(*ports.Replay) domain.Outcome) *worker {
	r.Helper()
	w := &worker{rig: r, channel: domain.SMS, decide: decide, sent: make(map[string]int)}
	ctx, stop := context.WithCancel(context.WithoutCancel(r.Context()))
	client := r.newClient(kgo.ConsumeTopics(r.cfg.Topics.ReplayFor(w.channel)), kgo.ConsumeStartOffset(kgo.NewOffset().AtStart()))
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			for _, record := range client.PollFetches(ctx).Records() {
				w.handle(ctx, client, record)
			}
		}
	}()
	r.Cleanup(func() { stop(); <-done })
	return w
}

func (w *worker) handle(ctx context.Context, client *kgo.Client, r *kgo.Record) {
	replayed, _, err := envelope.Replay(w.channel, envelope.FromKafka(r.Headers))
	if err != nil {
		w.Errorf("not a replay: %v", err)
		return
	}
	outcome := domain.Skipped(domain.SkipAlreadySent)
	if w.count(replayed.DeadLetterID) == 0 {
		outcome = w.decide(replayed)
	}
	if outcome.Status == "" {
		return // This one stays in doubt.
	}
	var records []*kgo.Record
	if outcome.Status == domain.StatusDeadLettered {
		record := &ports.Record{Topic: r.Topic, Partition: r.Partition, Offset: r.Offset, Timestamp: r.Timestamp, Key: r.Key, Value: r.Value, Headers: envelope.FromKafka(r.Headers), Replay: replayed}
		records = append(records, envelope.Record(w.cfg.Topics.DLQ, ports.DeadLetter{
			Record: record, Channel: w.channel, Failure: outcome.Failure, Attempts: 1, FirstFailedAt: time.Now(), FailedAt: time.Now(),
		}, "workers"))
	}
	key, value, err := envelope.EncodeResolution(envelope.ResolutionOf(ports.Resolution{
		DeadLetterID: replayed.DeadLetterID, Channel: w.channel, Job: replayed.Job, ReplayCount: replayed.Count, Outcome: outcome, At: time.Now(),
	}))
	if err != nil {
		w.Error(err)
	}
	if outcome.Status == domain.StatusSent {
		w.mu.Lock()
		w.sent[replayed.DeadLetterID]++
		w.mu.Unlock()
	}
	for _, record := range append(records, &kgo.Record{Topic: topics.Resolutions, Key: key, Value: value}) {
		if err := client.ProduceSync(ctx, record).FirstErr(); err != nil && ctx.Err() == nil {
			w.Error(err)
		}
	}
}

func (w *worker) count(id string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.sent[id]
}

// sends returns how many dead letters were sent, and how many of them twice.
func (w *worker) sends() (sent, doubled int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, n := range w.sent {
		if n > 1 {
			doubled++
		}
	}
	return len(w.sent), doubled
}

func accept(*ports.Replay) domain.Outcome { return domain.Sent("SM1") }

func refuse(*ports.Replay) domain.Outcome {
	return domain.DeadLettered(&domain.Failure{Class: domain.ClassRecipientRejected, Code: "twilio.21211"})
}

func hesitate(*ports.Replay) domain.Outcome { return domain.Outcome{} }
