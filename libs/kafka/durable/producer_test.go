package durable

import (
	"context"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

const (
	dlqTopic    = "appointments.created.dlq"
	ledgerTopic = "notifications.email.ledger"
)

// tick lets virtual time pass.
func tick(d time.Duration) { <-time.After(d) }

// producer returns a producer that is closed before the broker is.
func producer(t *testing.T, opts []kgo.Opt) *Producer {
	t.Helper()
	p, err := NewProducer(10*time.Second, opts...)
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
