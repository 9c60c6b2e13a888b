package delivery_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/libs/ports/fake"
)

// refuse makes the provider refuse the appointments whose id begins with X.
func (r *rig) refuse(kind fake.Kind) {
	r.provider.Judge = func(n ports.Notification) *fake.Fault {
		if n.Event.AppointmentID[0] == 'X' {
			return &fake.Fault{Kind: kind}
		}
		return nil
	}
}

func (r *rig) alerted(code string) (n int) {
	r.observer.mu.Lock()
	defer r.observer.mu.Unlock()
	for _, a := range r.observer.alerts {
		if a == code {
			n++
		}
	}
	return n
}

func TestOneRefusedRecipientAmongAcceptedOnesIsDeadLettered(t *testing.T) {
	inRig(t, func(r *rig) {
		r.provider.Latency = 50 * time.Millisecond
		r.refuse(fake.AmbiguousRefusal)
		refused := make(chan string, 1)
		rec := r.event("X")
		r.others.Go(func() { refused <- r.outcome(rec) })
		r.wantAllSent(r.start(320))
		if r.since() > 5*time.Second {
			t.Errorf("the others took %s", r.since())
		}
		r.want("the refused one", <-refused, "dead_lettered recipient_rejected fake.ambiguous_refusal")
		r.want("calls", len(r.sends), 322)
		r.want("halts", r.observer.halts, "[]")
		r.want("alerts", r.alerted("recipient.ambiguous"), 1)
	})
}

func TestOneRefusedRecipientOnAQuietDayWaits(t *testing.T) {
	inRig(t, func(r *rig) {
		r.refuse(fake.AmbiguousRefusal)
		r.want("outcome", r.outcome(r.event("X", at(r.begin.Add(time.Hour)))), "skipped appointment_past")
		for i, want := range []time.Duration{0, 5, 15, 35, 75, 155, 315, 615, 915} {
			if r.sends[i] != want*time.Second {
				t.Errorf("call %d after %s, want %s", i, r.sends[i], want*time.Second)
			}
		}
		r.want("calls", len(r.sends), 17)
		r.want("ended after", r.since(), time.Hour)
		r.want("halts", r.observer.halts, "[]")
		r.want("alerts", r.alerted("recipient.ambiguous"), 17)
	})
}

func TestWhenAllAreRefusedTheAccountIs(t *testing.T) {
	inRig(t, func(r *rig) {
		r.provider.FailAll(&fake.Fault{Kind: fake.AmbiguousRefusal})
		ended := r.start(320)
		<-time.After(10 * time.Minute)
		r.want("halts", r.observer.halts, []domain.Class{domain.ClassConfiguration})
		if n := r.count(func() int { return len(r.sends) }); n > 4+25 {
			t.Errorf("%d calls in ten minutes of a refused account", n)
		}
		r.provider.FailAll(nil)
		r.wantAllSent(ended)
		if r.since() > 11*time.Minute {
			t.Errorf("sent after %s", r.since())
		}
		r.want("dead letters", len(r.dead), 0)
	})
}

// Those whose refusals halted are the only ones there are: they probe as any
// other would, not in a rhythm of their own.
func TestThreeRefusedRecipientsProbeTheAccount(t *testing.T) {
	inRig(t, func(r *rig) {
		r.provider.FailAll(&fake.Fault{Kind: fake.AmbiguousRefusal})
		ended := r.start(3)
		<-time.After(time.Hour)
		if n := r.count(func() int { return len(r.sends) }); n < 100 || n > 130 {
			t.Errorf("%d calls within an hour, want one each 30 s", n)
		}
		r.want("halted", r.observer.alarm(), true)
		r.provider.FailAll(nil)
		r.wantAllSent(ended)
		if r.since() > time.Hour+35*time.Second {
			t.Errorf("sent after %s", r.since())
		}
	})
}

// The account is refused, the provider says so to one message only, and accepts
// others: whatever that is, it must be no stream of calls.
func TestARefusalThatOthersContradictIsNoStream(t *testing.T) {
	for _, fault := range []fake.Fault{
		{Kind: fake.BadConfiguration}, {Kind: fake.RateLimited, RetryAfter: time.Second}, {Kind: fake.RateLimited, RetryAfter: 24 * time.Hour},
	} {
		inRig(t, func(r *rig) {
			calls := 0
			r.provider.Judge = func(n ports.Notification) *fake.Fault {
				if n.Event.AppointmentID != "X" {
					return nil
				}
				calls++
				return &fault
			}
			rec := r.event("X")
			r.others.Go(func() {
				if o, err := r.deliver(r.stoppedAfter(time.Hour), rec); err == nil {
					t.Errorf("the refused one ended as %s", text(o))
				}
			})
			slowest := time.Duration(0)
			for i := range 3600 {
				begin := time.Now()
				r.want("another", r.outcome(r.event(fmt.Sprintf("T%d", i))), "sent")
				slowest = max(slowest, time.Since(begin))
				<-time.After(time.Second)
			}
			most := map[time.Duration]int{0: 20, time.Second: 365, 24 * time.Hour: 1}[fault.RetryAfter]
			if calls > most || slowest > 5*time.Second {
				t.Errorf("%+v: %d calls in an hour, want at most %d; another waited %s", fault, calls, most, slowest)
			}
		})
	}
}

// One recipient is told to come back tomorrow.
func TestAHugeDelayForOneRecipientHoldsUpNobodyElse(t *testing.T) {
	inRig(t, func(r *rig) {
		r.provider.Fail(fake.Fault{Kind: fake.RateLimited, RetryAfter: 23 * time.Hour})
		delayed := make(chan string, 1)
		rec := r.event("X")
		r.others.Go(func() { delayed <- r.outcome(rec) })
		<-time.After(time.Second)
		r.wantAllSent(r.start(50))
		if r.since() > 2*time.Second {
			t.Errorf("the others took %s", r.since())
		}
		r.want("the delayed one", <-delayed, "sent")
		r.want("after", r.since(), 23*time.Hour)
		r.want("calls", len(r.sends), 52)
		r.want("halts", r.observer.halts, "[]")
	})
}

// All are told to come back tomorrow: that is looked at every five minutes.
func TestAHugeDelayOfTheChannelIsProbed(t *testing.T) {
	inRig(t, func(r *rig) {
		r.provider.FailAll(&fake.Fault{Kind: fake.RateLimited, RetryAfter: 23 * time.Hour})
		ended := r.start(2)
		<-time.After(time.Hour + time.Minute)
		r.want("calls", r.count(func() int { return len(r.sends) }), 2+12)
		r.want("halted", r.observer.alarm(), true)
		r.provider.FailAll(nil)
		r.wantAllSent(ended)
		if r.since() > time.Hour+6*time.Minute {
			t.Errorf("sent after %s", r.since())
		}
	})
}
