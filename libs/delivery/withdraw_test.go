package delivery_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/delivery"
	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/libs/ports/fake"
)

// withdrawn delivers a record that a newer event withdraws at a time since the
// beginning, and returns its outcome.
func (r *rig) withdrawn(rec *ports.Record, when time.Duration) string {
	r.t.Helper()
	superseded := make(chan struct{})
	if left := when - r.since(); left > 0 {
		time.AfterFunc(left, func() { close(superseded) })
	} else {
		close(superseded)
	}
	task := delivery.NewTask(domain.NewDecoder(), rec)
	task.Superseded = superseded
	o, err := r.work(r.t.Context(), task)
	if err != nil {
		r.t.Fatalf("no outcome: %v", err)
	}
	return text(o)
}

// wantNoClaim checks that nothing is left for a later owner to ask about.
func (r *rig) wantNoClaim() {
	r.t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.want("claims without an outcome", len(r.claims), 0)
}

func TestAWithdrawalEndsEveryWaitAtOnce(t *testing.T) {
	const when = 1500 * time.Millisecond
	fails := func(f fake.Fault) func(*rig) {
		return func(r *rig) { r.provider.FailAll(&f) }
	}
	for wait, begin := range map[string]func(*rig){
		"a slot for its send": func(r *rig) { r.occupy(4, 10*time.Second) },
		"a slot to start": func(r *rig) {
			r.provider.Fail(fake.Fault{Kind: fake.RateLimited, RetryAfter: time.Second})
			r.onSend = func() {
				r.onSend = func() { <-time.After(5 * time.Second) }
				r.start(8)
			}
		},
		"the rate": func(r *rig) { r.limit(0.1); r.outcome(r.event("X")) },
		"others in front of it at the rate": func(r *rig) {
			r.limit(0.1)
			r.outcome(r.event("X"))
			for _, id := range []string{"Y", "Z"} {
				rec := r.event(id)
				r.others.Go(func() { r.outcome(rec) })
			}
			<-time.After(time.Millisecond)
		},
		"its next attempt":            fails(fake.Fault{Kind: fake.Refused}),
		"a delay of a day":            fails(fake.Fault{Kind: fake.RateLimited, RetryAfter: 24 * time.Hour}),
		"an ambiguous refusal":        fails(fake.Fault{Kind: fake.AmbiguousRefusal}),
		"a fault in the settings":     fails(fake.Fault{Kind: fake.BadConfiguration}),
		"an outage":                   func(r *rig) { fails(fake.Fault{Kind: fake.Refused})(r); r.start(3) },
		"nothing, being the first":    func(*rig) { <-time.After(when) },
		"the provider's other delays": func(r *rig) { fails(fake.Fault{Kind: fake.RateLimited, RetryAfter: time.Hour})(r); r.start(2) },
	} {
		inRig(t, func(r *rig) {
			r.provider.Visibility = 0
			begin(r)
			rec := r.event("A")
			r.want(wait, r.withdrawn(rec, when), "skipped superseded")
			r.want(wait+", over at", r.since(), when)
			r.provider.FailAll(nil)
			r.others.Wait()
			r.want(wait+", told", slices.ContainsFunc(r.provider.Accepted(), func(a fake.Acceptance) bool { return a.AppointmentID == "A" }), false)
			r.wantNoClaim()
			k := r.ledger.LookUp(r.claimOf(rec).Key, "A")
			r.want(wait+", in doubt", k.State.InDoubt(), false)
			r.want(wait+", noted", k.Withdrawn, true)
			r.want(wait+", dead letters", len(r.dead), 0)
		})
	}
}

// A claim without a written request is taken back before the event ends, so that the
// next owner need not ask about it.
func TestAnUnwrittenClaimIsReleasedBeforeItsEventIsWithdrawn(t *testing.T) {
	for _, ack := range []time.Duration{3 * time.Second, 6 * time.Second} { // the second is too slow to send on
		inRig(t, func(r *rig) {
			r.slowly(ack, func() bool { return true })
			r.want("outcome", r.withdrawn(r.event("A"), time.Second), "skipped superseded")
			r.want("durable steps", r.journal, "[claimed failed noted]")
			r.want("calls", len(r.sends), 0)
			r.want("over at", r.since(), ack) // nobody was asked about it
		})
	}
}

func TestAClaimThatCannotBeReleasedIsNotWithdrawn(t *testing.T) {
	inRig(t, func(r *rig) {
		r.onWrite = func(what string) error {
			if what == "failed" {
				return ports.ErrFenced
			}
			<-time.After(time.Second)
			return nil
		}
		superseded := make(chan struct{})
		time.AfterFunc(time.Millisecond, func() { close(superseded) })
		task := delivery.NewTask(domain.NewDecoder(), r.event("A"))
		task.Superseded = superseded
		o, err := r.work(r.t.Context(), task)
		r.want("outcome", text(o)+fmt.Sprint(err), ports.ErrFenced)
		r.want("over at", r.since(), time.Second)
	})
}

// The doubt is resolved first: until then it is unknown what the patient was told.
func TestADoubtIsResolvedBeforeItsEventIsWithdrawn(t *testing.T) {
	for accepted, want := range map[bool]string{true: "sent", false: "skipped superseded"} {
		inRig(t, func(r *rig) {
			r.provider.Visibility = 5 * time.Minute
			r.provider.Fail(fake.Fault{Kind: fake.Reset, Accepted: accepted})
			r.want("an own send", r.withdrawn(r.event("A"), time.Second), want)
			r.want("calls", len(r.sends), 1)
			if r.since() < 5*time.Minute {
				t.Errorf("withdrawn after %s, while in doubt", r.since())
			}
			r.wantNoClaim()
		})
		inRig(t, func(r *rig) {
			r.provider.Visibility = 5 * time.Minute
			rec := r.event("A")
			r.leave(rec, accepted)
			r.want("an earlier owner's send", r.withdrawn(rec, 0), want)
			r.want("calls", len(r.sends), 0)
		})
	}
}

func TestWhatIsWithdrawnDuringItsLastAttemptIsNoDeadLetter(t *testing.T) {
	inRig(t, func(r *rig) {
		r.provider.Latency = 2 * time.Second
		r.provider.Fail(fake.Fault{Kind: fake.Refused})
		r.onSend = func() { <-time.After(2 * time.Second) }
		r.want("outcome", r.withdrawn(r.event("A"), time.Second), "skipped superseded")
		r.want("dead letters", len(r.dead), 0)
	}, oneAttempt)
}
