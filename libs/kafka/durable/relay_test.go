package durable

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/kafkatest"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// A step after an acknowledgement may write, even if the write has to wait: the client
// goes on to acknowledge the records behind it.
func TestWhatFollowsAnAcknowledgementHoldsUpNoOther(t *testing.T) {
	_, opts := kafkatest.Broker(t, 1, outcomesTopic)
	p := producer(t, opts)
	s := &Outcomes{Producer: p, Topic: outcomesTopic, Observer: ports.NoObserver{}}
	begun, goOn, ended := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	s.TellThen(t.Context(), conclusion(1), func(error) {
		close(begun)
		<-goOn
	})
	<-begun
	s.TellThen(t.Context(), conclusion(2), func(err error) { ended <- err })
	if err := s.Tell(t.Context(), conclusion(3)); err != nil {
		t.Fatalf("behind a step that waits: %v", err)
	}
	if len(ended) > 0 {
		t.Error("the steps run side by side")
	}
	close(goOn)
	if err := <-ended; err != nil {
		t.Errorf("the next step: %v", err)
	}
}

func conclusion(offset int64) ports.Conclusion {
	return ports.Conclusion{
		Record:  &ports.Record{Topic: "appointments.created", Offset: offset},
		Channel: domain.Email, Outcome: domain.Sent("id"), At: time.Now(),
	}
}

// However an outcome's end and that of its context meet, its writer is told once.
func TestTheEndOfAnOutcomeIsToldOnce(t *testing.T) {
	_, opts := kafkatest.Broker(t, 1, outcomesTopic)
	s := &Outcomes{Producer: producer(t, opts), Topic: outcomesTopic, Observer: ports.NoObserver{}}
	over := errors.New("the lane was given up")
	var told sync.WaitGroup
	for n := range 200 {
		ctx, cancel := context.WithCancelCause(t.Context())
		told.Add(1)
		s.TellThen(ctx, conclusion(int64(n)), func(err error) {
			if told.Done(); err != nil && !errors.Is(err, over) { // twice panics
				t.Errorf("outcome %d: %v", n, err)
			}
		})
		if n%2 == 0 {
			go cancel(over)
		} else {
			t.Cleanup(func() { cancel(nil) })
		}
	}
	told.Wait()
	if err := s.Tell(t.Context(), conclusion(200)); err != nil { // behind all acknowledgements
		t.Fatal(err)
	}
}

// steps counts in which order they are taken.
type steps struct {
	mu    *sync.Mutex
	taken *[]int
	n     int
}

func (s steps) Take() {
	s.mu.Lock()
	defer s.mu.Unlock()
	*s.taken = append(*s.taken, s.n)
}

func TestStepsAreTakenInTheirOrder(t *testing.T) {
	var r relay
	var mu sync.Mutex
	var taken []int
	const n = 5000
	for i := range n {
		r.pass(steps{&mu, &taken, i})
	}
	end := make(chan struct{})
	r.pass(last(end))
	<-end
	mu.Lock()
	defer mu.Unlock()
	if len(taken) != n {
		t.Fatalf("%d steps were taken, want %d", len(taken), n)
	}
	for i, got := range taken {
		if got != i {
			t.Fatalf("step %d came as number %d", got, i)
		}
	}
}

type last chan struct{}

func (l last) Take() { close(l) }
