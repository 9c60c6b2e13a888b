package fake

import (
	"slices"
	"sync"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// Receipts is a provider of receipts and its adapter in one. Set the fields before use;
// the methods may be called concurrently.
//
// It is as awkward as its contract allows: Read returns the newest receipts first, the
// first row of each page twice, and receipts of messages that others sent.
type Receipts struct {
	// Limits is what Bounds returns. An empty Basis means SpanOfEvents, and a Keeps of
	// 0 a day.
	Limits ports.ReceiptBounds
	// Lag is how long a receipt stays hidden after Tell.
	Lag time.Duration
	// Latency is how long each request takes.
	Latency time.Duration
	// PageRows is how many rows one request of Read brings; 0 is 100.
	PageRows int

	mu       sync.Mutex
	rows     []receiptRow
	left     map[string]time.Time
	loops    bool
	next     []Fault
	standing *Fault
	load     ReceiptLoad
}

var _ ports.ReceiptSource = (*Receipts)(nil)

// receiptRow is one thing that happened, and when the provider shows it.
type receiptRow struct {
	ports.Receipt
	shows  time.Time
	spoilt bool
}

// ReceiptLoad counts the requests that arrived: those of Ask, the pages of Read,
// and how many ran at once at most.
type ReceiptLoad struct{ Asks, Reads, Peak, running int }

// Accept adds a message that left the provider at a time; zero means that it waits or
// never left.
func (s *Receipts) Accept(id string, left time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.left == nil {
		s.left = map[string]time.Time{}
	}
	s.left[id] = left
}

// Tell makes the provider know a receipt. A receipt that happened long ago is inserted
// among rows that may have been read already. If spans select sends, it replaces the
// message's earlier status.
func (s *Receipts) Tell(r ports.Receipt) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.Bounds().Basis == ports.SpanOfSends {
		s.forget(r.ProviderID)
	}
	s.rows = append(s.rows, receiptRow{Receipt: r, shows: time.Now().Add(s.Lag)})
}

// Forget removes the status of a message, as if it had fallen back.
func (s *Receipts) Forget(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forget(id)
}

func (s *Receipts) forget(id string) {
	s.rows = slices.DeleteFunc(s.rows, func(r receiptRow) bool { return r.ProviderID == id })
}

// Spoil adds a row of a message that cannot be understood.
func (s *Receipts) Spoil(id string, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rows = append(s.rows, receiptRow{Receipt: ports.Receipt{ProviderID: id, At: at}, spoilt: true})
}

// Loop sets whether the pages of Read name themselves as the next page.
func (s *Receipts) Loop(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.loops = on
}

// Fail makes the next request end with f; several faults hit several requests, in
// order.
func (s *Receipts) Fail(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.next = append(s.next, f)
}

// FailAll makes every request end with f until it is called with nil.
func (s *Receipts) FailAll(f *Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.standing = f
}

// Load returns the counts of this moment.
func (s *Receipts) Load() ReceiptLoad {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.load
}
