package domain

// Status is how one event ended on one channel.
type Status string

// The closed set of final statuses. A record whose event has no final status
// is waiting, and its offset does not move.
const (
	StatusSent         Status = "sent"
	StatusSkipped      Status = "skipped"
	StatusDeadLettered Status = "dead_lettered"
)

// SkipReason says why an event was legitimately not sent.
type SkipReason string

// The closed set of skip reasons.
const (
	SkipNotRequested    SkipReason = "not_requested"
	SkipAlreadySent     SkipReason = "already_sent"
	SkipSuperseded      SkipReason = "superseded"
	SkipAppointmentPast SkipReason = "appointment_past"
	SkipEventTooOld     SkipReason = "event_too_old"
	SkipNotOnAllowlist  SkipReason = "not_on_allowlist"
)

// SkipReasons lists all skip reasons.
func SkipReasons() []SkipReason {
	return []SkipReason{SkipNotRequested, SkipAlreadySent, SkipSuperseded, SkipAppointmentPast, SkipEventTooOld, SkipNotOnAllowlist}
}

// Outcome is the durable result of one event on one channel.
type Outcome struct {
	Status Status
	// Reason is set when Status is StatusSkipped.
	Reason SkipReason
	// Failure is set when Status is StatusDeadLettered.
	Failure *Failure
	// ProviderID is the provider's own id of the message. It is set when Status is
	// StatusSent. For a dead letter with ClassUnknownOutcome it is the id that the
	// message has if it was accepted, if that id is known.
	ProviderID string
	// Attempts counts the calls that asked the provider to send.
	Attempts int
}

// Sent is the outcome of a notification that the provider accepted.
func Sent(providerID string) Outcome {
	return Outcome{Status: StatusSent, ProviderID: providerID}
}

// Skipped is the outcome of an event that was legitimately not sent.
func Skipped(reason SkipReason) Outcome { return Outcome{Status: StatusSkipped, Reason: reason} }

// DeadLettered is the outcome of an event that needs a human.
func DeadLettered(f *Failure) Outcome { return Outcome{Status: StatusDeadLettered, Failure: f} }

// Success reports whether the outcome needs no action.
func (o Outcome) Success() bool { return o.Status == StatusSent || o.Status == StatusSkipped }
