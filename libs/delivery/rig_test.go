package delivery_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/delivery"
	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ledger"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/libs/ports/fake"
)

// The times of the rig's channel: L, N and V of the protocol.
const (
	timeout    = 10 * time.Second
	settleTime = 30 * time.Second
	visibility = 30 * time.Minute
	proof      = timeout + settleTime + visibility
)

// rig is one channel without Kafka, in virtual time: a scripted provider, the
// ledger in memory, and a journal of everything durable.
type rig struct {
	t         *testing.T
	cfg       delivery.Config
	provider  *fake.Sender
	ledger    *ledger.Memory
	gate      *delivery.Gate
	slots     *delivery.Slots
	deliverer *delivery.Deliverer
	// tells is set where a settlement and an outcome are not waited for.
	tells bool
	// watch is nil unless a test is about it.
	watch *delivery.Watch
	// tracer is nil unless a test is about it.
	tracer   ports.Tracer
	observer *observer
	begin    time.Time
	offset   int64
	// reach is the time to which the ledger remembers.
	reach time.Time
	// seen is the highest source offset that the ledger held at the takeover.
	seen int64
	// takeover, where set, is when this owner took the ledger over: the lease of
	// whatever was claimed before counts from then.
	takeover time.Time
	// onSend, onHandle and onWrite, where set, run on each call.
	onSend, onHandle func()
	// named is set where the provider's ids are known from the handle.
	named   bool
	onWrite func(what string) error
	// onLookUp, where set, may answer a look-up.
	onLookUp func() *domain.Failure
	// lag, where set, is how old a message has to be before a look-up shows it.
	lag func(claimed time.Time) time.Duration
	// others are deliveries beside the one that a test is about.
	others sync.WaitGroup

	mu sync.Mutex
	// sends and asks are when the provider was called, since the beginning.
	sends, asks []time.Duration
	// notes are what was handed to the provider's adapter.
	notes []ports.Notification
	// deadlines are how long each send had left.
	deadlines []time.Duration
	// claims are those that are acknowledged and not settled.
	claims  map[domain.Key]ports.Claim
	journal []string
	// steps is the journal with what was told to others.
	steps    []string
	dead     []ports.DeadLetter
	told     []ports.Conclusion
	resolved []ports.Resolution
}

// inRig runs a test in virtual time, once with ledger and outcomes that are waited
// for, once with those that tell when they are done. edit changes the channel's rules.
func inRig(t *testing.T, test func(r *rig), edit ...func(*delivery.Config)) {
	t.Helper()
	inOneRig(t, false, test, edit...)
	inOneRig(t, true, test, edit...)
}

func inOneRig(t *testing.T, tells bool, test func(r *rig), edit ...func(*delivery.Config)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := &rig{
			tells: tells,
			t:     t, provider: &fake.Sender{}, ledger: ledger.NewMemory(), begin: time.Now(), slots: delivery.NewSlots(4),
			claims: map[domain.Key]ports.Claim{}, observer: &observer{waiting: map[ports.Wait]int{}},
			cfg: delivery.Config{
				Channel: domain.Email, Timeout: timeout, Settle: settleTime, Visibility: visibility,
				MaxAttempts: 8, MaxElapsed: 30 * time.Minute,
			},
		}
		for _, e := range edit {
			e(&r.cfg)
		}
		r.gate = delivery.NewGate(r.cfg.Channel, r.observer)
		r.limit(0)
		test(r)
		r.others.Wait()
		if !r.slots.Idle() || r.slots.Sending() != 0 {
			t.Error("slots are missing afterwards")
		}
		r.observer.wantNobodyWaiting(t)
	})
}

// limit makes the channel send at most so many messages in a second.
func (r *rig) limit(perSecond float64) {
	r.deliverer = delivery.New(r.cfg, delivery.Deps{
		Sender: (*wire)(r), DeadLetters: (*stores)(r), Outcomes: r.outcomes(), Resolutions: (*stores)(r),
		Observer: r.observer, Tracer: r.tracer, Gate: r.gate, Rate: delivery.NewRate(perSecond), Watch: r.watch,
	})
}

func (r *rig) since() time.Duration { return time.Since(r.begin) }

// event makes the next record of the topic: an appointment of tomorrow.
func (r *rig) event(id string, edit ...func(map[string]any)) *ports.Record {
	r.t.Helper()
	fields := map[string]any{
		"appointment_id": id, "time": r.begin.Add(24 * time.Hour).Format(time.RFC3339),
		"email": strings.ToLower(id) + "@patients.example", "notify": map[string]any{"email": true},
	}
	for _, e := range edit {
		e(fields)
	}
	value, err := json.Marshal(fields)
	if err != nil {
		r.t.Fatal(err)
	}
	r.offset++
	return &ports.Record{
		Topic: "appointments.created", Offset: r.offset, Timestamp: time.UnixMilli(time.Now().UnixMilli()),
		Key: []byte(id), Value: value,
	}
}

func at(when time.Time) func(map[string]any) {
	return func(f map[string]any) { f["time"] = when.Format(time.RFC3339) }
}

func with(name string, value any) func(map[string]any) {
	return func(f map[string]any) { f[name] = value }
}

// replay makes rec the nth replay of the dead letter of a record.
func replay(rec *ports.Record, class domain.Class, n int, acceptDuplicate bool) *ports.Record {
	again := *rec
	again.Topic, again.Offset, again.Timestamp = "replay", int64(100+n), time.Now()
	// The origin comes from a header: the same moment, in another form.
	origin := rec.Origin()
	origin.Timestamp = origin.Timestamp.In(time.FixedZone("header", 0))
	again.Replay = &ports.Replay{
		DeadLetterID: fmt.Sprintf("dead-letter-of-%d", rec.Offset), Job: "job", Count: n, Class: string(class),
		AcceptDuplicate: acceptDuplicate, Origin: origin,
	}
	return &again
}

// deliver takes a record to its outcome.
func (r *rig) deliver(ctx context.Context, rec *ports.Record) (domain.Outcome, error) {
	return r.work(ctx, delivery.NewTask(domain.NewDecoder(), rec))
}

func (r *rig) work(ctx context.Context, task delivery.Task) (domain.Outcome, error) {
	slot, err := r.slots.Start(ctx)
	if err != nil {
		return domain.Outcome{}, err
	}
	return r.deliverer.Deliver(ctx, task, r.memory(), slot)
}

// outcome is deliver where no error may happen, as text.
func (r *rig) outcome(rec *ports.Record) string {
	r.t.Helper()
	o, err := r.deliver(r.t.Context(), rec)
	if err != nil {
		r.t.Fatalf("no outcome: %v", err)
	}
	return text(o)
}

// text is an outcome in a few words: "sent", "skipped already_sent",
// "dead_lettered unknown_outcome fake.x".
func text(o domain.Outcome) string {
	words := []string{string(o.Status), string(o.Reason)}
	if o.Failure != nil {
		words = append(words, string(o.Failure.Class), o.Failure.Code)
	}
	return strings.Join(strings.Fields(strings.Join(words, " ")), " ")
}

// want compares what a test is about, as text, so that a failure reads alike
// everywhere.
func (r *rig) want(what string, got, want any) {
	r.t.Helper()
	if g, w := fmt.Sprint(got), fmt.Sprint(want); g != w {
		r.t.Errorf("%s: %s, want %s", what, g, w)
	}
}

// accepted returns how often the provider accepted a message.
func (r *rig) accepted() int { return len(r.provider.Accepted()) }
