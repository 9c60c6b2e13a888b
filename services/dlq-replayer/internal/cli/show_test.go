package cli_test

import (
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/envelope"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/cli"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/replaytest"
)

// A receipt may have proven what a dead letter says is unknown.
func TestADeadLetterIsShownWithItsReceipts(t *testing.T) {
	s := newShell(t)
	letter := replaytest.Letter(1, domain.SMS, domain.ClassUnknownOutcome)
	s.Produce(envelope.Record(s.Config.Topics.DLQ, letter, "workers"))
	origin := letter.Record.Origin()
	for offset, kind := range map[int64]domain.ReceiptKind{origin.Offset: domain.ReceiptDelivered, origin.Offset + 1: domain.ReceiptComplained} {
		of := envelope.OutcomeOf(ports.Conclusion{
			Record:  &ports.Record{Topic: origin.Topic, Partition: origin.Partition, Offset: offset, Timestamp: origin.Timestamp},
			Event:   &domain.Event{AppointmentID: string(letter.Record.Key)},
			Channel: domain.SMS, Outcome: domain.Sent("SM1"), At: origin.Timestamp,
		})
		key, value, err := of.Received(ports.Receipt{ProviderID: "SM1", Kind: kind, At: time.Unix(1_900_000_000, 0)}).Record()
		if err != nil {
			t.Fatal(err)
		}
		s.Produce(&kgo.Record{Topic: s.Config.Topics.Outcomes, Partition: origin.Partition, Key: key, Value: value})
	}
	text, _ := s.run(cli.ExitOK, "show", letterID(letter))
	if !strings.Contains(text, "delivered (2030-03-17T17:46:40Z)") || strings.Contains(text, "complained") {
		t.Errorf("shown as\n%s", text)
	}
	var told struct{ Receipts []struct{ Kind string } }
	printed, _ := s.run(cli.ExitOK, "show", letterID(letter), "-o", "json")
	decode(t, printed, &told)
	if len(told.Receipts) != 1 || told.Receipts[0].Kind != "delivered" {
		t.Errorf("%s", printed)
	}
}

func letterID(l ports.DeadLetter) string { return envelope.ID(l.Channel, l.Record.Origin()) }
