package delivery_test

import (
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/libs/ports/fake"
)

// days are the times of an appointment that moves, and named returns which of
// them the newest message shows.
type days [4]time.Time

func daysOf(r *rig) (d days) {
	for i := range d {
		d[i] = r.begin.Add(time.Duration(i+1) * 24 * time.Hour).Truncate(time.Second)
	}
	return d
}

func (d days) named(r *rig) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := r.notes[len(r.notes)-1]
	for i := range d {
		if n.Shown().Time.Equal(d[i]) {
			return i
		}
	}
	return -1
}

// refused delivers a record that its provider does not take.
func (r *rig) refused(rec *ports.Record) {
	r.t.Helper()
	r.provider.Fail(fake.Fault{Kind: fake.BadRecipient})
	r.want("refused", r.outcome(rec), "dead_lettered recipient_rejected fake.bad_recipient")
}

func to(address string) func(map[string]any) { return with("email", address) }

func TestACancellationNamesTheTimeThatItsRecipientWasLastTold(t *testing.T) {
	inRig(t, func(r *rig) {
		d := daysOf(r)
		const mara, noor = "mara@patients.example", "noor@patients.example"
		r.want("mara is told", r.outcome(r.event("A", to(mara), at(d[0]))), "sent")
		r.want("moved", r.outcome(r.event("A", to("Mara@patients.example"), at(d[1]))), "sent") // somebody else's
		r.refused(r.event("A", to(noor), at(d[0])))
		r.refused(r.event("A", to(mara), at(d[2])))
		r.want("mara's cancellation", r.outcome(r.event("A", to("mara@Patients.Example"), at(d[2]), cancelled)), "sent")
		r.want("names", d.named(r), 0)
		r.want("noor's cancellation", r.outcome(r.event("A", to(noor), at(d[2]), cancelled)), "sent")
		r.want("names", d.named(r), 2)
		r.want("of another appointment", r.outcome(r.event("B", to(mara), at(d[3]), cancelled)), "sent")
		r.want("names", d.named(r), 3)
	})
}

func TestACancellationThatIsRepeatedNamesTheSameTime(t *testing.T) {
	inRig(t, func(r *rig) {
		d := daysOf(r)
		r.want("confirmed", r.outcome(r.event("A", at(d[0]), with("revision", 1))), "sent")
		for revision := 2; revision < 4; revision++ {
			r.want("cancelled", r.outcome(r.event("A", at(d[1]), cancelled, with("revision", revision))), "sent")
			r.want("names", d.named(r), 0)
		}
	})
}

// A change back without a revision is not announced, so what was announced
// before is what the recipient knows.
func TestWhatWasNotSentIsNotWhatWasLastTold(t *testing.T) {
	inRig(t, func(r *rig) {
		d := daysOf(r)
		r.want("confirmed", r.outcome(r.event("A", at(d[0]))), "sent")
		r.want("moved", r.outcome(r.event("A", at(d[1]))), "sent")
		r.want("moved back", r.outcome(r.event("A", at(d[0]))), "skipped already_sent")
		r.want("cancelled", r.outcome(r.event("A", at(d[0]), cancelled)), "sent")
		r.want("names", d.named(r), 1)
	})
}

func TestOnlyACancellationNamesAnotherTimeThanItsOwn(t *testing.T) {
	inRig(t, func(r *rig) {
		d := daysOf(r)
		r.want("confirmed", r.outcome(r.event("A", at(d[0]))), "sent")
		r.want("moved", r.outcome(r.event("A", at(d[1]), with("status", "rescheduled"))), "sent")
		r.want("names", d.named(r), 1)
		r.want("cancelled", r.outcome(r.event("A", at(d[1]), cancelled)), "sent")
		r.want("names", d.named(r), 1)
		r.want("its own", r.notes[len(r.notes)-1].LastTold.IsZero(), true)
	})
}

// The answer to the confirmation is lost, and what became of it is found out only
// when the cancellation's turn has come.
func TestADoubtThatEndsAsSentIsWhatWasLastTold(t *testing.T) {
	inRig(t, func(r *rig) {
		d := daysOf(r)
		booked := r.event("A", at(d[0]))
		r.provider.Fail(fake.Fault{Kind: fake.ServerError, Accepted: true})
		r.onLookUp = func() *domain.Failure { return &domain.Failure{Class: domain.ClassUnknownOutcome, Code: "lookup.gone"} }
		r.want("given up", r.outcome(booked), "dead_lettered unknown_outcome lookup.gone")
		r.onLookUp = nil
		r.want("a replay finds it", r.outcome(replay(booked, domain.ClassUnknownOutcome, 1, false)), "sent")
		r.want("cancelled", r.outcome(r.event("A", at(d[1]), cancelled)), "sent")
		r.want("names", d.named(r), 0)
	})
}

func TestADuplicateThatWasAcceptedIsWhatWasLastTold(t *testing.T) {
	inRig(t, func(r *rig) {
		d := daysOf(r)
		booked := r.event("A", at(d[0]))
		r.refused(booked)
		r.want("sent again", r.outcome(replay(booked, domain.ClassRecipientRejected, 1, true)), "sent")
		r.want("cancelled", r.outcome(r.event("A", at(d[1]), cancelled)), "sent")
		r.want("names", d.named(r), 0)
	})
}

// A refusal that may be the recipient's waits until the message is of no use.
func TestACancellationIsOfUseUntilTheTimeThatItsRecipientKnows(t *testing.T) {
	inRig(t, func(r *rig) {
		d := daysOf(r)
		const mara, noor = "mara@patients.example", "noor@patients.example"
		r.want("mara is told a late time", r.outcome(r.event("A", to(mara), at(d[2]))), "sent")
		r.want("noor is told an early time", r.outcome(r.event("A", to(noor), at(d[0]))), "sent")
		r.refused(r.event("A", to(mara), at(d[1])))
		<-time.After(36 * time.Hour) // d[1] is ahead still, d[0] is past
		r.want("noor's cancellation", r.outcome(r.event("A", to(noor), at(d[1]), cancelled)), "sent")
		r.want("names", d.named(r), 1)
		<-time.After(24 * time.Hour) // now it is past as well
		for range 3 {
			r.provider.Fail(fake.Fault{Kind: fake.AmbiguousRefusal})
		}
		begin := r.since()
		r.want("mara's cancellation", r.outcome(r.event("A", to(mara), at(d[1]), cancelled)), "sent")
		r.want("names", d.named(r), 2)
		r.want("waits between refusals", r.since()-begin >= 30*time.Second, true)
		<-time.After(24 * time.Hour)
		r.want("nobody waits any more", r.outcome(r.event("A", to(mara), at(d[1]), cancelled, with("revision", 1))), "skipped appointment_past")
	})
}
