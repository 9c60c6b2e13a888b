package envelope_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/envelope"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

var (
	first  = time.Date(2026, 5, 4, 9, 30, 0, 123e6, time.UTC)
	second = first.Add(2 * time.Hour)
)

func record(headers ...ports.Header) *ports.Record {
	return &ports.Record{
		Topic: "appointments.created", Partition: 3, Offset: 41, Timestamp: first,
		Key: []byte("a-1"), Value: []byte("\xff not JSON"), Headers: headers,
	}
}

func deadLetter(r *ports.Record) ports.DeadLetter {
	return ports.DeadLetter{
		Record: r, Channel: domain.SMS, Attempts: 2, FirstFailedAt: first, FailedAt: second,
		Failure: &domain.Failure{Class: domain.ClassRecipientRejected, Code: "twilio.21211", Detail: "the number is not valid"},
	}
}

func header(key, value string) ports.Header { return ports.Header{Key: key, Value: []byte(value)} }

func text(headers []ports.Header) []string {
	lines := make([]string, len(headers))
	for i, h := range headers {
		lines[i] = h.Key + "=" + string(h.Value)
	}
	return lines
}

func TestADeadLetterCarriesTheContractsHeadersAfterTheProducersOwn(t *testing.T) {
	got := text(envelope.Encode(deadLetter(record(header("traceparent", "00-1"), header("traceparent", "00-2"))), "workers"))
	id := envelope.ID(domain.SMS, record().Origin())
	want := []string{
		"traceparent=00-1", "traceparent=00-2",
		"dlq-version=1", "dlq-id=" + id, "dlq-channel=sms",
		"dlq-original-topic=appointments.created", "dlq-original-partition=3", "dlq-original-offset=41",
		"dlq-original-timestamp=2026-05-04T09:30:00.123Z", "dlq-consumer-group=workers",
		"dlq-error-class=recipient_rejected", "dlq-error-code=twilio.21211", "dlq-error-message=the number is not valid",
		"dlq-attempts=2", "dlq-first-failed-at=2026-05-04T09:30:00.123Z", "dlq-failed-at=2026-05-04T11:30:00.123Z",
		"dlq-replay-count=0", "kafka_dlt-original-topic=appointments.created",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("headers\n got %q\nwant %q", got, want)
	}
}

func TestTheIDIsStableAndTellsApartChannelPlaceAndTime(t *testing.T) {
	origin := record().Origin()
	id := envelope.ID(domain.SMS, origin)
	if id != "53cf32acc3398e94874b4d99cbe57a35" {
		t.Errorf("id %s changed: dead letters and resolutions that are stored already would come apart", id)
	}
	later := origin
	later.Timestamp = later.Timestamp.Add(time.Millisecond)
	next := origin
	next.Offset++
	for what, other := range map[string]string{
		"channel": envelope.ID(domain.Email, origin), "timestamp": envelope.ID(domain.SMS, later), "offset": envelope.ID(domain.SMS, next),
	} {
		if other == id {
			t.Errorf("two records that differ in their %s have one id", what)
		}
	}
}

func TestAFailedReplayStaysTheSameDeadLetterOneCountHigher(t *testing.T) {
	own := []ports.Header{header("source", "django"), header("dlq-version", "9"), header("dlq-id", "the producer's own")}
	r := record(own...)
	dead, err := envelope.Decode(envelope.Encode(deadLetter(r), "workers"))
	if err != nil {
		t.Fatal(err)
	}
	carried := dead.ReplayedBy("job-1", true).Encode()
	replay, headers, err := envelope.Replay(domain.SMS, carried)
	if err != nil {
		t.Fatal(err)
	}
	want := &ports.Replay{
		DeadLetterID: dead.ID, Job: "job-1", Count: 1, Class: "recipient_rejected",
		AcceptDuplicate: true, Origin: r.Origin(), FirstFailedAt: first,
	}
	if !reflect.DeepEqual(replay, want) {
		t.Errorf("replay\n got %+v\nwant %+v", replay, want)
	}
	if !reflect.DeepEqual(headers, own) {
		t.Errorf("the event's headers came back as %q", text(headers))
	}
	for what, headers := range map[string][]ports.Header{"with its block": carried, "without it": headers} {
		again := deadLetter(&ports.Record{
			Topic: "replay.sms", Partition: 3, Offset: 7, Timestamp: second, Value: r.Value, Headers: headers, Replay: replay,
		})
		again.FirstFailedAt = second
		got, err := envelope.Decode(envelope.Encode(again, "workers"))
		if err != nil {
			t.Fatal(err)
		}
		next := dead
		next.ReplayCount, next.ReplayJob = 1, "job-1"
		if !reflect.DeepEqual(got, next) {
			t.Errorf("%s\n got %+v\nwant %+v", what, got, next)
		}
	}
}

