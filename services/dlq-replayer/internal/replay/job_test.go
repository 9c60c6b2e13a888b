package replay_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"
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

// The interrupted job was resumed after the others and interrupted again: compaction has
// left what it selected in front of them, and its state behind them.
func TestTheBookForgetsNoSelectionWhoseJobIsReadLast(t *testing.T) {
	book, id := replay.NewBook(), replay.NewID(time.Unix(0, 0))
	part := binary.AppendVarint(binary.AppendVarint(binary.AppendVarint(nil, 2), 1), 7)
	book.See(&kgo.Record{Key: []byte("selection/" + id + "/000000"), Value: part})
	for n := range 250 {
		done := replay.NewID(time.Unix(int64(n+1), 0))
		book.See(&kgo.Record{Key: []byte("selection/" + done + "/000000")}) // It was deleted with the job's end.
		book.See(&kgo.Record{Key: []byte("job/" + done), Value: fmt.Appendf(nil, `{"id":%q,"state":"done"}`, done)})
	}
	book.See(&kgo.Record{Key: []byte("job/" + id), Value: fmt.Appendf(nil, `{"id":%q,"state":"running","total":1}`, id)})
	if job, ok := book.Job(id); !ok || job.Selected.Len() != 1 || len(book.Jobs()) != 200 {
		t.Errorf("%t, selected %v, %d jobs", ok, job.Selected, len(book.Jobs()))
	}
}

// A part of a selection says that it has more offsets than it holds, and is cut in the
// middle of one: it has as many as can be read, whatever it says.
func TestASelectionThatIsCutHasWhatCanBeRead(t *testing.T) {
	id := replay.NewID(time.Unix(0, 0))
	part := binary.AppendVarint(binary.AppendVarint(binary.AppendVarint(nil, 2), 1<<22), 7)
	for _, rest := range [][]byte{nil, {0x80}, bytes.Repeat([]byte{0xff}, 11)} {
		book := replay.NewBook()
		book.See(&kgo.Record{Key: []byte("selection/" + id + "/000000"), Value: append(slices.Clone(part), rest...)})
		book.See(&kgo.Record{Key: []byte("job/" + id), Value: fmt.Appendf(nil, `{"id":%q,"state":"queued","total":4194304}`, id)})
		if job, ok := book.Job(id); !ok || job.Selected.Len() != 1 || job.Selected[2][0] != 7 {
			t.Errorf("with %x: %v, %d are selected", rest, ok, job.Selected.Len())
		}
	}
}
