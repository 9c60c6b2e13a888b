package mailgun_test

import (
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/libs/ports/portstest"
	"github.com/kafka-notifications/kafka-notifications/services/email-worker/internal/mailgun"
)

// withBook returns a Mailgun that keeps a book, and a source on it.
func withBook(t *testing.T, api mailgun.LookUpAPI) (*scripted, *mailgun.Sender) {
	t.Helper()
	server := newScripted(t)
	cfg := server.config()
	cfg.LookUpAPI = api
	server.book = &book{key: cfg.ReadAPIKey}
	return server, newSender(t, cfg)
}

func TestMailgunKeepsTheContractOfAReceiptSource(t *testing.T) {
	for api, ways := range map[mailgun.LookUpAPI]int{mailgun.LookUpAuto: 2, mailgun.LookUpEvents: 1, mailgun.LookUpLogs: 1} {
		t.Run(string(api), func(t *testing.T) {
			portstest.TestReceiptSource(t, func(t *testing.T) portstest.ReceiptsHarness { return receiptsHarness(t, api, ways) })
		})
	}
}

func receiptsHarness(t *testing.T, api mailgun.LookUpAPI, ways int) portstest.ReceiptsHarness {
	server, source := withBook(t, api)
	b, cfg := server.book, server.config()
	return portstest.ReceiptsHarness{
		Source: source, Accept: b.accept, Interim: b.interim, Fail: server.Fail, Ways: ways, Complaints: true,
		Tell: func(r ports.Receipt) { b.tell(r, false) },
		Bare: func(r ports.Receipt) { b.tell(r, true) },
		Spoil: func(id string, at time.Time) {
			b.write(entry{messageID: id, at: at, event: "failed", more: map[string]any{"severity": nil, "reason": nil, "message": nil}})
		},
		Loop: func() { b.loops = true },
		Reasons: map[string]string{
			"bounce": "mailgun.550", "suppress-bounce": "mailgun.605", "suppress-unsubscribe": "mailgun.606",
			"suppress-complaint": "mailgun.607", "old": "mailgun.498", "rejected": "mailgun.rejected",
		},
		Requests: server.Requests, Sends: func() int { return len(server.recipients()) },
		Secrets: []string{cfg.ReadAPIKey, base64.StdEncoding.EncodeToString([]byte("api:" + cfg.ReadAPIKey))[8:20]},
	}
}

// askOf asks about the message of which both APIs answer one row.
func askOf(t *testing.T, api mailgun.LookUpAPI, row string) (ports.Receipt, error) {
	t.Helper()
	server := newScripted(t)
	cfg := server.config()
	cfg.LookUpAPI = api
	server.answer = func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == logsPath:
			_, _ = io.WriteString(w, logsAnswer("", `{"domain":{"name":"mg.clinic.example"},"@timestamp":"2031-05-06T10:00:00.000Z",`+row+`}`))
		case len(server.seen()) > 1:
			_, _ = io.WriteString(w, page("https://api.mailgun.example/v3/mg.clinic.example/events/1"))
		default:
			_, _ = io.WriteString(w, page("https://api.mailgun.example/v3/mg.clinic.example/events/1", `{"timestamp":1935828000.5,`+row+`}`))
		}
	}
	return newSender(t, cfg).Ask(t.Context(), ports.SentMessage{ProviderID: "k@mg.clinic.example", SentAt: time.Now()})
}

func TestEachRowIsReadForWhatBecameOfTheMessage(t *testing.T) {
	const mine = `"message":{"headers":{"message-id":"k@mg.clinic.example"}}`
	const permanent = `"event":"failed","severity":"permanent",` + mine
	for name, c := range map[string]struct{ row, want string }{
		"delivered":                   {`"event":"delivered",` + mine, "delivered  "},
		"complained":                  {`"event":"complained",` + mine, "complained  "},
		"a hard bounce":               {permanent + `,"reason":"bounce","delivery-status":{"code":550,"bounce-type":"hard"}`, "undelivered bounce mailgun.550"},
		"blacklisted, softly":         {permanent + `,"reason":"blacklisted","delivery-status":{"code":550,"bounce-type":"soft"}`, "undelivered blacklisted mailgun.550"},
		"given up":                    {permanent + `,"reason":"old","delivery-status":{"code":602}`, "undelivered old mailgun.602"},
		"suppressed":                  {permanent + `,"reason":"suppress-complaint","delivery-status":{"code":607}`, "undelivered suppress-complaint mailgun.607"},
		"suppressed, by its code":     {permanent + `,"reason":null,"delivery-status":{"code":606}`, "undelivered suppress-unsubscribe mailgun.606"},
		"a delayed bounce":            {permanent + `,"reason":"generic","flags":{"is-delayed-bounce":true},"delivery-status":{"code":554}`, "undelivered generic mailgun.554"},
		"a code as text":              {permanent + `,"reason":"bounce","delivery-status":{"code":"550"}`, "undelivered bounce mailgun.550"},
		"no code":                     {permanent + `,"reason":"bounce","delivery-status":null`, "undelivered bounce mailgun.bounce"},
		"a code that is none":         {permanent + `,"reason":"bounce","delivery-status":{"code":-1}`, "undelivered bounce mailgun.bounce"},
		"a reason with an address":    {permanent + `,"reason":"patient@clinic.example is full"`, "undelivered other mailgun.other"},
		"rejected without recipient":  {`"event":"rejected","reject":{"reason":"Sandbox"},` + mine, "undelivered rejected mailgun.rejected"},
		"a temporary failure":         {`"event":"failed","severity":"temporary","reason":"generic",` + mine, "  "},
		"an internal failure":         {`"event":"failed","severity":"internal","reason":"generic",` + mine, "  "},
		"a failure without severity":  {`"event":"failed","severity":null,"reason":"bounce",` + mine, "  "},
		"accepted":                    {`"event":"accepted",` + mine, "  "},
		"opened":                      {`"event":"opened",` + mine, "  "},
		"of another message":          {`"event":"delivered","message":{"headers":{"message-id":"xk@mg.clinic.example"}}`, "  "},
		"without a message":           {`"event":"delivered","message":null`, "  "},
		"in brackets":                 {`"event":"delivered","message":{"headers":{"message-id":"<k@mg.clinic.example>"}}`, "delivered  "},
		"the variables of Events":     {`"event":"delivered","user-variables":{"a":"b"},"storage":{"url":"x"},` + mine, "delivered  "},
		"the variables of Logs":       {`"event":"delivered","user-variables":"{}","storage":{"url":["x"]},` + mine, "delivered  "},
		"an event of unknown fashion": {`"event":7,` + mine, "  "},
	} {
		for _, api := range []mailgun.LookUpAPI{mailgun.LookUpEvents, mailgun.LookUpLogs} {
			r, err := askOf(t, api, c.row)
			if got := string(r.Kind) + " " + r.Reason + " " + r.Code; err != nil || got != c.want {
				t.Errorf("%s, by %s: %q, %v; want %q", name, api, got, err, c.want)
			}
			if r.Kind != "" && (r.ProviderID != "k@mg.clinic.example" || r.At.Year() != 2031) {
				t.Errorf("%s, by %s: %+v", name, api, r)
			}
		}
	}
}

