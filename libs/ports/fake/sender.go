package fake

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// Acceptance is one message that the fake provider accepted.
type Acceptance struct {
	Key           domain.Key
	AppointmentID string
	Recipient     string
	ProviderID    string
	At            time.Time
}

// Sender is a provider and its adapter in one. The zero value accepts
// everything at once. Set the fields before use; the methods may be called
// concurrently.
type Sender struct {
	// Latency is how long an answer takes.
	Latency time.Duration
	// Visibility is how long an accepted message stays hidden from look-ups.
	Visibility time.Duration
	// Retention is how long an accepted message can be looked up; 0 is a day.
	Retention time.Duration
	// Judge, if set, is asked for each send that no scripted fault hits, and
	// returns its fault or nil. It may be called concurrently.
	Judge func(n ports.Notification) *Fault

	mu       sync.Mutex
	next     []Fault
	standing *Fault
	requests int
	accepted []Acceptance
}

var _ ports.Sender = (*Sender)(nil)

const handlePrefix = "fake:v1:"

// Fail makes the next request, send or look-up, end with f. Several faults hit
// several requests in order.
func (s *Sender) Fail(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.next = append(s.next, f)
}

// FailAll makes every request end with f until it is called with nil.
func (s *Sender) FailAll(f *Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.standing = f
}

// Accepted returns every acceptance so far, in order.
func (s *Sender) Accepted() []Acceptance {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Acceptance(nil), s.accepted...)
}

// Requests counts the requests that arrived, look-ups included.
func (s *Sender) Requests() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests
}

// Handle implements ports.Sender.
func (s *Sender) Handle(n ports.Notification) string { return handlePrefix + n.Key.String() }

// Send implements ports.Sender.
func (s *Sender) Send(ctx context.Context, n ports.Notification) (ports.Accepted, error) {
	if err := over(ctx); err != nil {
		return ports.Accepted{}, unsent(err)
	}
	fault, id := s.arrive(n)
	if fault != nil && fault.Kind == Refused {
		return ports.Accepted{}, refused()
	}
	if err := s.wait(ctx, fault); err != nil {
		return ports.Accepted{}, failure(domain.ClassUnknownOutcome, "no_answer", err)
	}
	if fault != nil {
		return ports.Accepted{}, fault.sendFailure()
	}
	return ports.Accepted{ProviderID: id}, nil
}

// LookUp implements ports.Sender.
func (s *Sender) LookUp(ctx context.Context, q ports.LookUp) (ports.Accepted, error) {
	text, ok := strings.CutPrefix(q.Handle, handlePrefix)
	key, err := domain.ParseKey(text)
	if !ok || err != nil {
		return ports.Accepted{}, failure(domain.ClassUnknownOutcome, "lookup.handle", nil)
	}
	if err := ctx.Err(); err != nil {
		return ports.Accepted{}, unsent(err)
	}
	fault := s.ask()
	if fault != nil && fault.Kind == Refused {
		return ports.Accepted{}, refused()
	}
	if err := s.wait(ctx, fault); err != nil {
		return ports.Accepted{}, failure(domain.ClassTransient, "lookup.no_answer", err)
	}
	if fault != nil {
		return ports.Accepted{}, fault.lookUpFailure()
	}
	return s.find(key, q.ClaimedAt)
}

// over reports whether ctx ended, by its clock as well as by its timer.
func over(ctx context.Context) error {
	if deadline, ok := ctx.Deadline(); ok && !time.Now().Before(deadline) {
		return context.DeadlineExceeded
	}
	return ctx.Err()
}

// arrive counts a send and accepts it unless its fault says otherwise.
func (s *Sender) arrive(n ports.Notification) (*Fault, string) {
	s.mu.Lock()
	fault := s.takeFault()
	s.mu.Unlock()
	if fault == nil && s.Judge != nil {
		fault = s.Judge(n)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if fault != nil && fault.Kind == Refused {
		return fault, ""
	}
	s.requests++
	if fault != nil && !fault.Accepted {
		return fault, ""
	}
	id := fmt.Sprintf("fake-%d", len(s.accepted)+1)
	s.accepted = append(s.accepted, Acceptance{
		Key: n.Key, AppointmentID: n.Event.AppointmentID, Recipient: n.Recipient, ProviderID: id, At: time.Now(),
	})
	return fault, id
}

// ask counts a look-up.
func (s *Sender) ask() *Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	fault := s.takeFault()
	if fault == nil || fault.Kind != Refused {
		s.requests++
	}
	return fault
}

// takeFault returns the fault of one request; s.mu is held.
func (s *Sender) takeFault() *Fault {
	if len(s.next) == 0 {
		return s.standing
	}
	f := s.next[0]
	s.next = s.next[1:]
	return &f
}

// wait is the time until the answer.
func (s *Sender) wait(ctx context.Context, fault *Fault) error { return pause(ctx, s.Latency, fault) }

// pause is the time until an answer; for ever when the fault is Hang.
func pause(ctx context.Context, latency time.Duration, fault *Fault) error {
	if fault != nil && fault.Kind == Hang {
		<-ctx.Done()
		return ctx.Err()
	}
	if latency == 0 {
		return nil
	}
	timer := time.NewTimer(latency)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// lookUpMargin is how long before the claim a search begins, and the part of the
// retention that is not relied on, because clocks differ.
const lookUpMargin = time.Hour

// find searches the acceptances that are visible by now, still kept, and not from
// before the claim. If the claim may be older than the kept acceptances, not finding
// one proves nothing.
func (s *Sender) find(key domain.Key, claimed time.Time) (ports.Accepted, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	kept, begin := cmp.Or(s.Retention, 24*time.Hour), claimed.Add(-lookUpMargin)
	for _, a := range s.accepted {
		age := time.Since(a.At)
		if a.Key == key && age >= s.Visibility && age <= kept && !a.At.Before(begin) {
			return ports.Accepted{ProviderID: a.ProviderID}, nil
		}
	}
	if time.Since(claimed) > kept-lookUpMargin {
		return ports.Accepted{}, failure(domain.ClassUnknownOutcome, "lookup.expired", nil)
	}
	return ports.Accepted{}, ports.ErrNotFound
}
