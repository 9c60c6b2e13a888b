package democmd

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/tools/sandbox"
	"github.com/kafka-notifications/kafka-notifications/tools/sandbox/journal"
)

// press presses a button, of the message to a recipient where one is given.
func (j *judged) press(button, recipient string) (status int, said string) {
	j.Helper()
	answer := httptest.NewRecorder()
	j.controls().ServeHTTP(answer, httptest.NewRequest(http.MethodPost, "/_demo/"+button+"?recipient="+url.QueryEscape(recipient), nil))
	return answer.Code, answer.Body.String()
}

// published events of the demo, as consumers read them.
func (j *judged) events(n int) (all []domain.Event) {
	j.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(j.cluster.ListenAddrs()...), kgo.ConsumeTopics(sourceTopic))
	if err != nil {
		j.Fatal(err)
	}
	defer client.Close()
	for len(all) < n {
		fetches := client.PollFetches(j.Context())
		if err := fetches.Err(); err != nil {
			j.Fatal(err)
		}
		fetches.EachRecord(func(r *kgo.Record) {
			event, err := domain.NewDecoder().Decode(r.Value)
			if err != nil {
				j.Fatal(err)
			}
			all = append(all, *event)
		})
	}
	return all
}

const mara = "a-1@patients.example"

func TestTheButtonsOfAMessagePublishWhatBecameOfItsAppointment(t *testing.T) {
	j := newJudged(t)
	if err := j.write(t.Context(), appointment{id: "a-1"}); err != nil {
		t.Fatal(err)
	}
	for i, c := range []struct {
		button, recipient string
		status            int
	}{
		{"move", mara, 200},
		{"move", mara, 200},
		{"move", "stranger@patients.example", 409},
		{"cancel", "", 409},
		{"cancel", mara, 200},
		{"cancel", mara, 409},
		{"move", mara, 409},
	} {
		if status, said := j.press(c.button, c.recipient); status != c.status {
			t.Errorf("%d, %s %s: %d %s", i, c.button, c.recipient, status, said)
		}
	}
	events := j.events(4)
	for i, want := range []domain.AppointmentStatus{domain.AppointmentConfirmed, domain.AppointmentRescheduled, domain.AppointmentRescheduled, domain.AppointmentCancelled} {
		e, first := events[i], events[0]
		days := int(e.Time.Sub(first.Time).Hours() / 24)
		if e.Status != want || *e.Revision != int64(i+1) || days != min(i, 2) || e.AppointmentID != "a-1" {
			t.Errorf("event %d: %s, revision %d, %d days later", i, e.Status, *e.Revision, days)
		}
	}
}

// The appointment is told as confirmed and as cancelled: the move in between was
// superseded while the worker waited.
func TestAMoveIsAnotherMessageAndASupersededOneIsNotLost(t *testing.T) {
	j := newJudged(t)
	if err := j.write(t.Context(), appointment{id: "a-1"}); err != nil {
		t.Fatal(err)
	}
	j.press("move", mara)
	j.press("cancel", mara)
	_, wanted := j.published.all()
	sent := func(messages ...string) map[string]int {
		times := map[string]int{}
		for _, m := range messages {
			times[m]++
		}
		return times
	}
	committed := map[string]map[int32]int64{sandbox.Email: {0: 9, 1: 9, 2: 9}}
	first, moved, cancelled := wanted[0].message, wanted[1].message, wanted[2].message
	for name, c := range map[string]struct {
		accepts map[string]int
		want    counts
	}{
		"superseded":         {sent(first, cancelled), counts{published: 3, sent: 2, skipped: 1}},
		"all":                {sent(first, moved, cancelled), counts{published: 3, sent: 3}},
		"the newest is lost": {sent(first, moved), counts{published: 3, sent: 2, lost: 1}},
		"told twice":         {sent(first, cancelled, cancelled), counts{published: 3, sent: 2, skipped: 1, doubled: 1}},
		"by another name":    {sent(first, cancelled, mara+" other"), counts{published: 3, sent: 3, skipped: 1, doubled: 1}},
	} {
		if got := j.oracle.judge(committed, c.accepts); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

// What the oracle expects is what the adapters write.
func TestTheOracleNamesMessagesAsTheProvidersSeeThem(t *testing.T) {
	value, err := appointment{id: "a-1", revision: 1}.event(map[string]string{sandbox.Email: mara, sandbox.SMS: "+15550100042"})
	if err != nil {
		t.Fatal(err)
	}
	event, err := domain.NewDecoder().Decode(value)
	if err != nil {
		t.Fatal(err)
	}
	mail, text := domain.NewKey(event, domain.Email, mara), domain.NewKey(event, domain.SMS, "+15550100042")
	j := newJudged(t,
		journal.Entry{Kind: journal.KindSend, Channel: journal.Email, Accepted: true, Recipient: mara, MessageID: mail.String() + "@mg.clinic.example"},
		journal.Entry{Kind: journal.KindSend, Channel: journal.SMS, Accepted: true, Recipient: "+15550100042", Reference: text.Reference()})
	accepts, err := j.oracle.accepts()
	for channel, recipient := range map[string]string{sandbox.Email: mara, sandbox.SMS: "+15550100042"} {
		if message := messageOf(value, channel, recipient); err != nil || accepts[message] != 1 {
			t.Errorf("%q is not among %v, %v", message, accepts, err)
		}
	}
}

func TestTheApprovalSwitchesSMSOnWithARestart(t *testing.T) {
	j := newJudged(t)
	r, w := io.Pipe()
	t.Cleanup(func() { _ = r.Close() })
	worker := &service{
		name: "sms-worker", path: "/bin/sh", args: []string{"-c", "echo $SMS_WORKER_ENABLED; exec sleep 600"},
		env: []string{"PATH=/usr/bin:/bin", "SMS_WORKER_ENABLED=false"}, log: w,
	}
	j.services = []*service{{}, worker}
	if err := worker.start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(r)
	for _, want := range []string{"false", "true"} {
		if !lines.Scan() || lines.Text() != want {
			t.Fatalf("the worker runs with %q, want %q", lines.Text(), want)
		}
		if status, said := j.press("approve", ""); status != http.StatusOK {
			t.Fatalf("%d %s", status, said)
		}
	}
	if err := j.write(t.Context(), appointment{id: "a-2"}); err != nil {
		t.Fatal(err)
	}
	if e := j.events(1)[0]; !e.Requested(domain.SMS) {
		t.Error("appointments do not ask for texts")
	}
	answer := httptest.NewRecorder()
	j.controls().ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/_demo/board", nil))
	var board sandbox.Board
	if err := json.Unmarshal(answer.Body.Bytes(), &board); err != nil || len(board.Message) != 2 {
		t.Fatalf("%v, %s", err, answer.Body)
	}
	for _, b := range board.Buttons {
		if strings.HasSuffix(b.Post, "/approve") && !b.Active {
			t.Error("the button does not show that SMS is on")
		}
	}
}
