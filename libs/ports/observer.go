package ports

import (
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
)

// Call names a kind of call to a provider.
type Call string

// The kinds of calls.
const (
	CallSend   Call = "send"
	CallLookUp Call = "look_up"
	// CallReceipts asks for the receipts of messages.
	CallReceipts Call = "receipts"
)

// Wait names what a record that has no outcome yet is waiting for.
type Wait string

// The closed set of waits.
const (
	// WaitRetry: a back-off after a transient failure.
	WaitRetry Wait = "retry"
	// WaitDoubt: the provider is asked about an earlier send.
	WaitDoubt Wait = "doubt"
	// WaitGate: sending is halted, see Halt.
	WaitGate Wait = "gate"
	// WaitRate: the rate limit.
	WaitRate Wait = "rate"
)

// Finish is one record with its durable outcome.
type Finish struct {
	Record *Record
	// AppointmentID is empty when the event could not be decoded.
	AppointmentID string
	Outcome       domain.Outcome
	// Took is the time from the record's turn to its outcome.
	Took time.Duration
}

// SampleResult is the result of looking up an accepted message to measure how long the
// provider takes to show it.
type SampleResult string

// The closed set of results. A sample may have several: late before seen or never, and
// flapped after seen.
const (
	SampleSeen SampleResult = "seen"
	// SampleLate: unseen beyond the visibility time.
	SampleLate SampleResult = "late"
	// SampleNever: unseen beyond twice the visibility time; it is given up.
	SampleNever SampleResult = "never"
	// SampleFlapped: seen, and later no longer seen.
	SampleFlapped SampleResult = "flapped"
	// SampleCensored: the look-ups ended before it was seen.
	SampleCensored SampleResult = "censored"
)

// AlertExpired is the code of the alert about events that were deleted before
// their group read them. It counts events.
const AlertExpired = "record.expired"

// Halt reports that sending stopped or went on.
type Halt struct {
	// Halted is false when sending goes on.
	Halted bool
	// Class is ClassConfiguration, or ClassTransient for an outage or a delay
	// that the provider asked for.
	Class domain.Class
	// Code is the code of the failure that halted sending.
	Code string
	// Until is when the next probe is due; zero when sending goes on.
	Until time.Time
}

// Observer is told what happens, for logs, metrics and readiness. Its methods
// may be called concurrently, return at once and never fail.
type Observer interface {
	// Finished is called once a record's outcome is durable.
	Finished(ch domain.Channel, f Finish)
	// Called is called after each provider call; failure is nil on success,
	// and also when a look-up got the answer "not found".
	Called(ch domain.Channel, call Call, failure *domain.Failure, took time.Duration)
	// Waiting is called with +1 and -1 when a record begins and ends to wait.
	Waiting(ch domain.Channel, w Wait, delta int)
	// Halted is called when sending stops, when the next probe is set, and when
	// sending goes on.
	Halted(ch domain.Channel, h Halt)
	// Alert is called for a problem that a person should look at although work goes on:
	// a stable code and a sentence without recipients.
	Alert(ch domain.Channel, code, detail string)
	// AlertN is one Alert that counts n times, for example for n deleted events that
	// are noticed together.
	AlertN(ch domain.Channel, code, detail string, n int64)
	// Sampled is called when a sample was seen, and when the promise that it tests
	// is broken, with its age.
	Sampled(ch domain.Channel, result SampleResult, age time.Duration)
	// Panicked is called with the stack of a panic that was recovered.
	Panicked(ch domain.Channel, value any, stack []byte)
}

// NoObserver ignores everything. Embed it to observe only some events.
type NoObserver struct{}

var _ Observer = NoObserver{}

// Finished does nothing.
func (NoObserver) Finished(domain.Channel, Finish) {}

// Called does nothing.
func (NoObserver) Called(domain.Channel, Call, *domain.Failure, time.Duration) {}

// Waiting does nothing.
func (NoObserver) Waiting(domain.Channel, Wait, int) {}

// Halted does nothing.
func (NoObserver) Halted(domain.Channel, Halt) {}

// Alert does nothing.
func (NoObserver) Alert(domain.Channel, string, string) {}

// AlertN does nothing.
func (NoObserver) AlertN(domain.Channel, string, string, int64) {}

// Sampled does nothing.
func (NoObserver) Sampled(domain.Channel, SampleResult, time.Duration) {}

// Panicked does nothing.
func (NoObserver) Panicked(domain.Channel, any, []byte) {}
