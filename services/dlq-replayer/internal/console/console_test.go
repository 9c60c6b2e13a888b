package console

import (
	"net/http"
	"strings"
	"testing"

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
