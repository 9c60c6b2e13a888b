package outcomelog

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/zap"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/durable"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/envelope"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/kafkatest"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/libs/ports/fake"
	"github.com/kafka-notifications/kafka-notifications/libs/receipts"
)

const (
	topic       = "notifications.outcomes"
	resolutions = "notifications.dlq.resolutions"
	group       = "notifications-email-worker" + GroupSuffix
	poll        = time.Minute
	horizon     = 72 * time.Hour
)

// rig is the topic on an embedded broker in virtual time, a provider, and any number of
// workers that follow it.
type rig struct {
	*testing.T
	cluster  *kfake.Cluster
	opts     []kgo.Opt
	admin    *kadm.Client
	producer *durable.Producer
	outcomes *durable.Outcomes
	provider *fake.Receipts
	offset   int64
	// fromCommit lets each start begin at the commit, as for a provider whose word is
	// the last.
	fromCommit bool
	// trace is what outcomes carry; tracer is nil unless a test is about it.
	trace  ports.TraceContext
	tracer *tracer
}

func inRig(t *testing.T, partitions int32, test func(r *rig)) {
	// Made outside of the bubble, it keeps real time.
	limit := time.AfterFunc(2*time.Minute, func() {
		debug.SetTraceback("all")
		panic(t.Name() + ": virtual time stands still")
	})
	defer limit.Stop()
	synctest.Test(t, func(t *testing.T) {
		cluster, opts := kafkatest.Broker(t, partitions, topic)
		r := &rig{T: t, cluster: cluster, opts: opts, provider: &fake.Receipts{}}
		r.provider.Limits = ports.ReceiptBounds{Basis: ports.SpanOfEvents, Keeps: 100 * time.Hour, Settled: 30 * time.Minute}
		r.admin = kadm.NewClient(r.client())
		if _, err := r.admin.CreateTopic(t.Context(), 1, 1, nil, resolutions); err != nil {
			t.Fatal(err)
		}
		var err error
		if r.producer, err = durable.NewProducer(time.Minute, opts...); err != nil {
			t.Fatal(err)
		}
		defer func() { _ = r.producer.Close(context.WithoutCancel(t.Context())) }()
		r.outcomes = &durable.Outcomes{Producer: r.producer, Topic: topic, Observer: ports.NoObserver{}}
		test(r)
	})
}

func (r *rig) client() *kgo.Client {
	client, err := kgo.NewClient(r.opts...)
	if err != nil {
		r.Fatal(err)
	}
	r.Cleanup(client.Close)
	return client
}

// tell writes the outcome of one event.
func (r *rig) tell(id string, partition int32, o domain.Outcome, replay *ports.Replay) ports.Origin {
	r.offset++
	c := ports.Conclusion{
		Record: &ports.Record{
			Topic: "appointments.created", Partition: partition, Offset: r.offset, Timestamp: time.Now(), Replay: replay,
		},
		Event:   &domain.Event{AppointmentID: "of " + id, Status: domain.AppointmentConfirmed, Revision: new(int64(3))},
		Channel: domain.Email, Outcome: o, At: time.Now(), Trace: r.trace,
	}
	if replay != nil {
		replay.Origin = ports.Origin{Topic: "appointments.created", Partition: partition, Offset: r.offset, Timestamp: c.Record.Timestamp}
	}
	if err := r.outcomes.Tell(r.Context(), c); err != nil {
		r.Fatal(err)
	}
	return c.Record.Origin()
}

func (r *rig) sent(id string, partition int32) {
	r.tell(id, partition, domain.Sent(id), nil)
	r.provider.Accept(id, time.Now())
}

// becomes lets the provider tell something of a message.
func (r *rig) becomes(id string, kind domain.ReceiptKind) {
	r.provider.Tell(ports.Receipt{ProviderID: id, Kind: kind, Reason: "bounce", Code: "fake.550", At: time.Now()})
}

// worker is one process that follows the topic.
type worker struct {
	watcher *receipts.Watcher
	stop    func()
}

