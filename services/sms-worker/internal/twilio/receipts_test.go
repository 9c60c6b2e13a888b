package twilio_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/libs/ports/portstest"
)

func TestTwilioKeepsTheContractOfAReceiptSource(t *testing.T) {
	portstest.TestReceiptSource(t, receiptsHarness)
}

func receiptsHarness(t *testing.T) portstest.ReceiptsHarness {
	server := newScripted(t)
	cfg := server.config()
	return portstest.ReceiptsHarness{
		Source: newSender(t, cfg), Accept: server.take, Fail: server.Fail,
		Tell: func(r ports.Receipt) { server.become(r, false) },
		Bare: func(r ports.Receipt) { server.become(r, true) },
		Interim: func(id string, at time.Time) {
			server.change(id, listed{"status": "sent", "date_updated": at.UTC().Format(time.RFC1123Z)})
		},
		Spoil: func(id string, _ time.Time) { server.change(id, listed{"status": 7}) },
		Loop:  func() { server.loops = true },
		Reasons: map[string]string{
			"unreachable": "twilio.30003", "filtered": "twilio.30007", "account-unregistered": "twilio.30034",
			"opted-out": "twilio.21610", "other": "twilio.39999", "canceled": "twilio.canceled",
		},
		Requests: server.Requests, Sends: func() int { return len(server.recipients()) },
		Secrets: []string{cfg.AuthToken, base64.StdEncoding.EncodeToString([]byte(account + ":" + cfg.AuthToken))[40:60]},
	}
}

// take puts a message in front of the list that left Twilio at a time; zero: it
// waits.
func (s *scripted) take(left time.Time) string {
	m := message(patient, sender, "Ref ABCDEF")
	s.mu.Lock()
	sid := fmt.Sprintf("SM%032x", 1000+len(s.messages))
	s.mu.Unlock()
	if m["sid"] = sid; !left.IsZero() {
		m["status"], m["date_sent"] = "sent", left.UTC().Format(time.RFC1123Z)
	}
	s.add(m)
	return sid
}

// change sets members of a message.
func (s *scripted) change(id string, members listed) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range s.messages {
		if m["sid"] == id {
			for name, value := range members {
				m[name] = value
			}
		}
	}
}

// become gives a message its final status; bare makes null what may be.
func (s *scripted) become(r ports.Receipt, bare bool) {
	final := listed{"status": "delivered", "error_code": nil, "date_updated": r.At.UTC().Format(time.RFC1123Z)}
	if r.Kind == domain.ReceiptUndelivered {
		final["status"] = "undelivered"
		if code, err := strconv.Atoi(strings.TrimPrefix(r.Code, "twilio.")); err == nil {
			final["error_code"] = code
		} else {
			final["status"] = r.Reason
		}
	}
	for _, member := range []string{"to", "from", "body", "num_media", "num_segments", "price", "direction", "date_created", "date_updated"} {
		if bare {
			final[member] = nil
		}
	}
	s.change(r.ProviderID, final)
}

func TestOnlyFinalStatusesEndTheWait(t *testing.T) {
	for status, want := range map[string]domain.ReceiptKind{
		"accepted": "", "scheduled": "", "queued": "", "sending": "", "sent": "", "receiving": "", "received": "", "partially_delivered": "",
		"delivered": domain.ReceiptDelivered, "read": domain.ReceiptDelivered, "levitating": "",
		"undelivered": domain.ReceiptUndelivered, "failed": domain.ReceiptUndelivered, "canceled": domain.ReceiptUndelivered,
	} {
		server := newScripted(t)
		id := server.take(time.Now())
		server.change(id, listed{"status": status})
		r, err := newSender(t, server.config()).Ask(t.Context(), ports.SentMessage{ProviderID: id, SentAt: time.Now()})
		if err != nil || r.Kind != want || (r.Reason != "") != (want == domain.ReceiptUndelivered) {
			t.Errorf("%s: %+v, %v; want %q", status, r, err, want)
		}
	}
}

