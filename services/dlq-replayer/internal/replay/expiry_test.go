package replay_test

import (
	"context"
	"reflect"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/replay"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/replaytest"
)

func TestAJobLeavesWhatRetentionDeletedMeanwhileAndEnds(t *testing.T) {
	r := replaytest.New(t)
	r.Fill(12) // Four in each of three partitions.
	r.Work(replaytest.Accept)
	s := r.Session()
	job, err := replay.NewJob(s.Plan(replaytest.Order()), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	r.Expire(0, 4) // Up to the end: no later record will ever come.
	r.Expire(1, 2)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	job, err = s.Run(ctx, job, replay.Options{Patience: time.Minute})
	if err != nil || job.State != replay.StateDone || job.Counts.Sent != 6 || !reflect.DeepEqual(job.Counts.Left, map[string]int{replay.LeftGone: 6}) {
		t.Errorf("%+v, %v", job, err)
	}
}
