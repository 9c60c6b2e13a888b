package console

import (
	"strings"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/envelope"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/history"
	"github.com/kafka-notifications/kafka-notifications/libs/ledger"
)

func at(minute int) time.Time { return time.Date(2026, 11, 26, 10, minute, 0, 0, time.UTC) }

func sentAndBounced() *history.Appointment {
	return &history.Appointment{
		ID:     "a-7",
		Events: []history.Event{{Place: history.Place{Time: at(0)}, Requested: []domain.Channel{domain.Email, domain.SMS}}},
		Channels: []history.Channel{
			{Channel: domain.Email, Notifications: []*history.Notification{{
				State: ledger.KindSent, Reference: "REF", ProviderID: "<1@mg.example>",
				History: []history.Entry{{At: at(1), Kind: ledger.KindClaimed}, {At: at(2), Kind: ledger.KindSent, Code: "<1@mg.example>"}},
			}}},
			{Channel: domain.SMS, Silence: history.NeverClaimed},
		},
		DeadLetters: []history.DeadLetter{{
			ID: "0123456789abcdef0123456789abcdef", Channel: domain.SMS, Class: domain.ClassRecipientRejected, Code: "twilio.21211", FailedAt: at(3), Open: true,
			Message: "+15550100001 is no number", Resolution: &envelope.Resolution{Status: envelope.ResolutionReplayed, At: at(4)},
		}},
		Receipts: []history.Receipt{
			{Channel: domain.Email, Kind: domain.ReceiptDelivered, At: at(5), ProviderID: "<1@mg.example>"},
			{Channel: domain.Email, Kind: domain.ReceiptUndelivered, Reason: "bounced", Code: "550", At: at(6), ProviderID: "<1@mg.example>"},
			{Channel: domain.Email, Kind: domain.ReceiptComplained, At: at(7), ProviderID: "<another@mg.example>"},
		},
	}
}

func TestAnAppointmentStandsWhereItsLastFactPutsIt(t *testing.T) {
	a := sentAndBounced()
	stories := channelStories(a)
	if s := stories[0]; s.State != "undelivered" || !strings.Contains(s.Text, "accepted the message (reference REF). It was not delivered: bounced 550.") {
		t.Errorf("%+v", s)
	}
	if s := stories[1]; s.State != "dead_lettered" || !strings.Contains(s.Text, "Open dead letters: 1.") {
		t.Errorf("%+v", s)
	}
	a.Receipts = a.Receipts[:1]
	if s := channelStories(a)[0]; s.State != "delivered" {
		t.Errorf("%+v", s)
	}
	a.Receipts = nil
	if s := channelStories(a)[0]; s.State != "sent" {
		t.Errorf("%+v", s)
	}
}

// Claim, end and event of a fast send have one millisecond.
func TestOfWhatHappenedAtOneTimeTheLaterStepStandsFirst(t *testing.T) {
	a := sentAndBounced()
	a.DeadLetters, a.Receipts = nil, nil
	a.Events[0].Time = at(1)
	history := a.Channels[0].Notifications[0].History
	history[0].At, history[1].At = at(1), at(1)
	told := timeline(a)
	if len(told) != 3 || told[0].Kind != "sent" || told[1].Kind != "claimed" || told[2].Kind != "published" {
		t.Errorf("%+v", told)
	}
}

func TestTheTimelineHasEverythingTheNewestFirstAndNoRecipient(t *testing.T) {
	told := timeline(sentAndBounced())
	var kinds []string
	for i, h := range told {
		kinds = append(kinds, h.Kind)
		if strings.Contains(h.Text, "5550100001") {
			t.Errorf("a number is told: %s", h.Text)
		}
		if i > 0 && h.At.After(told[i-1].At) {
			t.Errorf("%s stands behind %s", h.Text, told[i-1].Text)
		}
	}
	if got := strings.Join(kinds, " "); got != "complained undelivered delivered replayed dead_lettered sent claimed published" {
		t.Error(got)
	}
}
