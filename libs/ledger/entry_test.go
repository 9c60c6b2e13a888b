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
		if rapid.Bool().Draw(t, "has facts") {
			c.Facts = domain.Facts{Instant: time.UnixMilli(rapid.Int64Range(-1<<46, 1<<47).Draw(t, "instant")), Cancelled: rapid.Bool().Draw(t, "cancelled")}
		}
		if rapid.Bool().Draw(t, "has the claim's time") {
			c.At = time.UnixMilli(rapid.Int64Range(0, 1<<42).Draw(t, "claimed"))
		}
		c.Recipient = domain.RecipientTag(rapid.Uint32().Draw(t, "recipient"))
		kinds := []ledger.Kind{ledger.KindClaimed, ledger.KindSent, ledger.KindFailed, ledger.KindUnknown, ledger.KindNoted}
		kind := rapid.SampledFrom(kinds).Draw(t, "kind")
		if kind != ledger.KindClaimed && kind != ledger.KindUnknown {
			c.Handle = "" // what is settled is not asked about, so it is not written
		}
		if kind == ledger.KindNoted && rapid.Bool().Draw(t, "has no key") {
			c.Key = domain.Key{}
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

const aKey = "0000000000000000000000000000000000000000000000000000000000000001"

func line(fields ...string) []byte { return []byte(strings.Join(fields, "\t")) }

func TestWhatIsNoLedgerRecordIsPassedOver(t *testing.T) {
	sent := func(edit func([]string)) []byte {
		fields := []string{"3", "sent", "TOKEN", aKey, "A", "topic", "0", "1", "2", "-", "3", "-", "10", "4", "code", "-", "5"}
		edit(fields)
		return line(fields...)
	}
	set := func(field int, text string) []byte { return sent(func(f []string) { f[field] = text }) }
	if _, err := ledger.Unmarshal(sent(func([]string) {})); err != nil {
		t.Fatal(err)
	}
	for what, value := range map[string][]byte{
		"nothing":                      nil,
		"a fence without channel":      line("3", "fence", "TOKEN"),
		"a fence without token":        line("3", "fence", "-", "email"),
		"the fields of version 2":      line("3", "sent", "TOKEN", aKey, "A", "topic", "0", "1", "2", "-", "3", "-", "10", "4", "code", "-"),
		"two fields too few":           line("3", "sent", "TOKEN", aKey, "A", "topic", "0", "1", "2", "-", "3", "-", "10", "4", "code"),
		"the fields of version 1":      line("3", "sent", "TOKEN", aKey, "A", "topic", "0", "1", "2", "-", "10", "code", "-"),
		"a short key":                  set(3, aKey[2:]),
		"no key":                       set(3, "-"),
		"a key that is no number":      set(3, "x"+aKey[1:]),
		"a partition beyond 32 bits":   set(6, "2147483648"),
		"an offset that is none":       set(7, "one"),
		"an offset beyond 64 bits":     set(7, "9223372036854775808"),
		"a timestamp that is none":     set(8, ""),
		"a revision that is none":      set(9, "r"),
		"a status that is none":        set(11, "moved"),
		"a malformed recipient":        set(16, "0"),
		"a recipient beyond 32 bits":   set(16, "4294967296"),
		"JSON of some other system":    []byte(`{"appointment_id": "A"}`),
		"tabs of some other system":    line("2031-05-04", "sent", "A", "B"),
		"a version that is no number":  set(0, "x"),
		"a version that is no version": set(0, "0"),
		"a kind that is no word":       set(1, "{sent}"),
	} {
		if e, err := ledger.Unmarshal(value); !errors.Is(err, ledger.ErrMalformed) {
			t.Errorf("%s: %+v, %v; want ErrMalformed", what, e, err)
		}
	}
}

func TestWhatANewerBuildWroteIsNotPassedOver(t *testing.T) {
	for what, value := range map[string][]byte{
		"a fence of a later version":   line("4", "fence", "TOKEN", "email"),
		"a record of a later version":  line("4", "sent", "TOKEN", aKey, "A", "anything"),
		"a record of a much later one": line("12", "sent", "TOKEN", aKey),
		"another kind":                 line("3", "withdrawn", "TOKEN", aKey, "A", "topic", "0", "1", "2", "-", "3", "-", "10", "4", "code", "-"),
		"another kind, other fields":   line("3", "sent_twice", "TOKEN", "x", "y"),
		// A version that grew a field without a new number: passing over such a record has
		// sent 51 of 2,070 messages again.
		"a field more than its version":   line("3", "sent", "TOKEN", aKey, "A", "topic", "0", "1", "2", "-", "3", "-", "10", "4", "code", "-", "5", "x"),
		"a field more than version 2 had": line("2", "sent", "TOKEN", aKey, "A", "topic", "0", "1", "2", "-", "3", "-", "10", "4", "code", "-", "5", "x"),
		"a field more than version 1 had": line("1", "sent", "TOKEN", aKey, "A", "topic", "0", "1", "2", "-", "10", "code", "-", "x"),
		"a fence with a field more":       line("3", "fence", "TOKEN", "email", "x"),
		"a kind that version 1 has not":   line("1", "noted", "TOKEN", aKey, "A", "topic", "0", "1", "2", "-", "10", "code", "-"),
		"a later version with many tabs":  line(append([]string{"4", "sent"}, make([]string, 30)...)...),
	} {
		var newer *ledger.NewerError
		if e, err := ledger.Unmarshal(value); !errors.As(err, &newer) || errors.Is(err, ledger.ErrMalformed) {
			t.Errorf("%s: %+v, %v; want a NewerError", what, e, err)
		}
	}
}

func TestVersion1IsStillRead(t *testing.T) {
	e, err := ledger.Unmarshal(line("1", "unknown", "TOKEN", aKey, "A", "topic", "4", "5", "6", "7", "8000", "code", "handle"))
	revision := int64(7)
	want := ledger.Entry{Kind: ledger.KindUnknown, Token: "TOKEN", Code: "code", Claim: ports.Claim{
		Key: domain.Key{31: 1}, AppointmentID: "A", Revision: &revision, Handle: "handle", Lease: 8 * time.Second,
		Origin: ports.Origin{Topic: "topic", Partition: 4, Offset: 5, Timestamp: time.UnixMilli(6)},
	}}
	if err != nil || !reflect.DeepEqual(e, want) {
		t.Errorf("got %+v, %v\nwant %+v", e, err, want)
	}
	fence, err := ledger.Unmarshal(line("1", "fence", "TOKEN", "email"))
	if err != nil || fence.Channel != domain.Email || fence.Token != "TOKEN" {
		t.Errorf("a fence: %+v, %v", fence, err)
	}
}

func TestVersion2IsStillRead(t *testing.T) {
	// With the recipient, as its last builds wrote it, and without.
	early := line("2", "claimed", "TOKEN", aKey, "A", "topic", "4", "5", "6", "7", "8", "cancelled", "9000", "10", "-", "handle")
	got, err := ledger.Unmarshal(early)
	want, wantErr := ledger.Unmarshal(append(early, "\t-"...))
	if err != nil || wantErr != nil || !reflect.DeepEqual(got, want) || got.Claim.Handle != "handle" {
		t.Errorf("got %+v, %v\nwant %+v, %v", got, err, want, wantErr)
	}
}

func FuzzUnmarshalNeverPanicsAndNeverGuesses(f *testing.F) {
	revision := int64(-7)
	for _, e := range []ledger.Entry{
		{Kind: ledger.KindFence, Token: "TOKEN", Channel: domain.SMS},
		{Kind: ledger.KindSent, Token: "TOKEN", Code: "id", Claim: ports.Claim{Key: domain.Key{1}, AppointmentID: "A", Revision: &revision, Recipient: 9}},
	} {
		f.Add(e.Marshal())
	}
	f.Add(line("1", "sent", "TOKEN", aKey, "A", "topic", "0", "1", "2", "-", "10", "code", "handle"))
	f.Fuzz(func(t *testing.T, value []byte) {
		e, err := ledger.Unmarshal(value)
		if err != nil {
			return
		}
		if e.Kind != ledger.KindClaimed && e.Kind != ledger.KindUnknown {
			e.Claim.Handle = "" // is not written, but may be read
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
