package envelope_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"pgregory.net/rapid"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/envelope"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

const contracts = "../../../contracts"

// outcomeSchema returns the contract of the outcomes topic.
func outcomeSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	schema, err := jsonschema.NewCompiler().Compile(contracts + "/outcome.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func keeps(schema *jsonschema.Schema, value []byte) error {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(value))
	if err != nil {
		return err
	}
	return schema.Validate(doc)
}

// anOutcome draws one that is told, of any status, reason and class.
func anOutcome() *rapid.Generator[domain.Outcome] {
	return rapid.Custom(func(t *rapid.T) domain.Outcome {
		told := slices.DeleteFunc(domain.SkipReasons(), func(r domain.SkipReason) bool { return r == domain.SkipNotRequested })
		return rapid.OneOf(
			rapid.Map(rapid.String(), domain.Sent),
			rapid.Map(rapid.SampledFrom(told), domain.Skipped),
			rapid.Map(rapid.SampledFrom(domain.Classes()), func(c domain.Class) domain.Outcome {
				o := domain.DeadLettered(&domain.Failure{Class: c, Code: "fake.400", Detail: secret})
				if c == domain.ClassUnknownOutcome {
					o.ProviderID = "what it would be"
				}
				return o
			}),
		).Draw(t, "outcome")
	})
}

// secret stands in everything that must not be told.
const secret = "mara.lind@patients.example"

func aConclusion() *rapid.Generator[ports.Conclusion] {
	return rapid.Custom(func(t *rapid.T) ports.Conclusion {
		origin := ports.Origin{
			Topic: "appointments.created", Partition: rapid.Int32Min(0).Draw(t, "partition"), Offset: rapid.Int64Min(0).Draw(t, "offset"),
			Timestamp: time.UnixMilli(rapid.Int64().Draw(t, "timestamp")),
		}
		c := ports.Conclusion{
			Record: &ports.Record{
				Topic: origin.Topic, Partition: origin.Partition, Offset: origin.Offset, Timestamp: origin.Timestamp,
				Key: rapid.SliceOf(rapid.Byte()).Draw(t, "key"), Value: []byte(secret), Headers: []ports.Header{{Key: secret, Value: []byte(secret)}},
			},
			Channel: rapid.SampledFrom(domain.Channels()).Draw(t, "channel"),
			Outcome: anOutcome().Draw(t, "outcome"), At: time.UnixMilli(rapid.Int64Range(0, 1<<42).Draw(t, "at")),
		}
		if rapid.Bool().Draw(t, "decoded") {
			c.Event = &domain.Event{
				AppointmentID: rapid.StringN(1, 256, -1).Draw(t, "appointment"), UserID: secret, Timezone: secret,
				Revision: rapid.Ptr(rapid.Int64(), true).Draw(t, "revision"), Status: rapid.SampledFrom(domain.AppointmentStatuses()).Draw(t, "status"),
			}
		}
		if rapid.Bool().Draw(t, "replayed") {
			c.Record.Replay = &ports.Replay{DeadLetterID: "id", Job: "job", Count: rapid.IntRange(1, 9).Draw(t, "count"), Origin: origin}
		}
		return c
	})
}

// A written outcome keeps the contract, contains only the members that the contract
// names, and is read back.
func TestWhatIsToldKeepsTheContract(t *testing.T) {
	schema := outcomeSchema(t)
	rapid.Check(t, func(t *rapid.T) {
		c := aConclusion().Draw(t, "conclusion")
		key, value := envelope.EncodeOutcome(c)
		if err := keeps(schema, value); err != nil {
			t.Fatalf("%s: %v", value, err)
		}
		if bytes.Contains(value, []byte(secret)) {
			t.Fatalf("a recipient is told: %s", value)
		}
		told, err := envelope.DecodeOutcome(value)
		if err != nil || told.Outcome != c.Outcome.Status || told.ID != envelope.OutcomeID(c) {
			t.Fatalf("read back: %+v, %v", told, err)
		}
		if origin, err := told.Origin(); err != nil || !origin.Equal(c.Record.Origin()) {
			t.Fatalf("it comes from %+v (%v), want %+v", origin, err, c.Record.Origin())
		}
		if c.Event != nil && string(key) != c.Event.AppointmentID || c.Event == nil && !bytes.Equal(key, c.Record.Key) {
			t.Fatalf("its key is %q", key)
		}
	})
}

