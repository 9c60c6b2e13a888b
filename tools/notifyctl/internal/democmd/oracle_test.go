package democmd

import (
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/envelope"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/tools/sandbox"
	"github.com/kafka-notifications/kafka-notifications/tools/sandbox/journal"
)

// judged is a demo without workers: what they would have left behind is written
// by the test.
type judged struct {
	*testing.T
	*demo
	next int64
}

// newJudged returns a demo whose provider has this journal.
func newJudged(t *testing.T, entries ...journal.Entry) *judged {
	t.Helper()
	j := &judged{t, &demo{out: io.Discard, dir: t.TempDir(), published: &published{}}, 0}
	t.Cleanup(j.close)
	path := filepath.Join(j.dir, "provider.jsonl")
	var lines []byte
	for i, e := range entries {
		e.Seq, e.Time = uint64(i+1), time.Now().UnixNano()
		line, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		lines = append(append(lines, line...), '\n')
	}
	if err := os.WriteFile(path, lines, 0o600); err != nil {
		t.Fatal(err)
	}
	var err error
	if j.sandbox, err = sandbox.New(sandbox.Options{LogPath: path}); err != nil {
		t.Fatal(err)
	}
	if err := j.startBroker(t.Context()); err != nil {
		t.Fatal(err)
	}
	j.oracle = newOracle(j.demo)
	return j
}

// accept is a message that the provider took.
func accept(recipient string) journal.Entry {
	return journal.Entry{Kind: journal.KindSend, Channel: journal.Email, Accepted: true, Recipient: recipient}
}

// expects notes the next record; an empty recipient is a bad event.
func (j *judged) expects(recipient string, repeat bool) place {
	at := place{0, j.next}
	j.next++
	j.published.records++
	j.published.wanted = append(j.published.wanted, expectation{
		channel: sandbox.Email, place: at, recipient: recipient, message: recipient + " ", repeat: repeat, appointment: recipient, revision: 1,
	})
	return at
}

// commit moves the e-mail group's offset to the next record.
func (j *judged) commit() {
	j.Helper()
	var offsets kadm.Offsets
	offsets.Add(kadm.Offset{Topic: sourceTopic, At: j.next, LeaderEpoch: -1})
	committed, err := j.admin.CommitOffsets(j.Context(), "notifications-email-worker", offsets)
	if err == nil {
		err = committed.Error()
	}
	if err != nil {
		j.Fatal(err)
	}
}

func (j *judged) deadLetter(ch domain.Channel, at place) {
	j.Helper()
	r := envelope.Record(j.topics().DLQ, ports.DeadLetter{
		Record:  &ports.Record{Topic: sourceTopic, Partition: at.partition, Offset: at.offset, Timestamp: time.Now()},
		Channel: ch, Failure: domain.AsFailure(domain.InvalidEvent("time", "is missing")),
	}, "group")
	if err := j.client.ProduceSync(j.Context(), r).FirstErr(); err != nil {
		j.Fatal(err)
	}
}

func TestTheOracleCountsFromTheOutside(t *testing.T) {
	refused, asked := accept("lost@patients.example"), accept("lost@patients.example")
	refused.Accepted, asked.Kind = false, journal.KindLookup
	j := newJudged(t, accept("sent@patients.example"), accept("twice@patients.example"), refused, asked,
		accept("twice@patients.example"), accept("early@patients.example"))
	j.expects("sent@patients.example", false)
	j.expects("twice@patients.example", false)
	j.expects("lost@patients.example", false)
	letter := j.expects("bounced@mistyped.example", false)
	j.deadLetter(domain.Email, letter)
	j.deadLetter(domain.Email, letter) // again after a crash
	j.expects("sent@patients.example", true)
	j.deadLetter(domain.Email, j.expects("", false))
	j.deadLetter(domain.SMS, j.expects("elsewhere@patients.example", false)) // no excuse for the e-mail
	j.commit()
	j.expects("early@patients.example", false)
	j.expects("waiting@patients.example", false)
	j.expects("sent@patients.example", true)

	got, err := j.oracle.count(t.Context())
	want := counts{published: 10, sent: 3, skipped: 1, waiting: 2, deadLettered: 2, lost: 2, doubled: 1}
	if err != nil || got != want {
		t.Errorf("%+v, %v\nwant %+v", got, err, want)
	}
}

func TestABadEventThatWasSentIsOneTooMany(t *testing.T) {
	j := newJudged(t, accept("bad@patients.example"))
	at := j.expects("", false)
	j.deadLetter(domain.Email, at)
	j.commit()
	if got, err := j.oracle.count(t.Context()); err != nil || got.doubled != 1 {
		t.Errorf("%+v, %v; want one doubled", got, err)
	}
}

func TestTheDemoFailsUnlessAllIsWell(t *testing.T) {
	const one, two = "one@patients.example", "two@patients.example"
	for name, c := range map[string]struct {
		accepts         []journal.Entry
		wanted          []string
		uncommitted, ok bool
	}{
		"all is sent":        {accepts: []journal.Entry{accept(one), accept(two)}, wanted: []string{one, two}, ok: true},
		"one is lost":        {accepts: []journal.Entry{accept(one)}, wanted: []string{one, two}},
		"one is doubled":     {accepts: []journal.Entry{accept(one), accept(one)}, wanted: []string{one}},
		"one still waits":    {accepts: []journal.Entry{accept(one)}, wanted: []string{one, two}, uncommitted: true},
		"nothing was wanted": {},
	} {
		t.Run(name, func(t *testing.T) {
			j := newJudged(t, c.accepts...)
			for _, recipient := range c.wanted {
				j.expects(recipient, false)
			}
			if !c.uncommitted {
				j.commit()
			}
			if err := j.summary(); (err == nil) != c.ok {
				t.Errorf("%v", err)
			}
		})
	}
}
