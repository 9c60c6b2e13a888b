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
	cancelled              bool
}

func (in input) key(zone *time.Location) domain.Key {
	e := &domain.Event{AppointmentID: in.appointment, Time: time.Unix(in.unix, 0).In(zone), Revision: in.revision}
	if in.cancelled {
		e.Status = domain.AppointmentCancelled
	}
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
			revision: rapid.Ptr(rapid.Int64Range(0, 2), true).Draw(t, "revision"), cancelled: rapid.Bool().Draw(t, "cancelled"),
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
	for status, want := range map[domain.AppointmentStatus]string{
		domain.AppointmentConfirmed: plain, domain.AppointmentRescheduled: plain,
		domain.AppointmentCancelled: "0a70b7c3349e1d08924ac18443cb0d0265de2e6d4d39be856ea9ef6cb4262791",
	} {
		e.Status = status
		if key := domain.NewKey(e, domain.Email, recipient); key.String() != want {
			t.Errorf("%s: %s, want %s", status, key, want)
		}
	}
}

// A change of capitals, or of how a domain is written, is no other mailbox. The
// local part is the receiving system's alone to compare.
func TestSpellingsOfOneMailboxAreOneNotification(t *testing.T) {
	key := func(recipient string) domain.Key {
		return input{recipient: recipient, channel: domain.Email}.key(time.UTC)
	}
	for mailbox, spellings := range map[string][]string{
		"mara@clinic.example":        {"mara@Clinic.Example", "mara@CLINIC.EXAMPLE"},
		"mara@xn--mller-kva.example": {"mara@müller.example", "mara@MÜLLER.Example", "mara@XN--MLLER-KVA.example", "mara@mu\u0308ller.example"},
		"mara@xn--strae-oqa.example": {"mara@straße.example"}, // not strasse.example, which somebody else may have
		"mara@xn--r8jz45g.example":   {"mara@例え.example"},
		"mara@xn--4xa.example":       {"mara@σ.example", "mara@Σ.example"},
		"mara@-ä.example":            {"mara@-Ä.example"}, // no domain at all, but the same each time
	} {
		for _, spelling := range spellings {
			if key(spelling) != key(mailbox) {
				t.Errorf("%s and %s have different keys", spelling, mailbox)
			}
		}
	}
	for _, other := range []string{"Mara@clinic.example", "Mara@Clinic.example", "mara@clinic.examples", "mara@strasse.example", "mara@muller.example"} {
		for _, mailbox := range []string{"mara@clinic.example", "mara@xn--strae-oqa.example", "mara@xn--mller-kva.example"} {
			if key(other) == key(mailbox) {
				t.Errorf("%s and %s have one key", other, mailbox)
			}
		}
	}
}

// Whatever addresses the contract lets in: two that differ in the case of their
// domains' ASCII letters only are one mailbox, and the address that mail goes to
// stays as it was written.
func TestTheCaseOfADomainIsNoPartOfTheKey(t *testing.T) {
	addresses := rapid.StringMatching(`[a-zA-Z]{1,3}@[a-zA-Zéßσ例]{1,4}\.[a-zA-Z]{2,3}`)
	rapid.Check(t, func(t *rapid.T) {
		address := addresses.Draw(t, "address")
		local, name, _ := strings.Cut(address, "@")
		shout := strings.Map(func(r rune) rune {
			if 'a' <= r && r <= 'z' {
				return r - 'a' + 'A'
			}
			return r
		}, name)
		e := decode(t, `{"appointment_id":1,"time":"2026-03-14T08:30:00Z","notify":{"email":true},"email":`+quote(local+"@"+shout)+`}`)
		written, err := e.Recipient(domain.Email)
		if err != nil || written != local+"@"+shout {
			t.Fatalf("%s is sent to %s, %v", address, written, err)
		}
		if domain.NewKey(e, domain.Email, written) != domain.NewKey(e, domain.Email, address) {
			t.Fatalf("%s and %s have different keys", address, written)
		}
	})
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
