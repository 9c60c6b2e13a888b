package envelope_test

import (
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/envelope"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// Three traces meet in a replay: the event's own header is as the producer wrote it,
// and the block says who wrote the dead letter and who sent the replay.
func TestTracesKeepApartThroughDeadLetterAndReplay(t *testing.T) {
	contexts := rapid.SampledFrom([]ports.TraceContext{
		{}, {Parent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", State: "vendor=1"}, {Parent: "malformed"}, {Parent: "00-1-2-01"},
	})
	rapid.Check(t, func(t *rapid.T) {
		event, dead, sent, again := contexts.Draw(t, "event"), contexts.Draw(t, "dead"), contexts.Draw(t, "sent"), contexts.Draw(t, "again")
		r := record(event.Headers()...)
		letter := deadLetter(r)
		letter.Trace = dead
		first, err := envelope.Decode(envelope.Encode(letter, "workers"))
		if err != nil || first.Trace != dead || first.ReplayTrace != (ports.TraceContext{}) {
			t.Fatalf("%+v: %v", first, err)
		}
		next := first.ReplayedBy("job-1", false)
		next.ReplayTrace = sent
		carried := next.Encode()
		replay, own, err := envelope.Replay(domain.SMS, carried)
		if err != nil || replay.Sent != sent || replay.DeadLettered != dead || ports.TraceOf(own) != event || ports.TraceOf(carried) != event {
			t.Fatalf("%+v of %q: %v", replay, text(carried), err)
		}
		if len(own) != len(r.Headers) || len(own) > 0 && !reflect.DeepEqual(own, r.Headers) {
			t.Fatalf("the producer's headers are %q", text(own))
		}
		letter = deadLetter(&ports.Record{Topic: "replay.sms", Headers: carried, Replay: replay})
		letter.Trace = again
		want := again
		if again == (ports.TraceContext{}) {
			want = dead // untraced, it still leads to where it first failed
		}
		second, err := envelope.Decode(envelope.Encode(letter, "workers"))
		if err != nil || second.Trace != want || second.ReplayTrace != (ports.TraceContext{}) || ports.TraceOf(second.Headers) != event {
			t.Fatalf("%+v: %v", second, err)
		}
	})
}
