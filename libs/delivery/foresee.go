package delivery

import (
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// Prospect is what a worker would make of a record.
type Prospect struct {
	// Key is the delivery key; zero where the record has none.
	Key domain.Key
	// Outcome is how the record would end without any call; nil where the provider
	// would be called.
	Outcome *domain.Outcome
	// Doubt is set where the provider would be asked first whether it has accepted
	// the message already.
	Doubt bool
}

// Book is what Foresee reads of a ledger. Its methods are those of ports.Ledger.
type Book interface {
	LookUp(key domain.Key, appointmentID string) ports.Knowledge
	LastTold(appointmentID string, recipient domain.RecipientTag) time.Time
}

// Foresee returns what a worker of cfg would make of t by the rules of Deliver,
// for people who ask before they replay. Nothing is sent and nothing is
// written.
//
// The forecast may turn out wrong: a newer event may arrive, time passes, and doubts
// about other keys of the appointment are not considered.
func Foresee(cfg Config, t Task, b Book) Prospect {
	r := &run{d: &Deliverer{cfg: cfg}, task: t, told: b}
	if o := r.admit(); o != nil {
		return Prospect{Key: r.note.Key, Outcome: o}
	}
	p := Prospect{Key: r.note.Key}
	switch known := b.LookUp(r.note.Key, t.Event.AppointmentID); {
	case known.State == ports.StateSent:
		p.Outcome = new(domain.Skipped(domain.SkipAlreadySent))
	case known.State.InDoubt():
		p.Doubt = true
	default:
		p.Outcome = r.skip(&known)
	}
	return p
}
