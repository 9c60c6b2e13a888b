package engine

import (
	"context"
	"sync"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// rigSender is one worker's way to the provider.
type rigSender struct {
	provider *provider
	// onHandle, onSend, onSent and onAnswer, where set, run before the claim,
	// before a request is written, after that, and before its answer is known.
	onHandle, onSend, onSent, onAnswer func()

	mu     sync.Mutex
	frozen chan struct{}
	dead   bool
}

var _ ports.Sender = (*rigSender)(nil)

func (s *rigSender) freeze() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.frozen == nil {
		s.frozen = make(chan struct{})
	}
}

func (s *rigSender) thaw() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.frozen != nil {
		close(s.frozen)
		s.frozen = nil
	}
}

func (s *rigSender) kill() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dead = true
}

// pause runs a hook and waits while the worker is stopped. It returns false for
// one that is dead.
func (s *rigSender) pause(hook func()) bool {
	if hook != nil {
		hook()
	}
	s.mu.Lock()
	frozen := s.frozen
	s.mu.Unlock()
	if frozen != nil {
		<-frozen
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.dead
}

// Handle implements ports.Sender.
func (s *rigSender) Handle(n ports.Notification) string {
	s.pause(s.onHandle)
	return n.Key.String()
}

// Send implements ports.Sender. The deadline is looked at in the moment of
// writing, as at the socket.
func (s *rigSender) Send(ctx context.Context, n ports.Notification) (ports.Accepted, error) {
	if !s.pause(s.onSend) {
		<-ctx.Done()
	}
	if ctx.Err() != nil {
		return ports.Accepted{}, unreachable()
	}
	latency, failure := s.provider.begin(n)
	if failure != nil {
		return ports.Accepted{}, failure
	}
	answered := make(chan answer, 1)
	time.AfterFunc(latency, func() { answered <- s.provider.end(n) })
	s.pause(s.onSent)
	select {
	case a := <-answered:
		if !s.pause(s.onAnswer) {
			<-ctx.Done()
			return ports.Accepted{}, &domain.Failure{Class: domain.ClassUnknownOutcome, Code: "fake.killed"}
		}
		if a.failure != nil {
			return ports.Accepted{}, a.failure
		}
		return ports.Accepted{ProviderID: n.Key.Reference()}, nil
	case <-ctx.Done():
		return ports.Accepted{}, &domain.Failure{Class: domain.ClassUnknownOutcome, Code: "fake.timeout"}
	}
}

// LookUp implements ports.Sender.
func (s *rigSender) LookUp(ctx context.Context, q ports.LookUp) (ports.Accepted, error) {
	if !s.pause(nil) {
		<-ctx.Done()
	}
	if ctx.Err() != nil {
		return ports.Accepted{}, &domain.Failure{Class: domain.ClassTransient, Code: "canceled"}
	}
	return s.provider.lookUp(q)
}
