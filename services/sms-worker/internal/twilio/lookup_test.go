package twilio_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ledger"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/services/sms-worker/internal/twilio"
)

// ask looks n up as if it had been claimed some time ago.
func ask(t *testing.T, s *twilio.Sender, n ports.Notification, ago time.Duration) (string, error) {
	t.Helper()
	accepted, err := s.LookUp(t.Context(), ports.LookUp{Handle: s.Handle(n), ClaimedAt: time.Now().Add(-ago)})
	return accepted.ProviderID, err
}

func TestTwoAppointmentsAtOneTimeToOnePhoneAreTwoMessages(t *testing.T) {
	server := newScripted(t)
	s := newSender(t, server.config())
	at := tomorrow()
	mother, child := note(t, "mother", patient, at), note(t, "child", patient, at)
	if _, err := s.Send(t.Context(), mother); err != nil {
		t.Fatal(err)
	}
	if _, err := ask(t, s, child, 0); !errors.Is(err, ports.ErrNotFound) {
		t.Errorf("the child's message was taken for sent: %v", err)
	}
	if id, err := ask(t, s, mother, 0); err != nil || id == "" {
		t.Errorf("the mother's message: %q, %v", id, err)
	}
	if server.seen()[1].URL.Query().Encode() != "PageSize=50&To=%2B15550100042" {
		t.Errorf("asked for %s; a sender or a date would hide messages", server.seen()[1].URL.RawQuery)
	}
}

func TestAnotherAccountIsAskedWhereTheMessageWasSent(t *testing.T) {
	server := newScripted(t)
	n := note(t, "A-1", patient, tomorrow())
	handle := newSender(t, server.config()).Handle(n)
	cfg := server.config()
	cfg.AccountSID = "AC" + strings.Repeat("9", 32)
	_, err := newSender(t, cfg).LookUp(t.Context(), ports.LookUp{Handle: handle, ClaimedAt: time.Now()})
	if f := domain.AsFailure(err); f.Class != domain.ClassUnknownOutcome || f.Code != "twilio.lookup.20003" {
		t.Errorf("%v; want a refused look-up: the new account's list says nothing", err)
	}
	if path := server.seen()[0].URL.Path; !strings.Contains(path, account) {
		t.Errorf("asked %s", path)
	}
}

func TestTheReferenceMustStandAsAWholeWord(t *testing.T) {
	n := note(t, "A-1", patient, tomorrow())
	ref := n.Key.Reference()
	for body, found := range map[string]bool{
		"Ref " + ref + ". Bye":               true,
		ref:                                  true,
		"(" + ref + ")":                      true,
		"Ref:" + ref + "\n":                  true,
		"ref " + strings.ToLower(ref):        false,
		"Ref X" + ref:                        false,
		"Ref " + ref + "2":                   false,
		ref + ref:                            false,
		"Ref " + ref[:7]:                     false,
		"Ref A" + ref + ", Ref " + ref + ".": true,
	} {
		server := newScripted(t)
		server.add(message(patient, "+18005550123", body))
		if _, err := ask(t, newSender(t, server.config()), n, 0); (err == nil) != found || err != nil && !errors.Is(err, ports.ErrNotFound) {
			t.Errorf("%q: %v, want found = %v", body, err, found)
		}
	}
}

// fill puts n unrelated messages in front of the list, all sent at one time.
func fill(server *scripted, n int, sent any) {
	for i := range n {
		m := message(patient, sender, fmt.Sprintf("Ref FILL%04d", i))
		m["date_sent"] = sent
		server.add(m)
	}
}

func TestAllPagesAreRead(t *testing.T) {
	server := newScripted(t)
	n := note(t, "A-1", patient, tomorrow())
	server.add(message(patient, sender, "Ref "+n.Key.Reference()))
	fill(server, 500, nil)
	if id, err := ask(t, newSender(t, server.config()), n, 0); err != nil || id == "" {
		t.Errorf("not found on the last page: %v", err)
	}
	if server.Requests() != 11 {
		t.Errorf("%d pages for 501 messages", server.Requests())
	}
}

