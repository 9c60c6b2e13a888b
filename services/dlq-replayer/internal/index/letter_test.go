package index

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/envelope"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// TestADeadLetterComesOutAsItWentIn packs entries of any content, ids of others
// among them, into an index whose tables have room or are full.
func TestADeadLetterComesOutAsItWentIn(t *testing.T) {
	full := New(1)
	for n := range maxShared {
		full.messages.share(fmt.Sprint(n))
		full.commons.share(common{code: fmt.Sprint(n)})
	}
	rapid.Check(t, func(t *rapid.T) {
		e := drawEntry(t)
		for _, x := range []*Index{New(1), full} {
			for range 2 { // The second shares what the first brought.
				l := x.compact(e)
				if got := l.entry(); got != e {
					t.Fatalf("got %+v\nwant %+v", got, e)
				}
			}
		}
		if len(full.messages) > maxShared || len(full.commons) > maxShared {
			t.Fatal("a full table grows")
		}
	})
}

func drawEntry(t *rapid.T) Entry {
	text := func(name string) string {
		return short(rapid.SampledFrom([]string{"", "a", "\xff", rapid.StringN(-1, -1, 400).Draw(t, name)}).Draw(t, name))
	}
	name := func(label string) string { return bounded(rapid.StringN(-1, -1, 2*maxName).Draw(t, label), maxName) }
	at := func(name string) time.Time { return time.UnixMilli(rapid.Int64().Draw(t, name)).UTC() }
	n := func(name string) int { return int(rapid.Int32().Draw(t, name)) }
	flag := func(name string) bool { return rapid.Bool().Draw(t, name) }
	e := Entry{
		ID:        rapid.StringMatching(`[0-9a-f]{32}|[0-9A-F]{32}|[0-9a-f]{31}|[a-z.-]{1,128}`).Draw(t, "id"),
		Partition: rapid.Int32().Draw(t, "partition"), Offset: rapid.Int64().Draw(t, "offset"), Copies: n("copies"),
		Scheme: envelope.SchemeOwn, Fault: FaultTruncated, Channel: domain.Channel(text("channel")), Class: domain.Class(text("class")),
		Code: text("code"), Message: text("message"), Group: text("group"),
		Origin: ports.Origin{
			Topic: text("topic"), Partition: rapid.Int32().Draw(t, "from"), Offset: rapid.Int64().Draw(t, "at"), Timestamp: at("published"),
		},
		Key: name("key"), AppointmentID: name("appointment"), PersonalKey: flag("key"), PersonalAppointment: flag("appointment"),
		Attempts: n("attempts"), FirstFailedAt: at("first"), FailedAt: at("failed"), WrittenAt: at("written"),
		ReplayCount: n("count"), ReplayJob: text("job"), Bytes: n("bytes"),
	}
	if flag("keyed") {
		e.AppointmentID = e.Key
	}
	return e
}