// start starts a worker. Killed, it neither commits nor leaves the group.
func (r *rig) start() *worker {
	reader := r.client()
	w := &Writer{
		Channel: domain.Email, Topic: topic, Producer: r.producer, Observer: ports.NoObserver{}, Reader: reader,
		Resolutions: &durable.Resolutions{Producer: r.producer, Topic: resolutions, Observer: ports.NoObserver{}},
	}
	if r.tracer != nil {
		w.Tracer = r.tracer
	}
	watcher := receipts.New(receipts.Config{Channel: domain.Email, Poll: poll, Horizon: horizon},
		receipts.Deps{Source: r.provider, Log: w, Observer: ports.NoObserver{}})
	f := New(Config{
		Channel: domain.Email, Topic: topic, Group: group, SessionTimeout: 15 * time.Second, Commit: poll, Horizon: horizon, Whole: !r.fromCommit,
	}, Deps{Watcher: watcher, Observer: ports.NoObserver{}, Log: zap.NewNop(), Client: r.opts, Reader: reader})
	ctx, cancel := context.WithCancel(context.Background())
	var run sync.WaitGroup
	run.Go(func() {
		if err := f.Run(ctx); err != nil {
			r.Error(err)
		}
	})
	return &worker{watcher: watcher, stop: func() {
		cancel()
		run.Wait()
	}}
}

// receipts returns the receipts in the topic, each as "id kind", sorted.
func (r *rig) receipts() (all []string) {
	for _, rec := range kafkatest.ReadAll(r.T, r.opts, topic) {
		o, err := envelope.DecodeOutcome(rec.Value)
		if err != nil {
			r.Fatal(err)
		}
		if o.Kind() == "" {
			continue
		}
		if string(rec.Key) != "of "+o.ProviderMessageID || o.AppointmentID != string(rec.Key) || o.Event.Partition != rec.Partition || *o.Revision != 3 {
			r.Errorf("a receipt is about something else: %s", rec.Value)
		}
		all = append(all, o.ProviderMessageID+" "+string(o.Outcome))
	}
	slices.Sort(all)
	return all
}

func (r *rig) want(what ...string) {
	r.Helper()
	if got := r.receipts(); !slices.Equal(got, what) {
		r.Errorf("the topic has %q, want %q", got, what)
	}
}

// committed returns the group's commits.
func (r *rig) committed() map[int32]int64 {
	all := map[int32]int64{}
	offsets, err := r.admin.FetchOffsets(r.Context(), group)
	if err != nil {
		r.Fatal(err)
	}
	offsets.Each(func(o kadm.OffsetResponse) { all[o.Partition] = o.At })
	return all
}

func TestReceiptsAreWrittenBesideTheirOutcomes(t *testing.T) {
	inRig(t, 3, func(r *rig) {
		w := r.start()
		defer w.stop()
		for i := range int32(6) {
			r.sent(fmt.Sprint("m", i), i%3)
		}
		r.tell("other", 0, domain.Skipped(domain.SkipSuperseded), nil)
		r.becomes("m0", domain.ReceiptDelivered)
		r.becomes("m1", domain.ReceiptUndelivered)
		<-time.After(5 * poll)
		r.want("m0 delivered", "m1 undelivered")
		if got, want := fmt.Sprint(r.committed()), "map[0:1 1:1 2:0]"; got != want {
			r.Errorf("committed %s, want %s: the oldest that waits", got, want)
		}
		<-time.After(horizon)
		r.want("m0 delivered", "m1 undelivered", "m2 unconfirmed", "m3 unconfirmed", "m4 unconfirmed", "m5 unconfirmed")
		<-time.After(2 * poll)
		if got, want := fmt.Sprint(r.committed()), "map[0:5 1:4 2:4]"; got != want {
			r.Errorf("committed %s, want %s: nothing waits", got, want)
		}
	})
}

