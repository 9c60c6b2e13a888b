package history_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/envelope"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/history"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/topics"
	"github.com/kafka-notifications/kafka-notifications/libs/ledger"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

func TestWhatBecameOfAnAppointmentIsToldWithoutItsRecipients(t *testing.T) {
	r := newRig(t)
	r.publish("other", home("a-1"))
	origin := r.publish("a-1", home("a-1"))
	email := owner{r, domain.Email, "OWNER", "a-1", origin}
	email.write(ledger.KindFence, "")
	email.write(ledger.KindClaimed, "")
	email.write(ledger.KindSent, "20310504.1@mg.clinic.example")
	sms := owner{r, domain.SMS, "OWNER", "a-1", origin}
	sms.write(ledger.KindFence, "")
	sms.write(ledger.KindClaimed, "")
	sms.write(ledger.KindFailed, "twilio.21211")
	r.deadLetter(&ports.Record{
		Topic: source, Partition: origin.Partition, Offset: origin.Offset, Timestamp: origin.Timestamp,
		Key: []byte("a-1"), Value: []byte(number),
	}, &domain.Failure{Class: domain.ClassRecipientRejected, Code: "twilio.21211", Detail: "not a valid number"})

	a := r.read("a-1")
	if a.AllPartitions || len(a.Missing) > 0 || len(a.Events) != 1 || a.Events[0].Offset != origin.Offset ||
		*a.Events[0].Revision != 2 || !slices.Equal(a.Events[0].Requested, []domain.Channel{domain.Email, domain.SMS}) {
		t.Errorf("events %+v", a)
	}
	mail, text := a.Channels[0].Notifications, a.Channels[1].Notifications
	if len(mail) != 1 || mail[0].State != ledger.KindSent || mail[0].ProviderID != "20310504.1@mg.clinic.example" || len(mail[0].History) != 2 {
		t.Errorf("email %+v", mail)
	}
	if len(text) != 1 || text[0].State != ledger.KindFailed || text[0].Code != "twilio.21211" || text[0].Source.Offset != origin.Offset {
		t.Errorf("sms %+v", text)
	}
	if len(a.DeadLetters) != 1 || !a.DeadLetters[0].Open || a.DeadLetters[0].Class != domain.ClassRecipientRejected || a.DeadLetters[0].Resolution != nil {
		t.Errorf("dead letters %+v", a.DeadLetters)
	}
	all, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{address, number, "handle of"} {
		if strings.Contains(string(all), secret) {
			t.Errorf("it holds %q: %s", secret, all)
		}
	}
}

func TestADeadLetterIsOpenUntilTheFactThatCountsClosesIt(t *testing.T) {
	r := newRig(t)
	origin := r.publish("a-1", home("a-1"))
	r.deadLetter(&ports.Record{
		Topic: source, Partition: origin.Partition, Offset: origin.Offset, Timestamp: origin.Timestamp, Key: []byte("a-1"), Value: []byte("{"),
	}, domain.AsFailure(domain.InvalidEvent("json", "broken")))
	id := r.read("a-1").DeadLetters[0].ID
	want := func(open bool, status envelope.ResolutionStatus) {
		t.Helper()
		if d := r.read("a-1").DeadLetters[0]; d.Open != open || d.Resolution == nil || d.Resolution.Status != status {
			t.Errorf("%+v, %+v; want open %t by %s", d, d.Resolution, open, status)
		}
	}
	r.resolve(id, envelope.ResolutionReplayed, 0)
	want(true, envelope.ResolutionReplayed) // A replay without an answer is no repair.
	r.resolve(id, envelope.ResolutionDiscarded, 0)
	want(false, envelope.ResolutionDiscarded)
	r.resolve(id, envelope.ResolutionSent, 1)
	r.resolve(id, envelope.ResolutionDiscarded, 0) // A late word changes no fact.
	want(false, envelope.ResolutionSent)
}

func TestARecordOnAnyPartitionIsFound(t *testing.T) {
	r := newRig(t)
	elsewhere := (home("a-2") + 1) % 3
	o := owner{r, domain.Email, "OWNER", "a-2", r.publish("a-2", elsewhere)}
	o.write(ledger.KindFence, "")
	o.write(ledger.KindClaimed, "")
	a := r.read("a-2")
	if n := a.Channels[0].Notifications; !a.AllPartitions || len(n) != 1 || n[0].State != ledger.KindClaimed || n[0].Source.Partition != elsewhere {
		t.Errorf("%+v", a)
	}
}

func TestWhatAReplacedWorkerWroteDoesNotCountUnlessItIsSent(t *testing.T) {
	r := newRig(t)
	old := owner{r, domain.Email, "OLD", "a-3", r.publish("a-3", home("a-3"))}
	old.write(ledger.KindFence, "")
	old.write(ledger.KindClaimed, "")
	successor := old
	successor.token = "NEW"
	successor.write(ledger.KindFence, "")
	successor.write(ledger.KindFailed, "mailgun.429")
	old.write(ledger.KindUnknown, "late")
	n := r.read("a-3").Channels[0].Notifications[0]
	if n.State != ledger.KindFailed || n.Code != "mailgun.429" || len(n.History) != 3 || n.History[0].Void || !n.History[2].Void {
		t.Errorf("%+v", n)
	}
	old.write(ledger.KindSent, "late-but-true")
	if n := r.read("a-3").Channels[0].Notifications[0]; n.State != ledger.KindSent || n.ProviderID != "late-but-true" || n.Code != "" || n.History[3].Void {
		t.Errorf("%+v", n)
	}
}

