package replay_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/kafka/topics"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/replay"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/replaytest"
)

func TestAJobRecordWithoutACursorIsCarriedOut(t *testing.T) {
	r := replaytest.New(t)
	r.Fill(6)
	r.Work(replaytest.Accept)
	job := submitted(r)
	job.Cursor = nil
	value, err := json.Marshal(job)
	if err != nil {
		t.Fatal(err)
	}
	r.Produce(&kgo.Record{Topic: topics.Resolutions, Key: []byte("job/" + job.ID), Value: value})
	s := r.Session()
	job, ok := s.Book().Job(job.ID)
	if !ok {
		t.Fatal("the job is not known")
	}
	if job, err := s.Run(t.Context(), job, replay.Options{Patience: replay.DefaultPatience}); err != nil || job.Counts.Sent != 6 || job.Cursor[2] != 2 {
		t.Errorf("%+v, %v", job, err)
	}
}

// A process died in the middle of a job, and two hundred and more were ordered at a
// terminal since. None of them may make the servers forget the one that is left to them.
func TestTheBookForgetsNoJobThatIsLeftToDo(t *testing.T) {
	book, job := replay.NewBook(), replay.Job{ID: replay.NewID(time.Unix(0, 0)), State: replay.StateRunning}
	see := func(j replay.Job) {
		value, err := json.Marshal(j)
		if err != nil {
			t.Fatal(err)
		}
		book.See(&kgo.Record{Key: []byte("job/" + j.ID), Value: value})
	}
	see(job)
	for n := range 250 {
		see(replay.Job{ID: replay.NewID(time.Unix(int64(n), 0)), State: replay.StateDone})
	}
	if left, _, ok := book.Unfinished(); !ok || left.ID != job.ID {
		t.Errorf("%v %q", ok, left.ID)
	}
	if n := len(book.Jobs()); n != 200 {
		t.Errorf("%d jobs are remembered", n)
	}
}
