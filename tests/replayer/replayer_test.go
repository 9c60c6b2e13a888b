package replayer

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/tests/harness"
	"github.com/kafka-notifications/kafka-notifications/tools/sandbox"
	"github.com/kafka-notifications/kafka-notifications/tools/sandbox/script"
)

func TestOnlyTheFailedChannelIsRepairedAndOnlyOnce(t *testing.T) {
	r := newReplayer(t, harness.Config{Channel: sandbox.SMS})
	mail := r.View(sandbox.Email)
	r.StartWorker(nil)
	mail.StartWorker(nil)
	third := r.Broker.Client(t, kgo.ConsumerGroup(r.Source+"-third"), kgo.ConsumeTopics(r.Source))
	refuse := r.Script(sandbox.Rule{Match: sandbox.Match{Channel: sandbox.SMS}, Action: sandbox.Action{Type: script.Answer, Code: 21614}})
	e := harness.NewSMS("repair", 1)
	e["email"], e["notify"] = "repair@patients.example", map[string]bool{"email": true, "sms": true}
	r.Publish(e)
	r.AwaitDone(30 * time.Second)
	mail.AwaitDone(30 * time.Second)
	if n := third.PollFetches(t.Context()).NumRecords(); n != 1 {
		t.Fatalf("the third group got %d records", n)
	}
	r.Sandbox.Unscript(refuse)
	for range 2 {
		if code, out := r.run("replay", "--channel", "sms", "--yes", "--reason", "number repaired"); code != 0 {
			t.Fatalf("exit code %d:\n%s", code, out)
		}
	}
	r.awaitReplays(30 * time.Second)
	if texts, mails := len(r.Accepts()), len(mail.Accepts()); texts != 1 || mails != 1 {
		t.Errorf("%d texts and %d e-mails, want one each", texts, mails)
	}
	if n := r.ends(r.Source); n != 1 {
		t.Errorf("the source has %d records: a replay must not go there", n)
	}
}