// A receipt, and what it proves, keep the contract; their ids depend on the fact alone.
func TestReceiptsKeepTheContract(t *testing.T) {
	schema := outcomeSchema(t)
	rapid.Check(t, func(t *rapid.T) {
		c := aConclusion().Draw(t, "conclusion")
		told := ports.Receipt{
			ProviderID: rapid.StringN(1, 90, -1).Draw(t, "id"), Kind: rapid.SampledFrom(domain.ReceiptKinds()).Draw(t, "kind"),
			Reason: "bounce", Code: "fake.550", At: c.At,
		}
		of := envelope.OutcomeOf(c)
		receipt := of.Received(told)
		proven, err := of.Proven(told.ProviderID, c.At)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range []envelope.Outcome{receipt, proven} {
			key, value, err := o.Record()
			if err == nil {
				err = keeps(schema, value)
			}
			if err != nil || string(key) != of.AppointmentID {
				t.Fatalf("%s, key %q: %v", value, key, err)
			}
		}
		c.Outcome, c.At = domain.Sent(told.ProviderID), c.At.Add(time.Hour)
		if again := envelope.OutcomeOf(c); proven.ID != again.ID || receipt.ID != again.Received(told).ID || receipt.Kind() != told.Kind {
			t.Fatalf("%+v and %+v have other ids than %+v", proven, receipt, again)
		}
	})
}

// A key that could be no appointment id might be larger than the topic takes, and
// would hold its lane up for ever.
func TestAHugeKeyIsNotTold(t *testing.T) {
	c := ports.Conclusion{Record: &ports.Record{Key: bytes.Repeat([]byte("k"), 2<<20)}, Channel: domain.SMS, Outcome: domain.Skipped(domain.SkipSuperseded)}
	key, value := envelope.EncodeOutcome(c)
	if n := len(key) + len(value); n > 4<<10 {
		t.Errorf("%d bytes", n)
	}
}

func TestTheExamplesOfOutcomesKeepTheContract(t *testing.T) {
	schema := outcomeSchema(t)
	files, err := filepath.Glob(contracts + "/outcomes/*.json")
	if err != nil || len(files) < 6 {
		t.Fatalf("%d examples (%v)", len(files), err)
	}
	for _, file := range files {
		value, err := os.ReadFile(file)
		if err == nil {
			err = keeps(schema, value)
		}
		if err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
}

// The schema is worth something only if it refuses.
func TestWhatBreaksTheContractOfOutcomesIsRefused(t *testing.T) {
	schema := outcomeSchema(t)
	valid, err := os.ReadFile(contracts + "/outcomes/skipped.json")
	if err != nil {
		t.Fatal(err)
	}
	for member, value := range map[string]any{
		"version": 2, "id": "a-7", "type": "receipt", "channel": "Fax", "outcome": "sent", "reason": "not_requested", "code": "x", "status": "moved",
		"revision": "3", "provider_message_id": "id", "event": map[string]any{}, "at": "2026-03-14 08:30",
	} {
		var doc map[string]any
		if err := json.Unmarshal(valid, &doc); err != nil {
			t.Fatal(err)
		}
		missing := maps.Clone(doc)
		doc[member] = value
		delete(missing, member)
		if schema.Validate(doc) == nil || schema.Validate(missing) == nil {
			t.Errorf("%s may be %v, or missing", member, value)
		}
	}
}

func TestWhatIsNoOutcomeIsRecognised(t *testing.T) {
	for _, value := range []string{"", "{", "[]", "{}", `{"version":2,"id":"i","type":"outcome","outcome":"sent"}`, strings.Repeat("[", 9999)} {
		if _, err := envelope.DecodeOutcome([]byte(value)); !errors.Is(err, envelope.ErrNotOutcome) {
			t.Errorf("%.40q: %v", value, err)
		}
	}
}