func TestWhateverThereIsComesBackVerbatim(t *testing.T) {
	headers := rapid.SliceOf(rapid.Custom(func(t *rapid.T) ports.Header {
		key := rapid.OneOf(rapid.SampledFrom([]string{"dlq-version", "dlq-id", "dlq-replay-count", "kafka_dlt-original-topic"}), rapid.String())
		return ports.Header{Key: key.Draw(t, "key"), Value: rapid.SliceOf(rapid.Byte()).Draw(t, "value")}
	}))
	rapid.Check(t, func(t *rapid.T) {
		r := record(headers.Draw(t, "headers")...)
		r.Offset = rapid.Int64Min(0).Draw(t, "offset")
		r.Timestamp = time.UnixMilli(rapid.Int64().Draw(t, "timestamp")).UTC()
		d := deadLetter(r)
		d.Failure.Detail = rapid.StringN(0, 2000, -1).Draw(t, "detail")
		e, err := envelope.Decode(envelope.Encode(d, "workers"))
		if err != nil {
			t.Fatal(err)
		}
		if len(r.Headers) != len(e.Headers) || len(e.Headers) > 0 && !reflect.DeepEqual(r.Headers, e.Headers) {
			t.Fatalf("headers\n got %q\nwant %q", e.Headers, r.Headers)
		}
		if !e.Origin.Timestamp.Equal(r.Timestamp) || e.Origin.Offset != r.Offset {
			t.Fatalf("origin %+v of %+v", e.Origin, r.Origin())
		}
		if len(e.Message) > envelope.MaxMessageBytes || !utf8.ValidString(e.Message) {
			t.Fatalf("message of %d bytes: %q", len(e.Message), e.Message)
		}
	})
}

func TestABrokenReplayIsAnErrorThatNamesTheHeaders(t *testing.T) {
	good, err := envelope.Decode(envelope.Encode(deadLetter(record()), "workers"))
	if err != nil {
		t.Fatal(err)
	}
	valid := good.ReplayedBy("job-1", false).Encode()
	with := func(key, value string) []ports.Header {
		return append(append([]ports.Header(nil), valid...), header(key, value))
	}
	for name, headers := range map[string][]ports.Header{
		"dlq-version": nil, "dlq-id": with("dlq-id", ""), "dlq-channel": with("dlq-channel", "email"),
		"dlq-original-offset": with("dlq-original-offset", "-1"), "dlq-original-timestamp": with("dlq-original-timestamp", "noon"),
		"dlq-replay-count": good.Encode(), "dlq-accept-duplicate": with("dlq-accept-duplicate", "yes"),
		"dlq-original-partition": with("dlq-original-partition", "99999999999999999999"),
	} {
		replay, _, err := envelope.Replay(domain.SMS, headers)
		if err == nil || !strings.Contains(err.Error(), name) || replay != nil {
			t.Errorf("%s: replay %v, error %v", name, replay, err)
		}
	}
	if _, _, err := envelope.Replay(domain.SMS, nil); !errors.Is(err, envelope.ErrNone) {
		t.Errorf("a record without a block: %v", err)
	}
}

func FuzzDecode(f *testing.F) {
	for _, h := range envelope.Encode(deadLetter(record()), "workers") {
		f.Add(h.Key, h.Value, h.Key, h.Value)
	}
	f.Add("kafka_dlt-original-partition", []byte{0, 0, 0, 1}, "kafka_dlt-original-topic", []byte("orders"))
	valid := envelope.Encode(deadLetter(record()), "workers")
	f.Fuzz(func(t *testing.T, key1 string, value1 []byte, key2 string, value2 []byte) {
		headers := append(append([]ports.Header(nil), valid...), ports.Header{Key: key1, Value: value1}, ports.Header{Key: key2, Value: value2})
		envelope.DecodeForeign(headers)
		e, err := envelope.Decode(headers)
		if err != nil {
			return
		}
		again, err := envelope.Decode(e.Encode())
		if err != nil {
			t.Fatalf("%q: what was read cannot be read again: %v", headers, err)
		}
		if again.ID != e.ID || again.ReplayCount != e.ReplayCount || !again.Origin.Timestamp.Equal(e.Origin.Timestamp.Truncate(time.Millisecond)) {
			t.Fatalf("%q\n got %+v\nwant %+v", headers, again, e)
		}
	})
}

func TestALongMessageEndsWithAWholeCharacter(t *testing.T) {
	d := deadLetter(record())
	d.Failure.Detail = "a" + strings.Repeat("é", envelope.MaxMessageBytes)
	e, err := envelope.Decode(envelope.Encode(d, "workers"))
	if err != nil || len(e.Message) != envelope.MaxMessageBytes-1 || !utf8.ValidString(e.Message) {
		t.Errorf("%d bytes, valid %t, error %v", len(e.Message), utf8.ValidString(e.Message), err)
	}
}
