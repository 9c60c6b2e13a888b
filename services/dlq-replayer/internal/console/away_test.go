package console

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/replay"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/replaytest"
)

// Forms from before the outage are pressed in the middle of it: each says soon that
// nothing was done, and shows no recipient.
func TestWhileKafkaIsAwayNoActionKeepsAnybodyWaiting(t *testing.T) {
	b := replaytest.New(t)
	letters := map[string]string{}
	for n, class := range []domain.Class{domain.ClassRecipientRejected, domain.ClassInvalidEvent, domain.ClassRetriesExhausted, domain.ClassMessageRejected} {
		d := replaytest.Valid(n, class, time.Now().Add(24*time.Hour))
		b.Bury(d)
		letters[string(class)] = "/letters/" + replaytest.ValidID(d)
	}
	r := open(t, b, Config{})
	ended := r.post("/replay", r.confirmation("/replay?class=recipient_rejected")).Get("Location")
	r.post(ended+"/cancel", url.Values{})
	r.await("it is cancelled", func() bool { return strings.Contains(r.get(http.StatusOK, ended), "cancelled") })
	again, discard := r.confirmation("/replay?class=retries_exhausted"), r.confirmation("/discard?class=retries_exhausted")
	corrected := letters["message_rejected"] + "/correct"
	correct := r.hidden(r.post(corrected, url.Values{"recipient": {"+15550109999"}}).body)
	correct.Set("reason", "the patient called")
	// Another process has it.
	session := b.Session()
	job := b.Job(session, replaytest.Order())
	session.Close()
	job.State = replay.StateRunning
	if err := b.Config.Submit(t.Context(), job); err != nil {
		t.Fatal(err)
	}
	running := "/jobs/" + job.ID
	r.await("it is known", func() bool { return r.do(http.MethodGet, running, nil).code == http.StatusOK })
	b.Cluster.Close()
	r.await("the problem on the page", func() bool { return strings.Contains(r.get(http.StatusOK, "/"), "cannot be followed at the moment") })
	var pressed sync.WaitGroup
	for path, form := range map[string]url.Values{
		"/replay": again, "/discard": discard, corrected: correct, ended + "/resume": {"reason": {"again"}}, running + "/cancel": {},
		letters["retries_exhausted"] + "/reveal": {},
	} {
		pressed.Go(func() {
			begin := time.Now()
			a := r.post(path, form)
			if took := time.Since(begin); took > 40*time.Second || a.code < 400 || strings.Contains(a.body, "+1555010000") {
				t.Errorf("%s: %d after %s", path, a.code, took)
			}
		})
	}
	pressed.Wait()
}
