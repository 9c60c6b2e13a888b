package replayer

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/kafka/kafkaclient"
	"github.com/kafka-notifications/kafka-notifications/tests/harness"
)

const resolutions = "notifications.dlq.resolutions"

// alter sets a topic's settings, all at once; an empty value is the default.
func (r replayer) alter(topic string, settings map[string]string) {
	r.T.Helper()
	var changes []kadm.AlterConfig
	for name, value := range settings {
		change := kadm.AlterConfig{Op: kadm.SetConfig, Name: name, Value: &value}
		if value == "" {
			change = kadm.AlterConfig{Op: kadm.DeleteConfig, Name: name}
		}
		changes = append(changes, change)
	}
	answers, err := r.Admin.AlterTopicConfigs(context.WithoutCancel(r.T.Context()), changes, topic)
	if err == nil {
		_, err = answers.On(topic, nil)
	}
	if err != nil {
		r.T.Fatal(err)
	}
}

// expire deletes all dead letters, up to the end of each partition.
func (r replayer) expire() {
	r.T.Helper()
	ends, err := r.Admin.ListEndOffsets(r.T.Context(), r.DLQ)
	if err != nil {
		r.T.Fatal(err)
	}
	if _, err := r.Admin.DeleteRecords(r.T.Context(), ends.Offsets()); err != nil {
		r.T.Fatal(err)
	}
}

// words returns the records of the resolutions topic that are about one dead
// letter, as far as compaction has left them.
func (r replayer) words(id string) (values []string) {
	r.T.Helper()
	ends, err := r.Admin.ListCommittedOffsets(r.T.Context(), resolutions)
	if err != nil {
		r.T.Fatal(err)
	}
	scanner := kafkaclient.NewScanner(r.Client, resolutions, 1<<20)
	err = scanner.Read(r.T.Context(), 0, 0, ends[resolutions][0].Offset, func(record *kgo.Record) error {
		if string(record.Key) == id {
			values = append(values, string(record.Value))
		}
		return nil
	})
	if err != nil {
		r.T.Fatal(err)
	}
	return values
}

// id returns the id of the n-th dead letter of fill.
func (r replayer) id(n int) string {
	for _, h := range deadLetterHeaders(r, "", "", n, time.Time{}) {
		if h.Key == "dlq-id" {
			return string(h.Value)
		}
	}
	return ""
}

func TestAJobWhoseDeadLettersExpireUpToTheEndIsResumedAndEnds(t *testing.T) {
	r := newReplayer(t, harness.Config{Partitions: 6})
	fill(r, 80)
	first := r.start("replay", "--class", "recipient_rejected", "--rate", "5", "--patience", "30s", "--yes", "--reason", "test")
	harness.Await(t, time.Minute, "some replayed", func() bool { return r.ends(r.Replay) > 5 })
	first.Kill()
	r.expire()
	var code int
	var out string
	harness.Await(t, time.Minute, "the lock is free", func() bool {
		code, out = r.run("replay", "--resume", "last", "--patience", "2s", "--yes", "--reason", "test")
		return code != 3
	})
	if code != 4 || !strings.Contains(out, "deleted_by_retention") {
		t.Errorf("exit code %d:\n%s", code, out)
	}
	if code, out := r.run("show", r.id(0)); code != 2 || !strings.Contains(out, "no dead letter") {
		t.Errorf("show ended with %d:\n%s", code, out)
	}
}

func TestAReplayThatNobodyAnswersIsUnresolvedAndOpensAgain(t *testing.T) {
	r := newReplayer(t, harness.Config{Partitions: 6})
	fill(r, 4)
	if code, out := r.run("replay", r.id(0), "--patience", "1s", "--yes", "--reason", "no worker"); code != 4 {
		t.Errorf("exit code %d:\n%s", code, out)
	}
	if _, out := r.run("stats"); !strings.Contains(out, "4 unresolved") || !strings.Contains(out, "1 replaying") {
		t.Errorf("while it is out:\n%s", out)
	}
	r.alter(r.Replay, map[string]string{"retention.ms": "1000"})
	harness.Await(t, time.Minute, "the dead letter is open again", func() bool {
		_, out := r.run("stats")
		return strings.Contains(out, "4 unresolved") && !strings.Contains(out, "replaying")
	})
}

// hurry lets the broker compact the resolutions topic as soon as it can, until
// the test ends.
func (r replayer) hurry() {
	r.T.Helper()
	r.alter(resolutions, map[string]string{
		"segment.ms": "100", "min.cleanable.dirty.ratio": "0.0001", "min.compaction.lag.ms": "0", "max.compaction.lag.ms": "500",
	})
	r.T.Cleanup(func() {
		r.alter(resolutions, map[string]string{
			"segment.ms": "", "min.cleanable.dirty.ratio": "", "min.compaction.lag.ms": "172800000", "max.compaction.lag.ms": "",
		})
	})
}

