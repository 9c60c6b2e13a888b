package replaytest

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/envelope"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/topics"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// Worker is a stand-in for a channel's worker: it reads replays, decides, and writes
// their resolutions.
type Worker struct {
	*Broker
	channel domain.Channel
	// decide returns the outcome of a replay whose message was not sent before.
	decide func(*ports.Replay) domain.Outcome
	// again reports whether a replay that was answered comes once more, as one does whose
	// worker was killed before its offset moved.
	again func(*ports.Replay) bool

	mu   sync.Mutex
	sent map[string]bool
	// seen counts the replays of each dead letter, by id and replay count.
	seen map[string]int
	// waits are the dead letters whose last replay was not answered; handled counts the
	// replays that the worker has processed.
	waits   map[string]bool
	handled int
}

// Work starts a worker for SMS that lasts as long as the test.
func (r *Broker) Work(decide func(*ports.Replay) domain.Outcome) *Worker {
	r.Helper()
	return r.WorkAgain(decide, func(*ports.Replay) bool { return false })
}

// WorkAgain is Work by a worker to which those replays come once more for which again
// returns true.
func (r *Broker) WorkAgain(decide func(*ports.Replay) domain.Outcome, again func(*ports.Replay) bool) *Worker {
	r.Helper()
	w := &Worker{Broker: r, channel: domain.SMS, decide: decide, again: again, sent: make(map[string]bool), seen: make(map[string]int), waits: make(map[string]bool)}
	ctx, stop := context.WithCancel(context.WithoutCancel(r.Context()))
	client := r.NewClient(kgo.ConsumeTopics(r.Config.Topics.ReplayFor(w.channel)), kgo.ConsumeStartOffset(kgo.NewOffset().AtStart()))
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			for _, record := range client.PollFetches(ctx).Records() {
				w.handle(ctx, client, record)
				w.mu.Lock()
				w.handled++
				w.mu.Unlock()
			}
		}
	}()
	r.Cleanup(func() { stop(); <-done })
	return w
}

func (w *Worker) handle(ctx context.Context, client *kgo.Client, r *kgo.Record) {
	replayed, _, err := envelope.Replay(w.channel, envelope.FromKafka(r.Headers))
	if err != nil {
		w.Errorf("not a replay: %v", err)
		return
	}
	outcome := domain.Skipped(domain.SkipAlreadySent)
	if w.isNew(replayed) {
		outcome = w.decide(replayed)
	}
	w.mu.Lock()
	w.waits[replayed.DeadLetterID] = outcome.Status == ""
	w.mu.Unlock()
	if outcome.Status == "" {
		return // stays in doubt
	}
	var records []*kgo.Record
	if outcome.Status == domain.StatusDeadLettered {
		record := &ports.Record{Topic: r.Topic, Partition: r.Partition, Offset: r.Offset, Timestamp: r.Timestamp, Key: r.Key, Value: r.Value, Headers: envelope.FromKafka(r.Headers), Replay: replayed}
		records = append(records, envelope.Record(w.Config.Topics.DLQ, ports.DeadLetter{
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
		w.sent[replayed.DeadLetterID] = true
		w.mu.Unlock()
	}
	for _, record := range append(records, &kgo.Record{Topic: topics.Resolutions, Key: key, Value: value}) {
		if err := client.ProduceSync(ctx, record).FirstErr(); err != nil && ctx.Err() == nil {
			w.Error(err)
		}
	}
	if w.again(replayed) {
		w.handle(ctx, client, r)
	}
}

// isNew counts the replay and reports whether its dead letter has not been sent yet.
func (w *Worker) isNew(r *ports.Replay) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seen[fmt.Sprint(r.DeadLetterID, r.Count)]++
	return !w.sent[r.DeadLetterID]
}

// Knows reports whether the dead letter was sent, and whether its last replay is
// unanswered.
func (w *Worker) Knows(id string) (sent, waits bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.sent[id], w.waits[id]
}

// Settle waits until the worker has processed all replays in the topic.
func (w *Worker) Settle() {
	w.Helper()
	want := len(w.Read(w.Config.Topics.ReplayFor(w.channel)))
	for {
		w.mu.Lock()
		n := w.handled
		w.mu.Unlock()
		if n >= want {
			return
		}
		select {
		case <-w.Context().Done():
			w.Fatal("the worker did not come to the end")
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// Sent returns how many dead letters were sent, and how many replays arrived more than
// once.
func (w *Worker) Sent() (sent, repeated int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, n := range w.seen {
		repeated += n - 1
	}
	return len(w.sent), repeated
}

// Accept sends.
func Accept(*ports.Replay) domain.Outcome { return domain.Sent("SM1") }

// Refuse dead-letters again.
func Refuse(*ports.Replay) domain.Outcome {
	return domain.DeadLettered(&domain.Failure{Class: domain.ClassRecipientRejected, Code: "twilio.21211"})
}

// Hesitate leaves the replay in doubt, without a resolution.
func Hesitate(*ports.Replay) domain.Outcome { return domain.Outcome{} }