// A queued message has no date; whatever its place in the list, older dates
// before it must not hide it from a recipient with a usual number of messages.
func TestTimeDecidesNothingAndOnlyEndsALongSearch(t *testing.T) {
	longAgo := time.Now().Add(-72 * time.Hour).UTC().Format(time.RFC1123Z)
	n := note(t, "A-1", patient, tomorrow())
	for _, c := range []struct {
		name  string
		older int
		sent  any
		found bool
		pages int
	}{
		{"older messages in front", 900, longAgo, true, 19},
		{"queued messages in front", 1500, nil, true, 31},
		{"more older messages than anybody gets", 5000, longAgo, false, 21},
	} {
		server := newScripted(t)
		server.add(message(patient, sender, "Ref "+n.Key.Reference()))
		fill(server, c.older, c.sent)
		if _, err := ask(t, newSender(t, server.config()), n, time.Hour); (err == nil) != c.found || server.Requests() != c.pages {
			t.Errorf("%s: %v after %d pages, want found = %v after %d", c.name, err, server.Requests(), c.found, c.pages)
		}
	}
}

func TestNotFoundIsNoProofWhenTwilioMayHaveForgotten(t *testing.T) {
	n := note(t, "A-1", patient, tomorrow())
	for ago, want := range map[time.Duration]string{
		7*24*time.Hour - 2*time.Hour:    "",
		7*24*time.Hour - 30*time.Minute: "twilio.lookup.expired",
		400 * 24 * time.Hour:            "twilio.lookup.expired",
	} {
		server := newScripted(t)
		s := newSender(t, server.config())
		_, err := ask(t, s, n, ago)
		if f := domain.AsFailure(err); want == "" && !errors.Is(err, ports.ErrNotFound) || want != "" && (f.Code != want || f.Class != domain.ClassUnknownOutcome) {
			t.Errorf("claimed %s ago: %v, want %q", ago, err, want)
		}
		server.add(message(patient, sender, "Ref "+n.Key.Reference()))
		if _, err := ask(t, s, n, ago); err != nil {
			t.Errorf("claimed %s ago, and there: %v", ago, err)
		}
	}
}

