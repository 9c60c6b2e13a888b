package ledger

import (
	"sync"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// Memory is a ledger that forgets everything when the process ends. It keeps the
// contract of ports.Ledger except durability. It is for demonstrations, tests and
// measurements.
type Memory struct {
	mu    sync.Mutex
	index *Index
}

var _ ports.Ledger = (*Memory)(nil)

// NewMemory returns an empty ledger.
func NewMemory() *Memory { return &Memory{index: NewIndex()} }

// LookUp implements ports.Ledger.
func (m *Memory) LookUp(key domain.Key, appointmentID string) ports.Knowledge {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.index.LookUp(key, appointmentID)
}

// LastTold implements ports.Ledger.
func (m *Memory) LastTold(appointmentID string, recipient domain.RecipientTag) time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.index.LastTold(appointmentID, recipient)
}

// Claim implements ports.Ledger.
func (m *Memory) Claim(c ports.Claim) error {
	m.fold(&Entry{Kind: KindClaimed, Claim: c})
	return nil
}

// Settle implements ports.Ledger.
func (m *Memory) Settle(c ports.Claim, s ports.Settlement) error {
	m.fold(&Entry{Kind: KindOf(s.State), Claim: c, Code: s.Code})
	return nil
}

// Note implements ports.Ledger.
func (m *Memory) Note(c ports.Claim, code string) error {
	m.fold(&Entry{Kind: KindNoted, Claim: c, Code: code})
	return nil
}

func (m *Memory) fold(e *Entry) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.index.Stamp(e)
	m.index.Fold(e, time.Now(), e.Claim.Since)
}
