package mailgun_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/services/email-worker/internal/mailgun"
)

func TestALookUpInTheLogsAsksForTheMessageOfTheDomain(t *testing.T) {
	server := newScripted(t)
	n := confirmation(t, patient)
	if _, err := lookUpBy(t, server, mailgun.LookUpLogs, n, 2*time.Hour); errOf(err) != "unknown_outcome mailgun.lookup.blind" {
		t.Fatal(err)
	}
	r := server.seen()[0]
	if r.Method != http.MethodPost || r.Path != "/v1/analytics/logs" || r.Key != server.config().ReadAPIKey {
		t.Errorf("%s %s with the key %s", r.Method, r.Path, r.Key)
	}
	var q search
	if err := json.Unmarshal([]byte(r.Body), &q); err != nil {
		t.Fatal(err)
	}
	if q.value("domain") != "mg.clinic.example" || q.value("message_id") != n.Key.String()+"@mg.clinic.example" {
		t.Errorf("filters %+v", q.Filter)
	}
	if got := strings.Join(q.Events, " "); got != "accepted delivered failed rejected" || q.Pagination.Limit != 100 || q.Pagination.Sort != "timestamp:asc" {
		t.Errorf("events %s, %+v", got, q.Pagination)
	}
	// Its own end would cut off what is newer than our clock, a duration
	// overrules the start.
	if q.End != "" || q.Duration != "" || q.Subaccounts == nil || *q.Subaccounts {
		t.Errorf("end %q, duration %q, subaccounts %v", q.End, q.Duration, q.Subaccounts)
	}
	start, err := time.Parse(time.RFC1123Z, q.Start)
	if age := time.Since(start); err != nil || age < 3*time.Hour || age > 3*time.Hour+time.Minute {
		t.Errorf("starts %s ago (%v), want an hour before the claim", age, err)
	}
}

// errOf returns what answers an outage, a refusal, an absence or, when empty, an
// acceptance.
func errOf(err error) string {
	if err == nil {
		return ""
	}
	if errors.Is(err, ports.ErrNotFound) {
		return "not found"
	}
	f := domain.AsFailure(err)
	return string(f.Class) + " " + f.Code
}

