package statuscmd_test

import (
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/envelope"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/topics"
	"github.com/kafka-notifications/kafka-notifications/libs/ledger"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/config"
	"github.com/kafka-notifications/kafka-notifications/tools/notifyctl/internal/cluster"
	"github.com/kafka-notifications/kafka-notifications/tools/notifyctl/internal/cmdline"
	"github.com/kafka-notifications/kafka-notifications/tools/notifyctl/internal/statuscmd"
)

const (
	source  = "appointments.created"
	address = "mara.lind@patients.example"
	number  = "+15550101234"
)

// desk is a broker with the system's topics, and the command that reads it.
type desk struct {
	*testing.T
	broker string
	client *kgo.Client
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	kafka, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(kafka.Close)
	client, err := kgo.NewClient(kgo.SeedBrokers(kafka.ListenAddrs()...), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	_, err = topics.Ensure(t.Context(), kadm.NewClient(client), topics.Config{
		Source: source, DLQ: source + ".dlq", Replay: source + ".replay.{channel}", Ledger: "notifications.{channel}.ledger",
		LedgerRetention: 216 * time.Hour, Partitions: 3, ReplicationFactor: 1,
	})
	if err != nil {
		t.Fatal(err)
	}
	return &desk{t, kafka.ListenAddrs()[0], client}
}

// write appends a record and returns where it stands.
func (d *desk) write(r *kgo.Record) ports.Origin {
	d.Helper()
	if err := d.client.ProduceSync(d.Context(), r).FirstErr(); err != nil {
		d.Fatal(err)
	}
	return ports.Origin{Topic: r.Topic, Partition: r.Partition, Offset: r.Offset, Timestamp: r.Timestamp}
}

func (d *desk) ask(c statuscmd.Command) (stdout string) {
	d.Helper()
	var out, errs strings.Builder
	c.Timeout = 5 * time.Second
	in := &cmdline.Invocation{Env: config.Env{"KAFKA_BOOTSTRAP_SERVERS": d.broker}, Stdout: &out, Stderr: &errs}
	if err := c.Run(d.Context(), in); err != nil {
		d.Fatal(err)
	}
	return out.String()
}

func (d *desk) report(id string) (r statuscmd.Report) {
	d.Helper()
	if err := json.Unmarshal([]byte(d.ask(statuscmd.Command{Appointment: id, Output: "json"})), &r); err != nil {
		d.Fatal(err)
	}
	return r
}

// home is the partition that a producer with Kafka's partitioner takes.
func home(id string) int32 {
	return int32(kgo.StickyKeyPartitioner(nil).ForTopic(source).Partition(&kgo.Record{Key: []byte(id)}, 3))
}

func (d *desk) publish(id string, partition int32) ports.Origin {
	value := `{"appointment_id":"` + id + `","time":"2031-05-04T09:30:00+02:00","email":"` + address + `","phone_e164":"` + number +
		`","notify":{"email":true,"sms":true},"revision":2}`
	return d.write(&kgo.Record{Topic: source, Partition: partition, Key: []byte(id), Value: []byte(value)})
}

// book is the ledger of one channel as its owner writes it.
type book struct {
	*desk
	channel   domain.Channel
	token, id string
	origin    ports.Origin
}

func (b book) entry(kind ledger.Kind, code string) {
	b.Helper()
	e := ledger.Entry{Kind: kind, Token: b.token, Channel: b.channel, Code: code, Claim: ports.Claim{
		Key: domain.Key{7}, AppointmentID: b.id, Origin: b.origin, Handle: "handle of " + address + number, Lease: 10 * time.Second,
	}}
	r := &kgo.Record{Topic: "notifications." + string(b.channel) + ".ledger", Partition: b.origin.Partition, Value: e.Marshal()}
	if kind != ledger.KindFence {
		r.Key = []byte(b.id)
	}
	b.write(r)
}

func TestWhatBecameOfAnAppointmentIsToldWithoutItsRecipients(t *testing.T) {
	d := newDesk(t)
	d.publish("other", home("a-1"))
	origin := d.publish("a-1", home("a-1"))
	mail := book{d, domain.Email, "OWNER", "a-1", origin}
	mail.entry(ledger.KindFence, "")
	mail.entry(ledger.KindClaimed, "")
	mail.entry(ledger.KindSent, "20310504.1@mg.clinic.example\x1b[2J")
	text := book{d, domain.SMS, "OWNER", "a-1", origin}
	text.entry(ledger.KindFence, "")
	text.entry(ledger.KindClaimed, "")
	text.entry(ledger.KindFailed, "twilio.21211")
	letter := ports.DeadLetter{
		Record: &ports.Record{
			Topic: source, Partition: origin.Partition, Offset: origin.Offset, Timestamp: origin.Timestamp,
			Key: []byte("a-1"), Value: []byte(number),
		},
		Channel: domain.SMS, Attempts: 1, FirstFailedAt: origin.Timestamp, FailedAt: origin.Timestamp,
		Failure: &domain.Failure{Class: domain.ClassRecipientRejected, Code: "twilio.21211", Detail: "not a valid number"},
	}
	d.write(envelope.Record(source+".dlq", letter, "group"))

	r := d.report("a-1")
	if r.AllPartitions || len(r.Events) != 1 || r.Events[0].Offset != origin.Offset || *r.Events[0].Revision != 2 {
		t.Errorf("events %+v", r)
	}
	email, sms := r.Channels[0].Notifications, r.Channels[1].Notifications
	if len(email) != 1 || email[0].State != "sent" || !strings.HasPrefix(email[0].ProviderID, "20310504.1@") || len(email[0].History) != 2 {
		t.Errorf("email %+v", email)
	}
	if len(sms) != 1 || sms[0].State != "failed" || sms[0].Code != "twilio.21211" || sms[0].Source.Offset != origin.Offset {
		t.Errorf("sms %+v", sms)
	}
	if len(r.DeadLetters) != 1 || !r.DeadLetters[0].Open || r.DeadLetters[0].Class != domain.ClassRecipientRejected {
		t.Errorf("dead letters %+v", r.DeadLetters)
	}
	for _, format := range []string{"text", "json"} {
		out := d.ask(statuscmd.Command{Appointment: "a-1", Output: format})
		for _, secret := range []string{address, number, "handle of", "\x1b"} {
			if strings.Contains(out, secret) {
				t.Errorf("%s output shows %q:\n%s", format, secret, out)
			}
		}
		for _, want := range []string{"20310504.1", "twilio.21211", "recipient_rejected"} {
			if !strings.Contains(out, want) {
				t.Errorf("%s output lacks %q:\n%s", format, want, out)
			}
		}
	}
	d.resolve(r.DeadLetters[0].ID, envelope.ResolutionReplayed, 0)
	if r := d.report("a-1"); !r.DeadLetters[0].Open || !strings.HasPrefix(r.DeadLetters[0].Resolution, "replayed") {
		t.Errorf("while it is being replayed: %+v", r.DeadLetters)
	}
	d.resolve(r.DeadLetters[0].ID, envelope.ResolutionDiscarded, 0)
	if r := d.report("a-1"); r.DeadLetters[0].Open || !strings.HasPrefix(r.DeadLetters[0].Resolution, "discarded") {
		t.Errorf("after it was discarded: %+v", r.DeadLetters)
	}
	d.resolve(r.DeadLetters[0].ID, envelope.ResolutionSent, 1)
	d.resolve(r.DeadLetters[0].ID, envelope.ResolutionDiscarded, 0) // A late word changes no fact.
	if r := d.report("a-1"); r.DeadLetters[0].Open || !strings.HasPrefix(r.DeadLetters[0].Resolution, "sent") {
		t.Errorf("after it was sent: %+v", r.DeadLetters)
	}
}

func (d *desk) resolve(id string, status envelope.ResolutionStatus, count int) {
	d.Helper()
	key, value, err := envelope.EncodeResolution(envelope.Resolution{
		ID: id, Channel: domain.SMS, Status: status, ReplayCount: count, At: time.Now(),
	})
	if err != nil {
		d.Fatal(err)
	}
	d.write(&kgo.Record{Topic: topics.Resolutions, Key: key, Value: value})
}

func TestARecordOnAnyPartitionIsFound(t *testing.T) {
	d := newDesk(t)
	elsewhere := (home("a-2") + 1) % 3
	origin := d.publish("a-2", elsewhere)
	b := book{d, domain.Email, "OWNER", "a-2", origin}
	b.entry(ledger.KindFence, "")
	b.entry(ledger.KindClaimed, "")
	r := d.report("a-2")
	if n := r.Channels[0].Notifications; !r.AllPartitions || len(n) != 1 || n[0].State != "claimed" || n[0].Source.Partition != elsewhere {
		t.Errorf("%+v", r)
	}
}

func TestWhatAReplacedWorkerWroteDoesNotCountUnlessItIsSent(t *testing.T) {
	d := newDesk(t)
	old := book{d, domain.Email, "OLD", "a-3", d.publish("a-3", home("a-3"))}
	old.entry(ledger.KindFence, "")
	old.entry(ledger.KindClaimed, "")
	successor := old
	successor.token = "NEW"
	successor.entry(ledger.KindFence, "")
	successor.entry(ledger.KindFailed, "mailgun.429")
	old.entry(ledger.KindUnknown, "late")
	n := d.report("a-3").Channels[0].Notifications[0]
	if n.State != "failed" || n.Code != "mailgun.429" || len(n.History) != 3 || !n.History[2].Void {
		t.Errorf("%+v", n)
	}
	old.entry(ledger.KindSent, "late-but-true")
	if n := d.report("a-3").Channels[0].Notifications[0]; n.State != "sent" || n.ProviderID != "late-but-true" || n.Code != "" {
		t.Errorf("%+v", n)
	}
}

func TestAnAppointmentThatNobodyKnowsIsSaidToBeUnknown(t *testing.T) {
	d := newDesk(t)
	d.publish("a-4", home("a-4"))
	if out := d.ask(statuscmd.Command{Appointment: "a-5", Output: "text"}); !strings.Contains(out, "nothing is known") {
		t.Error(out)
	}
	out := d.ask(statuscmd.Command{Appointment: "a-4", Output: "text"})
	if !strings.Contains(out, "asks for email and sms") || strings.Count(out, "has not reached the event yet") != 2 {
		t.Error(out)
	}
}

func TestAMissingTopicIsAWarning(t *testing.T) {
	kafka, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(kafka.Close)
	var out, errs strings.Builder
	in := &cmdline.Invocation{Env: config.Env{"KAFKA_BOOTSTRAP_SERVERS": kafka.ListenAddrs()[0]}, Stdout: &out, Stderr: &errs}
	c := statuscmd.Command{Patience: cluster.Patience{Timeout: 5 * time.Second}, Appointment: "a-1"}
	if err := c.Run(t.Context(), in); err != nil || !strings.Contains(errs.String(), "notifyctl topics ensure") {
		t.Errorf("%v\n%s%s", err, &out, &errs)
	}
}

func TestAnEventThatWasOnlyNotedIsTold(t *testing.T) {
	d := newDesk(t)
	b := book{d, domain.Email, "OWNER", "a-6", d.publish("a-6", home("a-6"))}
	b.entry(ledger.KindFence, "")
	b.entry(ledger.KindNoted, "superseded")
	out := d.ask(statuscmd.Command{Appointment: "a-6", Output: "text"})
	if !strings.Contains(out, "NOTED: ended without a send (superseded)") {
		t.Error(out)
	}
}

func TestALedgerOfANewerBuildIsNotToldHalf(t *testing.T) {
	d := newDesk(t)
	origin := d.publish("a-7", home("a-7"))
	d.write(&kgo.Record{Topic: "notifications.email.ledger", Partition: origin.Partition, Key: []byte("a-7"), Value: []byte("3\tsent\tOWNER\tx")})
	in := &cmdline.Invocation{Env: config.Env{"KAFKA_BOOTSTRAP_SERVERS": d.broker}, Stdout: io.Discard, Stderr: io.Discard}
	c := statuscmd.Command{Patience: cluster.Patience{Timeout: 5 * time.Second}, Appointment: "a-7"}
	var newer *ledger.NewerError
	if err := c.Run(t.Context(), in); !errors.As(err, &newer) {
		t.Errorf("%v, want a NewerError", err)
	}
}