func TestWhatIsNoAnswerAboutTheMessageIsNoReceipt(t *testing.T) {
	id := "SM" + strings.Repeat("a", 32)
	const outage, refused = "transient twilio.receipts.", "configuration twilio.receipts."
	for name, c := range map[string]struct {
		status     int
		body, want string
	}{
		"another message":     {200, `{"sid":"SM` + strings.Repeat("b", 32) + `","status":"delivered"}`, outage + "unreadable"},
		"no status":           {200, `{"sid":"` + id + `","status":null}`, outage + "unreadable"},
		"nothing":             {200, ``, outage + "unreadable"},
		"HTML":                {200, `<html>`, outage + "unreadable"},
		"broken off":          {200, `{"sid":`, outage + "unreadable"},
		"deleted":             {404, `{"code":20404,"status":404}`, ""},
		"a 404 of a gateway":  {404, `not found`, refused + "http.404"},
		"without right":       {401, `{"code":20003}`, refused + "20003"},
		"forbidden":           {403, `{"code":20403}`, refused + "20403"},
		"gone":                {410, ``, refused + "http.410"},
		"limited":             {429, `{"code":20429}`, outage + "20429"},
		"broken":              {500, `{"code":20500}`, outage + "20500"},
		"of the load balance": {503, `<html>`, outage + "http.503"},
		"elsewhere":           {302, ``, outage + "http.302"},
	} {
		server := newScripted(t)
		server.answer = fixed(c.status, "application/json", c.body)
		r, err := newSender(t, server.config()).Ask(t.Context(), ports.SentMessage{ProviderID: id, SentAt: time.Now()})
		got := ""
		if err != nil {
			f := domain.AsFailure(err)
			got = string(f.Class) + " " + f.Code
		}
		if got != c.want || r.Kind != "" {
			t.Errorf("%s: %+v, %q; want %q", name, r, got, c.want)
		}
	}
}

func TestASpanThatTwilioDoesNotListHasExpired(t *testing.T) {
	server := newScripted(t)
	server.answer = fixed(http.StatusBadRequest, "application/json", `{"code":20004,"status":400}`)
	_, err := newSender(t, server.config()).Read(t.Context(), ports.Span{From: time.Now().Add(-time.Hour), To: time.Now()}, func(ports.Receipt) {})
	if !errors.Is(err, ports.ErrSpanExpired) {
		t.Error(err)
	}
}

// The credentials must not go wherever an answer says.
func TestPagesOfReceiptsAreOnesOfTheOwnAccount(t *testing.T) {
	for _, next := range []string{
		"https://api.twilio.example/2010-04-01/Accounts/" + account + "/Messages.json?Page=1",
		"//api.twilio.example/2010-04-01/Accounts/" + account + "/Messages.json",
		"/2010-04-01/Accounts/AC" + strings.Repeat("9", 32) + "/Messages.json?Page=1", "/2010-04-01/Accounts/" + account + "/Calls.json",
	} {
		server := newScripted(t)
		server.answer = fixed(http.StatusOK, "application/json", `{"messages":[],"next_page_uri":"`+next+`"}`)
		_, err := newSender(t, server.config()).Read(t.Context(), ports.Span{From: time.Now().Add(-time.Minute), To: time.Now()}, func(ports.Receipt) {})
		if f := domain.AsFailure(err); err == nil || f.Code != "twilio.receipts.unreadable" || len(server.seen()) != 1 {
			t.Errorf("%s: %v after %d requests", next, err, len(server.seen()))
		}
	}
}

func TestAListOfASpanNamesItsTimesInUTC(t *testing.T) {
	server := newScripted(t)
	from := time.Now().Add(-time.Hour).Truncate(time.Second).In(time.FixedZone("", 3600))
	if _, err := newSender(t, server.config()).Read(t.Context(), ports.Span{From: from, To: from.Add(time.Minute)}, func(ports.Receipt) {}); err != nil {
		t.Fatal(err)
	}
	want := url.Values{
		"DateSent>": {from.UTC().Add(-time.Second).Format(time.RFC3339)}, "DateSent<": {from.UTC().Add(61 * time.Second).Format(time.RFC3339)}, "PageSize": {"50"},
	}
	if got := server.seen()[0].URL.Query(); got.Encode() != want.Encode() {
		t.Errorf("asked for %v, want %v", got, want)
	}
}

// Twilio limits the concurrent requests of an account, sends included.
func TestFourQuestionsAtMostRunAtOnce(t *testing.T) {
	server := newScripted(t)
	arrived, release := make(chan struct{}, 64), make(chan struct{})
	server.answer = func(w http.ResponseWriter, _ *http.Request) {
		arrived <- struct{}{}
		<-release
		refuse(w, http.StatusNotFound, 20404, "x")
	}
	s := newSender(t, server.config())
	ask := func(ctx context.Context, i int) error {
		_, err := s.Ask(ctx, ports.SentMessage{ProviderID: fmt.Sprintf("SM%032x", i), SentAt: time.Now()})
		return err
	}
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			if err := ask(t.Context(), i); err != nil {
				t.Error(err)
			}
		})
	}
	for range 4 {
		<-arrived
	}
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	err := ask(ctx, 5)
	if f := domain.AsFailure(err); err == nil || f.Class != domain.ClassTransient || f.Code != "canceled" || len(arrived) > 0 {
		t.Errorf("a fifth question: %v, %d arrived", err, len(arrived))
	}
	close(release)
	wg.Wait()
	if err := ask(t.Context(), 6); err != nil {
		t.Errorf("once there is room: %v", err)
	}
}
