package console

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/envelope"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/history"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/replaytest"
)

// Every id that the contract of events allows is found as it is written.
func TestAnAppointmentOfAnyNameIsFound(t *testing.T) {
	b := replaytest.New(t)
	for _, base := range []string{"/", "/ops"} {
		r := open(t, b, Config{BasePath: base})
		var asked string
		r.console.stories.read = func(_ context.Context, id string) (*history.Appointment, error) {
			asked = id
			return &history.Appointment{}, nil
		}
		for _, id := range []string{
			"a-1", "a/b", "a//b", ".", "..", "./a", "../a", "a/..", "/", "//evil.example", "...", "a?b#c", "%2e%2e", "%", "a b", "a+b", "a;b", "a\\b", "\u202Ea", "né", "<b>",
			strings.Repeat("約", 256), strings.Repeat("\U0001f4c5", 256),
		} {
			asked = "nothing"
			found := r.do(http.MethodGet, strings.TrimSuffix(base, "/")+"/appointments?id="+url.QueryEscape(id), nil)
			if found.code == http.StatusOK && asked == id {
				continue
			}
			if a := r.do(http.MethodGet, found.Get("Location"), nil); a.code != http.StatusOK || asked != id {
				t.Errorf("%.40q at %.40s: %d, %.40q is read about", id, found.Get("Location"), a.code, asked)
			}
		}
	}
}

// Any writer of the topic can choose ids. An id that is shorter than ours, or that has a
// meaning in a path, must not break a page.
func TestADeadLetterOfAnyIDIsOnEveryPage(t *testing.T) {
	b := replaytest.New(t)
	ids := []string{"x", ".", "..", "-", "seven77", "CAPITALS", strings.Repeat("l", 128)}
	for n, id := range ids {
		own := envelope.Record(b.Config.Topics.DLQ, replaytest.Valid(n, domain.ClassRecipientRejected, time.Now().Add(time.Hour)), "workers")
		for i := range own.Headers {
			if own.Headers[i].Key == envelope.HeaderID {
				own.Headers[i].Value = []byte(id)
			}
		}
		b.Produce(own)
	}
	b.Work(replaytest.Refuse)
	r := open(t, b, Config{})
	for _, path := range []string{"/", "/replay", "/discard?class=recipient_rejected"} {
		if page := r.get(http.StatusOK, path); !strings.Contains(page, `data-id="x"`) {
			t.Errorf("%s:\n%s", path, page)
		}
	}
	for _, id := range ids {
		if id == "." || id == ".." {
			continue // No address can end in these.
		}
		r.get(http.StatusOK, "/letters/"+id)
		r.get(http.StatusOK, "/letters/"+id+"/story")
		if a := r.post("/letters/"+id+"/correct", url.Values{"recipient": {"+15550109999"}}); a.code != http.StatusOK {
			t.Errorf("correct %s: %d\n%s", id, a.code, a.body)
		}
	}
	form := r.confirmation("/replay")
	job := r.post("/replay", form).Get("Location")
	r.await("the job is over", func() bool {
		page := r.get(http.StatusOK, job)
		return strings.Contains(page, "done: 7 of 7") && strings.Contains(page, `data-id="x"`)
	})
}

func TestAPageOfAnyNumberIsThere(t *testing.T) {
	b := replaytest.New(t)
	b.Fill(3)
	b.Work(replaytest.Accept)
	r := open(t, b, Config{})
	job := r.post("/replay", r.confirmation("/replay")).Get("Location")
	r.await("the job is over", func() bool { return strings.Contains(r.get(http.StatusOK, job), "done: 3 of 3") })
	for _, page := range []string{"0", "-1", "x", "2", "92233720368547758", "92233720368547759", "184467440737095517", "9223372036854775807", "99999999999999999999"} {
		r.get(http.StatusOK, "/?status=all&page="+page)
		r.get(http.StatusOK, job+"?page="+page)
	}
}
