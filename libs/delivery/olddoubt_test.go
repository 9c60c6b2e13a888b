package delivery_test

import (
	"errors"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/libs/ports/fake"
)

// The rig's provider keeps what it accepted for a day, and begins a search an
// hour before the claim that it is told.
const (
	expired = "dead_lettered unknown_outcome fake.lookup.expired"
	refused = "dead_lettered unknown_outcome fake.lookup.bad_message"
)

// oldDoubt runs test with an event that was claimed and accepted, and whose
// worker then was away for that long.
func oldDoubt(t *testing.T, away time.Duration, test func(r *rig, rec *ports.Record)) {
	t.Helper()
	inRig(t, func(r *rig) {
		rec := r.event("A", at(r.begin.Add(240*time.Hour)))
		r.leave(rec, true)
		<-time.After(away)
		r.takeover = time.Now()
		test(r, rec)
		r.want("accepted", r.accepted(), 1)
		r.want("calls", len(r.sends), 0)
	})
}

func TestAnOldDoubtStaysOldWhateverIsRecordedOfIt(t *testing.T) {
	oldDoubt(t, 30*time.Hour, func(r *rig, rec *ports.Record) {
		r.want("redelivered", r.outcome(rec), expired)
		for n := range 3 {
			<-time.After(time.Minute)
			r.want("a plain replay", r.outcome(replay(rec, domain.ClassUnknownOutcome, n+1, false)), expired)
		}
		r.want("published again", r.outcome(r.event("A", at(r.begin.Add(240*time.Hour)))), expired)
	})
}

func TestACrashBeforeTheDeadLetterDoesNotMakeADoubtYoung(t *testing.T) {
	oldDoubt(t, 30*time.Hour, func(r *rig, rec *ports.Record) {
		died := errors.New("died before the dead letter was acknowledged")
		r.onWrite = func(what string) error {
			if what == "dead letter" {
				return died
			}
			return nil
		}
		if _, err := r.deliver(r.t.Context(), rec); !errors.Is(err, died) {
			t.Errorf("the first delivery: %v", err)
		}
		r.onWrite = nil
		<-time.After(time.Minute)
		r.want("redelivered", r.outcome(rec), expired)
	})
}

func TestARefusedLookUpDoesNotMakeADoubtYoung(t *testing.T) {
	oldDoubt(t, 21*time.Hour, func(r *rig, rec *ports.Record) {
		r.provider.FailAll(&fake.Fault{Kind: fake.BadMessage})
		r.want("while the provider refuses to tell", r.outcome(rec), refused)
		r.provider.FailAll(nil)
		<-time.After(4 * time.Hour)
		r.want("a plain replay", r.outcome(replay(rec, domain.ClassUnknownOutcome, 1, false)), expired)
	})
}

func TestAnOutageDoesNotMakeADoubtYoung(t *testing.T) {
	oldDoubt(t, 21*time.Hour, func(r *rig, rec *ports.Record) {
		r.takeover = r.begin // the same owner: its wait is over, so the first answer could prove something
		r.provider.FailAll(&fake.Fault{Kind: fake.ServerError})
		time.AfterFunc(8*time.Hour, func() { r.provider.FailAll(nil) })
		r.want("after the outage", r.outcome(rec), expired)
	})
}

// An answer that is missing for a day is asked for from its claim on as well.
func TestAnOwnDoubtIsAsOldAsItsClaim(t *testing.T) {
	inRig(t, func(r *rig) {
		r.provider.Fail(fake.Fault{Kind: fake.ServerError, Accepted: true})
		r.provider.Visibility = 25 * time.Hour // it never shows: by then it is not kept any more
		time.AfterFunc(time.Second, func() { r.provider.FailAll(&fake.Fault{Kind: fake.Hang}) })
		time.AfterFunc(26*time.Hour, func() { r.provider.FailAll(nil) })
		r.want("outcome", r.outcome(r.event("A", at(r.begin.Add(240*time.Hour)))), expired)
		r.want("calls", len(r.sends), 1)
	})
}

// No rule lets a second claim be made while one with another handle is in
// doubt. Where it was made all the same, both messages are asked for.
func TestEveryHandleOfADoubtIsAskedFor(t *testing.T) {
	for _, acceptedUnder := range []int{0, 1} {
		inRig(t, func(r *rig) {
			rec := r.event("A")
			c := r.claimOf(rec)
			keys := []domain.Key{c.Key, {9}}
			for _, k := range keys {
				c.Handle = r.provider.Handle(ports.Notification{Key: k})
				if err := r.ledger.Claim(c); err != nil {
					t.Fatal(err)
				}
			}
			n := ports.Notification{Key: keys[acceptedUnder], Event: new(domain.Event), Recipient: "x"}
			if _, err := r.provider.Send(r.t.Context(), n); err != nil {
				t.Fatal(err)
			}
			r.want("outcome", r.outcome(rec), "sent")
			r.want("calls", len(r.sends), 0)
		})
	}
}
