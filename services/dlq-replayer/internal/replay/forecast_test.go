package replay_test

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/envelope"
	"github.com/kafka-notifications/kafka-notifications/libs/ledger"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/index"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/replay"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/replaytest"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/view"
)

// fates puts one dead letter of each verdict into the topic and returns the
// verdicts by id.
func fates(b *replaytest.Broker) map[string]replay.Verdict {
	tomorrow := time.Now().Add(24 * time.Hour)
	verdicts := make(map[string]replay.Verdict)
	n := 0
	bury := func(v replay.Verdict, edit func(*ports.DeadLetter)) ports.DeadLetter {
		d := replaytest.Valid(n, domain.ClassRecipientRejected, tomorrow)
		n++
		if edit != nil {
			edit(&d)
		}
		b.Bury(d)
		verdicts[replaytest.ValidID(d)] = v
		return d
	}
	refused := bury(replay.VerdictSend, nil)
	b.Record(ledger.KindFailed, refused)
	bury(replay.VerdictSend, nil)
	b.Record(ledger.KindSent, bury("already_sent", nil))
	b.Record(ledger.KindUnknown, bury(replay.VerdictDoubt, nil))
	b.Record(ledger.KindClaimed, bury(replay.VerdictDoubt, nil))
	bury("appointment_past", func(d *ports.DeadLetter) {
		d.Record.Value = replaytest.Valid(n-1, "", time.Now().Add(-time.Minute)).Record.Value
	})
	bury("event_too_old", func(d *ports.DeadLetter) {
		d.Record.Timestamp = time.Now().Add(-25 * time.Hour).Truncate(time.Millisecond)
	})
	bury(replay.VerdictFail, func(d *ports.DeadLetter) { d.Record.Value = []byte(`{"appointment_id":"x"}`) })
	// Cancelled: of a time that is past, and of no other that the patient was told.
	cancel := func(d *ports.DeadLetter) {
		d.Record.Value = append(d.Record.Value[:len(d.Record.Value)-1], `,"status":"cancelled"}`...)
	}
	bury(replay.VerdictSend, cancel)
	past := func(d *ports.DeadLetter) {
		d.Record.Value = replaytest.Valid(n-1, "", time.Now().Add(-time.Minute)).Record.Value
		cancel(d)
	}
	bury("appointment_past", past)
	b.Record(ledger.KindSent, bury(replay.VerdictSend, past), func(e *domain.Event, c *ports.Claim) {
		e.Time, e.Status = tomorrow, domain.AppointmentConfirmed
		c.Origin.Offset = 0
		c.Origin.Timestamp = c.Origin.Timestamp.Add(-time.Minute)
	})
	// Moved since, and the patient was told.
	b.Record(ledger.KindSent, bury("superseded", nil), func(e *domain.Event, c *ports.Claim) {
		e.Time = e.Time.Add(time.Hour)
		c.Origin.Offset++
		c.Origin.Timestamp = c.Origin.Timestamp.Add(time.Minute)
	})
	// A second dead letter of what the first one sends.
	twin := bury(replay.VerdictSend, nil)
	twin.Record.Offset += 300
	twin.FailedAt = twin.FailedAt.Add(time.Second)
	b.Bury(twin)
	verdicts[replaytest.ValidID(twin)] = "already_sent"
	return verdicts
}

