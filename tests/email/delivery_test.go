package email

import (
	"bytes"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/tests/harness"
	"github.com/kafka-notifications/kafka-notifications/tools/sandbox"
	"github.com/kafka-notifications/kafka-notifications/tools/sandbox/script"
)

func TestAThousandEventsBecomeAThousandEmails(t *testing.T) {
	t.Parallel()
	s := newSystem(t, harness.Config{})
	events := harness.Events("appt", 1000)
	s.Publish(events...)
	s.StartWorker(nil)
	s.AwaitDone(time.Minute)
	if lost, doubled := s.Judge(events); lost != 0 || doubled != 0 {
		t.Errorf("lost %d, doubled %d", lost, doubled)
	}
	if n := len(s.DeadLetters()); n != 0 {
		t.Errorf("%d dead letters", n)
	}
}

// badRecords are records that break the contract, each in its own way.
func badRecords(source string) []*kgo.Record {
	event := func(appointment string, edit func(harness.Event)) []byte {
		e := harness.NewEvent(appointment)
		edit(e)
		return harness.JSON(e)
	}
	set := func(field string, value any) []byte {
		return event("bad-"+field, func(e harness.Event) { e[field] = value })
	}
	padded := func(size int) []byte {
		value := set("note", "")
		return append(value[:len(value)-1], []byte(strings.Repeat(" ", size-len(value))+"}")...)
	}
	values := map[string][]byte{
		"not-json":       []byte("appointment 12 at nine"),
		"empty":          {},
		"null":           nil,
		"wrong-types":    set("appointment_id", []int{1}),
		"no-offset":      set("time", "2031-05-04T10:00:00"),
		"no-email":       event("bad-none", func(e harness.Event) { delete(e, "email") }),
		"two-emails":     set("email", "a@patients.example,b@patients.example"),
		"injection":      set("email", "a@patients.example\r\nBcc: b@patients.example"),
		"unknown-status": set("status", "postponed"),
		"flag-as-text":   set("notify", map[string]any{"email": "yes"}),
		"256KiB-plus-1":  padded(256<<10 + 1),
		"brokers-limit":  padded(1048588 - 200),
		"array-not-dict": []byte(`[{"appointment_id":"x"}]`),
	}
	var records []*kgo.Record
	for name, value := range values {
		records = append(records, &kgo.Record{
			Topic: source, Key: []byte(name), Value: value,
			Headers: []kgo.RecordHeader{{Key: "trace", Value: []byte(name)}, {Key: "trace", Value: []byte{0xff, 0x00}}},
		})
	}
	return records
}

func TestBadRecordsAreDeadLetteredVerbatimAndTheRestIsSent(t *testing.T) {
	t.Parallel()
	s := newSystem(t, harness.Config{})
	good := harness.Events("good", 100)
	bad := badRecords(s.Source)
	s.Publish(good[:50]...)
	s.Client = s.Broker.Client(t, kgo.ProducerBatchMaxBytes(1048588))
	s.Write(bad...)
	s.Publish(good[50:]...)
	worker := s.StartWorker(nil)
	s.AwaitDone(time.Minute)
	if !worker.Running() {
		t.Error("the worker ended")
	}
	if lost, doubled := s.Judge(good); lost != 0 || doubled != 0 {
		t.Errorf("lost %d, doubled %d", lost, doubled)
	}
	letters := map[string]*kgo.Record{}
	for _, r := range s.DeadLetters() {
		letters[string(r.Key)] = r
	}
	if len(letters) != len(bad) {
		t.Errorf("%d dead letters for %d bad records", len(letters), len(bad))
	}
	for _, want := range bad {
		got := letters[string(want.Key)]
		if got == nil {
			t.Errorf("%s is not dead-lettered", want.Key)
			continue
		}
		if class := harness.Header(got, "dlq-error-class"); class != "invalid_event" {
			t.Errorf("%s has class %q", want.Key, class)
		}
		if !bytes.Equal(got.Value, want.Value) || (got.Value == nil) != (want.Value == nil) {
			t.Errorf("%s: the value is not verbatim", want.Key)
		}
		if fmt.Sprint(got.Headers[:2]) != fmt.Sprint(want.Headers) {
			t.Errorf("%s: the headers are not verbatim: %v", want.Key, got.Headers[:2])
		}
	}
	if log := worker.Log(); strings.Contains(log, "@patients.example") {
		t.Error("the log shows a recipient")
	}
}

// crowd holds all sends back until so many are under way at once.
type crowd struct {
	size int

	mu        sync.Mutex
	now, most int
	complete  chan struct{}
}

// provider counts sends only: the look-up of a sample needs no send slot.
func (c *crowd) provider(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			next.ServeHTTP(w, r)
			return
		}
		c.mu.Lock()
		if c.now++; c.now == c.size && c.most < c.size {
			close(c.complete)
		}
		c.most = max(c.most, c.now)
		c.mu.Unlock()
		select {
		case <-c.complete:
			next.ServeHTTP(w, r)
		case <-r.Context().Done():
		}
		c.mu.Lock()
		c.now--
		c.mu.Unlock()
	})
}

// How fast that is depends on the machine: `make bench` measures it.
func TestOnePartitionFillsAllSlotsAndNoMore(t *testing.T) {
	t.Parallel()
	const slots = 64
	c := &crowd{size: slots, complete: make(chan struct{})}
	s := newSystem(t, harness.Config{Partitions: 1, Provider: c.provider})
	s.Script(sandbox.Rule{Action: sandbox.Action{Type: script.Latency, Delay: 10 * time.Millisecond, DelayMax: 50 * time.Millisecond}})
	events := harness.Events("slots", 1000)
	s.Publish(events...)
	s.StartWorker(map[string]string{"DELIVERY_CONCURRENCY": strconv.Itoa(slots), "MAILGUN_TIMEOUT_SECONDS": "30"})
	s.AwaitDone(time.Minute)
	if c.most != slots {
		t.Errorf("%d sends were under way at once, want %d", c.most, slots)
	}
	if lost, doubled := s.Judge(events); lost != 0 || doubled != 0 {
		t.Errorf("lost %d, doubled %d", lost, doubled)
	}
}

func TestOneAppointmentKeepsItsOrder(t *testing.T) {
	t.Parallel()
	s := newSystem(t, harness.Config{Partitions: 2})
	s.Script(sandbox.Rule{Action: sandbox.Action{Type: script.Latency, Delay: time.Millisecond, DelayMax: 60 * time.Millisecond}})
	var events []harness.Event
	for turn := range 20 {
		for appointment := range 25 {
			e := harness.NewEvent(fmt.Sprintf("order-%d", appointment))
			e["email"] = fmt.Sprintf("order-%d.%02d@patients.example", appointment, turn)
			events = append(events, e)
		}
	}
	s.Publish(events...)
	s.StartWorker(nil)
	s.AwaitDone(time.Minute)
	if lost, doubled := s.Judge(events); lost != 0 || doubled != 0 {
		t.Errorf("lost %d, doubled %d", lost, doubled)
	}
	s.JudgeOrder()
}
