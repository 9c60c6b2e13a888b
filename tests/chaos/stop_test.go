package chaos

import (
	"bytes"
	"net/http"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/tests/harness"
)

// instant is a moment of a send at which its worker is stopped.
type instant string

const (
	// atClaim: the claim is on the wire and reaches the broker only after the
	// new owner has taken over.
	atClaim instant = "the claim is on its way"
	// atClaimHeld: the same, but the broker gets the claim at once.
	atClaimWritten instant = "the claim is written"
	// atAck: the acknowledgement is held back.
	atAck instant = "the claim is acknowledged"
	// atRequest: the provider has read the request, the answer is not out.
	atRequest instant = "the request has arrived"
)

// stopper stops a process once, at its instant.
type stopper struct {
	at     instant
	pid    atomic.Int64
	hit    atomic.Bool
	claim  atomic.Bool
	resume chan struct{}
}

func (s *stopper) stop() bool {
	pid := int(s.pid.Load())
	if pid == 0 || !s.hit.CompareAndSwap(false, true) {
		return false
	}
	return syscall.Kill(pid, syscall.SIGSTOP) == nil
}

func (s *stopper) request(b []byte) {
	if !bytes.Contains(b, []byte("\tclaimed\t")) {
		return
	}
	switch s.at {
	case atClaim:
		if s.stop() {
			<-s.resume
		}
	case atClaimWritten:
		s.stop()
	case atAck:
		s.claim.Store(true)
	case atRequest:
	}
}

func (s *stopper) response([]byte) {
	if s.at == atAck && s.claim.Load() {
		s.stop()
	}
}

func (s *stopper) provider(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.at == atRequest && r.Method == http.MethodPost {
			s.stop()
		}
		next.ServeHTTP(w, r)
	})
}

func TestAStoppedOwnerThatWakesSendsNothing(t *testing.T) {
	t.Parallel()
	for _, at := range []instant{atClaim, atClaimWritten, atAck, atRequest} {
		t.Run(string(at), func(t *testing.T) {
			stop := &stopper{at: at, resume: make(chan struct{})}
			s := newSystem(t, harness.Config{Partitions: 1, Provider: stop.provider})
			settings := map[string]string{"MAILGUN_TIMEOUT_SECONDS": "2", "KAFKA_SESSION_TIMEOUT_SECONDS": "2", "DELIVERY_CONCURRENCY": "4"}
			zombie := s.StartWorker(with(settings, "KAFKA_BOOTSTRAP_SERVERS", s.NewDetour(harness.Traffic{Request: stop.request, Response: stop.response})))
			s.AwaitMembers(1)
			stop.pid.Store(int64(zombie.PID()))
			events := harness.Events("zombie", 40)
			s.Publish(events...)
			harness.Await(t, 20*time.Second, "the owner is stopped", stop.hit.Load)

			heir := s.StartWorker(settings)
			s.AwaitDone(time.Minute)
			sent := len(s.Accepts())
			close(stop.resume)
			zombie.Signal(syscall.SIGCONT)
			more := harness.Events("afterwards", 20)
			s.Publish(more...)
			s.AwaitDone(time.Minute)
			t.Logf("%d sent before the old owner woke, %d in all", sent, len(s.Accepts()))
			if lost, doubled := s.Judge(append(events, more...)); lost != 0 || doubled != 0 {
				t.Errorf("lost %d, doubled %d", lost, doubled)
			}
			if !zombie.Running() || !heir.Running() {
				t.Error("a worker ended")
			}
			if n := s.Sandbox.Stats().Email.Doubled; n != 0 {
				t.Errorf("the provider saw %d messages twice", n)
			}
		})
	}
}

func with(settings map[string]string, name, value string) map[string]string {
	merged := map[string]string{name: value}
	for k, v := range settings {
		if k != name {
			merged[k] = v
		}
	}
	return merged
}

func TestTheSameEventTwiceIsSentOnce(t *testing.T) {
	t.Parallel()
	s := newSystem(t, harness.Config{Partitions: 3})
	events := harness.Events("twice", 100)
	s.Publish(append(events, events...)...)
	s.StartWorker(nil)
	s.AwaitDone(time.Minute)
	s.Publish(events...)
	s.AwaitDone(time.Minute)
	if lost, doubled := s.Judge(events); lost != 0 || doubled != 0 {
		t.Errorf("lost %d, doubled %d", lost, doubled)
	}
	if n := s.Sandbox.Stats().Email; n.Accepted != len(events) || n.Refused != 0 {
		t.Errorf("the provider was asked for %d+%d messages", n.Accepted, n.Refused)
	}
}
