package envelope_test

import (
	"errors"
	"testing"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/envelope"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

func TestAWorkersResolutionClosesTheOldDeadLetterAndLeavesANewOneOpen(t *testing.T) {
	failed := domain.DeadLettered(&domain.Failure{Class: domain.ClassRetriesExhausted, Code: "twilio.503"})
	for _, c := range []struct {
		outcome  domain.Outcome
		newCount bool // whether it closes the dead letter that this replay may have made
	}{{domain.Sent("SM1"), true}, {domain.Skipped(domain.SkipAlreadySent), true}, {failed, false}} {
		key, value, err := envelope.EncodeResolution(envelope.ResolutionOf(ports.Resolution{
			DeadLetterID: "id-1", Channel: domain.SMS, Job: "job-1", ReplayCount: 3, Outcome: c.outcome, At: second,
		}))
		if err != nil {
			t.Fatal(err)
		}
		r, err := envelope.DecodeResolution(key, value)
		if err != nil {
			t.Fatal(err)
		}
		if !r.Closes(2) || r.Closes(3) != c.newCount || r.Job != "job-1" || !r.At.Equal(second) || string(r.Status) != string(c.outcome.Status) {
			t.Errorf("%s became %s", c.outcome.Status, value)
		}
	}
}

func TestWhatIsNoResolutionIsRecognised(t *testing.T) {
	for key, value := range map[string]string{
		"job/1": `{"dlq_id":"job/1","status":"sent"}`, "gone": "", "broken": "{", "other": `{"dlq_id":"x","status":"sent"}`, "none": `{"dlq_id":"none"}`,
	} {
		if _, err := envelope.DecodeResolution([]byte(key), []byte(value)); !errors.Is(err, envelope.ErrNotResolution) {
			t.Errorf("%s %s: %v", key, value, err)
		}
	}
}

func TestHeadersOfOtherToolsAreReadForDisplay(t *testing.T) {
	for _, c := range []struct {
		headers []ports.Header
		want    envelope.Foreign
	}{
		{[]ports.Header{
			header("kafka_dlt-original-topic", "orders"), header("kafka_dlt-original-partition", "\x00\x00\x00\x05"),
			header("kafka_dlt-original-offset", "\x00\x00\x00\x00\x00\x00\x01\x02"), header("kafka_dlt-exception-fqcn", "java.lang.X"),
			header("kafka_dlt-exception-message", "broken\n\xff"),
		}, envelope.Foreign{Scheme: envelope.SchemeSpring, Topic: "orders", Partition: 5, Offset: 258, Exception: "java.lang.X", Message: "broken \uFFFD"}},
		{[]ports.Header{
			header("__connect.errors.topic", "orders"), header("__connect.errors.partition", "1234"), header("__connect.errors.offset", "12345678"),
		}, envelope.Foreign{Scheme: envelope.SchemeConnect, Topic: "orders", Partition: 1234, Offset: 12345678}},
		{[]ports.Header{
			header("__streams.errors.topic", "orders"), header("__streams.errors.offset", "not a number"),
		}, envelope.Foreign{Scheme: envelope.SchemeStreams, Topic: "orders", Partition: -1, Offset: -1}},
		{[]ports.Header{header("error", "x")}, envelope.Foreign{Scheme: envelope.SchemeNone, Partition: -1, Offset: -1}},
	} {
		if got, _ := envelope.DecodeForeign(c.headers); got != c.want {
			t.Errorf("got %+v\nwant %+v", got, c.want)
		}
	}
}
