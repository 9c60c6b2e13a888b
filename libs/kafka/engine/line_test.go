package engine

import (
	"context"
	"sync"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// line is one worker's way to the provider.
type line struct {
	provider *provider
	// onHandle, onSend, onSent and onAnswer, where set, run before the claim,
	// before a request is written, after that, and before its answer is known.
	onHandle, onSend, onSent, onAnswer func()

	mu     sync.Mutex
	frozen chan struct{}
	dead   bool
}

var _ ports.Sender = (*line)(nil)

func (l *line) freeze() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.frozen == nil {
		l.frozen = make(chan struct{})
	}
}

func (l *line) thaw() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.frozen != nil {
		close(l.frozen)
		l.frozen = nil
	}
}

func (l *line) kill() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.dead = true
}

// pause runs a hook and waits while the worker is stopped. It returns false for
// one that is dead.
func (l *line) pause(hook func()) bool {
	if hook != nil {
		hook()
	}
	l.mu.Lock()
	frozen := l.frozen
	l.mu.Unlock()
	if frozen != nil {
		<-frozen
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return !l.dead
}

// Handle implements ports.Sender.
func (l *line) Handle(n ports.Notification) string {
	l.pause(l.onHandle)
	return n.Key.String()
}

// Send implements ports.Sender. The deadline is looked at in the moment of
// writing, as at the socket.
func (l *line) Send(ctx context.Context, n ports.Notification) (ports.Receipt, error) {
	if !l.pause(l.onSend) {
		<-ctx.Done()
	}
	if ctx.Err() != nil {
		return ports.Receipt{}, unreachable()
	}
	latency, failure := l.provider.begin(n)
	if failure != nil {
		return ports.Receipt{}, failure
	}
	answered := make(chan answer, 1)
	time.AfterFunc(latency, func() { answered <- l.provider.end(n) })
	l.pause(l.onSent)
	select {
	case a := <-answered:
		if !l.pause(l.onAnswer) {
			<-ctx.Done()
			return ports.Receipt{}, &domain.Failure{Class: domain.ClassUnknownOutcome, Code: "fake.killed"}
		}
		if a.failure != nil {
			return ports.Receipt{}, a.failure
		}
		return ports.Receipt{ProviderID: n.Key.Reference()}, nil
	case <-ctx.Done():
		return ports.Receipt{}, &domain.Failure{Class: domain.ClassUnknownOutcome, Code: "fake.timeout"}
	}
}

// LookUp implements ports.Sender.
func (l *line) LookUp(ctx context.Context, q ports.LookUp) (ports.Receipt, error) {
	if !l.pause(nil) {
		<-ctx.Done()
	}
	if ctx.Err() != nil {
		return ports.Receipt{}, &domain.Failure{Class: domain.ClassTransient, Code: "canceled"}
	}
	return l.provider.lookUp(q)
}
