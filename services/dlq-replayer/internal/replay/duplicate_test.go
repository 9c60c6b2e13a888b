package replay_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/envelope"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/topics"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/index"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/replay"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/replaytest"
)

// accepting orders a second send of the dead letter with that id.
func accepting(id string) replay.Order {
	o := replaytest.Order()
	o.Filter, o.AcceptDuplicate = index.Filter{IDs: []string{id}}, id
	return o
}

// doubtful is a broker with two unknown outcomes, 0 and 1, and a refused one, 2.
func doubtful(t *testing.T) (*replaytest.Broker, *replaytest.Worker) {
	r := replaytest.New(t)
	for n, class := range []domain.Class{domain.ClassUnknownOutcome, domain.ClassUnknownOutcome, domain.ClassRecipientRejected} {
		r.Produce(envelope.Record(r.Config.Topics.DLQ, replaytest.Letter(n, domain.SMS, class), "workers"))
	}
	return r, r.Work(replaytest.Accept)
}

func TestASecondSendIsAllowedForOneWholeIDOnly(t *testing.T) {
	r, w := doubtful(t)
	s := r.Session()
	class, limit, many, prefix := accepting(replaytest.ID(0)), accepting(replaytest.ID(0)), accepting(replaytest.ID(0)), accepting(replaytest.ID(0)[:8])
	class.Filter.Classes = []string{"unknown_outcome"}
	limit.Filter, limit.Limit = index.Filter{}, 1
	many.Filter.IDs = []string{replaytest.ID(0), replaytest.ID(1)}
	for name, o := range map[string]replay.Order{
		"a filter beside it": class, "a filter and a limit": limit, "two ids": many, "a beginning": prefix, "another class": accepting(replaytest.ID(2)),
	} {
		if _, err := replay.NewJob(s.Plan(o), time.Now()); !errors.Is(err, replay.ErrNotSingle) {
			t.Errorf("%s: %v", name, err)
		}
	}
	s.Close()
	for range 2 {
		job := r.Run(accepting(replaytest.ID(0)), replay.Options{})
		if job.State != replay.StateDone || job.Counts.Sent != job.Total {
			t.Errorf("job: %+v", job)
		}
	}
	records := r.Read(r.Config.Topics.ReplayFor(domain.SMS))
	if e, err := envelope.Decode(envelope.FromKafka(records[0].Headers)); err != nil || !e.AcceptDuplicate || e.ID != replaytest.ID(0) || len(records) != 1 {
		t.Errorf("%d replays, %+v, %v", len(records), e, err)
	}
	for _, a := range r.Audits() {
		if a.DeadLetter != replaytest.ID(0) || a.Reason != "repaired" || a.Who != "tester" {
			t.Errorf("audit: %+v", a)
		}
	}
	if sent, repeated := w.Sent(); sent != 1 || repeated != 0 {
		t.Errorf("sent %d, repeated %d", sent, repeated)
	}
}

// TestAJobRecordThatAsksForTooMuchIsRefused: whatever wrote the record, the rules
// hold where the job runs.
func TestAJobRecordThatAsksForTooMuchIsRefused(t *testing.T) {
	r, _ := doubtful(t)
	one, two := replaytest.ID(0), replaytest.ID(1)
	for i, c := range []struct{ order, want string }{
		{fmt.Sprintf(`"filter":{"ids":[%q,%q]},"rate":10,"accept_duplicate":%q`, one, two, one), replay.ErrNotSingle.Error()},
		{fmt.Sprintf(`"filter":{"ids":[%q]},"rate":10,"accept_duplicate":%q`, one, one), replay.ErrNotSingle.Error()},
		{`"filter":{},"rate":0`, replay.ErrRate.Error()},
		{`"filter":{},"rate":-1`, replay.ErrRate.Error()},
		{`"filter":{},"rate":1e300`, replay.ErrRate.Error()},
		{`"filter":{},"rate":10,"limit":-1`, replay.ErrLimit.Error()},
	} {
		s := r.Session()
		job := r.Job(s, replay.Order{Rate: 10}) // It selects all three.
		job.ID = fmt.Sprintf("20260504-093000-%06d", i)
		if err := r.Config.Submit(t.Context(), job); err != nil {
			t.Fatal(err)
		}
		r.Produce(&kgo.Record{Topic: topics.Resolutions, Key: []byte("job/" + job.ID), Value: fmt.Appendf(nil, `{"id":%q,"state":"queued","total":3,%s}`, job.ID, c.order)})
		s.Close()
		s = r.Session()
		known, ok := s.Book().Job(job.ID)
		last, err := s.Run(t.Context(), known, replay.Options{})
		if !ok || err != nil || last.State != replay.StateRefused || last.Note != c.want {
			t.Errorf("%s: %+v, %v", c.order, last, err)
		}
		wantSum(t, last)
		if _, err := s.Resume(t.Context(), last, replay.Resumption{}, replay.Options{}); !errors.Is(err, replay.ErrDone) {
			t.Errorf("%s: resumed: %v", c.order, err)
		}
		s.Close()
	}
	if n := len(r.Read(r.Config.Topics.ReplayFor(domain.SMS))); n != 0 {
		t.Errorf("%d replays", n)
	}
}

// TestAJobAcceptsTheSecondSendOfItsOwnDeadLetterOnly: the record's id and its
// selection may name different ones.
func TestAJobAcceptsTheSecondSendOfItsOwnDeadLetterOnly(t *testing.T) {
	r, w := doubtful(t)
	s := r.Session()
	defer s.Close()
	job := r.Job(s, accepting(replaytest.ID(0)))
	job.Order = accepting(replaytest.ID(1))
	last, err := s.Run(t.Context(), job, replay.Options{Patience: time.Minute})
	if err != nil || last.Counts.Left[replay.LeftNotAccepted] != 1 {
		t.Errorf("%+v, %v", last, err)
	}
	wantSum(t, last)
	if sent, _ := w.Sent(); sent != 0 {
		t.Errorf("%d sent", sent)
	}
}
