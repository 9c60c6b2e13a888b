package fake

import (
	"context"
	"slices"
	"sync"

	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// Outcomes is a store of outcomes in memory. The zero value is ready and safe for
// concurrent use.
type Outcomes struct {
	mu   sync.Mutex
	told []ports.Conclusion
	// mended is closed when a broken store takes outcomes again; nil unless the store
	// is broken.
	mended chan struct{}
}

var _ ports.Outcomes = (*Outcomes)(nil)

// Tell implements ports.Outcomes.
func (s *Outcomes) Tell(ctx context.Context, c ports.Conclusion) error {
	for {
		if err := ctx.Err(); err != nil {
			return context.Cause(ctx)
		}
		mended := s.take(c)
		if mended == nil {
			return nil
		}
		select {
		case <-mended:
		case <-ctx.Done():
		}
	}
}

// take stores c, or returns the channel to wait for.
func (s *Outcomes) take(c ports.Conclusion) (mended <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.mended == nil {
		s.told = append(s.told, c)
		return nil
	}
	return s.mended
}

// Break makes s refuse writes until Mend.
func (s *Outcomes) Break() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.mended == nil {
		s.mended = make(chan struct{})
	}
}

// Mend ends what Break began.
func (s *Outcomes) Mend() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.mended != nil {
		close(s.mended)
		s.mended = nil
	}
}

// Told returns the stored outcomes, in order.
func (s *Outcomes) Told() []ports.Conclusion {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.told)
}