func TestOfAReplacedWorkersClaimAloneNothingCounts(t *testing.T) {
	r := newRig(t)
	old := owner{r, domain.Email, "OLD", "a-4", r.publish("a-4", home("a-4"))}
	successor := old
	successor.token = "NEW"
	old.write(ledger.KindFence, "")
	successor.write(ledger.KindFence, "")
	old.write(ledger.KindClaimed, "")
	if n := r.read("a-4").Channels[0].Notifications[0]; n.State != history.None || !n.History[0].Void {
		t.Errorf("%+v", n)
	}
}

func TestAnEventThatWasOnlyNotedIsTold(t *testing.T) {
	r := newRig(t)
	o := owner{r, domain.Email, "OWNER", "a-6", r.publish("a-6", home("a-6"))}
	o.write(ledger.KindFence, "")
	o.write(ledger.KindNoted, "superseded")
	if n := r.read("a-6").Channels[0].Notifications[0]; n.State != ledger.KindNoted || n.Code != "superseded" {
		t.Errorf("%+v", n)
	}
}

func TestASilentLedgerHasAReason(t *testing.T) {
	r := newRig(t)
	want := func(id string, email, sms history.Silence) {
		t.Helper()
		if a := r.read(id); a.Channels[0].Silence != email || a.Channels[1].Silence != sms {
			t.Errorf("%s: %+v", id, a.Channels)
		}
	}
	r.write(&kgo.Record{
		Topic: source, Partition: home("a-8"), Key: []byte("a-8"),
		Value: []byte(`{"appointment_id":"a-8","time":"2031-05-04T09:30:00+02:00","email":"` + address + `","notify":{"email":true}}`),
	})
	want("a-8", history.NotRecorded, history.NotAsked)
	broken := &ports.Record{Topic: source, Partition: home("a-9"), Key: []byte("a-9"), Value: []byte("{")}
	origin := r.write(&kgo.Record{Topic: source, Partition: home("a-9"), Key: broken.Key, Value: broken.Value})
	broken.Offset, broken.Timestamp = origin.Offset, origin.Timestamp
	r.deadLetter(broken, domain.AsFailure(domain.InvalidEvent("json", "broken")))
	want("a-9", history.NotAsked, history.NeverClaimed)
	if e := r.read("a-9").Events; len(e) != 1 || e[0].Invalid != "event.json" {
		t.Errorf("%+v", e)
	}
	if a := r.read("a-10"); !a.Empty() || !a.AllPartitions {
		t.Errorf("of an unknown appointment: %+v", a)
	}
}

func TestALedgerOfANewerBuildIsNotToldHalf(t *testing.T) {
	r := newRig(t)
	origin := r.publish("a-7", home("a-7"))
	r.write(&kgo.Record{Topic: "notifications.email.ledger", Partition: origin.Partition, Key: []byte("a-7"), Value: []byte(strconv.Itoa(ledger.Version+1) + "\tsent\tOWNER\tx")})
	var newer *ledger.NewerError
	if _, err := r.reader.Read(t.Context(), "a-7"); !errors.As(err, &newer) {
		t.Errorf("%v, want a NewerError", err)
	}
}

func TestMissingTopicsAreNamed(t *testing.T) {
	r := newRig(t)
	r.reader.Topics.Ledger = "other.{channel}.ledger"
	r.publish("a-1", home("a-1"))
	if a := r.read("a-1"); !slices.Contains(a.Missing, "other.email.ledger") || !slices.Contains(a.Missing, "other.sms.ledger") || len(a.Events) != 1 {
		t.Errorf("%+v", a)
	}
	if slices.Contains(r.read("a-1").Missing, topics.Resolutions) {
		t.Error("a topic that was not read is missing")
	}
}

func TestReceiptsAreToldOnceEach(t *testing.T) {
	r := newRig(t)
	origin := r.publish("a-12", home("a-12"))
	sent := envelope.OutcomeOf(ports.Conclusion{
		Record:  &ports.Record{Topic: origin.Topic, Partition: origin.Partition, Offset: origin.Offset, Timestamp: origin.Timestamp},
		Event:   &domain.Event{AppointmentID: "a-12", Status: domain.AppointmentConfirmed},
		Channel: domain.Email, Outcome: domain.Sent("m-1"), At: origin.Timestamp,
	})
	delivered := sent.Received(ports.Receipt{ProviderID: "m-1", Kind: domain.ReceiptDelivered, At: origin.Timestamp.Add(time.Second)})
	bounced := sent.Received(ports.Receipt{
		ProviderID: "m-1", Kind: domain.ReceiptUndelivered, Reason: "bounce", Code: "mailgun.550", At: origin.Timestamp.Add(time.Hour),
	})
	for _, o := range []envelope.Outcome{sent, delivered, bounced, delivered} {
		key, value, err := o.Record()
		if err != nil {
			t.Fatal(err)
		}
		r.write(&kgo.Record{Topic: r.reader.Topics.Outcomes, Partition: origin.Partition, Key: key, Value: value})
	}
	got := r.read("a-12").Receipts
	if len(got) != 2 || got[0].Kind != domain.ReceiptDelivered || got[1].Kind != domain.ReceiptUndelivered || got[1].Code != "mailgun.550" ||
		got[1].Source.Offset != origin.Offset {
		t.Errorf("%+v", got)
	}
	for offset, want := range map[int64]int{origin.Offset: 2, origin.Offset + 1: 0} {
		of := origin
		of.Offset = offset
		if alone, err := r.reader.ReceiptsOf(t.Context(), domain.Email, "a-12", of); err != nil || len(alone) != want {
			t.Errorf("%+v, %v", alone, err)
		}
	}
	if other := r.read("a-13"); len(other.Receipts) != 0 {
		t.Errorf("%+v", other.Receipts)
	}
}
