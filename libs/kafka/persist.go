package kafka

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// persist writes to a topic until it succeeds or ctx is over: a refusal (a
// missing topic, a missing permission) holds up one record and raises an alarm,
// it does not stop the others.
func (p *Producer) persist(ctx context.Context, topic string, o ports.Observer, ch domain.Channel, write func(context.Context) error) error {
	for pause := time.Second; ; pause = min(2*pause, 30*time.Second) {
		err := write(ctx)
		p.took(topic, err)
		if err == nil || errors.Is(err, kgo.ErrClientClosed) {
			return err
		}
		o.Alert(ch, "kafka.write", fmt.Sprintf("cannot write to %s, trying again: %v", topic, err))
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return fmt.Errorf("write to %s: %w", topic, err)
		}
	}
}

func (p *Producer) took(topic string, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err == nil {
		delete(p.refused, topic)
	} else if _, known := p.refused[topic]; !known {
		p.refused[topic] = time.Now()
	}
}
