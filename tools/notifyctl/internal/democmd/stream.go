package democmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// published remembers every record that the demo wrote and what has to become
// of it.
type published struct {
	mu      sync.Mutex
	records []*record
}

// record is one published record.
type record struct {
	partition int32
	offset    int64
	// recipient is empty for a record that must be dead-lettered.
	recipient string
	// repeat is set on an event that was published before.
	repeat bool
}

func newLedgerOfPublished() *published { return &published{} }

func (p *published) all() []*record {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.records[:len(p.records):len(p.records)]
}

// stream publishes appointments until ctx is over.
func (d *demo) stream(ctx context.Context) error {
	tick := time.NewTicker(time.Second / time.Duration(max(1, d.cmd.Rate)))
	defer tick.Stop()
	for n := 0; ; n++ {
		if err := d.publish(ctx, n); err != nil && ctx.Err() == nil {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// burst publishes n valid appointments at once.
func (d *demo) burst(ctx context.Context, n int) error {
	var failed error
	for i := range n {
		failed = errors.Join(failed, d.write(ctx, fmt.Sprintf("burst-%d-%d", time.Now().UnixMilli(), i), false, nil))
	}
	return failed
}

// Every so many appointments one is bad, and one is published twice.
const (
	badEvery    = 12
	repeatEvery = 9
)

func (d *demo) publish(ctx context.Context, n int) error {
	id := fmt.Sprintf("appointment-%d", 1000+n)
	switch {
	case n%badEvery == badEvery-1:
		spoil := spoilers()
		return d.write(ctx, id, false, spoil[n/badEvery%len(spoil)])
	case n%repeatEvery == repeatEvery-1:
		return errors.Join(d.write(ctx, id, false, nil), d.write(ctx, id, true, nil))
	default:
		return d.write(ctx, id, false, nil)
	}
}

// spoilers are ways in which a publisher gets an event wrong.
func spoilers() []func(map[string]any) {
	return []func(map[string]any){
		func(e map[string]any) { delete(e, "email") },
		func(e map[string]any) { e["time"] = "2031-05-04T10:00:00" },
		func(e map[string]any) { e["email"] = "one@patients.example, two@patients.example" },
		func(e map[string]any) { e["timezone"] = "Europe/Atlantis" },
	}
}

// write publishes one appointment and waits until Kafka has it.
func (d *demo) write(ctx context.Context, id string, repeat bool, spoil func(map[string]any)) error {
	at := time.Now().Add(48 * time.Hour).UTC().Truncate(time.Hour).Format(time.RFC3339)
	recipient := id + "@patients.example"
	event := map[string]any{
		"appointment_id": id, "user_id": 7, "time": at, "timezone": "Europe/Berlin",
		"email": recipient, "notify": map[string]bool{"email": true},
	}
	if spoil != nil {
		spoil(event)
		recipient = ""
	}
	value, err := json.Marshal(event)
	if err != nil {
		return fmt.Errorf("encode event: %w", err)
	}
	d.published.mu.Lock()
	defer d.published.mu.Unlock()
	written, err := d.client.ProduceSync(context.WithoutCancel(ctx), &kgo.Record{Topic: sourceTopic, Key: []byte(id), Value: value}).First()
	if err != nil {
		return fmt.Errorf("publish: %w", err)
	}
	d.published.records = append(d.published.records, &record{
		partition: written.Partition, offset: written.Offset, recipient: recipient, repeat: repeat,
	})
	return nil
}
