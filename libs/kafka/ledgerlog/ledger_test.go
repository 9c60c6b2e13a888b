package ledgerlog

import (
	"context"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/durable"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/kafkatest"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/libs/ports/portstest"
)

// topic is the ledger of most tests.
const topic = "notifications.email.ledger"

// tick lets virtual time pass.
func tick(d time.Duration) { <-time.After(d) }

// producer returns a producer that is closed before the broker is.
func producer(t *testing.T, opts []kgo.Opt) *durable.Producer {
	t.Helper()
	p, err := durable.NewProducer(10*time.Second, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
		defer cancel()
		_ = p.Close(ctx)
	})
	return p
}

// owner opens the ledger with a producer of its own, as another process would.
func owner(t *testing.T, opts []kgo.Opt) *Ledger {
	t.Helper()
	store := &Store{Topic: topic, Channel: domain.Email, Producer: producer(t, opts), Reader: opts}
	l, err := store.Open(t.Context(), 0, unseen)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestTheLedgerKeepsItsContract(t *testing.T) {
	for name, as := range waysToSettle() {
		t.Run(name, func(t *testing.T) {
			portstest.TestLedger(t, func(t *testing.T) portstest.LedgerHarness {
				_, opts := kafkatest.Broker(t, 1, topic)
				return portstest.LedgerHarness{
					Ledger:   as(owner(t, opts)),
					TakeOver: func(t *testing.T) ports.Ledger { return as(owner(t, opts)) },
				}
			})
		})
	}
}

// waysToSettle are the two that a ledger has.
func waysToSettle() map[string]func(*Ledger) ports.Ledger {
	return map[string]func(*Ledger) ports.Ledger{
		"waited for": func(l *Ledger) ports.Ledger { return l },
		"told of":    func(l *Ledger) ports.Ledger { return portstest.Settling(l) },
	}
}

// unseen is the progress that no test looks at.
func unseen(int64, int64) {}
