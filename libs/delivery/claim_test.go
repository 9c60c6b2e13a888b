package delivery_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/delivery"
	"github.com/kafka-notifications/kafka-notifications/libs/ports/fake"
)

// slowly makes the ledger acknowledge each claim after d, for as long as slow says.
func (r *rig) slowly(d time.Duration, slow func() bool) {
	r.onWrite = func(what string) error {
		if what == "claimed" && slow() {
			<-time.After(d)
		}
		return nil
	}
}

func (r *rig) wantNoFault(calls int) {
	r.t.Helper()
	r.want("calls", len(r.sends), calls)
	r.want("halts", r.observer.halts, "[]")
	r.want("dead letters", len(r.dead), 0)
	for _, left := range r.deadlines {
		if left < timeout/2 {
			r.t.Errorf("a call had %s left, want at least half of the timeout", left)
		}
	}
	for _, f := range r.observer.finished {
		r.want("attempts of "+f.AppointmentID, f.Outcome.Attempts, 1)
	}
}

// A ledger that is slow, but not slower than a call can bear, slows sending down
// and does nothing else.
func TestASlowLedgerIsNoOutage(t *testing.T) {
	for _, ack := range []time.Duration{1500 * time.Millisecond, 4 * time.Second} {
		inRig(t, func(r *rig) {
			r.slowly(ack, func() bool { return true })
			r.wantAllSent(r.start(20))
			r.wantNoFault(20)
			if r.since() > 4*ack {
				t.Errorf("20 messages through 4 slots took %s with acknowledgements after %s", r.since(), ack)
			}
		}, oneAttempt)
	}
}

// A claim whose lease is over when it is acknowledged is made again, as long as
// that takes, and holds no slot meanwhile: those whose ledger works go on.
func TestWithALedgerSlowerThanTheTimeoutNothingIsSentAndNothingCounted(t *testing.T) {
	for _, ack := range []time.Duration{6 * time.Second, 12 * time.Second} {
		inRig(t, func(r *rig) {
			const stall = 10 * time.Minute
			r.slowly(ack, func() bool { return r.since() < stall })
			ended := r.start(8)
			<-time.After(stall / 2)
			synctest.Wait()
			r.mu.Lock()
			r.want("calls meanwhile", len(r.sends), 0)
			r.mu.Unlock()
			r.want("slots held meanwhile", r.slots.Sending(), 0)
			r.wantAllSent(ended)
			r.wantNoFault(8)
			if r.since() > stall+2*ack {
				t.Errorf("sent after %s", r.since())
			}
		}, oneAttempt)
	}
}

// The process is stopped between the last look at the clock and the socket.
func TestACallThatIsLateBeforeItsFirstByteIsNoCall(t *testing.T) {
	inRig(t, func(r *rig) {
		r.onSend = func() {
			if r.since() == 0 {
				<-time.After(timeout + time.Second)
			}
		}
		r.wantAllSent(r.start(4))
		r.mu.Lock()
		r.sends, r.deadlines = r.sends[4:], r.deadlines[4:]
		r.mu.Unlock()
		r.wantNoFault(4)
		r.want("look-ups", len(r.asks), 0)
	}, oneAttempt)
}

func oneAttempt(c *delivery.Config) { c.MaxAttempts = 1 }

// A token is for one send now. Claims that wait for one get old, and their leases
// make a new owner wait.
func TestTheRateTokenComesBeforeTheClaim(t *testing.T) {
	inRig(t, func(r *rig) {
		r.limit(0.2)
		r.wantAllSent(r.start(6))
		for i, left := range r.deadlines {
			if left != timeout {
				t.Errorf("call %d had %s left: its claim waited for the token", i, left)
			}
		}
		r.want("claims and outcomes", len(r.journal), 12)
		r.want("took", r.since(), 25*time.Second)
	})
}

// stallClaims lets the first n claims after a minute wait until until.
func (r *rig) stallClaims(n int, until time.Duration) {
	claims := 0
	r.onWrite = func(what string) error {
		r.mu.Lock()
		late := what == "claimed" && r.since() >= time.Minute && claims < n
		if late {
			claims++
		}
		r.mu.Unlock()
		if late {
			<-time.After(until - r.since())
		}
		return nil
	}
}

// A lane whose ledger has stalled must not keep the others from finding out that
// the provider works again: each of its probes waits for its claim.
func TestProbesOfAStalledLedgerArePassedOn(t *testing.T) {
	inRig(t, func(r *rig) {
		const stalled = 6
		r.stallClaims(stalled, time.Hour)
		r.provider.FailAll(&fake.Fault{Kind: fake.Refused})
		time.AfterFunc(time.Minute, func() { r.provider.FailAll(nil) })
		ended := r.start(stalled + 2)
		r.want("outcomes", []string{<-ended, <-ended}, "[sent sent]")
		if took := r.since() - time.Minute; took > 7*time.Second {
			t.Errorf("the others were sent %s after the outage", took)
		}
		for range stalled {
			r.want("outcome", <-ended, "sent")
		}
	})
}

// When the ledger recovers, what was passed on is no probe any more: a provider
// that still refuses would get all of them at once.
func TestAProbeThatWasPassedOnIsNone(t *testing.T) {
	inRig(t, func(r *rig) {
		const stalled, recovery = 6, time.Hour
		r.stallClaims(stalled, recovery)
		r.provider.FailAll(&fake.Fault{Kind: fake.BadConfiguration})
		ended := r.start(stalled + 2)
		<-time.After(recovery - time.Second)
		r.mu.Lock()
		before := len(r.sends)
		r.mu.Unlock()
		<-time.After(3 * time.Second)
		r.mu.Lock()
		if n := len(r.sends) - before; n > 1 {
			t.Errorf("%d calls when the ledger recovered", n)
		}
		r.mu.Unlock()
		r.provider.FailAll(nil)
		r.wantAllSent(ended)
	})
}