func TestAMessageWithoutItsTextMayBeTheOne(t *testing.T) {
	n := note(t, "A-1", patient, tomorrow())
	week := time.Now().Add(-7 * 24 * time.Hour).UTC().Format(time.RFC1123Z)
	for _, c := range []struct {
		name string
		edit func(listed)
		want string
	}{
		{"redacted", func(m listed) { m["body"] = "" }, "twilio.lookup.redacted"},
		{"redacted to null, media as a number", func(m listed) { m["body"], m["num_media"] = nil, 0 }, "twilio.lookup.redacted"},
		{"made at an unreadable time", func(m listed) { m["body"], m["date_created"] = "", "soon" }, "twilio.lookup.redacted"},
		{"made long before the claim", func(m listed) { m["body"], m["date_created"] = "", week }, ""},
		{"a picture", func(m listed) { m["body"], m["num_media"] = "", "1" }, ""},
		{"from the patient", func(m listed) { m["body"], m["direction"] = "", "inbound" }, ""},
		{"another text", func(m listed) { m["body"] = "Ref FEDCBA22" }, ""},
	} {
		server := newScripted(t)
		m := message(patient, sender, "")
		c.edit(m)
		server.add(m)
		_, err := ask(t, newSender(t, server.config()), n, 0)
		if f := domain.AsFailure(err); c.want == "" && !errors.Is(err, ports.ErrNotFound) || c.want != "" && (f.Code != c.want || f.Class != domain.ClassUnknownOutcome) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}

func TestAnAnswerThatDoesNotSayTheEndIsNoAnswer(t *testing.T) {
	n := note(t, "A-1", patient, tomorrow())
	list := "/2010-04-01/Accounts/" + account + "/Messages.json?Page=1"
	for name, answer := range map[string]http.HandlerFunc{
		"no list":                     fixed(200, "application/json", `{"next_page_uri": null}`),
		"a null list":                 fixed(200, "application/json", `{"messages": null, "next_page_uri": null}`),
		"no next page":                fixed(200, "application/json", `{"messages": []}`),
		"a next page that is a list":  fixed(200, "application/json", `{"messages": [], "next_page_uri": []}`),
		"a next page elsewhere":       fixed(200, "application/json", `{"messages": [], "next_page_uri": "https://evil.example`+list+`"}`),
		"a next page on another host": fixed(200, "application/json", `{"messages": [], "next_page_uri": "//evil.example`+list+`"}`),
		"a next page of another kind": fixed(200, "application/json", `{"messages": [], "next_page_uri": "/2010-04-01/Accounts/`+account+`/Calls.json"}`),
		"a portal's page":             fixed(200, "text/html", `<html>Log in</html>`),
		"another's list":              fixed(200, "application/json", `[]`),
		"a 201":                       fixed(201, "application/json", `{"messages": [], "next_page_uri": null}`),
		"a 302":                       fixed(302, "application/json", ``, "Location", list),
		"a 500":                       fixed(500, "application/json", `{"code": 20500}`),
		"a 408":                       fixed(408, "text/html", ``),
	} {
		server := newScripted(t)
		server.answer = answer
		_, err := ask(t, newSender(t, server.config()), n, 0)
		if f := domain.AsFailure(err); errors.Is(err, ports.ErrNotFound) || f.Class != domain.ClassTransient || !strings.HasPrefix(f.Code, "twilio.lookup.") {
			t.Errorf("%s: %v, want to ask again", name, err)
		}
		if server.Requests() != 1 {
			t.Errorf("%s: %d requests", name, server.Requests())
		}
	}
}

func TestPagesWithoutEndEnd(t *testing.T) {
	server := newScripted(t)
	server.answer = fixed(200, "application/json", `{"messages": [], "next_page_uri": "/2010-04-01/Accounts/`+account+`/Messages.json?Page=1"}`)
	_, err := ask(t, newSender(t, server.config()), note(t, "A-1", patient, tomorrow()), 0)
	if f := domain.AsFailure(err); f.Class != domain.ClassTransient || f.Code != "twilio.lookup.endless" {
		t.Errorf("%v after %d pages", err, server.Requests())
	}
}

func TestOnlyARefusalOfTheAccountCannotBeAskedAgain(t *testing.T) {
	for status, want := range map[int]domain.Class{
		401: unknown, 403: unknown, 404: unknown, 410: unknown,
		302: transient, 400: transient, 405: transient, 408: transient, 422: transient, 429: transient, 500: transient, 503: transient,
	} {
		server := newScripted(t)
		server.answer = fixed(status, "application/json", `{"code": 20001}`, "Retry-After", "30")
		_, err := ask(t, newSender(t, server.config()), note(t, "A-1", patient, tomorrow()), 0)
		f := domain.AsFailure(err)
		if f.Class != want || !strings.HasPrefix(f.Code, "twilio.lookup.") || (f.RetryAfter > 0) != (want == transient) {
			t.Errorf("%d: %+v, want %s", status, f, want)
		}
	}
}

// An operator deletes the texts of the day before. What the worker records of
// its doubt afterwards must not move the search to behind them.
func TestARedactedTextStaysInDoubtWhateverIsRecordedLater(t *testing.T) {
	server := newScripted(t)
	s := newSender(t, server.config())
	n := note(t, "A-1", patient, tomorrow())
	claimed := time.Now().Add(-30 * time.Hour)
	redacted := message(patient, sender, "")
	redacted["date_created"] = claimed.UTC().Format(time.RFC1123Z)
	server.add(redacted)
	memory := ledger.NewMemory()
	claim := ports.Claim{Key: n.Key, AppointmentID: "A-1", Handle: s.Handle(n), Since: claimed}
	if err := memory.Claim(claim); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		doubt := memory.LookUp(n.Key, "A-1").Doubt
		_, err := s.LookUp(t.Context(), ports.LookUp{Handle: doubt.Handle, ClaimedAt: doubt.At})
		if f := domain.AsFailure(err); f.Code != "twilio.lookup.redacted" {
			t.Errorf("%v, want a redacted text", err)
		}
		claim.Since = time.Now()
		if err := memory.Settle(claim, ports.Settlement{State: ports.StateUnknown, Code: "twilio.lookup.redacted"}); err != nil {
			t.Fatal(err)
		}
	}
}

// Whatever the words and however the brand is cut: the reference in the text is
// what a doubt is resolved by.
func TestEveryTextThatIsSentIsFoundAgain(t *testing.T) {
	server := newScripted(t)
	for _, brand := range []string{"Clinic", "Dr. A2345678", "The Practice of Dr. Example & Partners, Orthopaedics and Sports Medicine"} {
		cfg := server.config()
		cfg.Brand = brand
		s := newSender(t, cfg)
		for _, status := range domain.AppointmentStatuses() {
			n := note(t, brand+string(status), patient, tomorrow())
			e := *n.Event
			e.Status = status
			n.Event, n.Key = &e, domain.NewKey(&e, domain.SMS, patient)
			sent, err := s.Send(t.Context(), n)
			if err != nil {
				t.Fatal(err)
			}
			if id, err := ask(t, s, n, 0); err != nil || id != sent.ProviderID {
				t.Errorf("%s, %s: %q, %v; want %s", brand, status, id, err, sent.ProviderID)
			}
		}
	}
}
