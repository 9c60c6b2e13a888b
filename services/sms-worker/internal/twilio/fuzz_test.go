package twilio_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/localtime/localtimetest"
	"github.com/kafka-notifications/kafka-notifications/libs/messages/messagestest"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/services/sms-worker/internal/twilio"
)

// Whatever the body of a refusal: it has one of the classes of a refusal, or is
// not in Twilio's form, and nothing of the body shows.
func FuzzRefusals(f *testing.F) {
	for _, seed := range []string{``, `{}`, `{"code": 21211, "message": "+15550100042"}`, `{"code": 1e3}`, `[{"code": 1}]`, `<html>`, `{"code": 21211`} {
		f.Add(http.StatusBadRequest, []byte(seed))
	}
	s, err := twilio.New(twilio.Config{
		AccountSID: account, AuthToken: token, From: sender, BaseURL: "https://api.example", Timeout: time.Second, Slots: 1, Brand: "Clinic", Texts: messagestest.Texts(), Clock: localtimetest.Clock("UTC"),
	})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		failure := s.Refused(status, body)
		switch failure.Class {
		case recipient, rejected, configuration, transient:
		case unknown:
			if twilio.ErrorCode(body) != 0 {
				t.Errorf("an answer in Twilio's form is no refusal: %+v", failure)
			}
		default:
			t.Errorf("class %s", failure.Class)
		}
		if code := twilio.ErrorCode(body); code < 0 || code > 999999 {
			t.Errorf("code %d", code)
		}
		if failure.Class == recipient && failure.Unrecognized || strings.Contains(failure.Error(), "+15550100042") {
			t.Errorf("%+v", failure)
		}
	})
}

// What is read as a handle is written the same way, and nothing else is read.
func FuzzHandles(f *testing.F) {
	for _, seed := range []string{
		"", "twilio:v1:" + account + ":+15550100042:ABCDE237", "twilio:v2:" + account + ":+15550100042:ABCDE237",
		"twilio:v1:" + account + ":+15550100042:ABC", "twilio:v1:" + account + ":+15550100042:ABCDE237:x", "mailgun:v1:mg.clinic.example:id@mg.clinic.example",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if again, ok := twilio.ParseHandle(text); ok && again != text {
			t.Errorf("%q is read as %q", text, again)
		}
	})
}

func TestAHandleOfADeliveryKeyIsRead(t *testing.T) {
	server := newScripted(t)
	handle := newSender(t, server.config()).Handle(note(t, "A-1", patient, tomorrow()))
	if again, ok := twilio.ParseHandle(handle); !ok || again != handle {
		t.Errorf("%q is read as %q, %v", handle, again, ok)
	}
	var key domain.Key
	if len(key.Reference()) < 6 {
		t.Errorf("the reference %q is too short to be searched for", key.Reference())
	}
}

// Whatever a message says of itself: only a final status is a receipt, its reason and
// code are words of ours, and nothing else of the message shows.
func FuzzStatuses(f *testing.F) {
	sid := "SM" + strings.Repeat("a", 32)
	for _, seed := range []string{
		``, `{}`, `{"sid":"` + sid + `","status":"delivered"}`, `{"sid":"` + sid + `","status":"failed","error_code":30007,"date_updated":"x"}`,
		`{"sid":"` + sid + `","status":"undelivered","error_code":-1,"to":"+15550100042"}`, `{"sid":"` + sid + `","status":"canceled","error_code":1000000}`,
	} {
		f.Add([]byte(seed))
	}
	word := regexp.MustCompile(`^[a-z-]+$`)
	code := regexp.MustCompile(`^twilio\.([0-9]{1,6}|undelivered|failed|canceled)$`)
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, ok := twilio.ReceiptOf(raw)
		failed := r.Kind == domain.ReceiptUndelivered
		switch {
		case r.Kind == "":
			if r != (ports.Receipt{}) {
				t.Errorf("%+v without a kind", r)
			}
		case !ok || len(r.ProviderID) != 34 || r.At.IsZero() || !failed && r.Kind != domain.ReceiptDelivered:
			t.Errorf("%+v, %t", r, ok)
		case failed != word.MatchString(r.Reason) || failed != code.MatchString(r.Code):
			t.Errorf("%+v", r)
		}
	})
}
