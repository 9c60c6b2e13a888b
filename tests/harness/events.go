package harness

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// Event is an event as Django would publish it.
type Event map[string]any

// NewEvent returns a valid event that asks for an e-mail, for an appointment
// tomorrow. NewSMS asks for a text message instead.
func NewEvent(appointment string) Event {
	return Event{
		"appointment_id": appointment, "user_id": 7,
		"time":     theDayAfterTomorrow().Format(time.RFC3339),
		"timezone": "Europe/Berlin",
		"email":    appointment + "@patients.example",
		"notify":   map[string]bool{"email": true},
	}
}

// theDayAfterTomorrow is when all appointments are. Events of one appointment
// have one instant so, and no newer one withdraws an older one that waits.
func theDayAfterTomorrow() time.Time {
	return time.Now().Add(48 * time.Hour).UTC().Truncate(24 * time.Hour)
}

// NewSMS returns a valid event that asks for a text message to the nth
// fictional number.
func NewSMS(appointment string, n int) Event {
	e := NewEvent(appointment)
	delete(e, "email")
	e["phone_e164"] = fmt.Sprintf("+1555%07d", 1000000+n)
	e["notify"] = map[string]bool{"sms": true}
	return e
}

// Publish writes events with their appointment id as the key and waits until
// all are acknowledged.
func (s *System) Publish(events ...Event) {
	s.T.Helper()
	records := make([]*kgo.Record, 0, len(events))
	for _, e := range events {
		value, err := json.Marshal(e)
		if err != nil {
			s.T.Fatal(err)
		}
		records = append(records, &kgo.Record{Topic: s.Source, Key: []byte(fmt.Sprint(e["appointment_id"])), Value: value})
	}
	s.Write(records...)
}

// Write writes records as they are. A broker that has just started may close a
// connection before it has said a word, which the client takes for a wrong protocol
// and gives up on: such records are written again.
func (s *System) Write(records ...*kgo.Record) {
	s.T.Helper()
	for len(records) > 0 {
		var again []*kgo.Record
		for _, r := range s.Client.ProduceSync(s.T.Context(), records...) {
			if _, silent := errors.AsType[*kgo.ErrFirstReadEOF](r.Err); silent {
				again = append(again, r.Record)
			} else if r.Err != nil {
				s.T.Fatal(r.Err)
			}
		}
		records = again
	}
}

// Delete deletes what stands below an offset of a partition, as retention does.
func (s *System) Delete(topic string, partition int32, below int64) {
	s.T.Helper()
	offsets := kadm.Offsets{}
	offsets.AddOffset(topic, partition, below, -1)
	all, err := s.Admin.DeleteRecords(s.T.Context(), offsets)
	if err != nil {
		s.T.Fatal(err)
	}
	if done, _ := all.Lookup(topic, partition); done.Err != nil || done.LowWatermark != below {
		s.T.Fatalf("the log of %s starts at %d: %v", topic, done.LowWatermark, done.Err)
	}
}

// Alter sets a setting of a topic.
func (s *System) Alter(topic, name, value string) {
	s.T.Helper()
	altered, err := s.Admin.AlterTopicConfigs(s.T.Context(), []kadm.AlterConfig{{Name: name, Value: &value}}, topic)
	if err == nil {
		_, err = altered.On(topic, func(r *kadm.AlterConfigsResponse) error { return r.Err })
	}
	if err != nil {
		s.T.Fatal(err)
	}
}

// Events returns n valid events with ids from prefix.
func Events(prefix string, n int) []Event {
	events := make([]Event, n)
	for i := range events {
		events[i] = NewEvent(prefix + "-" + itoa(i))
	}
	return events
}

// Lag returns how many records of the source the group has not committed.
func (s *System) Lag() int64 {
	s.T.Helper()
	commits, err := s.Admin.FetchOffsets(s.T.Context(), s.Group)
	if err != nil && !errors.Is(err, kerr.GroupIDNotFound) && !kerr.IsRetriable(err) {
		s.T.Fatal(err)
	}
	ends, err := s.Admin.ListEndOffsets(s.T.Context(), s.Source)
	if err != nil {
		s.T.Fatal(err)
	}
	var lag int64
	ends.Each(func(o kadm.ListedOffset) {
		lag += o.Offset
		if c, ok := commits.Lookup(o.Topic, o.Partition); ok {
			lag -= c.At
		}
	})
	return lag
}

// AwaitDone waits until everything that was published is committed.
func (s *System) AwaitDone(limit time.Duration) {
	s.T.Helper()
	Await(s.T, limit, "everything committed", func() bool { return s.Lag() == 0 })
}

// DeadLetters reads the whole dead-letter topic.
func (s *System) DeadLetters() []*kgo.Record { return s.Read(s.DLQ) }

// Read reads a whole topic, as far as it is committed.
func (s *System) Read(topic string) []*kgo.Record {
	s.T.Helper()
	ends, err := s.Admin.ListEndOffsets(s.T.Context(), topic)
	if err != nil {
		s.T.Fatal(err)
	}
	from, left := map[int32]kgo.Offset{}, map[int32]int64{}
	ends.Each(func(o kadm.ListedOffset) {
		if o.Offset > 0 {
			from[o.Partition], left[o.Partition] = kgo.NewOffset().AtStart(), o.Offset
		}
	})
	if len(left) == 0 {
		return nil
	}
	// Transaction markers have offsets too: without them the end is not seen.
	client := s.Kafka.Client(s.T, kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: from}),
		kgo.KeepControlRecords(), kgo.FetchIsolationLevel(kgo.ReadCommitted()))
	var records []*kgo.Record
	for len(left) > 0 {
		fetches := client.PollFetches(s.T.Context())
		if err := fetches.Err(); err != nil {
			s.T.Fatal(err)
		}
		fetches.EachRecord(func(r *kgo.Record) {
			if !r.Attrs.IsControl() && !isProbe(r) {
				records = append(records, r)
			}
			if r.Offset+1 >= left[r.Partition] {
				delete(left, r.Partition)
			}
		})
	}
	return records
}

// Header returns the value of a record's header.
func Header(r *kgo.Record, key string) string {
	for _, h := range r.Headers {
		if h.Key == key {
			return string(h.Value)
		}
	}
	return ""
}

func itoa(n int) string { return strconv.Itoa(n) }

// JSON returns an event as a record value.
func JSON(e Event) []byte {
	value, err := json.Marshal(e)
	if err != nil {
		panic(err)
	}
	return value
}
