package replay_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/topics"
	"github.com/kafka-notifications/kafka-notifications/libs/ledger"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/index"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/replay"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/replaytest"
)

const right = "+15550109999"

func correcting(d ports.DeadLetter) replay.Order {
	o := replaytest.Order()
	o.Filter, o.Corrects = index.Filter{IDs: []string{replaytest.ValidID(d)}}, true
	return o
}

func TestACorrectedReplayGoesToTheNewRecipientAndNoRecordTellsWhere(t *testing.T) {
	b := replaytest.New(t)
	d := replaytest.Valid(1, domain.ClassRecipientRejected, time.Now().Add(24*time.Hour))
	b.Bury(d)
	b.Record(ledger.KindFailed, d)
	b.Work(replaytest.Accept)
	s := b.Session()
	plan := s.Plan(correcting(d))
	correction, err := s.Correct(t.Context(), plan, right)
	if err != nil || correction.Verdict != replay.VerdictSend {
		t.Fatalf("%+v, %v", correction, err)
	}
	job, err := replay.NewJob(plan, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if job, err = s.Run(t.Context(), job, replay.Options{Patience: 10 * time.Second, Correction: correction}); err != nil || job.Counts.Sent != 1 {
		t.Fatalf("%+v, %v", job, err)
	}
	replays := b.Read(b.Config.Topics.ReplayFor(domain.SMS))
	want := bytes.Replace(d.Record.Value, []byte("+15550100001"), []byte(right), 1)
	if len(replays) != 1 || !bytes.Equal(replays[0].Value, want) || !bytes.Equal(replays[0].Key, d.Record.Key) {
		t.Errorf("%d replays, the first %s, want %s", len(replays), replays[0].Value, want)
	}
	if letters := b.Read(b.Config.Topics.DLQ); len(letters) != 1 || !bytes.Equal(letters[0].Value, d.Record.Value) {
		t.Errorf("the original is not what it was")
	}
	for _, topic := range []string{topics.Resolutions, topics.Audit} {
		for _, r := range b.Read(topic) {
			if strings.Contains(string(r.Value), "5550109999") || strings.Contains(string(r.Value), "5550100001") {
				t.Errorf("a recipient is in %s: %s", topic, r.Value)
			}
		}
	}
	if a := b.Audits()[0]; !a.Corrects || a.Who != "tester" || a.Reason != "repaired" || a.Filter.IDs[0] != replaytest.ValidID(d) {
		t.Errorf("%+v", a)
	}
}

func TestACorrectionThatItsProcessTookAlongIsNotReplacedByTheOldRecipient(t *testing.T) {
	b := replaytest.New(t)
	d := replaytest.Valid(1, domain.ClassRecipientRejected, time.Now().Add(24*time.Hour))
	b.Bury(d)
	w := b.Work(replaytest.Accept)
	p := b.Process(replaytest.Fault{})
	s, err := p.Config.Start(p.Context)
	if err != nil {
		t.Fatal(err)
	}
	job, err := replay.NewJob(s.Plan(correcting(d)), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	// It begins, and dies before it writes the replay.
	job.State = replay.StateRunning
	if err := p.Config.Submit(p.Context, job); err != nil {
		t.Fatal(err)
	}
	p.Kill()
	s.Close()
	for _, again := range []func(*replay.Session, replay.Job) (replay.Job, error){
		func(s *replay.Session, job replay.Job) (replay.Job, error) {
			return s.Run(t.Context(), job, replay.Options{Patience: time.Second})
		},
		func(s *replay.Session, job replay.Job) (replay.Job, error) {
			job.State = replay.StateCancelled
			return s.Resume(t.Context(), job, replay.Resumption{Who: "tester", Reason: "again"}, replay.Options{Patience: time.Second})
		},
	} {
		session := start(t, b)
		ended, err := again(session, job)
		if err != nil || ended.State != replay.StateRefused {
			t.Errorf("%s %q, %v", ended.State, ended.Note, err)
		}
		session.Close()
	}
	if sent, _ := w.Sent(); sent != 0 || len(b.Read(b.Config.Topics.ReplayFor(domain.SMS))) != 0 {
		t.Errorf("%d were sent to the old recipient", sent)
	}
}

// start takes the lock as soon as the one who had it has lost it.
func start(t *testing.T, b *replaytest.Broker) *replay.Session {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for {
		s, err := b.Config.Start(ctx)
		if !errors.Is(err, replay.ErrHeld) {
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
	}
}

func TestNoCorrectionEscapesADoubtOrIsOfSeveral(t *testing.T) {
	b := replaytest.New(t)
	tomorrow := time.Now().Add(24 * time.Hour)
	unknown := replaytest.Valid(1, domain.ClassUnknownOutcome, tomorrow)
	claimed := replaytest.Valid(2, domain.ClassRecipientRejected, tomorrow)
	same, broken := replaytest.Valid(3, domain.ClassRecipientRejected, tomorrow), replaytest.Valid(4, domain.ClassInvalidEvent, tomorrow)
	broken.Record.Value = []byte("{")
	b.Bury(unknown, claimed, same, broken)
	b.Record(ledger.KindClaimed, claimed)
	s := b.Session()
	for _, c := range []struct {
		letter    ports.DeadLetter
		recipient string
		want      error
	}{
		{unknown, right, replay.ErrCorrectsDoubt},
		{claimed, right, replay.ErrCorrectsDoubt},
		{same, "+15550100003", replay.ErrSameRecipient},
	} {
		if _, err := s.Correct(t.Context(), s.Plan(correcting(c.letter)), c.recipient); !errors.Is(err, c.want) {
			t.Errorf("%v, want %v", err, c.want)
		}
	}
	var breach *domain.Failure
	for _, recipient := range []string{"not a number", "right@patients.example", ""} {
		if _, err := s.Correct(t.Context(), s.Plan(correcting(same)), recipient); !errors.As(err, &breach) {
			t.Errorf("%q: %v", recipient, err)
		}
	}
	if _, err := s.Correct(t.Context(), s.Plan(correcting(broken)), right); !errors.As(err, &breach) {
		t.Errorf("an undecodable one: %v", err)
	}
	two, twice := correcting(same), correcting(same)
	two.Filter.IDs = append(two.Filter.IDs, replaytest.ValidID(broken))
	twice.AcceptDuplicate = twice.Filter.IDs[0]
	all := replaytest.Order()
	all.Corrects = true
	for _, o := range []replay.Order{two, twice, all} {
		if _, err := replay.NewJob(s.Plan(o), time.Now()); !errors.Is(err, replay.ErrNotOneCorrection) {
			t.Errorf("%+v: %v", o.Filter, err)
		}
	}
}