// fixed answers every request with the status and the body.
func fixed(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func TestEachAnswerOfTheLogsIsReadForWhatItProves(t *testing.T) {
	n := confirmation(t, patient)
	mine := n.Key.String() + "@mg.clinic.example"
	const outage, given = "transient mailgun.lookup.", "unknown_outcome mailgun.lookup."
	for name, c := range map[string]struct {
		status     int
		body, want string
	}{
		"accepted":                      {200, logsAnswer("", logRow("accepted", mine, "mg.clinic.example")), ""},
		"delivered":                     {200, logsAnswer("", logRow("delivered", mine, "mg.clinic.example")), ""},
		"failed":                        {200, logsAnswer("", logRow("failed", mine, "mg.clinic.example")), ""},
		"with brackets":                 {200, logsAnswer("", logRow("accepted", "<"+mine+">", "mg.clinic.example")), ""},
		"another case of the domain":    {200, logsAnswer("", logRow("accepted", mine, "MG.Clinic.Example")), ""},
		"accepted, then rejected":       {200, logsAnswer("", logRow("rejected", mine, "mg.clinic.example"), logRow("accepted", mine, "mg.clinic.example")), ""},
		"rejected":                      {200, logsAnswer("", logRow("rejected", mine, "mg.clinic.example")), given + "rejected"},
		"opened":                        {200, logsAnswer("", logRow("opened", mine, "mg.clinic.example")), "not found"},
		"another message":               {200, logsAnswer("", logRow("accepted", "other@mg.clinic.example", "mg.clinic.example")), "not found"},
		"another domain":                {200, logsAnswer("", logRow("accepted", mine, "other.example")), given + "blind"},
		"nothing of the domain":         {200, logsAnswer(""), given + "blind"},
		"nothing of it, as null":        {200, `{"start":"","end":"","items":null,"pagination":{}}`, given + "blind"},
		"null fields":                   {200, logsAnswer("", `{"id":"L","event":null,"domain":null,"message":null}`, "null", logRow("opened", mine, "mg.clinic.example")), "not found"},
		"no items":                      {200, `{"start":"","end":"","pagination":{}}`, outage + "unreadable"},
		"no pagination":                 {200, `{"start":"","end":"","items":[]}`, outage + "unreadable"},
		"no pagination, with the row":   {200, `{"items":[` + logRow("accepted", mine, "mg.clinic.example") + `]}`, outage + "unreadable"},
		"rows of another kind":          {200, `{"items":["a"],"pagination":{}}`, outage + "unreadable"},
		"an answer of the Events API":   {200, page("", eventOf("opened", mine)), outage + "unreadable"},
		"HTML":                          {200, "<html>Welcome</html>", outage + "unreadable"},
		"nothing":                       {200, "", outage + "unreadable"},
		"null":                          {200, "null", outage + "unreadable"},
		"broken off":                    {200, `{"items":[`, outage + "unreadable"},
		"another success":               {202, logsAnswer(""), outage + "unreadable"},
		"before what is kept":           {400, `{"message":"start is out of your Log Retention of 1 day"}`, given + "expired"},
		"not understood":                {400, `{"message":"unknown attribute"}`, given + "400"},
		"not understood, in plain text": {400, "bad request", given + "400"},
		"no right":                      {401, "Forbidden", given + "401"},
		"forbidden":                     {403, `{"message":"x"}`, given + "403"},
		"not there":                     {404, `{"message":"x"}`, given + "404"},
		"gone":                          {410, `{"message":"x"}`, given + "410"},
		"elsewhere":                     {302, "", outage + "302"},
		"too slow":                      {408, "", outage + "408"},
		"too many":                      {429, "", outage + "429"},
		"broken":                        {500, logsAnswer("", logRow("accepted", mine, "mg.clinic.example")), outage + "500"},
		"away":                          {503, "", outage + "503"},
	} {
		server := newScripted(t)
		server.answer = fixed(c.status, c.body)
		if _, err := lookUpBy(t, server, mailgun.LookUpLogs, n, 0); errOf(err) != c.want {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

func TestTheDelayOfALimitedLookUpIsKeptInSecondsAndMilliseconds(t *testing.T) {
	at := time.Now().Add(90 * time.Second)
	for name, value := range map[string][2]string{
		"Retry-After":  {"Retry-After", "90"},
		"seconds":      {"X-RateLimit-Reset", strconv.FormatInt(at.Unix(), 10)},
		"milliseconds": {"X-RateLimit-Reset", strconv.FormatInt(at.UnixMilli(), 10)},
	} {
		server := newScripted(t)
		server.answer = func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set(value[0], value[1])
			w.WriteHeader(http.StatusTooManyRequests)
		}
		_, err := lookUpBy(t, server, mailgun.LookUpLogs, confirmation(t, patient), 0)
		if f := domain.AsFailure(err); f.RetryAfter < 85*time.Second || f.RetryAfter > 91*time.Second {
			t.Errorf("%s: %+v", name, f)
		}
	}
}

func TestLogsThatDoNotEndAreNoAnswer(t *testing.T) {
	other := logRow("accepted", "other@mg.clinic.example", "mg.clinic.example")
	for name, token := range map[string]func(n int) string{
		"one token for ever":  func(int) string { return "t" },
		"two that alternate":  func(n int) string { return strconv.Itoa(n % 2) },
		"always another page": strconv.Itoa,
	} {
		server, pages := newScripted(t), 0
		server.answer = func(w http.ResponseWriter, _ *http.Request) {
			pages++
			_, _ = io.WriteString(w, logsAnswer(token(pages), other))
		}
		_, err := lookUpBy(t, server, mailgun.LookUpLogs, confirmation(t, patient), 0)
		if errOf(err) != "transient mailgun.lookup.endless" || pages > 100 {
			t.Errorf("%s: %v after %d pages", name, err, pages)
		}
	}
}

// "None" counts once the logs have shown anything of the domain, by rows of
// another message or by a search for the domain alone.
func TestNoneInTheLogsCountsOnlyOfADomainThatTheyShow(t *testing.T) {
	for name, body := range map[string]string{"an empty list": logsAnswer(""), "null": `{"items":null,"pagination":{}}`} {
		server := newScripted(t)
		cfg := server.config()
		cfg.LookUpAPI = mailgun.LookUpLogs
		s, n := newSender(t, cfg), confirmation(t, patient)
		ofDomain := ""
		server.answer = func(w http.ResponseWriter, _ *http.Request) {
			seen := server.seen()
			if answer := seen[len(seen)-1].Body; strings.Contains(answer, "message_id") {
				_, _ = io.WriteString(w, body)
			} else {
				_, _ = io.WriteString(w, logsAnswer("", ofDomain))
			}
		}
		for i, c := range []struct {
			shown, want string
			requests    int
		}{
			{logRow("accepted", "1@other.example", "other.example"), "unknown_outcome mailgun.lookup.blind", 2},
			{logRow("accepted", "1@mg.clinic.example", "mg.clinic.example"), "not found", 4},
			{"", "not found", 5},
		} {
			ofDomain = c.shown
			_, err := s.LookUp(t.Context(), ports.LookUp{Handle: s.Handle(n), ClaimedAt: time.Now()})
			if got := len(server.seen()); errOf(err) != c.want || got != c.requests {
				t.Errorf("%s, look-up %d: %v after %d requests, want %q after %d", name, i, err, got, c.want, c.requests)
			}
		}
	}
}

// logsScript is any sequence of pages, of which one may hold the message.
type logsScript struct {
	pages [][]string
	// hit is set when a row proves acceptance, rejected when one says so.
	hit, rejected bool
	// shown is set when a row is of the domain.
	shown bool
}

func drawLogs(t *rapid.T, mine string) (s logsScript) {
	for range rapid.IntRange(1, 5).Draw(t, "pages") {
		var rows []string
		for range rapid.IntRange(1, 4).Draw(t, "rows") {
			event := rapid.SampledFrom([]string{"accepted", "delivered", "failed", "rejected", "opened", "stored", "accepted_later"}).Draw(t, "event")
			id := rapid.SampledFrom([]string{mine, "<" + mine + ">", "x" + mine, "other@mg.clinic.example", ""}).Draw(t, "id")
			where := rapid.SampledFrom([]string{"mg.clinic.example", "other.example", ""}).Draw(t, "domain")
			about := strings.Trim(id, "<>") == mine && where == "mg.clinic.example"
			s.hit = s.hit || about && (event == "accepted" || event == "delivered" || event == "failed")
			s.rejected = s.rejected || about && event == "rejected"
			s.shown = s.shown || where == "mg.clinic.example"
			rows = append(rows, logRow(event, id, where))
		}
		s.pages = append(s.pages, rows)
	}
	return s
}

// answer serves the pages; the token says which.
func (s logsScript) answer(w http.ResponseWriter, token string) {
	at, next := 0, ""
	_, _ = fmt.Sscan(token, &at)
	if at+1 < len(s.pages) {
		next = strconv.Itoa(at + 1)
	}
	_, _ = io.WriteString(w, logsAnswer(next, s.pages[at]...))
}

func TestAnySequenceOfPagesIsReadToTheEndOrTheProof(t *testing.T) {
	server := newScripted(t)
	n := confirmation(t, patient)
	rapid.Check(t, func(rt *rapid.T) {
		s := drawLogs(rt, n.Key.String()+"@mg.clinic.example")
		server.answer = func(w http.ResponseWriter, _ *http.Request) {
			var q search
			seen := server.seen()
			_ = json.Unmarshal([]byte(seen[len(seen)-1].Body), &q)
			s.answer(w, q.Pagination.Token)
		}
		want := "not found"
		switch {
		case s.hit:
			want = ""
		case s.rejected:
			want = "unknown_outcome mailgun.lookup.rejected"
		case !s.shown:
			want = "unknown_outcome mailgun.lookup.blind"
		}
		if _, err := lookUpBy(t, server, mailgun.LookUpLogs, n, 0); errOf(err) != want {
			rt.Errorf("%v, want %q for %q", err, want, s.pages)
		}
	})
}
