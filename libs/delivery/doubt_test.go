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

// claimOf returns the claim that a send of rec would make.
func (r *rig) claimOf(rec *ports.Record) ports.Claim {
	r.t.Helper()
	task := delivery.NewTask(domain.NewDecoder(), rec)
	recipient, err := task.Event.Recipient(domain.Email)
	if err != nil {
		r.t.Fatal(err)
	}
	key := domain.NewKey(task.Event, domain.Email, recipient)
	return ports.Claim{
		Key: key, AppointmentID: task.Event.AppointmentID, Origin: rec.Origin(), Revision: task.Event.Revision, Facts: task.Event.Facts(),
		Handle: r.provider.Handle(ports.Notification{Key: key}), Lease: timeout, Since: time.Now(),
	}
}

// leave makes rec's claim one that an earlier owner left behind, and lets the
// provider have accepted it or not.
func (r *rig) leave(rec *ports.Record, accepted bool) {
	r.t.Helper()
	c := r.claimOf(rec)
	if err := r.ledger.Claim(c); err != nil {
		r.t.Fatal(err)
	}
	if !accepted {
		return
	}
	event := delivery.NewTask(domain.NewDecoder(), rec).Event
	if _, err := r.provider.Send(r.t.Context(), ports.Notification{Key: c.Key, Event: event, Recipient: "x"}); err != nil {
		r.t.Fatal(err)
	}
}

func TestFoundEndsTheDoubtAtOnce(t *testing.T) {
	inRig(t, func(r *rig) {
		r.provider.Visibility = 7 * time.Minute
		r.provider.Fail(fake.Fault{Kind: fake.ServerError, Accepted: true})
		r.want("outcome", r.outcome(r.event("A")), "sent")
		r.want("calls", len(r.sends), 1)
		if r.since() < 7*time.Minute || r.since() > 12*time.Minute {
			t.Errorf("found after %s, although it shows after 7 minutes", r.since())
		}
		if n := len(r.asks); n < 4 || n > 30 {
			t.Errorf("asked %d times", n)
		}
	})
}

// The provider shows an accepted message just before its visibility ends: an
// answer before that proves nothing.
func TestNotFoundCountsOnlyAfterLeaseSettleAndVisibility(t *testing.T) {
	for _, late := range []bool{false, true} {
		inRig(t, func(r *rig) {
			r.provider.Latency = 2 * time.Second
			r.provider.Visibility = proof - 2*time.Second
			fault := fake.Fault{Kind: fake.ServerError, Accepted: true}
			if late { // accepted, but never shown
				fault.Accepted = false
			}
			r.provider.Fail(fault)
			r.want("outcome", r.outcome(r.event("A")), "sent")
			r.want("accepted", r.accepted(), 1)
			if late {
				r.want("calls", len(r.sends), 2)
				if r.sends[1] < proof {
					t.Errorf("sent again after %s, want not before %s", r.sends[1], proof)
				}
			}
		})
	}
}

func TestAnEarlierOwnersClaimIsAskedAboutFirst(t *testing.T) {
	inRig(t, func(r *rig) {
		r.provider.Latency = time.Second
		found, lost := r.event("A"), r.event("B")
		r.leave(found, true)
		r.leave(lost, false)
		r.want("its own record, accepted", r.outcome(found), "sent")
		r.want("calls", len(r.sends), 0)
		r.want("not accepted", r.outcome(lost), "sent")
		r.want("calls", len(r.sends), 1)
		if r.sends[0] < proof {
			t.Errorf("sent after %s, want not before %s", r.sends[0], proof)
		}
		again := r.event("A")
		r.want("another record of the same event", r.outcome(again), "skipped already_sent")
		r.want("accepted", r.accepted(), 2)
	})
}

func TestADuplicateFoundAcceptedIsSkipped(t *testing.T) {
	inRig(t, func(r *rig) {
		r.leave(r.event("A"), true)
		r.want("a duplicate", r.outcome(r.event("A")), "skipped already_sent")
		r.want("calls", len(r.sends), 0)
	})
}

func TestAReplayFoundAcceptedAfterACrashIsSent(t *testing.T) {
	inRig(t, func(r *rig) {
		rec := r.event("A")
		again := replay(rec, domain.ClassTransient, 1, false)
		r.leave(rec, true)
		r.want("the replay", r.outcome(again), "sent")
		r.want("its resolution", text(r.resolved[0].Outcome), "sent")
	})
}

// An outage must not turn a missing answer into "not found".
func TestALookUpWithoutAnAnswerStopsTheClock(t *testing.T) {
	inRig(t, func(r *rig) {
		const outage = 3 * time.Hour
		rec := r.event("A")
		r.leave(rec, false)
		r.provider.FailAll(&fake.Fault{Kind: fake.ServerError})
		time.AfterFunc(outage, func() { r.provider.FailAll(nil) })
		r.want("outcome", r.outcome(rec), "sent")
		if r.sends[0] < outage+proof-time.Minute || r.sends[0] > outage+proof+10*time.Minute {
			t.Errorf("sent after %s, want %s after the outage of %s", r.sends[0], proof, outage)
		}
		if n := len(r.asks); n > 200 {
			t.Errorf("asked %d times", n)
		}
	})
}