func TestTheForecastIsWhatTheLedgersSay(t *testing.T) {
	b := replaytest.New(t)
	b.Config.MaxEventAges = map[domain.Channel]time.Duration{domain.SMS: 24 * time.Hour}
	want := fates(b)
	var mine []string
	for n := range 100 {
		mine = append(mine, fmt.Sprintf("+1555010%04d", n))
	}
	list, err := domain.ParseAllowlist(strings.Join(mine, ","))
	if err != nil {
		t.Fatal(err)
	}
	b.Config.Allowlist = list
	stranger := replaytest.Valid(150, domain.ClassRecipientRejected, time.Now().Add(24*time.Hour))
	stranger.Record.Partition = 1
	b.Bury(stranger)
	want[replaytest.ValidID(stranger)] = "not_on_allowlist"
	gone := replaytest.Valid(100, domain.ClassRecipientRejected, time.Now().Add(time.Hour))
	gone.Record.Partition = 2
	b.Bury(gone)
	reader, _, err := b.Config.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	plan := replay.Order{Rate: 1}.Plan(reader.Index, reader.Bounds(), 1<<20)
	before := len(b.Read(b.Config.Topics.LedgerFor(domain.SMS)))
	b.Expire(2, reader.Bounds()[2])
	for _, item := range plan.Items {
		if item.Partition == 2 {
			want[item.ID] = replay.VerdictGone
		}
	}
	got, err := b.Config.Foresee(t.Context(), plan)
	if err != nil {
		t.Fatal(err)
	}
	if !maps.Equal(got.Of, want) {
		for id, v := range want {
			if got.Of[id] != v {
				t.Errorf("%s: %q, want %q", id, got.Of[id], v)
			}
		}
		t.Errorf("%v", got.Counts())
	}
	if after := len(b.Read(b.Config.Topics.LedgerFor(domain.SMS))); after != before {
		t.Errorf("%d records were written into the ledger", after-before)
	}
}

// TestAForecastSaysWhatTheLedgersHaveForgotten: a dead letter is kept for longer than the
// ledgers, of which nothing may be left.
func TestAForecastSaysWhatTheLedgersHaveForgotten(t *testing.T) {
	b := replaytest.New(t)
	tomorrow := time.Now().Add(24 * time.Hour)
	old, doubtful, young := replaytest.Valid(0, domain.ClassRecipientRejected, tomorrow), replaytest.Valid(3, domain.ClassUnknownOutcome, tomorrow), replaytest.Valid(1, domain.ClassRecipientRejected, tomorrow)
	b.Bury(old, doubtful, young)
	b.Record(ledger.KindSent, replaytest.Valid(6, "", tomorrow))
	b.Forget(domain.SMS, 0, 2)
	reader, _, err := b.Config.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	plan := replaytest.Order().Plan(reader.Index, reader.Bounds(), 1<<20)
	got, err := b.Config.Foresee(t.Context(), plan)
	want := map[string]replay.Verdict{replaytest.ValidID(old): replay.VerdictSend, replaytest.ValidID(doubtful): replay.VerdictFail, replaytest.ValidID(young): replay.VerdictSend}
	if err != nil || !maps.Equal(got.Of, want) || got.Older != 1 {
		t.Errorf("%+v, %v", got, err)
	}
	if text := view.PlanOf("replay", plan).Foresee(got).Forecast(); !strings.Contains(text, "2 to send") || !strings.Contains(text, "1 of those to send are older than the ledgers") {
		t.Error(text)
	}
}

