package statuscmd

import (
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/envelope"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/history"
	"github.com/kafka-notifications/kafka-notifications/libs/ledger"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/config"
	"github.com/kafka-notifications/kafka-notifications/tools/notifyctl/internal/cluster"
	"github.com/kafka-notifications/kafka-notifications/tools/notifyctl/internal/cmdline"
)

// example is an appointment of which everything is known.
func example() *history.Appointment {
	at := time.Date(2031, 5, 1, 9, 0, 0, 0, time.UTC)
	appointment := at.Add(72 * time.Hour)
	origin := history.Place{Topic: "appointments.created", Partition: 2, Offset: 10, Time: at}
	return &history.Appointment{
		ID:     "a-1",
		Events: []history.Event{{Place: origin, Requested: []domain.Channel{domain.Email, domain.SMS}, AppointmentTime: &appointment}},
		Channels: []history.Channel{
			{Channel: domain.Email, Notifications: []*history.Notification{{
				State: ledger.KindSent, ProviderID: "20310504.1@mg.clinic.example\x1b[2J", Source: origin, Reference: "REF",
				History: []history.Entry{{At: at, Kind: ledger.KindClaimed, Void: true}, {At: at, Kind: ledger.KindSent, Code: "id"}},
			}}},
			{Channel: domain.SMS, Silence: history.NeverClaimed},
		},
		Receipts: []history.Receipt{{
			Channel: domain.Email, Kind: domain.ReceiptUndelivered, Reason: "bounce", Code: "mailgun.550\x1b[2J", At: at.Add(time.Hour), ProviderID: "m-1", Source: origin,
		}},
		DeadLetters: []history.DeadLetter{{
			ID: "d-1", Channel: domain.SMS, Class: domain.ClassRecipientRejected, Code: "twilio.21211", Message: "not a\nvalid number",
			Attempts: 1, FailedAt: at, Source: origin,
			Resolution: &envelope.Resolution{Status: envelope.ResolutionSkipped, Reason: "appointment_past", At: at},
		}},
	}
}

func told(a *history.Appointment) string {
	var out strings.Builder
	writeText(&out, a)
	return out.String()
}

func wants(t *testing.T, got string, texts ...string) {
	t.Helper()
	for _, want := range texts {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in\n%s", want, got)
		}
	}
}

func TestEverythingThatIsKnownIsPrinted(t *testing.T) {
	wants(t, told(example()),
		"2031-05-01 09:00:00Z  appointments.created partition 2 offset 10  asks for email and sms, appointment at 2031-05-04T09:00:00Z",
		"SENT: the provider accepted it, id \"20310504.1@", "claimed  (void: its writer had been replaced)", "sent     id",
		"UNDELIVERED: it did not arrive and never will (\"bounce mailgun.550", "2031-05-01 10:00:00Z, for appointments.created partition 2 offset 10, id m-1",
		"never claimed: dead-lettered before any send",
		`sms  recipient_rejected (twilio.21211), 1 attempts, closed: "not a\nvalid number"`,
		"skipped (appointment_past) at 2031-05-01T09:00:00Z",
	)
}

func TestTextsFromOutsideCannotDisturbATerminal(t *testing.T) {
	a := example()
	a.ID = "a-1\x1b]0;owned\x07"
	if out := told(a); strings.ContainsAny(out, "\x1b\x07") {
		t.Errorf("%q", out)
	}
}

func TestEachStateAndSilenceHasItsOwnWords(t *testing.T) {
	seen := map[string]bool{}
	once := func(text string) {
		t.Helper()
		if seen[text] || text == "" {
			t.Errorf("%q stands for two", text)
		}
		seen[text] = true
	}
	for _, state := range []ledger.Kind{
		ledger.KindClaimed, ledger.KindSent, ledger.KindFailed, ledger.KindUnknown, ledger.KindNoted, history.None,
	} {
		once(meaning(&history.Notification{State: state}))
	}
	for _, kind := range domain.ReceiptKinds() {
		once(fate(history.Receipt{Kind: kind}))
	}
	for _, why := range []history.Silence{history.NotAsked, history.NotRecorded, history.NeverClaimed} {
		once(silent(why))
	}
}

func TestAnAppointmentThatNobodyKnowsIsSaidToBeUnknown(t *testing.T) {
	wants(t, told(&history.Appointment{ID: "a-5"}), "nothing is known")
}

func TestAMissingTopicIsAWarning(t *testing.T) {
	kafka, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(kafka.Close)
	var out, errs strings.Builder
	in := &cmdline.Invocation{Env: config.Env{"KAFKA_BOOTSTRAP_SERVERS": kafka.ListenAddrs()[0]}, Stdout: &out, Stderr: &errs}
	c := Command{Patience: cluster.Patience{Timeout: 5 * time.Second}, Appointment: "a-1", Output: "json"}
	if err := c.Run(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	wants(t, errs.String(), "notifyctl topics ensure")
	wants(t, out.String(), `"all_partitions": true`, `"missing_topics"`)
}