func TestRowsOfOtherDomainsAreNotTold(t *testing.T) {
	server, source := withBook(t, mailgun.LookUpLogs)
	at := time.Now().Add(-time.Hour)
	server.book.write(entry{domain: "other.example", messageID: "k@mg.clinic.example", event: "delivered", at: at})
	n, err := source.Read(t.Context(), ports.Span{From: at.Add(-time.Minute), To: time.Now()}, func(r ports.Receipt) { t.Errorf("told %+v", r) })
	if n != 0 || err != nil {
		t.Errorf("%d unreadable, %v", n, err)
	}
}

// An account whose logs do not even show the domain cannot tell that there is no
// word of a message; right after sending, a domain may show nothing yet.
func TestTheLogsOfAnotherAccountAreNotBelieved(t *testing.T) {
	server := newScripted(t)
	cfg := server.config()
	cfg.LookUpAPI = mailgun.LookUpLogs
	server.book = &book{key: cfg.ReadAPIKey}
	source := newSender(t, cfg)
	for age, want := range map[time.Duration]domain.Class{time.Second: "", time.Hour: domain.ClassConfiguration, 30 * time.Hour: ""} {
		_, err := source.Ask(t.Context(), ports.SentMessage{ProviderID: "k@mg.clinic.example", SentAt: time.Now().Add(-age)})
		if f := domain.AsFailure(err); err == nil && want != "" || err != nil && (f.Class != want || f.Code != "mailgun.receipts.blind") {
			t.Errorf("%s after sending: %v, want %q", age, err, want)
		}
	}
}

// The first status is that of Events, the second that of Logs.
func TestReceiptsFollowTheWaysOfLookUps(t *testing.T) {
	delivered := `"event":"delivered","message":{"headers":{"message-id":"k@mg.clinic.example"}}`
	logs := logsAnswer("", `{"domain":{"name":"mg.clinic.example"},"@timestamp":"2031-05-06T10:00:00.000Z",`+delivered+`}`)
	for name, c := range map[string]struct {
		events, logs int
		body, want   string
	}{
		"events gone, found in logs":     {410, 200, logs, ""},
		"events fail, found in logs":     {503, 200, logs, ""},
		"events gone, none in logs":      {410, 200, logsAnswer(""), "none"},
		"events fail, none in logs":      {503, 200, logsAnswer(""), "transient mailgun.receipts.503"},
		"both gone":                      {410, 404, "", "configuration mailgun.receipts.410"},
		"events forbidden, logs fail":    {403, 500, "", "transient mailgun.receipts.500"},
		"both limited":                   {429, 429, "", "transient mailgun.receipts.429"},
		"events gone, logs not that old": {410, 400, `{"message":"log retention"}`, "none"},
		"events gone, logs not readable": {401, 200, "{}", "transient mailgun.receipts.unreadable"},
		"not understood":                 {410, 400, `{"message":"x"}`, "configuration mailgun.receipts.410"},
	} {
		server := newScripted(t)
		server.answer = func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == logsPath {
				fixed(c.logs, c.body)(w, r)
			} else {
				fixed(c.events, "{}")(w, r)
			}
		}
		r, err := newSender(t, server.config()).Ask(t.Context(), ports.SentMessage{ProviderID: "k@mg.clinic.example", SentAt: time.Now()})
		got := errOf(err)
		if err == nil && r.Kind == "" {
			got = "none"
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// What the plan keeps may be less than MAILGUN_EVENTS_RETENTION says.
func TestASpanThatMailgunDoesNotKeepHasExpired(t *testing.T) {
	server := newScripted(t)
	server.answer = func(w http.ResponseWriter, r *http.Request) {
		status := http.StatusGone
		if r.URL.Path == logsPath {
			status = http.StatusBadRequest
		}
		fixed(status, `{"message":"start is out of your Log Retention of 1 day"}`)(w, r)
	}
	_, err := newSender(t, server.config()).Read(t.Context(), ports.Span{From: time.Now().Add(-time.Hour), To: time.Now()}, func(ports.Receipt) {})
	if !errors.Is(err, ports.ErrSpanExpired) {
		t.Error(err)
	}
}
