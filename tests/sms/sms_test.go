package sms

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/tests/harness"
	"github.com/kafka-notifications/kafka-notifications/tools/sandbox"
	"github.com/kafka-notifications/kafka-notifications/tools/sandbox/script"
)

// mixed returns events that ask for an e-mail, an SMS, both and neither in
// turn, and which of them are for which channel.
func mixed(n int) (all, emails, texts []harness.Event) {
	for i := range n {
		id := fmt.Sprintf("mixed-%d", i)
		e := harness.NewSMS(id, i)
		e["email"] = id + "@patients.example"
		email, text := i%4 < 2, i%2 == 0
		e["notify"] = map[string]bool{"email": email, "sms": text}
		all = append(all, e)
		if email {
			emails = append(emails, e)
		}
		if text {
			texts = append(texts, e)
		}
	}
	return all, emails, texts
}

func TestExactlyTheRequestedMessagesAreSentOnEachChannel(t *testing.T) {
	t.Parallel()
	s := newSystem(t, harness.Config{})
	mail := s.View(sandbox.Email)
	all, emails, texts := mixed(1000)
	s.Publish(all...)
	s.StartWorker(nil)
	mail.StartWorker(nil)
	s.AwaitDone(time.Minute)
	mail.AwaitDone(time.Minute)
	if lost, doubled := s.Judge(texts); lost != 0 || doubled != 0 {
		t.Errorf("sms: lost %d, doubled %d", lost, doubled)
	}
	if lost, doubled := mail.Judge(emails); lost != 0 || doubled != 0 {
		t.Errorf("e-mail: lost %d, doubled %d", lost, doubled)
	}
	if n := len(s.DeadLetters()); n != 0 {
		t.Errorf("%d dead letters", n)
	}
}

