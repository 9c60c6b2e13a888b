package engine

import (
	"context"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/kafka/durable"
)

// foreignProducer returns a producer that no worker of the rig uses; it is closed
// before the broker is.
func foreignProducer(t *testing.T, opts []kgo.Opt) *durable.Producer {
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