func TestAJobTellsWhatEndedOtherwiseThanForeseen(t *testing.T) {
	b := replaytest.New(t)
	tomorrow := time.Now().Add(24 * time.Hour)
	sends, fails, known := replaytest.Valid(0, domain.ClassRecipientRejected, tomorrow), replaytest.Valid(1, domain.ClassRecipientRejected, tomorrow), replaytest.Valid(2, domain.ClassRecipientRejected, tomorrow)
	b.Bury(sends, fails, known)
	b.Record(ledger.KindSent, known)
	b.Work(func(r *ports.Replay) domain.Outcome {
		switch r.DeadLetterID {
		case replaytest.ValidID(fails):
			return replaytest.Refuse(r)
		case replaytest.ValidID(known):
			return domain.Skipped(domain.SkipAlreadySent)
		}
		return replaytest.Accept(r)
	})
	s := b.Session()
	plan := s.Plan(replaytest.Order())
	forecast, err := b.Config.Foresee(t.Context(), plan)
	if err != nil {
		t.Fatal(err)
	}
	job, err := replay.NewJob(plan, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	job.Expect(forecast)
	if _, err := s.Run(t.Context(), job, replay.Options{Patience: 10 * time.Second}); err != nil {
		t.Fatal(err)
	}
	// As another process knows it, from the topics.
	reader, book, err := b.Config.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	told, _ := book.Job(job.ID)
	changes, total := told.Changes(reader.Index)
	if total != 1 || len(changes) != 1 || changes[0].ID != replaytest.ValidID(fails) || changes[0].Foreseen != replay.VerdictSend || changes[0].Ended != "dead_lettered twilio.21211" {
		t.Errorf("%d: %+v", total, changes)
	}
	if told.Foreseen["already_sent"] != 1 || told.Foreseen["to_send"] != 2 {
		t.Errorf("%v", told.Foreseen)
	}
}

// More dead letters than are held at a time: the ledgers are asked about each, and the
// first of two with one key is still the one that is sent.
func TestEveryDeadLetterOfALargePlanIsForeseen(t *testing.T) {
	const n = 10_100
	b := replaytest.New(t)
	b.Config.Limit = 2 * n
	tomorrow := time.Now().Add(24 * time.Hour)
	letters := make([]ports.DeadLetter, n)
	for i := range letters {
		letters[i] = replaytest.Valid(i, domain.ClassRecipientRejected, tomorrow)
		letters[i].Record.Partition = 1
	}
	known, twin := letters[n-2], &letters[n-1]
	twin.Record.Value = letters[0].Record.Value
	b.Bury(letters...)
	b.Record(ledger.KindSent, known)
	reader, _, err := b.Config.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	plan := replay.Order{Rate: 1}.Plan(reader.Index, reader.Bounds(), 1<<20)
	got, err := b.Config.Foresee(t.Context(), plan)
	if err != nil {
		t.Fatal(err)
	}
	if got.Unseen != 0 || len(got.Of) != n || got.Counts()["already_sent"] != 2 || got.Of[replaytest.ValidID(known)] != "already_sent" ||
		got.Of[replaytest.ValidID(*twin)] != "already_sent" || got.Of[replaytest.ValidID(letters[0])] != replay.VerdictSend {
		t.Errorf("%d unseen of %d, %v", got.Unseen, n, got.Counts())
	}
	// The time is over when the ledger is asked for the second part: the first is told.
	ctx, asked := deadline{t.Context(), make(chan struct{})}, 0
	b.Cluster.ControlKey(int16(kmsg.ListOffsets), func(request kmsg.Request) (kmsg.Response, error, bool) {
		b.Cluster.KeepControl()
		if topics := request.(*kmsg.ListOffsetsRequest).Topics; topics[0].Topic == b.Config.Topics.LedgerFor(domain.SMS) {
			if asked++; asked == 3 {
				close(ctx.over)
			}
		}
		return nil, nil, false
	})
	if got, err := b.Config.Foresee(ctx, plan); err != nil || got.Unseen != 100 || len(got.Of) != n-100 {
		t.Errorf("%d unseen of %d told, %v", got.Unseen, len(got.Of), err)
	}
}

// deadline is a context whose time is over when a test says so.
type deadline struct {
	context.Context
	over chan struct{}
}

func (d deadline) Done() <-chan struct{} { return d.over }

func (d deadline) Err() error {
	select {
	case <-d.over:
		return context.DeadlineExceeded
	default:
		return nil
	}
}

// A job lists what ended otherwise only where its preview spoke of every one.
func TestOfWhatNoPreviewSpokeNothingIsSaidToHaveChanged(t *testing.T) {
	x := index.New(10)
	key, value, err := envelope.EncodeResolution(envelope.Resolution{ID: replaytest.ID(1), Channel: domain.SMS, Status: envelope.ResolutionSkipped, Reason: "appointment_past", Job: "j", ReplayCount: 1, At: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	x.AddResolution(&kgo.Record{Key: key, Value: value})
	past := make(map[string]replay.Verdict)
	for n := range 10_001 {
		past[replaytest.ID(n)] = "appointment_past"
	}
	for what, f := range map[string]replay.Forecast{
		"some are unseen": {Of: map[string]replay.Verdict{replaytest.ID(0): replay.VerdictSend}, Unseen: 1}, "too many to remember": {Of: past},
	} {
		job := replay.Job{ID: "j"}
		job.Expect(f)
		if changes, total := job.Changes(x); total != 0 || len(changes) != 0 || !job.Unlisted || len(job.Expected) != 0 {
			t.Errorf("%s: %v", what, changes)
		}
	}
}
