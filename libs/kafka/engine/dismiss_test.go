package engine

import (
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/delivery"
	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/envelope"
	"github.com/kafka-notifications/kafka-notifications/libs/ledger"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// finishes counts outcomes by their reason.
type finishes struct {
	ports.NoObserver
	skipped map[domain.SkipReason]int
}

func (f *finishes) Finished(_ domain.Channel, finish ports.Finish) {
	f.skipped[finish.Outcome.Reason]++
}

const asksForNothing = `{"appointment_id":"a-0","time":"2031-05-06T14:30:00Z","email":"a@patients.example","notify":{"email":false,"sms":true}}`

// silent is a record that asks for nothing on the channel, at offset 5; on the replay
// topic one that was replayed.
func silent(t *testing.T, topic string) kgo.FetchTopicPartition {
	t.Helper()
	r := &kgo.Record{Topic: topic, Offset: 5, Key: []byte("a-0"), Value: []byte(asksForNothing), Timestamp: time.Now()}
	if topic == rigReplay {
		dead := envelope.Record("dlq", ports.DeadLetter{
			Record: recordOf(r), Channel: domain.Email, Failure: domain.InvalidEvent("email", "is missing"), FirstFailedAt: r.Timestamp, FailedAt: r.Timestamp,
		}, rigGroup)
		e, err := envelope.Decode(envelope.FromKafka(dead.Headers))
		if err != nil {
			t.Fatal(err)
		}
		r.Headers = envelope.ToKafka(e.ReplayedBy("job", false).Encode())
	}
	return kgo.FetchTopicPartition{Topic: topic, FetchPartition: kgo.FetchPartition{Records: []*kgo.Record{r}}}
}

// A record that asks for nothing ends as it is read, unless anything is known of
// another event of its appointment: that one may have to be withdrawn, or a note
// be left for it.
func TestARecordThatAsksForNothingEndsAtOnceOnlyIfItIsAlone(t *testing.T) {
	facts := domain.Facts{Instant: time.UnixMilli(1)}
	for what, test := range map[string]struct {
		arrange func(c *Consumer, l *lane, known *ledger.Memory)
		at      string // the topic
		ends    bool
	}{
		"alone": {func(*Consumer, *lane, *ledger.Memory) {}, rigSource, true},
		"an earlier one is queued": {func(_ *Consumer, l *lane, _ *ledger.Memory) {
			l.enqueue(l.halves[rigSource], recordAt(4))
		}, rigSource, false},
		"a later one lies ahead": {func(_ *Consumer, l *lane, _ *ledger.Memory) {
			l.halves[rigSource].ahead.note("a-0", domain.Version{Offset: 9}, facts)
		}, rigSource, false},
		"one with a revision lies ahead": {func(_ *Consumer, l *lane, _ *ledger.Memory) {
			l.halves[rigSource].ahead.note("a-0", domain.Version{Offset: 5, Revision: new(int64(1))}, facts)
		}, rigSource, false},
		"it was itself found ahead": {func(_ *Consumer, l *lane, _ *ledger.Memory) {
			l.halves[rigSource].ahead.note("a-0", domain.Version{Offset: 5}, facts)
			l.halves[rigSource].ahead.next = 9
		}, rigSource, true},
		"the ledger knows another": {func(_ *Consumer, _ *lane, known *ledger.Memory) {
			_ = known.Note(ports.Claim{AppointmentID: "a-0", Facts: facts}, "event.email")
		}, rigSource, false},
		"the ledger is not read yet": {func(_ *Consumer, l *lane, _ *ledger.Memory) { l.end(l.epoch, nil) }, rigSource, false},
		"it is a replay":             {func(*Consumer, *lane, *ledger.Memory) {}, rigReplay, false},
	} {
		t.Run(what, func(t *testing.T) {
			seen := &finishes{skipped: map[domain.SkipReason]int{}}
			c, l := readingRig(t, &pauses{})
			c.lanes.intake.halves.Store(2)
			c.registrar.deliverer = delivery.New(delivery.Config{Channel: domain.Email}, delivery.Deps{Observer: seen, Gate: delivery.NewGate(domain.Email, seen)})
			known := ledger.NewMemory()
			l.begin(t.Context(), remembered{known})
			test.arrange(c, l, known)
			c.registrar.register(silent(t, test.at))
			h := l.halves[test.at]
			q := l.queues["a-0"]
			ended, waits := seen.skipped[domain.SkipNotRequested] == 1, q != nil && q.items[len(q.items)-1].task.Record.Offset == 5
			if ended != test.ends || waits == test.ends {
				t.Errorf("ended: %t, waits in its queue: %t", ended, waits)
			}
			if at, ok := h.tracker.watermark(); test.ends && (!ok || at != 6 || c.lanes.intake.ahead.Load() != 0) {
				t.Errorf("watermark %d, %t; %d facts ahead", at, ok, c.lanes.intake.ahead.Load())
			}
		})
	}
}

// Revisions tell which is newer, in whatever order they were published:
//
//	revision 2, a cancellation, asks for nothing; revision 1, the booking, lies far behind it
//	the look ahead has found both
//
// The cancellation is not alone, and withdraws the booking once that comes.
func TestWhatOutdatesARecordFarBehindItIsNotAlone(t *testing.T) {
	c, l := readingRig(t, &pauses{})
	c.registrar.deliverer = delivery.New(delivery.Config{Channel: domain.Email}, delivery.Deps{Observer: ports.NoObserver{}, Gate: delivery.NewGate(domain.Email, ports.NoObserver{})})
	l.begin(t.Context(), remembered{ledger.NewMemory()})
	h := l.halves[rigSource]
	booking := queued{offset: 9, hour: 14, revision: 1}.task()
	cancelled := booking.Event.Facts()
	cancelled.Cancelled = true
	h.ahead.note("a-0", domain.Version{Offset: 5, Revision: new(int64(2))}, cancelled)
	h.ahead.note("a-0", domain.Version{Offset: 9, Revision: new(int64(1))}, booking.Event.Facts())
	h.ahead.next = 10
	read := silent(t, rigSource)
	read.Records[0].Value = []byte(strings.Replace(asksForNothing, `"notify"`, `"revision":2,"status":"cancelled","notify"`, 1))
	c.registrar.register(read)
	if l.queues["a-0"] == nil {
		t.Fatal("the cancellation is dismissed")
	}
	q := l.ready.pop()
	it, e, _ := l.take(q)
	if !it.task.Accompanied() {
		t.Error("the cancellation is taken for alone")
	}
	l.finish(q, it, e, true)
	l.enqueue(h, booking)
	if it, _, _ := l.take(l.ready.pop()); !isClosed(it.task.Superseded) {
		t.Error("the booking is not withdrawn")
	}
	h.ahead.caughtUp(h.ahead.next, "a-0", true)
	if held := c.lanes.intake.ahead.Load(); held != 0 {
		t.Errorf("%d facts are kept although nothing lies ahead", held)
	}
}