// Whether a worker stops or dies: the next one asks for what still waits and for nothing
// else, and a late bounce is heard of by it.
func TestTheNextWorkerGoesOn(t *testing.T) {
	inRig(t, 2, func(r *rig) {
		first := r.start()
		for i := range int32(4) {
			r.sent(fmt.Sprint("m", i), i%2)
		}
		r.becomes("m0", domain.ReceiptDelivered)
		<-time.After(3 * time.Hour)
		first.stop()
		r.becomes("m1", domain.ReceiptDelivered)
		<-time.After(time.Hour)
		r.becomes("m0", domain.ReceiptUndelivered)
		second := r.start()
		defer second.stop()
		<-time.After(2 * time.Hour)
		r.want("m0 delivered", "m0 undelivered", "m1 delivered")
		if s := second.watcher.Status(); s.Waiting != 2 || s.Watched != 2 {
			r.Errorf("%+v", s)
		}
	})
}

// Two workers share the partitions; when one leaves, the other takes over what waits.
func TestPartitionsMove(t *testing.T) {
	inRig(t, 4, func(r *rig) {
		first, second := r.start(), r.start()
		<-time.After(time.Minute)
		for i := range int32(8) {
			r.sent(fmt.Sprint("m", i), i%4)
		}
		<-time.After(time.Minute)
		if a, b := first.watcher.Status().Waiting, second.watcher.Status().Waiting; a+b != 8 || a == 0 || b == 0 {
			r.Errorf("%d and %d wait", a, b)
		}
		first.stop()
		for i := range 8 {
			r.becomes(fmt.Sprint("m", i), domain.ReceiptDelivered)
		}
		<-time.After(10 * poll)
		second.stop()
		r.want("m0 delivered", "m1 delivered", "m2 delivered", "m3 delivered", "m4 delivered", "m5 delivered", "m6 delivered", "m7 delivered")
	})
}

// A receipt publishes the outcome of a doubtful message and resolves its dead letter,
// for its own round and no later one.
func TestAReceiptResolvesADeadLetter(t *testing.T) {
	inRig(t, 1, func(r *rig) {
		w := r.start()
		defer w.stop()
		unknown := domain.DeadLettered(&domain.Failure{Class: domain.ClassUnknownOutcome, Code: "fake.expired"})
		unknown.ProviderID = "m0"
		origin := r.tell("m0", 0, unknown, &ports.Replay{DeadLetterID: "the dead letter", Job: "a job", Count: 2})
		r.becomes("m0", domain.ReceiptDelivered)
		<-time.After(5 * poll)
		r.want("m0 delivered")
		proven := envelope.OutcomeID(ports.Conclusion{
			Record:  &ports.Record{Replay: &ports.Replay{Count: 2, Origin: origin}, Topic: origin.Topic, Partition: 0, Offset: origin.Offset, Timestamp: origin.Timestamp},
			Channel: domain.Email, Outcome: domain.Sent("m0"),
		})
		found := false
		for _, rec := range kafkatest.ReadAll(r.T, r.opts, topic) {
			o, _ := envelope.DecodeOutcome(rec.Value)
			found = found || o.ID == proven && o.Outcome == domain.StatusSent && o.DeadLetterID == "the dead letter" && o.ReplayJob == "a job"
		}
		var known envelope.Resolution
		for _, rec := range kafkatest.ReadAll(r.T, r.opts, resolutions) {
			if err := json.Unmarshal(rec.Value, &known); err != nil {
				r.Fatal(err)
			}
		}
		if !found || known.ID != "the dead letter" || known.Status != envelope.ResolutionSent || !known.Closes(2) || known.Closes(3) {
			r.Errorf("told %t, resolution %+v", found, known)
		}
		if s := w.watcher.Status(); s.Resolved != 1 || s.Waiting != 0 {
			r.Errorf("%+v", s)
		}
	})
}

// While the partition takes nothing, nothing is lost, and the commit stays.
func TestAPartitionThatTakesNothing(t *testing.T) {
	inRig(t, 1, func(r *rig) {
		w := r.start()
		defer w.stop()
		r.sent("m0", 0)
		<-time.After(time.Second)
		brk, mend := kafkatest.RefuseWrites(r.cluster, topic)
		brk()
		r.becomes("m0", domain.ReceiptDelivered)
		<-time.After(10 * poll)
		if c := r.committed(); c[0] != 0 {
			r.Errorf("committed %v", c)
		}
		mend()
		<-time.After(2 * poll)
		r.want("m0 delivered")
	})
}
