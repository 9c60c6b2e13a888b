package console

import (
	"strings"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/tests/harness"
	"github.com/kafka-notifications/kafka-notifications/tools/sandbox"
	"github.com/kafka-notifications/kafka-notifications/tools/sandbox/script"
)

// Between preview and confirmation an appointment is moved, and others fail.
func TestWhatChangedAfterThePreviewIsListedWithTheReason(t *testing.T) {
	c := open(t, nil)
	texts := c.View(sandbox.SMS)
	texts.StartWorker(nil)
	refusal := c.Script(sandbox.Rule{Match: sandbox.Match{Channel: sandbox.SMS}, Action: sandbox.Action{Type: script.Answer, Code: 21614}})
	texts.Publish(harness.NewSMS("text-0", 0), harness.NewSMS("text-1", 1))
	c.refuse("mail", 4)
	texts.AwaitDone(time.Minute)
	harness.Await(t, time.Minute, "all dead letters", func() bool { return strings.Contains(c.get("/"), "<b>6</b> dead letters") })
	form := c.confirm("/replay", "", "200")

	c.Sandbox.Unscript(refusal)
	moved := harness.NewEvent("mail-0")
	moved["time"] = time.Now().Add(96 * time.Hour).UTC().Format(time.RFC3339)
	c.Publish(moved)
	c.refuse("later", 3)
	c.Sandbox.Unscript(c.refusal)
	job := c.post("/replay", form)
	harness.Await(t, time.Minute, "the job's end", func() bool { return strings.Contains(c.get(job), "done: 6 of 6") })
	page := c.get(job)
	for _, want := range []string{
		"<b>5</b> sent", "<b>1</b> skipped: superseded", "<b>1</b> ended otherwise than the preview said", "previewed: to send; ended: skipped superseded",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("%q is not in\n%s", want, page)
		}
	}
	if mails, sms := len(c.Accepts()), len(texts.Accepts()); mails != 4 || sms != 2 {
		t.Errorf("%d e-mails and %d texts, want 4 (one of them moved) and 2", mails, sms)
	}
	if page := c.get("/"); !strings.Contains(page, "<b>3</b> dead letters") {
		t.Errorf("what came later is not untouched:\n%s", page)
	}
}
