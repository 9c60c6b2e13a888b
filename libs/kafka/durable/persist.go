package durable

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// refusal is a topic that refuses records, as readiness shows it. It lasts while
// writers wait for that topic, and is removed with the last of them, whether that
// writer succeeded or was given up together with its lane.
type refusal struct {
	since   time.Time
	writers int
}

// Persist writes to a topic until it succeeds or ctx is over: a refusal (a
// missing topic, a missing permission) holds up one record and raises an alarm,
// it does not stop the others.
func (p *Producer) Persist(ctx context.Context, topic string, o ports.Observer, ch domain.Channel, write func(context.Context) error) error {
	err := write(ctx)
	if final(ctx, err) {
		return err
	}
	return p.persist(ctx, topic, o, ch, err, write)
}

// PersistRecord is Persist for a record that stays as it is.
func (p *Producer) PersistRecord(ctx context.Context, r *kgo.Record, o ports.Observer, ch domain.Channel) error {
	err := p.ProduceSync(ctx, r)
	if final(ctx, err) {
		return err
	}
	return p.persistRecord(ctx, r, o, ch, err)
}

// persistRecord is persist for a record that stays as it is.
func (p *Producer) persistRecord(ctx context.Context, r *kgo.Record, o ports.Observer, ch domain.Channel, err error) error {
	return p.persist(ctx, r.Topic, o, ch, err, func(ctx context.Context) error { return p.ProduceSync(ctx, r) })
}

// persist writes again after a first try has ended with err.
func (p *Producer) persist(ctx context.Context, topic string, o ports.Observer, ch domain.Channel, err error, write func(context.Context) error) error {
	p.refuse(topic)
	defer p.relent(topic)
	for pause := time.Second; ; pause = min(2*pause, 30*time.Second) {
		alert(o, ch, fmt.Sprintf("cannot write to %s, trying again: %v", topic, err))
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return fmt.Errorf("write to %s: %w", topic, err)
		}
		if err = write(ctx); final(ctx, err) {
			return err
		}
	}
}

// alert raises the alarm. An observer that panics must not end the write, nor the
// process: after an accept, the outcome is written again on a goroutine without another
// recover.
func alert(o ports.Observer, ch domain.Channel, detail string) {
	defer func() {
		if v := recover(); v != nil {
			defer func() { _ = recover() }() // Panicked may panic as well
			o.Panicked(ch, v, debug.Stack())
		}
	}()
	o.Alert(ch, "kafka.write", detail)
}

// final reports whether there is no point in writing again.
func final(ctx context.Context, err error) bool {
	return err == nil || ctx.Err() != nil || errors.Is(err, kgo.ErrClientClosed)
}

func (p *Producer) refuse(topic string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	r := p.refused[topic]
	if r == nil {
		r = &refusal{since: time.Now()}
		p.refused[topic] = r
	}
	r.writers++
}

func (p *Producer) relent(topic string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	r := p.refused[topic]
	if r.writers--; r.writers == 0 {
		delete(p.refused, topic)
	}
}

// Ready returns an error while something that must not be lost cannot be
// written: it names the partition that has waited longest, or a topic that
// refuses.
func (p *Producer) Ready() error {
	if late := p.Overdue(); len(late) > 0 {
		others := ""
		if n := len(late) - 1; n > 0 {
			others = fmt.Sprintf(" (and %d more partitions)", n)
		}
		return fmt.Errorf("kafka has acknowledged nothing on %s/%d for %s%s",
			late[0].Topic, late[0].Partition, late[0].For.Round(time.Second), others)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for topic, r := range p.refused {
		return fmt.Errorf("nothing can be written to %s since %s, see the log", topic, r.since.UTC().Format(time.RFC3339))
	}
	return nil
}

// Overdue returns the partitions whose oldest record has waited for its
// acknowledgement for longer than the timeout, the longest first.
func (p *Producer) Overdue() []Overdue { return p.pending.older(p.timeout) }
