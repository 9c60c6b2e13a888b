package delivery_test

import (
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/delivery"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/libs/ports/fake"
)

// Each kind of failure has its outcome, number of sends and time of the last send.
func TestTheClassOfAFailureDecides(t *testing.T) {
	for _, c := range []struct {
		fault   fake.Fault
		outcome string
		calls   int
		journal string
		last    time.Duration
	}{
		{fake.Fault{Kind: fake.BadRecipient}, "dead_lettered recipient_rejected fake.bad_recipient", 1, "[claimed failed dead letter]", 0},
		{fake.Fault{Kind: fake.BadMessage}, "dead_lettered message_rejected fake.bad_message", 1, "[claimed failed dead letter]", 0},
		{fake.Fault{Kind: fake.BadConfiguration}, "sent", 2, "[claimed failed claimed sent]", 5 * time.Second},
		{fake.Fault{Kind: fake.RateLimited, RetryAfter: 47 * time.Second}, "sent", 2, "[claimed failed claimed sent]", 47 * time.Second},
		{fake.Fault{Kind: fake.ServerError}, "sent", 2, "[claimed failed claimed sent]", proof},
		{fake.Fault{Kind: fake.Reset}, "sent", 2, "[claimed failed claimed sent]", proof},
		{fake.Fault{Kind: fake.ServerError, Accepted: true}, "sent", 1, "[claimed sent]", 0},
		{fake.Fault{Kind: fake.Reset, Accepted: true}, "sent", 1, "[claimed sent]", 0},
		{fake.Fault{Kind: fake.Hang, Accepted: true}, "sent", 1, "[claimed sent]", 0},
		{fake.Fault{Kind: fake.Unrecognized, Accepted: true}, "sent", 1, "[claimed sent]", 0},
	} {
		inRig(t, func(r *rig) {
			r.provider.Fail(c.fault)
			what := string(c.fault.Kind)
			r.want(what+": outcome", r.outcome(r.event("A")), c.outcome)
			r.want(what+": durable steps", r.journal, c.journal)
			r.want(what+": calls", len(r.sends), c.calls)
			if last := r.sends[len(r.sends)-1]; last < c.last || last > c.last+3*time.Second {
				t.Errorf("%s: the last call after %s, want %s", what, last, c.last)
			}
			if r.accepted() > 1 {
				t.Errorf("%s: accepted %d times", what, r.accepted())
			}
			r.want(what+": alerts", len(r.observer.alerts), map[fake.Kind]int{fake.BadMessage: 1}[c.fault.Kind])
		})
	}
}

func TestARefusedConnectionIsTriedAgain(t *testing.T) {
	inRig(t, func(r *rig) {
		r.provider.Fail(fake.Fault{Kind: fake.Refused})
		r.want("outcome", r.outcome(r.event("A")), "sent")
		r.want("durable steps", r.journal, "[claimed failed claimed sent]")
		if gap := r.sends[1] - r.sends[0]; gap <= 0 || gap > 2*time.Second {
			t.Errorf("the second call after %s, want within the first back-off", gap)
		}
	})
}

func TestWhatNeedsNoCall(t *testing.T) {
	inRig(t, func(r *rig) {
		broken, tombstone := r.event("A"), r.event("A")
		broken.Value, tombstone.Value = []byte("not JSON"), nil
		r.want("not JSON", r.outcome(broken), "dead_lettered invalid_event event.json")
		r.want("a tombstone", r.outcome(tombstone), "dead_lettered invalid_event event.tombstone")
		r.want("without an address", r.outcome(r.event("A", with("email", nil))), "dead_lettered invalid_event event.email")
		r.want("not asked for", r.outcome(r.event("B", with("notify", map[string]any{"sms": true}))), "skipped not_requested")
		r.want("in the past", r.outcome(r.event("C", at(r.begin))), "skipped appointment_past")
		r.want("durable steps", r.journal, "[dead letter dead letter noted dead letter]")
		r.want("calls", len(r.sends), 0)
	})
}

func TestATransientFailureEndsAfterItsAttempts(t *testing.T) {
	inRig(t, func(r *rig) {
		r.provider.Judge = func(ports.Notification) *fake.Fault { return &fake.Fault{Kind: fake.RateLimited} }
		r.want("outcome", r.outcome(r.event("A")), "dead_lettered retries_exhausted fake.rate_limited")
		r.want("calls", len(r.sends), 8)
		r.want("attempts", r.dead[0].Attempts, 8)
		if d := r.dead[0]; !d.FirstFailedAt.Equal(r.begin) || !d.FailedAt.After(d.FirstFailedAt) {
			t.Errorf("failed from %s to %s", d.FirstFailedAt, d.FailedAt)
		}
	})
}

func TestATransientFailureEndsAfterItsTime(t *testing.T) {
	inRig(t, func(r *rig) {
		r.provider.Latency = 4 * time.Second
		r.provider.Judge = func(ports.Notification) *fake.Fault { return &fake.Fault{Kind: fake.RateLimited} }
		r.want("outcome", r.outcome(r.event("A")), "dead_lettered retries_exhausted fake.rate_limited")
		if took := r.since(); took > 3*time.Minute+r.provider.Latency || len(r.sends) < 4 || len(r.sends) > 40 {
			t.Errorf("%d calls in %s", len(r.sends), took)
		}
	}, func(c *delivery.Config) { c.MaxAttempts, c.MaxElapsed = 1000, 3*time.Minute })
}

// Time in doubt is the provider's, not the message's: it must not use up what
// the message has.
func TestTimeInDoubtDoesNotCount(t *testing.T) {
	inRig(t, func(r *rig) {
		r.provider.Judge = func(ports.Notification) *fake.Fault {
			if len(r.sends) <= 3 {
				return &fake.Fault{Kind: fake.ServerError}
			}
			return nil
		}
		r.want("outcome", r.outcome(r.event("A")), "sent")
		if r.since() < 3*proof {
			t.Errorf("sent after %s, want three times in doubt", r.since())
		}
	}, func(c *delivery.Config) { c.MaxElapsed = 15 * time.Minute })
}