func TestAnOutageDoesNotHideWhatWasAccepted(t *testing.T) {
	inRig(t, func(r *rig) {
		rec := r.event("A")
		r.leave(rec, true)
		r.provider.FailAll(&fake.Fault{Kind: fake.Hang})
		time.AfterFunc(3*time.Hour, func() { r.provider.FailAll(nil) })
		r.want("outcome", r.outcome(rec), "sent")
		r.want("calls", len(r.sends), 0)
		if r.since() > 3*time.Hour+5*time.Minute {
			t.Errorf("found after %s", r.since())
		}
	})
}

func TestALookUpThatIsRefusedIsADeadLetterAfterTheWait(t *testing.T) {
	inRig(t, func(r *rig) {
		rec := r.event("A")
		r.leave(rec, true)
		r.provider.FailAll(&fake.Fault{Kind: fake.BadMessage})
		r.want("outcome", r.outcome(rec), "dead_lettered unknown_outcome fake.lookup.bad_message")
		if r.since() < proof {
			t.Errorf("given up after %s, want not before %s", r.since(), proof)
		}
		r.want("calls", len(r.sends), 0)
		r.want("durable steps", r.journal, "[unknown dead letter]")

		r.provider.FailAll(nil)
		r.want("a replay asks again", r.outcome(replay(rec, domain.ClassUnknownOutcome, 1, false)), "sent")
		r.want("calls", len(r.sends), 0)
	})
}

func TestOtherDoubtsOfTheAppointmentAreResolvedFirst(t *testing.T) {
	for _, accepted := range []bool{false, true} {
		inRig(t, func(r *rig) {
			first, second := r.event("A"), r.event("A", at(r.begin.Add(48*time.Hour)))
			r.leave(first, accepted)
			r.want("the newer event", r.outcome(second), "sent")
			if !accepted && r.sends[0] < proof {
				t.Errorf("sent after %s while the older one may still arrive", r.sends[0])
			}
			want := "skipped superseded"
			if accepted {
				want = "skipped already_sent"
			}
			r.want("the older event", r.outcome(first), want)
			r.want("durable steps", r.journal, map[bool]string{true: "[sent claimed sent noted]", false: "[failed claimed sent noted]"}[accepted])
		})
	}
}

func TestNoMoreThanAFewLookUpsRunAtOnce(t *testing.T) {
	inRig(t, func(r *rig) {
		const records = 200
		r.provider.Latency = time.Second
		done := make(chan string, records)
		for i := range records {
			rec := r.event(fmt.Sprintf("A%d", i))
			r.leave(rec, false)
			go func() { done <- r.outcome(rec) }()
		}
		for range records {
			r.want("outcome", <-done, "sent")
		}
		most := 0
		slices.Sort(r.asks)
		for i, from := range r.asks {
			until, _ := slices.BinarySearch(r.asks, from+time.Second)
			most = max(most, until-i)
		}
		if most > 8 {
			t.Errorf("%d look-ups at once", most)
		}
	})
}

// The lease of an earlier owner counts, however short ours is by now.
func TestAForeignClaimsLeaseIsWaitedFor(t *testing.T) {
	inRig(t, func(r *rig) {
		const lease = 5 * time.Minute
		rec := r.event("A")
		c := r.claimOf(rec)
		c.Lease = lease
		if err := r.ledger.Claim(c); err != nil {
			t.Fatal(err)
		}
		r.want("outcome", r.outcome(rec), "sent")
		if want := lease + settleTime + visibility; r.sends[0] < want {
			t.Errorf("sent after %s, want not before %s", r.sends[0], want)
		}
	})
}

// An answer shows what the provider knew when it was asked, not when the answer
// arrived.
func TestAnAnswerIsAsOldAsItsQuestion(t *testing.T) {
	inRig(t, func(r *rig) {
		const short = timeout + 2*time.Second // L, and a second each of N and V
		rec := r.event("A")
		r.leave(rec, false)
		r.provider.Latency = 3 * time.Second
		r.want("outcome", r.outcome(rec), "sent")
		if last := r.asks[len(r.asks)-1]; last < short {
			t.Errorf("believed the answer to a question of %s, want one from %s on", last, short)
		}
	}, func(c *delivery.Config) { c.Settle, c.Visibility = time.Second, time.Second })
}

// The deadline runs from before the claim was appended: however long that took,
// the lease may only look shorter than it is.
func TestTheDeadlineRunsFromBeforeTheClaim(t *testing.T) {
	inRig(t, func(r *rig) {
		const append = 500 * time.Millisecond
		r.onWrite = func(what string) error {
			if what == "claimed" {
				<-time.After(append)
			}
			return nil
		}
		r.want("outcome", r.outcome(r.event("A")), "sent")
		r.want("time left for the call", r.deadlines[0], timeout-append)
	})
}

// A newer event that was sent does not decide about an older one in doubt.
func TestADoubtIsResolvedBeforeItsEventIsSuperseded(t *testing.T) {
	inRig(t, func(r *rig) {
		older := r.event("A")
		r.leave(older, true)
		if err := r.ledger.Settle(r.claimOf(older), ports.Settlement{State: ports.StateUnknown}); err != nil {
			t.Fatal(err)
		}
		<-time.After(time.Minute)
		r.want("the newer event", r.outcome(r.event("A", at(r.begin.Add(48*time.Hour)))), "sent")
		r.want("the older one", r.outcome(replay(older, domain.ClassUnknownOutcome, 1, false)), "sent")
		r.want("calls", len(r.sends), 1)
	})
}