func TestSwitchedOffTheWorkerJoinsNoGroupAndCallsNobody(t *testing.T) {
	t.Parallel()
	s := newSystem(t, harness.Config{})
	s.Publish(harness.NewSMS("early", 1))
	idle := harness.Start(t, binaries.Path(t, "services/sms-worker"), map[string]string{
		"KAFKA_BOOTSTRAP_SERVERS": s.Broker.Addr(), "HEALTH_ADDR": "127.0.0.1:0", "LOG_FORMAT": "json",
	})
	harness.Await(t, 20*time.Second, "it says why it is idle", func() bool {
		return strings.Contains(idle.Log(), "SMS_WORKER_ENABLED=false")
	})
	groups, err := s.Admin.ListGroups(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, joined := groups["notifications-sms-worker"]; joined {
		t.Error("a group exists")
	}
	if code, _ := idle.Terminate(10 * time.Second); code != 0 {
		t.Errorf("SIGTERM ended with %d", code)
	}
	// Switched on later it begins with the earliest event.
	s.StartWorker(nil)
	s.AwaitDone(30 * time.Second)
	if n := len(s.Accepts()); n != 1 {
		t.Errorf("%d sent after switching on", n)
	}
}

func TestKillMinusNineLosesNoTextAndDoublesNone(t *testing.T) {
	s := newSystem(t, harness.Config{Partitions: 2})
	s.Script(sandbox.Rule{Action: sandbox.Action{Type: script.Latency, Delay: 5 * time.Millisecond, DelayMax: 80 * time.Millisecond}})
	var events []harness.Event
	settings := map[string]string{"KAFKA_GROUP_INSTANCE_ID": "sms-1"}
	for round := range 5 {
		var batch []harness.Event
		for i := range 300 {
			batch = append(batch, harness.NewSMS(fmt.Sprintf("kill-%d", i%30), round*300+i))
		}
		events = append(events, batch...)
		s.Publish(batch...)
		accepted := len(s.Accepts())
		worker := s.StartWorker(settings)
		harness.Await(t, 30*time.Second, "sending", func() bool { return len(s.Accepts()) > accepted+20 })
		worker.Kill()
	}
	s.StartWorker(settings)
	s.AwaitDone(time.Minute)
	if lost, doubled := s.Judge(events); lost != 0 || doubled != 0 {
		t.Errorf("lost %d, doubled %d", lost, doubled)
	}
}

func TestLostAnswersOfTwilioAreAskedFor(t *testing.T) {
	t.Parallel()
	for _, ending := range []string{script.EndReset, script.EndHang, script.EndStatus, script.EndTruncate} {
		t.Run(ending, func(t *testing.T) {
			t.Parallel()
			s := newSystem(t, harness.Config{Partitions: 2})
			s.Script(sandbox.Rule{
				Match:  sandbox.Match{Channel: sandbox.SMS, Probability: 0.05, Seed: 3},
				Action: sandbox.Action{Type: script.AcceptThen, Ending: ending, Status: 503},
			})
			var events []harness.Event
			for i := range 300 {
				// Families share a phone: only the reference distinguishes two texts.
				e := harness.NewSMS(fmt.Sprintf("lost-%d", i), i)
				events = append(events, e)
			}
			s.Publish(events...)
			s.StartWorker(map[string]string{"TWILIO_TIMEOUT_SECONDS": "2"})
			s.AwaitDone(time.Minute)
			if lost, doubled := s.Judge(events); lost != 0 || doubled != 0 {
				t.Errorf("lost %d, doubled %d", lost, doubled)
			}
		})
	}
}

func TestTwoAppointmentsAtOneTimeToOnePhoneAreTwoTexts(t *testing.T) {
	t.Parallel()
	s := newSystem(t, harness.Config{})
	s.Script(sandbox.Rule{
		Match:  sandbox.Match{Channel: sandbox.SMS},
		Action: sandbox.Action{Type: script.AcceptThen, Ending: script.EndStatus, Status: 500}, Count: 2,
	})
	s.Publish(harness.NewSMS("mother", 7), harness.NewSMS("child", 7))
	s.StartWorker(nil)
	s.AwaitDone(30 * time.Second)
	if n := len(s.Accepts()); n != 2 {
		t.Errorf("%d texts, want 2", n)
	}
}

func TestWhatTwilioRefusesGoesToTheDeadLettersAfterOneCall(t *testing.T) {
	t.Parallel()
	s := newSystem(t, harness.Config{})
	codes := map[int]string{21211: "recipient_rejected", 21610: "recipient_rejected", 21614: "recipient_rejected", 21602: "message_rejected"}
	i := 0
	for code := range codes {
		e := harness.NewSMS(fmt.Sprint(code), 100+i)
		i++
		s.Script(sandbox.Rule{
			Match:  sandbox.Match{Channel: sandbox.SMS, Recipient: fmt.Sprint(e["phone_e164"])},
			Action: sandbox.Action{Type: script.Answer, Code: code},
		})
		s.Publish(e)
	}
	s.StartWorker(nil)
	s.AwaitDone(30 * time.Second)
	letters := s.DeadLetters()
	if len(letters) != len(codes) {
		t.Errorf("%d dead letters", len(letters))
	}
	for _, r := range letters {
		code := strings.TrimPrefix(harness.Header(r, "dlq-error-code"), "twilio.")
		if class := harness.Header(r, "dlq-error-class"); code != string(r.Key) || class != codes[atoi(code)] {
			t.Errorf("%s was dead-lettered as %s %s", r.Key, class, code)
		}
		if n := harness.Header(r, "dlq-attempts"); n != "1" {
			t.Errorf("%s took %s calls", code, n)
		}
		if strings.Contains(harness.Header(r, "dlq-error-message"), "555") {
			t.Error("a header shows a number")
		}
	}
}

func TestTwilioDownPausesTextsAndLeavesEmailsAlone(t *testing.T) {
	t.Parallel()
	outages := map[string]sandbox.Action{
		"down":       {Type: script.Down},
		"20003":      {Type: script.Answer, Code: 20003},
		"20429":      {Type: script.Answer, Code: 20429},
		"unverified": {Type: script.Answer, Code: 21608},
		"503":        {Type: script.Answer, Status: 503},
	}
	for name, action := range outages {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSystem(t, harness.Config{Partitions: 2})
			mail := s.View(sandbox.Email)
			rule := s.Script(sandbox.Rule{Match: sandbox.Match{Channel: sandbox.SMS}, Action: action})
			all, emails, texts := mixed(400)
			s.Publish(all...)
			s.StartWorker(map[string]string{"TWILIO_TIMEOUT_SECONDS": "2", "DELIVERY_MAX_ATTEMPTS": "3"})
			mail.StartWorker(nil)
			mail.AwaitDone(30 * time.Second)
			if lost, doubled := mail.Judge(emails); lost != 0 || doubled != 0 {
				t.Errorf("e-mail: lost %d, doubled %d", lost, doubled)
			}
			<-time.After(8 * time.Second)
			if n := len(s.DeadLetters()); n != 0 || len(s.Accepts()) != 0 {
				t.Errorf("%d dead letters, %d accepts during the outage", n, len(s.Accepts()))
			}
			s.Sandbox.Unscript(rule)
			s.AwaitDone(90 * time.Second)
			if lost, doubled := s.Judge(texts); lost != 0 || doubled != 0 {
				t.Errorf("sms: lost %d, doubled %d", lost, doubled)
			}
			if n := len(s.DeadLetters()); n != 0 {
				t.Errorf("%d dead letters", n)
			}
		})
	}
}

func TestTheRateHoldsForTheWholeGroup(t *testing.T) {
	t.Parallel()
	s := newSystem(t, harness.Config{Partitions: 4})
	var events []harness.Event
	for i := range 60 {
		events = append(events, harness.NewSMS(fmt.Sprintf("rate-%d", i), i))
	}
	settings := map[string]string{"TWILIO_RATE_PER_SECOND": "6"}
	s.StartWorker(settings)
	s.StartWorker(settings)
	s.AwaitMembers(2)
	s.Publish(events...)
	s.AwaitDone(time.Minute)
	accepts := s.Accepts()
	took := time.Duration(accepts[len(accepts)-1].Time - accepts[0].Time)
	rate := float64(len(accepts)-1) / took.Seconds()
	t.Logf("%.1f a second", rate)
	if rate > 6.6 || rate < 3 {
		t.Errorf("%.1f a second, the limit is 6", rate)
	}
}

func atoi(s string) (n int) {
	_, _ = fmt.Sscan(s, &n)
	return n
}
