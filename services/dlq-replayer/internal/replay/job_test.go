package replay_test

import (
	"fmt"
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
	const id = "20260504-093000-abcdef"
	r.Produce(&kgo.Record{Topic: topics.Resolutions, Key: []byte("job/" + id), Value: fmt.Appendf(nil,
		`{"id":%q,"state":"queued","filter":{},"who":"somebody","rate":100,"bounds":{"0":2,"1":2,"2":2}}`, id)})
	s := r.Session()
	job, ok := s.Book().Job(id)
	if !ok {
		t.Fatal("the job is not known")
	}
	if job, err := s.Run(t.Context(), job, replay.Options{Patience: replay.DefaultPatience}); err != nil || job.Counts.Sent != 6 || job.Cursor[2] != 2 {
		t.Errorf("%+v, %v", job, err)
	}
}