// fill makes n dead letters by four classes in turn, without a worker.
func fill(r replayer, n int) (recipients []harness.Event) {
	r.T.Helper()
	classes := []struct{ class, code string }{
		{"recipient_rejected", "mailgun.400"},
		{"message_rejected", "mailgun.413"},
		{"retries_exhausted", "mailgun.429"},
		{"invalid_event", "event.email"},
	}
	records := make([]*kgo.Record, 0, n)
	now := time.Now().UTC()
	for i := range n {
		c := classes[i%len(classes)]
		e := harness.NewEvent(fmt.Sprintf("dead-%d", i))
		if i%len(classes) == 0 {
			recipients = append(recipients, e)
		}
		records = append(records, &kgo.Record{
			Topic: r.DLQ, Key: []byte(fmt.Sprint(e["appointment_id"])), Value: harness.JSON(e), Partition: int32(i % 6),
			Headers: deadLetterHeaders(r, c.class, c.code, i, now),
		})
	}
	client := r.Broker.Client(r.T, kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err := client.ProduceSync(r.T.Context(), records...).FirstErr(); err != nil {
		r.T.Fatal(err)
	}
	return recipients
}

func deadLetterHeaders(r replayer, class, code string, i int, now time.Time) []kgo.RecordHeader {
	at := now.Format("2006-01-02T15:04:05.000Z")
	var headers []kgo.RecordHeader
	for _, h := range [][2]string{
		{"dlq-version", "1"},
		{"dlq-id", fmt.Sprintf("%x", sha256.Sum256(fmt.Append(nil, r.Source, i)))[:32]},
		{"dlq-channel", r.Channel},
		{"dlq-original-topic", r.Source},
		{"dlq-original-partition", fmt.Sprint(i % 6)},
		{"dlq-original-offset", fmt.Sprint(i / 6)},
		{"dlq-original-timestamp", at},
		{"dlq-consumer-group", r.Group},
		{"dlq-error-class", class},
		{"dlq-error-code", code},
		{"dlq-error-message", "made by a test"},
		{"dlq-attempts", "1"},
		{"dlq-first-failed-at", at},
		{"dlq-failed-at", at},
		{"dlq-replay-count", "0"},
		{"kafka_dlt-original-topic", r.Source},
	} {
		headers = append(headers, kgo.RecordHeader{Key: h[0], Value: []byte(h[1])})
	}
	return headers
}

func TestAJobSurvivesCancelAndKillAndReplaysEachRecordOnce(t *testing.T) {
	r := newReplayer(t, harness.Config{Partitions: 6})
	want := fill(r, 5000)
	begin := time.Now()
	code, out := r.run("stats")
	took := time.Since(begin)
	t.Logf("stats of 5,000 dead letters took %s", took.Round(time.Millisecond))
	if code != 0 || strings.Count(out, "1250") != 4 || took > 4*time.Second {
		t.Errorf("exit code %d after %s:\n%s", code, took, out)
	}
	r.StartWorker(nil)
	job := []string{"replay", "--class", "recipient_rejected", "--rate", "200", "--yes", "--reason", "test"}
	first := r.start(job...)
	harness.Await(t, time.Minute, "half of them replayed", func() bool { return len(r.Accepts()) > 500 })
	if code, out := r.run("replay", "--cancel", "last", "--yes", "--reason", "test"); code != 0 {
		t.Errorf("cancel ended with %d:\n%s", code, out)
	}
	if code := first.Wait(time.Minute); code != 1 {
		t.Errorf("a cancelled job ended with %d", code)
	}
	resume := []string{"replay", "--resume", "last", "--yes", "--reason", "test"}
	second := r.start(resume...)
	harness.Await(t, time.Minute, "some more replayed", func() bool { return len(r.Accepts()) > 800 })
	second.Kill()
	harness.Await(t, time.Minute, "the lock is free and the job ends", func() bool {
		code, _ := r.run(resume...)
		return code == 0
	})
	r.awaitReplays(time.Minute)
	if n := r.ends(r.Replay); len(r.Read(r.Replay)) != len(want) {
		t.Errorf("%d replays were written for %d dead letters (end offsets %d)", len(r.Read(r.Replay)), len(want), n)
	}
	if lost, doubled := r.Judge(want); lost != 0 || doubled != 0 {
		t.Errorf("lost %d, doubled %d", lost, doubled)
	}
}

func TestOfTwoReplaysAtOnceOneRuns(t *testing.T) {
	r := newReplayer(t, harness.Config{Partitions: 6})
	want := fill(r, 400)
	r.StartWorker(nil)
	job := []string{"replay", "--class", "recipient_rejected", "--rate", "50", "--yes", "--reason", "test"}
	one, two := r.start(job...), r.start(job...)
	codes := []int{one.Wait(time.Minute), two.Wait(time.Minute)}
	if codes[0]+codes[1] != 3 || codes[0]*codes[1] != 0 {
		t.Errorf("exit codes %v, want 0 and 3\n%s\n%s", codes, one.Log(), two.Log())
	}
	r.awaitReplays(time.Minute)
	if lost, doubled := r.Judge(want); lost != 0 || doubled != 0 {
		t.Errorf("lost %d, doubled %d", lost, doubled)
	}
}

func TestAJobStopsByItselfWhenTheCauseIsStillThere(t *testing.T) {
	r := newReplayer(t, harness.Config{Partitions: 6})
	fill(r, 2000)
	r.Script(sandbox.Rule{Match: sandbox.Match{Channel: sandbox.Email}, Action: sandbox.Action{
		Type: script.Answer, Status: 400, Body: `{"message":"'to' parameter is not a valid address. please check documentation"}`,
	}})
	r.StartWorker(nil)
	code, out := r.run("replay", "--class", "recipient_rejected", "--yes", "--reason", "test")
	if code != 1 {
		t.Errorf("exit code %d:\n%s", code, out)
	}
	if n := len(r.Read(r.Replay)); n > 40 {
		t.Errorf("%d were replayed before it stopped", n)
	}
	t.Logf("%d replayed, outcomes %v", len(r.Read(r.Replay)), outcomes(out))
}

func TestForeignAndBrokenDeadLettersAreListedAndRecipientsMasked(t *testing.T) {
	r := newReplayer(t, harness.Config{Partitions: 6})
	fill(r, 8)
	long := strings.Repeat("x", 200<<10)
	r.Write(
		&kgo.Record{Topic: r.DLQ, Key: []byte("spring"), Value: []byte(`{"email":"spring@patients.example"}`), Headers: []kgo.RecordHeader{
			{Key: "kafka_dlt-original-topic", Value: []byte(r.Source)},
			{Key: "kafka_dlt-original-partition", Value: []byte{0, 0, 0, 3}},
			{Key: "kafka_dlt-original-offset", Value: []byte{0, 0, 0, 0, 0, 0, 1, 0}},
			{Key: "kafka_dlt-exception-message", Value: []byte("no route to spring@patients.example")},
		}},
		&kgo.Record{Topic: r.DLQ, Key: []byte("connect"), Value: []byte{0xff, 0xfe}, Headers: []kgo.RecordHeader{
			{Key: "__connect.errors.topic", Value: []byte(r.Source)}, {Key: "__connect.errors.offset", Value: []byte("x")},
		}},
		&kgo.Record{Topic: r.DLQ, Key: []byte("streams"), Value: []byte(long), Headers: []kgo.RecordHeader{
			{Key: "__streams.errors.exception", Value: []byte("java.lang.Error")},
		}},
		&kgo.Record{Topic: r.DLQ, Headers: []kgo.RecordHeader{{Key: "dlq-version", Value: []byte("99")}, {Key: "dlq-id", Value: nil}}},
	)
	code, out := r.run("list", "--limit", "0", "--status", "all", "-o", "json")
	if code != 0 || strings.Count(out, "\n") < 12 {
		t.Errorf("list ended with %d:\n%s", code, out)
	}
	outputs := []string{out}
	for p := range 6 {
		for offset := range 4 {
			code, out := r.run("show", fmt.Sprintf("%d:%d", p, offset))
			if strings.Contains(out, "panic") {
				t.Errorf("show %d:%d panics (%d):\n%s", p, offset, code, out)
			}
			outputs = append(outputs, out)
		}
	}
	for _, out := range outputs {
		if strings.Contains(out, "@patients.example") {
			t.Errorf("a recipient is shown:\n%s", out)
		}
	}
	if _, out := r.run("show", "0:0", "--reveal"); !strings.Contains(out, "@patients.example") {
		t.Errorf("--reveal does not show the recipient:\n%s", out)
	}
}
