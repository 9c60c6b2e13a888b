package replayer

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/kafka-notifications/kafka-notifications/tests/harness"
)

// resumed goes on with the job for as long as its process says that it could not
// come to the end.
func (r replayer) resumed(code int, out string) {
	r.T.Helper()
	for range 5 {
		if code == 0 {
			return
		}
		r.T.Logf("ended with %d:\n%s", code, out)
		code, out = r.run("replay", "--resume", "last", "--yes", "--reason", "it was interrupted")
	}
	r.T.Errorf("the job does not come to its end: %d\n%s", code, out)
}

// TestACommitWhoseAnswerIsLostIsOneCommit: the broker has ended the transaction,
// and the process does not know.
func TestACommitWhoseAnswerIsLostIsOneCommit(t *testing.T) {
	r := newReplayer(t, harness.Config{Partitions: 6})
	want := fill(r, 400)
	r.StartWorker(nil)
	var ends atomic.Int32
	settings := r.Settings()
	settings["KAFKA_BOOTSTRAP_SERVERS"] = r.NewDetour(harness.Traffic{LosesAnswer: func(request []byte) bool {
		return isRequest(request, kmsg.EndTxn, "dlq-replayer") && ends.Add(1)%3 == 2
	}})
	p := harness.Start(t, binaries.Path(t, "services/dlq-replayer"), settings, r.repair("recipient_rejected")...)
	r.resumed(p.Wait(time.Minute), p.Log())
	if ends.Load() < 2 {
		t.Error("no answer was lost")
	}
	r.wantOneDone(want)
}

// TestAJobSurvivesTheDeathOfItsCoordinator: the broker that coordinates lock and
// transactions is killed and comes back with what is in its logs.
func TestAJobSurvivesTheDeathOfItsCoordinator(t *testing.T) {
	r := newReplayer(t, harness.Config{Partitions: 6})
	want := fill(r, 800)
	r.StartWorker(nil)
	p := r.start(r.repair("recipient_rejected", "--rate", "50")...)
	harness.Await(t, time.Minute, "some sent", func() bool { return len(r.Accepts()) > 50 })
	r.Broker.Kill(t)
	r.Broker.Start(t)
	r.resumed(p.Wait(2*time.Minute), p.Log())
	r.wantOneDone(want)
}
