package ledger_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ledger"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// field draws the text of a field; "-" alone stands for a missing one.
func field(allowEmpty bool) *rapid.Generator[string] {
	return rapid.String().Filter(func(s string) bool {
		return !strings.ContainsAny(s, "\t\r\n") && s != "-" && (allowEmpty || s != "")
	})
}

func entries() *rapid.Generator[ledger.Entry] {
	return rapid.Custom(func(t *rapid.T) ledger.Entry {
		token := rapid.StringMatching(`[A-Z2-7]{26}`).Draw(t, "token")
		if rapid.IntRange(0, 5).Draw(t, "fence") == 0 {
			return ledger.Entry{Kind: ledger.KindFence, Token: token, Channel: rapid.SampledFrom(domain.Channels()).Draw(t, "channel")}
		}
		c := ports.Claim{
			Key:           domain.Key(rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "key")),
			AppointmentID: field(false).Draw(t, "appointment"), Handle: field(true).Draw(t, "handle"),
			Lease: time.Duration(rapid.Int64Range(0, 1e6).Draw(t, "lease")) * time.Millisecond,
			Origin: ports.Origin{
				Topic:     rapid.StringMatching(`[a-zA-Z0-9._-]{1,40}`).Draw(t, "topic"),
				Partition: rapid.Int32Min(0).Draw(t, "partition"), Offset: rapid.Int64Min(0).Draw(t, "offset"),
				Timestamp: time.UnixMilli(rapid.Int64Range(0, 1<<42).Draw(t, "timestamp")),
			},
		}
		if rapid.Bool().Draw(t, "has revision") {
			revision := rapid.Int64().Draw(t, "revision")
			c.Revision = &revision
		}
		kinds := []ledger.Kind{ledger.KindClaimed, ledger.KindSent, ledger.KindFailed, ledger.KindUnknown}
		kind := rapid.SampledFrom(kinds).Draw(t, "kind")
		if kind == ledger.KindSent || kind == ledger.KindFailed {
			c.Handle = "" // nobody asks about what is settled, so it is not written
		}
		return ledger.Entry{Kind: kind, Token: token, Claim: c, Code: field(true).Draw(t, "code")}
	})
}

func TestARecordReadsAsItWasWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := entries().Draw(t, "entry")
		got, err := ledger.Unmarshal(want.Marshal())
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("%q\n got %+v, %v\nwant %+v", want.Marshal(), got, err, want)
		}
	})
}

// A provider's id comes from outside: whatever stands in it, the record is
// still one line of as many fields.
func TestNoFieldBreaksTheLine(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := entries().Filter(func(e ledger.Entry) bool { return e.Kind != ledger.KindFence }).Draw(t, "entry")
		e.Code = rapid.StringMatching(`[a-z\t\r\n]{1,9}`).Draw(t, "provider's id")
		line := e.Marshal()
		got, err := ledger.Unmarshal(line)
		if err != nil || strings.ContainsAny(string(line), "\r\n") {
			t.Fatalf("%q: %v", line, err)
		}
		e.Code = got.Code
		if !reflect.DeepEqual(got, e) {
			t.Fatalf("%q\n got %+v\nwant %+v", line, got, e)
		}
	})
}

func TestWhatIsNoLedgerRecordIsRefused(t *testing.T) {
	const key = "0000000000000000000000000000000000000000000000000000000000000001"
	line := func(fields ...string) string { return strings.Join(fields, "\t") }
	for what, value := range map[string]string{
		"nothing":                   "",
		"another version":           line("2", "fence", "TOKEN", "email"),
		"a fence without channel":   line("1", "fence", "TOKEN"),
		"a field too few":           line("1", "sent", "TOKEN", key, "A", "topic", "0", "1", "2", "-", "10", "code"),
		"a field too many":          line("1", "sent", "TOKEN", key, "A", "topic", "0", "1", "2", "-", "10", "code", "handle", "x"),
		"a kind of nobody":          line("1", "none", "TOKEN", key, "A", "topic", "0", "1", "2", "-", "10", "code", "handle"),
		"a fence with a record":     line("1", "fence", "TOKEN", key, "A", "topic", "0", "1", "2", "-", "10", "code", "handle"),
		"a short key":               line("1", "sent", "TOKEN", key[2:], "A", "topic", "0", "1", "2", "-", "10", "code", "handle"),
		"a key that is no number":   line("1", "sent", "TOKEN", "x"+key[1:], "A", "topic", "0", "1", "2", "-", "10", "code", "handle"),
		"an offset that is none":    line("1", "sent", "TOKEN", key, "A", "topic", "0", "one", "2", "-", "10", "code", "handle"),
		"a revision that is none":   line("1", "sent", "TOKEN", key, "A", "topic", "0", "1", "2", "r", "10", "code", "handle"),
		"a timestamp that is none":  line("1", "sent", "TOKEN", key, "A", "topic", "0", "1", "", "-", "10", "code", "handle"),
		"JSON of some other system": `{"appointment_id": "A"}`,
	} {
		if e, err := ledger.Unmarshal([]byte(value)); !errors.Is(err, ledger.ErrMalformed) {
			t.Errorf("%s: %+v, %v; want ErrMalformed", what, e, err)
		}
	}
}

func FuzzUnmarshalNeverPanicsAndNeverGuesses(f *testing.F) {
	revision := int64(-7)
	for _, e := range []ledger.Entry{
		{Kind: ledger.KindFence, Token: "TOKEN", Channel: domain.SMS},
		{Kind: ledger.KindSent, Token: "TOKEN", Code: "id", Claim: ports.Claim{AppointmentID: "A", Revision: &revision, Handle: "h"}},
	} {
		f.Add(e.Marshal())
	}
	f.Fuzz(func(t *testing.T, value []byte) {
		e, err := ledger.Unmarshal(value)
		if err != nil {
			return
		}
		again, err := ledger.Unmarshal(e.Marshal())
		if err != nil && !strings.ContainsAny(string(value), "\r\n") {
			t.Fatalf("%q was read but not again: %v", value, err)
		}
		if err == nil && !strings.ContainsAny(string(value), "\r\n") && !reflect.DeepEqual(again, e) {
			t.Fatalf("%q\n first %+v\nsecond %+v", value, e, again)
		}
	})
}
