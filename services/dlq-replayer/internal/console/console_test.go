package console

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/topics"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/replay"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/replaytest"
)

func TestWhatIsConfirmedIsReplayedAndTheJobTellsOfIt(t *testing.T) {
	b := replaytest.New(t)
	b.Fill(60)
	w := b.Work(replaytest.Accept)
	r := open(t, b, Config{})
	if page := r.get(http.StatusOK, "/?class=recipient_rejected"); !strings.Contains(page, "<b>60</b> dead letters match") {
		t.Error(page)
	}
	form := r.confirmation("/replay?class=recipient_rejected")
	first := r.post("/replay", form)
	job := strings.TrimPrefix(first.Get("Location"), "/jobs/")
	if first.code != http.StatusSeeOther || !replay.ValidID(job) {
		t.Fatalf("%d %v\n%s", first.code, first.Header, first.body)
	}
	r.await("the job is done", func() bool { return strings.Contains(r.get(http.StatusOK, "/jobs/"+job), "done: 60 of 60") })
	if page := r.get(http.StatusOK, "/jobs/"+job); !strings.Contains(page, "<b>60</b> sent") {
		t.Error(page)
	}
	if again := r.post("/replay", form); again.code != http.StatusSeeOther || again.Get("Location") != "/jobs/"+job {
		t.Errorf("pressed again: %d %s", again.code, again.Get("Location"))
	}
	if sent, repeated := w.Sent(); sent != 60 || repeated != 0 {
		t.Errorf("sent %d, repeated %d", sent, repeated)
	}
	if page := r.get(http.StatusOK, "/"); !strings.Contains(page, "Nothing is left to do.") {
		t.Error(page)
	}
}

// The remaining dead letters match the form as well, but their number differs.
func TestWhatIsConfirmedTwiceLeadsToItsJobWhateverIsLeft(t *testing.T) {
	b := replaytest.New(t)
	b.Fill(115)
	w := b.Work(replaytest.Accept)
	r := open(t, b, Config{})
	form := r.confirmation("/replay?limit=60")
	form.Set("limit", "60")
	first := r.post("/replay", form)
	if first.code != http.StatusSeeOther {
		t.Fatalf("%d\n%s", first.code, first.body)
	}
	r.await("the job is done", func() bool { return strings.Contains(r.get(http.StatusOK, first.Get("Location")), "done: 60 of 60") })
	if again := r.post("/replay", form); again.code != http.StatusSeeOther || again.Get("Location") != first.Get("Location") {
		t.Errorf("pressed again: %d %s", again.code, again.Get("Location"))
	}
	if sent, repeated := w.Sent(); sent != 60 || repeated != 0 {
		t.Errorf("sent %d, repeated %d", sent, repeated)
	}
}

func TestACorrectionIsPreviewedConfirmedAndNowhereInAnAddress(t *testing.T) {
	b := replaytest.New(t)
	d := replaytest.Valid(1, domain.ClassRecipientRejected, time.Now().Add(24*time.Hour))
	b.Bury(d)
	w := b.Work(replaytest.Accept)
	r := open(t, b, Config{})
	path := "/letters/" + replaytest.ValidID(d)
	if page := r.get(http.StatusOK, path); !strings.Contains(page, "Right phone_e164") {
		t.Error(page)
	}
	if a := r.post(path+"/correct", url.Values{"recipient": {"a@patients.example"}}); a.code != http.StatusUnprocessableEntity || strings.Contains(a.body, "a@patients") {
		t.Errorf("%d\n%s", a.code, a.body)
	}
	preview := r.post(path+"/correct", url.Values{"recipient": {"+15550109999"}})
	if preview.code != http.StatusOK || !strings.Contains(preview.body, "to send") || len(b.Read(topics.Audit)) != 0 {
		t.Fatalf("%d\n%s", preview.code, preview.body)
	}
	form := r.hidden(preview.body)
	if a := r.post(path+"/correct", form); a.code != http.StatusUnprocessableEntity && !strings.Contains(a.body, "Say why") {
		t.Errorf("without a reason: %d", a.code)
	}
	form.Set("reason", "the patient called")
	done := r.post(path+"/correct", form)
	if done.code != http.StatusSeeOther || strings.Contains(done.Get("Location"), "5550109999") {
		t.Fatalf("%d %v\n%s", done.code, done.Header, done.body)
	}
	r.await("the job is done", func() bool { return strings.Contains(r.get(http.StatusOK, done.Get("Location")), "done: 1 of 1") })
	if again := r.post(path+"/correct", form); again.code != http.StatusSeeOther || again.Get("Location") != done.Get("Location") {
		t.Errorf("pressed twice: %d\n%s", again.code, again.body)
	}
	if sent, repeated := w.Sent(); sent != 1 || repeated != 0 {
		t.Errorf("sent %d, repeated %d", sent, repeated)
	}
}

func TestThePagesLinksMeanWhatThePageShows(t *testing.T) {
	b := replaytest.New(t)
	for n := range 30 {
		class := domain.ClassRecipientRejected
		if n%3 == 0 {
			class = domain.ClassRetriesExhausted
		}
		b.Bury(replaytest.Valid(n, class, time.Now().Add(time.Hour)))
	}
	r := open(t, b, Config{BasePath: "/ops"})
	for _, path := range []string{"/ops/?class=retries_exhausted", "/ops/?class=retries_exhausted&text=a-&since=2h&channel=sms"} {
		page := r.get(http.StatusOK, path)
		if !strings.Contains(page, "<b>10</b> dead letters match") {
			t.Error(page)
		}
		for _, text := range []string{"Replay all matching", "Discard all matching"} {
			link := regexp.MustCompile(`href="([^"]+)">` + text).FindStringSubmatch(page)
			if preview := r.get(http.StatusOK, html.UnescapeString(link[1])); !strings.Contains(preview, "10 match, 10 would be") {
				t.Errorf("%s leads from %s to\n%s", text, path, preview)
			}
			preview := r.get(http.StatusOK, html.UnescapeString(link[1]))
			back := regexp.MustCompile(`href="([^"]+)">Back`).FindStringSubmatch(preview)
			if again := r.get(http.StatusOK, html.UnescapeString(back[1])); !strings.Contains(again, "<b>10</b> dead letters match") {
				t.Errorf("back from %s is %s", text, back[1])
			}
		}
	}
	r.get(http.StatusUnprocessableEntity, "/ops/replay?klass=retries_exhausted")
}

func TestWhileKafkaIsAwayTheConsoleSaysSoAndShowsWhatItKnows(t *testing.T) {
	b := replaytest.New(t)
	b.Fill(3)
	r := open(t, b, Config{})
	b.Cluster.Close()
	r.await("the problem on the page", func() bool {
		page := r.get(http.StatusOK, "/")
		return strings.Contains(page, "Kafka cannot be followed at the moment") && strings.Contains(page, "<b>3</b> dead letters")
	})
	begin := time.Now()
	page := r.get(http.StatusOK, "/replay")
	if took := time.Since(begin); took > 20*time.Second || !strings.Contains(page, "3 match, 3 would be replayed") || strings.Contains(page, "The ledgers say") {
		t.Errorf("after %s\n%s", took, page)
	}
}