// compact has the broker clean all that was written to the resolutions topic
// until now: a marker of its own that a later record replaces is gone.
func (r replayer) compact() {
	r.T.Helper()
	marker := r.Source + "-marker"
	written := 0
	harness.Await(r.T, 3*time.Minute, "the resolutions topic is compacted", func() bool {
		// Only a closed segment is cleaned, and a record closes it.
		r.Write(&kgo.Record{Topic: resolutions, Key: []byte(marker), Value: []byte("{}")})
		written++
		return len(r.words(marker)) < written
	})
}

func TestRealCompactionLeavesTheTruth(t *testing.T) {
	r := newReplayer(t, harness.Config{Partitions: 6})
	fill(r, 12)
	say := func(n, count int, status string) {
		value := fmt.Sprintf(`{"dlq_id":%q,"channel":"email","status":%q,"replay_count":%d,"at":%q}`, r.id(n), status, count, time.Now().UTC().Format(time.RFC3339Nano))
		r.Write(&kgo.Record{Topic: resolutions, Key: []byte(r.id(n)), Value: []byte(value)})
	}
	say(0, 1, "sent")
	say(0, 0, "discarded") // As if both had been written at once.
	if code, out := r.run("discard", r.id(1), "--yes", "--reason", "test"); code != 0 {
		t.Fatalf("discard ended with %d:\n%s", code, out)
	}
	before := r.told(0, 1)
	r.hurry()
	r.compact()
	if words := r.words(r.id(0)); len(words) != 1 {
		t.Errorf("the broker left %d records: %v", len(words), words)
	}
	if after := r.told(0, 1); after != before || before != "sent discarded; sent discarded" {
		t.Errorf("told before: %s\ntold after: %s", before, after)
	}
}

// told returns what the replayer and notifyctl say of dead letters.
func (r replayer) told(letters ...int) string {
	r.T.Helper()
	var replayer, notifyctl []string
	for _, n := range letters {
		code, out := r.run("list", r.id(n), "-o", "json")
		var rows []struct {
			Status string `json:"status"`
		}
		if err := json.Unmarshal([]byte(out), &rows); code != 0 || err != nil || len(rows) != 1 {
			r.T.Fatalf("list ended with %d:\n%s", code, out)
		}
		replayer = append(replayer, rows[0].Status)
		p := harness.Start(r.T, binaries.Path(r.T, "tools/notifyctl"), r.Settings(), "status", "--appointment", fmt.Sprintf("dead-%d", n), "-o", "json")
		if code := p.Wait(time.Minute); code != 0 {
			r.T.Fatalf("notifyctl status ended with %d:\n%s", code, p.Log())
		}
		word := regexp.MustCompile(`"resolution": \{[^}]*"status": "(\w+)`).FindStringSubmatch(p.Log())
		if word == nil {
			r.T.Fatalf("notifyctl knows no resolution:\n%s", p.Log())
		}
		notifyctl = append(notifyctl, word[1])
	}
	return strings.Join(replayer, " ") + "; " + strings.Join(notifyctl, " ")
}

// TestMoreDeadLettersThanTheIndexHolds fills every partition but the last with
// young ones; those that retention takes first are read last.
func TestMoreDeadLettersThanTheIndexHolds(t *testing.T) {
	r := newReplayer(t, harness.Config{Partitions: 6})
	const limit, old = 200_000, 300
	client := r.Broker.Client(t, kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.ProducerBatchMaxBytes(1<<20), kgo.MaxBufferedRecords(5000))
	now := time.Now().UTC()
	for i := range limit + old {
		record := &kgo.Record{
			Topic: r.DLQ, Key: fmt.Append(nil, i), Value: []byte("{}"), Partition: int32(i % 5), Timestamp: now,
			Headers: deadLetterHeaders(r, "recipient_rejected", "mailgun.400", i, now),
		}
		if i >= limit {
			record.Partition, record.Timestamp = 5, now.Add(-time.Hour)
		}
		client.Produce(t.Context(), record, func(_ *kgo.Record, err error) {
			if err != nil {
				t.Error(err)
			}
		})
	}
	if err := client.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	code, out := r.run("stats", "--timeout", "2m")
	if code != 0 || !strings.Contains(out, fmt.Sprintf("%d unresolved", limit+old)) || !strings.Contains(out, "300 younger") {
		t.Errorf("stats ended with %d:\n%s", code, out)
	}
	if _, out := r.run("list", "--partition", "5", "--limit", "0", "--timeout", "2m"); strings.Count(out, "recipient_rejected") != old {
		t.Errorf("%d of the %d oldest are listed", strings.Count(out, "recipient_rejected"), old)
	}
	if _, out := r.run("replay", "--limit", "3", "--timeout", "2m"); !strings.Contains(out, "3 would be replayed") || !strings.Contains(out, "300 younger") {
		t.Errorf("the plan says nothing of what it did not look at:\n%s", out)
	}
}
