package replayer

import (
	"bytes"
	"encoding/binary"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/kafka-notifications/kafka-notifications/tests/harness"
)

// moment is when a process is stopped: at its nth request with that key that
// contains that text. Held, the request reaches the broker only when the process
// is woken; else at once.
type moment struct {
	key  kmsg.Key
	text string
	nth  int32
	held bool
}

// isRequest reports whether a message is a request with that key and text.
func isRequest(message []byte, key kmsg.Key, text string) bool {
	return kmsg.Key(binary.BigEndian.Uint16(message)) == key && bytes.Contains(message, []byte(text))
}

// freezer stops a process at a moment.
type freezer struct {
	moment
	t    testing.TB
	seen atomic.Int32
	pid  chan int
	// stopped is closed when the process stands still, resume by the test.
	stopped, resume chan struct{}
}

func (z *freezer) request(message []byte) {
	if !isRequest(message, z.key, z.text) || z.seen.Add(1) != z.nth {
		return
	}
	if err := syscall.Kill(<-z.pid, syscall.SIGSTOP); err != nil {
		z.t.Error(err)
	}
	close(z.stopped)
	if z.held {
		<-z.resume
	}
}

// startZombie starts a command that stops at the moment, and returns when it has.
// wake lets it go on.
func (r replayer) startZombie(at moment, args ...string) (zombie *harness.Process, wake func()) {
	r.T.Helper()
	z := &freezer{moment: at, t: r.T, pid: make(chan int, 1), stopped: make(chan struct{}), resume: make(chan struct{})}
	settings := r.Settings()
	settings["KAFKA_BOOTSTRAP_SERVERS"] = r.NewDetour(harness.Traffic{Request: z.request})
	zombie = harness.Start(r.T, binaries.Path(r.T, "services/dlq-replayer"), settings, args...)
	z.pid <- zombie.PID()
	select {
	case <-z.stopped:
	case <-time.After(time.Minute):
		r.T.Fatalf("the process has not come to the moment:\n%s", zombie.Log())
	}
	return zombie, func() {
		close(z.resume)
		zombie.Signal(syscall.SIGCONT)
	}
}

// TestAZombieWritesNothingAfterAnotherTookOver: a process stands still with the
// lock in its hands, for longer than its session, and wakes when another process
// has done the work. What it had on the wire arrives late, or had arrived.
func TestAZombieWritesNothingAfterAnotherTookOver(t *testing.T) {
	const id, inReplay = "dlq-replayer", "dlq-replay-job"
	for name, c := range map[string]struct {
		at moment
		// known is whether the job is in the topics when its process stops.
		known bool
		// code is how the zombie ends.
		code int
	}{
		// It reads the dead letters when it wakes, and finds that all are sent.
		"with the lock":                              {moment{kmsg.InitProducerID, id, 1, false}, false, 0},
		"before its first transaction":               {moment{kmsg.Produce, id, 1, true}, false, 1},
		"within a transaction":                       {moment{kmsg.Produce, inReplay, 1, false}, true, 1},
		"within a transaction, its write is late":    {moment{kmsg.Produce, inReplay, 1, true}, true, 1},
		"at the end of a transaction":                {moment{kmsg.EndTxn, id, 2, false}, true, 1},
		"at the end of a transaction, which is late": {moment{kmsg.EndTxn, id, 2, true}, true, 1},
	} {
		t.Run(name, func(t *testing.T) {
			r := newReplayer(t, harness.Config{Partitions: 6})
			want := fill(r, 200)
			r.StartWorker(nil)
			zombie, wake := r.startZombie(c.at, r.repair("recipient_rejected")...)
			args := r.repair("recipient_rejected")
			if c.known {
				args = []string{"replay", "--resume", "last", "--yes", "--reason", "its process hangs"}
			}
			if code, out := r.run(args...); code != 0 {
				t.Fatalf("the other process ended with %d:\n%s", code, out)
			}
			r.wantOneDone(want)
			wake()
			if code := zombie.Wait(time.Minute); code != c.code {
				t.Errorf("the zombie ended with %d, want %d", code, c.code)
			}
			r.wantOneDone(want)
		})
	}
}
