package domain_test

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
)

// input is what a delivery key depends on.
type input struct {
	appointment, recipient string
	channel                domain.Channel
	unix                   int64
	revision               *int64
}

func (in input) key(zone *time.Location) domain.Key {
	e := &domain.Event{AppointmentID: in.appointment, Time: time.Unix(in.unix, 0).In(zone), Revision: in.revision}
	return domain.NewKey(e, in.channel, in.recipient)
}

// same compares by value what revision points to.
func (in input) same(other input) bool {
	if (in.revision == nil) != (other.revision == nil) || in.revision != nil && *in.revision != *other.revision {
		return false
	}
	in.revision, other.revision = nil, nil
	return in == other
}

// inputs draws from a small alphabet, so that the parts of two inputs often run
// together into the same text.
func inputs() *rapid.Generator[input] {
	text := rapid.StringMatching(`[ab]{0,3}`)
	return rapid.Custom(func(t *rapid.T) input {
		return input{
			appointment: text.Draw(t, "appointment"), recipient: text.Draw(t, "recipient"),
			channel:  rapid.SampledFrom([]domain.Channel{"", "a", "ab", domain.Email, domain.SMS}).Draw(t, "channel"),
			unix:     rapid.Int64Range(0, 2).Draw(t, "unix"),
			revision: rapid.Ptr(rapid.Int64Range(0, 2), true).Draw(t, "revision"),
		}
	})
}

func TestKeysAreEqualExactlyWhenEveryPartIs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := inputs().Draw(t, "a"), inputs().Draw(t, "b")
		if a.same(b) != (a.key(time.UTC) == b.key(time.UTC)) {
			t.Fatalf("%+v and %+v", a, b)
		}
	})
}

func TestCharactersThatMoveBetweenPartsMakeAnotherKey(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringN(2, 12, -1).Draw(t, "text")
		runes := []rune(text)
		cuts := rapid.SliceOfNDistinct(rapid.IntRange(0, len(runes)), 2, 2, rapid.ID).Draw(t, "cuts")
		split := func(at int) domain.Key {
			return input{appointment: string(runes[:at]), recipient: string(runes[at:])}.key(time.UTC)
		}
		if split(cuts[0]) == split(cuts[1]) {
			t.Fatalf("%q cut at %v", text, cuts)
		}
	})
}

func TestTheSameInstantIsTheSameNotification(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := inputs().Draw(t, "input")
		zone := time.FixedZone("", 60*rapid.IntRange(-1439, 1439).Draw(t, "minutes east"))
		if in.key(time.UTC) != in.key(zone) {
			t.Fatalf("%+v in %v", in, zone)
		}
	})
}

// Keys are kept in ledgers for days: another release must derive the same.
func TestTheKeyOfAKnownEventNeverChanges(t *testing.T) {
	e := decode(t, typicalEvent)
	recipient, err := e.Recipient(domain.Email)
	if err != nil {
		t.Fatal(err)
	}
	key := domain.NewKey(e, domain.Email, recipient)
	const want = "33e2b23628340b8ef131617815e7fab46d699265b9362cc8769ad58699151254"
	if key.String() != want {
		t.Errorf("key %s, want %s", key, want)
	}
	if key.Reference() != "GPRLENRI" {
		t.Errorf("reference %s", key.Reference())
	}
	e.Revision = nil
	const plain = "5661d2cb0f7c6459fd3bc16718e950317382207dd40869655c72e17a588d3402"
	if key := domain.NewKey(e, domain.Email, recipient); key.String() != plain {
		t.Errorf("without a revision %s, want %s", key, plain)
	}
}

func TestAReferenceIsEightCharactersOfBase32(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		reference := inputs().Draw(t, "input").key(time.UTC).Reference()
		if len(reference) != 8 || strings.Trim(reference, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") != "" {
			t.Fatalf("reference %q", reference)
		}
	})
}

func TestParseKeyReadsWhatStringWrote(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		key := inputs().Draw(t, "input").key(time.UTC)
		if parsed, err := domain.ParseKey(key.String()); err != nil || parsed != key {
			t.Fatalf("%s was read as %s, %v", key, parsed, err)
		}
	})
	whole := strings.Repeat("0a", 32)
	for _, wrong := range []string{"", whole[1:], whole[2:], "0g" + whole[2:], " " + whole[1:], whole + "0", whole + "0a"} {
		if _, err := domain.ParseKey(wrong); err == nil {
			t.Errorf("%q was read as a key", wrong)
		}
	}
}

func TestAnAcceptedDuplicateHasOneKeyPerDeadLetter(t *testing.T) {
	key := input{appointment: "a"}.key(time.UTC)
	first, again, other := key.ForAcceptedDuplicate("d1"), key.ForAcceptedDuplicate("d1"), key.ForAcceptedDuplicate("d2")
	if first != again || first == other || first == key {
		t.Error("the key must depend on the dead letter and on nothing else")
	}
}
