package outcomelog

import (
	"encoding/json"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/envelope"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// anOutcome draws a record of the topic; its texts hold what could be taken for a member.
func anOutcome() *rapid.Generator[envelope.Outcome] {
	return rapid.Custom(func(t *rapid.T) envelope.Outcome {
		word := func(name string) string {
			return rapid.OneOf(rapid.StringMatching(`[a-z0-9-]{0,40}`), rapid.String(), rapid.Just(`","outcome":"sent","x":"`)).Draw(t, name)
		}
		o := envelope.OutcomeOf(ports.Conclusion{
			Record: &ports.Record{
				Topic: rapid.SampledFrom([]string{"appointments.created", "other"}).Draw(t, "topic"), Partition: 3,
				Offset: rapid.Int64Min(0).Draw(t, "offset"), Timestamp: time.UnixMilli(rapid.Int64Range(-1, 1<<50).Draw(t, "timestamp")),
			},
			Channel: rapid.SampledFrom(domain.Channels()).Draw(t, "channel"),
			Outcome: rapid.SampledFrom([]domain.Outcome{
				domain.Sent("id"), domain.Skipped(domain.SkipSuperseded),
				domain.DeadLettered(&domain.Failure{Class: domain.ClassUnknownOutcome, Code: "a"}),
				domain.DeadLettered(&domain.Failure{Class: domain.ClassTransient, Code: "b"}),
			}).Draw(t, "outcome"),
			At: time.UnixMilli(rapid.Int64Range(0, 1<<42).Draw(t, "at")),
		})
		o.AppointmentID, o.ProviderMessageID = word("appointment"), word("provider's id")
		o.Status = rapid.SampledFrom(append(domain.AppointmentStatuses(), "")).Draw(t, "status")
		o.Revision = rapid.Ptr(rapid.Int64(), true).Draw(t, "revision")
		if rapid.Bool().Draw(t, "replayed") {
			o.ReplayJob, o.ReplayCount, o.DeadLetterID = word("job"), rapid.IntRange(0, 9).Draw(t, "count"), word("dead letter")
		}
		if rapid.Bool().Draw(t, "receipt") {
			o = o.Received(ports.Receipt{ProviderID: o.ProviderMessageID, Kind: rapid.SampledFrom(domain.ReceiptKinds()).Draw(t, "kind")})
		}
		return o
	})
}

// A glance and a decoder agree on every record, however it was written.
func TestAGlanceSeesWhatADecoderSees(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := anOutcome().Draw(t, "outcome")
		_, value, err := o.Record()
		if err != nil {
			t.Fatal(err)
		}
		if rapid.Bool().Draw(t, "indented") {
			value, _ = json.MarshalIndent(o, "", " ")
		}
		if rapid.IntRange(0, 9).Draw(t, "cut") == 0 {
			value = value[:rapid.IntRange(0, len(value)-1).Draw(t, "length")]
		}
		want, wantErr := envelope.DecodeOutcome(value)
		got, useful, err := glance{domain.Email}.read(value)
		if (err != nil) != (wantErr != nil) && want.Channel == domain.Email && wanted(want) {
			t.Fatalf("%s: error %v, the decoder's %v", value, err, wantErr)
		}
		if err != nil || wantErr != nil {
			return
		}
		if useful != (want.Channel == domain.Email && wanted(want)) {
			t.Fatalf("%s: useful is %t", value, useful)
		}
		if useful {
			compare(t, got, want)
		}
	})
}

// A later build may tell more than this one knows: that is no send, and ends no wait.
func TestWhatALaterBuildTellsIsPassedOver(t *testing.T) {
	sent := envelope.OutcomeOf(ports.Conclusion{Record: &ports.Record{}, Channel: domain.Email, Outcome: domain.Sent("id"), At: time.Now()})
	opened := sent.Received(ports.Receipt{ProviderID: "id", Kind: "opened", At: time.Now()})
	other := sent
	other.Type = "reminder"
	for _, o := range []envelope.Outcome{opened, other} {
		_, value, err := o.Record()
		if err != nil {
			t.Fatal(err)
		}
		if _, useful, err := (glance{domain.Email}).read(value); useful || err != nil {
			t.Errorf("%s: %t, %v", value, useful, err)
		}
	}
}

func compare(t *rapid.T, got, want envelope.Outcome) {
	want.ID, want.Code, got.ID, got.Code = "", "", "", ""
	a, _ := json.Marshal(got)
	b, _ := json.Marshal(want)
	if string(a) != string(b) {
		t.Fatalf("got  %s\nwant %s", a, b)
	}
}

// A receipt takes over what its outcome said, by way of the ref.
func TestARefHoldsWhatAReceiptTakesOver(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := anOutcome().Draw(t, "outcome")
		back, err := outcome(refOf(o), o.Channel, o.Event.Partition)
		if err != nil {
			t.Fatal(err)
		}
		r := ports.Receipt{ProviderID: "id", Kind: domain.ReceiptUndelivered, Reason: "bounce", Code: "fake.550", At: time.UnixMilli(7)}
		compare(t, back.Received(r), o.Received(r))
		_, _ = outcome(rapid.String().Draw(t, "broken ref"), o.Channel, 0) // does not panic
	})
}

func BenchmarkGlance(b *testing.B) {
	_, value := envelope.EncodeOutcome(ports.Conclusion{
		Record:  &ports.Record{Topic: "appointments.created", Offset: 12345, Timestamp: time.Now()},
		Event:   &domain.Event{AppointmentID: "b7a9b3c4-5b0e-4c8e-9c5e-0f8f2f6a1c11", Status: "confirmed", Revision: new(int64(3))},
		Channel: domain.Email, Outcome: domain.Sent("4f1d2c4f1d2c4f1d2c4f1d2c4f1d2c4f1d2c4f1d2c4f1d2c4f1d2c4f1d2c4f1d@mg.clinic.example"), At: time.Now(),
	})
	for _, ch := range domain.Channels() {
		b.Run(string(ch), func(b *testing.B) {
			for b.Loop() {
				if o, useful, _ := (glance{ch}).read(value); useful {
					messageOf(o, 7)
				}
			}
		})
	}
}
