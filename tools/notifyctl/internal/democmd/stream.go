package democmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/tools/sandbox"
)

// published remembers every record that the demo wrote, with the expected outcome.
type published struct {
	mu      sync.Mutex
	records int
	wanted  []expectation
}

// expectation is the expected outcome of one record on one channel.
type expectation struct {
	channel string
	place
	// recipient is empty if the record must be dead-lettered and nothing may be sent.
	recipient string
	// message identifies the expected accept, see messageOf.
	message string
	// repeat is set on an event that was published before.
	repeat bool
	// appointment and revision show whether a newer event was published.
	appointment string
	revision    int
}

// place is the place of a record in the source topic.
type place struct {
	partition int32
	offset    int64
}

func (p *published) all() (records int, wanted []expectation) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.records, p.wanted[:len(p.wanted):len(p.wanted)]
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
		failed = errors.Join(failed, d.write(ctx, appointment{id: fmt.Sprintf("burst-%d-%d", time.Now().UnixMilli(), i)}))
	}
	return failed
}

// One in so many appointments is invalid, has an address that the provider refuses, or
// is published twice.
const (
	badEvery     = 12
	refusedEvery = 17
	repeatEvery  = 9
)

// appointment is one event of the demo.
type appointment struct {
	id string
	// at is the appointment's time, revision counts its changes from 1 on, status
	// is empty for the first event.
	at       time.Time
	revision int
	status   string
	// locale is empty where the event names none.
	locale  string
	refused bool
	repeat  bool
	spoil   func(map[string]any)
}

func (d *demo) publish(ctx context.Context, n int) error {
	a := appointment{id: fmt.Sprintf("appointment-%d", 1000+n), locale: localeOf(n)}
	switch {
	case n%badEvery == badEvery-1:
		spoil := spoilers()
		a.spoil = spoil[n/badEvery%len(spoil)]
	case n%refusedEvery == refusedEvery-1:
		a.refused = true
	case n%repeatEvery == repeatEvery-1:
		again := a
		again.repeat = true
		return errors.Join(d.write(ctx, a), d.write(ctx, again))
	}
	return d.write(ctx, a)
}

// localeOf gives every other patient English, and the others any language.
func localeOf(n int) string {
	others := []string{"de-AT", "ar", "fr", "uk", "tr", "pl", "es", "pt-BR", "it", "nl"}
	if n%2 == 0 {
		return ""
	}
	return others[n/2%len(others)]
}

// spoilers are ways in which a publisher gets an event wrong.
func spoilers() []func(map[string]any) {
	return []func(map[string]any){
		func(e map[string]any) { delete(e, "time") },
		func(e map[string]any) { e["time"] = "2031-05-04T10:00:00" },
		func(e map[string]any) { e["notify"] = "everything" },
		func(e map[string]any) { e["status"] = "postponed" },
	}
}

// refusedDomain is the domain whose recipients the sandbox refuses while its rule is in
// force, which makes dead letters that can be repaired and replayed.
const refusedDomain = "mistyped.example"

// write publishes one appointment and waits until Kafka has it.
func (d *demo) write(ctx context.Context, a appointment) error {
	if a.revision == 0 {
		a.revision, a.at = 1, time.Now().Add(48*time.Hour).UTC().Truncate(time.Hour)
	}
	want := map[string]string{sandbox.Email: a.id + "@patients.example"}
	if a.refused {
		want[sandbox.Email] = a.id + "@" + refusedDomain
	}
	if d.sms.Load() {
		want[sandbox.SMS] = d.phone(a.id)
	}
	value, err := a.event(want)
	if err != nil {
		return fmt.Errorf("encode event: %w", err)
	}
	p := d.published
	p.mu.Lock()
	defer p.mu.Unlock()
	written, err := d.client.ProduceSync(context.WithoutCancel(ctx), &kgo.Record{Topic: sourceTopic, Key: []byte(a.id), Value: value}).First()
	if err != nil {
		return fmt.Errorf("publish: %w", err)
	}
	p.records++
	for channel, recipient := range want {
		e := expectation{
			channel: channel, place: place{written.Partition, written.Offset}, repeat: a.repeat, appointment: a.id, revision: a.revision,
		}
		if a.spoil == nil {
			e.recipient, e.message = recipient, messageOf(value, channel, recipient)
		}
		p.wanted = append(p.wanted, e)
	}
	if a.spoil == nil {
		d.bookings.keep(a, want)
	}
	// An event that cannot be decoded is dead-lettered by every channel, requested or
	// not; such dead letters are not counted.
	return nil
}

func (a appointment) event(want map[string]string) ([]byte, error) {
	notify := map[string]bool{}
	event := map[string]any{
		"appointment_id": a.id, "user_id": 7, "timezone": "Europe/Berlin", "notify": notify,
		"time": a.at.Format(time.RFC3339), "revision": a.revision,
	}
	if a.status != "" {
		event["status"] = a.status
	}
	if a.locale != "" {
		event["locale"] = a.locale
	}
	for channel, recipient := range want {
		notify[channel] = true
		event[map[string]string{sandbox.Email: "email", sandbox.SMS: "phone_e164"}[channel]] = recipient
	}
	if a.spoil != nil {
		a.spoil(event)
	}
	return json.Marshal(event)
}

// phone returns a fictional number that is unique to an appointment.
func (d *demo) phone(id string) string {
	d.phones.Lock()
	defer d.phones.Unlock()
	if d.numbers == nil {
		d.numbers = map[string]string{}
	}
	if d.numbers[id] == "" {
		d.numbers[id] = fmt.Sprintf("+1555%07d", 100_0000+len(d.numbers))
	}
	return d.numbers[id]
}
