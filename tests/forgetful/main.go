// Command forgetful is an e-mail worker whose ledger forgets everything when
// its process ends: the same consumer, the same rules, and a plain HTTP sender.
// Tests and measurements compare the real worker with it; a chaos test that
// finds no duplicate here could not find one anywhere. With LEDGER=kafka it
// remembers, so that a measurement of both differs in the ledger only.
package main

import (
	"context"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/zap"

	"github.com/kafka-notifications/kafka-notifications/libs/delivery"
	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/durable"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/engine"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/kafkaclient"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/ledgerlog"
	"github.com/kafka-notifications/kafka-notifications/libs/ledger"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/tests/formsender"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	log := zap.Must(zap.NewDevelopment())
	if err := run(ctx, log); err != nil {
		log.Fatal("stopped", zap.Error(err))
	}
}

func run(ctx context.Context, log *zap.Logger) error {
	opts, err := kafkaclient.Options(kafkaclient.Config{Seeds: []string{os.Getenv("KAFKA_BOOTSTRAP_SERVERS")}, ClientID: "forgetful"}, log)
	if err != nil {
		return err
	}
	source := os.Getenv("KAFKA_TOPIC_APPOINTMENTS_CREATED")
	producer, err := durable.NewProducer(10*time.Second, opts...)
	if err != nil {
		return err
	}
	slots, err := strconv.Atoi(os.Getenv("DELIVERY_CONCURRENCY"))
	if err != nil {
		slots = 64
	}
	group := os.Getenv("KAFKA_GROUP_ID")
	rate := delivery.NewRate(0)
	deliverer := delivery.New(delivery.Config{
		Channel: domain.Email, Timeout: 10 * time.Second, Settle: time.Second, Visibility: time.Second,
		MaxAttempts: 8, MaxElapsed: 30 * time.Minute,
	}, delivery.Deps{
		Sender:      formsender.New(os.Getenv("MAILGUN_API_BASE_URL"), os.Getenv("MAILGUN_DOMAIN"), slots),
		DeadLetters: &durable.DeadLetters{Producer: producer, Topic: source + ".dlq", Group: group, Observer: ports.NoObserver{}, Enabled: true},
		Outcomes:    &durable.Outcomes{Producer: producer, Topic: os.Getenv("KAFKA_TOPIC_OUTCOMES"), Observer: ports.NoObserver{}},
		Observer:    ports.NoObserver{}, Gate: delivery.NewGate(domain.Email, ports.NoObserver{}), Rate: rate,
	})
	consumer := engine.NewConsumer(engine.Config{
		Channel: domain.Email, Source: source, Replay: source + ".replay.email", Group: group,
		InstanceID: os.Getenv("KAFKA_GROUP_INSTANCE_ID"), MaxPollRecords: 50, PollTimeout: time.Second,
		SessionTimeout: 3 * time.Second, DrainTimeout: 20 * time.Second,
	}, engine.Deps{
		Deliverer: deliverer, Ledgers: ledgers(producer, opts), Writer: producer, Slots: delivery.NewSlots(slots),
		Rate: rate, Observer: ports.NoObserver{}, Log: log, Client: opts,
		Check: func(ctx context.Context) (int, error) { return partitions(ctx, source, opts) },
	})
	return consumer.Run(ctx)
}

// ledgers returns those that LEDGER names.
func ledgers(p *durable.Producer, opts []kgo.Opt) engine.LedgerOpener {
	if os.Getenv("LEDGER") != "kafka" {
		return forgetful{}
	}
	topic := strings.ReplaceAll(os.Getenv("KAFKA_TOPIC_LEDGER"), "{channel}", string(domain.Email))
	return opener{&ledgerlog.Store{Topic: topic, Channel: domain.Email, Producer: p, Reader: opts}}
}

func partitions(ctx context.Context, source string, opts []kgo.Opt) (int, error) {
	client, err := kgo.NewClient(opts...)
	if err != nil {
		return 0, err
	}
	defer client.Close()
	details, err := kadm.NewClient(client).ListTopics(ctx, source)
	return len(details[source].Partitions), err
}

// opener gives the engine ledgers on a topic.
type opener struct{ store *ledgerlog.Store }

// Open implements engine.LedgerOpener.
func (o opener) Open(ctx context.Context, p int32, progress func(read, of int64)) (engine.OwnedLedger, error) {
	l, err := o.store.Open(ctx, p, progress)
	if err != nil {
		return nil, err
	}
	return l, nil
}

// forgetful opens a fresh memory for each owner.
type forgetful struct{}

// Open implements engine.LedgerOpener.
func (forgetful) Open(context.Context, int32, func(read, of int64)) (engine.OwnedLedger, error) {
	return memory{ledger.NewMemory()}, nil
}

type memory struct{ *ledger.Memory }

// Broken implements engine.OwnedLedger: memory does not break.
func (memory) Broken() <-chan struct{} { return nil }

// Err implements engine.OwnedLedger.
func (memory) Err() error { return nil }

// Late implements engine.OwnedLedger.
func (memory) Late() <-chan struct{} { return nil }

// Keys implements engine.OwnedLedger.
func (memory) Keys() int { return 0 }
