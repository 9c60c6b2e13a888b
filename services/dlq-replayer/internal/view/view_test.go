package view_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/envelope"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/index"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/view"
)

const (
	address = "mara.lind@clinic.example"
	number  = "15550100001"
)

// everywhere are records that show the recipient in each place that others can
// write to.
func everywhere() []*kgo.Record {
	payload := `{"appointment_id":"a-1","email":"` + address + `","phone_e164":"+` + number + `","note":"` + address + `"}`
	own := envelope.Record("dlq", ports.DeadLetter{
		Channel: domain.SMS, Failure: &domain.Failure{Class: domain.ClassInvalidEvent, Code: "event.time", Detail: "must have an offset"},
		Record: &ports.Record{
			Topic: "t", Key: []byte("+" + number), Value: []byte(payload), Timestamp: time.UnixMilli(1 << 60),
			Headers: []ports.Header{{Key: "reply-to", Value: []byte(address)}, {Key: address, Value: []byte("\x00\xff")}, {Key: "dlq-note", Value: []byte(address)}},
		},
	}, "workers")
	numeric := *own
	numeric.Key = []byte(number)
	return []*kgo.Record{own, &numeric, {
		Key: []byte(address), Value: []byte(`{"email":"` + address), Headers: []kgo.RecordHeader{
			{Key: "kafka_dlt-original-topic", Value: []byte("for-" + address)},
			{Key: "kafka_dlt-exception-fqcn", Value: []byte("No" + address)},
			{Key: "kafka_dlt-exception-message", Value: []byte("cannot send to " + address + " or +" + number)},
			{Key: "kafka_dlt-original-consumer-group", Value: []byte(address)},
			{Key: "kafka_dlt-original-offset", Value: []byte{0, 0, 0, 0, 0, 0, 0, 9}},
		},
	}, {Value: []byte(address + " \xff " + number)}, {}}
}

func details(reveal bool) string {
	var out []string
	for _, record := range everywhere() {
		x := index.New(10)
		x.AddDeadLetter(record)
		for _, item := range x.Select(index.Filter{}) {
			shown, err := json.Marshal(view.New(reveal).Detail(item, record))
			if err != nil {
				panic(err)
			}
			out = append(out, string(shown))
		}
	}
	return strings.Join(out, "\n")
}

func TestNoRecipientIsShownUnlessRevealed(t *testing.T) {
	masked, revealed := details(false), details(true)
	for _, secret := range []string{address, number} {
		if strings.Contains(masked, secret) {
			t.Errorf("%s is shown in\n%s", secret, masked)
		}
		if !strings.Contains(revealed, secret) {
			t.Errorf("%s is not revealed in\n%s", secret, revealed)
		}
	}
	for _, want := range []string{`"appointment":"a-1"`, "event.time", "must have an offset", "9 (binary)", "not JSON", "the record has no value"} {
		if !strings.Contains(masked, want) {
			t.Errorf("%q is not in\n%s", want, masked)
		}
	}
}

func TestNoSpellingOfARecipientIsShown(t *testing.T) {
	for spelling, secrets := range map[string][]string{
		"2031-05-06 15550101234":           {"15550101234"},
		"1\u00a0555\u00a0010\u20111234":    {"555", "1234"},
		"٠١٥٥٥٠١٠١٢٣٤":                     {"١٥٥٥"},
		`"mara lind"@clinic.example`:       {"mara", "lind", "clinic"},
		"mara＠clinic.example":              {"mara", "clinic"},
		"user%40y.example":                 {"user%40", "user@"},
		"tel:+4915512345678":               {"155123"},
		"015512345678":                     {"155123"},
		"bWFyYS5saW5kQGNsaW5pYy5leGFtcGxl": {"bWFyYS5saW5k"},
	} {
		quoted, err := json.Marshal(spelling)
		if err != nil {
			t.Fatal(err)
		}
		record := envelope.Record("dlq", ports.DeadLetter{
			Channel: domain.SMS, Failure: &domain.Failure{Class: domain.ClassInvalidEvent, Code: "event.time", Detail: "must have an offset"},
			Record: &ports.Record{
				Topic: "t", Key: []byte(spelling), Timestamp: time.UnixMilli(1 << 40),
				Value:   []byte(`{"appointment_id":` + string(quoted) + `,"note":` + string(quoted) + `,"email":{"user":"mara","host":"clinic.example"}}`),
				Headers: []ports.Header{{Key: "about", Value: []byte(spelling)}, {Key: "x-email-user", Value: []byte("mara")}},
			},
		}, "workers")
		x := index.New(10)
		x.AddDeadLetter(record)
		for _, item := range x.Select(index.Filter{}) {
			d := view.New(false).Detail(item, record)
			shown := d.Payload + d.Key + d.Appointment
			for _, h := range d.Headers {
				if !strings.HasPrefix(h.Name, "dlq-") {
					shown += h.Value
				}
			}
			for _, secret := range append(secrets, "mara", "clinic") {
				if strings.Contains(shown, secret) {
					t.Errorf("%q: %q is in %s", spelling, secret, shown)
				}
			}
		}
	}
}
