package replay_test

import (
	"encoding/json"
	"testing"

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
